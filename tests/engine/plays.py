"""A program with one of everything, and random visits to it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from engine.events import Assert, Gate, Heard, Phase, Report, Signal
from engine.model import After, Held, Mask, MironMeta, OnBusy, Think, TimerOut
from engine.session import Session
from tests.engine.scenes import call, hear, holds, known, on, program, rule, say, when, yes

NAME = MironMeta("name", writes=(("who", "visitor.name"),))
RICH = program(
    rule(
        "ask",
        hear("hello"),
        hear("again"),
        acts=(say("question"),),
        timers=(("t", 3000),),
        ignore_again=False,
    ),
    rule("answer", hear("name", eats=["ask"]), acts=(say("thanks"),), on_busy=OnBusy.INTERRUPT),
    rule(
        "silence",
        when(holds(After("ask", 2000)), eats=["ask"]),
        acts=(say("still"),),
        thinks=(Think("idea"),),
    ),
    rule("out", when(holds(TimerOut("t"))), acts=(call("ring", outward=True, get=(("found", "found"),)),)),
    rule("here", when(holds(Held((Mask((holds(yes("visitor.present")),)),), 1500))), once=True),
    rule("idea", on("inner", "idea"), gates=(("speech", False),), cooldown_ms=5000),
    rule("known", when(holds(known("visitor.name"))), gates=(("speech", True),)),
    rule("bye", hear("bye"), end="met"),
    entries={"visitor.name": "person", "visitor.present": "flag", "found": "text"},
    mirons={"name": NAME},
)
EVENT = st.sampled_from(
    [
        Heard("hello"),
        Heard("again"),
        Heard("name who=ada"),
        Heard("name who=eve?"),
        Heard("bye"),
        Assert("visitor.present", True),
        Assert("visitor.present", False),
        Gate("speech", True),
        Signal("left"),
    ]
)
Script = list[tuple[Any, int]]
SCRIPT = st.lists(st.tuples(EVENT, st.integers(0, 2500)), max_size=12)


def play(session: Session, script: Script) -> None:
    """Reports come 700 ms after a start; a stop is obeyed at once."""
    reports: list[tuple[int, Report]] = []

    def serve() -> None:
        for command in session.take_commands():
            if command.kind == "start":
                values = {"found": "it"} if command.channel == "service" else {}
                reports.append((session.t + 700, Report(command.act, Phase.DONE, values=values)))
            elif command.kind == "stop":
                reports.append((session.t, Report(command.act, Phase.CANCELLED, "this")))

    def until(t: int) -> None:
        while reports and min(reports, key=lambda each: each[0])[0] <= t:
            at, report = min(reports, key=lambda each: each[0])
            reports.remove((at, report))
            session.offer(report, at)
            session.run(max(at, session.t))
            serve()
        session.run(t)
        serve()

    for event, pause in script:
        session.offer(event)
        until(session.t + pause)
    until(session.t + 9000)
