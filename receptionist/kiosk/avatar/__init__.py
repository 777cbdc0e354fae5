"""The receptionist's face as a pure function of what it expresses and of time."""

from receptionist.kiosk.avatar.frame import Frame, Paint, Run, frame
from receptionist.kiosk.avatar.state import FaceState
from receptionist.kiosk.expression import (
    GESTURE_MS,
    Emotion,
    Gaze,
    Gesture,
    Utterance,
    Viseme,
    known,
)

__all__ = [
    "GESTURE_MS",
    "Emotion",
    "FaceState",
    "Frame",
    "Gaze",
    "Gesture",
    "Paint",
    "Run",
    "Utterance",
    "Viseme",
    "frame",
    "known",
]
