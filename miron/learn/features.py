"""What the models see of a sentence: hashed names of n-grams, word shapes, word classes, known values.

A feature is a short string, known by its CRC-32; two features that share one are a rare nuisance, not an
error.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from miron.learn.lexicon import classes
from miron.learn.text import Token, is_word

Ids = NDArray[np.uint32]
Columns = NDArray[np.int64]
Floats = NDArray[np.float32]

_LONGEST_VALUE = 10  # words of a slot value looked up as a whole


def _hash(name: str) -> int:
    return crc32(name.encode("utf-8", "surrogatepass"))


def positions(known: Ids, ids: Ids) -> Columns:
    """Position in sorted `known` of each of `ids`, -1 where it is not there."""
    if not len(known):
        return np.full(len(ids), -1)
    at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.where(known[at] == ids, at, -1)


# ---- whole sentences

_WORDS, _LETTERS, _CLASSES = range(3)
_WEIGHT = np.array([1.0, 1.0, 0.8])  # classes help across domains but mislead inside film titles


@lru_cache(maxsize=8192)
def _char_ngrams(word: str) -> tuple[int, ...]:
    padded = f" {word} "
    return tuple(
        crc32(f"c{padded[i : i + n]}".encode("utf-8", "surrogatepass"))
        for n in (2, 3, 4, 5)
        for i in range(max(1, len(padded) - n + 1))
    )


def sentence_ids(words: Sequence[str]) -> tuple[list[int], list[int], list[int]]:
    """Three views: words and pairs at most three apart; letters; word classes and their pairs."""
    marked = ["<s>", *words]
    near = [_hash(f"w{w}") for w in words]
    near += [_hash(f"p{a} {b}") for i, a in enumerate(marked) for b in marked[i + 1 : i + 4]]
    letters = [i for w in words for i in _char_ngrams(w)]
    kinds = [("<s>",), *(classes(w) for w in words)]
    sense = [_hash(f"k{k}") for ks in kinds[1:] for k in ks]
    for i, left in enumerate(kinds):
        reach = kinds[i + 1 : i + 5] if i else kinds[1:2]
        sense += [_hash(f"q{a} {b}") for right in reach for a in left for b in right]
    return near, letters, sense


class Encoded(NamedTuple):
    """A sentence for the n-gram machine: columns, values, and how many letter n-grams are unknown."""

    columns: Columns
    values: Floats
    unmet: int


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """TF-IDF over `sentence_ids`, each view scaled to the same length.

    Attributes:
        known: the hashes met in training, sorted.
        idf: how telling each is.
        view: which view each belongs to.
    """

    known: Ids
    idf: Floats
    view: NDArray[np.uint8]

    @classmethod
    def fit(cls, sentences: Sequence[Sequence[str]]) -> "SentenceEncoder":
        """Learn which n-grams there are and how telling each is."""
        least = 1 if len(sentences) < 4000 else 2
        counts: Counter[int] = Counter()
        views: dict[int, int] = {}
        for words in sentences:
            for view, ids in enumerate(sentence_ids(words)):
                distinct = set(ids)
                counts.update(distinct)
                views.update(dict.fromkeys(distinct, view))
        known = np.array(sorted(i for i, n in counts.items() if n >= least), np.uint32)
        met = np.array([counts[i] for i in known.tolist()], float)
        idf = np.log((1 + len(sentences)) / (1 + met)) + 1
        return cls(known, idf.astype(np.float32), np.array([views[i] for i in known.tolist()], np.uint8))

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.known)

    def encode(self, words: Sequence[str]) -> Encoded:
        """Columns and values of a sentence; what was never met in training is only counted."""
        near, letters, sense = sentence_ids(words)
        distinct, tf = np.unique(np.array([*near, *letters, *sense], np.uint32), return_counts=True)
        at = positions(self.known, distinct)
        found = at >= 0
        where = at[found]
        value = (1 + np.log(tf[found])) * self.idf[where]
        view = self.view[where]
        norm = np.sqrt(np.bincount(view, value * value, 3))
        value *= (_WEIGHT / np.maximum(norm, 1e-9))[view]
        return Encoded(where, value.astype(np.float32), len(set(letters)) - int((view == _LETTERS).sum()))

    def covered(self, encoded: Encoded, met: NDArray[np.bool_] | None = None) -> float:
        """Share (0 to 1) of the letter n-grams that are known; of those in `met`, a mask of the columns."""
        letters = encoded.columns[self.view[encoded.columns] == _LETTERS]
        known = len(letters) if met is None else int(met[letters].sum())
        return known / max(1, len(letters) + encoded.unmet)


# ---- words in their sentence

_SHAPE = ((re.compile(r"[A-ZÀ-Þ]"), "X"), (re.compile(r"[a-zß-ÿ]"), "x"), (re.compile(r"\d"), "9"))
# Odd factors: multiplying by one maps 32-bit hashes one to one, so a feature can say where a word stands.
_PLACES = np.arange(-2, 3)
_FACTORS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1], np.uint32)
_PAIR, _TOLD = np.uint32(0x2545F491), np.uint32(0xD6E8FEB9)
_EDGES = np.array([0x5BD1E995, 0x1B873593], np.uint32)  # the first and second place beyond either end


@lru_cache(maxsize=8192)
def _shape(raw: str) -> str:
    for pattern, sign in _SHAPE:
        raw = pattern.sub(sign, raw)
    return re.sub(r"(.)\1\1+", r"\1\1", raw)[:8]


class _WordIds(NamedTuple):
    identity: Ids  # itself, how it is written, its classes: what its neighbours look at
    ends: Ids
    parts: Ids  # spelling, shape, classes


@lru_cache(maxsize=8192)
def _word_ids(word: str, raw: str) -> _WordIds:
    names = [f"w{word}", f"s{_shape(raw)}", *(f"k{k}" for k in classes(word))]
    identity = np.array([_hash(n) for n in names], np.uint32)
    affixes = [f"{n}<{word[:n]}" for n in (1, 2, 3, 4)] + [f"{n}>{word[-n:]}" for n in (1, 2, 3, 4)]
    ends = np.array([_hash(n) for n in affixes], np.uint32)
    padded = f"^{word}$"
    letters = np.array([_hash(f"3={padded[i : i + 3]}") for i in range(len(padded) - 2)], np.uint32)
    return _WordIds(identity, ends, np.concatenate([ends, letters, identity[1:]]))


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Slot values met in training: folded words of a value → entity → in how many sentences."""

    values: dict[str, dict[str, int]]  # folded words of a value → entity → in how many sentences
    longest: int = 0

    @classmethod
    def fit(cls, values: Iterable[tuple[str, str]]) -> "Gazetteer":
        """From (folded value, entity) pairs, one for each time it was met."""
        found: dict[str, dict[str, int]] = {}
        for value, entity in values:
            counts = found.setdefault(value, {})
            counts[entity] = counts.get(entity, 0) + 1
        return cls(found, min(_LONGEST_VALUE, max((v.count(" ") + 1 for v in found), default=0)))

    def features(self, words: Sequence[str], own: Counter[tuple[str, str]] | None = None) -> list[list[str]]:
        """Names of the entities each word may belong to, as first or later word of a known value.

        Args:
            words: folded words.
            own: values of this very sentence, not counted as known (training must not see its own answer).
        """
        out: list[list[str]] = [[] for _ in words]
        for start, end, entity in self.places(words, own):
            length = min(end - start, 3)
            for i in range(start, end):
                name = f"g{'I' if i > start else 'B'}{length}{entity}"
                if name not in out[i]:
                    out[i].append(name)
        return out

    def places(
        self, words: Sequence[str], own: Counter[tuple[str, str]] | None = None
    ) -> Iterator[tuple[int, int, str]]:
        """Known values: first word, word after the last, entity; from left to right, longest first."""
        for start in range(len(words)):
            for size in range(min(self.longest, len(words) - start), 0, -1):
                found = self.values.get(" ".join(words[start : start + size]))
                for entity, count in found.items() if found else ():
                    if own is None or count > own[" ".join(words[start : start + size]), entity]:
                        yield start, start + size, entity


