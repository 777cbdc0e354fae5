"""``miron hosts`` and ``miron visits``: who works here, who is expected, from files and by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from receptionist.commands.common import PATH, fail

if TYPE_CHECKING:
    from receptionist.directory.directory import Directory
    from receptionist.directory.entries import RowProblem
    from receptionist.directory.imports import Imported

P = ParamSpec("P")
R = TypeVar("R")

CONFIG = click.option("--config", "config_file", type=PATH, help="The settings file.")
DRY = click.option("--dry-run", is_flag=True, help="Only tell what would happen.")
FORM = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def hosts() -> None:
    """Hosts: import, list or add them.

    Exit status: 0 fine, 1 something could not be brought in or the directory does not answer, 2 wrong use.
    """


@click.group()
def visits() -> None:
    """Visits: import, list or add them.

    Exit status: 0 fine, 1 something could not be brought in or the directory does not answer, 2 wrong use.
    """


def _in_words(command: Callable[P, R]) -> Callable[P, R]:
    """Failures of settings and directory as messages."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        from receptionist.config import ConfigError
        from receptionist.directory import DirectoryError

        try:
            return command(*args, **kwargs)
        except (ConfigError, DirectoryError) as error:
            fail(str(error))

    return told


@hosts.command("import")
@click.argument("file", type=PATH)
@CONFIG
@DRY
@_in_words
def import_hosts(file: Path, config_file: Path | None, dry_run: bool) -> None:
    """Import hosts from a CSV file whose first row names the columns."""
    from receptionist.directory.csv_files import read_hosts
    from receptionist.directory.imports import import_hosts

    read = read_hosts(_bytes(file))
    _report(file, import_hosts(_directory(config_file), read.entries, dry=dry_run), read.problems, dry_run)


@hosts.command("list")
@CONFIG
@FORM
@_in_words
def list_hosts(config_file: Path | None, form: str) -> None:
    """List all hosts."""
    found = _directory(config_file).hosts()
    if form == "json":
        _print_json(asdict(host) for host in found)
        return
    _print_table(
        ("name", "team", "e-mail", "phone", "deputy"),
        ((host.name, host.team, host.email, host.phone, host.deputy) for host in found),
    )


@hosts.command("add")
@click.argument("name")
@click.option("--also", multiple=True, help="Another way to say or write the name; may be repeated.")
@click.option("--email", help="E-mail address.")
@click.option("--phone", help="Phone number.")
@click.option("--channel", help="A name of [channels] in the settings, or an address of Apprise.")
@click.option("--team", help="Whose members stand in after the deputy.")
@click.option("--deputy", help="Name of the host who stands in.")
@click.option("--locale", help="Language of messages to this host, such as en.")
@CONFIG
@_in_words
def add_host(
    name: str,
    also: tuple[str, ...],
    email: str | None,
    phone: str | None,
    channel: str | None,
    team: str | None,
    deputy: str | None,
    locale: str | None,
    config_file: Path | None,
) -> None:
    """Add a host."""
    from receptionist.directory.names import clean

    if not clean(name):
        raise click.UsageError("the name has no letters")
    directory = _directory(config_file)
    stands_in = directory.host(deputy) if deputy else None
    if deputy and stands_in is None:
        fail(f"no host is called '{deputy}', or more than one")
    host = directory.add_host(
        name, aliases=also, email=email, phone=phone, channel=channel, team=team, locale=locale
    )
    if stands_in is not None:
        directory.set_deputy(host.id, stands_in.id)
    click.echo(f"added: {host.name}")


@visits.command("import")
@click.argument("file", type=PATH)
@click.option("--days", default=60, show_default=True, help="Of a calendar: how many days from today.")
@CONFIG
@DRY
@_in_words
def import_visits(file: Path, days: int, config_file: Path | None, dry_run: bool) -> None:
    """Import visits from a CSV file, or from a calendar (.ics)."""
    from receptionist.directory.csv_files import read_visits
    from receptionist.directory.imports import import_visits

    if not 1 <= days <= 3660:
        raise click.UsageError("--days is between 1 and 3660")
    data = _bytes(file)
    directory = _directory(config_file)
    if file.suffix.casefold() in (".ics", ".ical", ".icalendar") or data[:100].lstrip().startswith(
        b"BEGIN:VCAL"
    ):
        from receptionist.directory.calendars import read_calendar

        known = {name.casefold() for host in directory.hosts() for name in (host.name, *host.aliases)}
        known |= {host.email.casefold() for host in directory.hosts() if host.email}
        read = read_calendar(
            data,
            directory.today(),
            days,
            is_host=lambda email, name: email.casefold() in known or name.casefold() in known,
        )
    else:
        read = read_visits(data, directory.today())
    if read.passed_over:
        click.echo(f"{read.passed_over} events without visitors were passed over", err=True)
    _report(file, import_visits(directory, read.entries, dry=dry_run), read.problems, dry_run)


