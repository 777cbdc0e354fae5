"""The command as a user calls it: each test runs the real ``miron`` in a process of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ADA = "Hi, I'm Ada Lovelace, I have an appointment with Grace Hopper at half past ten"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def miron(home: Path, *args: str, said: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "receptionist", *args],
        input=said,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        env={**os.environ, "MIRON_HOME": str(home), "PYTHONHASHSEED": "random", **env},
    )


def journals(home: Path) -> list[Path]:
    return sorted((home / "journal").glob("*.jsonl"))


def test_a_piped_visitor_is_received_and_the_host_is_told(home: Path) -> None:
    ran = miron(home, "run", "--text", said=ADA + "\n")
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0] == f"you: {ADA}"
    assert lines[1] == "miron: Hello, Ada! Welcome."
    assert "miron: Thank you, Ada. Grace Hopper is expecting you at half past ten." in lines
    assert "miron: Good news, Grace Hopper is on the way. Please take a seat." in lines
    assert lines[-1] == "-- visit ended: met --"
    sent = [json.loads(line) for line in (home / "outbox.jsonl").read_text("utf-8").splitlines()]
    assert len(sent) == 1
    assert "Grace Hopper" in json.dumps(sent[0])


def test_two_visitors_in_one_run_are_two_visits(home: Path) -> None:
    ran = miron(home, "run", "--text", said="hello\nAda Lovelace\nhello\nCharles Babbage\n")
    assert ran.returncode == 0
    assert ran.stdout.count("-- visit ended: met --") == 2
    assert ran.stdout.count("May I have your name, please?") == 2


def test_a_recorded_session_replays_identically_under_another_hash_seed(home: Path) -> None:
    miron(home, "run", "--text", said=f"hello\nwhere is the cafeteria\nnonsense\nhelp\n{ADA}\n")
    (journal,) = journals(home)
    for seed in ("0", "1"):
        ran = miron(home, "replay", str(journal), PYTHONHASHSEED=seed, TZ="Asia/Tokyo")
        assert ran.returncode == 0, ran.stdout
        assert "identical" in ran.stdout


def test_an_edited_journal_is_told_apart(home: Path) -> None:
    miron(home, "run", "--text", said=ADA + "\n")
    (journal,) = journals(home)
    text = journal.read_text("utf-8")
    journal.write_text(text.replace('"rule":"expected"', '"rule":"unexpected"', 1), "utf-8")
    ran = miron(home, "replay", str(journal))
    assert ran.returncode == 1
    assert "differs from line" in ran.stdout


def test_a_torn_journal_is_replayed_as_far_as_it_goes(home: Path) -> None:
    miron(home, "run", "--text", said=ADA + "\n")
    (journal,) = journals(home)
    content = journal.read_bytes()
    journal.write_bytes(content[: len(content) * 2 // 3])
    ran = miron(home, "replay", str(journal))
    assert ran.returncode == 0, ran.stdout
    assert "the last line is torn" in ran.stdout


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 100, b"{}\n", b"not json\n"])
def test_what_is_no_journal_is_refused_in_words(home: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(content)
    ran = miron(home, "replay", str(path))
    assert ran.returncode == 1
    assert str(path) in ran.stdout
    assert "Traceback" not in ran.stderr + ran.stdout


def test_names_are_not_in_the_journal_by_default(home: Path) -> None:
    miron(home, "run", "--text", said="My name is Zyxwvut Testperson\nGrace Hopper\n")
    (journal,) = journals(home)
    assert "Zyxwvut" not in journal.read_text("utf-8")
    assert "Testperson" not in journal.read_text("utf-8")


def test_a_name_that_is_private_once_is_private_everywhere_and_the_journal_replays(home: Path) -> None:
    miron(home, "run", "--text", said=f"{ADA}\nwhere is Grace Hopper?\n")
    (journal,) = journals(home)
    assert "Hopper" not in journal.read_text("utf-8")
    ran = miron(home, "replay", str(journal))
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    "said",
    [
        "x" * 1_000_000,
        "\x00\x07\x1b[31mred\x1b[0m\u202e",
        "{{7*7}} %s {0.__class__} [link=x]",
        "'; DROP TABLE hosts; --",
        "👋🏽 مرحبا 你好",
        "\n\n   \n",
    ],
    ids=["1 MB", "control characters", "templates", "SQL", "scripts", "blank lines"],
)
def test_hostile_text_is_answered_and_the_next_visitor_is_served(home: Path, said: str) -> None:
    ran = miron(home, "run", "--text", said=f"{said}\n{ADA}\n")
    assert ran.returncode == 0, ran.stderr
    assert "-- visit ended: met --" in ran.stdout
    assert "49" not in ran.stdout
    assert "Traceback" not in ran.stderr


def test_an_unknown_host_is_said_so(home: Path) -> None:
    ran = miron(home, "run", "--text", said="I'm here to see Darth Vader\n")
    assert "I do not find Darth Vader here" in ran.stdout


def test_a_database_that_is_none_is_said_so_and_a_person_is_called(home: Path) -> None:
    home.mkdir()
    (home / "directory.sqlite3").write_bytes(b"this is not a database at all" * 100)
    ran = miron(home, "run", "--text", said=ADA + "\n")
    assert ran.returncode == 0, ran.stderr
    assert "I cannot read today's list just now" in ran.stdout
    assert "-- visit ended: sent_to_human --" in ran.stdout
    assert "Traceback" not in ran.stderr + ran.stdout


def test_a_locked_database_is_survived(home: Path) -> None:
    miron(home, "run", "--text", said="hello\n")
    lock = sqlite3.connect(home / "directory.sqlite3", isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        ran = miron(home, "run", "--text", said=ADA + "\n")
    finally:
        lock.close()
    assert ran.returncode == 0, ran.stderr
    assert "-- visit ended: " in ran.stdout
    assert "Traceback" not in ran.stderr + ran.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_for_the_journal_is_told_and_the_visit_goes_on(home: Path) -> None:
    ran = miron(home, "run", "--text", "--journal", "/dev/full", said=ADA + "\n")
    assert ran.returncode == 0, ran.stderr
    assert "the session log cannot be written" in ran.stdout
    assert "-- visit ended: met --" in ran.stdout


def test_a_broken_dialogue_is_not_started(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text("dialogue: desk\nrules:\n  greet: {when: hear helo, do: {say: hi}}\nmirons:\n  hi: Hi.\n")
    ran = miron(home, "run", "--text", "--dialogue", str(path), said="hi\n")
    assert ran.returncode == 1
    assert f"{path}:3:" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_check_points_at_the_mistake_and_says_what_was_meant(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text(
        "dialogue: desk\nmirons:\n  greeting: Hello.\nrules:\n  r: {when: hear x, do: {say: greting}}\n"
    )
    ran = miron(home, "check", str(path))
    assert ran.returncode == 1
    assert f"{path}:5:" in ran.stdout
    assert "greeting" in ran.stdout


def test_the_shipped_receptionist_is_free_of_problems_and_passes_its_tests(home: Path) -> None:
    checked = miron(home, "check")
    assert (checked.returncode, checked.stdout.strip()) == (0, "no problems")
    tested = miron(home, "test")
    assert tested.returncode == 0, tested.stdout
    assert tested.stdout.splitlines()[-1].endswith("0 failed")


def test_a_failing_dialogue_test_shows_what_happened(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text(
        "dialogue: desk\nmirons:\n  hello: hello\n  hi: Hi.\n  bye: Bye.\n"
        "rules:\n  r: {when: hear hello, do: {say: hi}}\n"
        "tests:\n  wrong:\n    - user: hello\n    - bot: bye\n"
    )
    report = tmp_path / "junit.xml"
    ran = miron(home, "test", str(path), "--junit", str(report))
    assert ran.returncode == 1
    assert "heard hello" in ran.stdout
    assert "fired r" in ran.stdout
    assert f"{path}:11:" in ran.stdout
    assert 'failures="1"' in report.read_text("utf-8")


def test_parse_tells_why(home: Path) -> None:
    ran = miron(home, "parse", "--why", "I'm here to see Grace Hopper at half past ten")
    assert "name_host" in ran.stdout
    assert "visit.host = 'Grace Hopper'" in ran.stdout
    assert "visit.at = '10:30'" in ran.stdout
    assert "sentences.yaml:" in ran.stdout


def test_say_speaks_a_miron_with_values(home: Path) -> None:
    ran = miron(home, "say", "calling", "visit.host=Grace Hopper")
    assert ran.stdout.strip() == "I am telling Grace Hopper that you are here. One moment, please."


def test_doctor_says_what_is_missing_and_what_follows(home: Path) -> None:
    ran = miron(home, "doctor")
    assert ran.returncode == 0, ran.stdout
    assert "Directory" in ran.stdout
    assert "→" in ran.stdout


def test_a_mistyped_verb_is_understood(home: Path) -> None:
    ran = miron(home, "chek")
    assert ran.returncode == 2
    assert "check" in ran.stderr


def test_without_a_terminal_the_kiosk_points_to_the_text_mode(home: Path) -> None:
    ran = miron(home, "run")
    assert ran.returncode == 1
    assert "--text" in ran.stderr
