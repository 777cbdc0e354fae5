"""The sentence template: one tree for both directions, understanding and saying.

The syntax is that of Home Assistant's hassil (docs/templates.md). A tree is frozen data; parsing is in
:mod:`miron.template_parse`, printing, counting, expanding and sampling are here. Nothing here expands a
template unless asked to, so 2^20 variants cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from miron.source import Problem, Span

MARK_CHANNELS: Mapping[str, str] = {
    "gesture": "gesture",
    "emotion": "emotion",
    "feel": "emotion",
    "gaze": "gaze",
    "look": "gaze",
    "screen": "screen",
    "show": "screen",
    "face": "face",
}
"""First parts of ``{part:name}`` that make it a mark (something done at that word) and the channel meant."""

MAX_DEPTH = 120
"""Brackets within brackets; deeper templates are refused."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words, spaces and punctuation as written, escapes resolved."""

    text: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after another; no parts is the empty sentence."""

    items: tuple[Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Alternative:
    """``(a|b)``: one of the parts."""

    items: tuple[Sequence, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Option:
    """``[a]``, ``[a|b]``: one of the parts, or nothing."""

    items: tuple[Sequence, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Permutation:
    """``(a;b)``: all parts, in any order, with a space between."""

    items: tuple[Sequence, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class SlotRef:
    """``{visitor.name}``, ``{time:at}``, ``{at|clock}``: the place of a value.

    Attributes:
        name: The memory entry, or the entity of this act.
        type: The entity type when it is written (``{type:name}``), else empty.
        filters: Names of the filters that render it, in order.
    """

    name: str
    type: str = ""
    filters: tuple[str, ...] = ()
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Mark:
    """``{gesture:wave}``: a Miron of another channel, done at that word, never heard.

    Attributes:
        written: The channel word the author used (``feel``); :attr:`channel` is what it means (``emotion``).
        name: The Miron.
    """

    written: str
    name: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    @property
    def channel(self) -> str:
        """The output channel."""
        return MARK_CHANNELS[self.written]


@dataclass(frozen=True, slots=True)
class RuleRef:
    """``<name>``: the phrase of that name stands here."""

    name: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


Group = Sequence | Alternative | Option | Permutation
Node = Text | Group | SlotRef | Mark | RuleRef

Phrases = Mapping[str, "Template"]
"""Shared phrases of one locale, by name."""


@dataclass(frozen=True, slots=True)
class Template:
    """One sentence template.

    Attributes:
        root: The tree.
        text: What the author wrote.
        origin: Place of the first character of ``text``; None for a text from nowhere.
        warnings: Doubtful things found while parsing.
    """

    root: Sequence
    text: str = field(compare=False)
    origin: Span | None = field(default=None, compare=False)
    warnings: tuple[Problem, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return show(self)

    def span(self, node: Node) -> Span | None:
        """The place of a node in the author's text."""
        return self.origin.within(node.start, node.end) if self.origin else None


def parse(text: str, *, span: Span | None = None) -> Template:
    """Read a sentence template.

    Args:
        text: One line.
        span: Place of its first character.

    Raises:
        ModelError: With every problem of the line.
    """
    from miron.template_parse import parse_template

    return parse_template(text, span)


def walk(node: Node) -> Iterator[Node]:
    """A node and all nodes below it, in reading order."""
    stack: list[Node] = [node]
    while stack:
        current = stack.pop()
        yield current
        if isinstance(current, Sequence | Alternative | Option | Permutation):
            stack.extend(reversed(current.items))


def slot_refs(template: Template, phrases: Phrases | None = None) -> tuple[SlotRef, ...]:
    """The slots of a template, phrases included, in reading order."""
    found: list[SlotRef] = []
    seen: set[str] = set()
    stack = [template.root]
    while stack:
        for node in walk(stack.pop()):
            if isinstance(node, SlotRef):
                found.append(node)
            elif isinstance(node, RuleRef) and phrases and node.name in phrases and node.name not in seen:
                seen.add(node.name)
                stack.append(phrases[node.name].root)
    return tuple(found)


_ESCAPED = frozenset("()[]{}<>|;\\")


def show(template: Template) -> str:
    """The template as an author would write it; ``parse(show(t)) == t``."""
    return _show(template.root, in_permutation=False)


