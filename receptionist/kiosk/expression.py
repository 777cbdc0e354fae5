"""The words for what a face can express: the ready-made emotions, gazes, gestures and mouth shapes.

The names are those an author writes (``feel: happy``, ``look: screen_left``, ``gesture: wave``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar


class Emotion(StrEnum):
    """A lasting expression, shown until another replaces it."""

    NEUTRAL = "neutral"
    HAPPY = "happy"
    CURIOUS = "curious"
    THINKING = "thinking"
    CONFUSED = "confused"
    SAD = "sad"
    SURPRISED = "surprised"
    APOLOGETIC = "apologetic"
    LISTENING = "listening"
    ASLEEP = "asleep"
    WAKING = "waking"


class Gaze(StrEnum):
    """Where the eyes rest. ``screen_left`` and ``screen_right`` are sides as the visitor sees them."""

    VISITOR = "visitor"
    SCREEN_LEFT = "screen_left"
    SCREEN_RIGHT = "screen_right"
    AWAY = "away"
    DOWN = "down"


class Gesture(StrEnum):
    """A movement with a beginning and an end."""

    NOD = "nod"
    SHAKE = "shake"
    WAVE = "wave"
    BOW = "bow"
    POINT_LEFT = "point_left"
    POINT_RIGHT = "point_right"
    COME_FORWARD = "come_forward"
    STEP_BACK = "step_back"


class Viseme(StrEnum):
    """A mouth shape while speaking: closed, lip-teeth, teeth, rounded-narrow, back, round, wide, open."""

    REST = "rest"
    MM = "MM"
    FF = "FF"
    TT = "TT"
    CH = "CH"
    KK = "KK"
    OO = "OO"
    EE = "EE"
    AA = "AA"


GESTURE_MS: dict[Gesture, int] = {
    Gesture.NOD: 1100,
    Gesture.SHAKE: 1300,
    Gesture.WAVE: 1900,
    Gesture.BOW: 1600,
    Gesture.POINT_LEFT: 1900,
    Gesture.POINT_RIGHT: 1900,
    Gesture.COME_FORWARD: 900,
    Gesture.STEP_BACK: 900,
}
"""How long each gesture takes, in milliseconds; the avatar reports ``done`` after it."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is being said at the moment, with its timing where a voice knows it.

    Attributes:
        seq: Grows with every new utterance, so that the same words said twice are two utterances.
        text: The words, plain text.
        line: The ``id`` of the transcript line that holds the words, or None.
        duration_ms: Length; None means estimated from the text.
        visemes: Mouth shapes with their start in ms from the beginning, rising; empty means estimated.
        words: ``(start_ms, first character, end character)`` of each word, rising; empty means estimated.
    """

    seq: int
    text: str
    line: int | None = None
    duration_ms: int | None = None
    visemes: tuple[tuple[int, Viseme], ...] = ()
    words: tuple[tuple[int, int, int], ...] = ()


_E = TypeVar("_E", bound=StrEnum)


def known(kind: type[_E], name: str) -> _E | None:
    """Return the member of an expression enum with this name, or None for a name the avatar cannot show."""
    try:
        return kind(name)
    except ValueError:
        return None
