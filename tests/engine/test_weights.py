"""Weights can be looked at by name, written to a file and read back to work as they did."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from dsl.compiler import compile_tree
from dsl.reader import read
from engine.export import ExportError, load, save
from engine.inspect import network_edges, network_nodes
from engine.live import LiveExecutor
from engine.model import Assign, Const, Group, Lit, Mask, OnBusy, Op, Program, Pulse, Ref, Rule
from engine.model import Test as MemoryTest
from engine.network import Network
from engine.weights import weights_of
from miron.resources import assets_path
from tests.engine.playing import Player, play
from tests.engine.scenes import hear, program, rule, say
from tests.engine.strategies import INSTANT, Event, event_lists, programs

NEAR = MemoryTest(Op.YES, Ref("near"))
DARK = MemoryTest(Op.YES, Ref("dark"))
SMALL = program(
    Rule("hello", (Group(Pulse("other", "hi"), (Lit(NEAR, False),), text="hear hi"),), origin="a.yaml:3:1"),
    Rule("lamp", (Group(None, (Lit(NEAR), Lit(DARK))),), origin="a.yaml:7:1"),
    rule("quiet", hear("hi", eats=["hello"]), unless=(Mask((Lit(DARK),)),)),
    rule("talk", hear("hi"), acts=(say("one"),), on_busy=OnBusy.DROP, assign=(Assign("near", Const(True)),)),
    entries={"near": "flag", "dark": "flag"},
)


def test_edges_carry_the_names_the_weight_and_the_source_line() -> None:
    found = {(edge.source, edge.target, edge.kind): (edge.weight, edge.span) for edge in network_edges(SMALL)}
    assert found["event other hi", "group hello[0]", "event"] == (1.0, "a.yaml:3:1")
    assert found["level near is yes", "group hello[0]", "test"] == (-1.0, "a.yaml:3:1")
    assert found["group hello[0]", "rule hello", "fires"] == (1.0, "a.yaml:3:1")
    assert found["level near is yes", "group lamp[0]", "rise"] == (1.0, "a.yaml:7:1")
    assert found["level near is yes", "group lamp[0]", "test"] == (2.0, "a.yaml:7:1")
    assert found["mask quiet unless[0]", "rule quiet", "unless"] == (-1.0, "")
    assert found["group quiet[0]", "rule hello", "consumes"][0] == -1.0
    assert found["level busy speech", "rule talk", "busy"][0] == -1.0
    assert found["rule talk", "level near is yes", "sets"][0] == 4.0


def test_thresholds_are_halves_and_a_group_reaches_its_own_only_with_all_inputs() -> None:
    nodes = {node.id: node for node in network_nodes(SMALL)}
    edges = network_edges(SMALL)
    for node in nodes.values():
        if node.kind == "group":
            assert node.threshold is not None
            into = [edge for edge in edges if edge.target == node.id]
            full = sum(edge.weight for edge in into if edge.weight > 0)
            tests = [edge.weight for edge in into if edge.kind == "test" and edge.weight > 0]
            assert full > node.threshold
            assert all(full - weight <= node.threshold for weight in tests)
            events = [edge for edge in into if edge.kind in ("event", "rise", "fall")]
            assert full - sum(edge.weight for edge in events) <= node.threshold


def test_every_weight_of_the_receptionist_joins_two_units_that_exist() -> None:
    compiled = compile_tree(read(assets_path() / "dialogues" / "receptionist"))
    network = Network.compile(compiled.program)
    nodes = network_nodes(compiled.program, network)
    edges = network_edges(compiled.program, network)
    ids = {node.id for node in nodes}
    assert len(ids) == len(nodes)
    assert {end for edge in edges for end in (edge.source, edge.target)} <= ids
    assert all(edge.span for edge in edges if edge.kind in ("event", "fires", "unless", "rise"))
    assert Counter(edge.kind for edge in edges)["event"] == sum(g.pulse >= 0 for g in network.groups)


def test_exported_weights_carry_the_names_of_their_units_and_source_lines(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    save(path, weights_of(Network.compile(SMALL)))
    saved = np.load(path)
    weights = {
        (saved["names.groups"][row], saved["names.levels"][column]): weight
        for row, column, weight in zip(
            saved["group_levels.row"], saved["group_levels.column"], saved["group_levels.weight"], strict=True
        )
    }
    assert weights["hello[0]", "near is yes"] == -1.0
    assert dict(zip(saved["names.rules"], saved["origins"], strict=True))["hello"] == "a.yaml:3:1"


@settings(max_examples=20, deadline=None, derandomize=True)
@given(programs, event_lists)
def test_what_is_read_back_is_what_was_written(
    tmp_path_factory: Any, program: Program, events: list[Event]
) -> None:
    path = tmp_path_factory.mktemp("export") / "weights.npz"
    executor = LiveExecutor(Network.compile(program, INSTANT))
    play(Player(executor), events)
    save(path, weights_of(executor.network), executor.snapshot())
    back = load(path)
    assert back.weights == weights_of(executor.network)
    assert back.state == executor.snapshot()


@settings(max_examples=5, deadline=None, derandomize=True)
@given(programs, event_lists)
def test_weights_read_back_do_what_they_did(
    tmp_path_factory: Any, program: Program, events: list[Event]
) -> None:
    step = pytest.importorskip("engine.matrix", reason="needs torch").MatrixStep
    executor = pytest.importorskip("engine.matrix_executor", reason="needs torch").MatrixExecutor
    path = tmp_path_factory.mktemp("export") / "weights.npz"
    network = Network.compile(program, INSTANT)
    save(path, weights_of(network))
    again = executor(network, step(load(path).weights))
    assert play(Player(again), events[:4]) == play(Player(executor(network)), events[:4])


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"PK\x03\x04 broken"])
def test_what_holds_no_weights_is_refused_with_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(content)
    with pytest.raises(ExportError, match="holds no exported weights"):
        load(path)
    np.savez(path.with_name("other.npz"), format=np.array(99))
    with pytest.raises(ExportError, match="format 99"):
        load(path.with_name("other.npz"))
