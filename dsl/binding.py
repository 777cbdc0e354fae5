"""Binding names: which declaration a word means, seen from where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dsl.tree import (
    Literal,
    MironDecl,
    Name,
    NameValue,
    Owner,
    QuestionDecl,
    RuleDecl,
    ServiceDecl,
    SumExpr,
    ValueExpr,
)
from dsl.types import FLAG, Type, TypeTable
from engine.model import Const, EntityRef, Entry, Ref, Sum, Value
from miron.source import ModelError, Note, Problem, Span, suggest
from miron.template import SlotRef

TURN_TAKING = "turn_taking"
READY_MADE = (
    *("agree", "disagree", "help", "repeat", "skip", "cancel", "correct", "stop"),
    "none_of_these",
)
TAKER = f"{TURN_TAKING}/taker"
"""The entry with the rule that took the other's latest act."""
PICKS = (f"{TURN_TAKING}.pick", f"{TURN_TAKING}.pick_last")
"""How the place of something in a list is told; understood only where something is chosen."""
PERCEPTS = ("anything", "not_understood", "silence", "noise")
"""Mirons that nobody declares: what the ears tell."""
BODY: Mapping[str, tuple[str, ...]] = {
    "emotion": (
        "neutral", "happy", "curious", "thinking", "confused", "sad",
        "surprised", "apologetic", "listening", "asleep", "waking",
    ),
    "gesture": ("nod", "shake", "wave", "bow", "point_left", "point_right", "come_forward", "step_back"),
    "gaze": ("visitor", "screen_left", "screen_right", "away", "down"),
}  # fmt: skip
"""Ready-made Mirons of the body, by channel."""
OUTER_SCOPE = ""
DIALOGUE_SCOPE = "dialogue"


@dataclass(frozen=True, slots=True)
class Bound:
    """What a module's parameter means: a name of the caller, or a value."""

    name: str = ""
    value: Value | None = None
    literal: Literal | None = None


@dataclass(slots=True)
class Tables:
    """Everything declared, under qualified names; filled once, then read."""

    types: TypeTable
    entries: dict[str, tuple[Entry, Type]] = field(default_factory=dict)
    mirons: dict[str, tuple[MironDecl, Env]] = field(default_factory=dict)
    services: dict[str, ServiceDecl] = field(default_factory=dict)
    questions: dict[str, tuple[QuestionDecl, Env]] = field(default_factory=dict)
    rules: dict[str, tuple[RuleDecl, Env]] = field(default_factory=dict)
    modules: Mapping[str, Owner] = field(default_factory=dict)
    slots: dict[str, tuple[SlotRef, ...]] = field(default_factory=dict)
    hearing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Memory entry → the heard Mirons that hold it."""
    tells_timeouts: bool = False
    """Some step handles ``timed_out``, so that it must be told from other failures."""
    called: set[str] = field(default_factory=set)
    """Rules of called modules as seen from outside (``reach.calling``): every call has its own copy."""
    copies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Their copies; known once everything was lowered."""
    asked: set[str] = field(default_factory=set)
    """Those whose copies were asked for."""


