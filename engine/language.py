"""The line between the session and the language model: understand a sentence, say Mirons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from engine.events import Expected, HeardValue, Mark
from engine.model import Json

NOT_UNDERSTOOD = "not_understood"
"""The Miron heard when words mean nothing here."""

Choose = Callable[[str, int], int]
"""``choose(name, n)``: an index below ``n``; the only source of variation a language may use."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What words mean.

    Attributes:
        name: The Miron, or ``not_understood``.
        entities: Slot → value.
        confidence: 0 … 1.
        locale: The language they were in; the session follows it.
        reason: For the notes: how it was found.
        also: Further acts of the same words, in the order said ("I'm Ada. I'm here to see Grace.").
    """

    name: str
    entities: Mapping[str, HeardValue] = field(default_factory=dict)
    confidence: float = 1.0
    locale: str = ""
    reason: str = ""
    also: tuple[Understood, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Words for Mirons.

    Attributes:
        text: The whole utterance; empty for Mirons without sentences.
        variants: Which sentence was chosen, one per part.
        marks: Body acts at words of ``text``.
    """

    text: str
    variants: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()


class Language(Protocol):
    """Both directions of the Mirons of one dialogue. Pure: equal arguments, equal result."""

    def understand(
        self, text: str, expected: Sequence[Expected], *, locale: str, t_wall: datetime, typed: bool = False
    ) -> Understood:
        """Understand ``text``.

        Args:
            text: The words.
            expected: What is expected, in the order in which it should be preferred.
            locale: Language spoken so far.
            t_wall: Local time, for "tomorrow".
            typed: They came from a keyboard: what they say is sure.
        """
        ...

    def say(self, parts: Sequence[tuple[str, Mapping[str, Json]]], *, locale: str, choose: Choose) -> Said:
        """Express Mirons, each with the values it may read (entry or slot → value; empty ones are absent)."""
        ...

    def part(self, value: Json, name: str) -> Json:
        """A part of a value (``first`` of a person), or None if it has none."""
        ...
