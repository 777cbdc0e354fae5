"""Finds how an utterance can be read by an automaton of sentence templates.

One pass over the words; at each word the best way to each state is kept (as in Viterbi's algorithm), so the
time is linear in the length of the utterance whatever the templates are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from miron.automaton import Automaton, SlotKey, State
from miron.entities import FREE, Found, Heard, Recogniser
from miron.entities.found import EXACT
from miron.locales import get

LITERAL = 1.0
SKIPPED = 0.9
"""Evidence of a filler that is passed over: a little less than of a sentence that holds it."""
OPENER = 0.95
CARRIER = 0.6
TYPO = 0.6
REAL_WORD_TYPO = 0.3
UNKNOWN = -0.8
DROPPED = -0.5
SPLIT = {0: -2.0, 1: -0.35, 2: -0.25}
"""Cost of beginning another sentence, by what stands between the words: nothing, a comma, a full stop."""

BEAM = 256
"""States kept at a word; more are never meant."""

TOLERANT_WORDS = 60
"""Longer utterances are not searched for misspelt and unknown words."""


KINDS = ("word", "typo", "slot", "opener", "filler", "unknown", "dropped", "split")


class Edge(NamedTuple):
    """One step of a reading.

    Attributes:
        kind: ``word`` (literal), ``typo`` (taken for ``word``), ``slot``, ``opener``, ``filler``,
            ``unknown``, ``dropped`` (a word of the template that was not said), ``split`` (a sentence ended).
        start: Index of its first word; ``end`` is exclusive.
    """

    kind: str
    start: int
    end: int
    word: str = ""
    slot: SlotKey | None = None
    found: Found | None = None
    sentence: int = -1


class Reading(NamedTuple):
    """One sentence read in an utterance, and those before it.

    Attributes:
        score: Evidence, summed over the whole utterance.
        sentence: Number of the sentence template.
        edges: Its steps, in order.
        before: What was read before it.
    """

    score: float
    sentence: int
    edges: tuple[Edge, ...]
    before: Reading | None = None


@dataclass(frozen=True, slots=True)
class _Group:
    """Words that may stand around a sentence, with their evidence."""

    words: tuple[str, ...]
    weight: float
    joiner: bool = False


@dataclass(slots=True)
class _Around:
    """Groups that begin with one word: before a sentence, and after it."""

    before: tuple[_Group, ...] = ()
    after: tuple[_Group, ...] = ()


@lru_cache(maxsize=16)
def _around(locale: str) -> dict[str, _Around]:
    data = get(locale)
    found: dict[str, _Around] = {}
    before = [_Group(words, OPENER) for words in data.openers]
    before += [_Group(words, CARRIER) for words in data.carriers]
    before += [_Group((word,), OPENER, True) for word in sorted(data.joiners)]
    for group in before:
        entry = found.setdefault(group.words[0], _Around())
        entry.before = (*entry.before, group)
    for words in data.closers:
        entry = found.setdefault(words[0], _Around())
        entry.after = (*entry.after, _Group(words, OPENER))
    return found


class _Item:
    """The best way found to a state at a word."""

    __slots__ = ("back", "edge", "matched", "score", "state", "wild")

    def __init__(
        self,
        state: State,
        score: float,
        matched: int,
        back: _Item | None,
        edge: Edge | None,
        wild: tuple[SlotKey, int] | None = None,
    ) -> None:
        self.state = state
        self.score = score
        self.matched = matched
        self.back = back
        self.edge = edge
        self.wild = wild


class End(NamedTuple):
    """A way through the whole utterance to the end of a sentence.

    Attributes:
        score: Evidence, with what the sentence gains by being expected.
        sentence: Number of the sentence template.
        item: The last step of the way.
    """

    score: float
    sentence: int
    item: _Item


_Row = dict[State | tuple[State, SlotKey], _Item]


class Search:
    """One search through one utterance.

    Args:
        usable: Whether a sentence may be read at all (gated sentences only when expected), and its bonus.
        near: For a tolerant search: words of the templates like a word heard.
    """

    def __init__(
        self,
        automaton: Automaton,
        heard: Heard,
        recognisers: Mapping[str, Recogniser | None],
        usable: Callable[[int], float | None],
        near: Callable[[str], Iterable[str]] | None = None,
    ) -> None:
        self._automaton = automaton
        self._heard = heard
        self._recognisers = recognisers
        self._usable = usable
        self._near = near
        self._locale = get(heard.locale)
        self._around = _around(heard.locale)
        self._found: dict[tuple[str, int], list[Found]] = {}
        self._likely: dict[int, tuple[str, ...]] = {}
        self._size = len(heard.words)
        self._rows: list[_Row] = [{} for _ in range(self._size + 1)]
        self._wild_at = [False] * (self._size + 1)
        self._start = automaton.start

    def run(self) -> list[End]:
        """The ends of every reading of the whole utterance, best first; :meth:`reading` follows one back."""
        self._rows[0][self._start] = _Item(self._start, 0.0, 0, None, None)
        for at in range(self._size):
            self._advance(at)
        ends: list[End] = []
        for item in self._closed(self._size):
            if item.state.accepts and item.matched and item.wild is None:
                for sentence in item.state.accepts:
                    bonus = self._usable(sentence)
                    if bonus is not None:
                        ends.append(End(item.score + bonus, sentence, item))
        if len(ends) > 1:
            ends.sort(key=_by_merit)
        return ends

    def _closed(self, at: int) -> list[_Item]:
        """The ways to a word, those included whose wild slot ends there and whose last words were not
        said.
        """
        row = self._rows[at]
        if self._wild_at[at]:
            for item in [item for item in row.values() if item.wild]:
                slot, start = item.wild or (("", ""), 0)
                value = Found(at, " ".join(self._heard.said(start, at).split()), FREE)
                edge = Edge("slot", start, at, slot=slot, found=value)
                self._add(at, item.state, item.score, item.matched, item.back, edge)
        if self._near is not None:
            for item in [item for item in row.values() if not item.wild]:
                for word in sorted(self._locale.droppable & item.state.words.keys()):
                    target = self._automaton.step(item.state, word)
                    if target is not None and item.state is not self._start:
                        edge = Edge("dropped", at, at, word=word)
                        self._add(at, target, item.score + DROPPED, item.matched, item, edge)
        return list(row.values()) if len(row) <= BEAM else sorted(row.values(), key=_by_score)[:BEAM]

    def _advance(self, at: int) -> None:
        items = self._closed(at)
        if at:
            ended = self._ended(items, at)
            if ended is not None:
                items.append(ended)
        word = self._heard.words[at].text
        said = Edge("word", at, at + 1, word)
        repeated = at > 0 and word == self._heard.words[at - 1].text and word.isalpha()
        passed = Edge("filler", at, at + 1) if repeated or word in self._locale.fillers else None
        around = self._around.get(word)
        for item in items:
            state = item.state
            if item.wild is not None:
                self._put(at + 1, state, item.score + FREE, item.matched, item.back, None, item.wild)
                continue
            target = self._automaton.step(state, word)
            if target is not None:
                self._add(at + 1, target, item.score + LITERAL, item.matched + 1, item, said)
            if state.pieces:
                self._pieces(item, at, word, 0)
            if state.slots:
                self._slots(item, at)
            if passed is not None:
                self._add(at + 1, state, item.score + SKIPPED, item.matched, item, passed)
            if around is not None:
                self._pass_around(item, at, around)
            if self._near is not None:
                self._tolerate(item, at, word)

    def _pieces(self, item: _Item, at: int, word: str, offset: int) -> None:
        """Follows pieces of words, all within this word."""
        spoken = self._heard.words[at].spoken
        front: list[tuple[_Item, int]] = [(item, offset)]
        seen: set[tuple[int, int]] = set()
        while front:
            current, done = front.pop()
            for piece, target in current.state.pieces.get(spoken[done : done + 1], ()):
                if not spoken.startswith(piece, done):
                    continue
                end = done + len(piece)
                whole = end == len(spoken)
                state = self._automaton.enter((target,), whole)
                if (id(state), end) in seen:
                    continue
                seen.add((id(state), end))
                if whole:
                    edge = Edge("word", at, at + 1, word=word)
                    self._add(at + 1, state, item.score + LITERAL, item.matched + 1, item, edge)
                else:
                    front.append((_Item(state, 0.0, 0, None, None), end))

    def _slots(self, item: _Item, at: int) -> None:
        for slot, targets in item.state.slots:
            state = self._automaton.enter(targets, True)
            if slot[1] == "text":
                self._put(at + 1, state, item.score + FREE, item.matched + 1, item, None, (slot, at))
                continue
            for found in self._values(slot[1], at):
                edge = Edge("slot", at, found.end, slot=slot, found=found)
                score = item.score + found.weight * (found.end - at)
                self._add(found.end, state, score, item.matched + 1, item, edge)

    def _values(self, kind: str, at: int) -> list[Found]:
        found = self._found.get((kind, at))
        if found is None:
            recognise = self._recognisers.get(kind)
            found = _merged(recognise(self._heard, at)) if recognise else []
            self._found[kind, at] = found
        return found

    def _pass_around(self, item: _Item, at: int, around: _Around) -> None:
        """Words that mean nothing here: greetings before a sentence, and thanks after it."""
        if item.state is self._start:
            groups = around.before if at else tuple(group for group in around.before if not group.joiner)
        elif item.state.accepts and item.matched:
            groups = around.after
        else:
            return
        for group in groups:
            end = at + len(group.words)
            if end <= self._size and self._stands(at, group.words):
                score = item.score + group.weight * len(group.words)
                self._add(end, item.state, score, item.matched, item, Edge("opener", at, end))

    def _stands(self, at: int, group: tuple[str, ...]) -> bool:
        return all(self._heard.words[at + offset].text == word for offset, word in enumerate(group))

    def _tolerate(self, item: _Item, at: int, word: str) -> None:
        """Misspelt and unknown words."""
        edge = Edge("unknown", at, at + 1)
        self._add(at + 1, item.state, item.score + UNKNOWN, item.matched, item, edge)
        for likely in self._alike(at, word):
            target = self._automaton.step(item.state, likely)
            if target is not None:
                weight = REAL_WORD_TYPO if word in self._automaton.vocabulary else TYPO
                edge = Edge("typo", at, at + 1, word=likely)
                self._add(at + 1, target, item.score + weight, item.matched + 1, item, edge)

    def _alike(self, at: int, word: str) -> tuple[str, ...]:
        found = self._likely.get(at)
        if found is None:
            found = self._likely[at] = tuple(self._near(word)) if self._near else ()
        return found

    def _ended(self, items: list[_Item], at: int) -> _Item | None:
        """A sentence may have ended here and another begins."""
        best: tuple[float, int, _Item] | None = None
        for item in items:
            if not item.state.accepts or not item.matched or item.wild:
                continue
            for sentence in item.state.accepts:
                bonus = self._usable(sentence)
                if bonus is not None and (
                    best is None or (-item.score - bonus, sentence) < (-best[0], best[1])
                ):
                    best = (item.score + bonus, sentence, item)
        if best is None:
            return None
        score, sentence, item = best
        gap = self._heard.words[at].gap
        if gap == 0 and self._heard.words[at].text in self._locale.joiners:
            gap = 1
        edge = Edge("split", at, at, sentence=sentence)
        fresh = _Item(self._start, score + SPLIT[gap], 0, item, edge)
        known = self._rows[at].get(self._start)
        if known is not None and known.score >= fresh.score:
            return None
        self._rows[at][self._start] = fresh
        return fresh

    def _add(self, at: int, state: State, score: float, matched: int, back: _Item | None, edge: Edge) -> None:
        known = self._rows[at].get(state)
        if known is None or known.score < score:
            self._rows[at][state] = _Item(state, score, matched, back, edge)

    def _put(
        self,
        at: int,
        state: State,
        score: float,
        matched: int,
        back: _Item | None,
        edge: Edge | None,
        wild: tuple[SlotKey, int],
    ) -> None:
        """The same within a slot that takes any words, which may end or go on."""
        self._wild_at[at] = True
        row, key = self._rows[at], (state, wild[0])
        known = row.get(key)
        if known is None or known.score < score:
            row[key] = _Item(state, score, matched, back, edge, wild)

    def reading(self, end: End) -> Reading | None:
        """The way to an end, sentence by sentence; None where a sentence on it may not be read."""
        parts: list[tuple[_Item, int, tuple[Edge, ...]]] = []
        edges: list[Edge] = []
        last, sentence = end.item, end.sentence
        edge, current = last.edge, last.back
        while True:
            if edge is not None and edge.kind != "split":
                edges.append(edge)
            if current is None or (edge is not None and edge.kind == "split"):
                parts.append((last, sentence, tuple(reversed(edges))))
                if current is None or edge is None:
                    break
                last, sentence, edges = current, edge.sentence, []
            edge, current = current.edge, current.back
        reading = None
        for last, sentence, steps in reversed(parts):
            bonus = self._usable(sentence)
            if bonus is None:
                return None
            reading = Reading(last.score + bonus, sentence, steps, reading)
        return reading


def _by_merit(end: End) -> tuple[float, int]:
    return -end.score, end.sentence


def _by_score(item: _Item) -> float:
    return -item.score


def _merged(found: list[Found]) -> list[Found]:
    """Values that cover the same words become one with rivals."""
    best: dict[int, Found] = {}
    for reading in found:
        known = best.get(reading.end)
        if known is None or reading.weight > known.weight:
            best[reading.end] = reading
        elif reading.weight == known.weight == EXACT and reading.value != known.value:
            rivals = (*known.rivals, str(reading.value))
            best[reading.end] = replace(known, sure=False, confidence=0.6, rivals=rivals)
    return list(best.values())
