"""Clocks that session time is read from. Nothing else in ``engine`` reads one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

LONGEST_STEP_MS: Final = 5_000
"""Two readings further apart than this (suspend, stopped process) count as this."""


class Clock(Protocol):
    """Session time in milliseconds; it never goes back."""

    def now(self) -> int:
        """Milliseconds since the start."""
        ...

    def take_lost(self) -> int:
        """Milliseconds that were not counted since this was last asked."""
        ...


class WallClock:
    """Session time from a monotonic clock; callable from any thread.

    A gap of more than five seconds between two readings counts as five: after a suspend, timers do not fire
    in a burst. It must therefore be read at least once a second, which :class:`engine.agent.Agent` does.

    Args:
        source: A monotonic clock in nanoseconds.
        start_ms: Session time to begin with (a session that goes on from a snapshot).
    """

    def __init__(self, source: Callable[[], int] = time.monotonic_ns, start_ms: int = 0) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._last = source()
        self._elapsed = start_ms * 1_000_000
        self._lost = 0

    def now(self) -> int:
        """Milliseconds since the start."""
        with self._lock:
            reading = self._source()
            step = max(0, reading - self._last)
            self._last = reading
            counted = min(step, LONGEST_STEP_MS * 1_000_000)
            self._lost += step - counted
            self._elapsed += counted
            return self._elapsed // 1_000_000

    def take_lost(self) -> int:
        """Milliseconds that were not counted since this was last asked."""
        with self._lock:
            lost, self._lost = self._lost // 1_000_000, 0
            return lost


class VirtualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now = now_ms

    def now(self) -> int:
        """Milliseconds since the start."""
        return self._now

    def advance(self, ms: int) -> None:
        """Let time pass.

        Raises:
            ValueError: ``ms`` is negative.
        """
        if ms < 0:
            raise ValueError("time does not go back")
        self._now += ms

    def take_lost(self) -> int:
        """Nothing is ever lost."""
        return 0
