"""Swapped roles: a run of the same dialogue in which we are the other (docs/semantics.md §5).

The network stays as it is, so it knows at every moment what the partner will do and what could be said to it.
At the boundary the roles are exchanged: what the partner says ends the act that the network asked for, what
we say enters as the other's words. Nothing is performed here. The journal keeps the words of the dialogue
("other" is the visitor); its ``role`` says who was played.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.events import Command, Event, Expected, Phase, Report
from engine.journal import Record
from engine.language import Language
from engine.model import Json, Program
from engine.network import Network
from engine.replay import event_of
from engine.session import Session

OTHER: Final = "other"
"""The role of a swapped run, in its journal."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """The partner did what this dialogue would not have done.

    Attributes:
        t: When, in session time.
        channel: On which channel.
        name: The Miron or service.
    """

    t: int
    channel: str
    name: str


class SwappedRun:
    """A session in which we play the other.

    Args:
        program: The partner's dialogue, or what we take for it.
        language: Its Mirons.
        seed: Of its choices; they are of words only, and nobody hears them.
        locale: Language to begin with; empty: the first of the program.
        network: The program as a network, if it was made before.
        journal: Receives each line.
    """

    def __init__(
        self,
        program: Program,
        language: Language,
        *,
        seed: int = 0,
        locale: str = "",
        network: Network | None = None,
        journal: Callable[[str], None] | None = None,
    ) -> None:
        self.session = Session(
            program, language, seed=seed, locale=locale, network=network, journal=journal, role=OTHER
        )
        self.surprises: list[Surprise] = []
        self._awaited: dict[int, Command] = {}
        self.session.observe(self._observe)

    def open(self) -> None:
        """Begin where the partner begins."""
        self.session.open()
        self._collect()

    def says(self, event: Event, at: int | None = None) -> bool:
        """We express something, or the world does; False if it is refused (see :meth:`Session.offer`)."""
        at = self._until(at)
        accepted = self.session.offer(event, at)
        self.session.run(at)
        self._collect()
        return accepted

    def hears(
        self,
        channel: str,
        name: str,
        phase: Phase = Phase.DONE,
        *,
        text: str | None = None,
        values: Mapping[str, Json] | None = None,
        at: int | None = None,
    ) -> bool:
        """The partner is perceived doing something: the oldest such act of the network goes on or ends.

        Args:
            channel: On which channel; results of services are perceived only if the partner shares them.
            name: The Miron or service.
            phase: How far it is.
            text: Words really said.
            values: Results of a service.
            at: When; None: now.

        Returns:
            Whether it was expected; otherwise it is one of :attr:`surprises`.
        """
        at = self._until(at)
        fits = (
            number for number, each in self._awaited.items() if (each.channel, each.name) == (channel, name)
        )
        act = next(fits, None)
        if act is None:
            if phase is not Phase.STARTED:
                self.surprises.append(Surprise(at, channel, name))
            return False
        self.session.offer(Report(act, phase, text, values or {}), at)
        self.session.run(at)
        self._collect()
        return True

    def follow(self, record: Record) -> None:
        """Live through a line of the partner's session with exchanged roles; fit for ``Session.observe``.

        What came to the partner from outside comes to us: its own acts as what we hear, the other's as what
        we say. Its endogenous lines are passed over.
        """
        if record.cause is not None or record.kind in ("open", "close", "reload"):
            return
        if record.kind == "percept" and record.get("source") == "self":
            if record.get("name"):
                self.hears(
                    record.data["channel"],
                    record.data["name"],
                    Phase(record.data["phase"]),
                    text=record.get("text"),
                    values=record.get("entities"),
                    at=record.t,
                )
            return
        event = event_of(record)
        if event is not None and record.kind != "ignored":
            self.session.offer(event, record.t)
            self.session.run(record.t)
            self._collect()

    def advance(self, to_ms: int) -> None:
        """Let time pass until a session time."""
        self._until(to_ms)

    def expectations(self) -> list[Expected]:
        """What we could express now that the partner would react to, most preferred first."""
        return self.session.expectations()

    def awaits(self) -> list[Command]:
        """What the partner should be doing now, in order."""
        return list(self._awaited.values())

    def _until(self, at: int | None) -> int:
        at = self.session.t if at is None else max(at, self.session.t)
        self.session.run(at)
        self._collect()
        return at

    def _collect(self) -> None:
        for command in self.session.take_commands():
            if command.kind == "start":
                self._awaited[command.act] = command

    def _observe(self, record: Record) -> None:
        """An act that has ended, also by itself, is no longer waited for."""
        over = record.get("phase") not in ("started", "progress")
        if record.kind == "percept" and record.get("source") == "self" and over:
            self._awaited.pop(record.data["act"], None)
