"""The receptionist for programs: lines in, lines out, and bad lines."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.journal import read as read_journal
from receptionist.cli import miron as command_line
from receptionist.config import load_config
from receptionist.jsonl import run_jsonl
from receptionist.jsonl_input import KEYS, BadLine, Input, parse_input, read_inputs
from receptionist.scripted import open_invented

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "jsonl.md"
BLOCKS = re.findall(r"^```\w*\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
DESK, FIXTURE, VISIT, SESSION = BLOCKS
Line = dict[str, Any]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "desk.yaml").write_text(DESK, "utf-8")
    (tmp_path / "fixture.yaml").write_text(FIXTURE, "utf-8")
    return tmp_path


def miron(home: Path, *args: str, said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "receptionist", "run", *args],
        input=said,
        capture_output=True,
        timeout=120,
        env={**os.environ, "MIRON_HOME": str(home / "home")},
    )


def refused(home: Path, *args: str) -> tuple[int, str]:
    """Status and message of a run that does not begin, in this process."""
    result = CliRunner(env={"MIRON_HOME": str(home / "home")}).invoke(command_line, ["run", *args])
    assert isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stderr


def play(desk: Path, *inputs: object, now: datetime | None = None, fixture: str = "") -> list[Line]:
    """The lines that a run in this process writes; a byte string goes in as it is."""
    if fixture:
        (desk / "fixture.yaml").write_text(fixture, "utf-8")
    raw = b"".join(
        (each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in inputs
    )
    config = load_config(env={"MIRON_HOME": str(desk / "home")})
    reception, invented = open_invented(
        config, desk / "fixture.yaml", now, dialogue=desk / "desk.yaml", seed=0
    )
    out = io.StringIO()
    try:
        run_jsonl(
            reception,
            read_inputs(io.BytesIO(raw)),
            out,
            services=invented.services,
            begin=invented.begin,
        )
    finally:
        reception.close()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def of(lines: list[Line], kind: str) -> list[Line]:
    return [line[kind] for line in lines if kind in line]


def said(lines: list[Line]) -> list[str]:
    return [act["text"] for act in of(lines, "act") if act["does"] == "say"]


def test_the_session_in_the_document_is_what_happens(desk: Path) -> None:
    command, _, shown = SESSION.partition("\n")
    assert command == ("$ miron run --jsonl --dialogue desk.yaml --fixture fixture.yaml < visit.jsonl")
    args = ["--jsonl", "--dialogue", str(desk / "desk.yaml"), "--fixture", str(desk / "fixture.yaml")]
    ran = miron(desk, *args, said=VISIT.encode())
    assert (ran.stdout.decode(), ran.stderr, ran.returncode) == (shown, b"", 0)


def test_every_input_line_is_answered_by_exactly_one_waiting(desk: Path) -> None:
    inputs: list[object] = [{"press": "Hello"}, b"not json", {"silence": 5}, b"", {"leave": True}, {"x": 1}]
    lines = play(desk, *inputs)
    assert len(of(lines, "waiting")) == 5, "the blank line is no input"
    assert all(len(line) == 1 for line in lines)


def test_the_same_inputs_give_the_same_lines(desk: Path) -> None:
    inputs = [{"user": "hello"}, {"silence": 7.5}, {"type": "Ada Lovelace"}]
    assert play(desk, *inputs) == play(desk, *inputs)


def test_the_recorded_session_can_be_lived_through_again(desk: Path) -> None:
    play(desk, {"user": "hello"}, {"user": "Ada Lovelace"})
    (journal,) = (desk / "home" / "journal").glob("*.jsonl")
    assert not read_journal(journal).torn
    args = ["-m", "receptionist", "replay", "--dialogue", str(desk / "desk.yaml"), str(journal)]
    ran = subprocess.run([sys.executable, *args], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_sessions_of_one_invented_moment_have_journals_of_their_own(desk: Path) -> None:
    play(desk, {"user": "hello"})
    play(desk, {"user": "hello"})
    journals = list((desk / "home" / "journal").glob("*.jsonl"))
    assert len(journals) == 2
    for journal in journals:
        assert [record.seq for record in read_journal(journal).records if record.kind == "open"] == [0]


@pytest.mark.parametrize(
    ("reachable", "answer"), [("coming", "coming"), ("later", "later"), ("no_answer", "no_answer")]
)
def test_a_host_answers_as_the_fixture_says(desk: Path, reachable: str, answer: str) -> None:
    fixture = f"hosts:\n  - {{name: Grace Hopper, reachable: {reachable}}}\n"
    lines = play(desk, {"user": "hello"}, {"user": "Ada Lovelace"}, fixture=fixture)
    (notification,) = of(lines, "notification")
    assert (notification["to"], notification["about"]) == ("Grace Hopper", "Ada Lovelace")
    assert (notification["state"], notification["answer"]) == ("sent", answer)
    assert [ending["name"] for ending in of(lines, "ending")] == ["announced"]


def test_two_visitors_of_one_run_are_two_visits(desk: Path) -> None:
    lines = play(desk, *({"user": words} for words in ("hello", "Ada Lovelace", "hello", "Charles Babbage")))
    assert [each["about"] for each in of(lines, "notification")] == ["Ada Lovelace", "Charles Babbage"]
    assert len(of(lines, "ending")) == 2


def test_silence_moves_the_clock_and_makes_the_receptionist_ask_again(desk: Path) -> None:
    lines = play(desk, {"press": "Hello"}, {"silence": 5})
    first, second = of(lines, "waiting")
    assert (first["asks"], first["step"]) == ("ask_name", 1)
    assert (second["asks"], second["step"]) == ("ask_name", 2)
    assert second["t"] >= first["t"] + 5000


def test_long_noise_is_answered_as_noise_and_short_noise_is_not(desk: Path) -> None:
    short = play(desk, {"press": "Hello"}, {"noise": 1})
    assert len(said(short)) == 2
    long = play(desk, {"press": "Hello"}, {"noise": 16})
    assert "loud" in said(long)[-1]


@pytest.mark.parametrize("ends", [[{"leave": True}], []], ids=["leave", "end of input"])
def test_a_visitor_who_leaves_ends_the_visit(desk: Path, ends: list[object]) -> None:
    lines = play(desk, {"user": "hello"}, *ends)
    assert [ending["name"] for ending in of(lines, "ending")] == ["gone"]


def test_leaving_when_nobody_is_there_changes_nothing(desk: Path) -> None:
    lines = play(desk, {"leave": True}, {"leave": True})
    assert [list(line) for line in lines] == [["waiting"], ["waiting"]]
    assert of(lines, "waiting")[1]["t"] == 0


def test_what_is_seen_may_be_a_signal_a_flag_or_its_opposite(desk: Path) -> None:
    lines = play(desk, {"see": "touched"}, {"see": "not visitor.present"}, {"silence": 3})
    assert [waiting["visit"] for waiting in of(lines, "waiting")] == [True, True, False]
    assert of(lines, "error") == []


def test_a_button_is_pressed_by_its_label_in_any_case_or_by_the_name_of_its_miron(desk: Path) -> None:
    for press in ("Hello", "hello", "HELLO"):
        assert said(play(desk, {"press": press}))[0] == "Welcome!"


def test_an_unknown_button_names_those_that_are_there(desk: Path) -> None:
    (error,) = of(play(desk, {"press": "Exterminate"}), "error")
    assert error["code"] == "unknown"
    assert "Hello" in error["message"]


def test_an_unknown_signal_is_an_error(desk: Path) -> None:
    (error,) = of(play(desk, {"see": "ghosts"}), "error")
    assert error["code"] == "unknown"
    assert "touched" in error["message"]


def test_memory_of_the_fixture_holds_before_the_first_input(desk: Path) -> None:
    fixture = FIXTURE + "memory: {visitor.name: Ada Lovelace}\n"
    lines = play(desk, {"press": "Hello"}, fixture=fixture)
    assert "Who are you, please?" not in said(lines)


def test_a_service_of_the_fixture_may_fail(desk: Path) -> None:
    fixture = FIXTURE + "services: {notify_host: failed}\n"
    lines = play(desk, {"press": "Hello"}, {"user": "Ada Lovelace"}, fixture=fixture)
    assert [ending["name"] for ending in of(lines, "ending")] == ["gone"]
    assert of(lines, "notification") == []


@pytest.mark.parametrize(
    ("fixture", "place", "hint"),
    [
        ("host: [Ada]\n", "1:1", "hosts"),
        ("memory:\n  visitor.nam: Ada\n", "2:3", "visitor.name"),
        ("- Ada\n", "1:1", "map"),
        ("hosts: [\n", "1:8", ""),
        ("now: tomorrow\n", "1:1", "now"),
        ("hosts:\n  - {name: Ada, reachable: perhaps}\n", "", "coming"),
        ("visits: [{visitor: Ada}]\n", "", "host"),
    ],
)
def test_mistakes_in_a_fixture_are_told_with_their_place(
    desk: Path, fixture: str, place: str, hint: str
) -> None:
    path = desk / "fixture.yaml"
    path.write_text(fixture, "utf-8")
    code, message = refused(desk, "--jsonl", "--dialogue", str(desk / "desk.yaml"), "--fixture", str(path))
    assert code == 1
    assert place in message
    assert hint in message


@pytest.mark.parametrize(
    "args",
    [
        ["--jsonl", "--text"],
        ["--fixture", "x.yaml"],
        ["--jsonl", "--now", "soon"],
        ["--jsonl", "--now", "2026-01-05T09:00+01:00"],
        ["--jsonl", "--locale", "xx"],
    ],
)
def test_wrong_use_is_status_two(desk: Path, args: list[str]) -> None:
    if "--locale" in args:
        args = [*args, "--dialogue", str(desk / "desk.yaml")]
    code, message = refused(desk, *args)
    assert code == 2
    assert message


def test_now_is_the_time_at_the_desk_and_passes_with_the_session(desk: Path) -> None:
    config = load_config(env={"MIRON_HOME": str(desk / "home")})
    reception, _ = open_invented(
        config, desk / "fixture.yaml", datetime(2031, 5, 6, 7, 8), dialogue=desk / "desk.yaml"
    )
    clock = reception.desk().directory.now
    assert clock() == datetime(2031, 5, 6, 7, 8)
    reception.session.run(60_000)
    assert clock() == datetime(2031, 5, 6, 7, 9)
    reception.close()


# Bad lines

BAD = {
    b"nonsense": "not_json",
    b"{": "not_json",
    b'{"silence": NaN}': "not_json",
    b"[" * 60_000: "not_json",
    b"\xff\xfe": "not_utf8",
    b"null": "not_object",
    b'["user"]': "not_object",
    b"{}": "one_key",
    b'{"user": "a", "type": "b"}': "one_key",
    b'{"user": "a", "user": "b"}': "one_key",
    b'{"usr": "a"}': "unknown_key",
    b'{"user": 5}': "wrong_type",
    b'{"user": null}': "wrong_type",
    b'{"user": {"text": "a"}}': "wrong_type",
    b'{"silence": "5"}': "wrong_type",
    b'{"silence": true}': "wrong_type",
    b'{"leave": false}': "wrong_type",
    b'{"silence": -1}': "out_of_range",
    b'{"noise": 1e300}': "out_of_range",
    b'{"user": "  "}': "empty",
    b'{"user": "\\u0000\\ud800"}': "empty",
    b'{"user": "' + b"x" * 2_001 + b'"}': "too_long",
    b'{"user": "' + b"x" * 70_000 + b'"}': "too_long",
}


@pytest.mark.parametrize(("line", "code"), BAD.items(), ids=lambda value: str(value[:24]))
def test_a_bad_line_is_told_with_its_number_and_the_run_goes_on(line: bytes, code: str) -> None:
    found = list(read_inputs(io.BytesIO(b"\n" + line + b'\n{"user": "hello"}\n')))
    bad, good = found
    assert isinstance(bad, BadLine)
    assert (bad.line, bad.code) == (2, code)
    assert bad.message
    assert good == Input(3, "user", "hello")


def test_a_mistyped_key_is_understood() -> None:
    with pytest.raises(BadLine, match="did you mean 'silence'"):
        parse_input(1, b'{"silense": 3}')


def test_a_byte_order_mark_and_a_missing_last_newline_do_no_harm() -> None:
    found = list(read_inputs(io.BytesIO(b'\xef\xbb\xbf{"user": "a"}\n{"user": "b"}')))
    assert found == [Input(1, "user", "a"), Input(2, "user", "b")]


def test_bad_lines_are_answered_in_the_run_and_the_next_visitor_is_served(desk: Path) -> None:
    lines = play(desk, *BAD, {"user": "hello"}, {"user": "Ada Lovelace"})
    assert [error["code"] for error in of(lines, "error")] == list(BAD.values())
    assert of(lines, "ending")[-1]["name"] == "announced"


def _lines() -> st.SearchStrategy[bytes]:
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )
    keyed = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), anything, max_size=2)
    return st.binary(max_size=60) | keyed.map(lambda value: json.dumps(value).encode())


@given(st.lists(_lines(), max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_stands_in_the_lines_each_is_an_input_or_a_bad_line(raw: list[bytes]) -> None:
    whole = [line.replace(b"\n", b" ") for line in raw]
    found = list(read_inputs(io.BytesIO(b"\n".join(whole))))
    assert all(isinstance(each, Input | BadLine) for each in found)
    assert len(found) <= len(whole)


def test_lines_are_read_as_they_arrive() -> None:
    class Slow(io.RawIOBase):
        """Gives one line, and fails if asked for more before it was used."""

        def __init__(self) -> None:
            self.lines: Iterator[bytes] = iter([b'{"user": "a"}\n', b'{"user": "b"}\n'])
            self.given = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            self.given += 1
            return next(self.lines, b"")

    slow = Slow()
    inputs = read_inputs(slow)  # type: ignore[arg-type]
    next(inputs)
    assert slow.given == 1