@dataclass(frozen=True, slots=True)
class Env:
    """Where a word stands: its owner, the instance's prefix and what its parameters are bound to."""

    owner: Owner
    prefix: str
    tables: Tables
    other: str
    binds: Mapping[str, Bound] = field(default_factory=dict)
    scope: str = DIALOGUE_SCOPE
    rule_prefix: str | None = None

    def rescoped(self, scope: str) -> Env:
        """The same names heard in another scope."""
        return replace(self, scope=scope)

    def rule_name(self, name: str) -> str:
        """The qualified name a rule of this owner has here: rules of a called module are copied per call."""
        return (self.prefix if self.rule_prefix is None else self.rule_prefix) + name

    def _candidates(self, name: str) -> list[str]:
        bound = self.binds.get(name)
        if bound is not None and bound.name:
            return [bound.name]
        names = [self.prefix + name]
        if self.owner.kind == "module":
            if name == "other" or name.startswith("other."):
                names.append(self.other + name.removeprefix("other"))
            elif name.startswith("self."):
                names.append(name.removeprefix("self."))
        if name in READY_MADE:
            names.append(f"{TURN_TAKING}.{name}")
        return names

    def miron(self, name: Name) -> str:
        """The qualified name of a Miron (ready-made ones of ears and body included)."""
        for candidate in self._candidates(name.text):
            if candidate in self.tables.mirons:
                return candidate
        if name.text in PERCEPTS or any(name.text in names for names in BODY.values()):
            return name.text
        raise unknown("Miron", name, self.tables.mirons)

    def find(self, table: Mapping[str, object], name: str) -> str | None:
        """The qualified name under which ``table`` holds ``name`` as seen from here, or None."""
        return next((candidate for candidate in self._candidates(name) if candidate in table), None)

    def is_miron(self, name: str) -> bool:
        """Whether the name means a Miron here."""
        return self.find(self.tables.mirons, name) is not None or name in PERCEPTS

    def find_rule(self, name: str) -> str | None:
        """The qualified name of a rule, or None."""
        own = self.rule_name(name)
        return own if own in self.tables.rules else self.find(self.tables.rules, name)

    def is_called(self, name: str) -> bool:
        """Whether the name means a rule of a called module, seen from outside."""
        return any(one in self.tables.called for one in self._candidates(name))

    def rules(self, name: Name) -> tuple[str, ...]:
        """The rule of that name, or its copies if it belongs to a called module and is named from outside."""
        found = self.find_rule(name.text)
        if found is not None:
            return (found,)
        outside = next((one for one in self._candidates(name.text) if one in self.tables.called), "")
        if not outside:
            raise unknown("rule", name, [*self.tables.rules, *sorted(self.tables.called)])
        self.tables.asked.add(outside)
        return self.tables.copies.get(outside, (outside,))

    def rule(self, name: Name) -> str:
        """The qualified name of a rule."""
        found = self.find_rule(name.text)
        if found is None:
            raise unknown("rule", name, self.tables.rules)
        return found

    def signal(self, name: str) -> str:
        """A signal's own name: the world knows nothing of modules (``user_model.left`` is ``left``)."""
        instance, _, rest = name.partition(".")
        return rest if rest and any(use.instance.text == instance for use in self.owner.use) else name

    def timer(self, name: Name) -> str:
        """The qualified name of a timer."""
        return self.prefix + name.text

    def reference(self, name: str) -> tuple[Ref, Type] | None:
        """The memory entry (and parts of its value) a dotted name means, with its type."""
        whole = None if name in self.binds else self.find(self.tables.entries, name)
        if whole is not None:
            return Ref(whole), self.tables.entries[whole][1]
        words = name.split(".")
        for cut in range(len(words), 0, -1):
            base, parts = ".".join(words[:cut]), tuple(words[cut:])
            bound = self.binds.get(base)
            if bound is not None and isinstance(bound.value, Ref):
                entry = bound.value.entry
                parts = bound.value.parts + parts
            else:
                found = self.find(self.tables.entries, base)
                if found is None:
                    continue
                entry = found
            kind: Type | None = self.tables.entries[entry][1]
            for part in parts:
                kind = kind.part(part) if kind else None
            return (Ref(entry, parts), kind) if kind else None
        return None

    def entity(self, name: str) -> tuple[EntityRef, Type | None] | None:
        """The entity of a Miron's latest act that a dotted name means (``name_time.at``), with its type."""
        words = name.split(".")
        for cut in range(len(words) - 1, 0, -1):
            miron = self.find(self.tables.mirons, ".".join(words[:cut]))
            if miron is not None:
                rest = words[cut:]
                slots = {slot.name for slot in self.tables.slots.get(miron, ())}
                length = next((n for n in range(len(rest), 0, -1) if ".".join(rest[:n]) in slots), 1)
                slot, parts = ".".join(rest[:length]), tuple(rest[length:])
                kind = slot_type(self.tables, miron, slot)
                for part in parts:
                    kind = kind.part(part) if kind else None
                return EntityRef(miron, slot, parts), kind
        return None

    def entry(self, name: Name) -> tuple[Ref, Type]:
        """Like :meth:`reference`, with an author error for an unknown name."""
        found = self.reference(name.text)
        if found is None:
            raise unknown("memory entry", name, self.tables.entries)
        return found

    def group(self, name: str) -> list[str]:
        """The entries a name means: the entry itself, or all below a group (``visitor``)."""
        for candidate in self._candidates(name):
            if candidate in self.tables.entries:
                return [candidate]
            below = [entry for entry in self.tables.entries if entry.startswith(candidate + ".")]
            if below:
                return below
        return []

    def told_name(self, name: Name) -> str:
        """The entry or group whose telling or change is meant."""
        for candidate in self._candidates(name.text):
            if candidate in self.tables.entries or any(
                entry.startswith(candidate + ".") for entry in self.tables.entries
            ):
                return candidate
        found = self.reference(name.text)
        if found is not None:
            return found[0].entry
        raise unknown("memory entry", name, self.tables.entries)

    def duration(self, value: int | Name) -> int:
        """Milliseconds, given or bound to a parameter."""
        if isinstance(value, int):
            return value
        bound = self.binds.get(value.text)
        if bound is not None and bound.literal is not None and isinstance(bound.literal.value, int):
            return bound.literal.value
        if self.reference(value.text) or self.entity(value.text):
            message = f"'{value.text}' changes while the dialogue runs; here only a fixed duration can stand"
            raise error("duration-in-memory", message, value.span, "'wait' and 'timer' take any duration")
        raise error("unknown-name", f"no duration is called '{value.text}' here", value.span)

    def length(self, value: int | Name) -> int | Value:
        """Milliseconds, or the place in memory (or in an act) that tells them while the dialogue runs."""
        if isinstance(value, Name):
            bound = self.binds.get(value.text)
            if bound is None or bound.literal is None:
                if bound is not None and bound.value is not None:
                    return bound.value
                found = self.reference(value.text) or self.entity(value.text)
                if found is not None:
                    return found[0]
        return self.duration(value)

    def value(self, expression: ValueExpr, expected: Type | None = None) -> Value:
        """A value: a bare word is a choice value where a choice stands, else memory, parameter or entity."""
        match expression:
            case Literal():
                return Const(expression.value)
            case SumExpr():
                return Sum(
                    self.value(expression.left, expected),
                    self.value(expression.right, expected),
                    expression.minus,
                )
            case NameValue(name):
                return self._word(name, expected)

    def _word(self, name: Name, expected: Type | None) -> Value:
        element = expected.element if expected and expected.kind == "list" else expected
        if element is not None and name.text in element.choices:
            return Const(name.text)
        if expected is FLAG and name.text in ("yes", "no", "true", "false", "on", "off"):
            return Const(name.text in ("yes", "true", "on"))
        bound = self.binds.get(name.text)
        if bound is not None and bound.value is not None:
            return bound.value
        found = self.reference(name.text)
        if found is not None:
            return found[0]
        entity = self.entity(name.text)
        if entity is not None:
            return entity[0]
        choices = element.choices if element else ()
        raise unknown(
            "value" if not choices else f"value of {element.name if element else ''}",
            name,
            [*choices, *self.tables.entries],
        )


