"""Shortest sequences of events that lead somewhere: breadth first, by playing the compiled dialogue itself.

What is found has happened, so it is never a false alarm; what is not found within the budget may still exist.
The budget counts moves, not seconds, so every machine finds the same.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dsl.binding import TURN_TAKING
from dsl.compiler import Compiled
from dsl.language import MironLanguage
from dsl.selfplay import OtherVoice
from dsl.testing import START
from engine.chance import Chance
from engine.events import Assert, Event, Heard, Pressed, Signal
from engine.journal import Record
from engine.model import Json
from engine.network import Network
from engine.session import Session
from engine.virtual import VirtualRun

MOVES = 400
"""Moves that are tried in a small dialogue."""
UNITS = 60_000
"""Moves times units of the network: large dialogues get fewer moves."""
DEPTH = 6
"""Events of the longest sequence looked for."""

_PATIENCE_MS = 120_000
_OUTSIDE = ("percept", "timer", "open")
_UNHEARD = ("anything", "not_understood", "silence", "noise")
_OWN_SIGNALS = ("session_started", "visit_started", "resumed", "fault")

Pair = tuple[str, str]
"""Two author's rules, in the order declared."""


@dataclass(frozen=True, slots=True)
class Move:
    """Something a visitor or the world does.

    Attributes:
        event: What is offered; None: time passes.
        line: As a line of a dialogue test.
        name: The Miron, signal or entry it is about.
        ms: How much time.
    """

    event: Event | None
    line: str
    name: str = ""
    ms: int = 0


@dataclass(slots=True)
class Found:
    """What the search met.

    Attributes:
        together: Pairs of rules that fired in one tick → the lines that led there.
        dead_end: The lines that lead to where nothing leads on, with the last rule of the author that fired.
        loop: The lines that lead to a loop without pause, with the rules in it.
    """

    together: dict[Pair, tuple[str, ...]] = field(default_factory=dict)
    dead_end: tuple[tuple[str, ...], str] | None = None
    loop: tuple[tuple[str, ...], tuple[str, ...]] | None = None


class _Watching:
    """Which rules fire in which tick."""

    def __init__(self) -> None:
        self.ticks: list[list[str]] = []
        self.fault: tuple[str, ...] | None = None
        self._tick: object = None

    def __call__(self, record: Record) -> None:
        if record.kind in _OUTSIDE and record.get("source") != "inner":
            self._tick = None
        elif record.kind == "fault":
            self.fault = tuple(record.get("rules") or ())
        elif record.kind == "fire" or (record.kind == "suppress" and record.get("reason") == "lost"):
            tick = (record.t, record.get("tick"))
            if self._tick != tick:
                self._tick = tick
                self.ticks.append([])
            self.ticks[-1].append(str(record.get("rule")))


@dataclass(frozen=True, slots=True)
class _Node:
    session: Session
    lines: tuple[str, ...]
    last: str


