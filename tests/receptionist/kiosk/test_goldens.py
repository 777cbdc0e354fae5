"""Whole screens compared with what was looked at and found good.

`UPDATE_GOLDENS=1` writes them anew; look at the difference before committing it.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from receptionist.kiosk.avatar import Emotion, FaceState, Gesture, Paint, frame
from receptionist.kiosk.ports import Line, Phase, Prompt, View, Who
from tests.receptionist.kiosk.screens import IDLE, VISIT, kiosk

GOLDENS = Path(__file__).parent / "goldens"

GERMAN = replace(
    VISIT,
    locale="de",
    lines=(Line(1, Who.SELF, "Guten Tag! Wie heißen Sie?"),),
    card=None,
    prompt=Prompt("Ihr Name", True),
)
CHINESE = replace(
    VISIT,
    locale="zh",
    lines=(Line(1, Who.SELF, "您好，请问您找谁？"), Line(2, Who.OTHER, "我找霍珀博士")),
    card=None,
)

SCREENS: dict[str, tuple[View, tuple[int, int], Paint]] = {
    "visit-80x24": (VISIT, (80, 24), Paint.LINES),
    "visit-80x24-colour": (VISIT, (80, 24), Paint.TRUE),
    "visit-120x36": (VISIT, (120, 36), Paint.LINES),
    "visit-44x30": (VISIT, (44, 30), Paint.LINES),
    "visit-30x10": (VISIT, (30, 10), Paint.LINES),
    "visit-de-keyboard": (GERMAN, (80, 30), Paint.LINES),
    "visit-zh": (CHINESE, (80, 24), Paint.LINES),
    "idle-80x24": (IDLE, (80, 24), Paint.LINES),
    "failed-80x24": (View(phase=Phase.FAILED), (80, 24), Paint.LINES),
}


def compare(name: str, text: str) -> None:
    path = GOLDENS / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8"), f"{path.name} differs"


@pytest.mark.parametrize("name", SCREENS)
def test_the_screen_looks_as_it_should(name: str) -> None:
    view, size, paint = SCREENS[name]

    async def scenario() -> str:
        async with kiosk(view, size=size, paint=paint, touch_keyboard=True) as k:
            await k.pass_ms(1600)  # expressions have settled
            return k.text()

    compare(name, asyncio.run(scenario()))


def test_the_faces_of_letters_look_as_they_should() -> None:
    pictures = []
    for emotion in Emotion:
        state = FaceState(emotion=emotion, emotion_from=emotion, gesture=Gesture.WAVE, gesture_at=4000)
        rows = frame(state, 4600, 28, 11, Paint.LINES).rows
        pictures.append(
            "\n".join([emotion.value, *("".join(run.text for run in row).rstrip() for row in rows)])
        )
    compare("faces", "\n\n".join(pictures))
