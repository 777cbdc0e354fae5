"""Slips of the finger: an unknown word one letter away from a known one is taken for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import OSA

from miron.learn.lexicon import classes
from miron.learn.text import Token, is_word

_SHORTEST = 3  # letters of a word that may be a slip of another
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Speller:
    """Knows the words of the training sentences.

    Attributes:
        words: folded word → in how many sentences.
        foreign: words of the language at large: no slips, though no training sentence has them.
    """

    words: Mapping[str, int]
    foreign: frozenset[str]
    _by_length: dict[int, list[str]] = field(init=False, repr=False, compare=False)
    _memory: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        by_length: dict[int, list[str]] = {}
        for word in sorted(self.words):
            if len(word) >= _SHORTEST and word.isalpha():
                by_length.setdefault(len(word), []).append(word)
        object.__setattr__(self, "_by_length", by_length)

    def correct(self, words: list[Token]) -> tuple[list[Token], int]:
        """The words with slips corrected (places unchanged), and how many were."""
        out = [t if t.word in self.words else t._replace(word=self._meant(t.word)) for t in words]
        return out, sum(a is not b and a.word != b.word for a, b in zip(words, out, strict=True))

    def _meant(self, word: str) -> str:
        if word in self._memory:
            return self._memory[word]
        meant = word
        strange = len(word) >= _SHORTEST and word.isalpha() and is_word(word)
        if strange and word not in self.foreign and not classes(word):
            near = [
                w for n in (-1, 0, 1) for w in self._by_length.get(len(word) + n, ()) if len(w) > _SHORTEST
            ]
            found = process.extract(word, near, scorer=OSA.distance, score_cutoff=1, limit=16)
            # The first letter is seldom wrong; then the more common word.
            meant = max(
                (f[0] for f in found), key=lambda w: (w[0] == word[0], self.words[w], w), default=word
            )
        if len(self._memory) < _REMEMBERED:
            self._memory[word] = meant
        return meant
