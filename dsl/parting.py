"""Where two dialogues act differently: the shortest things a visitor can do that show it.

A breadth-first search over what the two dialogues expect: sentences of the Mirons they could hear, signals,
coming and going, silence. Both live through the same events from the beginning, on the virtual clock, with
services of their own; compared is what they do. Nothing depends on the clock of the machine or on chance.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dsl.compiler import Compiled
from dsl.fixtures import Fixture, read_fixture
from dsl.language import MironLanguage
from dsl.selfplay import OtherVoice
from dsl.testing import START, Application
from engine.chance import Chance
from engine.events import Assert, Event, Heard, Pressed, Signal
from engine.intake import NO_ACT
from engine.journal import Record
from engine.language import NOT_UNDERSTOOD
from engine.model import Json
from engine.network import Network
from engine.session import Session
from engine.virtual import Answer, Services, VirtualRun, no_services

LONGEST_WAIT_MS = 600_000
_BY_THEMSELVES = ("session_started", "visit_started", "resumed", "fault")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happens, as a line of a dialogue test: ``user: hello``, ``wait: 5s``."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"


@dataclass(frozen=True, slots=True)
class Parting:
    """A shortest way to a difference.

    Attributes:
        deeds: What happens; after the last of them the two differ.
        first: What the first dialogue does then, such as ``say welcome``; empty: nothing.
        second: Likewise the second.
    """

    deeds: tuple[Deed, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What the search found.

    Attributes:
        partings: Shortest first; of those that differ in the same way only the first.
        tried: How many sequences of events were played.
        complete: Everything up to the greatest length was tried; False: the limit ended it.
    """

    partings: tuple[Parting, ...]
    tried: int
    complete: bool


def partings(
    first: Compiled,
    second: Compiled,
    application: Application | None = None,
    *,
    names: Mapping[str, str] | None = None,
    length: int = 4,
    limit: int = 300,
    most: int = 5,
) -> Compared:
    """Search for events after which two dialogues act differently.

    Args:
        application: Services and names beyond the dialogues' own ``given``.
        names: New name → old name of what has only been renamed.
        length: Most events in a row.
        limit: Most sequences to play.
        most: Partings to find before the search ends.
    """
    worlds = (_World(first, application, {}), _World(second, application, names or {}))
    found: list[Parting] = []
    known: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
    seen: set[tuple[object, object]] = set()
    waiting: deque[tuple[Deed, ...]] = deque([()])
    tried = 0
    while waiting and len(found) < most:
        if tried >= limit:
            return Compared(tuple(found), tried, False)
        deeds = waiting.popleft()
        lives = [world.live(deeds) for world in worlds]
        tried += 1
        here = (lives[0].last, lives[1].last)
        if here[0] != here[1]:
            if here not in known:
                known.add(here)
                found.append(Parting(deeds, *here))
            continue
        state = (lives[0].state(), lives[1].state())
        if state in seen or len(deeds) == length:
            continue
        seen.add(state)
        waiting.extend((*deeds, deed) for deed in _next(worlds, lives))
    return Compared(tuple(found), tried, not waiting or len(found) < most)


def _next(worlds: Sequence[_World], lives: Sequence[_Life]) -> Iterator[Deed]:
    """What could happen now; first what only one of the two waits for."""
    found: dict[Deed, None] = {}
    expected = [life.expected() for life in lives]
    names = dict.fromkeys((*expected[0], *expected[1]))
    signals = dict.fromkeys((*worlds[0].signals, *worlds[1].signals))
    for world, life in zip(worlds, lives, strict=True):
        if world.presence:
            here = life.value(world.presence) is True
            found[Deed("see", f"not {world.presence}" if here else world.presence)] = None
    for signal in sorted(signals, key=lambda name: name in worlds[0].signals and name in worlds[1].signals):
        found[Deed("see", signal)] = None
    dues = [due for life in lives if (due := life.due()) is not None]
    if dues and 0 < min(dues) <= LONGEST_WAIT_MS:
        found[Deed("wait", f"{min(dues)}ms")] = None
    for name in sorted(names, key=lambda name: name in expected[0] and name in expected[1]):
        for world in worlds:
            found |= dict.fromkeys(world.expressions(name, lives[0].locale))
    yield from found


