"""Random programs and event sequences for the laws of the network.

Both are read off a tape of random bytes, one byte a choice, the simplest option first: one draw is fast, and
shrinking bytes to zero shrinks the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from hypothesis import strategies as st

from engine.model import (
    Active,
    ActSpec,
    After,
    Assign,
    Busy,
    Const,
    Effects,
    Ended,
    Entry,
    Failed,
    Group,
    Held,
    Level,
    Lit,
    Mask,
    OnBusy,
    Op,
    Program,
    Pulse,
    Ref,
    Rule,
    Running,
    Test,
    TimerOut,
    Within,
)

INSTANT = frozenset({"light"})
HEARD = tuple(Pulse("other", name) for name in "ab")
OUTSIDE = (*HEARD, Pulse("inner", "i"))
FLAGS = ("f", "g")
FLAG_LEVELS = tuple(Test(op, Ref(flag)) for flag in FLAGS for op in (Op.YES, Op.NO))
TESTS = (Test(Op.KNOWN, Ref("v")), Test(Op.EQ, Ref("v"), Const(1)))
TIMES = (1000, 1, 3)
SCOPES = {"m": "", "n": "m", "o": ""}

T = TypeVar("T")


class Tape:
    """Choices, one byte each; zeros when it has run out."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def below(self, n: int) -> int:
        self.at += 1
        return self.data[self.at - 1] % n if self.at <= len(self.data) else 0

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def chance(self, one_in: int) -> bool:
        return self.below(one_in) == one_in - 1


class _Author:
    """Writes a program of up to eight rules with a little of everything."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.names = [f"r{i}" for i in range(1 + tape.below(8))]

    def pulse(self) -> Pulse:
        if self.tape.chance(5):
            return Pulse(self.tape.pick(("fired", "finished", "took")), self.tape.pick(self.names))
        return self.tape.pick(OUTSIDE)

    def level(self, depth: int = 1) -> Level:
        tape = self.tape
        match tape.below(12):
            case 0 | 1 | 2:
                return tape.pick(FLAG_LEVELS)
            case 3 | 4:
                return tape.pick(TESTS)
            case 5 | 6:
                return Active(tape.pick(self.names))
            case 7:
                return Ended(tape.pick(self.names))
            case 8:
                return After(tape.pick(self.names), tape.pick(TIMES))
            case 9:
                return tape.pick((Busy("speech"), TimerOut("t")))
            case 10:
                return tape.pick((Failed, Running))(tape.pick(self.names))
        if not depth:
            return TimerOut("t")
        masks = tuple(
            Mask(tuple(Lit(self.level(depth - 1), not tape.chance(3)) for _ in range(1 + tape.below(2))))
            for _ in range(1 + tape.below(2))
        )
        return Held(masks, tape.pick(TIMES))

    def lits(self, most: int) -> tuple[Lit, ...]:
        tape = self.tape
        found = []
        for _ in range(tape.below(most + 1)):
            of = Within(self.pulse(), tape.pick(TIMES)) if tape.chance(6) else self.level()
            found.append(Lit(of, not tape.chance(3)))
        return tuple(found)

    def group(self) -> Group:
        tape = self.tape
        lits = self.lits(2)
        eats = (tape.pick(self.names),) if tape.chance(4) else ()
        lits += tuple(Lit(Active(name)) for name in eats)
        tests_only = tape.chance(3) and any(not isinstance(lit.of, Within) for lit in lits)
        pulse = None if tests_only else self.pulse()
        return Group(pulse, lits, eats, takes=pulse in HEARD and tape.chance(2))

    def effects(self) -> Effects:
        tape = self.tape
        written: dict[str, bool | None] = {}
        for _ in range(tape.below(3)):
            written[tape.pick((*FLAGS, "v"))] = tape.pick((True, False, None))
        channels = {tape.pick(("light", "speech", "screen", "service")) for _ in range(tape.below(3))}
        return Effects(
            leave=(tape.pick(self.names),) if tape.chance(6) else (),
            leave_all=tape.chance(16),
            forget=tuple(name for name, value in written.items() if value is None),
            assign=tuple(Assign(name, Const(value)) for name, value in written.items() if value is not None),
            timers=(("t", 1000),) if tape.chance(8) else (),
            gates=(("speech", True),) if tape.chance(8) else (),
            acts=tuple(ActSpec(channel, channel) for channel in sorted(channels)),
        )

    def rule(self, number: int) -> Rule:
        tape = self.tape
        unless = tuple(Mask(lits) for lits in [self.lits(2)] if lits) if tape.chance(4) else ()
        return Rule(
            self.names[number],
            tuple(self.group() for _ in range(1 + tape.below(2))),
            unless=unless,
            effects=self.effects(),
            scope=tape.pick(("", "", *SCOPES)),
            part_of=self.names[tape.below(number)] if number and tape.chance(3) else "",
            followed=tape.chance(2),
            once=tape.chance(6),
            cooldown_ms=tape.pick((None, None, None, 0, 1, 1000)),
            ignore_again=not tape.chance(2),
            priority=tape.pick((0, 0, 1)),
            position=number,
            on_busy=tape.pick((OnBusy.WAIT, OnBusy.DROP, OnBusy.INTERRUPT)),
        )

    def program(self) -> Program:
        rules = [self.rule(number) for number in range(len(self.names))]
        for part in list(rules):
            if part.part_of and self.tape.chance(2):
                above = self.names.index(part.part_of)
                rules[above] = replace(rules[above], end_part=part.name)
        entries = {flag: Entry(flag, "flag") for flag in FLAGS} | {"v": Entry("v", "number")}
        if self.tape.chance(2):
            rules.reverse()
        return Program("random", tuple(rules), entries=entries, scopes=SCOPES)


@dataclass(frozen=True)
class Event:
    """One event of a session.

    Attributes:
        wait: Milliseconds since the event before.
        pulses: What happens.
        intake: What it changes before tick 0: (choice of level, on) pairs.
        commits: What the driver changes in the commits of its ticks, one after another.
        saved: The session is saved and loaded before it.
    """

    wait: int
    pulses: frozenset[Pulse]
    intake: tuple[tuple[int, bool], ...]
    commits: tuple[tuple[tuple[int, bool], ...], ...]
    saved: bool


def _event(tape: Tape) -> Event:
    def changes(most: int) -> tuple[tuple[int, bool], ...]:
        return tuple((tape.below(256), not tape.chance(3)) for _ in range(tape.below(most + 1)))

    return Event(
        wait=tape.pick((0, 1, 2, 3, 999, 1000, 1001)),
        pulses=frozenset(tape.pick(OUTSIDE) for _ in range(tape.below(3))),
        intake=changes(4),
        commits=tuple(changes(3) for _ in range(3)),
        saved=tape.chance(4),
    )


def read_program(data: bytes) -> Program:
    """The program on a tape."""
    return _Author(Tape(data)).program()


def read_events(data: bytes) -> list[Event]:
    """The events on a tape, up to twelve."""
    tape = Tape(data)
    return [_event(tape) for _ in range(1 + tape.below(12))]


programs = st.binary(min_size=320, max_size=320).map(read_program)
event_lists = st.binary(min_size=240, max_size=240).map(read_events)
