"""Hosts and visits from CSV files: any usual encoding and delimiter, headings in three languages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from receptionist.directory.entries import Entry, HostEntry, Read, RowProblem, VisitEntry
from receptionist.directory.moments import read_date, read_time
from receptionist.directory.names import clean

DELIMITERS = ",;\t|"
MAX_BYTES = 50_000_000
"""Longest file that is read."""
_MAX_PROBLEMS = 100

_COMMON = {
    "id": (
        "id",
        "uid",
        "key",
        "number",
        "nr",
        "nummer",
        "personnel number",
        "personalnummer",
        "编号",
        "工号",
    ),
    "first": ("first", "first name", "given name", "forename", "vorname", "名", "名字"),
    "last": ("last", "last name", "surname", "family name", "nachname", "familienname", "姓", "姓氏"),
}
HOST_HEADINGS: Mapping[str, tuple[str, ...]] = {
    **_COMMON,
    "name": ("name", "full name", "host", "employee", "mitarbeiter", "mitarbeiterin", "姓名", "员工", "全名"),
    "also": ("also", "alias", "aliases", "nickname", "auch", "rufname", "别名", "昵称"),
    "email": ("email", "e-mail", "mail", "e-mail address", "e-mail-adresse", "邮箱", "电子邮件", "邮件"),
    "phone": ("phone", "telephone", "mobile", "telefon", "handy", "durchwahl", "电话", "手机"),
    "channel": ("channel", "kanal", "渠道"),
    "team": ("team", "department", "group", "abteilung", "gruppe", "部门", "团队"),
    "deputy": (
        "deputy",
        "substitute",
        "assistant",
        "vertretung",
        "stellvertretung",
        "vertreter",
        "代理",
        "代理人",
    ),
    "locale": ("locale", "language", "sprache", "语言"),
}
VISIT_HEADINGS: Mapping[str, tuple[str, ...]] = {
    **_COMMON,
    "visitor": (
        "visitor",
        "guest",
        "name",
        "visitor name",
        "besucher",
        "besucherin",
        "gast",
        "访客",
        "来访者",
        "姓名",
    ),
    "company": ("company", "organisation", "organization", "firma", "unternehmen", "公司", "单位"),
    "host": (
        "host",
        "contact",
        "employee",
        "gastgeber",
        "gastgeberin",
        "ansprechpartner",
        "被访人",
        "接待人",
    ),
    "host_email": ("host email", "host e-mail", "e-mail gastgeber", "接待人邮箱"),
    "day": ("day", "date", "datum", "tag", "日期"),
    "at": ("at", "time", "from", "start", "begin", "uhrzeit", "zeit", "von", "beginn", "时间", "开始"),
    "until": ("until", "to", "end", "bis", "ende", "结束"),
    "code": ("code", "invitation", "invitation code", "einladungscode", "einladung", "邀请码"),
}


@dataclass(frozen=True, slots=True)
class _Table:
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    problems: tuple[RowProblem, ...]


def read_hosts(data: bytes) -> Read[HostEntry]:
    """The hosts of a CSV file.

    Args:
        data: The whole file; its first row names the columns.
    """
    return _read(data, HOST_HEADINGS, _host)


def read_visits(data: bytes, today: date) -> Read[VisitEntry]:
    """The visits of a CSV file.

    Args:
        data: The whole file; its first row names the columns.
        today: The day of visits that name none.
    """
    return _read(data, VISIT_HEADINGS, lambda line, row: _visit(line, row, today))


def _read(
    data: bytes, headings: Mapping[str, tuple[str, ...]], make: Callable[[int, Mapping[str, str]], Entry]
) -> Read[Entry]:
    table = _table(data, headings)
    entries: list[Entry] = []
    problems = list(table.problems)
    for line, row in table.rows:
        try:
            entries.append(make(line, row))
        except ValueError as error:
            if len(problems) < _MAX_PROBLEMS:
                problems.append(RowProblem(line, str(error)))
    return Read(tuple(entries), tuple(problems))


def _host(line: int, row: Mapping[str, str]) -> HostEntry:
    name = _name(row, "name")
    if name is None:
        raise ValueError("there is no name")
    return HostEntry(
        line,
        name,
        id=row.get("id"),
        also=tuple(clean(part) for part in row.get("also", "").replace("|", ";").split(";") if part.strip()),
        email=_email(row.get("email")),
        phone=row.get("phone"),
        channel=row.get("channel"),
        team=row.get("team"),
        deputy=row.get("deputy"),
        locale=row.get("locale"),
    )


def _visit(line: int, row: Mapping[str, str], today: date) -> VisitEntry:
    host, email = row.get("host"), _email(row.get("host_email"))
    if not host and not email:
        raise ValueError("there is no host")
    day, at = row.get("day"), row.get("at")
    if at and not day and (both := re.fullmatch(r"(\d{4}-\d{2}-\d{2})[T ]+(.+)", at)):
        day, at = both.groups()
    return VisitEntry(
        line,
        clean(host or ""),
        read_date(day) if day else today,
        host_email=email,
        visitor=_name(row, "visitor"),
        company=clean(row["company"]) if row.get("company") else None,
        at=read_time(at) if at else None,
        until=read_time(row["until"]) if row.get("until") else None,
        code=row.get("code"),
        id=row.get("id"),
    )


def _name(row: Mapping[str, str], whole: str) -> str | None:
    first, last = row.get("first"), row.get("last")
    parts = _joined(first, last) if first and last else first or last
    name = row.get(whole) or parts
    if not name:
        return None
    family, comma, given = name.partition(",")
    if comma and given.strip() and "," not in given:
        name = f"{given.strip()} {family.strip()}"
    if not clean(name):
        raise ValueError("the name has no letters")
    return clean(name)


def _joined(first: str, last: str) -> str:
    """A name in the order of its language: Chinese family names come first."""
    chinese = all("\u3400" <= char <= "\u9fff" for char in first + last)
    return last + first if chinese else f"{first} {last}"


def _email(text: str | None) -> str | None:
    if text is None:
        return None
    address = text.strip().removeprefix("mailto:")
    before, at, after = address.partition("@")
    if not (before and at and after) or any(char.isspace() for char in address):
        raise ValueError(f"'{text[:60]}' is no e-mail address")
    return address


def _table(data: bytes, headings: Mapping[str, tuple[str, ...]]) -> _Table:
    if len(data) > MAX_BYTES:
        return _Table((), (RowProblem(0, f"the file is larger than {MAX_BYTES // 1_000_000} MB"),))
    known = {
        _folded(alias): field for field, aliases in reversed(list(headings.items())) for alias in aliases
    }
    text = _decoded(data, known)
    if text is None:
        return _Table((), (RowProblem(0, "the file is no text; save it as CSV in UTF-8"),))
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda char: _recognised(first, char, known))
    if not _recognised(first, delimiter, known):
        names = ", ".join(headings)
        return _Table((), (RowProblem(1, f"no column is known by its heading; known are {names}"),))
    return _rows(text, delimiter, known)


def _rows(text: str, delimiter: str, known: Mapping[str, str]) -> _Table:
    problems: list[RowProblem] = []
    rows: list[tuple[int, Mapping[str, str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str | None] = []
    begun = 1
    try:
        for cells in reader:
            line, begun = begun, reader.line_num + 1
            filled = [cell.strip() for cell in cells]
            if not any(filled):
                continue
            if not columns:
                columns = list(_columns(filled, known))
                continue
            if len(filled) > len(columns) and any(filled[len(columns) :]):
                message = (
                    f"{len(filled)} values, but only {len(columns)} columns; is one not in quotation marks?"
                )
                problems.append(RowProblem(line, message))
                continue
            pairs = zip(columns, filled, strict=False)
            rows.append((line, {field: cell for field, cell in pairs if field and cell}))
    except csv.Error as error:
        problems.append(RowProblem(begun, f"this is not CSV: {error}"))
    return _Table(tuple(rows), tuple(problems[:_MAX_PROBLEMS]))


def _columns(cells: list[str], known: Mapping[str, str]) -> Iterator[str | None]:
    """The field of each column; a second column of the same field is not used."""
    seen: set[str] = set()
    for cell in cells:
        field = known.get(_folded(cell))
        yield field if field not in seen else None
        if field:
            seen.add(field)


def _recognised(first: str, delimiter: str, known: Mapping[str, str]) -> int:
    cells = next(csv.reader([first], delimiter=delimiter), [])
    return sum(_folded(cell) in known for cell in cells)


def _folded(heading: str) -> str:
    return " ".join(heading.casefold().replace("_", " ").replace("-", " ").strip("* :\ufeff").split())


def _decoded(data: bytes, known: Mapping[str, str]) -> str | None:
    """The text of a file: UTF-8, UTF-16 with its mark, or what spreadsheets of Europe or China write."""
    encodings: list[Callable[[], str]] = [lambda: data.decode("utf-8-sig")]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings.insert(0, lambda: data.decode("utf-16"))
    else:
        first = data.splitlines()[0].decode("gb18030", "replace") if data.strip() else ""
        by_heading = any(
            _folded(cell) in known and any("\u3400" <= char <= "\u9fff" for char in cell)
            for delimiter in DELIMITERS
            for cell in next(csv.reader([first], delimiter=delimiter), [])
        )
        encodings.append(lambda: data.decode("gb18030" if by_heading else "cp1252"))
    for decode in encodings:
        try:
            text = decode()
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None
