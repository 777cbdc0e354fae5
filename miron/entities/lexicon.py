"""Known values of a type, which may change while the program runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from miron.entities.phonetic import key, likeness
from miron.locales import get
from miron.words import Word, words_of

NEAR = 80.0
"""Likeness from which a name outside the lexicon may be meant to be one inside."""

MARGIN = 8.0
"""Likeness by which the best must lead for the others not to count as rivals (25 names, 14 recogniser errors:
the margins of right answers were 2.9 and more, so below 8 it is better to ask)."""

_SCANNED = 1500
"""Up to this many entries all are compared; beyond, those that share a sound or a beginning."""


@dataclass(frozen=True, slots=True)
class Near:
    """A known value like the words said."""

    value: str
    likeness: float


@dataclass(slots=True)
class PhraseIndex:
    """Word groups by their first word; finds which stand at a place."""

    groups: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)

    def add(self, words: tuple[str, ...], value: str) -> None:
        """One more word group that means ``value``."""
        if words:
            self.groups.setdefault(words[0], []).append((words, value))

    def at(self, words: Sequence[Word], start: int) -> list[tuple[int, str]]:
        """(index after it, value) of every group that stands at a word, in the order added."""
        found = []
        for group, value in self.groups.get(words[start].text, ()):
            end = start + len(group)
            if end <= len(words) and all(
                words[start + offset].text == word for offset, word in enumerate(group)
            ):
                found.append((end, value))
        return found


class _Names:
    """The values of one type in the folding of one locale."""

    def __init__(self, values: Iterable[str], locale: str) -> None:
        titles = get(locale).titles
        self.exact = PhraseIndex()
        self.folded: dict[str, str] = {}
        self.parts: dict[str, set[str]] = {}
        self._by_sound: dict[str, list[str]] = {}
        self._by_beginning: dict[str, list[str]] = {}
        self._parts_of: dict[str, list[str]] = {}
        for value in values:
            words = tuple(word.text for word in words_of(value, locale))
            bare = tuple(word for word in words if word not in titles) or words
            if not bare:
                continue
            for group in {words, bare}:
                self.exact.add(group, value)
            folded = " ".join(bare)
            self.folded.setdefault(folded, value)
            for word in dict.fromkeys(bare):
                self.parts.setdefault(word, set()).add(value)
                self._by_sound.setdefault(key(word), []).append(folded)
                self._by_beginning.setdefault(word[:3], []).append(folded)
        for part in self.parts:
            for feature in {key(part), part[:3]}:
                self._parts_of.setdefault(feature, []).append(part)

    def near(self, folded: str, least: float = NEAR) -> list[Near]:
        """Known values like a folded name, the most alike first."""
        pool = self.folded if len(self.folded) <= _SCANNED else self._candidates(folded)
        scored = [Near(self.folded[entry], score) for entry, score in _alike(folded, pool, least)]
        return sorted(scored, key=lambda near: (-near.likeness, near.value))

    def near_part(self, word: str) -> list[Near]:
        """Single names (first or last) like a folded word."""
        pool: Iterable[str] = self.parts
        if len(self.parts) > _SCANNED:
            pool = dict.fromkeys((*self._parts_of.get(key(word), ()), *self._parts_of.get(word[:3], ())))
        scored = [Near(part, score) for part, score in _alike(word, pool, NEAR)]
        return sorted(scored, key=lambda near: (-near.likeness, near.value))

    def _candidates(self, folded: str) -> Iterable[str]:
        """Entries that share a sound or a beginning; of what very many share nothing is learnt."""
        found: dict[str, None] = {}
        for word in folded.split():
            for sharing in (self._by_sound.get(key(word), ()), self._by_beginning.get(word[:3], ())):
                if len(sharing) <= _SCANNED or not found:
                    found |= dict.fromkeys(sharing[: 4 * _SCANNED])
        return found


def _alike(name: str, pool: Iterable[str], least: float) -> list[tuple[str, float]]:
    """Names of a pool with their likeness, if it is high enough."""
    from rapidfuzz import fuzz, process

    # A first sieve in compiled code; what passes below this ratio cannot reach the likeness wanted.
    close = process.extract(name, list(pool), scorer=fuzz.ratio, score_cutoff=2 * least - 101, limit=40)
    return [(entry, score) for entry, _, _ in close if (score := likeness(name, entry)) >= least]


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
