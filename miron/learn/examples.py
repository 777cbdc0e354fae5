"""What the understanding learns from, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlotSpan:
    """A named part of a sentence: character offsets (end exclusive) and the entity it is."""

    start: int
    end: int
    entity: str


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence as somebody may say it, its intent, and its slots."""

    text: str
    intent: str
    slots: tuple[SlotSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a sentence seems to mean.

    Attributes:
        intent: the best intent; None where the sentence is surely about something else.
        confidence: probability (0 to 1) that `intent` is right, out-of-scope sentences counted as wrong.
        spans: the slots, in order.
        ranking: intents with their share, best first; shares say which intent, not whether any.
        why: ``exact`` (a training sentence), ``pattern`` (one with other known values), ``model`` or
        ``nothing``.
    """

    intent: str | None
    confidence: float
    spans: tuple[SlotSpan, ...]
    ranking: tuple[tuple[str, float], ...]
    why: str = "model"

    def values(self, text: str) -> Mapping[str, str]:
        """The words of each slot (the last, where an entity occurs twice)."""
        return {s.entity: text[s.start : s.end] for s in self.spans}
