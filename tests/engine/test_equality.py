"""Reference and executors give the same answer to everything that can be seen, for any program and events."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from engine import adjacency
from engine.live import LiveExecutor
from engine.model import Entry, Group, Lit, Mask, Op, Program, Pulse, Ref, Rule
from engine.model import Test as Check
from engine.network import Network
from engine.weights import weights_of
from tests.engine.playing import Player, ReferencePlayer, differ, play
from tests.engine.strategies import INSTANT, Event, event_lists, programs

FULL = os.environ.get("MIRON_FULL") == "1"
laws = settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=not FULL,
)

matrix_laws = settings(laws, max_examples=500 if FULL else 25)
PARTS = range(20 if FULL else 1)
"""Ten thousand in parts, each of them well within the time that a test may take."""


@pytest.mark.parametrize("part", PARTS)
@laws
@given(programs, event_lists)
def test_live_executor_equals_the_reference(part: int, program: Program, events: list[Event]) -> None:
    network = Network.compile(program, INSTANT)
    live = play(Player(LiveExecutor(network)), events)
    assert not differ(live, play(ReferencePlayer(program, network), events))


@laws
@given(programs, event_lists)
def test_levels_that_very_many_groups_ask_for_are_read_with_the_same_answer(
    program: Program, events: list[Event]
) -> None:
    network = Network.compile(program, INSTANT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adjacency, "HUB_FANOUT", 0)
        executor = LiveExecutor(network)
    assert not differ(play(Player(executor), events), play(ReferencePlayer(program, network), events))


@pytest.mark.parametrize("part", PARTS)
@matrix_laws
@given(programs, event_lists)
def test_matrix_executor_equals_the_live_one(part: int, program: Program, events: list[Event]) -> None:
    matrix = pytest.importorskip("engine.matrix_executor", reason="needs torch")
    network = Network.compile(program, INSTANT)
    live = LiveExecutor(network)
    weighed = matrix.MatrixExecutor(network)
    assert not differ(play(Player(weighed), events), play(Player(live), events))
    assert weighed.snapshot() == live.snapshot()


@settings(matrix_laws, max_examples=10)
@given(programs, event_lists)
def test_a_session_in_a_batch_does_not_depend_on_the_others(program: Program, events: list[Event]) -> None:
    matrix = pytest.importorskip("engine.matrix", reason="needs torch")
    executor = pytest.importorskip("engine.matrix_executor", reason="needs torch").MatrixExecutor
    torch = pytest.importorskip("torch")
    seen = []

    class Recording(matrix.MatrixStep):  # type: ignore[misc, name-defined]
        def forward(self, inputs: Any) -> Any:
            out = super().forward(inputs)
            seen.append((inputs, out))
            return out

    network = Network.compile(program, INSTANT)
    weights = weights_of(network)
    play(Player(executor(network, Recording(weights))), events[:3])
    batch = matrix.Inputs(*(torch.cat(parts) for parts in zip(*(i for i, _ in seen), strict=True)))
    together = matrix.MatrixStep(weights)(batch)
    for name, rows in zip(matrix.Outputs._fields, together, strict=True):
        assert torch.equal(rows, torch.cat([getattr(out, name) for _, out in seen])), name


HEAR = Pulse("other", "a")
FAN_INS = range(1, 65) if FULL else (1, 2, 6, 7, 12, 13, 19, 23, 64)
"""By default those at which sums of 1/n go wrong, and the ends."""


def _all(program: Program) -> list[Player | ReferencePlayer]:
    network = Network.compile(program, INSTANT)
    players: list[Player | ReferencePlayer] = [
        ReferencePlayer(program, network),
        Player(LiveExecutor(network)),
    ]
    with contextlib.suppress(ImportError):
        from engine.matrix_executor import MatrixExecutor

        players.append(Player(MatrixExecutor(network)))
    return players


@pytest.mark.parametrize("kind", ["event", "tests", "unless"])
def test_every_fan_in_decides_alike_on_every_executor(kind: str) -> None:
    """All inputs: it acts (or inhibits); each single one missing: it does not."""
    for fan_in in FAN_INS:
        names = [f"f{i}" for i in range(fan_in)]
        wanted = {name: i % 3 != 2 for i, name in enumerate(names)}
        lits = tuple(Lit(Check(Op.YES, Ref(name)), positive) for name, positive in wanted.items())
        group = Group(None, lits) if kind == "tests" else Group(HEAR, lits if kind == "event" else ())
        rule = Rule("r", (group,), unless=(Mask(lits),) if kind == "unless" else ())
        program = Program("fan", (rule,), entries={name: Entry(name, "flag") for name in names})
        missing = range(fan_in) if FULL else sorted({0, fan_in // 2, fan_in - 1})
        pulses = set() if kind == "tests" else {HEAR}
        for player in _all(program):
            player.close()
            player.tick(set(), 0)
            fired = []
            for off in (None, *missing):
                for name, positive in wanted.items():
                    player.set(Check(Op.YES, Ref(name)), positive != (name == f"f{off}"))
                player.close()
                fired.append(player.tick(pulses, 0)["winners"] == ["r"])
                player.close()
            assert fired == [(kind != "unless") == (off is None) for off in (None, *missing)], (fan_in, kind)
