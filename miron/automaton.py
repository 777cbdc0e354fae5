"""All sentence templates of one locale as one automaton.

Templates become a non-deterministic automaton over words (over pieces of words where brackets stand inside
words); sets of its states are made deterministic on demand, so sentences that begin alike cost no more than
one. A slot is an edge of its own, followed with every value that a recogniser finds. Size is linear in what
the author wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from miron.source import ModelError, Problem
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
    count,
    expand,
)
from miron.words import words_of

MAX_STATES = 200_000
"""States of one template; phrases within phrases can ask for more than any author means."""

_CLUSTER = 64
"""Up to this many words made by brackets inside a word are written out; more are matched piece by piece."""

_CACHE = 20_000
"""Deterministic states kept."""

SlotKey = tuple[str, str]
"""Name and type of a slot."""


@dataclass(slots=True, eq=False)
class State:
    """A set of states of the underlying automaton.

    Attributes:
        words: Word → states after it.
        pieces: First letter → pieces of words and the states after them.
        slots: Slot → states after its value.
        accepts: Sentences that end here.
    """

    words: Mapping[str, tuple[int, ...]]
    pieces: Mapping[str, list[tuple[str, int]]]
    slots: tuple[tuple[SlotKey, tuple[int, ...]], ...]
    accepts: tuple[int, ...]
    after: dict[str, State] = field(default_factory=dict)


class Automaton:
    """The templates of one locale, compiled.

    Args:
        locale: Whose folding the words get.
        phrases: What ``<name>`` stands for; must be without cycles.
    """

    def __init__(self, locale: str, phrases: Mapping[str, Template]) -> None:
        self._locale = locale
        self._phrases = phrases
        self._words: list[dict[str, list[int]]] = []
        self._pieces: list[list[tuple[str, int]]] = []
        self._slots: list[list[tuple[SlotKey, int]]] = []
        self._empty: list[list[int]] = []
        self._at_word: list[list[int]] = []
        self._accepts: list[list[int]] = []
        self._states: dict[tuple[tuple[int, ...], bool], State] = {}
        self._known: dict[int, tuple[bool, bool, bool]] = {}
        self._limit = MAX_STATES
        self._root = self._new()
        self.vocabulary: set[str] = set()

    def add(self, template: Template, sentence: int, types: Mapping[str, str]) -> None:
        """One more sentence.

        Args:
            sentence: Its number, given back where it ends.
            types: Slot name → type.

        Raises:
            ModelError: The template is too large.
        """
        self._limit = len(self._words) + MAX_STATES
        try:
            end = self._sequence(template.root, self._root, False, False, types)
        except _TooLarge:
            raise ModelError(
                [Problem("template-too-large", "this sentence has too many parts", template.origin)]
            ) from None
        self._accepts[end].append(sentence)
        self._known.clear()  # keyed by identity, which is safe only while the template is held

    @property
    def start(self) -> State:
        """Where every sentence begins."""
        return self.enter((self._root,), True)

    def enter(self, states: tuple[int, ...], at_word: bool) -> State:
        """The deterministic state of a set of states.

        Args:
            at_word: The place in the utterance is the beginning of a word, or its end.
        """
        known = self._states.get((states, at_word))
        if known is None:
            if len(self._states) >= _CACHE:
                self._states.clear()
            known = self._states[states, at_word] = self._closed(states, at_word)
        return known

    def step(self, state: State, word: str) -> State | None:
        """The state after a whole word; None where it does not fit."""
        found = state.after.get(word)
        if found is None and (targets := state.words.get(word)) is not None:
            found = state.after[word] = self.enter(targets, True)
        return found

    def _closed(self, states: Iterable[int], at_word: bool) -> State:
        seen = set(states)
        stack = list(seen)
        while stack:
            state = stack.pop()
            following = self._empty[state]
            if at_word:
                following = following + self._at_word[state]
            for target in following:
                if target not in seen:
                    seen.add(target)
                    stack.append(target)
        ordered = sorted(seen)
        pieces: dict[str, list[tuple[str, int]]] = {}
        for state in ordered:
            for piece in self._pieces[state]:
                pieces.setdefault(piece[0][:1], []).append(piece)
        if not at_word:
            return State({}, pieces, (), ())
        words: dict[str, list[int]] = {}
        slots: dict[SlotKey, list[int]] = {}
        for state in ordered:
            for word, targets in self._words[state].items():
                words.setdefault(word, []).extend(targets)
            for slot, target in self._slots[state]:
                slots.setdefault(slot, []).append(target)
        return State(
            {word: tuple(targets) for word, targets in words.items()},
            pieces,
            tuple((slot, tuple(targets)) for slot, targets in slots.items()),
            tuple(sentence for state in ordered for sentence in self._accepts[state]),
        )

    def _new(self) -> int:
        if len(self._words) > self._limit:
            raise _TooLarge
        self._words.append({})
        self._pieces.append([])
        self._slots.append([])
        self._empty.append([])
        self._at_word.append([])
        self._accepts.append([])
        return len(self._words) - 1

    def _word(self, start: int, word: str) -> int:
        self.vocabulary.add(word)
        end = self._new()
        self._words[start].setdefault(word, []).append(end)
        return end

    def _node(self, node: Node, start: int, left: bool, right: bool, types: Mapping[str, str]) -> int:
        """Adds a node after a state; ``left`` and ``right`` say whether a word may go on across that side."""
        match node:
            case Text():
                return self._text(node.text, start, left, right)
            case SlotRef():
                kind = node.type or types.get(node.name, "")
                end = self._new()
                self._slots[start].append(((node.name, kind), end))
                return end
            case Sequence():
                return self._sequence(node, start, left, right, types)
            case Alternative() | Option():
                ends = [self._sequence(item, start, left, right, types) for item in node.items]
                end = self._new()
                for reached in dict.fromkeys(ends):
                    self._empty[reached].append(end)
                if isinstance(node, Option):
                    self._empty[start].append(end)
                return end
            case Permutation():
                return self._permutation(node, start, left, right, types)
            case RuleRef() if node.name in self._phrases:
                return self._sequence(self._phrases[node.name].root, start, left, right, types)
            case Mark() | RuleRef():
                return start

    def _permutation(
        self, node: Permutation, start: int, left: bool, right: bool, types: Mapping[str, str]
    ) -> int:
        """One state for every set of parts already said."""
        everything = (1 << len(node.items)) - 1
        reached = {0: start}
        for done in range(everything):
            if done not in reached:
                continue
            for index, item in enumerate(node.items):
                bit = 1 << index
                if done & bit:
                    continue
                end = self._sequence(
                    item, reached[done], left and not done, right and done | bit == everything, types
                )
                if done | bit not in reached:
                    reached[done | bit] = self._new()
                self._empty[end].append(reached[done | bit])
        return reached[everything]

    def _sequence(self, node: Sequence, start: int, left: bool, right: bool, types: Mapping[str, str]) -> int:
        state = start
        for items, from_left, to_right in self._clusters(node.items, left, right):
            joined = Sequence(items)
            size = 0 if len(items) == 1 or from_left or to_right else self._plain_size(joined)
            if 0 < size <= _CLUSTER:
                state = self._written_out(joined, state)
                continue
            for index, item in enumerate(items):
                state = self._node(
                    item, state, from_left or index > 0, to_right or index + 1 < len(items), types
                )
        return state

    def _clusters(
        self, items: tuple[Node, ...], left: bool, right: bool
    ) -> list[tuple[tuple[Node, ...], bool, bool]]:
        """Groups the items between which no word can go on; with whether one can at either side."""
        begins = [False] * (len(items) + 1)
        begins[len(items)] = right
        for index in range(len(items) - 1, -1, -1):
            starts, _, nullable = self._facts(items[index])
            begins[index] = starts or (nullable and begins[index + 1])
        groups: list[tuple[tuple[Node, ...], bool, bool]] = []
        current: list[Node] = []
        from_left = open_word = left
        for index, item in enumerate(items):
            starts, ends, nullable = self._facts(item)
            glued = open_word and begins[index]
            if current and not glued:
                groups.append((tuple(current), from_left, False))
                current = []
            if not current:
                from_left = glued
            current.append(item)
            open_word = ends or (nullable and open_word)
        if current:
            groups.append((tuple(current), from_left, open_word and right))
        return groups

    def _facts(self, node: Node) -> tuple[bool, bool, bool]:
        """Whether a word may go on into the node, out of it, and through it (because it may be nothing)."""
        known = self._known.get(id(node))
        if known is None:
            known = self._known[id(node)] = self._computed(node)
        return known

    def _computed(self, node: Node) -> tuple[bool, bool, bool]:
        match node:
            case Text():
                return _wordy(node.text[:1]), _wordy(node.text[-1:]), False
            case SlotRef():
                return False, False, False
            case Sequence():
                starts = ends = False
                for item in node.items:
                    begins, _, nullable = self._facts(item)
                    starts = starts or begins
                    if not nullable:
                        break
                for item in reversed(node.items):
                    _, finishes, nullable = self._facts(item)
                    ends = ends or finishes
                    if not nullable:
                        break
                return starts, ends, all(self._facts(item)[2] for item in node.items)
            case Alternative() | Option() | Permutation():
                facts = [self._facts(item) for item in node.items]
                nullable = any(fact[2] for fact in facts) or isinstance(node, Option)
                return any(fact[0] for fact in facts), any(fact[1] for fact in facts), nullable
            case RuleRef() if node.name in self._phrases:
                return self._facts(self._phrases[node.name].root)
            case _:
                return False, False, True

    def _plain_size(self, node: Sequence) -> int:
        """The number of expansions of a node of words only; 0 for other nodes."""
        stack: list[Node] = [node]
        while stack:
            current = stack.pop()
            if isinstance(current, SlotRef | Mark):
                return 0
            if isinstance(current, RuleRef):
                if current.name in self._phrases:
                    stack.append(self._phrases[current.name].root)
            elif not isinstance(current, Text):
                stack.extend(current.items)
        return count(Template(node, ""), self._phrases)

    def _written_out(self, node: Sequence, start: int) -> int:
        end = self._new()
        for leaves in islice(expand(Template(node, ""), self._phrases), _CLUSTER):
            text = "".join(leaf.text for leaf in leaves if isinstance(leaf, Text))
            state = start
            for word in words_of(text, self._locale):
                state = self._word(state, word.text)
            self._empty[state].append(end)
        return end

    def _text(self, text: str, start: int, left: bool, right: bool) -> int:
        words = words_of(text, self._locale)
        if not words:
            return start
        left = left and _wordy(text[:1])
        right = right and _wordy(text[-1:])
        state = start
        for index, word in enumerate(words):
            open_left = left and index == 0
            open_right = right and index == len(words) - 1
            if not open_left and not open_right:
                state = self._word(state, word.text)
                continue
            if not open_left:
                state = self._beginning(state)
            end = self._new()
            self._pieces[state].append((word.spoken, end))
            state = end if open_right else self._beginning(end)
        return state

    def _beginning(self, state: int) -> int:
        """A state reached only where a word begins or ends."""
        end = self._new()
        self._at_word[state].append(end)
        return end


class _TooLarge(Exception):
    """A template needs more states than allowed."""


def _wordy(char: str) -> bool:
    """Whether a word can go on across this character; the characters of Chinese are words by themselves."""
    return char == "'" or char == "’" or (char.isalnum() and len(words_of(char + "x", "und")) == 1)
