"""Exact memory: sentences met in training, and their patterns with other known values."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from miron.learn.examples import Example, SlotSpan
from miron.learn.features import Gazetteer
from miron.learn.text import Token, tokens

Labels = tuple[tuple[int, int, str], ...]  # slots by word number: first, after last, entity

_MOST_PATTERNS = 64


def slots_by_word(words: Sequence[Token], slots: Iterable[SlotSpan]) -> Labels:
    """Slots as ranges of words; a slot that covers no word is left out."""
    out: list[tuple[int, int, str]] = []
    for s in sorted(slots, key=lambda s: s.start):
        inside = [i for i, t in enumerate(words) if t.start < s.end and t.end > s.start]
        if inside and (not out or inside[0] >= out[-1][1]):
            out.append((inside[0], inside[-1] + 1, s.entity))
    return tuple(out)


def spans_of(words: Sequence[Token], labels: Labels) -> tuple[SlotSpan, ...]:
    """The inverse of `slots_by_word`."""
    return tuple(SlotSpan(words[a].start, words[b - 1].end, entity) for a, b, entity in labels)


def _pattern(words: Sequence[str], labels: Labels) -> str:
    out, at = [], 0
    for a, b, entity in labels:
        out += [*words[at:a], f"{{{entity}}}"]
        at = b
    return " ".join([*out, *words[at:]])


@dataclass(frozen=True, slots=True)
class Recall:
    """Sentences and patterns seen with one meaning only.

    Attributes:
        sentences: folded sentence → intent and slots.
        patterns: sentence with ``{entity}`` for its values → intent.
    """

    sentences: dict[str, tuple[str, Labels]]
    patterns: dict[str, str]

    @classmethod
    def fit(cls, examples: Iterable[Example]) -> "Recall":
        """Keep what is not ambiguous."""
        sentences: dict[str, set[tuple[str, Labels]]] = {}
        patterns: dict[str, set[str]] = {}
        for e in examples:
            found = tokens(e.text)
            words = [t.word for t in found]
            labels = slots_by_word(found, e.slots)
            sentences.setdefault(" ".join(words), set()).add((e.intent, labels))
            if labels and sum(b - a for a, b, _ in labels) < len(words):
                patterns.setdefault(_pattern(words, labels), set()).add(e.intent)
        return cls(
            {key: next(iter(found)) for key, found in sentences.items() if len(found) == 1 and key},
            {key: next(iter(found)) for key, found in patterns.items() if len(found) == 1},
        )

    def find(self, words: Sequence[str], gazetteer: Gazetteer) -> tuple[str, Labels, str] | None:
        """Intent, slots, and ``exact`` or ``pattern``; None where nothing or several fit."""
        known = self.sentences.get(" ".join(words))
        if known:
            return (*known, "exact")
        found = {
            (self.patterns[key], labels)
            for labels in islice(_readings(words, gazetteer), _MOST_PATTERNS)
            if (key := _pattern(words, labels)) in self.patterns
        }
        if len(found) == 1:
            intent, labels = found.pop()
            return intent, labels, "pattern"
        return None


def _readings(words: Sequence[str], gazetteer: Gazetteer) -> Iterator[Labels]:
    """Ways to take parts of the sentence for known values, at least one."""
    places = list(gazetteer.places(words))

    def extend(chosen: Labels, start: int) -> Iterator[Labels]:
        for i in range(start, len(places)):
            a, b, entity = places[i]
            if not chosen or a >= chosen[-1][1]:
                longer = (*chosen, (a, b, entity))
                yield longer
                if len(longer) < 4:
                    yield from extend(longer, i + 1)

    yield from extend((), 0)