def escape(text: str) -> str:
    """Plain words as a template that means just these words."""
    return "".join("\\" + char if char in _ESCAPED else char for char in text)


def _show(node: Node, in_permutation: bool) -> str:
    match node:
        case Text():
            return escape(node.text)
        case Sequence():
            return "".join(_show(item, in_permutation) for item in node.items)
        case Alternative():
            return "(" + "|".join(_show(item, False) for item in node.items) + ")"
        case Option():
            return "[" + "|".join(_show(item, False) for item in node.items) + "]"
        case Permutation():
            return "(" + ";".join(_show(item, True) for item in node.items) + ")"
        case SlotRef():
            kind = f"{node.type}:" if node.type else ""
            return "{" + kind + "|".join((node.name, *node.filters)) + "}"
        case Mark():
            return "{" + f"{node.written}:{node.name}" + "}"
        case RuleRef():
            return f"<{node.name}>"


def count(template: Template, phrases: Phrases | None = None) -> int:
    """The number of expansions, without expanding; equal to ``len(list(expand(…)))``."""
    return _Counter(phrases or {}).count(template.root)


class _Counter:
    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._known: dict[str, int] = {}

    def count(self, node: Node) -> int:
        match node:
            case Sequence():
                return _product(self.count(item) for item in node.items)
            case Alternative():
                return sum(self.count(item) for item in node.items)
            case Option():
                return 1 + sum(self.count(item) for item in node.items)
            case Permutation():
                ways = _product(range(1, len(node.items) + 1))
                return ways * _product(self.count(item) for item in node.items)
            case RuleRef() if node.name in self._phrases:
                if node.name not in self._known:
                    self._known[node.name] = self.count(self._phrases[node.name].root)
                return self._known[node.name]
            case _:
                return 1


def _product(numbers: Iterator[int] | range) -> int:
    result = 1
    for number in numbers:
        result *= number
    return result


Leaf = Text | SlotRef | Mark | RuleRef
"""What an expansion is made of. A ``RuleRef`` is left only where the phrase is unknown."""


def expand(template: Template, phrases: Phrases | None = None) -> Iterator[tuple[Leaf, ...]]:
    """Every expansion, lazily; the fullest first (options present, first alternatives)."""
    counter = _Counter(phrases or {})
    for index in range(counter.count(template.root)):
        yield tuple(_variant(template.root, index, counter, phrases or {}))


def sample(
    template: Template, choose: Callable[[int], int], phrases: Phrases | None = None
) -> tuple[Leaf, ...]:
    """One expansion.

    Args:
        choose: Given n, a number from 0 to n - 1; the only source of variety.
    """
    counter = _Counter(phrases or {})
    total = counter.count(template.root)
    return tuple(_variant(template.root, choose(total), counter, phrases or {}))


def _variant(node: Node, index: int, counter: _Counter, phrases: Phrases) -> list[Leaf]:
    """Expansion number ``index`` of a node, by mixed radix: the last part varies fastest."""
    match node:
        case Sequence():
            return _parts(node.items, index, counter, phrases)
        case Alternative() | Option():
            for item in node.items:
                size = counter.count(item)
                if index < size:
                    return _variant(item, index, counter, phrases)
                index -= size
            return []
        case Permutation():
            each = _product(counter.count(item) for item in node.items)
            order, index = divmod(index, each)
            items: list[Node] = []
            for item in nth_order(node.items, order):
                items += [Text(" "), item] if items else [item]
            return _parts(tuple(items), index, counter, phrases)
        case RuleRef() if node.name in phrases:
            return _variant(phrases[node.name].root, index, counter, phrases)
        case _:
            return [node]


def nth_order(items: tuple[Sequence, ...], index: int) -> list[Sequence]:
    """Permutation number ``index`` of the parts; 0 is the order written."""
    rest, ordered = list(items), []
    for size in range(len(rest), 0, -1):
        step = _product(range(1, size))
        position, index = divmod(index, step)
        ordered.append(rest.pop(position))
    return ordered


def _parts(items: tuple[Node, ...], index: int, counter: _Counter, phrases: Phrases) -> list[Leaf]:
    picks = []
    for item in reversed(items):
        index, pick = divmod(index, counter.count(item))
        picks.append(pick)
    leaves: list[Leaf] = []
    for item, pick in zip(items, reversed(picks), strict=True):
        leaves += _variant(item, pick, counter, phrases)
    return leaves
