"""Personal data: deleted in time, shown and erased when a person asks, and nothing of others touched."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.journal import JournalWriter, read
from engine.replay import replay
from receptionist.actions.desk import Desk, open_desk
from receptionist.actions.inprocess import InProcessActions
from receptionist.commands.privacy import privacy
from receptionist.config import Config, load_config
from receptionist.directory import DirectoryError, open_directory
from receptionist.directory.records import VisitState
from receptionist.notify import LocalChannel
from receptionist.privacy import DailyPurge, purge
from receptionist.reception import open_reception
from receptionist.services import ServiceRunner
from receptionist.text_mode import run_text

NOW = datetime(2026, 3, 2, 10, 0)
SMITH = "Robert'); DROP TABLE visits; --"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIRON_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def config(home: Path) -> Config:
    return load_config()


@pytest.fixture
def desk(config: Config) -> Desk:
    return open_desk(config, now=lambda: NOW)


def call(desk: Desk, service: str, **params: object) -> None:
    result = asyncio.run(ServiceRunner(InProcessActions(lambda: desk)).call(service, params))
    assert result.status == "done", result


def visited(desk: Desk, visitor: str) -> None:
    call(desk, "notify_host", host="Grace Hopper", visitor=visitor)
    call(desk, "check_in", visitor=visitor, host="Grace Hopper")
    call(desk, "remember_visitor", visitor=visitor, agreed=True)
    call(desk, "print_badge", visitor=visitor)
    call(desk, "check_out", visitor=visitor)


def miron(*args: str, input: str | None = None):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(privacy, list(args), input=input)


def everything(home: Path) -> str:
    return "\n".join(
        file.read_bytes().decode("utf-8", errors="replace") for file in home.rglob("*") if file.is_file()
    )


def test_what_is_too_old_is_deleted_each_class_by_its_own_age(config: Config, desk: Desk) -> None:
    visited(desk, "Bob Smith")
    ages = replace(config, retention=replace(config.retention, visits=10, messages=30, consents=0))
    database, today = desk.directory.database, NOW.date()
    assert not any(purge(ages, database, today + timedelta(days=10)).values())
    planned = purge(ages, database, today + timedelta(days=31), dry=True)
    assert planned == purge(ages, database, today + timedelta(days=31))
    assert (planned["stays"], planned["messages"], planned["outbox"], planned["consents"]) == (1, 1, 1, 0)
    assert desk.outbox.messages() == ()
    assert config.outbox_file.read_text() == ""
    assert not any(purge(ages, database, today + timedelta(days=32)).values())


def test_old_journals_and_badges_are_deleted_but_none_that_is_being_written(
    config: Config, desk: Desk
) -> None:
    visited(desk, "Bob Smith")
    old = (datetime.combine(NOW, datetime.min.time()) - timedelta(days=100)).timestamp()
    writer = JournalWriter(config.journal / "open.jsonl")
    writer('{"seq":0,"t":0,"kind":"open","cause":null,"format":1}')
    writer.flush()
    (config.journal / "closed.jsonl").write_text("{}")
    for file in (*config.journal.iterdir(), *config.badge.folder.iterdir()):
        os.utime(file, (old, old))
    counts = purge(config, desk.directory.database, NOW.date())
    assert (counts["journals"], counts["badges"]) == (1, 1)
    assert [file.name for file in config.journal.iterdir()] == ["open.jsonl"]
    writer.close()
    assert purge(config, desk.directory.database, NOW.date())["journals"] == 1


def test_whoever_is_inside_stays_on_the_evacuation_list(config: Config, desk: Desk) -> None:
    call(desk, "check_in", visitor="Bob Smith", host="Grace Hopper")
    purge(config, desk.directory.database, NOW.date() + timedelta(days=1000))
    assert [stay.visitor for stay in desk.directory.who_is_in()] == ["Bob Smith"]


def test_the_kiosk_purges_at_its_start_and_once_a_day(config: Config, desk: Desk) -> None:
    visited(desk, "Bob Smith")
    now = [NOW + timedelta(days=89)]
    directory = open_directory(config.database, now=lambda: now[0])
    daily = DailyPurge(config, directory)
    daily()
    assert len(desk.outbox.messages()) == 1
    now[0] += timedelta(days=2)
    daily()
    assert desk.outbox.messages() == ()
    assert "purge" in (config.data / "privacy.log").read_text()
    assert "Bob" not in (config.data / "privacy.log").read_text()


def test_a_person_is_erased_and_nobody_else_is(home: Path, desk: Desk) -> None:
    for visitor in ("Zoë O'Neil", "Zoe Oneill", SMITH):
        visited(desk, visitor)
    before = miron("export", "zoe o’neil").output
    assert '"stays"' in before
    planned = miron("erase", "zoe o’neil", "--dry-run")
    assert "would erase" in planned.output
    assert miron("export", "zoe o’neil").output == before
    done = miron("erase", "zoe o’neil", "--yes")
    assert done.exit_code == 0, done.output
    assert "O'Neil" not in everything(home)
    left = json.loads(miron("export", "Zoe Oneill").output)
    assert all(left[part] for part in ("visits", "stays", "consents", "messages", "outbox", "badges"))
    assert miron("erase", SMITH, "--yes").exit_code == 0
    assert "DROP TABLE" not in everything(home)
    assert "erase" in (home / "privacy.log").read_text()


def test_an_export_holds_all_that_is_known_and_no_secrets(desk: Desk) -> None:
    visited(desk, SMITH)
    facts = json.loads(miron("export", SMITH).output)
    assert facts["person"] == SMITH
    assert [stay["visitor"] for stay in facts["stays"]] == [SMITH]
    assert facts["messages"][0]["text"].startswith(SMITH)
    assert facts["visits"][0]["state"] == VisitState.LEFT
    assert len(facts["badges"]) == len(facts["outbox"]) == 1
    assert "owner" not in facts["messages"][0]


def test_nothing_is_erased_without_a_yes(desk: Desk) -> None:
    visited(desk, "Bob Smith")
    assert miron("erase", "Bob Smith", input="n\n").exit_code == 1
    assert json.loads(miron("export", "Bob Smith").output)["stays"]
    assert miron("erase", "Bob Smith", input="y\n").exit_code == 0
    assert not json.loads(miron("export", "Bob Smith").output)["stays"]
    assert "nothing" in miron("erase", "Bob Smith").output


def test_who_is_still_inside_is_kept_and_said_so(desk: Desk) -> None:
    call(desk, "check_in", visitor="Bob Smith", host="Grace Hopper")
    kept = miron("erase", "Bob Smith", "--yes")
    assert kept.exit_code == 1
    assert "has not left the building yet" in kept.output
    assert [stay.visitor for stay in desk.directory.who_is_in()] == ["Bob Smith"]


def test_a_host_is_erased_only_when_that_is_wanted(home: Path, desk: Desk) -> None:
    visited(desk, "Bob Smith")
    assert miron("erase", "Grace Hopper", "--yes").exit_code == 1
    assert desk.directory.host("Grace Hopper") is not None
    assert miron("erase", "Grace Hopper", "--host", "--yes").exit_code == 0
    assert "Grace Hopper" not in [host.name for host in desk.directory.hosts()]
    assert any(visit.host.startswith("Former host") for visit in desk.directory.visits())


@pytest.mark.parametrize("masked", [True, False], ids=["masked", "in clear"])
def test_visits_in_journals_become_nobodys_and_still_replay(home: Path, masked: bool) -> None:
    (home / "config.toml").write_text(f"[journal]\nmask = {str(masked).lower()}\n")
    config = load_config()
    reception = open_reception(config, seed=1, now=lambda: NOW)
    lines = ["Hello", "I am Florence Nightingale", "I am here to see Grace Hopper", "bye"]
    with (home / "said").open("w+") as out:
        run_text(reception, lines, out, echo=False)
    reception.close()
    (journal,) = config.journal.glob("*.jsonl")
    before = read(journal)
    found = json.loads(miron("export", "Florence Nightingale").output)
    assert found["journals"], "the visit is found by name"
    assert not json.loads(miron("export", "Marie Curie").output)["journals"]
    reception.desk().directory.check_out("Florence Nightingale")
    done = miron("erase", "Florence Nightingale", "--yes")
    assert done.exit_code == 0, done.output
    assert not json.loads(miron("export", "Florence Nightingale").output)["journals"]
    assert "Nightingale" not in journal.read_text()
    after = read(journal)
    assert len(after.records) == len(before.records)
    from dsl.language import MironLanguage

    report = replay(after, reception.compiled.program, MironLanguage(reception.compiled), masked=True)
    assert report.identical, report.first_difference


def test_a_journal_that_is_being_written_is_left_and_said_so(home: Path, config: Config, desk: Desk) -> None:
    writer = JournalWriter(config.journal / "now.jsonl")
    writer('{"seq":0,"t":0,"kind":"open","cause":null,"format":1}')
    writer('{"seq":1,"t":0,"kind":"note","cause":null,"text":"Bob Smith"}')
    writer.flush()
    kept = miron("erase", "Bob Smith", "--yes")
    assert kept.exit_code == 1
    assert "end the kiosk" in kept.output
    writer.close()
    assert miron("erase", "Bob Smith", "--yes").exit_code == 0
    assert "Bob Smith" not in (config.journal / "now.jsonl").read_text()


def test_broken_journals_are_named_and_do_not_stop_an_erasure(home: Path, config: Config, desk: Desk) -> None:
    visited(desk, "Bob Smith")
    config.journal.mkdir(exist_ok=True)
    (config.journal / "broken.jsonl").write_bytes(b"\x00\xff no journal")
    kept = miron("erase", "Bob Smith", "--yes")
    assert kept.exit_code == 1
    assert "broken.jsonl" in kept.output
    assert not json.loads(miron("export", "Bob Smith").output)["stays"]


def test_without_a_database_nothing_is_made_and_the_reason_is_said(home: Path) -> None:
    for args in (("purge",), ("erase", "Bob", "--yes"), ("export", "Bob")):
        done = miron(*args)
        assert done.exit_code == 1
        assert "There is no database" in done.output
    assert not (home / "directory.sqlite3").exists()
    assert miron("erase", " ").exit_code == 2


def test_a_database_that_goes_away_erases_nothing_and_may_be_asked_again(
    home: Path, config: Config, desk: Desk
) -> None:
    visited(desk, "Bob Smith")
    file = home / "directory.sqlite3"
    file.rename(home / "away")
    with pytest.raises(DirectoryError):
        purge(config, desk.directory.database, NOW.date() + timedelta(days=365))
    assert "Bob Smith" in config.outbox_file.read_text()
    (home / "away").rename(file)
    assert miron("erase", "Bob Smith", "--yes").exit_code == 0
    assert "Bob Smith" not in everything(home)


def test_lines_leave_the_outbox_file_while_others_are_appended(config: Config, desk: Desk) -> None:
    """A writer that waits for the lock while the file is replaced writes to the new file."""
    visited(desk, "Bob Smith")
    channel = LocalChannel(config.outbox_file)
    old = config.outbox_file.open("r+")
    fcntl.flock(old, fcntl.LOCK_EX)
    (message,) = desk.outbox.messages()
    waiting = threading.Thread(target=channel.send, args=(message,))
    waiting.start()
    new = config.outbox_file.with_name("new")
    new.write_text("")
    new.replace(config.outbox_file)
    old.close()
    waiting.join(10)
    assert channel.delivered(message)
