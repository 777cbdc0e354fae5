"""Replay gives the same bytes; a changed dialogue shows where the sessions part; why and why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from engine.events import Assert, Gate, Heard, Perceived, Phase, Pressed, Report, Signal
from engine.explain import ExplainError, explain
from engine.journal import Journal, JournalError, parse, parse_all, read
from engine.mask import Masker
from engine.model import After, Mask, Within
from engine.replay import checkpoints, replay
from tests.engine.plays import RICH, SCRIPT, Script, play
from tests.engine.scenes import Parrot, Stage, absent, hear, holds, on, program, rule, say, told, when, yes
from tests.engine.test_journal import PRIVATE

FULL = os.environ.get("MIRON_FULL") == "1"


def journal_of(stage: Stage) -> Journal:
    return parse_all(("\n".join(stage.lines) + "\n").encode())


@settings(max_examples=100, deadline=None)
@given(SCRIPT)
def test_the_same_program_replays_byte_for_byte(script: Script) -> None:
    stage = Stage(RICH, manual=True, seed=7)
    play(stage.session, script)
    stage.session.close("end")
    report = replay(journal_of(stage), RICH, Parrot())
    assert report.identical, report.first_difference
    assert report.regenerated == ()
    assert report.session.snapshot() | {"drivers": {}} == stage.session.snapshot() | {"drivers": {}}


@settings(max_examples=100 if FULL else 5, deadline=None)
@given(SCRIPT)
def test_from_any_checkpoint_comes_the_same_tail(script: Script) -> None:
    stage = Stage(RICH, manual=True, seed=7)
    play(stage.session, script)
    stage.session.close("end")
    journal = journal_of(stage)
    last = None
    for checkpoint in checkpoints(journal, RICH, Parrot()):
        last = checkpoint["seq"]
        report = replay(journal, RICH, Parrot(), since=json.loads(json.dumps(checkpoint)))
        assert report.identical, report.first_difference
        assert report.lines == len(stage.lines) - checkpoint["seq"]
    assert last == len(stage.lines)


def test_a_tail_that_differs_from_the_journal_is_found_from_a_checkpoint() -> None:
    stage = Stage(RICH, manual=True)
    play(stage.session, [(Heard("hello"), 900), (Heard("name who=ada"), 100)])
    early = next(iter(checkpoints(journal_of(stage), RICH, Parrot())))
    lines = [line.replace('"rule":"answer"', '"rule":"xxx"') for line in stage.lines]
    report = replay(parse_all("\n".join(lines).encode()), RICH, Parrot(), since=early)
    assert report.first_difference is not None
    assert '"xxx"' in report.first_difference.recorded


def test_odd_events_replay_as_well() -> None:
    stage = Stage(RICH, manual=True)
    events: list[Any] = [
        Heard("crash", id=("mic", 1)),
        Heard("hello", id=("mic", 1)),
        Heard("name who=ada", id=("mic", 2), confidence=0.61),
        Signal("arrived", {"where": "door"}, id=("cam", 1)),
        Perceived("name", {}, also=(Pressed("bye"),), locale="en"),
        Report(55, Phase.DONE, values={"n": 1.5}, reason="late"),
        Assert("nothing", 1),
        Pressed("", {}),
        Gate("speech", False),
        Heard("\ud800 x"),
        None,
    ]
    for at, event in enumerate(events):
        stage.offer(event, at=at * 100)
    stage.session.note(latency_ms=12)
    stage.hear("hello", at=5000)
    stage.session.close()
    report = replay(journal_of(stage), RICH, Parrot())
    assert report.identical, report.first_difference
    assert report.lines == len(stage.lines)


def test_lost_and_torn_lines_are_regenerated() -> None:
    stage = Stage(RICH)
    stage.hear("hello")
    stage.run.settle()
    stage.until(9000)
    cut = next(i for i, line in enumerate(stage.lines) if '"kind":"fire"' in line) + 1
    report = replay(parse_all(("\n".join(stage.lines[:cut]) + '\n{"seq":').encode()), RICH, Parrot())
    assert report.identical
    assert report.torn
    assert report.regenerated[0] == stage.lines[cut]


def test_a_changed_line_is_the_first_difference() -> None:
    stage = Stage(RICH)
    stage.hear("hello")
    stage.run.settle()
    lines = [line.replace('"rule":"ask"', '"rule":"xxx"') for line in stage.lines]
    report = replay(parse_all("\n".join(lines).encode()), RICH, Parrot())
    assert not report.identical
    assert report.first_difference is not None
    assert '"xxx"' in report.first_difference.recorded
    assert '"ask"' in report.first_difference.replayed


def test_another_program_parts_where_its_rules_do() -> None:
    stage = Stage(program(rule("a", hear("x"), acts=(say("one"),))))
    stage.hear("x")
    other = program(rule("b", hear("x"), acts=(say("one"),)))
    report = replay(journal_of(stage), other, Parrot())
    assert report.first_difference is not None
    assert '"rule":"b"' in report.first_difference.replayed


def test_a_masked_journal_replays_without_the_key() -> None:
    stage = Stage(
        PRIVATE,
        services=lambda name, params: ("done", {"host": "Grace Hopper"}, 10),
        mask=Masker(PRIVATE, b"k" * 32),
    )
    for text in ("name who=Ada", "talk", "name who=Eve", "name who=Ada"):
        stage.hear(text)
        stage.run.settle()
    report = replay(journal_of(stage), PRIVATE, Parrot())
    assert report.identical, report.first_difference


def test_an_incomplete_line_from_outside_is_a_sentence() -> None:
    stage = Stage(RICH)
    lines = [stage.lines[0], '{"seq":1,"t":0,"kind":"percept","cause":null,"source":"self"}']
    with pytest.raises(JournalError, match="line 1"):
        replay(parse_all("\n".join(lines).encode()), RICH, Parrot())
    with pytest.raises(JournalError, match="'open' line"):
        replay(parse_all(b'{"seq":0,"t":0,"kind":"open","cause":null,"format":1}'), RICH, Parrot())


SCRIPT_SOURCE = """
from engine.events import *
from tests.engine.scenes import Stage
from tests.engine.plays import RICH, play
stage = Stage(RICH, manual=True)
play(stage.session, [(Heard("hello"), 900), (Heard("name who=ada?"), 100), (Heard("again"), 4000),
                      (Assert("visitor.present", True), 2000), (Heard("bye"), 10)])