class Search:
    """One search.

    Args:
        compiled: The dialogue; services answer at once, with nothing.
        rules: The author's rules that count.
        pairs: Rules that may fire together.
        dead_ends: Whether dead ends are looked for, too.
        occasions: Mirons, signals and entries to try first.
    """

    def __init__(
        self,
        compiled: Compiled,
        rules: Iterable[str],
        pairs: Iterable[Pair],
        dead_ends: bool,
        occasions: Iterable[str] = (),
    ) -> None:
        self._compiled = compiled
        self._rules = frozenset(rules)
        self._pairs = set(pairs)
        self._dead_ends = dead_ends
        self._occasions = frozenset(occasions)
        self._network = Network.compile(compiled.program)
        self._language = MironLanguage(compiled)
        self._voice = OtherVoice(compiled)
        self._moves = max(16, min(MOVES, UNITS // max(1, len(compiled.program.rules))))
        self._signals = sorted(
            {pulse.name for pulse in self._network.pulses if pulse.source == "world"} - {*_OWN_SIGNALS}
        )
        tested = {name for name, levels in self._network.tests_by_entry.items() if levels}
        self._flags = [
            name
            for name, entry in sorted(compiled.program.entries.items())
            if entry.other and entry.kind == "flag" and not entry.hidden and name in tested
        ]
        self.found = Found()

    def run(self) -> Found:
        """Search until everything is found or the budget is spent."""
        session = Session(self._compiled.program, self._language, wall_start=START, network=self._network)
        watching = _Watching()
        session.observe(watching)
        virtual = VirtualRun(session)
        virtual.open()
        if not virtual.settle(_PATIENCE_MS):
            return self.found
        self._note(watching, ())
        queue = deque([_Node(session, (), "")])
        seen = {_state(session)}
        while queue and self._moves > 0 and not self._is_done():
            node = queue.popleft()
            leads_on = False
            for move in sorted(self._possible(node.session), key=self._rank):
                if self._moves <= 0 or self._is_done():
                    return self.found
                self._moves -= 1
                following = self._play(node, move)
                leads_on = leads_on or following is None or following.last != ""
                if following is None or len(following.lines) >= DEPTH:
                    continue
                state = _state(following.session)
                if state not in seen:
                    seen.add(state)
                    queue.append(_Node(following.session, following.lines, following.last or node.last))
            if not leads_on and node.session.visit_open and node.last and self.found.dead_end is None:
                self.found.dead_end = node.lines, node.last
        return self.found

    def _rank(self, move: Move) -> tuple[bool, bool]:
        """What the author waits for first, the words that are understood everywhere last."""
        return move.name not in self._occasions, move.name.startswith(TURN_TAKING)

    def _is_done(self) -> bool:
        return not self._pairs and (not self._dead_ends or self.found.dead_end is not None)

    def _play(self, node: _Node, move: Move) -> _Node | None:
        """What comes of a move; None if it does not come to rest."""
        session = node.session.fork()
        watching = _Watching()
        session.observe(watching)
        virtual = VirtualRun(session)
        lines = (*node.lines, move.line)
        if move.event is not None:
            virtual.offer(move.event)
        else:
            virtual.advance(move.ms)
        settled = virtual.settle(_PATIENCE_MS)
        self._note(watching, lines)
        if not settled or watching.fault is not None:
            return None
        # What a rule does later are units of their own: RULE/1 and so on.
        units = [unit.partition("/")[0] for tick in watching.ticks for unit in tick]
        fired = [rule for rule in units if rule in self._rules]
        return _Node(session, lines, fired[-1] if fired else "")

    def _note(self, watching: _Watching, lines: tuple[str, ...]) -> None:
        if watching.fault is not None and self.found.loop is None:
            self.found.loop = lines, watching.fault
        for tick in watching.ticks:
            fired = set(tick)
            for pair in sorted(self._pairs):
                if fired.issuperset(pair):
                    self._pairs.discard(pair)
                    self.found.together[pair] = lines

    def _possible(self, session: Session) -> Iterator[Move]:
        """Everything that may come next: words and buttons, signals, sensors, time."""
        done: set[str] = set()
        for expected in session.expectations():
            name = expected.miron
            if name in done or name in _UNHEARD:
                continue
            done.add(name)
            text = self._voice.express(name, session.locale, Chance(0))
            if text is not None:
                yield Move(Heard(text, "voice"), f"user: {text}", name)
            elif not name.endswith("/value"):
                yield Move(Pressed(name), f"press: {name}", name)
        for name in self._signals:
            yield Move(Signal(name), f"see: {name}", name)
        for name in self._flags:
            if session.value(name) is True:
                yield Move(Assert(name, False), f"see: not {name}", name)
            else:
                yield Move(Assert(name, True), f"see: {name}", name)
        due = session.next_due()
        if due is not None:
            ms = max(0, due - session.t)
            yield Move(None, f"wait: {_written(ms)}", ms=ms)


def _written(ms: int) -> str:
    return f"{ms}ms" if ms % 1000 else f"{ms // 1000}s"


def _state(session: Session) -> str:
    """What tells two moments apart: all but the time of day, numbers and choices of words."""
    data = session.snapshot()
    timers: dict[str, Json] = data["timers"]
    pending = [[due[0] - session.t, *due[2:5]] for due in timers["pending"]]
    memory = {name: cell[:2] for name, cell in data["memory"].items()}
    kept = [data["visit"], data["levels"]["on"], memory, data["heard"], data["gates"], pending]
    return json.dumps(kept, sort_keys=True, default=str)


__all__ = ["DEPTH", "Found", "Pair", "Search"]
