"""The tree of a dialogue as its author wrote it: frozen, a span on everything, names not yet bound.

The reader builds it, the checker reads it, the compiler lowers it. Meaning of every key: docs/dsl.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from miron.source import Span


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written, with its place. Compares by text."""

    text: str
    span: Span = field(compare=False, hash=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence (or other free text) as written, with its place."""

    text: str
    span: Span = field(compare=False, hash=False)


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type where it is used.

    Attributes:
        kind: ``name`` (built in or declared), ``choice`` (``a | b | c``) or ``list`` (``list of T``).
        name: The type's name, for ``name``; the element's, for ``list``.
        choices: The values, for ``choice``.
        optional: ``T?``, parameters only.
    """

    kind: str
    name: str
    span: Span = field(compare=False, hash=False)
    choices: tuple[str, ...] = ()
    optional: bool = False


# Conditions


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the items."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of the items."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The plain opposite."""

    item: Expr


@dataclass(frozen=True, slots=True)
class For:
    """The test has held so long; ``duration`` is milliseconds, or the name of a parameter."""

    item: Expr
    duration: int | Name


@dataclass(frozen=True, slots=True)
class WithinExpr:
    """The event happened at most so long ago."""

    item: EventExpr
    duration: int | Name


@dataclass(frozen=True, slots=True)
class EventExpr:
    """An event.

    Attributes:
        kind: ``hear notice see think told changed said started done failed cut``.
        via: ``voice key button`` after ``by``, else empty.
    """

    kind: str
    name: Name
    via: str = ""


@dataclass(frozen=True, slots=True)
class TestExpr:
    """A test of memory.

    Attributes:
        op: ``yes`` for a bare name (flag yes, value known, list not empty); the word after ``is``
            (``known`` …), or ``is`` for a choice value; or ``== != < <= > >=``. ``is not W`` is Not of this.
        word: The bare word after ``is`` when it is none of the fixed words (a choice value).
    """

    name: Name
    op: str
    operand: ValueExpr | None = None
    word: Name | None = None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """``active R`` or ``finished R``."""

    kind: str
    name: Name


@dataclass(frozen=True, slots=True)
class AfterExpr:
    """``after 8s``: so long since the acts of the followed rule ended; milliseconds or a parameter's name."""

    duration: int | Name
    span: Span = field(compare=False, hash=False)


@dataclass(frozen=True, slots=True)
class TimerTest:
    """``timer T``: it has run out."""

    name: Name


Expr = Or | And | Not | For | WithinExpr | EventExpr | TestExpr | RuleTest | AfterExpr | TimerTest


# Values


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal value.

    Attributes:
        kind: ``number duration time date text flag none``.
        value: int or Decimal; int milliseconds; ``HH:MM``; ISO date; str; bool.
    """

    kind: str
    value: Any
    span: Span = field(compare=False, hash=False)


@dataclass(frozen=True, slots=True)
class NameValue:
    """A bare word: a choice value where a choice stands, else a memory entry, parameter or entity."""

    name: Name


@dataclass(frozen=True, slots=True)
class SumExpr:
    """``left + right`` or ``left - right``."""

    left: ValueExpr
    right: ValueExpr
    minus: bool = False


ValueExpr = Literal | NameValue | SumExpr


# Steps


@dataclass(frozen=True, slots=True)
class Use:
    """A Miron, service, module, question or inner Miron with arguments: ``M`` or ``{M: {entity: value}}``."""

    name: Name
    args: tuple[tuple[Name, ValueExpr], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a rule or module body; absent keys are empty. Keys of one step start together.

    Attributes:
        set: (entry, value) pairs; a bare flag has the value yes.
        timer: (timer, milliseconds or the name of a duration entry or parameter).
        wait: Milliseconds or a name; with ``wait_for`` the latest end (``at_most``).
        handlers: Reason (``failed denied none_of_these skipped cancelled gave_up timed_out``) → steps.
    """

    span: Span = field(compare=False, hash=False)
    if_: Expr | None = None
    say: tuple[Use, ...] = ()
    gesture: Use | None = None
    feel: Use | None = None
    look: Use | None = None
    show: Use | None = None
    ask: tuple[Use, ...] = ()
    call: Use | None = None
    get: tuple[tuple[Name, Name], ...] = ()  # (entry, result)
    think: Use | None = None
    set: tuple[tuple[Name, ValueExpr], ...] = ()
    forget: tuple[Name, ...] = ()
    timer: tuple[tuple[Name, int | Name], ...] = ()
    stop: tuple[Name, ...] = ()
    leave: tuple[Name, ...] = ()
    leave_all: bool = False
    wait: int | Name | None = None
    wait_for: Expr | None = None
    can: tuple[tuple[Name, bool], ...] = ()
    decide: tuple[Step, ...] = ()
    do: tuple[Step, ...] = ()
    return_: tuple[tuple[Name, ValueExpr], ...] | None = None
    fail: Name | None = None
    end: Name | None = None
    handlers: tuple[tuple[str, tuple[Step, ...]], ...] = ()


# Declarations


@dataclass(frozen=True, slots=True)
class FormsDecl:
    """The sentences of a Miron in one locale."""

    both: tuple[Text, ...] = ()
    heard: tuple[Text, ...] = ()
    said: tuple[Text, ...] = ()
    jinja: tuple[Text, ...] = ()
    label: Text | None = None


@dataclass(frozen=True, slots=True)
class MironDecl:
    """A Miron as declared."""

    name: Name
    forms: Mapping[str, FormsDecl] = field(default_factory=dict)
    channel: str = "speech"
    sets: tuple[tuple[Name, ValueExpr], ...] = ()
    barge_in: str = "yes"  # yes, no, any_sound
    about: str = ""


@dataclass(frozen=True, slots=True)
class TypeDecl:
    """A declared type: values with sentences per locale, record fields, or live (filled from outside)."""

    name: Name
    values: Mapping[str, Mapping[str, tuple[Text, ...]]] = field(default_factory=dict)
    fields: tuple[tuple[Name, TypeRef], ...] = ()
    live: bool = False


@dataclass(frozen=True, slots=True)
class MemoryDecl:
    """A memory entry."""

    name: Name
    type: TypeRef
    default: ValueExpr | None = None
    private: bool | None = None
    kiosk: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter or result of a service or module."""

    name: Name
    type: TypeRef
    default: ValueExpr | None = None


@dataclass(frozen=True, slots=True)
class ServiceDecl:
    """A service the application answers."""

    name: Name
    takes: tuple[Param, ...] = ()
    gives: tuple[Param, ...] = ()
    timeout_ms: int = 10_000
    outward: bool = False


@dataclass(frozen=True, slots=True)
class QuestionDecl:
    """A question. None means: not given, the entry ``all`` or ``turn_taking`` decides.

    Attributes:
        prompt: Mirons by step; the last repeats. Likewise the other texts.
        waits: Reaction (``speech longest noise typing_starts typing button``) → milliseconds by step.
        digress: None, True, False, or the rules that may interrupt.
    """

    name: Name
    fills: Name | None = None
    checks: Name | None = None
    offers: Name | None = None
    prompt: tuple[Name, ...] = ()
    hint: tuple[Name, ...] | None = None
    silent: tuple[Name, ...] | None = None
    not_understood: tuple[Name, ...] | None = None
    noise: tuple[Name, ...] | None = None
    help: tuple[Name, ...] | None = None
    hear: tuple[Name, ...] = ()
    steps: int | None = None
    by: tuple[str, ...] | None = None
    waits: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    confirm: str | None = None  # unsure, always, no
    skip: bool | None = None
    digress: bool | tuple[Name, ...] | None = None
    barge_in: bool | None = None
    bridge: tuple[Name, ...] | None = None


@dataclass(frozen=True, slots=True)
class RuleDecl:
    """A rule.

    Attributes:
        when: Alternatives (a list means any of these).
        follows: Alternatives, each the rules that must be active together (``[a, b]``: either,
            ``[a and b]``: both).
        position: Order in its file.
    """

    name: Name
    span: Span = field(compare=False, hash=False)
    when: tuple[Expr, ...] = ()
    if_: Expr | None = None
    unless: Expr | None = None
    follows: tuple[tuple[Name, ...], ...] = ()
    do: tuple[Step, ...] = ()
    once: bool = False
    cooldown: int | Name | None = None
    restart: bool = False
    priority: int = 0
    on_busy: str = "wait"
    about: str = ""
    position: int = 0
    file: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)  # when, if, unless as written


@dataclass(frozen=True, slots=True)
class TestLine:
    """One line of a dialogue test: a key and its value as plain data with spans kept on names and texts."""

    key: str
    value: Any
    span: Span = field(compare=False, hash=False)


@dataclass(frozen=True, slots=True)
class TestDecl:
    """A dialogue test."""

    name: Text
    lines: tuple[TestLine, ...]


@dataclass(frozen=True, slots=True)
class UseDecl:
    """An instance of a module that always lives: ``INSTANCE: {module: M, parameter: value}``."""

    instance: Name
    module: Name
    params: tuple[tuple[Name, ValueExpr], ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """A dialogue or module: everything its documents declare.

    Attributes:
        kind: ``dialogue`` or ``module``.
        mirons: An entry named ``instance.name`` replaces the keys it gives in a used module; likewise the
            other maps.
    """

    kind: str
    name: Name
    about: str = ""
    locales: tuple[str, ...] = ("en",)
    other: str = "visitor"
    endings: tuple[Name, ...] | None = None
    use: tuple[UseDecl, ...] = ()
    types: Mapping[str, TypeDecl] = field(default_factory=dict)
    memory: Mapping[str, MemoryDecl] = field(default_factory=dict)
    services: Mapping[str, ServiceDecl] = field(default_factory=dict)
    mirons: Mapping[str, MironDecl] = field(default_factory=dict)
    phrases: Mapping[str, Mapping[str, tuple[Text, ...]]] = field(default_factory=dict)
    questions: Mapping[str, QuestionDecl] = field(default_factory=dict)
    rules: Mapping[str, RuleDecl] = field(default_factory=dict)
    tests: tuple[TestDecl, ...] = ()
    never: tuple[Expr, ...] = ()
    given: Any = None
    takes: tuple[Param, ...] = ()
    gives: tuple[Param, ...] = ()
    thought: Mapping[str, Text] = field(default_factory=dict)
    do: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """What was read: one dialogue (or none, for a lone module), and the modules it can use.

    Attributes:
        dialogue: The dialogue; for a folder with a module only, a Tree has ``dialogue`` None.
        modules: Module name → owner: those in the files, and those of the standard library that are used.
        sources: File name as shown in errors → text.
        hash: SHA-256 over the sources, independent of folder and of file order.
    """

    dialogue: Owner | None
    modules: Mapping[str, Owner]
    sources: Mapping[str, str]
    hash: str
