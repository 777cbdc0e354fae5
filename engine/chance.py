"""Chance without state of its own: a number follows from seed, name and count (docs/semantics.md §5)."""

from __future__ import annotations

import hashlib


def draw(seed: int, name: str, count: int) -> int:
    """A number below 2⁶⁴: BLAKE2b(seed, name, count-th use)."""
    digest = hashlib.blake2b(f"{seed}\0{name}\0{count}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


class Chance:
    """Choices of one seed, by name, so that what is chosen for one thing does not change another.

    Args:
        seed: Equal seeds choose equally.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._uses: dict[str, int] = {}

    def below(self, name: str, n: int) -> int:
        """A number from 0 to n - 1.

        Raises:
            ValueError: ``n`` is not positive.
        """
        if n < 1:
            raise ValueError("there is nothing to choose from")
        count = self._uses.get(name, 0)
        self._uses[name] = count + 1
        return draw(self._seed, name, count) % n

    def happens(self, name: str, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.below(name, 100) < percent
