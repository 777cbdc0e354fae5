"""Swapped roles: what the agent says the swapped run hears, what it hears the swapped run says."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from engine.events import Assert, Heard, Phase, Pressed
from engine.journal import Record, parse_all
from engine.replay import replay
from engine.roles import Surprise, SwappedRun
from tests.engine.plays import RICH, SCRIPT, Script, play
from tests.engine.scenes import Parrot, Stage, call, finished, hear, on, program, rule, say, when

FIND = call("find", get=(("found", "found"),))
DESK = program(
    rule("greet", hear("hello"), acts=(say("who_are_you"),)),
    rule(
        "thank", hear("name", eats=["greet"]), acts=(say("thanks"), call("find", get=(("found", "found"),)))
    ),
    rule("tell", when(finished("thank"), eats=["thank"]), acts=(say("wait_here"),)),
    rule("bye", on("self", "wait_here", phase="done"), end="met"),
    entries={"found": "text"},
)


def swapped(**fields: Any) -> tuple[SwappedRun, list[Record]]:
    run = SwappedRun(DESK, Parrot(), **fields)
    records: list[Record] = []
    run.session.observe(records.append)
    run.open()
    return run, records


def fired(records: list[Record]) -> list[tuple[int, Any]]:
    return [(each.t, each.get("rule")) for each in records if each.kind == "fire"]


def test_what_is_said_to_the_partner_opens_what_it_may_do_and_what_may_be_said_next() -> None:
    run, _ = swapped()
    assert [each.miron for each in run.expectations()] == ["hello"]
    run.says(Pressed("hello"))
    assert [(each.channel, each.name) for each in run.awaits()] == [("speech", "who_are_you")]
    assert [each.miron for each in run.expectations() if each.state] == ["name"]


def test_the_act_ends_when_the_partner_is_perceived_doing_it() -> None:
    run, records = swapped()
    run.says(Pressed("hello"), at=0)
    assert run.hears("speech", "who_are_you", Phase.STARTED, at=100)
    assert run.hears("speech", "who_are_you", text="who are you", at=2000)
    assert run.awaits() == []
    ends = [(each.t, each.get("phase")) for each in records if each.get("source") == "self"]
    assert ends == [(100, "started"), (2000, "done")]


def test_what_the_partner_would_not_do_is_a_surprise() -> None:
    run, _ = swapped()
    assert not run.hears("speech", "joke", at=500)
    assert run.surprises == [Surprise(500, "speech", "joke")]
    run.says(Pressed("hello"))
    assert run.hears("speech", "who_are_you")
    assert len(run.surprises) == 1


def test_a_partner_that_does_nothing_is_waited_for_until_the_deadline_of_the_act() -> None:
    run, records = swapped()
    run.says(Pressed("hello"))
    run.advance(60_000)
    assert run.awaits() == []
    assert [each.get("phase") for each in records if each.get("source") == "self"] == ["timed_out"]


def test_a_swapped_run_beside_its_partner_fires_the_same_rules_at_the_same_time() -> None:
    stage = Stage(DESK, lambda name, params: ("done", {"found": "it"}, 300))
    run, records = swapped(journal=None)
    stage.session.observe(run.follow)
    for text, at in (("hello", 0), ("nonsense", 900), ("name who=ada", 2500)):
        stage.hear(text, at=at)
    stage.run.settle()
    assert fired(records) == stage.fires()
    assert run.surprises == []
    assert run.session.ended == ["met"]


@settings(max_examples=60, deadline=None)
@given(SCRIPT)
def test_for_any_visit_the_swapped_run_stays_in_step(script: Script) -> None:
    stage = Stage(RICH, manual=True)
    run = SwappedRun(RICH, Parrot())
    records: list[Record] = []
    run.session.observe(records.append)
    run.open()
    stage.session.observe(run.follow)
    play(stage.session, script)
    run.advance(stage.session.t)
    assert fired(records) == stage.fires()
    assert run.expectations() == stage.session.expectations()


def test_the_journal_says_who_is_played_and_replays() -> None:
    lines: list[str] = []
    run, _ = swapped(journal=lines.append)
    run.says(Heard("hello"), at=10)
    run.hears("speech", "who_are_you", at=900)
    run.says(Assert("found", "it"))
    run.session.close()
    journal = parse_all("\n".join(lines).encode())
    assert journal.header.get("role") == "other"
    report = replay(journal, DESK, Parrot())
    assert report.identical, report.first_difference