def slot_type(tables: Tables, miron: str, slot: str) -> Type | None:
    """The type of a Miron's slot, as far as its sentences or memory tell."""
    declared = tables.mirons.get(miron)
    if declared is None:
        return None
    _, env = declared
    for written in tables.slots.get(miron, ()):
        if written.name == slot and written.type:
            return tables.types.named(written.type)
    found = env.reference(slot)
    return found[1] if found is not None else None


def slot_values(tables: Tables, miron: str, given: dict[str, Value]) -> tuple[tuple[str, Value], ...]:
    """Every slot of a Miron with where its value comes from: the rule's argument, else memory."""
    values = dict(given)
    if miron in tables.mirons:
        _, env = tables.mirons[miron]
        for written in tables.slots.get(miron, ()):
            found = env.reference(written.name)
            if written.name not in values and found is not None:
                values[written.name] = found[0]
    return tuple(values.items())


def origin(span: Span) -> str:
    """``file:line:column`` for the network's units."""
    return f"{span.source}:{span.line}:{span.column}"


def error(code: str, message: str, span: Span, advice: str = "") -> ModelError:
    """One author error as an exception; ``advice`` says what to write instead."""
    notes = (Note(advice, None),) if advice else ()
    return ModelError((Problem(code, message, span, notes=notes),))


def unknown(what: str, name: Name, known: object) -> ModelError:
    """The error for a name nobody declared, with the nearest that is."""
    candidates = list(known) if isinstance(known, (dict, list)) else []
    message = f"no {what} is called '{name.text}'"
    near = suggest(name.text, candidates)
    return ModelError((Problem(f"unknown-{what.split()[0].lower()}", message, name.span, suggestion=near),))
