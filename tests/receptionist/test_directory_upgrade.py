"""A directory written by an older or a newer version of Miron."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from receptionist.directory import DirectoryError, Trouble, open_directory
from receptionist.directory.models import SCHEMA_VERSION, Base
from receptionist.notify.outbox import Outbox

WRITTEN_BY_0_1_0 = Path(__file__).with_name("schema_0_1_0.sql")
MONDAY = datetime(2026, 1, 5, 9, 0)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "directory.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(WRITTEN_BY_0_1_0.read_text("utf-8"))
        connection.execute("PRAGMA journal_mode=WAL")
    return path


def version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT value FROM meta WHERE key='schema_version'").fetchone()[0])


def set_version(path: Path, number: int) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value=? WHERE key='schema_version'", (str(number),))


def test_a_directory_of_version_0_1_0_is_upgraded_and_keeps_all_it_knew(old: Path) -> None:
    directory = open_directory(str(old), now=lambda: MONDAY)
    assert version(old) == str(SCHEMA_VERSION)
    grace = directory.host("Grace Hopper")
    assert grace is not None
    assert (grace.email, grace.team, grace.deputy) == ("grace@example.org", "Compilers", "Jean Bartik")
    assert [visit.visitor for visit in directory.visits()] == ["Charles Babbage", "Ada Lovelace"]
    found = directory.visit_by_code("ada 1030")
    assert found is not None
    assert found.company == "Analytical Engines"
    assert [stay.visitor for stay in directory.who_is_in()] == ["Charles Babbage"]
    assert directory.consent("Charles Babbage", "remember") is True
    (message,) = Outbox(directory.database, {}, lambda: MONDAY).messages()
    assert message.subject == "arrived/1"


def test_what_the_new_version_adds_works_in_an_upgraded_directory(old: Path) -> None:
    directory = open_directory(str(old), now=lambda: MONDAY)
    assert directory.remember("Charles Babbage", company="Engines")
    directory.add_host("Jean Bartik")
    assert directory.issue_code(2)


def columns(url: str) -> dict[str, object]:
    engine = create_engine(url)
    found = inspect(engine)
    tables = {
        table: (
            {
                (column["name"], str(column["type"]), column["nullable"])
                for column in found.get_columns(table)
            },
            {(tuple(index["column_names"]), bool(index["unique"])) for index in found.get_indexes(table)},
            {tuple(unique["column_names"]) for unique in found.get_unique_constraints(table)},
            {
                (tuple(key["constrained_columns"]), key["referred_table"], str(key.get("options")))
                for key in found.get_foreign_keys(table)
            },
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }
    engine.dispose()
    return tables


def test_an_upgraded_directory_has_the_same_tables_as_a_new_one(old: Path, tmp_path: Path) -> None:
    open_directory(str(old))
    open_directory(str(tmp_path / "new.sqlite3"))
    new_tables = columns(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    assert columns(f"sqlite:///{old}") == new_tables
    assert set(new_tables) == set(Base.metadata.tables)


def test_a_copy_is_kept_as_it_was_and_an_earlier_copy_is_not_overwritten(old: Path) -> None:
    first = old.with_name("directory.sqlite3.version-1.bak")
    first.write_bytes(b"precious")
    open_directory(str(old))
    assert first.read_bytes() == b"precious"
    second = old.with_name("directory.sqlite3.version-1-2.bak")
    assert version(second) == "1"
    with closing(sqlite3.connect(second)) as connection:
        assert connection.execute("SELECT count(*) FROM visits").fetchone() == (2,)


def test_an_upgrade_happens_once(old: Path) -> None:
    open_directory(str(old))
    open_directory(str(old))
    assert len(list(old.parent.glob("*.bak"))) == 1


def test_an_upgrade_that_fails_changes_nothing(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("CREATE TABLE visitors (unexpected TEXT)")
    with pytest.raises(DirectoryError):
        open_directory(str(old))
    assert version(old) == "1"
    with closing(sqlite3.connect(old)) as connection:
        names = {row[1] for row in connection.execute("PRAGMA table_info(hosts)")}
    assert "external_id" not in names


def test_a_directory_of_a_newer_version_is_refused_in_words_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "directory.sqlite3"
    open_directory(str(path))
    set_version(path, SCHEMA_VERSION + 1)
    with pytest.raises(DirectoryError, match="newer version of Miron") as caught:
        open_directory(str(path))
    assert caught.value.kind is Trouble.FOREIGN
    assert version(path) == str(SCHEMA_VERSION + 1)
    assert list(tmp_path.glob("*.bak")) == []


def test_two_kiosks_that_start_at_once_upgrade_once(old: Path) -> None:
    program = (
        "import sys\n"
        "from receptionist.directory import open_directory\n"
        "sys.stdin.readline()\n"
        "print(len(open_directory(sys.argv[1], timeout_s=30).hosts()))\n"
    )
    kiosks = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(old)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        for _ in range(2)
    ]
    for kiosk in kiosks:
        assert kiosk.stdin is not None
        kiosk.stdin.write("\n")
        kiosk.stdin.flush()
    ended = [kiosk.communicate(timeout=60) for kiosk in kiosks]
    assert [out.strip() for out, _ in ended] == ["2", "2"], ended
    assert len(list(old.parent.glob("*.bak"))) == 1
