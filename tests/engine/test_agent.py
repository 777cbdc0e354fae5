"""The agent: real time around a session, with effectors that may do anything."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from engine.agent import Agent, Reporter
from engine.clock import VirtualClock, WallClock
from engine.events import Command, Heard, Phase, Pressed, Report
from engine.model import OnBusy
from engine.session import Session
from tests.engine.scenes import Parrot, call, hear, on, program, rule, say

MODEL = program(
    rule("ask", hear("hello"), acts=(say("question"),)),
    rule("said", on("self", "question", phase="done")),
    rule("bad", on("self", "question", phase="failed")),
    rule("cut", on("self", "question", phase="cut")),
    rule("stop", hear("stop"), acts=(say("sorry"),), on_busy=OnBusy.INTERRUPT),
    rule("ring", hear("ring"), acts=(call("ring"),)),
    rule("rang", on("self", "ring", phase="done")),
    rule("resumed", on("world", "resumed")),
    rule("bye", hear("bye"), end="met"),
)


class Voice:
    """Does with an act what the test says."""

    def __init__(self, act: Callable[[Command, Reporter], Any]) -> None:
        self.act = act
        self.stopped: list[int] = []

    async def start(self, command: Command, report: Reporter) -> None:
        result = self.act(command, report)
        if result is not None:
            await result

    def stop(self, command: Command) -> None:
        self.stopped.append(command.act)


async def _eventually(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 (what is waited for is a list of records)
        await asyncio.sleep(0.005)


async def scene(
    voice: Voice | None, *events: Any, until: Callable[[list[str]], bool], **fields: Any
) -> tuple[list[str], Session]:
    """Serve until the fired rules are as wanted; at most five seconds."""
    session = Session(MODEL, Parrot())
    fired: list[str] = []
    session.observe(lambda record: fired.append(record.get("rule")) if record.kind == "fire" else None)
    effectors = {"speech": voice, "service": voice} if voice else {}
    agent = Agent(session, effectors, **fields)
    serving = asyncio.create_task(agent.run())
    await asyncio.sleep(0)
    for event in events:
        agent.offer(event)
        await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        await _eventually(lambda: until(fired))
    agent.stop("test")
    await serving
    return fired, session


def test_an_effector_that_returns_has_done_its_act() -> None:
    fired, _ = asyncio.run(scene(Voice(lambda c, r: None), Heard("hello"), until=lambda f: "said" in f))
    assert fired == ["ask", "said"]


def test_an_effector_that_raises_has_failed_and_says_so_once() -> None:
    told: list[str] = []

    def fail(command: Command, report: Reporter) -> None:
        raise RuntimeError("no voice")

    asyncio.run(scene(Voice(fail), Heard("hello"), until=lambda f: "bad" in f, trouble=told.append))
    assert told == ["speech failed: RuntimeError: no voice"]


def test_without_an_effector_speech_fails() -> None:
    fired, _ = asyncio.run(scene(None, Heard("hello"), until=lambda f: "bad" in f))
    assert fired == ["ask", "bad"]


def test_reports_may_come_from_a_thread_and_twice() -> None:
    def from_thread(command: Command, report: Reporter) -> Any:
        def work() -> None:
            report(Report(command.act, Phase.DONE))
            report(Report(command.act, Phase.DONE))

        threading.Thread(target=work).start()
        return asyncio.sleep(0.05)

    fired, _ = asyncio.run(scene(Voice(from_thread), Heard("ring"), until=lambda f: "rang" in f))
    assert fired == ["ring", "rang"]


def test_an_effector_that_does_not_stop_is_cancelled_and_the_next_act_begins() -> None:
    def endless(command: Command, report: Reporter) -> Any:
        return asyncio.sleep(60) if command.name == "question" else None

    voice = Voice(endless)
    fired, _ = asyncio.run(scene(voice, Heard("hello"), Heard("stop"), until=lambda f: "cut" in f))
    assert fired == ["ask", "stop", "cut"]
    assert voice.stopped == [1]


def test_an_effector_that_obeys_reports_what_was_said() -> None:
    stopping = asyncio.Event()
    said: list[str | None] = []

    class Obedient(Voice):
        def stop(self, command: Command) -> None:
            stopping.set()

    async def talk(command: Command, report: Reporter) -> None:
        if command.name == "question":
            await stopping.wait()
            report(Report(command.act, Phase.CANCELLED, said="this is"))

    async def play() -> list[str]:
        session = Session(MODEL, Parrot())
        session.observe(lambda r: said.append(r.get("text")) if r.get("phase") == "cancelled" else None)
        agent = Agent(session, {"speech": Obedient(talk)})
        serving = asyncio.create_task(agent.run())
        for text in ("hello", "stop"):
            await asyncio.sleep(0.02)
            agent.offer(Heard(text))
        async with asyncio.timeout(5):
            await _eventually(lambda: bool(said))
        agent.stop()
        await serving
        return []

    asyncio.run(play())
    assert said == ["this is"]


def test_a_watcher_sees_the_end_of_a_visit_and_may_fail() -> None:
    seen: list[str] = []

    def watch(command: Command) -> None:
        seen.append(f"{command.kind} {command.channel} {command.name}")
        raise ValueError("no screen")

    asyncio.run(scene(None, Heard("bye"), until=lambda f: "bye" in f, watch=watch))
    assert seen == ["end visit met"]


def test_a_session_that_raises_goes_on_with_the_next_event() -> None:
    told: list[str] = []

    async def play() -> list[str]:
        session = Session(MODEL, Parrot())
        fired: list[str] = []

        def observer(record: Any) -> None:
            if record.get("name") == "boom":
                raise RuntimeError("observer")
            if record.kind in ("fire", "fault"):
                fired.append(record.get("rule") or record.get("code"))

        session.observe(observer)
        agent = Agent(session, {}, trouble=told.append)
        serving = asyncio.create_task(agent.run())
        await asyncio.sleep(0.01)
        agent.offer(Pressed("boom"))
        agent.offer(Pressed("bye"))
        async with asyncio.timeout(5):
            await _eventually(lambda: "bye" in fired)
        agent.stop()
        await serving
        return fired

    assert asyncio.run(play()) == ["internal", "bye"]
    assert len(told) == 1


def test_a_full_inbox_refuses_but_never_a_report() -> None:
    agent = Agent(Session(MODEL, Parrot()), {}, VirtualClock(), inbox_limit=2)
    assert [agent.offer(Pressed("x")) for _ in range(3)] == [True, True, False]
    assert agent.offer(Report(1, Phase.DONE))


def test_a_clock_never_goes_back_and_a_suspend_counts_five_seconds() -> None:
    now = [0]
    clock = WallClock(lambda: now[0] * 1_000_000, start_ms=10)
    for reading, expected in ((100, 110), (50, 110), (150, 210), (28_800_150, 5210), (28_800_250, 5310)):
        now[0] = reading
        assert clock.now() == expected
    assert clock.take_lost() == 28_795_000
    assert clock.take_lost() == 0


def test_lost_time_is_a_signal() -> None:
    class Jumping(VirtualClock):
        lost = 3000

        def take_lost(self) -> int:
            lost, self.lost = self.lost, 0
            return lost

    fired, _ = asyncio.run(scene(None, until=lambda f: "resumed" in f, clock=Jumping()))
    assert fired == ["resumed"]


def test_a_virtual_clock_refuses_to_go_back() -> None:
    with pytest.raises(ValueError, match="back"):
        VirtualClock().advance(-1)