@dataclass(frozen=True, slots=True)
class TokenIds:
    """Features of the words of one sentence, as hashes beside the number of the word they belong to.

    Attributes:
        words: the hash of each word itself.
        parts: spelling, shape and classes; with `parts_at`.
        values: known values; with `values_at`.
        near: what the word and its neighbours are, with the place relative to the word; with `near_at`.
        seen: what the word is, to be joined with an intent (`told_ids`); with `seen_at`.
    """

    words: Ids
    parts: Ids
    parts_at: Columns
    values: Ids
    values_at: Columns
    near: Ids
    near_at: Columns
    seen: Ids
    seen_at: Columns


def _flat(groups: Sequence[Ids]) -> tuple[Ids, Columns]:
    return np.concatenate(groups), np.repeat(np.arange(len(groups)), [len(g) for g in groups])


def token_ids(text: str, words: Sequence[Token], known_values: Sequence[Sequence[str]]) -> TokenIds:
    """What the network sees of each word and of its two neighbours on either side; at least one word."""
    count = len(words)
    each = [_word_ids(t.word, text[t.start : min(t.end, t.start + 24)]) for t in words]
    same, same_at = _flat([e.identity for e in each])
    ends, ends_at = _flat([e.ends for e in each])
    parts, parts_at = _flat([e.parts for e in each])
    own = np.array([e.identity[0] for e in each], np.uint32)
    values = np.array([_hash(v) for vs in known_values for v in vs], np.uint32)
    values_at = np.array([i for i, vs in enumerate(known_values) for _ in vs], np.int64)

    seen = np.concatenate([same, values, _EDGES, _EDGES])
    at = np.concatenate([same_at, values_at, [-1, -2, count, count + 1]]) - _PLACES[:, None]  # (places, seen)
    inside = (at >= 0) & (at < count)
    pairs = (own[:-1] * _PAIR) ^ own[1:]
    number = np.arange(count)
    return TokenIds(
        own,
        parts,
        parts_at,
        values,
        values_at,
        np.concatenate([ends, (seen * _FACTORS[:, None])[inside], pairs, pairs ^ _PAIR]),
        np.concatenate([ends_at, at[inside], number[1:], number[:-1]]),
        np.concatenate([same, values, np.zeros(count, np.uint32)]),
        np.concatenate([same_at, values_at, number]),
    )


def told_ids(ids: TokenIds, intent: str) -> Ids:
    """What each word is in a sentence of this intent, beside `TokenIds.seen_at`."""
    return (ids.seen * _TOLD) ^ np.uint32(_hash(f"i{intent}"))


def content(words: Sequence[Token]) -> list[str]:
    """The words without the signs (all signs, where there is nothing else)."""
    return [t.word for t in words if is_word(t.word)]
