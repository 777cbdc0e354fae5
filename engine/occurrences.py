"""Which act of one session is which of another: the n-th act of a name on a channel."""

from __future__ import annotations

from collections.abc import Iterable

from engine.journal import Record

Occurrence = tuple[str, str, int]
"""Channel, name, and how many acts of these came before."""


class Occurrences:
    """Numbers of acts by occurrence and back; fed with the lines of one session.

    Args:
        records: Lines to begin with.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._of: dict[int, Occurrence] = {}
        self._numbers: dict[Occurrence, int] = {}
        self._counts: dict[tuple[str, str], int] = {}
        for record in records:
            self.observe(record)

    def observe(self, record: Record) -> None:
        """Take note of a line."""
        number = record.get("act")
        if record.kind != "act" or not isinstance(number, int) or number in self._of:
            return
        place = str(record.get("channel")), str(record.get("name"))
        count = self._counts.get(place, 0)
        self._counts[place] = count + 1
        self._of[number] = occurrence = (*place, count)
        self._numbers[occurrence] = number

    def of(self, number: int) -> Occurrence | None:
        """Which occurrence an act is."""
        return self._of.get(number)

    def number(self, occurrence: Occurrence | None) -> int | None:
        """The act that is this occurrence, if there was one so far."""
        return None if occurrence is None else self._numbers.get(occurrence)
