"""The doctor: true words, quickly, on any machine."""

from __future__ import annotations

import io
import shutil
import socket
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from receptionist import doctor
from receptionist.config import Config, load_config
from receptionist.directory import open_directory
from receptionist.doctor import State, examine
from receptionist.settings import ActionServers


class Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(env={"MIRON_HOME": str(tmp_path)})


def test_every_row_says_something_and_nothing_is_created(config: Config, tmp_path: Path) -> None:
    rows = examine(config, env={"TERM": "xterm-256color"}, screen=Screen())
    assert len({row.name for row in rows}) == len(rows) >= 10
    assert all(row.detail for row in rows)
    assert all(row.follows for row in rows if row.state is State.BROKEN)
    assert list(tmp_path.iterdir()) == []


def test_a_sound_database_is_ok(config: Config) -> None:
    open_directory(config.database, demo=True)
    assert doctor.database(config).state is State.OK


def test_a_locked_database_is_reported_as_busy(config: Config) -> None:
    open_directory(config.database)
    other = sqlite3.connect(config.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    row = doctor.database(replace(config, database_timeout_s=0.1))
    other.close()
    assert (row.state, row.follows) == (State.BROKEN, "Try again in a moment.")


def test_a_file_that_is_no_database_is_broken_in_words(config: Config) -> None:
    Path(config.database).write_text("notes" * 1000)
    row = doctor.database(config)
    assert row.state is State.BROKEN
    assert "is not a database" in row.detail


def test_a_damaged_page_is_found_by_the_databases_own_check(config: Config) -> None:
    directory = open_directory(config.database, demo=True)
    with directory.database.write():
        for number in range(300):
            directory.add_host(f"Host Number{number}")
    path = Path(config.database)
    data = bytearray(path.read_bytes())
    data[-4096:] = b"\x55" * 4096
    path.write_bytes(data)
    row = doctor.database(config)
    assert row.state is State.BROKEN
    assert str(path) in row.detail


def test_a_data_folder_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert doctor.data_folder(tmp_path / "file" / "data").state is State.BROKEN
    assert doctor.data_folder(tmp_path / "not" / "yet" / "there").state is State.OK


def test_a_full_disk_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1024}))
    assert "Make room" in doctor.data_folder(tmp_path).follows


@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "state", "said"),
    [
        (0, "1 2\n", "", State.OK, "1 input, 2 outputs"),
        (0, "0 0\n", "ALSA lib confmisc.c: cannot find card", State.MISSING, "0 inputs, 0 outputs"),
        (1, "", "OSError: PortAudio library not found", State.MISSING, "PortAudio is not installed"),
        (-11, "", "", State.BROKEN, "exit -11"),
        (0, "garbage", "", State.BROKEN, "sounddevice fails"),
    ],
)
def test_what_the_sound_library_does_becomes_a_row(
    monkeypatch: pytest.MonkeyPatch, code: int, stdout: str, stderr: str, state: State, said: str
) -> None:
    monkeypatch.setattr(doctor, "_installed", lambda _: True)
    answer = subprocess.CompletedProcess([], code, stdout, stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    row = doctor.sound()
    assert row.state is state
    assert said in row.detail


def test_a_sound_system_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_installed", lambda _: True)
    monkeypatch.setattr(doctor, "_SOUND_PROBE", "import time; time.sleep(60)")
    monkeypatch.setattr(doctor, "_PROBE_LIMIT_S", 0.3)
    assert doctor.sound().detail == "the sound system does not answer"


def test_a_recogniser_needs_its_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "_installed", lambda module: module == "vosk")
    assert doctor.recognisers({})[0].state is State.MISSING
    assert doctor.recognisers({"de": tmp_path / "none"})[0].state is State.BROKEN
    assert doctor.recognisers({"de": tmp_path})[0].state is State.OK
    assert doctor.recognisers({"de": tmp_path})[1].state is State.MISSING


@pytest.mark.parametrize(
    ("env", "state", "said"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, State.OK, "true colour"),
        ({"TERM": "xterm-256color"}, State.OK, "256 colours"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, State.OK, "no colours"),
        ({"TERM": "dumb"}, State.BROKEN, "dumb"),
        ({}, State.BROKEN, "unknown"),
    ],
)
def test_what_the_terminal_can_do(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], state: State, said: str
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "40")
    row = doctor.terminal(Screen(), env)
    assert row.state is state
    assert said in row.detail


def test_a_small_window_and_a_pipe_are_no_kiosk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "5")
    assert "Enlarge" in doctor.terminal(Screen(), {"TERM": "xterm"}).follows
    assert doctor.terminal(io.StringIO(), {}).state is State.MISSING


def test_ways_to_reach_people_are_examined_without_repeating_their_keys(config: Config) -> None:
    assert "nothing leaves" in doctor.channels(config).detail
    good = replace(config, channels={"mail": ("mailtos://user:key@example.org?to={address}",)})
    assert doctor.channels(good).state is State.OK
    wrong = doctor.channels(replace(config, channels={"x": ("nonsense://user:key@example.org",)}))
    assert wrong.state is State.BROKEN
    assert "nonsense" in wrong.detail
    assert "key" not in wrong.detail


def test_action_servers_that_are_away_are_broken(config: Config) -> None:
    assert doctor.action_servers(config.services) == ()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        (row,) = doctor.action_servers(ActionServers(at={"ask_way": url}))
    assert row.state is State.BROKEN
    assert "cannot be reached" in row.detail
