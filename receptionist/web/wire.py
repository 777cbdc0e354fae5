"""Views and inputs as lines of JSON between the session's process and its screens."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from receptionist.kiosk.expression import Emotion, Gaze, Gesture, Utterance, Viseme
from receptionist.kiosk.ports import (
    Button,
    Card,
    Face,
    Level,
    Line,
    Message,
    Notice,
    Phase,
    Prompt,
    View,
    Who,
)

MAX_LINE = 1_000_000
"""Bytes of one line; a longer one ends the connection."""


def view_line(view: View) -> bytes:
    """A view as a line."""
    return json.dumps(asdict(view), ensure_ascii=False).encode() + b"\n"


def call_line(method: str, *arguments: object) -> bytes:
    """An input as a line."""
    return json.dumps([method, *arguments], ensure_ascii=False).encode() + b"\n"


def read_call(line: bytes) -> tuple[str, list[Any]]:
    """An input from its line.

    Raises:
        ValueError: The line is none.
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not found or not isinstance(found[0], str):
        raise ValueError("an input is a list that begins with a name")
    return found[0], found[1:]


def read_view(line: bytes) -> View:
    """A view from its line.

    Raises:
        ValueError, KeyError, TypeError: The line is none, for example of another version.
    """
    found: dict[str, Any] = json.loads(line)
    card = found["card"]
    return View(
        **{
            **found,
            "phase": Phase(found["phase"]),
            "locales": tuple((code, name) for code, name in found["locales"]),
            "lines": tuple(Line(**{**each, "who": Who(each["who"])}) for each in found["lines"]),
            "buttons": tuple(Button(**each) for each in found["buttons"]),
            "prompt": Prompt(**found["prompt"]),
            "face": _face(found["face"]),
            "card": Card(**card) if card is not None else None,
            "notices": tuple(Notice(each["text"], Level(each["level"])) for each in found["notices"]),
            "inner": tuple(found["inner"]),
            "rules": tuple(found["rules"]),
            "messages": tuple(Message(**each) for each in found["messages"]),
        }
    )


def _face(found: dict[str, Any]) -> Face:
    said = found["utterance"]
    utterance = None
    if said is not None:
        utterance = Utterance(
            **{
                **said,
                "visemes": tuple((at, Viseme(shape)) for at, shape in said["visemes"]),
                "words": tuple((at, first, end) for at, first, end in said["words"]),
            }
        )
    return Face(
        **{
            **found,
            "emotion": Emotion(found["emotion"]),
            "gaze": Gaze(found["gaze"]),
            "gesture": Gesture(found["gesture"]) if found["gesture"] else None,
            "utterance": utterance,
        }
    )
