"""What the models see of a sentence: hashed names of n-grams, word shapes, word classes, known values.

A feature is a short string, known by its CRC-32; two features that share one are a rare nuisance, not an error.
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


def _unique_array(ids: Iterable[int]) -> Ids:
    return np.array(sorted(set(ids)), dtype=np.uint32)


def columns(known: Ids, ids: Ids) -> Columns:
    """Positions in sorted `known` of those `ids` that are there; the others are left out."""
    at = positions(known, ids)
    return at[at >= 0]


def positions(known: Ids, ids: Ids) -> Columns:
    """Position in sorted `known` of each of `ids`, -1 where it is not there."""
    if not len(known):
        return np.full(len(ids), -1)
    at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.where(known[at] == ids, at, -1)


# ---- whole sentences

_LETTERS = 1  # which view is the letters

_WEIGHT = (
    1.0,
    1.0,
    0.8,
)  # words, letters, classes; classes help across domains but mislead inside film titles


@lru_cache(maxsize=8192)
def _char_ngrams(word: str) -> tuple[int, ...]:
    padded = f" {word} "
    return tuple(
        crc32(f"c{padded[i : i + n]}".encode("utf-8", "surrogatepass"))
        for n in (2, 3, 4, 5)
        for i in range(max(1, len(padded) - n + 1))
    )


def sentence_ids(words: Sequence[str]) -> tuple[list[int], list[int], list[int]]:
    """Three views of a sentence: words and pairs at most three apart; letters; word classes and their pairs."""
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


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """TF-IDF over `sentence_ids`, each view scaled to length one.

    Attributes:
        known: the hashes met in training, one sorted array for each view.
        idf: their weights, likewise.
    """

    known: tuple[Ids, ...]
    idf: tuple[Floats, ...]

    @classmethod
    def fit(cls, sentences: Sequence[Sequence[str]]) -> "SentenceEncoder":
        """Learn which n-grams there are and how telling each is."""
        least = 1 if len(sentences) < 4000 else 2
        counts: tuple[Counter[int], ...] = (Counter(), Counter(), Counter())
        for words in sentences:
            for count, ids in zip(counts, sentence_ids(words), strict=True):
                count.update(set(ids))
        known = tuple(_unique_array(i for i, n in count.items() if n >= least) for count in counts)
        idf = tuple(
            (np.log((1 + len(sentences)) / (1 + np.array([c[int(i)] for i in ids], float))) + 1).astype(
                np.float32
            )
            for c, ids in zip(counts, known, strict=True)
        )
        return cls(known, idf)

    @property
    def width(self) -> int:
        """Number of columns."""
        return sum(len(k) for k in self.known)

    def encode(self, words: Sequence[str]) -> "Encoded":
        """Columns and values of a sentence; what was never met in training is only counted."""
        cols, values, unmet, offset = [], [], 0, 0
        for view, (known, idf, ids) in enumerate(zip(self.known, self.idf, sentence_ids(words), strict=True)):
            distinct, tf = np.unique(np.array(ids, dtype=np.uint32), return_counts=True)
            at = positions(known, distinct)
            where = at[at >= 0]
            if view == _LETTERS:
                unmet = len(distinct) - len(where)
            value = (1 + np.log(tf[at >= 0])) * idf[where]
            norm = float(np.sqrt(value @ value)) or 1.0
            cols.append(where + offset)
            values.append((value * (_WEIGHT[view] / norm)).astype(np.float32))
            offset += len(known)
        return Encoded(np.concatenate(cols), np.concatenate(values), unmet)

    def covered(self, encoded: "Encoded", met: NDArray[np.bool_] | None = None) -> float:
        """Share (0 to 1) of the letter n-grams that are known; of those in `met`, a mask of the columns."""
        start = len(self.known[0])
        letters = encoded.columns[(encoded.columns >= start) & (encoded.columns < start + len(self.known[_LETTERS]))]
        known = len(letters) if met is None else int(met[letters].sum())
        return known / max(1, len(letters) + encoded.unmet)


class Encoded(NamedTuple):
    """A sentence for the n-gram machine: columns, their values, and how many letter n-grams were never met."""

    columns: Columns
    values: Floats
    unmet: int


# ---- words in their sentence

_SHAPE = ((re.compile(r"[A-ZÀ-Þ]"), "X"), (re.compile(r"[a-zß-ÿ]"), "x"), (re.compile(r"\d"), "9"))
# Odd factors: multiplying by one maps 32-bit hashes one to one, so a feature can say where a word stands.
_PLACES = ((-2, 0x9E3779B1), (-1, 0x85EBCA77), (0, 0xC2B2AE3D), (1, 0x27D4EB2F), (2, 0x165667B1))
_PAIR, _EDGE = np.uint32(0x2545F491), 0x5BD1E995


def _shape(raw: str) -> str:
    for pattern, sign in _SHAPE:
        raw = pattern.sub(sign, raw)
    return re.sub(r"(.)\1\1+", r"\1\1", raw)[:8]


@lru_cache(maxsize=8192)
def _identity(word: str, raw: str) -> Ids:
    """What a word is: itself, how it is written, its classes; for its neighbours to look at."""
    names = [f"w{word}", f"s{_shape(raw)}", *(f"k{k}" for k in classes(word))]
    return np.array([_hash(n) for n in names], np.uint32)


@lru_cache(maxsize=8192)
def _affixes(word: str) -> Ids:
    names = [f"{n}<{word[:n]}" for n in (1, 2, 3, 4)] + [f"{n}>{word[-n:]}" for n in (1, 2, 3, 4)]
    return np.array([_hash(n) for n in names], np.uint32)


@lru_cache(maxsize=8192)
def _letters(word: str) -> Ids:
    padded = f"^{word}$"
    return np.array([_hash(f"3={padded[i : i + 3]}") for i in range(len(padded) - 2)], np.uint32)


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
            out[start].append(f"gB{length}{entity}")
            for i in range(start + 1, end):
                out[i].append(f"gI{length}{entity}")
        return out

    def places(
        self, words: Sequence[str], own: Counter[tuple[str, str]] | None = None
    ) -> Iterator[tuple[int, int, str]]:
        """Known values in a sentence: first word, word after the last, entity; from left to right, longest first."""
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
        near: all of it again with the place relative to the word; with `near_at`.
    """

    words: Ids
    parts: Ids
    parts_at: Columns
    values: Ids
    values_at: Columns
    near: Ids
    near_at: Columns


