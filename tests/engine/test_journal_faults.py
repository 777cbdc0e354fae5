"""The disk refuses at every point in turn, the process is killed at any: earlier lines stay whole."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine import journal as journal_module
from engine.events import Heard
from engine.journal import JournalWriter, parse_all, read
from engine.replay import replay
from tests.engine.plays import RICH, Script, play
from tests.engine.scenes import Parrot, Stage

FULL = os.environ.get("MIRON_FULL") == "1"
VISIT: Script = [
    (Heard("hello"), 900),
    (Heard("name who=ada?"), 100),
    (Heard("again"), 4000),
    (Heard("bye"), 10),
]


class Faulty:
    """A file whose n-th operation goes wrong, counted over writes, syncs and openings."""

    def __init__(self, at: int, kind: str, how_often: int = 1) -> None:
        self.left = at
        self.kind = kind
        self.how_often = how_often
        self.struck = False
        self.whole: list[bytes] = []

    def strikes(self) -> bool:
        self.left -= 1
        struck = -self.how_often < self.left <= 0
        self.struck = self.struck or struck
        return struck

    def fail(self) -> None:
        raise OSError(getattr(errno, self.kind), os.strerror(getattr(errno, self.kind)))

    def open(self, path: Path, mode: str, **fields: Any) -> Any:
        if "a" in mode and self.strikes():
            self.fail() if self.kind != "SHORT" else None
        file = open(path, mode, **fields)  # noqa: SIM115 (the writer closes it)
        return _File(file, self) if "a" in mode else file

    def fsync(self, descriptor: int) -> None:
        if self.strikes() and self.kind != "SHORT":
            self.fail()


class _File:
    def __init__(self, file: Any, faults: Faulty) -> None:
        self.file, self.faults = file, faults

    def write(self, block: bytes) -> int:
        if self.faults.strikes():
            if self.faults.kind != "SHORT":
                self.faults.fail()
            return int(self.file.write(block[: (self.faults.left * 7) % len(block)]))
        return int(self.file.write(block))

    def fileno(self) -> int:
        return int(self.file.fileno())

    def close(self) -> None:
        self.file.close()


def session_with(path: Path, faults: Faulty, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """Play a visit; what the operator was told, and the lines as they should be."""
    told: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(journal_module, "open", faults.open, raising=False)
        patched.setattr(os, "fsync", faults.fsync)
        writer = JournalWriter(path, told.append, sync=True)
        stage = Stage(RICH, manual=True)
        lines = list(stage.lines)

        class Both:
            def __call__(self, line: str) -> None:
                lines.append(line)
                writer(line)

            def flush(self) -> bool:
                return writer.flush()

        for line in lines:
            writer(line)
        stage.session._journal = Both()
        play(stage.session, VISIT)
        stage.session.close("end")
        for _ in range(10):  # a kiosk goes on, and so do its attempts
            writer.flush()
        writer.close()
    assert stage.session.ended == ["met"]
    return told, lines


@pytest.mark.parametrize("how_often", [1, 7])
@pytest.mark.parametrize("kind", ["ENOSPC", "EIO", "EINTR", "SHORT"])
def test_wherever_the_disk_refuses_the_visit_goes_on_and_the_journal_ends_up_whole(
    kind: str, how_often: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 0
    while True:
        number += 1
        faults = Faulty(number, kind, how_often)
        path = tmp_path / f"{number}.jsonl"
        told, lines = session_with(path, faults, monkeypatch)
        assert path.read_text("utf-8").splitlines() == lines, number
        journal = read(path)
        assert (journal.torn, journal.broken) == (False, ())
        if not faults.struck:
            break
        quiet = kind == "SHORT" and not told  # a short opening or sync is none
        assert quiet or (told[0].startswith("the session log cannot be written") and told[-1] == "")
        if not FULL and number > 20:
            number += 9
    assert number > 50


def test_after_any_write_the_file_is_a_prefix_of_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full from the n-th operation on: what is there is whole, up to a last line."""
    _, lines = session_with(tmp_path / "whole.jsonl", Faulty(10_000, "ENOSPC"), monkeypatch)
    whole = "".join(f"{line}\n" for line in lines)
    for number in range(2, 90, 1 if FULL else 11):
        for kind in ("ENOSPC", "SHORT"):
            path = tmp_path / f"{kind}{number}.jsonl"
            faults = Faulty(number, kind, 10_000)
            told, _ = session_with(path, faults, monkeypatch)
            assert whole.startswith(path.read_text("utf-8"))
            assert kind == "SHORT" or bool(told) == faults.struck


KILLED = """
import sys
from pathlib import Path
from engine.journal import JournalWriter
from tests.engine.plays import RICH, play
from tests.engine.scenes import Parrot
from tests.engine.test_journal_faults import VISIT
from engine.session import Session
session = Session(RICH, Parrot(), journal=JournalWriter(Path(sys.argv[1]), sync=True))
session.open()
print("open", flush=True)
while True:
    play(session, VISIT)
"""


@pytest.mark.parametrize("delay_ms", range(0, 200, 1) if FULL else (0, 40))
def test_killed_at_any_moment_the_journal_holds_all_complete_lines_and_replays(
    delay_ms: int, tmp_path: Path
) -> None:
    root = Path(__file__).parents[2]
    path = tmp_path / "killed.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"open\n"
        try:
            process.wait(delay_ms / 1000)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    journal = read(path)
    assert journal.broken == ()
    assert [record.seq for record in journal.records] == list(range(len(journal.records)))
    assert replay(journal, RICH, Parrot()).identical


def test_cut_off_after_any_byte_the_complete_lines_replay() -> None:
    stage = Stage(RICH, manual=True)
    play(stage.session, VISIT[:2])
    content = ("\n".join(stage.lines) + "\n").encode()
    head = content.index(b"\n") + 1
    for size in range(head, len(content), 1 if FULL else 397):
        journal = parse_all(content[:size])
        report = replay(journal, RICH, Parrot())
        assert report.identical
        lines = tuple(record.line for record in journal.records) + report.regenerated
        assert lines == tuple(stage.lines[: len(lines)])