print("\\n".join(stage.lines))
"""


def test_bytes_do_not_depend_on_the_hash_seed_or_the_time_zone() -> None:
    root = Path(__file__).parents[2]
    outputs = set()
    for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("random", "America/New_York")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT_SOURCE], env=environment, cwd=root, capture_output=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop()) > 2000


KILLED = """
import os, signal, sys
from pathlib import Path
from engine.events import *
from engine.journal import JournalWriter
from tests.engine.plays import RICH, play
from tests.engine.scenes import Parrot
from engine.session import Session
writer, left = JournalWriter(Path(sys.argv[1])), int(sys.argv[2])
class Dying:
    def __call__(self, line):
        global left
        writer(line)
        left -= 1
        if left == 0:
            writer.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    def flush(self):
        writer.flush()
session = Session(RICH, Parrot(), journal=Dying())
session.open()
visit = ("hello", 900), ("name who=ada?", 100), ("again", 4000), ("bye", 10)
play(session, [(Heard(text), pause) for text, pause in visit])
"""


@pytest.mark.parametrize("line", [1, 4, 17])
def test_a_killed_process_leaves_a_journal_that_replays(line: int, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    path = tmp_path / "killed.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(line)],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        check=False,
    )
    assert done.returncode == -9
    journal = read(path)
    assert len(journal.records) == line
    assert replay(journal, RICH, Parrot()).identical


GUARDED = program(
    rule("ask", hear("hello"), acts=(say("question"),)),
    rule("answer", hear("name", eats=["ask"])),
    rule("silent", when(holds(After("ask", 1000)), absent(yes("noisy")), eats=["ask"])),
    rule("loud", hear("hello"), unless=(Mask((holds(yes("noisy")),)),)),
    rule("lamp", when(holds(yes("noisy")), holds(yes("dark")))),
    rule("once", hear("hello"), once=True),
    rule("cool", hear("name"), cooldown_ms=5000),
    rule("inner", hear("bye"), scope="question"),
    rule("outer", hear("bye")),
    rule("soon", hear("x", holds(Within(on("other", "name").pulse, 1000)))),  # type: ignore[arg-type]
    rule("thought"),
    rule("told", told("visitor")),
    entries={"noisy": "flag", "dark": "flag"},
    scopes={"question": ""},
)


def _line(stage: Stage, **wanted: Any) -> int:
    """Number of the last line with these fields."""
    return [
        each.seq for each in stage.records if all(each.get(name) == value for name, value in wanted.items())
    ][-1]


def _fire(stage: Stage, name: str) -> int:
    return [each.seq for each in stage.kinds("fire") if each.get("rule") == name][-1]


def test_why_names_the_inputs_and_the_lines_they_come_from() -> None:
    stage = Stage(GUARDED)
    stage.hear("hello")
    stage.until(5000)
    answer = explain(journal_of(stage), GUARDED, Parrot(), _fire(stage, "silent"))
    assert (answer.fired, answer.t, answer.consumed) == (True, 2400, ("ask",))
    (group,) = answer.groups
    inputs = {each.name: each for each in group.inputs}
    timer = _line(stage, rule="ask", after=1000)
    assert inputs["after 1000 ms of ask"].line == timer
    assert inputs["after 1000 ms of ask"].rose
    assert inputs["active ask"].line == _fire(stage, "ask")
    assert "fired at 2400 ms" in str(answer)
    asked = explain(journal_of(stage), GUARDED, Parrot(), _fire(stage, "ask"))
    assert asked.groups[0].inputs[0].line == _line(stage, name="hello")


@pytest.mark.parametrize(
    ("rule_name", "verdict"),
    [
        ("answer", "missing: active ask"),
        ("loud", "inhibited: noisy is yes"),
        ("lamp", "missing: dark is yes"),
        ("once", "only once a visit"),
        ("thought", "only when it is thought of"),
    ],
)
def test_why_not_names_the_first_stage_that_said_no(rule_name: str, verdict: str) -> None:
    stage = Stage(GUARDED)
    stage.hear("hello")
    stage.hear("name")
    stage.offer(Assert("noisy", True))
    stage.hear("hello" if rule_name in ("loud", "once") else "name")
    at = max(
        each.seq
        for each in stage.records
        if each.kind == "percept" and each.get("source") == "other" and each.cause is None
    )
    answer = explain(journal_of(stage), GUARDED, Parrot(), at, rule_name)
    assert not answer.fired
    assert verdict in answer.verdict


def test_why_not_tells_of_rises_cooldowns_scopes_and_gates() -> None:
    stage = Stage(GUARDED)
    for entry in ("noisy", "dark"):
        stage.offer(Assert(entry, True))
    stage.hear("name", at=100)
    stage.hear("name", at=1100)
    second = _line(stage, name="name")
    stage.hear("bye", at=1200)
    bye = _line(stage, name="bye")
    stage.hear("x", at=2200)
    late = _line(stage, name="x")
    journal = journal_of(stage)

    def verdict(at: int, name: str) -> str:
        return explain(journal, GUARDED, Parrot(), at, name).verdict

    assert "acts only when it becomes true" in verdict(second, "lamp")
    assert "cooldown lasts 4001 ms more" in verdict(second, "cool")
    assert "taken within an inner scope by inner" in verdict(bye, "outer")
    assert "missing: other name within 1000 ms" in verdict(late, "soon")


def test_questions_that_do_not_fit_get_a_sentence() -> None:
    stage = Stage(GUARDED)
    stage.hear("hello")
    journal = journal_of(stage)
    with pytest.raises(ExplainError, match="no line 9999"):
        explain(journal, GUARDED, Parrot(), 9999)
    with pytest.raises(ExplainError, match="say which rule"):
        explain(journal, GUARDED, Parrot(), 1)
    with pytest.raises(ExplainError, match="did you mean 'answer'"):
        explain(journal, GUARDED, Parrot(), 1, "anwser")


def test_a_line_of_a_journal_parses_to_what_observers_saw() -> None:
    stage = Stage(RICH)
    stage.hear("hello")
    assert [parse(line).line for line in stage.lines] == [each.line for each in stage.records]
