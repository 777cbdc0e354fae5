"""A session on the virtual clock with simulated effectors, for tests, replay of texts and benchmarks."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.events import Command, Event, Phase, Report
from engine.model import Json
from engine.session import Session

Answer = tuple[str, Any, int]
"""``("done", values, delay_ms)``, ``("failed", reason, delay_ms)``, ``("timed_out", "", 0)``: none."""
Services = Callable[[str, Mapping[str, Json]], Answer]
"""What a service answers: ``services(name, params)``."""

MS_PER_WORD: Final = 350
SHORTEST_MS: Final = 300
GESTURE_MS: Final = 500
AT_ONCE: Final = frozenset({"screen", "emotion", "gaze", "face"})
"""Channels whose acts are done when shown."""


def words(text: str) -> list[str]:
    """The units in which speech is timed and cut: words, and pairs of characters in Chinese."""
    found: list[str] = []
    for piece in text.split():
        start = 0
        for index, char in enumerate(piece):
            if "\u3400" <= char <= "\u9fff":
                if index > start and not "\u3400" <= piece[start] <= "\u9fff":
                    found.append(piece[start:index])
                    start = index
                elif index - start == 1:
                    found.append(piece[start : index + 1])
                    start = index + 1
        if start < len(piece):
            found.append(piece[start:])
    return found


def said_until(text: str, count: int) -> str:
    """The beginning of a text up to ``count`` units of :func:`words`."""
    end = 0
    for word in words(text)[:count]:
        end = text.index(word, end) + len(word)
    return text[:end]


def lasts_ms(command: Command) -> int:
    """How long an act other than a service takes."""
    if command.channel == "speech":
        return max(SHORTEST_MS, MS_PER_WORD * len(words(command.text)))
    return 0 if command.channel in AT_ONCE else GESTURE_MS


@dataclass(slots=True)
class _Running:
    command: Command
    since: int


def no_services(name: str, params: Mapping[str, Json]) -> Answer:
    """Every service succeeds at once with no results."""
    return "done", {}, 0


class VirtualRun:
    """Drives a session: speech takes time, gestures half a second, services answer from a function.

    Args:
        session: Not yet opened.
        services: Answers of services.
    """

    def __init__(self, session: Session, services: Services = no_services) -> None:
        self.session = session
        self._services = services
        self._running: dict[int, _Running] = {}
        self._due: list[tuple[int, int, Report]] = []
        self._order = 0

    @property
    def speaking(self) -> Command | None:
        """The utterance that is being said."""
        return next(
            (each.command for each in self._running.values() if each.command.channel == "speech"), None
        )

    def open(self) -> None:
        """Open the session and start what it asks for."""
        self.session.open()
        self._perform()

    def offer(self, event: Event) -> bool:
        """Deliver an event now."""
        accepted = self.session.offer(event)
        self._go(self.session.t)
        return accepted

    def advance(self, ms: int) -> None:
        """Let time pass."""
        self._go(self.session.t + ms)

    def settle(self, limit_ms: int = 600_000) -> bool:
        """Let time pass until the bot has finished: no speech running or waiting, no service, no pause.

        Returns:
            False if that did not happen within ``limit_ms``.
        """
        return self.until(lambda: not self.session.busy, limit_ms)

    def until(self, reached: Callable[[], bool], limit_ms: int = 600_000) -> bool:
        """Let time pass until something is the case, from one event to the next.

        Returns:
            False if that did not happen within ``limit_ms``, or nothing would ever happen by itself.
        """
        end = self.session.t + limit_ms
        while not reached():
            due = self._next()
            if due is None or due > end:
                return False
            self._go(due)
        return True

    def until_word(self, word: int) -> bool:
        """Let time pass until ``word`` words of this or the next utterance are out; False if none comes."""
        while self.speaking is None:
            due = self._next()
            if due is None or not self.session.busy:
                return False
            self._go(due)
        utterance = self._running[self.speaking.act]
        self._go(max(self.session.t, utterance.since + word * MS_PER_WORD))
        return self.speaking is not None and self.speaking.act == utterance.command.act

    def _next(self) -> int | None:
        own = self.session.next_due()
        times = [] if own is None else [own]
        times += [self._due[0][0]] if self._due else []
        return min(times, default=None)

    def _go(self, until: int) -> None:
        """Run to a time; reports are delivered at theirs."""
        while True:
            at = self._due[0][0] if self._due else None
            own = self.session.next_due()
            if at is not None and at <= until and (own is None or at <= own):
                report = heapq.heappop(self._due)[2]
                if report.phase.final:
                    self._running.pop(report.act, None)
                self.session.offer(report, at)
                self.session.run(at)
            elif own is not None and own <= until:
                self.session.run(own)
            else:
                break
            self._perform()
        self.session.run(until)
        self._perform()

    def _perform(self) -> None:
        for command in self.session.take_commands():
            if command.kind == "start":
                self._start(command)
            elif command.kind == "stop":
                self._stop(command)

    def _start(self, command: Command) -> None:
        now = self.session.t
        self._report(now, Report(command.act, Phase.STARTED))
        if command.channel == "service":
            kind, value, delay = self._services(command.name, command.params)
            if kind == "done":
                self._end(command, now + delay, Report(command.act, Phase.DONE, values=value))
            elif kind == "failed":
                self._end(command, now + delay, Report(command.act, Phase.FAILED, reason=str(value)))
            return
        self._end(command, now + lasts_ms(command), Report(command.act, Phase.DONE))

    def _stop(self, command: Command) -> None:
        running = self._running.pop(command.act, None)
        if running is None:
            return
        now = self.session.t
        said = None
        if command.channel == "speech":
            said = said_until(command.text, (now - running.since) // MS_PER_WORD)
        self._due = [each for each in self._due if each[2].act != command.act or not each[2].phase.final]
        heapq.heapify(self._due)
        self._report(now, Report(command.act, Phase.CANCELLED, said))

    def _end(self, command: Command, at: int, report: Report) -> None:
        self._running[command.act] = _Running(command, self.session.t)
        self._report(at, report)

    def _report(self, at: int, report: Report) -> None:
        self._order += 1
        heapq.heappush(self._due, (at, self._order, report))
