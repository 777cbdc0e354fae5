"""What every name means, seen from an owner: the tables that checking looks names up in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dsl.binding import BODY, PERCEPTS, READY_MADE, TURN_TAKING
from dsl.tree import (
    MemoryDecl,
    MironDecl,
    Name,
    Owner,
    Param,
    QuestionDecl,
    RuleDecl,
    ServiceDecl,
    Step,
    Tree,
    TypeDecl,
    TypeRef,
)
from dsl.types import FLAG, TEXT, Type
from dsl.usage import all_steps
from miron.model import BUILTIN_TYPES
from miron.source import Span

UNKNOWN = Type("unknown", "unknown")
"""A type that could not be resolved; it fits everywhere, so one mistake is reported once."""

NAME_KINDS = ("miron", "rule", "question")
"""Types of parameters whose values are names, fixed when compiled."""

SIGNALS = ("visit_started", "session_started", "resumed", "fault")
"""Signals that come by themselves."""

USER_MODEL = "user_model"
USER_SIGNALS = ("arrived", "left", "approached", "touched", "joined")
USER_FLAGS = ("present", "near", "looking", "speaking", "typing", "noisy")
EARS = ("speaking", "typing")
"""Flags of the other that every dialogue has: the ears and the keyboard write them."""

STANDARD_MODULES = (TURN_TAKING, USER_MODEL, "response_model", "error_model", "situation", "watchdog")
CHANNELS = ("speech", "screen", "gesture", "gaze", "emotion", "face", "button", "signal", "service", "inner")
STEP_CHANNELS: Mapping[str, str] = {
    "gesture": "gesture",
    "feel": "emotion",
    "look": "gaze",
    "show": "screen",
}

LABELS: Mapping[str, str] = {
    "miron": "a Miron",
    "rule": "a rule",
    "memory": "a memory entry",
    "service": "a service",
    "question": "a question",
    "timer": "a timer",
    "parameter": "a parameter",
    "module": "a module",
    "ending": "an ending",
    "channel": "a channel",
    "signal": "a signal",
}
PLAIN: Mapping[str, str] = {kind: label.split(" ", 1)[1] for kind, label in LABELS.items()}


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something that has a name.

    Attributes:
        kind: A key of :data:`LABELS`.
        span: Where it is declared; None for what is ready-made.
        decl: The declaration, if there is one.
        type: Of a memory entry or parameter.
    """

    kind: str
    name: str
    span: Span | None = None
    decl: Any = None
    type: TypeRef | None = None


@dataclass(slots=True)
class Index:
    """The names of one owner, without those of the modules it uses."""

    owner: Owner
    symbols: dict[str, list[Symbol]] = field(default_factory=dict)
    timers: dict[str, Name] = field(default_factory=dict)

    def add(self, symbol: Symbol) -> None:
        """Declare a name."""
        self.symbols.setdefault(symbol.name, []).append(symbol)


class World:
    """All owners of a tree."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.indexes: dict[int, Index] = {}
        for owner in self.owners:
            self.indexes[id(owner)] = _index(owner, self.instances(owner))
        self._types: dict[tuple[int, str], Type] = {}
        self._views: dict[int, View] = {}

    @property
    def owners(self) -> list[Owner]:
        """The dialogue, if there is one, and the modules."""
        first = [self.tree.dialogue] if self.tree.dialogue else []
        return [*first, *self.tree.modules.values()]

    def instances(self, owner: Owner) -> dict[str, str]:
        """Prefix → module: what is used, what is called, and what is implied."""
        found = {use.instance.text: use.module.text for use in owner.use}
        for name in called(owner):
            if name in self.tree.modules and name not in owner.services:
                found.setdefault(name, name)
        if owner.kind == "dialogue":
            found.setdefault(TURN_TAKING, TURN_TAKING)
        return found

    def view(self, owner: Owner) -> View:
        """The names seen from inside an owner."""
        found = self._views.get(id(owner))
        if found is None:
            found = self._views[id(owner)] = View(self, owner)
        return found

    def type_decl(self, owner: Owner, name: str) -> tuple[Owner, TypeDecl] | None:
        """The declaration of a type, the owner's own first."""
        for candidate in (owner, *self.owners):
            if name in candidate.types:
                return candidate, candidate.types[name]
        return None

    def resolve(self, owner: Owner, ref: TypeRef, depth: int = 0) -> Type:
        """The type meant; :data:`UNKNOWN` for a name nobody declared, or a record within itself."""
        if ref.kind == "choice":
            return Type("choice", "|".join(ref.choices), choices=ref.choices)
        inner = self._named(owner, ref.name, depth)
        if ref.kind == "list":
            return Type("list", f"list of {inner.name}", element=inner)
        return inner

    def _named(self, owner: Owner, name: str, depth: int) -> Type:
        if name in BUILTIN_TYPES or name in NAME_KINDS:
            return Type(name, name)
        found = self.type_decl(owner, name)
        if found is None or depth > 8:
            return UNKNOWN
        home, decl = found
        key = (id(home), name)
        if key not in self._types:
            self._types[key] = self._declared(home, decl, depth)
        return self._types[key]

    def _declared(self, owner: Owner, decl: TypeDecl, depth: int) -> Type:
        name = decl.name.text
        if decl.live:
            return Type("live", name)
        if decl.values:
            return Type("choice", name, choices=tuple(decl.values))
        if decl.fields:
            shape = tuple((part.text, self.resolve(owner, ref, depth + 1)) for part, ref in decl.fields)
            return Type("record", name, fields=shape)
        return UNKNOWN


