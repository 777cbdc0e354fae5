"""What is expected is found without looking at every group, and nothing is missed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expect import Outlook, expectations
from engine.live import LiveExecutor
from engine.model import Group, MironMeta, Program, Pulse, Rule
from engine.network import Network
from tests.engine.plays import RICH, SCRIPT, Script, play
from tests.engine.scenes import Stage, hear, program, rule
from tests.engine.strategies import INSTANT, programs

MIRONS = {"a": MironMeta("a", writes=(("x", "v"),)), "b": MironMeta("b", sets=(("f", True),))}


@dataclass
class Situation:
    """What expectations are read from."""

    network: Network
    executor: Any
    rules: tuple[Rule, ...]
    t: int = 3


def core_of(stage: Stage) -> Any:
    """The state of a session, which nobody else looks into."""
    return stage.session._handler._core


def scan(network: Network) -> Outlook:
    """An outlook without an index: every group is looked at."""
    outlook = Outlook(network)
    outlook.unguarded += [woken for waiting in outlook.guarded.values() for woken in waiting]
    outlook.guarded.clear()
    return outlook


@settings(max_examples=200, deadline=None)
@given(programs, st.lists(st.integers(0, 255), max_size=12), st.booleans())
def test_the_index_finds_what_a_scan_of_all_groups_finds(drawn: Program, on: list[int], told: bool) -> None:
    listening = [Rule(f"told {name}", (Group(Pulse("told", name)),)) for name in ("v", "f")] if told else []
    heard = replace(drawn, rules=(*drawn.rules, *listening), mirons=MIRONS)
    network = Network.compile(heard, INSTANT)
    by_name = {each.name: each for each in heard.rules}
    executor = LiveExecutor(network)
    situation: Any = Situation(network, executor, tuple(by_name[unit.name] for unit in network.units))
    outlook, everything = Outlook(network), scan(network)
    for number in on:
        if network.levels:
            executor.set_level(number % len(network.levels), True)
        executor.close()
        assert expectations(situation, outlook) == expectations(situation, everything)


@settings(max_examples=50, deadline=None)
@given(SCRIPT)
def test_in_any_visit_the_index_finds_what_a_scan_finds(script: Script) -> None:
    stage = Stage(RICH, manual=True, seed=7)
    play(stage.session, script)
    core = core_of(stage)
    assert stage.session.expectations() == expectations(core, scan(core.network))


def test_groups_of_states_that_are_not_in_force_are_not_looked_at() -> None:
    rules = [rule(f"ask{n}", hear(f"topic{n}"), followed=True) for n in range(50)]
    rules += [rule(f"answer{n}", hear(f"answer{n}", eats=[f"ask{n}"])) for n in range(50)]
    stage = Stage(program(*rules))
    stage.hear("topic7", at=0)
    core = core_of(stage)
    outlook = Outlook(core.network)
    assert {each.miron for each in outlook.possible(core.executor) if each.state} == {"answer7"}
    assert [each.miron for each in stage.session.expectations() if each.state] == ["answer7"]
