"""Presence from sensors."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from engine.events import Assert, Event, Signal
from receptionist.web.perception import Perception

TOKEN = "a secret of the sensors"


def perception() -> tuple[Perception, list[Event]]:
    offered: list[Event] = []

    def offer(event: Event) -> bool:
        offered.append(event)
        return True

    return Perception("visitor", ("door_opened",), offer), offered


def test_flags_are_handed_on_when_they_change():
    taker, offered = perception()
    for report in ({"present": True}, {"present": True, "near": True}, {"present": False}):
        taker.take(report)
    assert offered == [
        Assert("visitor.present", True),
        Assert("visitor.near", True),
        Assert("visitor.present", False),
    ]


def test_signals_are_those_of_the_module_and_of_the_dialogue():
    taker, offered = perception()
    taker.take({"signal": "arrived"})
    taker.take({"signal": "door_opened", "present": True})
    assert offered == [Signal("arrived"), Assert("visitor.present", True), Signal("door_opened")]


@pytest.mark.parametrize(
    "report",
    [
        None,
        [],
        {},
        "present",
        {"presnt": True},
        {"present": "yes"},
        {"signal": "wake_up"},
        {"signal": ["left"]},
    ],
)
def test_what_is_no_report_says_what_would_be_one(report: object):
    taker, offered = perception()
    with pytest.raises(ValueError, match=r"report is|no flag|true or false|no signal"):
        taker.take(report)
    assert offered == []


def serve(act: Callable[[str], Awaitable[None]]) -> list[Event]:
    pytest.importorskip("aiohttp")
    from receptionist.web.sensors import SensorServer

    taker, offered = perception()

    async def run() -> None:
        server = SensorServer(taker, TOKEN, "127.0.0.1", 0)
        port = await server.open()
        try:
            await act(f"http://127.0.0.1:{port}/perception")
        finally:
            await server.close()

    asyncio.run(asyncio.wait_for(run(), 20))
    return offered


def test_a_sensor_reports_by_http_and_shows_the_token():
    async def act(url: str) -> None:
        from aiohttp import ClientSession

        async with ClientSession() as http:
            sure = {"Authorization": f"Bearer {TOKEN}"}
            for headers in ({}, {"Authorization": "Bearer guess"}):
                answer = await http.post(url, json={"present": True}, headers=headers)
                assert answer.status == 401
            assert (await http.post(url, data="nonsense", headers=sure)).status == 400
            assert (await http.post(url, data="[" * 5000, headers=sure)).status == 400
            assert (await http.post(url, data="x" * 20_000, headers=sure)).status == 413
            assert (await http.post(url, json={"present": True}, headers=sure)).status == 200

    assert serve(act) == [Assert("visitor.present", True)]


def test_a_sensor_reports_often_over_one_line():
    async def act(url: str) -> None:
        from aiohttp import ClientSession

        sure = {"Authorization": f"Bearer {TOKEN}"}
        async with ClientSession() as http, http.ws_connect(url, headers=sure) as line:
            for number in range(20):
                await line.send_str(json.dumps({"present": number >= 10}))
                assert await line.receive_json() == {"ok": True}
            await line.send_str("{")
            assert "error" in await line.receive_json()

    assert serve(act) == [Assert("visitor.present", False), Assert("visitor.present", True)]
