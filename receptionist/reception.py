"""One receptionist at work: the dialogue, its session with journal, and the services of the desk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.language import MironLanguage
from engine.journal import JournalWriter
from engine.session import Session
from receptionist.actions.inprocess import local_services
from receptionist.dialogue import load_dialogue
from receptionist.dialogue_settings import settings_events

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from receptionist.actions.desk import DeskSource
    from receptionist.config import Config
    from receptionist.learner import Learner
    from receptionist.services import ServiceRunner


@dataclass(slots=True)
class Reception:
    """Everything a front end needs; opened by :func:`open_reception`.

    Attributes:
        start: When it was opened, at the desk.
        writer: The journal's file; None when nothing is recorded.
        troubles: What went wrong and was survived, newest last, for the screen.
        dialogue: Where it was read; None: the receptionist that comes with Miron.
    """

    config: Config
    compiled: Compiled
    language: MironLanguage
    session: Session
    services: ServiceRunner
    desk: DeskSource
    start: datetime
    writer: JournalWriter | None
    troubles: list[str] = field(default_factory=list)
    dialogue: Path | None = None
    _names: threading.Thread | None = None
    _learner: Learner | None = None

    def learn_names(self) -> str | None:
        """Read the names that visitors may say from the directory; blocks.

        Returns:
            What is wrong, in words, if they cannot be read now; the names known before stay.
        """
        return self.teach(self.language)

    def teach(self, language: MironLanguage) -> str | None:
        """Tell a language the names in the directory; see :meth:`learn_names`."""
        from receptionist.directory import DirectoryError, lexicons

        try:
            for kind, names in lexicons(self.desk().directory).items():
                language.update(kind, names)
        except DirectoryError as error:
            return str(error)
        return None

    def use_dialogue(self, compiled: Compiled, language: MironLanguage) -> None:
        """Go on with a changed dialogue; call it between visits, where the session runs.

        The session's memory stays as far as the new dialogue has it. Trained understanding that was made for
        this very version is used, none is trained.
        """
        self.session.reload(compiled.program, language, mask=_mask(self.config, compiled))
        self.compiled, self.language = compiled, language
        for setting in settings_events(self.config, compiled):
            self.session.offer(setting)
        if self._learner is not None:
            self._learner.close()
            self.use_trained()

    def learn_names_aside(self) -> None:
        """Begin to read the names in a thread; :meth:`await_names` waits for it."""

        def work() -> None:
            trouble = self.learn_names()
            if trouble:
                self.troubles.append(trouble)

        self._names = threading.Thread(target=work, name="miron-names", daemon=True)
        self._names.start()

    def await_names(self, seconds: float) -> None:
        """Wait until the names are known, but not longer than this."""
        if self._names is not None:
            self._names.join(seconds)

    def use_trained(self, *, train: bool = False) -> None:
        """Listen with the trained models that are there, unless the settings say no.

        Args:
            train: Load them in a thread, and train those that are missing beside the visits, with torch.
        """
        if not self.config.trained:
            return
        from receptionist.learner import Learner

        self._learner = Learner(self.compiled, self.language, self.dialogue)
        if train:
            self._learner.begin()
        else:
            self._learner.load()

    def close(self) -> None:
        """Stop what runs beside the visits and close the journal."""
        if self._learner is not None:
            self._learner.close()
        if self.writer is not None:
            self.writer.close()


def open_reception(
    config: Config,
    *,
    dialogue: Path | None = None,
    compiled: Compiled | None = None,
    journal: Path | None = None,
    locale: str = "",
    seed: int | None = None,
    now: Callable[[], datetime] = datetime.now,
    desk: DeskSource | None = None,
) -> Reception:
    """Read the dialogue and make a session of it; database and services open when they are first needed.

    Args:
        dialogue: File or folder; None: that of the settings, else the one that comes with Miron.
        compiled: The dialogue, if it was read before.
        journal: The file to write; None: a new one in the folder of the settings.
        seed: Of every choice among sentences; None: from the time.
        now: The time at the desk.
        desk: Another desk than that of the settings.

    Raises:
        ModelError: The dialogue, or what the settings file sets in it, has mistakes.
    """
    compiled = compiled or load_dialogue(dialogue or config.dialogue)
    language = MironLanguage(compiled)
    services, desk = local_services(config, now, desk)
    start = now()
    troubles: list[str] = []
    path = journal or _unused(config.journal, f"{start:%Y-%m-%dT%H%M%S}")
    writer = JournalWriter(path, lambda message: troubles.append(message) if message else None)
    chosen = locale or (config.locale if config.locale in compiled.locales else "")
    session = Session(
        compiled.program,
        language,
        seed=int(start.timestamp()) if seed is None else seed,
        locale=chosen,
        wall_start=start,
        journal=writer,
        mask=_mask(config, compiled),
    )
    where = dialogue or config.dialogue
    for setting in settings_events(config, compiled):
        session.offer(setting)
    return Reception(config, compiled, language, session, services, desk, start, writer, troubles, where)


def _unused(folder: Path, name: str) -> Path:
    """A journal file that is not there yet: two sessions of one second, or of one invented time, are two."""
    names = chain((name,), (f"{name}-{number}" for number in count(2)))
    return next(path for each in names if not (path := folder / f"{each}.jsonl").exists())


def _mask(config: Config, compiled: Compiled):  # type: ignore[no-untyped-def]
    if not config.mask_journal:
        return None
    from engine.mask import Masker, load_key

    config.data.mkdir(parents=True, exist_ok=True)
    return Masker(compiled.program, load_key(config.data / "pseudonyms.key"))