class _World:
    """One of the two dialogues, to be lived through again and again."""

    def __init__(self, compiled: Compiled, application: Application | None, names: Mapping[str, str]) -> None:
        self.compiled, self._application, self.names = compiled, application, names
        dialogue = compiled.tree.dialogue
        assert dialogue is not None
        self._fixture: Fixture = read_fixture(compiled.env, dialogue.given)
        lexicons = {**(application.lexicons(self._fixture) if application else {}), **self._fixture.lexicons}
        self._network = Network.compile(compiled.program)
        self._language = MironLanguage(compiled, lexicons)
        self._voice = OtherVoice(compiled, lexicons)
        self._sayable = {name for name, meta in compiled.program.mirons.items() if meta.channel == "speech"}
        presence = f"{compiled.env.other}.present"
        self.presence = presence if presence in compiled.program.entries else ""
        pulses = {group.pulse for rule in compiled.program.rules for group in rule.groups if group.pulse}
        signals = {pulse.name for pulse in pulses if pulse.source == "world"}
        self._answers: dict[tuple[_Call, ...], Answer] = {}
        self.signals = tuple(sorted(signals.difference(_BY_THEMSELVES)))

    def expressions(self, miron: str, locale: str) -> Iterator[Deed]:
        """How a visitor would express a Miron: a sentence, or else a button."""
        if miron not in self._sayable or miron in NO_ACT or miron == NOT_UNDERSTOOD:
            return
        text = self._voice.express(miron, locale, Chance(1))
        yield Deed("user", text) if text else Deed("press", miron)

    def live(self, deeds: tuple[Deed, ...]) -> _Life:
        """A session from its beginning through some events."""
        session = Session(
            self.compiled.program,
            self._language,
            wall_start=self._fixture.now or START,
            network=self._network,
        )
        life = _Life(VirtualRun(session, _Answers(self._services, self._answers)), self)
        life.begin([Assert(entry, value) for entry, value in self._fixture.memory.items()])
        for deed in deeds:
            life.do(deed)
        return life

    def _services(self) -> Services:
        return self._fixture.services(
            self._application.services(self._fixture) if self._application else no_services
        )

    def event(self, deed: Deed) -> Event:
        """An event of the engine."""
        if deed.key == "user":
            return Heard(deed.value, via="voice")
        if deed.key == "press":
            return Pressed(deed.value)
        name = deed.value.removeprefix("not ")
        return Assert(name, name == deed.value) if name == self.presence else Signal(name)


_Call = tuple[str, str]


class _Answers:
    """Services whose answers follow from the calls before: asked once for each history of calls."""

    def __init__(self, make: Callable[[], Services], known: dict[tuple[_Call, ...], Answer]) -> None:
        self._make, self._known = make, known
        self._calls: list[tuple[str, Mapping[str, Json]]] = []
        self._history: tuple[_Call, ...] = ()

    def __call__(self, name: str, params: Mapping[str, Json]) -> Answer:
        self._calls.append((name, dict(params)))
        self._history = (*self._history, (name, repr(sorted(params.items()))))
        if self._history not in self._known:
            services = self._make()
            for call in self._calls:
                answer = services(*call)
            self._known[self._history] = answer
        return self._known[self._history]


class _Life:
    def __init__(self, run: VirtualRun, world: _World) -> None:
        self._run, self._world = run, world
        self._acts: list[str] = []
        self.last: tuple[str, ...] = ()
        run.session.observe(self._observe)

    def begin(self, before: Sequence[Event]) -> None:
        self._run.open()
        for event in before:
            self._run.offer(event)
        self._rest()

    def do(self, deed: Deed) -> None:
        self._acts = []
        if deed.key == "wait":
            self._run.advance(int(deed.value.removesuffix("ms")))
        else:
            self._run.offer(self._world.event(deed))
        self._rest()

    def _rest(self) -> None:
        if not self._run.settle():
            self._acts.append("never comes to rest")
        self.last = tuple(self._acts)

    def _observe(self, record: Record) -> None:
        if record.kind != "act":
            return
        if record.get("channel") == "visit":
            self._acts.append(f"end {record.get('name')}")
        elif record.get("command") == "start" and record.act is not None:
            act = record.act
            names = [self._world.names.get(name, name) for name in act.mirons or (act.name,)]
            if act.channel == "speech" and act.spec.question:
                question, slash, part = act.spec.question.partition("/")
                step = f" step {act.step}" if act.step and act.step > 1 else ""
                self._acts.append(f"ask {self._world.names.get(question, question)}{slash}{part}{step}")
            elif act.channel == "service":
                given = ", ".join(f"{key} {value}" for key, value in act.params.items() if value is not None)
                self._acts.append(f"call {names[0]}" + (f" ({given})" if given else ""))
            elif act.channel not in ("wait", "inner"):
                word = {"speech": "say", "emotion": "feel", "gaze": "look", "screen": "show"}
                self._acts.append(f"{word.get(act.channel, act.channel)} {' + '.join(names)}")

    @property
    def locale(self) -> str:
        return self._run.session.locale

    def value(self, entry: str) -> object:
        return self._run.session.value(entry)

    def due(self) -> int | None:
        due = self._run.session.next_due()
        return None if due is None else due - self._run.session.t

    def expected(self) -> list[str]:
        return list(dict.fromkeys(each.miron for each in self._run.session.expectations()))

    def state(self) -> object:
        """What decides how it goes on, as far as it can be seen from outside."""
        session = self._run.session
        values = tuple(repr(session.value(entry)) for entry in session.program.entries)
        return (
            session.active(),
            values,
            tuple(self.expected()),
            self.due(),
            session.locale,
            session.visit_open,
        )