def _flat(groups: Sequence[Ids]) -> tuple[Ids, Columns]:
    sizes = [len(g) for g in groups]
    joined = np.concatenate(groups) if groups else np.zeros(0, np.uint32)
    return joined, np.repeat(np.arange(len(groups)), sizes)


def token_ids(text: str, words: Sequence[Token], known_values: Sequence[Sequence[str]]) -> TokenIds:
    """What the network sees of each word and of its two neighbours on either side."""
    count = len(words)
    identities = [_identity(t.word, text[t.start : min(t.end, t.start + 24)]) for t in words]
    affixes = [_affixes(t.word) for t in words]
    known, known_at = _flat(
        [np.array([_hash(v) for v in dict.fromkeys(vs)], np.uint32) for vs in known_values]
    )
    same, same_at = _flat(identities)
    ends, ends_at = _flat(affixes)
    letters, letters_at = _flat([_letters(t.word) for t in words])
    own = np.array([i[0] for i in identities], np.uint32)
    kinds = np.ones(len(same), bool)
    kinds[np.cumsum([0, *(len(i) for i in identities[:-1])]) if count else []] = False

    seen, seen_at = np.concatenate([same, known]), np.concatenate([same_at, known_at])
    near, near_at = [ends], [ends_at]
    for place, factor in _PLACES:
        at = seen_at - place
        inside = (at >= 0) & (at < count)
        near.append(seen[inside] * np.uint32(factor))
        near_at.append(at[inside])
        beyond = np.arange(max(0, -place)) if place < 0 else np.arange(max(0, count - place), count)
        beyond = beyond[beyond < count]
        near.append(np.full(len(beyond), (_EDGE * (place + 3)) & 0xFFFFFFFF, np.uint32))
        near_at.append(beyond)
    pairs = (own[:-1] * _PAIR) ^ own[1:]
    near += [pairs, pairs ^ _PAIR]
    near_at += [np.arange(1, max(count, 1)), np.arange(max(count - 1, 0))]
    return TokenIds(
        own,
        np.concatenate([ends, letters, same[kinds]]),
        np.concatenate([ends_at, letters_at, same_at[kinds]]),
        known,
        known_at,
        np.concatenate(near),
        np.concatenate(near_at),
    )


def content(words: Sequence[Token]) -> list[str]:
    """The words without the signs (all signs, where there is nothing else)."""
    return [t.word for t in words if is_word(t.word)]
