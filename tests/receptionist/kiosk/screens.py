"""Views used by several tests, and a screen as text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from receptionist.kiosk.app import KioskApp
from receptionist.kiosk.avatar import Emotion, Paint
from receptionist.kiosk.expression import Utterance
from receptionist.kiosk.options import KioskOptions
from receptionist.kiosk.ports import Button, Card, Face, Line, Message, Notice, Phase, View, Who
from tests.receptionist.kiosk.fake import Clock, FakeBackend

HOPS = 4
"""A touch goes from button to row to screen to session."""
LOCALES = (("en", "English"), ("de", "Deutsch"), ("zh", "中文"))
QUESTION = "I have found your visit with Grace Hopper. Shall I let her know that you are here?"

IDLE = View(locales=LOCALES, title="Harbour House", face=Face(emotion=Emotion.ASLEEP))

VISIT = View(
    phase=Phase.VISIT,
    locales=LOCALES,
    title="Harbour House",
    lines=(
        Line(1, Who.SELF, "Good morning! Who are you here to see?"),
        Line(2, Who.OTHER, "Hi, I'm Ada Lovelace, I have an appointment with Grace Hopper at half past ten"),
        Line(3, Who.SELF, QUESTION),
    ),
    buttons=(
        Button("yes", "Yes, please", strong=True),
        Button("no", "No"),
        Button("human", "I need a human"),
    ),
    card=Card("Your visit", "Grace Hopper\n10:30, room 2.14"),
    notices=(Notice("No sound: text mode"),),
    face=Face(emotion=Emotion.HAPPY, utterance=Utterance(1, QUESTION, line=3)),
    inner=("the visitor named a host",),
    rules=("greeting", "ask_host"),
    messages=(Message("10:31", "Grace Hopper", "Ada Lovelace is here", "delivered"),),
)


class Kiosk:
    """A running kiosk under test."""

    def __init__(self, app: KioskApp, pilot: Pilot[int], backend: FakeBackend, clock: Clock) -> None:
        self.app, self.pilot, self.backend, self.clock = app, pilot, backend, clock

    async def show(self, view: View) -> None:
        self.backend.show(view)
        await self.settle()

    async def settle(self) -> None:
        """Let messages pass from widget to widget and to the session; one idle moment is not enough."""
        for _ in range(HOPS):
            await self.pilot.pause()
            await asyncio.sleep(0.01)
        self.app.tick()
        await self.pilot.pause()

    async def pass_ms(self, ms: int) -> None:
        await self.settle()
        self.clock.pass_ms(ms)
        await self.settle()

    def text(self) -> str:
        """What a person could read on the screen, line by line, without trailing blanks."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)


@asynccontextmanager
async def kiosk(
    *views: View, size: tuple[int, int] = (80, 24), paint: Paint = Paint.LINES, **options: Any
) -> AsyncIterator[Kiosk]:
    """Run a kiosk on a screen of `size`, with time standing still."""
    clock, backend = Clock(), FakeBackend(*(views or (VISIT,)))
    app = KioskApp(backend, KioskOptions(clock=clock, paint=paint, **options))
    async with app.run_test(size=size) as pilot:
        running = Kiosk(app, pilot, backend, clock)
        await running.settle()
        yield running
