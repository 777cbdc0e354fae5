"""Reference and executors give the same answer to everything that can be seen, for any program and events."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from engine.live import LiveExecutor
from engine.model import Program
from engine.network import Network
from tests.engine.playing import Player, ReferencePlayer, differ, play
from tests.engine.strategies import INSTANT, Event, event_lists, programs

FULL = os.environ.get("MIRON_FULL") == "1"
laws = settings(
    max_examples=10_000 if FULL else 500,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=not FULL,
)

matrix_laws = settings(laws, max_examples=10_000 if FULL else 60)


@laws
@given(programs, event_lists)
def test_live_executor_equals_the_reference(program: Program, events: list[Event]) -> None:
    network = Network.compile(program, INSTANT)
    live = play(Player(LiveExecutor(network)), events)
    assert not differ(live, play(ReferencePlayer(program, network), events))


@matrix_laws
@given(programs, event_lists)
def test_matrix_executor_equals_the_live_one(program: Program, events: list[Event]) -> None:
    matrix = pytest.importorskip("engine.matrix", reason="needs torch")
    network = Network.compile(program, INSTANT)
    live = LiveExecutor(network)
    weighed = matrix.MatrixExecutor(network)
    assert not differ(play(Player(weighed), events), play(Player(live), events))
    assert weighed.snapshot() == live.snapshot()
