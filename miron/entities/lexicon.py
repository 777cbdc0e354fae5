"""Known values of a type, which may change while the program runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from miron.entities.phonetic import key, likeness
from miron.locales import get
from miron.words import Word, texts_of

NEAR = 80.0
"""Likeness from which a name outside the lexicon may be meant to be one inside."""

MARGIN = 8.0
"""Likeness by which the best must lead for the others not to count as rivals (25 names, 14 recogniser errors:
the margins of right answers were 2.9 and more, so below 8 it is better to ask)."""

_SCANNED = 1500
"""Up to this many entries all are compared; beyond, those that share a sound or a beginning."""

_COMPARED = 40
"""Names that pass the first sieve are compared closely, at most so many."""


@dataclass(frozen=True, slots=True)
class Near:
    """A known value like the words said."""

    value: str
    likeness: float


@dataclass(slots=True)
class PhraseIndex:
    """Word groups and what they mean; finds which stand at a place, however many begin with the same word."""

    _values: dict[str, list[str]] = field(default_factory=dict)
    _sizes: dict[str, list[int]] = field(default_factory=dict)

    def add(self, words: Sequence[str], value: str) -> None:
        """One more word group that means ``value``."""
        if not words:
            return
        group = "\n".join(words)
        known = self._values.get(group)
        if known is None:
            self._values[group] = [value]
            sizes = self._sizes.setdefault(words[0], [])
            if len(words) not in sizes:
                sizes.append(len(words))
        else:
            known.append(value)

    def at(self, words: Sequence[Word], start: int) -> list[tuple[int, str]]:
        """(index after it, value) of every group that stands at a word; those of one length in the order
        added.
        """
        found: list[tuple[int, str]] = []
        for size in self._sizes.get(words[start].text, ()):
            end = start + size
            if end <= len(words):
                said = "\n".join([word.text for word in words[start:end]])
                found += [(end, value) for value in self._values.get(said, ())]
        return found


@dataclass(slots=True)
class _Sounds:
    """Names by the sound and by the beginning of their words."""

    by_sound: dict[str, list[str]] = field(default_factory=dict)
    by_beginning: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, words: Iterable[str]) -> None:
        """One more name."""
        for word in words:
            self.by_sound.setdefault(key(word), []).append(name)
            self.by_beginning.setdefault(word[:3], []).append(name)

    def sharing(self, word: str) -> tuple[Sequence[str], Sequence[str]]:
        """Names with a word that sounds like this one, and with one that begins like it."""
        return self.by_sound.get(key(word), ()), self.by_beginning.get(word[:3], ())


class _Names:
    """The values of one type in the folding of one locale."""

    def __init__(self, values: Iterable[str], locale: str) -> None:
        titles = get(locale).titles
        self.exact = PhraseIndex()
        self.folded: dict[str, str] = {}
        self.parts: dict[str, None] = {}
        for value in values:
            words = texts_of(value, locale)
            bare = [word for word in words if word not in titles] or words
            if not bare:
                continue
            self.exact.add(words, value)
            if bare != words:
                self.exact.add(bare, value)
            self.folded.setdefault(" ".join(bare), value)
            self.parts.update(dict.fromkeys(bare))

    @cached_property
    def _sounds(self) -> _Sounds:
        sounds = _Sounds()
        for name in self.folded:
            sounds.add(name, dict.fromkeys(name.split()))
        return sounds

    @cached_property
    def _part_sounds(self) -> _Sounds:
        sounds = _Sounds()
        for part in self.parts:
            sounds.add(part, (part,))
        return sounds

    @cached_property
    def _all(self) -> tuple[list[str], list[str]]:
        return list(self.folded), list(self.parts)

    def near(self, folded: str, least: float = NEAR) -> list[Near]:
        """Known values like a folded name, the most alike first."""
        pools = [self._all[0]] if len(self.folded) <= _SCANNED else self._candidates(folded)
        scored = [Near(self.folded[entry], score) for entry, score in _alike(folded, pools, least)]
        return sorted(scored, key=lambda near: (-near.likeness, near.value))

    def near_part(self, word: str) -> list[Near]:
        """Single names (first or last) like a folded word."""
        few = len(self.parts) <= _SCANNED
        pools = [self._all[1]] if few else self._part_sounds.sharing(word)
        scored = [Near(part, score) for part, score in _alike(word, pools, NEAR)]
        return sorted(scored, key=lambda near: (-near.likeness, near.value))

    def _candidates(self, folded: str) -> list[Sequence[str]]:
        """Entries that share a sound or a beginning; of what very many share nothing is learnt."""
        pools: list[Sequence[str]] = []
        for word in dict.fromkeys(folded.split()):
            for sharing in self._sounds.sharing(word):
                if sharing and (len(sharing) <= _SCANNED or not pools):
                    pools.append(sharing[: 4 * _SCANNED])
        return pools


def _alike(name: str, pools: Iterable[Sequence[str]], least: float) -> list[tuple[str, float]]:
    """Names of some pools with their likeness, if it is high enough."""
    from rapidfuzz import fuzz, process

    # A first sieve in compiled code; what passes below this ratio cannot reach the likeness wanted.
    limit = 2 * least - 101
    close: dict[str, float] = {}
    for pool in pools:
        passed = process.extract(name, pool, scorer=fuzz.ratio, score_cutoff=limit, limit=None)
        for entry, ratio, _ in sorted(passed, key=_by_place) if passed else ():
            close.setdefault(entry, ratio)
    best = sorted(close, key=lambda entry: -close[entry])[:_COMPARED]
    return [(entry, score) for entry in best if (score := likeness(name, entry)) >= least]


def _by_place(passed: tuple[str, float, int]) -> int:
    return passed[2]


class Lexicon:
    """The live values of types (``person``, ``company``, types declared ``live``).

    The one part of understanding that changes while running; :meth:`update` replaces all values of a type.
    """

    def __init__(self, values: Mapping[str, Iterable[str]] | None = None) -> None:
        self._values: dict[str, tuple[str, ...]] = {}
        self._names: dict[tuple[str, str], _Names] = {}
        for type_name, names in (values or {}).items():
            self.update(type_name, names)

    def update(self, type_name: str, values: Iterable[str]) -> None:
        """Replaces the values of a type; takes effect with the next utterance."""
        self._values[type_name] = tuple(dict.fromkeys(values))
        for known in [known for known in self._names if known[0] == type_name]:
            del self._names[known]

    @property
    def types(self) -> tuple[str, ...]:
        """The types that have values."""
        return tuple(name for name, values in self._values.items() if values)

    def values(self, type_name: str) -> tuple[str, ...]:
        """The values of a type, in the order given."""
        return self._values.get(type_name, ())

    def names(self, type_name: str, locale: str) -> _Names:
        """The values of a type, prepared for a locale."""
        found = self._names.get((type_name, locale))
        if found is None:
            found = self._names[type_name, locale] = _Names(self.values(type_name), locale)
        return found