@visits.command("list")
@click.option("--day", type=DAY, help="Another day than today, such as 2026-03-02.")
@CONFIG
@FORM
@_in_words
def list_visits(day: datetime | None, config_file: Path | None, form: str) -> None:
    """List the visits of a day."""
    found = _directory(config_file).visits(day.date() if day else None)
    if form == "json":
        _print_json(asdict(visit) for visit in found)
        return
    _print_table(
        ("at", "visitor", "company", "host", "code", "state"),
        (
            (
                visit.at.strftime("%H:%M") if visit.at else None,
                visit.visitor,
                visit.company,
                visit.host,
                visit.code,
                visit.state.value,
            )
            for visit in found
        ),
    )


@visits.command("add")
@click.argument("host")
@click.option("--visitor", help="Who comes.")
@click.option("--company", help="From which company.")
@click.option("--day", type=DAY, help="When; without it, today.")
@click.option("--at", help="Time of day, such as 10:30.")
@click.option("--code", help="Invitation code; 'new' makes one.")
@CONFIG
@_in_words
def add_visit(
    host: str,
    visitor: str | None,
    company: str | None,
    day: datetime | None,
    at: str | None,
    code: str | None,
    config_file: Path | None,
) -> None:
    """Add a visit to a HOST, who must be known."""
    from receptionist.directory.moments import read_time

    try:
        planned = read_time(at) if at else None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    directory = _directory(config_file)
    known = directory.host(host)
    if known is None:
        near = ", ".join(match.host.name for match in directory.find_hosts(host).matches)
        fail(f"no host, or more than one, is called '{host}'{f'; there are {near}' if near else ''}")
    visit = directory.add_visit(
        known.name,
        day.date() if day else directory.today(),
        visitor=visitor,
        company=company,
        at=planned,
        code=None if code == "new" else code,
    )
    said = directory.issue_code(visit.id) if code == "new" else visit.code
    click.echo(f"added: {visit.visitor or 'a visitor'} to {visit.host} on {visit.day}{_with_code(said)}")


def _with_code(code: str | None) -> str:
    return f", code {code}" if code else ""


def _directory(config_file: Path | None) -> Directory:
    from receptionist.config import load_config
    from receptionist.directory import open_directory

    config = load_config(config_file)
    return open_directory(config.database, timeout_s=config.database_timeout_s)


def _bytes(file: Path) -> bytes:
    from receptionist.directory.csv_files import MAX_BYTES

    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror or error}")


def _report(file: Path, done: Imported, problems: Iterable[RowProblem], dry: bool) -> None:
    """What happened, and what could not be read; stops with 1 if there is any of that."""
    found = sorted((*problems, *done.problems), key=lambda problem: problem.line)
    for problem in found:
        place = f"{file}:{problem.line}" if problem.line else str(file)
        click.echo(f"{place}: {problem.message}", err=True)
    would = "would be " if dry else ""
    click.echo(f"{would}added {done.added}, {would}changed {done.changed}, unchanged {done.unchanged}")
    if found:
        sys.exit(1)


def _print_json(records: Iterable[dict[str, Any]]) -> None:
    def text(value: object) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)

    for record in records:
        click.echo(json.dumps(record, ensure_ascii=False, default=text))


def _print_table(headings: tuple[str, ...], rows: Iterable[tuple[str | None, ...]]) -> None:
    from unicodedata import east_asian_width

    def width(text: str) -> int:
        return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)

    cells = [headings, *(tuple(cell or "" for cell in row) for row in rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(headings))]
    for row in cells:
        line = "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True))
        click.echo(line.rstrip())
