"""Whatever comes in, and in whatever order: a line says so, nothing accepted is lost, the session goes on."""

from __future__ import annotations

import asyncio
import itertools
import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agent import Agent
from engine.clock import WallClock
from engine.events import (
    Assert,
    ClockChange,
    Gate,
    Heard,
    HeardValue,
    Perceived,
    Phase,
    Pressed,
    Report,
    Signal,
)
from engine.journal import parse_all
from engine.model import After, OnBusy, TimerOut
from engine.replay import replay
from engine.session import Session
from tests.engine.plays import RICH
from tests.engine.scenes import Parrot, Stage, call, hear, holds, on, program, rule, say, when

FULL = os.environ.get("MIRON_FULL") == "1"
HOUR = 3_600_000

IDS = st.none() | st.tuples(st.sampled_from(["mic", "cam"]), st.integers(-2, 5))
ODD: list[Any] = [
    None,
    7,
    "hello",
    Heard(None),  # type: ignore[arg-type]
    Heard("hello", id=("mic",)),  # type: ignore[arg-type]
    Perceived("", {}),
    Perceived("name", {"who": 3}),  # type: ignore[dict-item]
    Signal(None),  # type: ignore[arg-type]
    Assert("no.such", True),
    Assert("visitor.present", "maybe"),
    Report(None, Phase.DONE),  # type: ignore[arg-type]
    Report(3, None),  # type: ignore[arg-type]
    Gate(None, False),  # type: ignore[arg-type]
    ClockChange(None),  # type: ignore[arg-type]
]
EVENTS = st.one_of(
    st.builds(Heard, st.sampled_from(["hello", "name who=ada", "again", "?!", "bye", ""]), id=IDS),
    st.builds(Perceived, st.sampled_from(["name", "hello", "nonsense"]), id=IDS),
    st.builds(Signal, st.sampled_from(["arrived", "nothing", "resumed"]), id=IDS),
    st.builds(
        Assert, st.sampled_from(["visitor.present", "found"]), st.sampled_from([True, "x", None]), id=IDS
    ),
    st.builds(
        Report,
        st.integers(-1, 9),
        st.sampled_from(list(Phase)),
        st.sampled_from([None, "this is"]),
        st.just({"found": "it"}),
        id=IDS,
    ),
    st.builds(Gate, st.sampled_from(["speech", "nothing"]), st.booleans()),
    st.builds(ClockChange, st.sampled_from([-HOUR, 0, HOUR])),
    st.sampled_from(ODD),
)


def _changes_nothing(event: Any) -> bool:
    """What is so already needs no line, and progress is merged."""
    merged = isinstance(event, Report) and event.phase is Phase.PROGRESS
    return isinstance(event, Assert | Gate) or merged


@settings(max_examples=1000 if FULL else 40, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.integers(-5000, 5000)), max_size=30))
def test_any_events_at_any_stamps_leave_a_line_each_and_a_session_that_replays(events: list[Any]) -> None:
    stage = Stage(RICH, manual=True)
    session = stage.session
    offered: list[Any] = []
    for event, shift in events:
        if session.offer(event, session.t + shift):
            offered.append(event)
        session.run(session.t + max(0, shift))
        session.take_commands()
    session.run(session.t + HOUR)
    outside = [each for each in stage.records if each.cause is None and each.kind != "open"]
    sure = [event for event in offered if not _changes_nothing(event)]
    assert len(sure) <= len(outside) <= len(offered)
    assert [each.seq for each in stage.records] == list(range(len(stage.records)))
    assert all(a.t <= b.t for a, b in itertools.pairwise(stage.records))
    fired = len(stage.fires())
    session.offer(Signal("arrived"))
    session.offer(Gate("speech", True))
    session.offer(Perceived("again"))
    session.run(session.t + 1)
    assert len(stage.fires()) > fired
    assert replay(parse_all("\n".join(stage.lines).encode()), RICH, Parrot()).identical


TWICE: list[Any] = [
    Heard("x", id=("mic", 4)),
    Perceived("x", id=("mic", 4)),
    Signal("x", id=("mic", 4)),
    Assert("lamp", True, id=("mic", 4)),
    Report(1, Phase.PROGRESS, "so far", id=("mic", 4)),
]


