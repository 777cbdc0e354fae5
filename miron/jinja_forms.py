"""Generation-only sentences in Jinja2, in a sandbox with next to nothing in it.

What a line may hold is a list of node kinds, so whatever Jinja2 learns to do later is refused until it is
listed. Values have no attributes and no items, operators that format text are off, nothing global is in
scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NoReturn

from jinja2 import TemplateError, Undefined, meta, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from miron.model import Value
from miron.render import FILTERS, Speaker
from miron.source import Problem, Span, suggest

Lookup = Callable[[str], tuple[Value, str] | None]
"""Slot name → value and type."""

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Filter,
    nodes.Test,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
    nodes.Concat,
)
_RESERVED = frozenset(["self", "super", "caller", "loop", "varargs", "kwargs"])
_TESTS = ("defined", "undefined", "none")
MAX_LENGTH = 10_000
"""Characters of a source, and of what it may say."""


class _Absent(Undefined):
    """A value that is not known: false, and not to be said."""

    def __str__(self) -> NoReturn:
        raise UndefinedError(f"'{self._undefined_name}' is not known")

    __hash__ = Undefined.__hash__


class _Said:
    """A value in a template: shows as it is said, compares as it is, opens to nothing."""

    __slots__ = ("_speaker", "_type", "_value")

    def __init__(self, value: Value, type_name: str, speaker: Speaker) -> None:
        self._value = value
        self._type = type_name
        self._speaker = speaker

    def __str__(self) -> str:
        return self._speaker.plain(self._value, self._type)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return self._value == (other._value if isinstance(other, _Said) else other)

    def __hash__(self) -> int:
        return hash(str(self._value))

    def __iter__(self) -> Iterator[_Said]:
        items = self._value if isinstance(self._value, list) else [self._value]
        element = self._type.removeprefix("list of ")
        return iter([_Said(item, element, self._speaker) for item in items])

    def through(self, name: str) -> _Said:
        """The value through a filter."""
        return _Said(FILTERS[name](self._value, self._type, self._speaker), "text", self._speaker)


class _Sandbox(ImmutableSandboxedEnvironment):
    """No attributes, no items, no calls, no operators that multiply or format."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])

    def getattr(self, obj: Any, attribute: str) -> Any:
        raise SecurityError("attributes are not in reach")

    def getitem(self, obj: Any, argument: Any) -> Any:
        raise SecurityError("items are not in reach")

    def is_safe_callable(self, obj: Any) -> bool:
        return False

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f"the operator {operator} is not in reach")


@lru_cache(maxsize=1)
def _environment() -> _Sandbox:
    environment = _Sandbox(undefined=_Absent, autoescape=False, extensions=(), loader=None, cache_size=0)
    environment.globals.clear()
    tests = {name: environment.tests[name] for name in _TESTS}
    environment.tests = tests
    environment.filters = {name: _filter(name) for name in FILTERS}
    return environment


def _filter(name: str) -> Callable[[Any], Any]:
    def apply(value: Any) -> Any:
        if isinstance(value, _Said):
            return value.through(name)
        str(value)  # raises for what is not known
        raise SecurityError(f"the filter {name} is for values")

    return apply


def jinja_problems(source: str, names: tuple[str, ...], span: Span | None = None) -> list[Problem]:
    """What is wrong with a Jinja line: its syntax, something not allowed, a name that is no slot.

    Args:
        names: Slot names in scope, with dots; in the line they are written with underscores.
    """
    if len(source) > MAX_LENGTH:
        return [Problem("jinja-too-long", f"more than {MAX_LENGTH} characters", span)]
    try:
        tree = _environment().parse(source)
    except (TemplateError, RecursionError) as error:
        return [Problem("jinja-syntax", f"Jinja2 cannot read this: {error}", span)]
    problems = [
        Problem("jinja-not-allowed", f"{what} is not allowed in a sentence", span) for what in _refused(tree)
    ]
    for used in tree.find_all(nodes.Filter):
        if used.name not in FILTERS:
            message = f"there is no filter '{used.name}'"
            problems.append(Problem("unknown-filter", message, span, suggestion=suggest(used.name, FILTERS)))
    for test in tree.find_all(nodes.Test):
        if test.name not in _TESTS:
            problems.append(Problem("jinja-not-allowed", f"there is no test '{test.name}'", span))
    if problems:
        return problems
    known = {name.replace(".", "_") for name in names}
    for name in sorted(meta.find_undeclared_variables(tree)):
        if not any(name == slot or name.startswith(slot + "_") for slot in known):
            message = f"'{name}' is no value of this sentence"
            problems.append(Problem("unknown-slot", message, span, suggestion=suggest(name, known)))
    return problems


def _refused(tree: nodes.Template) -> list[str]:
    """What a source holds that it may not hold."""
    return [
        node.name if isinstance(node, nodes.Name) else type(node).__name__
        for node in tree.find_all(nodes.Node)
        if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.Name) and node.name in _RESERVED)
    ]


@lru_cache(maxsize=512)
def _compiled(source: str) -> tuple[Any, tuple[str, ...]] | None:
    """The template and the names it uses; None for a source that is not allowed."""
    if len(source) > MAX_LENGTH:
        return None
    environment = _environment()
    try:
        tree = environment.parse(source)
        if _refused(tree):
            return None
        names = tuple(sorted(meta.find_undeclared_variables(tree)))
        return environment.from_string(source), names
    except (TemplateError, RecursionError):
        return None


def rendered(
    source: str, lookup: Lookup, speaker: Speaker, slots: tuple[str, ...] = ()
) -> tuple[str, int] | None:
    """The text of a Jinja line and how many values it could use; None when it cannot be said.

    Args:
        lookup: Finds values by slot name.
        slots: Slot names, to tell dots from underscores; names are also tried as they are.
    """
    compiled = _compiled(source)
    if compiled is None:
        return None
    template, names = compiled
    values: dict[str, _Said] = {}
    for name in names:
        for slot in _spellings(name, slots):
            found = lookup(slot)
            if found is not None:
                values[name] = _Said(*found, speaker)
                break
    try:
        text = " ".join(template.render(values).split())
    except (TemplateError, TypeError, ValueError, RecursionError, MemoryError):
        return None
    return (text[:MAX_LENGTH], len(values)) if text else None


def _spellings(name: str, slots: tuple[str, ...]) -> Iterator[str]:
    """The slots that a name with underscores may mean: itself, a slot, or a part of one."""
    yield name
    for slot in sorted(slots, key=len, reverse=True):
        flat = slot.replace(".", "_")
        if name == flat:
            yield slot
        elif name.startswith(flat + "_"):
            yield slot + "." + name[len(flat) + 1 :].replace("_", ".")
