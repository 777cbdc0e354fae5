"""Hosts and visits from files: CSV and calendars, read again and again."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from receptionist.cli import miron
from receptionist.directory import VisitState, lexicons, open_directory
from receptionist.directory.calendars import read_calendar
from receptionist.directory.csv_files import read_hosts, read_visits
from receptionist.directory.directory import Directory
from receptionist.directory.imports import Imported, import_hosts, import_visits
from receptionist.directory.moments import read_date, read_time

MONDAY = date(2026, 3, 2)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def directory() -> Directory:
    return open_directory("sqlite://", now=lambda: datetime(2026, 3, 2, 9, 0))


def counts(done: Imported) -> tuple[int, int, int]:
    return done.added, done.changed, done.unchanged


# CSV


HOSTS = {
    "English": "name,e-mail,department,deputy,id\nGrace Hopper,grace@x.org,Compilers,Li Na,7\nLi Na,,,,8\n",
    "German": "Nr;Name;E-Mail;Abteilung;Vertretung\n7;Grace Hopper;grace@x.org;Compilers;Li Na\n8;Li Na;;;\n",
    "Chinese": "工号\t姓名\t邮箱\t部门\t代理人\n7\tGrace Hopper\tgrace@x.org\tCompilers\tLi Na\n8\tLi Na\n",
}


@pytest.mark.parametrize("language", HOSTS)
def test_headings_are_known_in_three_languages(directory: Directory, language: str) -> None:
    read = read_hosts(HOSTS[language].encode())
    assert read.problems == ()
    assert counts(import_hosts(directory, read.entries)) == (2, 0, 0)
    grace = directory.host("Grace Hopper")
    assert grace is not None
    assert (grace.email, grace.team, grace.deputy) == ("grace@x.org", "Compilers", "Li Na")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Name,Firma,Gastgeber\nJürgen Müller,Größe AG,李娜\n"),
        ("utf-8-sig", "Name,Firma,Gastgeber\nJürgen Müller,Größe AG,李娜\n"),
        ("utf-16", "Name;Firma;Gastgeber\nJürgen Müller;Größe AG;李娜\n"),
        ("cp1252", "Name;Firma;Gastgeber\nJürgen Müller;Größe AG;Zoë\n"),
        ("gb18030", "访客,公司,接待人\n王小明,星河公司,李娜\n"),
    ],
)
def test_usual_encodings_are_told_apart(encoding: str, text: str) -> None:
    read = read_visits(text.encode(encoding), MONDAY)
    assert read.problems == ()
    (entry,) = read.entries
    cells = text.splitlines()[1].replace(";", ",").split(",")
    assert [entry.visitor, entry.company, entry.host] == cells


def test_quoted_cells_may_hold_delimiters_and_line_ends() -> None:
    read = read_visits(b'visitor,host\n"Lovelace, Ada","Grace\r\nHopper"\nBob,Eve\n', MONDAY)
    assert [(entry.line, entry.visitor, entry.host) for entry in read.entries] == [
        (2, "Ada Lovelace", "Grace Hopper"),
        (4, "Bob", "Eve"),
    ]


def test_first_and_last_names_are_put_together_in_the_order_of_their_language() -> None:
    read = read_hosts("Vorname;Nachname\nAda;Lovelace\n小明;王\n".encode())
    assert [entry.name for entry in read.entries] == ["Ada Lovelace", "王小明"]


def test_problems_have_their_line_and_the_rest_is_read() -> None:
    text = (
        "visitor,host,date,time\nA,Grace,2026-03-02,10:30\n\nB,,2026-03-02,\nC,Grace,31.02.2026,\n"
        "D,Grace,03/04/2026,\nE,Grace,2026-03-02,later\nF,Grace,2026-03-02,1,2,3\nG,Grace,,9 Uhr\n"
    )
    read = read_visits(text.encode(), MONDAY)
    assert [entry.visitor for entry in read.entries] == ["A", "G"]
    lines = {problem.line: problem.message for problem in read.problems}
    assert sorted(lines) == [4, 5, 6, 7, 8]
    assert "no host" in lines[4]
    assert "no such day" in lines[5]
    assert "two dates" in lines[6]
    assert "no time of day" in lines[7]
    assert "4 columns" in lines[8]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no column"),
        (b"\x00\x01\x02", "no text"),
        (b"1,2,3\n4,5,6\n", "no column is known"),
        (b'name\n"Ada', "not CSV"),
        (b"\xff\xfe\x00", "no text"),
    ],
)
def test_what_is_no_list_is_refused_in_words(data: bytes, message: str) -> None:
    (problem,) = read_hosts(data).problems
    assert message in problem.message


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(deadline=None)
def test_no_file_makes_reading_fail_otherwise_than_in_words(data: bytes) -> None:
    for read in (read_hosts(data), read_visits(data, MONDAY), read_visits(b"name,host\n" + data, MONDAY)):
        assert all(problem.message for problem in read.problems)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.times())
def test_dates_and_times_are_read_as_they_are_written(day: date, moment: time) -> None:
    forms = ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%Y年%m月%d日")
    assert {read_date(day.strftime(form)) for form in forms} == {day}
    exact = moment.replace(second=0, microsecond=0)
    assert {read_time(moment.strftime(form)) for form in ("%H:%M", "%H.%M", "%H:%M:%S", "%I:%M %p")} == {
        exact
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14 Uhr", time(14)),
        ("2 pm", time(14)),
        ("12 am", time(0)),
        ("下午2点半", time(14, 30)),
        ("9h", time(9)),
    ],
)
def test_times_as_people_write_them(text: str, expected: time) -> None:
    assert read_time(text) == expected


@pytest.mark.parametrize("text", ["", "10", "25:00", "13 pm", "10:75", "half past ten", "-1:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        read_time(text)


def test_importing_again_changes_only_what_is_different(directory: Directory) -> None:
    text = "id,name,email,phone\n1,Grace Hopper,g@x.org,1\n2,Li Na,l@x.org,2\n"
    import_hosts(directory, read_hosts(text.encode()).entries)
    assert counts(import_hosts(directory, read_hosts(text.encode()).entries)) == (0, 0, 2)
    changed = text.replace("Grace Hopper,g@x.org,1", "Grace B. Hopper,g@x.org,9")
    assert counts(import_hosts(directory, read_hosts(changed.encode()).entries)) == (0, 1, 1)
    grace = directory.host("Grace B. Hopper")
    assert grace is not None
    assert grace.phone == "9"
    assert len(directory.hosts()) == 2


def test_visits_without_keys_are_known_again_and_arrivals_stay(directory: Directory) -> None:
    text = b"visitor,company,host,time\nAda Lovelace,Engines,Grace Hopper,10:30\n,Engines,Grace Hopper,\n"
    assert counts(import_visits(directory, read_visits(text, MONDAY).entries)) == (2, 0, 0)
    directory.check_in("Ada Lovelace", "Grace Hopper")
    assert counts(import_visits(directory, read_visits(text, MONDAY).entries)) == (0, 0, 2)
    assert [visit.state for visit in directory.visits()] == [VisitState.ARRIVED, VisitState.EXPECTED]


def test_a_dry_run_changes_nothing(directory: Directory) -> None:
    entries = read_hosts(HOSTS["English"].encode()).entries
    assert counts(import_hosts(directory, entries, dry=True)) == (2, 0, 0)
    assert directory.hosts() == ()
    visits = read_visits(b"visitor,host\nAda,Grace\n", MONDAY).entries
    assert counts(import_visits(directory, visits, dry=True)) == (1, 0, 0)
    assert directory.visits() == ()


def test_hosts_of_one_name_are_two_when_the_file_tells_them_apart(directory: Directory) -> None:
    text = b"name,email,team\nAda Byron,a@x.org,Sales\nAda Byron,b@x.org,Legal\n"
    for expected in ((2, 0, 0), (0, 0, 2)):
        assert counts(import_hosts(directory, read_hosts(text).entries)) == expected
    assert [host.name for host in directory.hosts()] == ["Ada Byron (Legal)", "Ada Byron (Sales)"]


def test_hosts_of_one_name_that_nothing_tells_apart_are_a_problem(directory: Directory) -> None:
    done = import_hosts(directory, read_hosts(b"name\nAda Byron\nAda Byron\n").entries)
    assert counts(done) == (1, 0, 0)
    assert [problem.line for problem in done.problems] == [3]


def test_imported_names_are_names_that_visitors_may_say(directory: Directory) -> None:
    import_hosts(directory, read_hosts("name,also\nLi Na,李娜\n".encode()).entries)
    import_visits(directory, read_visits(b"visitor,company,host\nZyx Qwert,Frobnitz,Li Na\n", MONDAY).entries)
    names = lexicons(directory)
    assert {"Li Na", "李娜", "Zyx Qwert"} <= set(names["person"])
    assert "Frobnitz" in names["company"]


# Calendars


def calendar(*events: str) -> bytes:
    parts = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{parts}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def event(uid: str, start: str, *more: str) -> str:
    lines = (
        f"UID:{uid}",
        start,
        "ORGANIZER;CN=Grace Hopper:mailto:grace@x.org",
        'ATTENDEE;CN="Ada Lovelace (Engines)":mailto:ada@y.org',
        *more,
    )
    return "\n".join(lines)


def test_guests_of_an_event_are_visitors_of_its_organizer() -> None:
    read = read_calendar(
        calendar(
            event(
                "1",
                "DTSTART;TZID=Europe/Berlin:20260302T103000",
                "DTEND;TZID=Europe/Berlin:20260302T113000",
                'ATTENDEE;CN="Babbage, Charles":mailto:cb@y.org',
                "ATTENDEE:mailto:mary.somerville@y.org",
                "ATTENDEE;CN=Jean Bartik:mailto:jean@x.org",
                "ATTENDEE;CN=Room 1;CUTYPE=ROOM:mailto:room1@x.org",
                "ATTENDEE;CN=No Show;PARTSTAT=DECLINED:mailto:no@y.org",
            )
        ),
        MONDAY,
        1,
        is_host=lambda email, name: email.endswith("@x.org"),
        zone=BERLIN,
    )
    assert read.problems == ()
    assert {(entry.visitor, entry.company) for entry in read.entries} == {
        ("Ada Lovelace", "Engines"),
        ("Charles Babbage", None),
        ("Mary Somerville", None),
    }
    assert {(entry.host, entry.at, entry.until) for entry in read.entries} == {
        ("Grace Hopper", time(10, 30), time(11, 30))
    }


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("DTSTART:20260302T093000Z", time(10, 30)),
        ("DTSTART;TZID=America/New_York:20260302T043000", time(10, 30)),
        ("DTSTART:20260302T103000", time(10, 30)),
        ("DTSTART;VALUE=DATE:20260302", None),
    ],
    ids=["UTC", "New York", "floating", "all day"],
)
def test_times_are_those_of_the_kiosk(start: str, expected: time | None) -> None:
    (entry,) = read_calendar(calendar(event("1", start)), MONDAY, 1, zone=BERLIN).entries
    assert (entry.day, entry.at) == (MONDAY, expected)


def test_repeating_events_are_laid_out_with_their_exceptions() -> None:
    data = calendar(
        event(
            "weekly",
            "DTSTART;TZID=Europe/Berlin:20260216T140000",
            "RRULE:FREQ=WEEKLY;COUNT=6",
            "EXDATE;TZID=Europe/Berlin:20260316T140000",
        ),
        event(
            "weekly",
            "DTSTART;TZID=Europe/Berlin:20260310T150000",
            "RECURRENCE-ID;TZID=Europe/Berlin:20260309T140000",
        ),
    )
    read = read_calendar(data, MONDAY, 30, zone=BERLIN)
    moments = [(entry.day.day, entry.at) for entry in read.entries]
    assert moments == [(2, time(14)), (10, time(15)), (23, time(14))]
    assert len({entry.id for entry in read.entries}) == 3


def test_summer_time_does_not_move_a_meeting() -> None:
    data = calendar(event("1", "DTSTART;TZID=Europe/Berlin:20260323T140000", "RRULE:FREQ=WEEKLY;COUNT=2"))
    read = read_calendar(data, MONDAY, 40, zone=BERLIN)
    assert [entry.at for entry in read.entries] == [time(14), time(14)]


def test_an_event_that_is_moved_or_cancelled_is_the_same_visit(directory: Directory) -> None:
    def bring(*more: str, start: str = "20260302T103000") -> Imported:
        data = calendar(event("1", f"DTSTART;TZID=Europe/Berlin:{start}", *more))
        return import_visits(directory, read_calendar(data, MONDAY, 9, zone=BERLIN).entries)

    assert counts(bring()) == (1, 0, 0)
    assert counts(bring()) == (0, 0, 1)
    assert counts(bring(start="20260303T110000")) == (0, 1, 0)
    assert directory.visits() == ()
    (visit,) = directory.visits(date(2026, 3, 3))
    assert (visit.visitor, visit.at) == ("Ada Lovelace", time(11))
    bring("STATUS:CANCELLED", start="20260303T110000")
    assert directory.visits(date(2026, 3, 3))[0].state is VisitState.CANCELLED


def test_the_organizer_is_found_by_address_even_under_another_name(directory: Directory) -> None:
    directory.add_host("Admiral Hopper", email="Grace@X.org")
    read = read_calendar(calendar(event("1", "DTSTART:20260302T103000")), MONDAY, 1)
    import_visits(directory, read.entries)
    assert [visit.host for visit in directory.visits()] == ["Admiral Hopper"]
    assert len(directory.hosts()) == 1


def test_meetings_without_guests_are_no_visits() -> None:
    data = calendar(
        "UID:1\nDTSTART:20260302T103000\nORGANIZER:mailto:grace@x.org", "UID:2\nDTSTART:20260302T113000"
    )
    read = read_calendar(data, MONDAY, 1)
    assert (read.entries, read.problems, read.passed_over) == ((), (), 2)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("DTSTART:tomorrow", "DTSTART"),
        ("SUMMARY:x", "no beginning"),
        ("DTSTART:20260302T103000\nRRULE:FREQ=SECONDLY", "more often"),
        ("DTSTART:20260302T103000\nRRULE:FREQ=DAILY;BYHOUR=1,2,3", "more often"),
        ("DTSTART:20260302T103000\nRRULE:FREQ=SOMETIMES", "RRULE"),
    ],
)
def test_a_broken_event_is_told_and_the_others_are_read(line: str, hint: str) -> None:
    read = read_calendar(calendar(event("bad", line), event("1", "DTSTART:20260302T103000")), MONDAY, 5)
    assert [entry.visitor for entry in read.entries] == ["Ada Lovelace"]
    (problem,) = read.problems
    assert hint in problem.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
        b"\xff\xfe\x00",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
    ],
)
def test_a_broken_calendar_is_refused_in_words(data: bytes) -> None:
    read = read_calendar(data, MONDAY, 1)
    assert read.entries == ()
    assert len(read.problems) == 1


@given(
    st.lists(
        st.sampled_from(
            [
                "BEGIN:VCALENDAR",
                "BEGIN:VEVENT",
                "END:VEVENT",
                "END:VCALENDAR",
                "DTSTART:x",
                "DTSTART:20260302",
                "RRULE:FREQ=DAILY",
                "RRULE:x",
                "ATTENDEE:x",
                "ORGANIZER;CN=a:mailto:b@c",
                "UID:1",
                "RECURRENCE-ID:20260302",
                "DTEND:19000101",
                "EXDATE:x",
            ]
        ),
        max_size=12,
    )
)
@settings(deadline=None, max_examples=60)
def test_no_calendar_makes_reading_fail_otherwise_than_in_words(lines: list[str]) -> None:
    read = read_calendar("\r\n".join(lines).encode(), MONDAY, 3)
    assert all(problem.message for problem in read.problems)


@pytest.mark.slow
def test_a_calendar_of_ten_thousand_events_is_brought_in(directory: Directory) -> None:
    data = calendar(
        *(
            event(str(number), f"DTSTART:202603{2 + number % 20:02}T1{number % 10}0000")
            for number in range(10_000)
        )
    )
    read = read_calendar(data, MONDAY, 60)
    assert len(read.entries) == 10_000
    assert counts(import_visits(directory, read.entries)) == (10_000, 0, 0)
    assert len(directory.visits()) == 500
    assert directory.find_visits(name="Ada Lovelace").exact


# The command


def run(home: Path, *args: str) -> tuple[int, str, str]:
    result = CliRunner(env={"MIRON_HOME": str(home)}).invoke(miron, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_lists_are_imported_listed_and_added_to_by_the_command(tmp_path: Path) -> None:
    hosts, visits = tmp_path / "hosts.csv", tmp_path / "visits.ics"
    hosts.write_text(HOSTS["German"], "utf-8")
    today = date.today()
    visits.write_bytes(calendar(event("1", f"DTSTART:{today:%Y%m%d}T103000")))
    assert run(tmp_path, "hosts", "import", str(hosts)) == (0, "added 2, changed 0, unchanged 0\n", "")
    assert run(tmp_path, "visits", "import", "--dry-run", str(visits))[1].startswith("would be added 1,")
    assert run(tmp_path, "visits", "import", str(visits))[1].startswith("added 1,")
    assert run(tmp_path, "hosts", "add", "Jean Bartik", "--deputy", "Grace")[0] == 0
    code, out, _ = run(tmp_path, "visits", "add", "Jean", "--visitor", "Eve", "--at", "9:15", "--code", "new")
    assert code == 0
    assert f"Eve to Jean Bartik on {today}, code " in out
    listed = run(tmp_path, "visits", "list")[1].splitlines()
    assert [line.split()[:2] for line in listed[1:]] == [["09:15", "Eve"], ["10:30", "Ada"]]
    assert '"deputy": "Grace Hopper"' in run(tmp_path, "hosts", "list", "--format", "json")[1]


def test_what_cannot_be_brought_in_is_told_with_file_and_line(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.csv"
    hosts.write_text("name,email\nAda,ada@x.org\n,b@x.org\n", "utf-8")
    code, out, problems = run(tmp_path, "hosts", "import", str(hosts))
    assert (code, out) == (1, "added 1, changed 0, unchanged 0\n")
    assert problems == f"{hosts}:3: there is no name\n"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["hosts", "import", "nowhere.csv"], 1),
        (["visits", "add", "Nobody"], 1),
        (["visits", "add", "Nobody", "--at", "late"], 2),
        (["hosts", "add", " "], 2),
        (["visits", "list", "--day", "monday"], 2),
        (["visits", "import", "x.ics", "--days", "0"], 2),
    ],
)
def test_wrong_use_and_failures_have_their_status(tmp_path: Path, args: list[str], code: int) -> None:
    status, _, message = run(tmp_path, *args)
    assert status == code
    assert message