@pytest.mark.parametrize("event", TWICE, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("later", [4, 3, -1])
def test_what_is_delivered_twice_or_late_is_ignored_with_a_line(event: Any, later: int) -> None:
    model = program(rule("heard", hear("x")), rule("seen", on("world", "x")), entries={"lamp": "flag"})
    stage = Stage(model, manual=True)
    stage.offer(event)
    before = stage.fired()
    stage.offer(replace(event, id=("mic", later)))
    assert [each.get("reason") for each in stage.kinds("ignored")][-1] == "delivered before"
    assert stage.fired() == before
    late = [each for each in stage.kinds("ignored") if each.get("reason") == "delivered before"]
    stage.offer(replace(event, id=("mic", 5)))
    assert late == [each for each in stage.kinds("ignored") if each.get("reason") == "delivered before"]


def test_stamps_out_of_order_do_not_turn_back_time_and_keep_the_order_of_arrival() -> None:
    stage = Stage(program(*(rule(name, hear(name)) for name in "abc")), manual=True)
    stage.session.run(1000)
    for name, at in (("a", 1500), ("b", 200), ("c", 1400)):
        assert stage.session.offer(Pressed(name), at)
    stage.session.run(2000)
    assert stage.fires() == [(1500, "a"), (1500, "b"), (1500, "c")]


def test_reports_of_ended_cancelled_and_unknown_acts_are_ignored_with_a_line_and_change_nothing() -> None:
    stage = Stage(
        program(
            rule("one", hear("x"), acts=(say("one"),)),
            rule("two", hear("y"), acts=(say("two"),), on_busy=OnBusy.INTERRUPT),
            rule("find", hear("x"), acts=(call("find", get=(("found", "found"),)),)),
            rule("off", hear("off", eats=["find"])),
            rule("done", on("self", "one", phase="done")),
            entries={"found": "text"},
        ),
        manual=True,
    )
    stage.hear("x", at=0)
    stage.hear("y", at=100)
    stage.offer(Report(1, Phase.CANCELLED, "this"), at=150)
    stage.hear("off", at=200)
    for act, phase in (
        (1, Phase.DONE),
        (1, Phase.CANCELLED),
        (2, Phase.DONE),
        (77, Phase.DONE),
        (0, Phase.FAILED),
    ):
        stage.offer(Report(act, phase, values={"found": "late"}), at=300)
    reasons = [each.get("reason") for each in stage.kinds("ignored")]
    assert reasons == ["the act has ended"] * 3 + ["no such act"] * 2
    assert stage.fired("done") == []
    assert stage.session.value("found") is None


@pytest.mark.parametrize(
    "event",
    [
        Perceived("meet"),
        Perceived("meet", {"at": HeardValue(None)}),
        Perceived("meet", {"nonsense": HeardValue(1)}),
        Report(1, Phase.DONE, values={}),
        Report(1, Phase.DONE, values={"other": 1}),
    ],
    ids=repr,
)
def test_missing_and_foreign_fields_leave_entries_empty(event: Any) -> None:
    stage = Stage(
        program(
            rule("meet", hear("meet"), acts=(call("find", get=(("found", "found"),)),)),
            entries={"found": "text"},
        ),
        manual=True,
    )
    stage.hear("meet")
    stage.offer(event)
    assert stage.session.value("found") is None
    assert stage.kinds("fault") == []


def test_of_ten_thousand_events_in_one_millisecond_all_accepted_are_served_in_order() -> None:
    stage = Stage(program(rule("r", hear("x"))), manual=True, queue_limit=10_000)
    burst: list[Any] = [Heard("x"), Pressed("y"), Signal("left"), Report(0, Phase.DONE), None]
    accepted = sum(stage.session.offer(burst[i % 5], 5) for i in range(10_000))
    assert accepted == 10_000
    assert not stage.session.offer(Signal("left"), 5)
    stage.session.run(5)
    outside = [each for each in stage.records if each.cause is None and each.kind != "open"]
    assert len(outside) == 10_000
    assert {each.t for each in outside} == {5}
    assert len(stage.kinds("ignored")) == 4_000


def test_a_burst_from_drivers_on_threads_is_served_and_what_is_refused_is_said() -> None:
    session = Session(program(rule("r", hear("x"), ignore_again=False)), Parrot())
    seen: list[Any] = []
    session.observe(seen.append)

    async def play() -> int:
        agent = Agent(session, {})
        serving = asyncio.create_task(agent.run())
        loop = asyncio.get_running_loop()

        def drive(name: str) -> int:
            return sum(agent.offer(Perceived("x", id=(name, number))) for number in range(5_000))

        accepted = sum(await asyncio.gather(*(loop.run_in_executor(None, drive, each) for each in "ab")))
        async with asyncio.timeout(30):
            while sum(each.kind == "fire" for each in seen) < accepted:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        agent.stop()
        await serving
        return accepted

    accepted = asyncio.run(play())
    assert accepted >= 4_096
    assert sum(each.kind == "fire" for each in seen) == accepted


@pytest.mark.parametrize("jump_s", [3600, -3600])
def test_an_hour_on_the_clock_either_way_fires_no_timer_before_its_time(jump_s: int) -> None:
    """Ten seconds are wanted; an hour in between counts as five, and the rest is still waited for."""
    now = [0]
    session = Session(
        program(
            rule("ask", hear("x"), timers=(("t", 10_000),)),
            rule("late", when(holds(TimerOut("t")))),
            rule("too", when(holds(After("ask", 10_000)), eats=["ask"])),
            rule("resumed", on("world", "resumed")),
        ),
        Parrot(),
    )
    fires: list[tuple[int, str]] = []
    session.observe(lambda each: fires.append((each.t, each.data["rule"])) if each.kind == "fire" else None)

    async def until(holds: Any) -> None:
        async with asyncio.timeout(20):
            while not holds():  # noqa: ASYNC110 (what is waited for is a list of records)
                await asyncio.sleep(0.002)

    async def play() -> None:
        agent = Agent(session, {}, WallClock(lambda: now[0]))
        serving = asyncio.create_task(agent.run())
        agent.offer(Pressed("x"))
        await until(lambda: fires)
        now[0] += jump_s * 1_000_000_000
        agent.offer(ClockChange(jump_s * 1000))
        agent.offer(Pressed("y"))
        await until(lambda: session.t >= (5000 if jump_s > 0 else 0) and not agent._inbox)
        assert [name for _, name in fires if name in ("late", "too")] == []
        while not any(name == "late" for _, name in fires):
            now[0] += 1_000_000_000
            agent.offer(Pressed("y"))
            await asyncio.sleep(0.002)
        agent.stop()
        await serving

    asyncio.run(play())
    assert [each for each in fires if each[1] in ("late", "too")] == [(10_000, "late"), (10_000, "too")]
    assert any(name == "resumed" for _, name in fires) == (jump_s > 0)
