"""What a recogniser finds, and what it is given to find it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from miron.model import Value
from miron.words import Word

EXACT, GRAMMAR, NAME, FREE = 0.9, 0.8, 0.5, 0.1
"""Evidence of one word: equal to a known value, fitting a grammar, looking like a name, anything at all.

A word of the template itself counts 1, so literal text ranks over lists, and lists over wildcards.
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance as recognisers see it.

    Attributes:
        text: As received.
        words: Its folded words.
        locale: The language tried.
        now: Date and time for relative words; None: these are not understood.
        typed: Written by the other, so spelling is meant.
        tolerant: Nothing was found exactly: values that are only alike count, too.
    """

    text: str
    words: Sequence[Word]
    locale: str
    now: datetime | None = None
    typed: bool = False
    tolerant: bool = False

    def said(self, start: int, end: int) -> str:
        """The original text of words ``start`` to ``end``."""
        return self.text[self.words[start].start : self.words[end - 1].end]


@dataclass(frozen=True, slots=True)
class Found:
    """A value that begins at some word.

    Attributes:
        end: Index of the first word after it.
        weight: Evidence per word, see :data:`EXACT` and the others.
    """

    end: int
    value: Value
    weight: float = GRAMMAR
    confidence: float = 1.0
    sure: bool = True
    rivals: tuple[str, ...] = ()


class Recogniser(Protocol):
    """Finds the values of one type that begin at a word."""

    def __call__(self, heard: Heard, start: int) -> list[Found]:
        """All readings, in any order; empty when there is none."""
        ...
