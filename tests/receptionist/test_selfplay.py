"""Simulated visitors of the shipped receptionist: no dead end, every visit ends by name."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime

import pytest

from dsl.compiler import Compiled
from dsl.language import MironLanguage
from dsl.selfplay import OtherVoice, SelfPlay, self_play, visits
from engine.chance import Chance
from engine.visitor import Visit
from receptionist.dialogue import load_dialogue
from receptionist.simulated import SimulatedReceptionist

FULL = os.environ.get("MIRON_FULL") == "1"


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return load_dialogue()


@pytest.fixture(scope="module")
def played(compiled: Compiled) -> SelfPlay:
    return self_play(compiled, range(20), SimulatedReceptionist())


def test_every_visit_ends_with_an_ending_of_the_dialogue(played: SelfPlay, compiled: Compiled) -> None:
    assert played.endings.keys() <= set(compiled.program.endings), [
        (visit.seed, visit.transcript) for visit in played.visits if not visit.ending
    ]
    assert len(played.endings) >= 4


def test_no_visit_comes_to_no_rest_or_runs_in_circles(played: SelfPlay) -> None:
    assert [visit.seed for visit in played.visits if visit.restless] == []
    faults = [(visit.seed, fault) for visit in played.visits for fault in visit.faults]
    assert [fault for fault in faults if '"code":"say"' not in fault[1]] == []


def test_the_visitors_own_run_of_the_dialogue_foresees_what_the_receptionist_does(
    played: SelfPlay,
) -> None:
    assert [(visit.seed, visit.surprises) for visit in played.visits if visit.surprises] == []


def test_coverage_tells_which_rules_no_visitor_reached(played: SelfPlay, compiled: Compiled) -> None:
    assert set(played.uncovered) < set(compiled.rules)
    assert played.coverage == 1 - len(played.uncovered) / len(compiled.rules)
    assert played.coverage > 0.4


def test_a_visit_can_be_had_again_by_its_seed(played: SelfPlay, compiled: Compiled) -> None:
    (again,) = visits(compiled, [7], SimulatedReceptionist())
    assert again == played.visits[7]


def test_what_the_visitor_says_is_understood_as_it_was_meant(compiled: Compiled) -> None:
    """Mostly: a visitor also gives names that nobody knows, and two Mirons may share a sentence."""
    lexicons = {"person": ("Grace Hopper", "Ada Lovelace"), "company": ("Analytical Engines",)}
    voice, language = OtherVoice(compiled, lexicons), MironLanguage(compiled, lexicons)
    chance = Chance(5)
    anytime = [name for name in sorted(compiled.heard) if "/" not in name]  # the others answer a question
    said = [(name, text) for name in anytime if (text := voice.express(name, "en", chance))]
    meant = [
        (name, language.understand(text, (), locale="en", t_wall=datetime(2026, 1, 5, 9)).name)
        for name, text in said
    ]
    assert len(said) > 20
    assert sum(name == heard for name, heard in meant) > 0.7 * len(said)


def _part(seeds: range) -> list[Visit]:
    return list(visits(load_dialogue(), seeds, SimulatedReceptionist()))


@pytest.mark.skipif(not FULL, reason="ten thousand visits; set MIRON_FULL=1")
@pytest.mark.parametrize("part", range(20 if FULL else 1))
def test_ten_thousand_visitors_all_end_by_name(part: int) -> None:
    first = 500 * part
    halves = [range(first, first + 250), range(first + 250, first + 500)]
    with ProcessPoolExecutor(2) as pool:
        found = [visit for half in pool.map(_part, halves) for visit in half]
    bad = [(visit.seed, visit.ending, visit.faults) for visit in found if not visit.sound or visit.surprises]
    assert bad == []
