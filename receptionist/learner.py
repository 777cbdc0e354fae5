"""Trained understanding for a running kiosk: what is there at once, what is missing when it is ready."""

from __future__ import annotations

import importlib.util
import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from receptionist.trained import load_guesser, models_folder

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from dsl.language import MironLanguage

_LOG = logging.getLogger(__name__)
_ENDING_S = 2.0


class Learner:
    """Gives a language its trained understanding.

    Training goes on in a process of its own at low priority, so that nobody who is being served waits. The
    language takes the result from the next utterance on.

    Args:
        dialogue: The file or folder the dialogue was read from; None: the receptionist that comes along.
        folder: Where models are kept; None: the usual place.
    """

    def __init__(
        self, compiled: Compiled, language: MironLanguage, dialogue: Path | None, folder: Path | None = None
    ) -> None:
        self._compiled, self._language, self._dialogue = compiled, language, dialogue
        self._folder = folder or models_folder()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def load(self) -> list[str]:
        """Listen with the models that are there.

        Returns:
            The languages that are not trained yet.
        """
        found, missing = load_guesser(self._compiled, self._folder)
        if found is not None:
            self._language.listen_with(found)
        return missing

    def begin(self) -> None:
        """In a thread, load what is there; then train what is missing, if torch is installed."""
        self._thread = threading.Thread(target=self._work, name="miron-learner", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop training; what is not finished is lost."""
        self._closed = True
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_ENDING_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def join(self, seconds: float) -> None:
        """Wait until it is done, but not longer than this."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _work(self) -> None:
        try:
            missing = self.load()
            if missing and can_train() and self._train():
                self.load()
        except Exception:  # the templates go on listening, whatever is wrong here
            _LOG.exception("the trained understanding cannot be used")

    def _train(self) -> bool:
        where = [str(self._dialogue)] if self._dialogue is not None else []
        command = [sys.executable, "-m", "receptionist", "train", "--aside", *where]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        if self._closed:
            self._process.terminate()
        _, said = self._process.communicate()
        if self._process.returncode and not self._closed:
            _LOG.warning("training failed: %s", said.decode("utf-8", "replace").strip()[-500:])
        return self._process.returncode == 0 and not self._closed


def can_train() -> bool:
    """Whether torch is installed here; it is not loaded."""
    try:
        return importlib.util.find_spec("torch") is not None
    except (ImportError, ValueError):
        return False
