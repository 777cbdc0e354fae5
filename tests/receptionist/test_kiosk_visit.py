"""A visit in the kiosk: the real screen, session, database and outbox; only speech is faster than life."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from receptionist.backend import KioskBackend
from receptionist.config import load_config
from receptionist.kiosk.app import KioskApp
from receptionist.kiosk.ports import Phase, View, Who
from receptionist.reception import Reception, open_reception

ADA = "Hi, I'm Ada Lovelace, I have an appointment with Grace Hopper at half past ten"


@pytest.fixture
def reception(tmp_path: Path) -> Iterator[Reception]:
    opened = open_reception(load_config(env={"MIRON_HOME": str(tmp_path)}), seed=1)
    assert opened.learn_names() is None
    yield opened
    opened.close()


@pytest.fixture
def backend(reception: Reception) -> KioskBackend:
    return KioskBackend(reception, title="Test desk", ms_per_word=2)


async def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not holds():
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def said(view: View) -> list[str]:
    return [line.text for line in view.lines if line.who is Who.SELF]


def test_the_demo_visit_runs_typed_in_the_kiosk(backend: KioskBackend) -> None:
    async def visit() -> None:
        app = KioskApp(backend)
        async with app.run_test(size=(120, 36)) as pilot:
            backend.start()
            await pilot.pause()
            for char in ADA:
                await pilot.press("space" if char == " " else _key(char))
            await pilot.press("enter")
            await until(lambda: backend.reception.session.ended == ["met"])
            await pilot.pause()
            text = app.export_screenshot()
            assert "Grace" in text
            assert any("Good news, Grace Hopper is on the way" in line for line in said(backend.view()))
            assert [message.to for message in backend.view().messages] == ["Grace Hopper"]
        await backend.close()

    asyncio.run(visit())


def test_buttons_offer_what_is_expected_and_can_be_pressed(backend: KioskBackend) -> None:
    async def visit() -> None:
        backend.start()
        await backend.send_text("hello")
        await until(lambda: any("May I have your name" in line for line in said(backend.view())))
        labels = [button.label for button in backend.view().buttons]
        assert "Help" in labels
        await backend.press(next(b.id for b in backend.view().buttons if b.label == "Cancel"))
        await until(lambda: backend.reception.session.ended == ["called_off"])
        await backend.press("no such button")
        await backend.close()

    asyncio.run(visit())


def test_nothing_of_a_visitor_is_left_for_the_next(
    backend: KioskBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("receptionist.backend.LINGER_S", 0.05)

    async def visit() -> None:
        backend.start()
        await backend.send_text("My name is Ada Lovelace")
        await until(lambda: backend.reception.session.ended == ["met"])
        await until(lambda: backend.view().phase is Phase.IDLE)
        assert backend.view().lines == ()
        assert backend.view().inner == ()
        assert backend.reception.session.value("visitor.name") is None
        await backend.send_text("hello")
        await until(lambda: "Hello! Welcome." in said(backend.view()))
        await backend.close()

    asyncio.run(visit())


def test_barging_in_by_keyboard_breaks_the_question_off(reception: Reception) -> None:
    backend = KioskBackend(reception, ms_per_word=400)

    async def visit() -> None:
        backend.start()
        await backend.send_text("hello")
        await until(lambda: any("May I have your name" in line for line in said(backend.view())))
        await backend.send_text("never mind")
        await until(lambda: any(line.spoken is not None for line in backend.view().lines))
        await backend.close()

    asyncio.run(visit())


def test_a_session_of_the_kiosk_replays_identically(backend: KioskBackend) -> None:
    from engine.journal import read
    from engine.replay import replay

    async def visit() -> None:
        backend.start()
        await backend.touch()
        await backend.typing(True)
        await backend.send_text(ADA)
        await backend.typing(False)
        await until(lambda: backend.reception.session.ended == ["met"])
        await backend.close()

    asyncio.run(visit())
    reception = backend.reception
    reception.close()
    assert reception.writer is not None
    journal = read(reception.writer.path)
    report = replay(journal, reception.compiled.program, reception.language, masked=True)
    assert report.identical, report.first_difference


def _key(char: str) -> str:
    return {",": "comma", "'": "apostrophe"}.get(char, char)
