"""Simulated visitors: what they do follows from the seed, and they find where a dialogue has no way out."""

from __future__ import annotations

from typing import Any

import pytest

from engine.chance import Chance
from engine.events import Assert
from engine.model import After, MironMeta, Program
from engine.roles import SwappedRun
from engine.session import Session
from engine.virtual import VirtualRun
from engine.visitor import Habits, SimulatedVisitor, Visit
from tests.engine.scenes import Parrot, absent, call, hear, holds, on, program, rule, say, when, yes

ENTRIES = {"visitor.present": "flag", "visitor.speaking": "flag"}
GREET = rule("greet", when(holds(yes("visitor.present"))), acts=(say("who"),))
ANSWER = rule("answer", hear("name", eats=["greet"]), acts=(say("thanks"),))
DONE = rule("done", on("self", "thanks", phase="done"), end="met")
GONE = rule("gone", when(absent(yes("visitor.present"))), end="walked_away")


class Words:
    """Says the name of the Miron; ``shy`` ones it cannot say."""

    def express(self, miron: str, locale: str, chance: Chance) -> str | None:
        return None if miron == "shy" else miron


def desk(*rules: Any, heard: tuple[str, ...] = ("name", "shy", "other")) -> Program:
    return program(*rules, entries=ENTRIES, mirons={name: MironMeta(name) for name in heard})


def visit(model: Program, seed: int, services: Any = None, **habits: int) -> Visit:
    quiet = dict.fromkeys(("silent", "astray", "garbled", "noisy", "presses", "barges_in", "leaves"), 0)
    session = Session(model, Parrot(), seed=seed)
    run = VirtualRun(session, services) if services else VirtualRun(session)
    swapped = SwappedRun(model, Parrot(), seed=seed)
    return SimulatedVisitor(run, swapped, Words(), seed, Habits(**{**quiet, **habits})).visit()


def test_a_visitor_says_what_is_expected_until_the_visit_ends() -> None:
    went = visit(desk(GREET, ANSWER, DONE, GONE), 1)
    assert (went.ending, went.turns, went.sound) == ("met", 1, True)
    assert went.fired >= {"greet", "answer", "done"}
    assert [line.split(" ", 1)[1] for line in went.transcript if ">" in line] == [
        "> arrives",
        '> "name"',
        "> leaves",
    ]
    assert went.surprises == ()


def test_equal_seeds_visit_equally_and_others_do_not() -> None:
    model = desk(GREET, ANSWER, DONE, GONE)
    restless = {"silent": 30, "garbled": 20, "astray": 30, "noisy": 10, "barges_in": 40, "presses": 20}
    went = [visit(model, seed, **restless) for seed in range(12)]
    assert went == [visit(model, seed, **restless) for seed in range(12)]
    assert len({each.transcript for each in went}) > 6
    assert all(each.sound and not each.surprises for each in went)


def test_a_visit_that_cannot_end_is_found() -> None:
    went = visit(desk(GREET, ANSWER), 1, turns=3)
    assert (went.ending, went.sound) == ("", False)


def test_a_session_that_never_comes_to_rest_is_found() -> None:
    def silent(name: str, params: Any) -> Any:
        return "timed_out", "", 0

    hangs = rule("hangs", hear("name", eats=["greet"]), acts=(call("find", deadline_ms=3_600_000),))
    went = visit(desk(GREET, hangs, GONE), 1, silent)
    assert went.restless
    assert not went.sound


def test_a_fault_is_found() -> None:
    loop = rule("a", hear("name"), on("fired", "b")), rule("b", on("fired", "a"))
    went = visit(desk(GREET, *loop, GONE), 1, turns=3)
    assert '"code":"endless"' in went.faults[0]
    assert not went.sound


def test_a_visitor_who_leaves_is_gone_and_waits_for_the_time_out() -> None:
    late = rule("late", when(holds(After("greet", 120_000)), eats=["greet"]), end="walked_away")
    went = visit(desk(GREET, ANSWER, late), 1, leaves=100)
    assert (went.ending, went.turns) == ("walked_away", 1)


def test_what_has_no_sentence_is_pressed() -> None:
    shy = rule("answer", hear("shy", eats=["greet"]), acts=(say("thanks"),))
    went = visit(desk(GREET, shy, DONE, GONE), 1)
    assert went.ending == "met"
    assert any("[shy]" in line for line in went.transcript)


def test_what_is_known_beforehand_is_there_when_the_visitor_comes() -> None:
    model = desk(GREET, ANSWER, DONE, GONE)
    session = Session(model, Parrot())
    visitor = SimulatedVisitor(VirtualRun(session), SwappedRun(model, Parrot()), Words(), 1)
    visitor.visit([Assert("visitor.speaking", True)])
    assert session.value("visitor.speaking") in (True, None)


def test_chance_depends_on_seed_and_name_and_counts() -> None:
    one, two = Chance(1), Chance(1)
    one.below("other", 1000)
    assert [one.below("x", 1000) for _ in range(50)] == [two.below("x", 1000) for _ in range(50)]
    assert [Chance(seed).below("x", 1000) for seed in range(5)] != [Chance(0).below("x", 1000)] * 5
    assert {one.below("y", 3) for _ in range(50)} == {0, 1, 2}
    with pytest.raises(ValueError, match="nothing to choose"):
        one.below("x", 0)
