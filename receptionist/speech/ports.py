"""What speech in and out is to the rest of the receptionist, whichever driver does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from miron.wordgraph import WordGraph
from receptionist.speech.clip import Clip, Samples


class SpeechUnavailable(Exception):
    """A driver cannot work here; the text says why and what would help."""


@dataclass(frozen=True, slots=True)
class Style:
    """How something is said.

    Attributes:
        words_per_minute: Pace.
        pitch: 0 … 99, 50 is the voice's own.
    """

    words_per_minute: int = 160
    pitch: int = 50


class Voice(Protocol):
    """Makes texts audible. Blocking, and called from one thread at a time."""

    name: str

    def speak(self, text: str, locale: str, style: Style | None = None) -> Clip:
        """Make a text audible.

        Raises:
            SpeechUnavailable: It cannot be spoken, for example because the locale has no voice.
        """
        ...


@dataclass(frozen=True, slots=True)
class Word:
    """A recognised word.

    Attributes:
        text: As the recogniser writes it.
        start_ms: From the beginning of the utterance.
        end_ms: Likewise.
        confidence: 0 … 1, or None where the recogniser has none worth trusting.
    """

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a recogniser makes of one utterance.

    Attributes:
        text: The words; empty when it heard none.
        words: Their times.
        confidence: 0 … 1, or None.
        expected: Whether the words came from the expectations' grammar.
    """

    text: str
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    expected: bool = False


class Recogniser(Protocol):
    """Turns samples into words, one utterance after the other. Blocking; called from one thread.

    Attributes:
        rate: Samples per second that it wants.
    """

    name: str
    rate: int

    def expect(self, grammar: WordGraph) -> None:
        """Set what the next utterances probably are; an empty grammar means anything."""
        ...

    def begin(self) -> None:
        """An utterance begins."""
        ...

    def feed(self, samples: Samples) -> str:
        """Take samples of it; returns the words so far, possibly empty."""
        ...

    def end(self) -> Transcript:
        """The utterance is over."""
        ...


class Microphone(Protocol):
    """Where sound comes from.

    Attributes:
        echo_cancelled: Whether our own voice has been taken out, so that it may be heard while we speak.
    """

    rate: int
    echo_cancelled: bool

    def read(self, seconds: float) -> Samples | None:
        """The next samples, waiting at most so long; None when nothing came, and when it is closed."""
        ...

    def close(self) -> None:
        """Give the device back; waiting readers return."""
        ...


def confidence_of(words: Sequence[Word]) -> float | None:
    """The mean of what is known about the words, or None."""
    known = [word.confidence for word in words if word.confidence is not None]
    return sum(known) / len(known) if known else None
