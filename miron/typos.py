"""Which words of the templates a misspelt word may be.

Words at distance one share a form with one letter left out (the idea of SymSpell), so looking up costs a few
dictionary accesses whatever the size of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable

MIN_LENGTH = 3
"""Shorter words are not guessed at."""

LONG = 8
"""From this length two mistakes are allowed."""


class Spelling:
    """An index of known words."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = {word for word in words if len(word) >= MIN_LENGTH and word.isalpha()}
        self._shortened: dict[str, list[str]] = {}
        for word in sorted(self._words):
            for form in {word, *_without_one(word)}:
                self._shortened.setdefault(form, []).append(word)

    def near(self, word: str) -> list[str]:
        """Known words at a distance of one mistake (two in long words), nearest first; not the word
        itself.
        """
        if len(word) < MIN_LENGTH or not word.isalpha():
            return []
        from rapidfuzz.distance import OSA

        limit = 2 if len(word) >= LONG else 1
        candidates = {
            known for form in (word, *_without_one(word)) for known in self._shortened.get(form, ())
        }
        candidates.discard(word)
        scored = sorted((OSA.distance(word, known), known) for known in candidates)
        return [known for distance, known in scored if distance <= limit][:8]


def _without_one(word: str) -> list[str]:
    return [word[:index] + word[index + 1 :] for index in range(len(word))]
