"""The state of a session that intake and cascade work on, and how it writes its lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from engine.acts import Act, ActTable, Verdict
from engine.chance import draw
from engine.events import Command, DriverId
from engine.journal import Record, encode
from engine.language import Language, Said
from engine.memory import Change, Memory
from engine.model import Json, Program, Pulse, Rule, Test, TimerOut
from engine.network import NONE, Closing, Executor, Network
from engine.timers import Key, Timers

INTERNAL_LIMIT: Final = 1000
"""Internal events without time advancing, before they count as a fault."""


@dataclass(frozen=True, slots=True)
class Imagine:
    """The inner effector begins (or, ``done``, ends) an act whose channel is gated."""

    act: Act
    done: bool = False


@dataclass(frozen=True, slots=True)
class Inner:
    """A signal the session gives itself: ``session_started visit_started visit_ended fault``."""

    name: str
    cause: int | None


Internal = Verdict | Imagine | Inner


@dataclass(slots=True)
class Outward:
    """The one performance of an outward service in a visit.

    Attributes:
        act: Its number.
        phase: How it ended; empty while it runs.
        values: Its results.
        waiting: Later acts that will get the same result.
    """

    act: int
    phase: str = ""
    values: Mapping[str, Json] = field(default_factory=dict)
    waiting: list[Act] = field(default_factory=list)


class Pulses:
    """The pulses of one tick with the line each came from; only those somebody asks for."""

    __slots__ = ("_network", "causes")

    def __init__(self, network: Network) -> None:
        self._network = network
        self.causes: dict[int, int | None] = {}

    def add(self, source: str, name: str, cause: int | None, phase: str = "", via: str = "") -> None:
        """Add a pulse; with ``via`` also the same without."""
        for each in ("", via) if via else ("",):
            number = self._network.pulse_id(Pulse(source, name, phase, each))
            if number is not None:
                self.causes.setdefault(number, cause)

    def add_ids(self, ids: Iterable[int], cause: int | None) -> None:
        """Add pulses by id."""
        for number in ids:
            self.causes.setdefault(number, cause)

    def add_change(self, change: Change, cause: int | None, *, told: bool) -> None:
        """``told`` and ``changed`` of an entry, of the groups it is in, and of anything."""
        names = [change.entry]
        while "." in names[-1]:
            names.append(names[-1].rpartition(".")[0])
        names.append("")
        for name in names:
            if told and change.told:
                self.add("told", name, cause)
            if change.differs:
                self.add("changed", name, cause)


class Core:
    """Everything a session holds, without its queue. The agreed steps on it are in intake and cascade."""

    def __init__(self, program: Program, executor: Executor, language: Language, seed: int) -> None:
        self.program = program
        self.executor = executor
        self.network = executor.network
        self.language = language
        self.seed = seed
        by_name = {rule.name: rule for rule in program.rules}
        self.rules: tuple[Rule, ...] = tuple(by_name[unit.name] for unit in self.network.units)
        self.memory = Memory(program, language.part)
        self.acts = ActTable(program.exclusive, program.replacing)
        self.timers = Timers()
        self.pending: dict[int, dict[int, Act]] = {}
        self.timer_owner: dict[str, int] = {}
        self.drivers: dict[str, int] = {}
        self.closed_gates: dict[str, bool] = {}
        self.since: dict[str, tuple[int, int | None]] = {}
        self.outward: dict[str, Outward] = {}
        self.fifo: deque[Internal] = deque()
        self.uses: dict[str, tuple[int, int]] = {}
        self.t = 0
        self.seq = 0
        self.moment = 0
        self.visit_open = False
        self.ending = False
        self.ended: list[str] = []
        self.locale = self.first_locale = program.locales[0] if program.locales else "en"
        self.wall_start = datetime(2000, 1, 1)
        self.wall_offset_ms = 0
        self.zone = ""
        self.in_fault = False
        self.commands: list[Command] = []
        self.lines: list[str] = []
        self.keep_lines = False
        self.observers: list[Callable[[Record], None]] = []
        self.mask: Callable[[Record], Record] | None = None

    @property
    def wall(self) -> datetime:
        """Wall time now."""
        return self.wall_start + timedelta(milliseconds=self.t + self.wall_offset_ms)

    def emit(self, kind: str, cause: int | None, data: Mapping[str, Json], act: Act | None = None) -> int:
        """Add a journal line; returns its sequence number."""
        record = Record(self.seq, self.t, kind, cause, data, act)
        self.seq += 1
        if act is not None:
            act.line = record.seq
        if self.keep_lines:
            self.lines.append((self.mask(record) if self.mask else record).line)
        for observer in self.observers:
            observer(record)
        return record.seq

    def choose(self, name: str, n: int) -> int:
        """An index below ``n``, never the one used last: BLAKE2b(seed, name, n-th use) mod choices."""
        if n <= 1:
            return 0
        count, last = self.uses.get(name, (0, NONE))
        number = draw(self.seed, name, count)
        if 0 <= last < n:
            index = number % (n - 1)
            index += index >= last
        else:
            index = number % n
        self.uses[name] = (count + 1, index)
        return index

    def fault(self, code: str, cause: int | None, **fields: Json) -> int:
        """A line for something that went wrong here."""
        return self.emit("fault", cause, {"code": code, **fields})

    def note(self, **fields: Json) -> None:
        """A line that is never compared."""
        self.emit("note", max(0, self.seq - 1), fields)

    def ignored(self, cause: int | None, reason: str) -> int:
        """A line for an event, or a part of it, that has no effect."""
        return self.emit("ignored", cause, {"reason": reason})

    def write(
        self,
        entry: str,
        value: Json,
        origin: str,
        cause: int | None,
        *,
        sure: bool = True,
        rule: str | None = None,
        tick: int | None = None,
    ) -> tuple[Change, int] | None:
        """Write memory, its line and its levels; None if nothing changed or the value does not fit."""
        try:
            change = self.memory.write(entry, value, origin, self.seq, sure=sure)
        except ValueError as error:
            self.ignored(cause, str(error))
            return None
        if change is None:
            return None
        seq = self.memory_line(change, cause, rule=rule, tick=tick)
        self.refresh(entry)
        return change, seq

    def memory_line(
        self,
        change: Change,
        cause: int | None,
        *,
        rule: str | None = None,
        tick: int | None = None,
        driver: DriverId | None = None,
    ) -> int:
        """The line of a change."""
        declared = self.program.entries[change.entry]
        return self.emit(
            "memory",
            cause,
            {
                "owner": "other" if declared.other else "self",
                "name": change.entry,
                "old": change.old.value,
                "new": change.new.value,
                "origin": change.new.origin or None,
                "unsure": True if not change.new.sure else None,
                "rule": rule,
                "tick": tick,
                "id": list(driver) if driver else None,
            },
        )

    def refresh(self, entry: str) -> None:
        """Bring the levels of an entry up to date."""
        network, executor, memory = self.network, self.executor, self.memory
        for level in network.tests_by_entry.get(entry, ()):
            test = network.levels[level]
            if isinstance(test, Test):
                executor.set_level(level, memory.test(test))

    def hear(self, miron: str, entities: Mapping[str, Json]) -> None:
        """Remember the entities of a Miron's latest act, and bring the tests of them up to date."""
        self.memory.hear(miron, entities)
        self.refresh_heard(miron)

    def refresh_heard(self, miron: str) -> None:
        """Bring the tests of a Miron's entities up to date."""
        for level in self.network.tests_by_miron.get(miron, ()):
            test = self.network.levels[level]
            if isinstance(test, Test):
                self.executor.set_level(level, self.memory.test(test))

    def set_timer_bit(self, name: str, on: bool) -> None:
        """The level "timer NAME has run out"."""
        level = self.network.level_id(TimerOut(name))
        if level is not None:
            self.executor.set_level(level, on)

    def refresh_busy(self) -> None:
        """Bring the levels of exclusive channels up to date."""
        for channel, level in zip(self.network.channels, self.network.busy, strict=True):
            self.executor.set_level(level, self.acts.busy(channel))

    def settle_rule(self, rule: int, *, failed: bool = False) -> None:
        """Set ``failed`` and, when no own act goes on, ``ended`` of a rule."""
        unit = self.network.units[rule]
        if failed and unit.failed != NONE:
            self.executor.set_level(unit.failed, True)
        if unit.ended != NONE and not self.pending.get(rule):
            self.pending.pop(rule, None)
            self.executor.set_level(unit.ended, True)

    def close(self, cause: int | None, *, recompute: bool = False) -> Closing:
        """Closing steps of an intake or a commit; deadlines of clock bits follow the executor.

        Args:
            cause: Line that arms what is armed.
            recompute: Count ``after`` from when its rule was first active and finished (after a reload).
        """
        self.refresh_busy()
        closing = self.executor.close()
        for clock in closing.cancel:
            self.timers.stop(self.clock_key(clock))
        for clock in closing.arm:
            key = self.clock_key(clock)
            start = (self.t, cause)
            if key.kind == "after":
                if recompute:
                    start = self.since.get(key.name, start)
                self.since[key.name] = start
            self.timers.start(key, start[0] + self.network.clocks[clock].ms, start[1])
        return closing

    def clock_key(self, clock: int) -> Key:
        """The deadline of a clock bit."""
        rule = self.network.clocks[clock].rule
        if rule == NONE:
            return Key("held", "", clock)
        return Key("after", self.network.units[rule].name, clock)

    def say(self, parts: Sequence[tuple[str, Mapping[str, Json]]], cause: int | None) -> Said:
        """Words for Mirons; a language that fails is a fault, not an end."""
        try:
            return self.language.say(parts, locale=self.locale, choose=self.choose)
        except Exception as error:  # a broken language must not end the session
            self.fault("say", cause, reason=f"{type(error).__name__}: {error}", name=parts[0][0])
            return Said("")

    def outward_key(self, act: Act) -> str:
        """What makes two outward acts the same."""
        return encode([act.name, dict(sorted(act.params.items()))])


def known(values: Iterable[tuple[str, Any]]) -> dict[str, Json]:
    """Without the empty ones."""
    return {name: value for name, value in values if value is not None and value != []}
