"""A scripted session and a clock moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from receptionist.kiosk.ports import View


class Clock:
    """Seconds that pass only when told."""

    def __init__(self, start_s: float = 100.0) -> None:
        self.now_s = start_s

    def __call__(self) -> float:
        return self.now_s

    def pass_ms(self, ms: int) -> None:
        self.now_s += ms / 1000


class FakeBackend:
    """Shows the views it is given and writes down what the screen reports.

    `fail` makes every input raise; `stop` ends the views, `break_down` ends them with an exception.
    """

    def __init__(self, *views: View) -> None:
        self.heard: list[tuple[str, object]] = []
        self.fail = False
        self.closed = 0
        self._views: asyncio.Queue[View | Exception | None] = asyncio.Queue()
        for view in views or (View(),):
            self._views.put_nowait(view)

    def show(self, view: View) -> None:
        self._views.put_nowait(view)

    def stop(self) -> None:
        self._views.put_nowait(None)

    def break_down(self) -> None:
        self._views.put_nowait(RuntimeError("the engine is gone"))

    async def views(self) -> AsyncIterator[View]:
        while (view := await self._views.get()) is not None:
            if isinstance(view, Exception):
                raise view
            yield view

    async def _note(self, what: str, value: object = None) -> None:
        self.heard.append((what, value))
        if self.fail:
            raise RuntimeError("refused")

    async def send_text(self, text: str) -> None:
        await self._note("text", text)

    async def press(self, button_id: str) -> None:
        await self._note("press", button_id)

    async def typing(self, started: bool) -> None:
        await self._note("typing", started)

    async def touch(self) -> None:
        await self._note("touch")

    async def language(self, locale: str) -> None:
        await self._note("language", locale)

    async def close(self) -> None:
        self.closed += 1
