"""A session: the behaviour network with its memory, acts, timers and journal, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from engine.events import Command, Event, Expected
from engine.language import Language
from engine.model import Json, Program


class Session:
    """One running dialogue. Synchronous; it reads no clock: time is what ``run`` is given.

    Args:
        program: The compiled dialogue.
        language: Its Mirons, both directions.
        seed: Of every choice the session makes.
        locale: Language to begin with; empty: the first of the program.
        wall_start: Wall time at session time 0, for texts and understanding dates; None: 2000-01-01.
        journal: Receives each line (without newline); None: nobody.
        queue_limit: How many events may wait.
    """

    t: int
    """Session time in milliseconds."""
    ended: list[str]
    """The endings of the visits so far."""

    def __init__(
        self,
        program: Program,
        language: Language,
        *,
        seed: int = 0,
        locale: str = "",
        wall_start: datetime | None = None,
        journal: Callable[[str], None] | None = None,
        role: str = "self",
        queue_limit: int = 4096,
    ) -> None:
        raise NotImplementedError

    def open(self) -> None:
        """Write the defaults, and let ``session_started`` happen at time 0."""

    def offer(self, event: Event, at: int | None = None) -> bool:
        """Queue an event, stamped ``at`` (default: now); False if it is refused because the queue is full."""
        raise NotImplementedError

    def run(self, until_ms: int) -> None:
        """Process everything due up to ``until_ms``; afterwards ``t`` is at least that."""

    def next_due(self) -> int | None:
        """When something happens by itself next (timer, queued event), or None."""
        raise NotImplementedError

    def take_commands(self) -> list[Command]:
        """The commands since the last call, in order."""
        raise NotImplementedError

    def expectations(self) -> list[Expected]:
        """What the other could express now that some rule would react to, most preferred first."""
        raise NotImplementedError

    def observe(self, callback: Callable[[Any], None]) -> None:
        """Have every :class:`engine.journal.Record` passed to ``callback`` as it happens."""

    def value(self, entry: str) -> Json:
        """The value of a memory entry, or None."""
        raise NotImplementedError

    def snapshot(self) -> dict[str, Json]:
        """The whole state as data (between cascades, with nothing queued)."""
        raise NotImplementedError

    def fork(self) -> Session:
        """An independent copy that goes on from here, without journal and observers."""
        raise NotImplementedError

    def close(self, reason: str = "closed") -> None:
        """Write the last line."""
