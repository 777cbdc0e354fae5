"""The directory on real SQLite files."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from receptionist.directory import DirectoryError, Reply, Trouble, VisitState, lexicons, open_directory
from receptionist.directory.directory import Directory
from receptionist.directory.retention import purge
from receptionist.directory.seed import fill, read_demo, read_file
from receptionist.directory.store import Database

DAY = date(2026, 3, 2)


class Clock:
    def __init__(self) -> None:
        self.at = datetime.combine(DAY, time(10, 0))

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seeded") / "demo.sqlite3"
    open_directory(str(path), demo=True, now=Clock())
    return path


@pytest.fixture
def demo(tmp_path: Path, seeded: Path, clock: Clock) -> Directory:
    shutil.copy(seeded, tmp_path / "demo.sqlite3")
    return open_directory(str(tmp_path / "demo.sqlite3"), demo=True, now=clock)


def visitors(directory: Directory, **asked: str) -> list[str | None]:
    return [visit.visitor for visit in directory.find_visits(**asked).visits]  # type: ignore[arg-type]


def given_directory(**sections: object) -> Directory:
    directory = open_directory("sqlite://", now=Clock())
    fill(directory, sections)
    return directory


def test_the_demo_expects_ada_lovelace_at_half_past_ten_today(demo: Directory) -> None:
    (visit,) = demo.find_visits(name="Ada Lovelace", host="Grace Hopper").visits
    assert (visit.day, visit.at, visit.company) == (DAY, time(10, 30), "Analytical Engines")


def test_demo_visits_move_to_the_new_day_while_running_and_after_a_restart(
    demo: Directory, clock: Clock, tmp_path: Path
) -> None:
    demo.check_in("Ada Lovelace", "Grace Hopper")
    clock.at += timedelta(days=1)
    assert {visit.day for visit in demo.visits()} == {DAY + timedelta(days=1)}
    assert {visit.state for visit in demo.visits()} == {VisitState.EXPECTED}
    assert demo.who_is_in() == ()
    clock.at += timedelta(days=6)
    again = open_directory(str(tmp_path / "demo.sqlite3"), demo=True, now=clock)
    assert {visit.day for visit in again.visits()} == {clock.at.date()}
    assert len(again.visits()) == len(read_demo()["visits"])


def test_a_directory_with_hosts_is_never_seeded(tmp_path: Path, clock: Clock) -> None:
    own = open_directory(str(tmp_path / "own.sqlite3"), now=clock)
    own.add_host("Rosalind Franklin")
    own.add_visit("Rosalind Franklin", DAY, visitor="Max Perutz")
    again = open_directory(str(tmp_path / "own.sqlite3"), demo=True, now=clock)
    assert [host.name for host in again.hosts()] == ["Rosalind Franklin"]
    clock.at += timedelta(days=1)
    assert again.visits() == ()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"name": "lovelace"}, ["Ada Lovelace"]),
        ({"company": "Analytical Engines Ltd."}, ["Ada Lovelace", "Charles Babbage"]),
        ({"company": "elbe optics"}, ["Zoë Schröder", "Anna Kowalska"]),
        ({"host": "Grace Hopper"}, ["Ada Lovelace", "Charles Babbage"]),
        ({"host": "Fischer"}, ["Tomás Novák", "Zoë Schröder", "Anna Kowalska"]),
        ({"host": "李娜"}, ["王小明", "Priya Nair"]),
        ({"name": "小明王", "host": "Na Li"}, ["王小明"]),
        ({"name": "Anna"}, ["Anna Kowalska", "Anna Kowalczyk"]),
        ({"first": "Anna", "last": "Kowalska"}, ["Anna Kowalska"]),
        ({"name": "Ada Lovelace", "host": "Jean Bartik"}, []),
        ({"name": "Ada King"}, []),
        ({"name": "x'; DROP TABLE visits; --"}, []),
        ({"name": "%"}, []),
    ],
)
def test_visits_are_found_by_what_is_known(demo: Directory, asked: dict[str, str], found: list[str]) -> None:
    assert visitors(demo, **asked) == found


def test_an_exact_name_leaves_no_similar_one(demo: Directory) -> None:
    search = demo.find_visits(name="Anna Kowalczyk")
    assert [visit.visitor for visit in search.visits] == ["Anna Kowalczyk"]
    assert search.exact


def test_a_similar_name_is_found_and_said_to_be_only_similar(demo: Directory) -> None:
    search = demo.find_visits(name="Ada Lovlass", host="Grace Hopper")
    assert [visit.visitor for visit in search.visits] == ["Ada Lovelace"]
    assert not search.exact


def test_a_visit_without_visitor_name_is_found_through_its_company(demo: Directory) -> None:
    assert visitors(demo, name="Bob Smith", company="Blue Harbour Catering") == [None]
    assert visitors(demo, company="Blue Harbour Catering") == [None]
    assert visitors(demo, host="Will May") == [None]
    assert visitors(demo, name="Bob Smith", host="Will May") == []
    assert visitors(demo, name="Bob Smith") == []


def test_a_visit_that_names_neither_visitor_nor_company_is_found_through_its_host(demo: Directory) -> None:
    demo.add_visit("Emma Fischer", demo.today())
    assert visitors(demo, name="Bob Smith", host="Emma Fischer") == [None]


def test_who_has_come_already_is_found_by_name_only(demo: Directory) -> None:
    demo.check_in("Ada Lovelace", "Grace Hopper")
    assert visitors(demo, host="Grace Hopper") == ["Charles Babbage"]
    assert visitors(demo, company="Analytical Engines") == ["Charles Babbage"]
    assert visitors(demo, name="Lovelace") == ["Ada Lovelace"]


def test_a_visitor_who_left_may_come_back_and_a_cancelled_visit_is_not_found(demo: Directory) -> None:
    demo.check_in("Ada Lovelace", "Grace Hopper")
    demo.check_out("Ada Lovelace")
    assert visitors(demo, name="Ada Lovelace") == ["Ada Lovelace"]
    with sqlite3.connect(demo.database.name) as raw:
        raw.execute("UPDATE visits SET state = 'cancelled'")
    raw.close()
    assert visitors(demo, name="Ada Lovelace") == []


def test_codes_are_found_whatever_their_case_and_spaces(demo: Directory) -> None:
    visit = demo.visit_by_code(" ada-1030 ")
    assert visit is not None
    assert visit.visitor == "Ada Lovelace"
    assert demo.visit_by_code("ADA-1031") is None
    assert demo.visit_by_code("") is None


def test_a_shared_last_name_gives_all_hosts_and_is_not_sure(demo: Directory) -> None:
    search = demo.find_hosts("Fischer")
    assert [match.host.name for match in search.matches] == ["Emma Fischer", "Jonas Fischer"]
    assert not search.sure


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Greys Hopper", "Grace Hopper"),
        ("shivon oh brian", "Siobhán O'Brien"),
        ("jurgen miller", "Jürgen Müller"),
        ("lee na", "Li Na"),
        ("gene bartick", "Jean Bartik"),
    ],
)
def test_what_recognisers_make_of_names_leads_to_the_host(demo: Directory, said: str, meant: str) -> None:
    assert demo.find_hosts(said).matches[0].host.name == meant


def test_strangers_are_no_host(demo: Directory) -> None:
    for name in ("Napoleon Bonaparte", "", "?", "x", "a" * 100_000):
        assert demo.find_hosts(name).matches == ()
        assert demo.host(name) is None


def test_hosts_of_one_name_are_told_apart_by_team_and_the_shared_name_is_not_sure() -> None:
    directory = given_directory(
        hosts=[
            {"name": "Ada Byron", "team": "Sales"},
            {"name": "Ada Byron", "team": "Research"},
            "Ada Byron",
        ]
    )
    names = [match.host.name for match in directory.find_hosts("Ada Byron").matches]
    assert names == ["Ada Byron (1)", "Ada Byron (Research)", "Ada Byron (Sales)"]
    assert directory.host("Ada Byron") is None
    chosen = directory.host("Ada Byron (Sales)")
    assert chosen is not None
    assert chosen.team == "Sales"


def test_names_of_every_kind_survive_storing() -> None:
    names = [
        "X",
        "O'Brien",
        "Robert'); DROP TABLE hosts;--",
        "{{7*7}}",
        "[b]Bold[/b]",
        "Ü" * 60,
        "王伟",
        "%s",
    ]
    directory = given_directory(hosts=names)
    for name in names:
        found = directory.host(name)
        assert found is not None
        assert found.name == name


def test_a_deputy_and_the_demo_answer_are_read(demo: Directory) -> None:
    host = demo.host("Jürgen Müller")
    assert host is not None
    assert (host.deputy, host.reachable) == ("Emma Fischer", Reply.NO_ANSWER)


def test_a_visitor_is_in_between_check_in_and_check_out(demo: Directory, clock: Clock) -> None:
    stay, expected = demo.check_in("ada lovelace", "Grace Hopper")
    assert expected
    assert demo.who_is_in() == (stay,)
    assert demo.find_visits(name="Ada Lovelace").visits[0].state is VisitState.ARRIVED
    clock.at += timedelta(hours=1)
    left = demo.check_out("Lovelace")
    assert left is not None
    assert left.left == clock.at
    assert demo.who_is_in() == ()
    assert demo.check_out("Lovelace") is None


def test_checking_in_twice_is_one_stay(demo: Directory) -> None:
    demo.check_in("Ada Lovelace", "Grace Hopper")
    demo.check_in("Ada LOVELACE")
    assert len(demo.who_is_in()) == 1


def test_a_walk_in_is_written_down_and_was_not_expected(demo: Directory) -> None:
    stay, expected = demo.check_in("Bob Smith", "Emma Fischer", "Acme")
    assert not expected
    assert (stay.host, stay.company) == ("Emma Fischer", "Acme")
    assert [visit.visitor for visit in demo.visits() if visit.walk_in] == ["Bob Smith"]
    assert visitors(demo, name="Bob Smith") == []


def test_nobody_is_checked_out_by_a_name_that_two_people_inside_share(demo: Directory) -> None:
    demo.check_in("Anna Kowalska")
    demo.check_in("Anna Kowalczyk")
    assert demo.check_out("Anna") is None
    assert len(demo.who_is_in()) == 2


def test_the_latest_word_on_consent_counts(demo: Directory) -> None:
    assert demo.consent("Ada Lovelace", "remember") is None
    demo.record_consent("Ada Lovelace", "remember", True)
    demo.record_consent("ada lovelace", "remember", False)
    assert demo.consent("Ada Lovelace", "remember") is False


def test_old_visits_are_deleted_but_nobody_inside_is_forgotten(tmp_path: Path, clock: Clock) -> None:
    directory = open_directory(str(tmp_path / "d"), now=clock)
    for visitor in ("Gone", "Inside"):
        directory.add_visit("Host", DAY, visitor=visitor)
        directory.check_in(visitor, "Host")
    directory.check_out("Gone")
    directory.record_consent("Gone", "remember", True)
    clock.at += timedelta(days=100)
    day = DAY + timedelta(days=90)
    purge(directory.database, visits=day, messages=day, consents=day)
    assert [visit.visitor for visit in directory.visits(DAY)] == ["Inside"]
    assert [stay.visitor for stay in directory.who_is_in()] == ["Inside"]
    assert directory.consent("Gone", "remember") is None


def test_lexicons_hold_hosts_aliases_visitors_and_companies_and_follow_changes(demo: Directory) -> None:
    before = lexicons(demo)
    assert {"Grace Hopper", "李娜", "Ada Lovelace"} <= set(before["person"])
    assert "Analytical Engines" in before["company"]
    demo.add_host("Rosalind Franklin")
    assert set(lexicons(demo)["person"]) - set(before["person"]) == {"Rosalind Franklin"}


def not_a_database(path: Path) -> None:
    path.write_text("these are my holiday notes\n" * 100)


def damaged(path: Path) -> None:
    open_directory(str(path), demo=True)
    data = bytearray(path.read_bytes())
    data[100 : len(data) // 2] = b"\xff" * (len(data) // 2 - 100)
    path.write_bytes(data)


def of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE bookmarks (url TEXT)")
    raw.close()


def of_a_later_version(path: Path) -> None:
    open_directory(str(path))
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
    raw.close()


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (not_a_database, Trouble.NOT_A_DATABASE),
        (damaged, Trouble.CORRUPT),
        (of_another_program, Trouble.FOREIGN),
        (of_a_later_version, Trouble.FOREIGN),
        (Path.mkdir, Trouble.MISSING),
    ],
)
def test_a_file_that_cannot_serve_is_refused_in_words_and_left_alone(
    tmp_path: Path, spoil: Callable[[Path], None], kind: Trouble
) -> None:
    path = tmp_path / "bad.sqlite3"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(DirectoryError) as failure:
        open_directory(str(path), demo=True)
    assert failure.value.kind is kind
    assert str(path) in str(failure.value)
    assert before == (path.read_bytes() if path.is_file() else None)


def test_a_missing_file_is_created_only_when_wanted(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "d.sqlite3"
    with pytest.raises(DirectoryError) as failure:
        open_directory(str(path), create=False)
    assert failure.value.kind is Trouble.MISSING
    assert not path.exists()
    open_directory(str(path))
    assert path.exists()


def test_a_read_only_database_answers_and_refuses_changes(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite3"
    open_directory(str(path), demo=True)
    directory = open_directory(f"sqlite:///{path}?mode=ro", demo=True)
    assert visitors(directory, name="Ada Lovelace") == ["Ada Lovelace"]
    with pytest.raises(DirectoryError) as failure:
        directory.check_in("Ada Lovelace")
    assert failure.value.kind is Trouble.READ_ONLY


def test_a_locked_database_is_given_up_on_soon_and_works_again_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite3"
    directory = open_directory(str(path), demo=True, timeout_s=0.2)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert visitors(directory, name="Ada Lovelace") == ["Ada Lovelace"]
        with pytest.raises(DirectoryError) as failure:
            directory.check_in("Ada Lovelace")
        assert failure.value.kind is Trouble.LOCKED
        assert failure.value.may_pass
    finally:
        other.close()
    directory.check_in("Ada Lovelace")
    assert len(directory.who_is_in()) == 1


def test_a_database_that_goes_away_is_noticed_and_one_that_comes_back_is_used(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite3"
    directory = open_directory(str(path), demo=True)
    path.rename(tmp_path / "elsewhere")
    for attempt in (directory.visits, directory.who_is_in, lambda: directory.check_in("Ada Lovelace")):
        with pytest.raises(DirectoryError) as failure:
            attempt()
        assert failure.value.kind is Trouble.MISSING
    assert not path.exists()
    (tmp_path / "elsewhere").rename(path)
    assert visitors(directory, name="Ada Lovelace") == ["Ada Lovelace"]


@pytest.mark.parametrize(
    "url", ["foo://bar", "postgresql+nosuchdriver://u:geheim@h/db", "://", "oracle://u:geheim@h/db"]
)
def test_an_unusable_url_is_refused_in_words_without_the_password(url: str) -> None:
    with pytest.raises(DirectoryError) as failure:
        open_directory(url)
    assert failure.value.kind is Trouble.UNAVAILABLE


def test_a_failed_change_changes_nothing(demo: Directory) -> None:
    class Fault(Exception):
        pass

    def add_and_fail() -> None:
        with demo.database.write():
            demo.add_host("Half Done")
            raise Fault

    with pytest.raises(Fault):
        add_and_fail()
    assert demo.host("Half Done") is None


def test_threads_of_one_directory_do_not_disturb_each_other(demo: Directory) -> None:
    failures: list[BaseException] = []

    def arrive(number: int) -> None:
        try:
            demo.check_in(f"Guest Number{number}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=arrive, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(demo.who_is_in()) == 10


def test_two_processes_that_begin_one_database_together_seed_it_once(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite3"
    code = (
        "import sys\nfrom receptionist.directory import open_directory\n"
        "open_directory(sys.argv[1], demo=True, timeout_s=10)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    both = [subprocess.Popen([sys.executable, "-c", code, str(path)], env=env) for _ in range(2)]
    assert [process.wait(timeout=30) for process in both] == [0, 0]
    assert len(open_directory(str(path)).hosts()) == len(read_demo()["hosts"])


def test_fixtures_may_be_as_short_as_a_host_and_a_visit() -> None:
    directory = given_directory(
        hosts=["Grace Hopper"],
        visits=[{"visitor": "Ada Lovelace", "host": "Alan Turing"}],
        in_building=[{"visitor": "Bob Smith", "host": "Grace Hopper"}],
        settings={"reveal_visitors": "no"},
    )
    assert {host.name for host in directory.hosts()} == {"Grace Hopper", "Alan Turing"}
    assert [stay.visitor for stay in directory.who_is_in()] == ["Bob Smith"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"hosts": "Grace"}, "hosts: expected a list"),
        (
            {"visits": [{"host": "A", "visiter": "B"}]},
            "visits[0]: unknown key 'visiter'; did you mean 'visitor'?",
        ),
        ({"visits": [{"visitor": "B"}]}, "visits[0]: 'host' is missing"),
        ({"visits": [{"host": "A", "at": "25:00"}]}, "visits[0]: at is a time such as 10:30, not '25:00'"),
        ({"hosts": [{"name": "A", "reachable": "maybe"}]}, "hosts[0]: reachable is one of"),
        ({"hosts": [3]}, "hosts[0]: expected {name"),
    ],
)
def test_a_wrong_fixture_is_refused_whole_with_its_place(data: dict[str, object], problem: str) -> None:
    directory = open_directory("sqlite://", now=Clock())
    with pytest.raises(DirectoryError) as failure:
        fill(directory, {"in_building": [{"visitor": "Bob"}], **data})
    assert problem in str(failure.value)
    assert directory.who_is_in() == ()


@pytest.mark.parametrize("content", [b"[", b"- a\n- b\n", b"\xff\xfe\x00"])
def test_a_file_that_is_no_directory_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_bytes(content)
    with pytest.raises(DirectoryError) as failure:
        read_file(path)
    assert failure.value.kind is Trouble.BAD_DATA


def test_importing_the_package_loads_no_database_library() -> None:
    code = "import sys, receptionist.directory, receptionist.notify; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_check_of_a_sound_database_finds_nothing(tmp_path: Path) -> None:
    assert Database(str(tmp_path / "d")).sound() is None
