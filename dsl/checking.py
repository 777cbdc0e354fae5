"""What all checks share: reporting, looking names up with a good answer when one is missing, usage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dsl.symbols import LABELS, PLAIN, STANDARD_MODULES, UNKNOWN, USER_FLAGS, USER_MODEL, Symbol, View
from dsl.tree import MironDecl, Name
from miron.source import Note, Problem, Severity, Span, suggest

_ADVICE = {
    ("ask", "miron"): "say: {name}",
    ("ask", "rule"): "think: {name}",
    ("say", "question"): "ask: {name}",
    ("say", "rule"): "think: {name}",
    ("think", "question"): "ask: {name}",
    ("think", "service"): "call: {name}",
    ("call", "question"): "ask: {name}",
    ("call", "rule"): "think: {name}",
    ("call", "miron"): "say: {name}",
    ("hear", "memory"): "told {name}",
    ("notice", "memory"): "told {name}",
    ("hear", "signal"): "see {name}",
    ("hear", "rule"): "done {name}",
    ("hear", "question"): "done {name}",
    ("hear", "timer"): "timer {name}",
    ("see", "memory"): "{name}",
    ("see", "miron"): "hear {name}",
    ("told", "miron"): "hear {name}",
    ("told", "question"): "done {name}",
    ("changed", "miron"): "hear {name}",
    ("said", "question"): "done {name}",
    ("said", "rule"): "done {name}",
    ("done", "memory"): "changed {name}",
    ("done", "timer"): "timer {name}",
    ("test", "miron"): "hear {name}",
    ("test", "rule"): "active {name}",
    ("test", "timer"): "timer {name}",
    ("test", "signal"): "see {name}",
    ("active", "question"): "done {name}",
    ("timer", "rule"): "active {name}",
    ("timer", "memory"): "{name}",
}


@dataclass(slots=True)
class Usage:
    """What the rules, questions and texts of all owners do with names.

    Keys of entries are (name of the owner, name); Mirons are told apart by their declaration.
    """

    read: set[tuple[str, str]] = field(default_factory=set)
    written: set[tuple[str, str]] = field(default_factory=set)
    thought: set[int] = field(default_factory=set)
    """Declarations of rules and Mirons that something thinks."""
    said: dict[int, Span] = field(default_factory=dict)
    heard: dict[int, Span] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    """Declarations that something names at all."""
    waited: set[str] = field(default_factory=set)
    """Timers some condition waits for, as (qualified) names."""
    endings: dict[str, Name] = field(default_factory=dict)


def _either(kinds: tuple[str, ...]) -> str:
    """The kinds that an author would name."""
    named = [PLAIN[kind] for kind in kinds if kind not in ("parameter", "channel", "signal")] or [
        PLAIN[kinds[0]]
    ]
    return f"{', '.join(named[:-1])} or {named[-1]}" if len(named) > 1 else named[0]


class Checking:
    """The checks of one owner: its names, and where problems go."""

    def __init__(self, view: View, problems: list[Problem], usage: Usage) -> None:
        self.view = view
        self.problems = problems
        self.usage = usage

    @property
    def owner_name(self) -> str:
        """Of the dialogue or module that is checked."""
        return self.view.owner.name.text

    @property
    def is_module(self) -> bool:
        """Whether the owner is a module."""
        return self.view.owner.kind == "module"

    def report(
        self,
        code: str,
        message: str,
        span: Span | None,
        suggestion: str | None = None,
        notes: Iterable[Note] = (),
        severity: Severity = "error",
    ) -> None:
        """Add a problem."""
        self.problems.append(Problem(code, message, span, severity, suggestion, tuple(notes)))

    def warn(self, code: str, message: str, span: Span | None, notes: Iterable[Note] = ()) -> None:
        """Add a warning."""
        self.report(code, message, span, None, notes, "warning")

    # Names

    def need(self, name: Name, kinds: tuple[str, ...], where: str) -> Symbol | None:
        """What a name means, reported if it means nothing of these kinds.

        Args:
            kinds: Kinds that fit; the first is the one asked for in the message.
            where: The word before the name, such as ``hear`` or ``ask``.
        """
        found = self.view.find(name.text, *kinds)
        if found is None:
            found = self.parameter(name, kinds)
        if found is not None:
            if found.decl is not None:
                self.usage.named.add(id(found.decl))
            return found
        if not self.is_opaque(name.text):
            self.unknown(name, kinds, where)
        return None

    def parameter(self, name: Name, kinds: tuple[str, ...]) -> Symbol | None:
        """A parameter that stands for a name of one of the kinds."""
        found = self.view.find(name.text, "parameter")
        if found is None or found.type is None:
            return None
        if found.type.name in kinds or self.view.type_of(found) == UNKNOWN:
            self.usage.read.add((self.owner_name, name.text))
            return found
        return None

    def is_opaque(self, name: str) -> bool:
        """A name inside a standard module that is not at hand: nothing can be said about it."""
        head = name.partition(".")[0]
        module = self.view.instances.get(head)
        return module in STANDARD_MODULES and self.view.module(head) is None

    def unknown(self, name: Name, kinds: tuple[str, ...], where: str, extra: Iterable[str] = ()) -> None:
        """Report a name that means nothing here, or something else."""
        wanted = LABELS[kinds[0]]
        other = self.view.find(name.text)
        candidates = [*self.view.names(*kinds), *self.view.parameters(*kinds), *extra]
        near = self.near_part(name.text) if "memory" in kinds else None
        near = near or suggest(name.text, candidates)
        if other is not None:
            self._report_kind(name, other, where, wanted, near)
            return
        notes = list(self.near_notes(near, kinds))
        message = f"there is no {_either(kinds)} '{name}'"
        if self.is_module and self._in_dialogue(name.text) and near is None:
            message += "; a module sees only its own names"
            notes.append(Note("what it needs from outside is handed over as a parameter (takes)"))
        if "memory" in kinds and self._user_flag(name.text):
            notes.append(Note(f"'{name}' comes with the user model: use: {{{USER_MODEL}: {{}}}}"))
        self.report(f"unknown-{PLAIN[kinds[0]].split()[0].lower()}", message, name.span, near, notes)

    def near_part(self, name: str) -> str | None:
        """``visitor.name.first`` for ``visitor.nme.first``: the entry meant, with the part as written."""
        words = name.split(".")
        for cut in range(len(words) - 1, 0, -1):
            near = suggest(".".join(words[:cut]), self.view.entries())
            if near is not None and self.view.part(whole := ".".join([near, *words[cut:]])) is not None:
                return whole
        return None

    def near_notes(self, near: str | None, kinds: tuple[str, ...]) -> Iterable[Note]:
        """Where the suggested name is declared."""
        if near is not None:
            found = self.view.find(near, *kinds)
            if found is None and (part := self.view.entry(near)) is not None:
                found = part[0]
            if found is not None and found.span is not None:
                yield Note(f"'{near}' is declared here", found.span)

    def _report_kind(self, name: Name, other: Symbol, where: str, wanted: str, near: str | None) -> None:
        label = LABELS[other.kind]
        use = "a condition by itself" if where == "test" else f"'{where}'"
        message = f"'{name}' is {label}, and {use} takes {wanted}"
        advice = _ADVICE.get((where, other.kind))
        notes = [Note(f"'{name}' is declared here", other.span)] if other.span else []
        self.report("wrong-kind", message, name.span, advice.format(name=name) if advice else near, notes)

    def _in_dialogue(self, name: str) -> bool:
        dialogue = self.view.world.tree.dialogue
        return dialogue is not None and self.view.world.view(dialogue).find(name) is not None

    def _user_flag(self, name: str) -> bool:
        head, _, rest = name.partition(".")
        return rest in USER_FLAGS and head in (self.view.owner.other, "other")

    # Usage

    def reads(self, name: str) -> None:
        """Note that an entry is read."""
        found = self.view.entry(name)
        if found is not None:
            self.usage.read.add(self._key(found[0]))

    def writes(self, name: str) -> None:
        """Note that an entry is written."""
        found = self.view.entry(name)
        if found is not None:
            self.usage.written.add(self._key(found[0]))

    def _key(self, symbol: Symbol) -> tuple[str, str]:
        home = symbol.decl.name.text if symbol.decl is not None else self.owner_name
        return home, symbol.name

    def says(self, symbol: Symbol | None, span: Span) -> None:
        """Note that a Miron is said."""
        if symbol is not None and isinstance(symbol.decl, MironDecl):
            self.usage.said.setdefault(id(symbol.decl), span)

    def hears(self, symbol: Symbol | None, span: Span) -> None:
        """Note that a Miron is heard."""
        if symbol is not None and isinstance(symbol.decl, MironDecl):
            self.usage.heard.setdefault(id(symbol.decl), span)
