"""What may be said as a graph of words: for recognisers that are bound to expectations.

Templates become a finite automaton over words without writing their variants out, so that twenty options in a
row cost twenty states and not a million sentences. It is deterministic and minimal: subset construction, then
merging of equal states from the end (Hopcroft, Motwani, Ullman, *Introduction to Automata Theory*, ch. 2, 4).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations

from miron.template import (
    Alternative,
    Mark,
    Node,
    Option,
    Permutation,
    RuleRef,
    Sequence,
    SlotRef,
    Template,
    Text,
)

MAX_STATES = 20_000
"""A graph that would grow beyond this leaves out the templates that come last."""
MAX_PERMUTED = 4
"""Parts of a permutation that are put in every order; more keep the author's order."""

_PIECES = re.compile(r"[\w'’]+|[^\w'’]+")
_Edges = dict[int, dict[str, int]]


@dataclass(frozen=True, slots=True)
class WordGraph:
    """Sentences as paths from state 0 to a final state.

    Attributes:
        edges: State → label → state. A label is a word in lower case, or ``<type>`` for a value of that type.
        finals: Where a sentence may end.
        values: Type → what may be said for it, lower case.
    """

    edges: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    finals: frozenset[int] = frozenset()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.finals)

    def keep(self, knows: Callable[[str], bool]) -> WordGraph:
        """Without the words that are not known, and without what then leads nowhere."""

        def sayable(text: str) -> bool:
            return all(knows(word) for word in text.split())

        values = {kind: tuple(filter(sayable, each)) for kind, each in self.values.items()}
        edges = {
            state: {
                label: to
                for label, to in out.items()
                if (values.get(label[1:-1]) if label[0] == "<" else knows(label))
            }
            for state, out in self.edges.items()
        }
        return _trimmed(edges, self.finals, values)

    def accepts(self, text: str) -> bool:
        """Whether these words, lower case, are a whole sentence."""
        words = text.split()
        waiting = [(0, 0)]
        seen = set(waiting)
        while waiting:
            state, at = waiting.pop()
            if at == len(words) and state in self.finals:
                return True
            for label, to in self.edges.get(state, {}).items():
                for said in self.values.get(label[1:-1], ()) if label[0] == "<" else (label,):
                    piece = said.split()
                    step = (to, at + len(piece))
                    if words[at : step[1]] == piece and step not in seen:
                        seen.add(step)
                        waiting.append(step)
        return False

    def words(self) -> list[str]:
        """Every word that may be said, once."""
        labels = (label for out in self.edges.values() for label in out if label[0] != "<")
        values = (word for each in self.values.values() for text in each for word in text.split())
        return list(dict.fromkeys([*labels, *values]))

    def sentences(self, most: int) -> list[str]:
        """The sentences with their values, the shortest first, at most so many."""
        found: dict[str, None] = {}
        level: list[tuple[int, str]] = [(0, "")]
        while level and len(found) < most:
            following: list[tuple[int, str]] = []
            for state, text in level:
                if state in self.finals and text:
                    found[text] = None
                for label, to in self.edges.get(state, {}).items():
                    said = self.values.get(label[1:-1], ()) if label[0] == "<" else (label,)
                    following += [(to, f"{text} {words}".lstrip()) for words in said]
            level = following[: 4 * most]
        return list(found)[:most]

    def transitions(self) -> tuple[int, list[tuple[int, int, str]]]:
        """The graph with values written out as paths.

        Returns:
            How many states there are, and ``(from, to, word)`` for each step.
        """
        found: list[tuple[int, int, str]] = []
        states = 1 + max(
            (*self.edges, *(to for out in self.edges.values() for to in out.values())), default=0
        )
        for state, out in self.edges.items():
            for label, to in out.items():
                for words in self.values.get(label[1:-1], ()) if label[0] == "<" else (label,):
                    at = state
                    *first, last = words.split()
                    for word in first:
                        found.append((at, states, word))
                        at, states = states, states + 1
                    found.append((at, to, last))
        return states, found