class View:
    """The names seen from inside one owner."""

    def __init__(self, world: World, owner: Owner) -> None:
        self.world = world
        self.owner = owner
        self.index = world.indexes[id(owner)]
        self.instances = world.instances(owner)

    # Looking up

    def find(self, name: str, *kinds: str) -> Symbol | None:
        """What a name means, if it is of one of the kinds (any kind, if none is given)."""
        return next((symbol for symbol in self._all(name) if not kinds or symbol.kind in kinds), None)

    def _all(self, name: str) -> Iterator[Symbol]:
        yield from self.index.symbols.get(name, ())
        if name in self.index.timers:
            yield Symbol("timer", name, self.index.timers[name].span)
        yield from self._ready_made(name)
        if "." in name:
            yield from self._dotted(name)
        if name in self.instances:
            yield Symbol("module", name, None, self.module(name))

    def _ready_made(self, name: str) -> Iterator[Symbol]:
        if name in READY_MADE or name in PERCEPTS or any(name in names for names in BODY.values()):
            module = self.world.tree.modules.get(TURN_TAKING)
            decl = module.mirons.get(name) if module and name in READY_MADE else None
            yield Symbol("miron", name, decl.name.span if decl else None, decl)
        if name in SIGNALS or name in USER_SIGNALS:
            yield Symbol("signal", name)
        if name in CHANNELS:
            yield Symbol("channel", name)

    def _dotted(self, name: str) -> Iterator[Symbol]:
        head, _, rest = name.partition(".")
        module = self.module(head)
        if module is not None:
            inner = self.world.indexes[id(module)]
            yield from inner.symbols.get(rest, ())
            if rest in inner.timers:
                yield Symbol("timer", name, inner.timers[rest].span)
            if "." in rest:
                yield from self.world.view(module)._dotted(rest)
        dialogue = self.world.tree.dialogue
        if self.owner.kind == "dialogue":
            if head == self.owner.other:
                yield from self._of_other(rest)
        elif head == "other":
            if dialogue is not None:
                yield from self.world.indexes[id(dialogue)].symbols.get(f"{dialogue.other}.{rest}", ())
            yield from self._of_other(rest)
        elif head == "self" and dialogue is not None:
            yield from self.world.indexes[id(dialogue)].symbols.get(rest, ())

    def _of_other(self, rest: str) -> Iterator[Symbol]:
        """Entries of the other that modules declare, and those that every dialogue has."""
        for name in self.instances.values():
            module = self.world.tree.modules.get(name)
            if module is not None:
                yield from self.world.indexes[id(module)].symbols.get(f"other.{rest}", ())
        if rest in EARS:
            yield Symbol("memory", f"{self.owner.other}.{rest}", None, None, _FLAG_REF)

    def module(self, instance: str) -> Owner | None:
        """The module behind a prefix."""
        name = self.instances.get(instance)
        return self.world.tree.modules.get(name) if name else None

    def entry(self, name: str) -> tuple[Symbol, tuple[str, ...]] | None:
        """The memory entry or parameter a dotted name means, and the parts of its value."""
        words = name.split(".")
        for cut in range(len(words), 0, -1):
            symbol = self.find(".".join(words[:cut]), "memory", "parameter")
            if symbol is not None:
                return symbol, tuple(words[cut:])
        return None

    def type_of(self, symbol: Symbol) -> Type:
        """The type of an entry or parameter."""
        if symbol.type is None:
            return UNKNOWN
        home = symbol.decl if isinstance(symbol.decl, Owner) else self.owner
        return self.world.resolve(home, symbol.type)

    def part(self, name: str) -> Type | None:
        """The type of what a dotted name of memory means; None if it means nothing."""
        found = self.entry(name)
        if found is None:
            return None
        kind: Type | None = self.type_of(found[0])
        for word in found[1]:
            if kind is None or kind == UNKNOWN:
                return kind
            kind = kind.part(word) or _known_part(kind, word)
        return kind

    def declared_miron(self, name: str) -> Symbol | None:
        """A Miron with a declaration; the ready-made ones of the body have no entities."""
        found = self.find(name, "miron")
        return found if found is not None and found.decl is not None else None

    def group(self, name: str) -> list[str]:
        """The entries below a group such as ``visitor``."""
        start = f"{name}."
        found = [entry for entry in self.entries() if entry.startswith(start)]
        return found

    def miron_decl(self, symbol: Symbol) -> MironDecl | None:
        """The declaration behind a Miron's name."""
        return symbol.decl if isinstance(symbol.decl, MironDecl) else None

    # Listing, for suggestions

    def names(self, *kinds: str) -> list[str]:
        """All names of the kinds that can be written here."""
        found = [
            name for name, symbols in self.index.symbols.items() if any(s.kind in kinds for s in symbols)
        ]
        for instance in self.instances:
            module = self.module(instance)
            if module is not None:
                inner = self.world.indexes[id(module)].symbols
                found += [
                    f"{instance}.{name}"
                    for name, symbols in inner.items()
                    if any(s.kind in kinds for s in symbols)
                ]
        if "memory" in kinds:
            found += self._others_entries()
        if "miron" in kinds:
            found += [*READY_MADE, *PERCEPTS, *(name for names in BODY.values() for name in names)]
        if "timer" in kinds:
            found += self.index.timers
        if "signal" in kinds:
            found += [*SIGNALS, *USER_SIGNALS]
        if "channel" in kinds:
            found += CHANNELS
        if "module" in kinds:
            found += [name for name in self.world.tree.modules if name not in STANDARD_MODULES]
        return found

    def parameters(self, *kinds: str) -> list[str]:
        """Parameters that stand for names of these kinds."""
        return [param.name.text for param in self.owner.takes if param.type.name in kinds]

    def entries(self) -> list[str]:
        """All memory entries and parameters that can be written here."""
        return self.names("memory", "parameter")

    def _others_entries(self) -> list[str]:
        prefix = self.owner.other if self.owner.kind == "dialogue" else "other"
        found = [f"{prefix}.{flag}" for flag in EARS]
        for name in self.instances.values():
            module = self.world.tree.modules.get(name)
            if module is not None:
                found += [
                    prefix + entry.removeprefix("other")
                    for entry in module.memory
                    if entry.startswith("other.")
                ]
        dialogue = self.world.tree.dialogue
        if self.owner.kind == "module" and dialogue is not None:
            for entry in dialogue.memory:
                head, _, rest = entry.partition(".")
                found.append(f"other.{rest}" if head == dialogue.other and rest else f"self.{entry}")
        return found


