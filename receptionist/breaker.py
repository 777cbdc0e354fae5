"""A circuit breaker: after repeated failures, a partner is left alone for a while. No clock of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Breaker:
    """Counts failures in a row and says whether the next call makes sense.

    Attributes:
        most_failures: Failures in a row after which it opens.
        rest_s: How long it stays open, in seconds; then one call at a time may try.
    """

    most_failures: int = 3
    rest_s: float = 30.0
    _failures: int = 0
    _opened_at: float | None = None
    _trying: bool = False

    def allows(self, now: float) -> bool:
        """Whether a call may be made now; whoever is allowed must report how it went."""
        if self._opened_at is None:
            return True
        if self._trying or now - self._opened_at < self.rest_s:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        """The partner answered."""
        self._failures, self._opened_at, self._trying = 0, None, False

    def failed(self, now: float) -> None:
        """The partner did not answer."""
        self._failures += 1
        self._trying = False
        if self._opened_at is not None or self._failures >= self.most_failures:
            self._opened_at = now
