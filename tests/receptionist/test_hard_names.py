"""Names that break careless software: each is imported, found, announced about, checked in and out."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import pytest

from receptionist.directory import open_directory
from receptionist.directory.csv_files import read_hosts, read_visits
from receptionist.directory.directory import Directory
from receptionist.directory.imports import import_hosts, import_visits

MONDAY = date(2026, 3, 2)
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewiss"
HARD = (
    "X",
    "Ng",
    "Li Na",
    LONG,
    f"{LONG} {LONG}"[:119].strip(),
    "Siobhán O'Brien",
    "D’Angelo Ó Súilleabháin",
    "Jürgen Müller-Lüdenscheidt",
    "Łukasz Żółć",
    "王小明",
    "欧阳娜娜",
    "Will May",
    "Robert'); DROP TABLE hosts;--",
    '"Quoted" \\Name',
    "<b>Bold</b> & Söhne",
    "{{7*7}} {visitor.name}",
    "%s %d _ %",
    "=SUM(A1:A9)",
    "Null",
    "Nguyễn Thị Minh Khai",
)


@pytest.fixture
def directory() -> Directory:
    return open_directory("sqlite://", now=lambda: datetime(2026, 3, 2, 9, 0))


def as_csv(*rows: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("name", HARD, ids=lambda name: name[:16])
def test_a_host_of_this_name_is_imported_once_and_found(directory: Directory, name: str) -> None:
    read = read_hosts(as_csv(("name", "email"), (name, ""), ("Somebody Else", "")))
    assert read.problems == ()
    for added in (2, 0):
        assert import_hosts(directory, read.entries).added == added
    host = directory.host(name)
    assert host is not None
    assert host.name == name
    search = directory.find_hosts(name)
    assert search.sure
    assert [match.host.name for match in search.matches] == [name]
    assert len(directory.hosts()) == 2


@pytest.mark.parametrize("name", HARD, ids=lambda name: name[:16])
def test_a_visitor_of_this_name_is_expected_comes_and_goes(directory: Directory, name: str) -> None:
    read = read_visits(as_csv(("visitor", "company", "host"), (name, name, "Grace Hopper")), MONDAY)
    assert import_visits(directory, read.entries).added == 1
    found = directory.find_visits(name=name, company=name, host="Grace Hopper")
    assert found.exact
    assert [visit.visitor for visit in found.visits] == [name]
    _, expected = directory.check_in(name, "Grace Hopper")
    assert expected
    assert [stay.visitor for stay in directory.who_is_in()] == [name]
    assert directory.check_out(name) is not None
    assert directory.who_is_in() == ()
    directory.record_consent(name, "remember", True)
    assert directory.remember(name)
    known = directory.known_visitor(name)
    assert known is not None
    assert known.name == name


def test_hosts_of_identical_names_are_offered_both_and_neither_is_taken_for_sure(
    directory: Directory,
) -> None:
    rows = (("name", "email", "team"), ("Ada Byron", "a@x.org", "Sales"), ("Ada Byron", "b@x.org", "Legal"))
    import_hosts(directory, read_hosts(as_csv(*rows)).entries)
    search = directory.find_hosts("Ada Byron")
    assert {match.host.email for match in search.matches} == {"a@x.org", "b@x.org"}
    assert not search.sure
    assert directory.host("Ada Byron") is None
    legal = directory.host("Ada Byron (Legal)")
    assert legal is not None
    assert legal.email == "b@x.org"


def test_visitors_of_identical_names_are_told_apart_by_company_or_host(directory: Directory) -> None:
    rows = (
        ("visitor", "company", "host"),
        ("Anna Schmidt", "Alpha", "Grace Hopper"),
        ("Anna Schmidt", "Beta", "Li Na"),
    )
    import_visits(directory, read_visits(as_csv(*rows), MONDAY).entries)
    assert len(directory.find_visits(name="Anna Schmidt").visits) == 2
    assert [visit.host for visit in directory.find_visits(name="Anna Schmidt", company="Beta").visits] == [
        "Li Na"
    ]
    assert [visit.company for visit in directory.find_visits(name="Anna Schmidt", host="Hopper").visits] == [
        "Alpha"
    ]


@pytest.mark.parametrize("said", ["王伟", "伟王", "Wang Wei", "Wei Wang", "wang wei"])
def test_a_chinese_name_is_found_in_both_orders(directory: Directory, said: str) -> None:
    import_hosts(directory, read_hosts("name,also\n王伟,Wang Wei\n李娜,Li Na\n".encode()).entries)
    host = directory.host(said)
    assert host is not None
    assert host.name == "王伟"


def test_one_letter_never_stands_for_a_longer_name(directory: Directory) -> None:
    import_hosts(directory, read_hosts(b"name\nX\nXenia Xu\n").entries)
    host = directory.host("X")
    assert host is not None
    assert host.name == "X"
    assert directory.host("Y") is None


@pytest.mark.parametrize("name", [" ", "\u200b", "\x00", "\u202e"])
def test_what_has_no_letters_is_no_name(name: str) -> None:
    read = read_hosts(as_csv(("name", "email"), (name, "a@x.org")))
    assert read.entries == ()
    assert len(read.problems) == 1
