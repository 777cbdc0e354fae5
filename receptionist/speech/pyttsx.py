"""Speech by pyttsx3 for platforms without eSpeak NG (SAPI 5, NSSpeech), in a process of its own.

pyttsx3 blocks, prints on standard output and can take its process down, so it is kept apart: the child writes
each sentence to a WAV file and says so. It tells no times that fit the sound; words are placed by length.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from receptionist.speech.clip import Clip, read_wav
from receptionist.speech.ports import SpeechUnavailable, Style

ANSWER_S = 10.0
"""A sentence that takes longer to make will not come."""


class Pyttsx:
    """See :class:`receptionist.speech.ports.Voice`.

    Raises:
        SpeechUnavailable: pyttsx3 or the platform's speech is not there.
    """

    name = "pyttsx3"

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="miron-voice-")
        self._child: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ask({"text": "", "path": ""})

    def speak(self, text: str, locale: str, style: Style | None = None) -> Clip:
        """Make a text audible; see the protocol."""
        path = Path(self._folder.name) / "said.wav"
        path.unlink(missing_ok=True)
        pace = (style or Style()).words_per_minute
        self._ask({"text": text, "locale": locale, "pace": pace, "path": str(path)})
        try:
            clip = read_wav(path)
        except (OSError, ValueError) as error:
            raise SpeechUnavailable(f"pyttsx3 made no sound: {error}") from None
        return Clip(clip.samples, clip.rate, _placed(text, clip.duration_ms))

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            _end(self._child)
            self._child = None
        self._folder.cleanup()

    def _ask(self, request: dict[str, Any]) -> None:
        child = self._running()
        try:
            assert child.stdin is not None
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()
            answer = json.loads(self._answers.get(timeout=ANSWER_S))
        except (OSError, queue.Empty, ValueError):
            _end(child)
            self._child = None
            raise SpeechUnavailable("pyttsx3 gives no answer") from None
        if answer["trouble"]:
            raise SpeechUnavailable(answer["trouble"])

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None or self._child.poll() is not None:
            self._answers = queue.SimpleQueue()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "receptionist.speech.pyttsx_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            threading.Thread(target=_lines, args=(self._child, self._answers), daemon=True).start()
        return self._child


def _end(child: subprocess.Popen[str]) -> None:
    """Kill it; its reader closes its output."""
    child.kill()
    child.wait()
    if child.stdin is not None:
        with contextlib.suppress(OSError):
            child.stdin.close()


def _lines(child: subprocess.Popen[str], answers: queue.SimpleQueue[str]) -> None:
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            answers.put(line)
    answers.put("")  # the child has ended; whoever waits is told at once


def _placed(text: str, duration_ms: int) -> tuple[tuple[int, int, int], ...]:
    """Words at times in proportion to the letters before them."""
    found: list[tuple[int, int, int]] = []
    at = 0
    for word in text.split():
        first = text.index(word, at)
        at = first + len(word)
        found.append((duration_ms * first // max(1, len(text)), first, at))
    return tuple(found)
