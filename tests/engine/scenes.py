"""Small programs for session tests, and a stage to play them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.events import Expected, Heard, HeardValue, Pressed
from engine.journal import Record
from engine.language import Choose, Said, Understood
from engine.model import (
    Active,
    ActSpec,
    Effects,
    Ended,
    Entry,
    Group,
    Json,
    Level,
    Lit,
    Op,
    Part,
    Program,
    Pulse,
    Ref,
    Rule,
    Test,
    Within,
)
from engine.session import Session
from engine.virtual import VirtualRun, no_services


class Parrot:
    """A language without grammar: "greet x=1" is the Miron greet; a Miron is said as four words."""

    def understand(
        self, text: str, expected: Sequence[Expected], *, locale: str, t_wall: datetime, typed: bool = False
    ) -> Understood:
        self.expected = [each.miron for each in expected]
        if text == "crash":
            raise RuntimeError("no such word")
        name, *pairs = text.split() or [""]
        entities: dict[str, HeardValue] = {}
        for pair in pairs:
            slot, _, value = pair.partition("=")
            entities[slot] = HeardValue(value.rstrip("?"), value, sure=not value.endswith("?"))
        if not name.isidentifier():
            return Understood("not_understood", confidence=0.0)
        return Understood(name, entities)

    def say(self, parts: Sequence[tuple[str, Mapping[str, Json]]], *, locale: str, choose: Choose) -> Said:
        choose(parts[0][0], 3)
        return Said(" ".join(f"this is {name} now" for name, _ in parts), (0,) * len(parts))

    def part(self, value: Json, name: str) -> Json:
        first, _, last = str(value).partition("_")
        return {"first": first, "last": last}.get(name) or None


def hear(name: str, *lits: Lit, eats: Sequence[str] = (), takes: bool = True, via: str = "") -> Group:
    return Group(Pulse("other", name, via=via), (*lits, *map(_active, eats)), tuple(eats), takes)


def told(name: str, *lits: Lit, eats: Sequence[str] = ()) -> Group:
    return Group(Pulse("told", name), (*lits, *map(_active, eats)), tuple(eats))


def on(source: str, name: str, *lits: Lit, phase: str = "", eats: Sequence[str] = ()) -> Group:
    return Group(Pulse(source, name, phase), (*lits, *map(_active, eats)), tuple(eats))


def when(*lits: Lit, eats: Sequence[str] = ()) -> Group:
    return Group(None, (*lits, *map(_active, eats)), tuple(eats))


def _active(rule: str) -> Lit:
    return Lit(Active(rule))


def holds(level: Level | Within) -> Lit:
    return Lit(level)


def absent(level: Level | Within) -> Lit:
    return Lit(level, False)


def yes(entry: str) -> Test:
    return Test(Op.YES, Ref(entry))


def known(entry: str) -> Test:
    return Test(Op.KNOWN, Ref(entry))


def say(name: str, **fields: Any) -> ActSpec:
    return ActSpec("speech", name, (Part((name,)),), **fields)


def call(name: str, **fields: Any) -> ActSpec:
    return ActSpec("service", name, deadline_ms=fields.pop("deadline_ms", 30_000), **fields)


def wait(ms: int) -> ActSpec:
    return ActSpec("wait", "wait", deadline_ms=ms)


def rule(name: str, *groups: Group, **fields: Any) -> Rule:
    """A rule; effects are given as fields of it, ``acts`` and so on."""
    names = set(Effects.__dataclass_fields__)
    effects = Effects(**{key: fields.pop(key) for key in [*fields] if key in names})
    return Rule(name, groups, effects=effects, **fields)


def program(*rules: Rule, entries: Mapping[str, str] | None = None, **fields: Any) -> Program:
    """A program: rules by position, ``entries`` as name → kind."""
    placed = tuple(
        Rule(**{**{f: getattr(each, f) for f in Rule.__dataclass_fields__}, "position": i})
        for i, each in enumerate(rules)
    )
    followed = {name for each in placed for group in each.groups for name in group.eats}
    placed = tuple(
        Rule(**{**{f: getattr(each, f) for f in Rule.__dataclass_fields__}, "followed": True})
        if each.name in followed
        else each
        for each in placed
    )
    declared = {
        name: Entry(name, kind, other=name.startswith("visitor.")) for name, kind in (entries or {}).items()
    }
    declared |= fields.pop("more_entries", {})
    return Program("scene", placed, entries=declared, hash="0", **fields)


def finished(name: str) -> Lit:
    return Lit(Ended(name))


class Stage:
    """A virtual run with everything that happened, and short words for what tests do."""

    def __init__(
        self,
        model: Program,
        services: Any = no_services,
        *,
        manual: bool = False,
        executor: Any = None,
        **fields: Any,
    ) -> None:
        self.lines: list[str] = []
        self.records: list[Record] = []
        self.language = Parrot()
        self.session = Session(model, self.language, journal=self.lines.append, executor=executor, **fields)
        self.session.observe(self.records.append)
        self.run = VirtualRun(self.session, services)
        self.manual = manual
        if manual:
            self.session.open()
            self.commands = self.session.take_commands()
        else:
            self.run.open()

    def hear(self, text: str, at: int | None = None, via: str = "voice") -> None:
        self.offer(Heard(text, via), at)

    def press(self, name: str) -> None:
        self.offer(Pressed(name))

    def offer(self, event: Any, at: int | None = None) -> None:
        if self.manual:
            self.session.offer(event, at)
            self.session.run(self.session.t if at is None else at)
            self.commands += self.session.take_commands()
        else:
            if at is not None:
                self.until(at)
            self.run.offer(event)

    def until(self, at: int) -> None:
        if self.manual:
            self.session.run(at)
            self.commands += self.session.take_commands()
        else:
            self.run.advance(at - self.session.t)

    def fires(self, *names: str) -> list[tuple[int, str]]:
        """(time, rule) of firings, of all or the named rules."""
        return [
            (each.t, each.get("rule"))
            for each in self.records
            if each.kind == "fire" and (not names or each.get("rule") in names)
        ]

    def fired(self, *names: str) -> list[str]:
        return [name for _, name in self.fires(*names)]

    def acts(self, *commands: str) -> list[tuple[int, str, str]]:
        """(time, command, name) of act lines."""
        return [
            (each.t, each.get("command"), each.get("name"))
            for each in self.records
            if each.kind == "act" and (not commands or each.get("command") in commands)
        ]

    def ends(self) -> list[tuple[int, str, str]]:
        """(time, name, phase) of own acts' final reports."""
        return [
            (each.t, each.get("name"), each.get("phase"))
            for each in self.records
            if each.kind == "percept"
            and each.get("source") == "self"
            and each.get("phase") not in ("started", "progress")
        ]

    def kinds(self, kind: str) -> list[Record]:
        return [each for each in self.records if each.kind == kind]
