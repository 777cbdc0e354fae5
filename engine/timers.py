"""Deadlines of a session: named timers, clock bits, acts."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import NamedTuple


class Key(NamedTuple):
    """What runs out.

    Attributes:
        kind: ``timer`` (named), ``after`` and ``held`` (clock bits), ``act`` (deadline), ``stop`` (500 ms).
        name: Timer name, or the rule of ``after``.
        number: Index of the clock bit, or the act; 0 for timers.
    """

    kind: str
    name: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A pending deadline.

    Attributes:
        deadline: Session time in ms.
        order: Creation number; of equal deadlines the older is due first.
        key: What runs out.
        cause: Sequence number of the line that started it.
    """

    deadline: int
    order: int
    key: Key
    cause: int | None


@dataclass(slots=True)
class Timers:
    """At most one pending deadline per key; starting again moves it."""

    pending: dict[Key, Due] = field(default_factory=dict)
    order: int = 0
    _heap: list[tuple[int, int, Key]] = field(default_factory=list)

    def start(self, key: Key, deadline: int, cause: int | None) -> None:
        """Start or restart."""
        self.order += 1
        self.pending[key] = Due(deadline, self.order, key, cause)
        if len(self._heap) > 64 + 2 * len(self.pending):
            self.restore(list(self.pending.values()), self.order)
        else:
            heapq.heappush(self._heap, (deadline, self.order, key))

    def stop(self, key: Key) -> bool:
        """Stop; False if it was not running."""
        return self.pending.pop(key, None) is not None

    def next(self) -> Due | None:
        """The earliest pending deadline."""
        while self._heap:
            _, order, key = self._heap[0]
            due = self.pending.get(key)
            if due is not None and due.order == order:
                return due
            heapq.heappop(self._heap)
        return None

    def pop(self) -> Due:
        """Take the earliest pending deadline out.

        Raises:
            IndexError: None is pending.
        """
        due = self.next()
        if due is None:
            raise IndexError("no deadline is pending")
        heapq.heappop(self._heap)
        del self.pending[due.key]
        return due

    def restore(self, pending: list[Due], order: int) -> None:
        """Continue from a snapshot."""
        self.pending = {due.key: due for due in pending}
        self.order = order
        self._heap = [(due.deadline, due.order, due.key) for due in pending]
        heapq.heapify(self._heap)