class WordGraphBuilder:
    """Collects templates and makes a graph of them.

    Args:
        phrases: Those that templates refer to.
        kind: Tells the type of a slot that something can be said for; None for a slot of which nothing is
            known: what stands before and after it can then be said by itself.
    """

    def __init__(self, phrases: Mapping[str, Template], kind: Callable[[SlotRef], str | None]) -> None:
        self._phrases = phrases
        self._kind = kind
        self._steps: list[list[tuple[str, int]]] = [[]]
        self._skips: list[list[int]] = [[]]
        self._finals: set[int] = set()
        self._open: set[str] = set()

    def add(self, template: Template) -> None:
        """Let a template be said."""
        if len(self._steps) < MAX_STATES:
            self._end(self._walk(template.root, {"": 0}))

    def add_value(self, kind: str) -> None:
        """Let a bare value be said."""
        self._finals.add(self._step(0, f"<{kind}>"))

    def graph(self, values: Mapping[str, tuple[str, ...]]) -> WordGraph:
        """All that may be said, with what may be said for the types."""
        edges, finals = self._determined()
        return _trimmed(edges, finals, values)

    def _walk(self, node: Node, ends: dict[str, int]) -> dict[str, int]:
        """Ends after a node: unfinished word → state."""
        match node:
            case Text():
                return self._text(node.text, ends)
            case Sequence():
                for item in node.items:
                    ends = self._walk(item, ends)
                return ends
            case Alternative():
                return self._joined([self._walk(item, ends) for item in node.items])
            case Option():
                return self._joined([ends, *(self._walk(item, ends) for item in node.items)])
            case Permutation():
                parts = node.items
                orders = permutations(parts) if len(parts) <= MAX_PERMUTED else [parts]
                return self._joined([self._in_order(order, ends) for order in orders])
            case SlotRef():
                return self._slot(node, ends)
            case RuleRef():
                phrase = self._phrases.get(node.name)
                if phrase is None or node.name in self._open:
                    return ends
                self._open.add(node.name)
                ends = self._walk(phrase.root, ends)
                self._open.discard(node.name)
                return ends
            case Mark():
                return ends

    def _in_order(self, parts: Iterable[Sequence], ends: dict[str, int]) -> dict[str, int]:
        for part in parts:
            ends = self._walk(part, self._text(" ", ends))
        return ends

    def _text(self, text: str, ends: dict[str, int]) -> dict[str, int]:
        for piece in _PIECES.findall(text):
            if piece[0].isalnum() or piece[0] in "_'’":
                ends = {word + piece: state for word, state in ends.items()}
            else:
                ends = self._joined([{"": self._finished(word, state)} for word, state in ends.items()])
        return ends

    def _slot(self, slot: SlotRef, ends: dict[str, int]) -> dict[str, int]:
        kind = self._kind(slot)
        if kind is None:
            self._end(ends)
            return {"": 0}
        befores = [self._finished(word, state) for word, state in ends.items()]
        return self._joined([{"": self._step(before, f"<{kind}>")} for before in befores])

    def _end(self, ends: dict[str, int]) -> None:
        self._finals |= {self._finished(word, state) for word, state in ends.items()} - {0}

    def _finished(self, word: str, state: int) -> int:
        word = word.lower().replace("’", "'").strip("'")
        return self._step(state, word) if word else state

    def _step(self, state: int, label: str) -> int:
        self._steps[state].append((label, self._new()))
        return len(self._steps) - 1

    def _new(self) -> int:
        self._steps.append([])
        self._skips.append([])
        return len(self._steps) - 1

    def _joined(self, branches: list[dict[str, int]]) -> dict[str, int]:
        """Branches end in one state for each unfinished word."""
        places: dict[str, list[int]] = {}
        for branch in branches:
            for word, state in branch.items():
                places.setdefault(word, []).append(state)
        joined: dict[str, int] = {}
        for word, states in places.items():
            if len(set(states)) == 1:
                joined[word] = states[0]
                continue
            joined[word] = self._new()
            for state in dict.fromkeys(states):
                self._skips[state].append(joined[word])
        return joined

    def _determined(self) -> tuple[_Edges, frozenset[int]]:
        """The subset construction."""
        start = self._closed([0])
        numbers = {start: 0}
        edges: _Edges = {}
        finals: set[int] = set()
        waiting = [start]
        while waiting:
            states = waiting.pop()
            number = numbers[states]
            if self._finals.intersection(states):
                finals.add(number)
            targets: dict[str, list[int]] = {}
            for state in states:
                for label, to in self._steps[state]:
                    targets.setdefault(label, []).append(to)
            out: dict[str, int] = {}
            for label, reached in targets.items():
                closed = self._closed(reached)
                if closed not in numbers:
                    numbers[closed] = len(numbers)
                    waiting.append(closed)
                out[label] = numbers[closed]
            edges[number] = out
            if len(numbers) > MAX_STATES:
                break
        return edges, frozenset(finals)

    def _closed(self, states: list[int]) -> tuple[int, ...]:
        """States with all that are reached from them without a word, in order."""
        found = set(states)
        waiting = list(found)
        while waiting:
            for to in self._skips[waiting.pop()]:
                if to not in found:
                    found.add(to)
                    waiting.append(to)
        return tuple(sorted(found))


def _trimmed(
    edges: Mapping[int, Mapping[str, int]], finals: frozenset[int], values: Mapping[str, tuple[str, ...]]
) -> WordGraph:
    """Equal states as one, without states that lead nowhere; state 0 is the start."""
    names: dict[tuple[bool, tuple[tuple[str, int], ...]], int] = {}
    merged: dict[int, int] = {}
    kept: _Edges = {}
    ends: set[int] = set()
    for state in _from_the_end(edges):
        out = {label: merged[to] for label, to in edges.get(state, {}).items() if to in merged}
        final = state in finals
        if not out and not final:
            continue
        key = (final, tuple(sorted(out.items())))
        if key not in names:
            names[key] = len(names)
            kept[names[key]] = dict(key[1])
            if final:
                ends.add(names[key])
        merged[state] = names[key]
    start = merged.get(0)
    if start is None:
        return WordGraph()
    numbers = {state: len(kept) - 1 - state if state != start else 0 for state in kept}
    if len(kept) - 1 - start:  # whoever would have been 0 takes the start's place
        numbers[len(kept) - 1] = len(kept) - 1 - start
    used = {label[1:-1] for out in kept.values() for label in out if label[0] == "<"}
    return WordGraph(
        {
            numbers[state]: {label: numbers[to] for label, to in out.items()}
            for state, out in sorted(kept.items(), key=lambda item: numbers[item[0]])
            if out
        },
        frozenset(numbers[state] for state in ends),
        {kind: each for kind, each in values.items() if kind in used},
    )


def _from_the_end(edges: Mapping[int, Mapping[str, int]]) -> Iterator[int]:
    """States reached from 0, each after all that it leads to; the graph has no circles."""
    seen: set[int] = set()
    stack: list[tuple[int, bool]] = [(0, False)]
    while stack:
        state, done = stack.pop()
        if done:
            yield state
        elif state not in seen:
            seen.add(state)
            stack.append((state, True))
            stack += [(to, False) for to in edges.get(state, {}).values() if to not in seen]