_NOWHERE = Span("", 0, 0, 0, 0)
_FLAG_REF = TypeRef("name", "flag", _NOWHERE)


def _known_part(kind: Type, word: str) -> Type | None:
    """Parts of built-in values that can be read: the words of a name, a time and so on."""
    if kind.kind in ("live", "unknown"):
        return UNKNOWN
    if kind.kind == "list" and kind.element is not None:
        inner = kind.element.part(word) or _known_part(kind.element, word)
        return Type("list", f"list of {inner.name}", element=inner) if inner else None
    return None


def _index(owner: Owner, instances: Mapping[str, str]) -> Index:
    index = Index(owner)
    for kind, table in (
        ("memory", owner.memory),
        ("service", owner.services),
        ("miron", owner.mirons),
        ("question", owner.questions),
        ("rule", owner.rules),
    ):
        for name, decl in table.items():
            if name.partition(".")[0] in instances and kind != "memory":
                continue  # an override of what a module declares
            if kind == "question" and name == "all":
                continue
            if isinstance(decl, MemoryDecl):
                index.add(Symbol(kind, name, decl.name.span, owner, decl.type))
            else:
                index.add(Symbol(kind, name, decl.name.span, decl))
    for param in (*owner.takes, *owner.gives):
        index.add(Symbol("parameter", param.name.text, param.name.span, owner, param.type))
    for step in all_steps(bodies(owner)):
        for timer, _ in step.timer:
            index.timers.setdefault(timer.text, timer)
    return index


def bodies(owner: Owner) -> tuple[Step, ...]:
    """Every step that an owner's rules and body begin with."""
    return (*owner.do, *(step for rule in owner.rules.values() for step in rule.do))


def called(owner: Owner) -> list[str]:
    """Names after ``call``, in the order written."""
    return list(dict.fromkeys(step.call.name.text for step in all_steps(bodies(owner)) if step.call))


def required(params: Iterable[Param]) -> list[Param]:
    """Parameters that a caller must give."""
    return [param for param in params if not param.type.optional and param.default is None]


__all__ = [
    "FLAG",
    "LABELS",
    "TEXT",
    "UNKNOWN",
    "Index",
    "QuestionDecl",
    "RuleDecl",
    "ServiceDecl",
    "Symbol",
    "View",
    "World",
    "bodies",
    "called",
    "required",
]
