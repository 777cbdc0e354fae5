"""Small statistics on plain numbers: percentiles, agreement, reliability, error rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from statistics import variance


def percentile(values: Sequence[float], percent: float) -> float | None:
    """A percentile, linear between the closest ranks (type 7 of Hyndman and Fan 1996), or None."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def cohen_kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Agreement of two judgements beyond chance: (P(A) - P(E)) / (1 - P(E)), P(E) from both margins.

    Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960).

    Returns:
        None without pairs, or where both always give the same one value (chance agreement is certain).
    """
    if not pairs:
        return None
    total = len(pairs)
    first, second = Counter(left for left, _ in pairs), Counter(right for _, right in pairs)
    chance = sum(count * second[value] for value, count in first.items()) / total**2
    agreed = sum(left == right for left, right in pairs) / total
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def cronbach_alpha(rows: Sequence[Sequence[float]]) -> float | None:
    """Internal consistency of the items of a scale: k/(k-1) * (1 - sum of item variances / variance of sums).

    Cronbach, Coefficient alpha and the internal structure of tests, Psychometrika 16 (1951).

    Args:
        rows: One for each respondent, with the same number of items each; complete.

    Returns:
        None for fewer than two items or respondents, or if all sums are equal.
    """
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    items = len(rows[0])
    spread: float = variance([sum(row) for row in rows])
    if not spread:
        return None
    inner: float = sum(variance(column) for column in zip(*rows, strict=True))
    return items / (items - 1) * (1 - inner / spread)


def word_errors(reference: str, heard: str) -> tuple[int, int]:
    """Substituted, deleted and inserted words of what was recognised, and how many words were said.

    Case and punctuation at the ends of words do not count; Chinese is compared by character.
    """
    from rapidfuzz.distance import Levenshtein

    said = _words(reference)
    return Levenshtein.distance(said, _words(heard)), len(said)


def _words(text: str) -> list[str]:
    spaced = "".join(f" {char} " if "\u3400" <= char <= "\u9fff" else char for char in text.casefold())
    words = (word.strip(".,;:!?…\"'„“”‚‘’()[]。，！？；：、") for word in spaced.split())
    return [word for word in words if word]
