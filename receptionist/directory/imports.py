"""Bringing hosts and visits from files into the directory: again and again, without doubles.

What a file says replaces what was imported before under the same key; what it does not say stays, and nothing
is deleted. A visitor who has arrived stays arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from receptionist.directory.directory import Directory
from receptionist.directory.entries import HostEntry, RowProblem, VisitEntry
from receptionist.directory.models import CompanyRow, HostRow, VisitRow
from receptionist.directory.names import clean, folded
from receptionist.directory.records import Source, VisitState


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do.

    Attributes:
        added: How many are new.
        changed: How many were known and say something else now.
        unchanged: How many were known as they are.
        problems: What could not be brought in.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: tuple[RowProblem, ...] = ()


class _DryRun(Exception):
    """Ends a transaction without a change."""


class _Count:
    def __init__(self) -> None:
        self.added = self.changed = self.unchanged = 0
        self.problems: list[RowProblem] = []

    def update(self, row: object, values: Mapping[str, Any]) -> None:
        different = {key: value for key, value in values.items() if getattr(row, key) != value}
        for key, value in different.items():
            setattr(row, key, value)
        self.changed += bool(different)
        self.unchanged += not different

    def report(self) -> Imported:
        return Imported(self.added, self.changed, self.unchanged, tuple(self.problems))


def import_hosts(directory: Directory, entries: Iterable[HostEntry], *, dry: bool = False) -> Imported:
    """Bring in hosts, known again by the file's key, else by e-mail, else by name.

    Args:
        dry: Only tell what would happen.

    Raises:
        DirectoryError: The database failed; nothing was changed.
    """
    count = _Count()
    try:
        with directory.database.write() as session:
            done: dict[int, HostEntry] = {}
            deputies: list[tuple[HostRow, HostEntry]] = []
            known = _HostIndex(session)
            for entry in entries:
                row = known.find(entry.id, entry.email, entry.name)
                if row is not None and row.id in done:
                    first = done[row.id].line
                    message = f"the same host as in line {first}; tell them apart by an id or an e-mail"
                    count.problems.append(RowProblem(entry.line, message))
                    continue
                if row is None:
                    host = directory.add_host(entry.name, team=entry.team)
                    session.flush()
                    row = session.get_one(HostRow, host.id)
                    _fill(row, entry)
                    count.added += 1
                else:
                    count.update(row, _host_values(row, entry))
                session.flush()
                known.add(row)
                done[row.id] = entry
                deputies.append((row, entry))
            _set_deputies(known, deputies, count)
            if dry:
                raise _DryRun
    except _DryRun:
        pass
    return count.report()


def _fill(row: HostRow, entry: HostEntry) -> None:
    for key, value in _host_values(row, entry).items():
        setattr(row, key, value)


def _host_values(row: HostRow, entry: HostEntry) -> dict[str, Any]:
    """What the file says of a host, as columns."""
    said: dict[str, Any] = {
        "external_id": entry.id,
        "email": entry.email,
        "phone": entry.phone,
        "channel": entry.channel,
        "team": entry.team,
        "locale": entry.locale,
    }
    values = {key: value for key, value in said.items() if value is not None}
    names = {folded(name) for name in (row.name, *(row.aliases or ()))}
    more = [name for name in entry.also if folded(name) not in names]
    if folded(entry.name) not in names:
        values["name"] = entry.name
    if more:
        values["aliases"] = [*(row.aliases or ()), *more]
    return values


def _set_deputies(known: _HostIndex, wanted: Iterable[tuple[HostRow, HostEntry]], count: _Count) -> None:
    for row, entry in wanted:
        if entry.deputy is None:
            continue
        named = entry.deputy
        deputy = (
            known.find(named, None, None) or known.find(None, named, None) or known.find(None, None, named)
        )
        if deputy is None or deputy is row:
            message = f"no other host is '{entry.deputy}', so {entry.name} has no deputy"
            count.problems.append(RowProblem(entry.line, message))
        else:
            row.deputy_id = deputy.id


class _HostIndex:
    """Hosts by key, e-mail and name; a name that several share finds none of them."""

    def __init__(self, session: Session) -> None:
        self._by_id: dict[str, HostRow] = {}
        self._by_email: dict[str, HostRow] = {}
        self._by_name: dict[str, dict[int, HostRow]] = {}
        for row in session.scalars(select(HostRow).order_by(HostRow.id)):
            self.add(row)

    def add(self, row: HostRow) -> None:
        if row.external_id:
            self._by_id[row.external_id] = row
        if row.email:
            self._by_email.setdefault(row.email.casefold(), row)
        for name in (row.name, *(row.aliases or ())):
            self._by_name.setdefault(folded(name), {})[row.id] = row

    def find(self, key: str | None, email: str | None, name: str | None) -> HostRow | None:
        """The host meant; by name only one whose key and e-mail do not say otherwise."""
        if key and key in self._by_id:
            return self._by_id[key]
        if email and email.casefold() in self._by_email:
            return self._by_email[email.casefold()]
        rows = list(self._by_name.get(folded(name), {}).values()) if name else []
        fitting = [
            row
            for row in rows
            if not (key and row.external_id) and not (email and row.email and email != name)
        ]
        return fitting[0] if len(fitting) == 1 else None


def import_visits(directory: Directory, entries: Iterable[VisitEntry], *, dry: bool = False) -> Imported:
    """Bring in visits, known again by the file's key, else by day, time, visitor, company and host.

    A host who is not known by e-mail or name is added.

    Args:
        dry: Only tell what would happen.

    Raises:
        DirectoryError: The database failed; nothing was changed.
    """
    count = _Count()
    try:
        with directory.database.write() as session, session.no_autoflush:
            hosts = _HostIndex(session)
            companies = {row.name: row for row in session.scalars(select(CompanyRow))}
            known = {
                row.external_id: row
                for row in session.scalars(select(VisitRow).where(VisitRow.external_id.is_not(None)))
            }
            done: set[str] = set()
            for entry in entries:
                key = entry.id or _key(entry)
                if key in done:
                    count.problems.append(RowProblem(entry.line, "this visit stands in the file already"))
                    continue
                done.add(key)
                row = known.get(key)
                if row is None and entry.cancelled:
                    count.unchanged += 1
                    continue
                host = _host_of(session, hosts, entry)
                company = _company_of(session, companies, entry.company)
                values = _visit_values(entry, host, company)
                if row is None:
                    session.add(
                        VisitRow(external_id=key, state=VisitState.EXPECTED, source=Source.GIVEN, **values)
                    )
                    count.added += 1
                    continue
                if entry.cancelled and row.state == VisitState.EXPECTED:
                    values["state"] = VisitState.CANCELLED
                elif not entry.cancelled and row.state == VisitState.CANCELLED:
                    values["state"] = VisitState.EXPECTED
                count.update(row, values)
            session.flush()
            if dry:
                raise _DryRun
    except _DryRun:
        pass
    return count.report()


def _visit_values(entry: VisitEntry, host: HostRow, company: CompanyRow | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        "visitor": clean(entry.visitor) if entry.visitor else None,
        "company_id": company.id if company else None,
        "at": entry.at,
        "until": entry.until,
        "code": entry.code,
    }
    values = {key: value for key, value in said.items() if value is not None}
    return {**values, "host_id": host.id, "day": entry.day}


def _key(entry: VisitEntry) -> str:
    """A key for a visit that brings none."""
    parts = (entry.visitor, entry.company, entry.host or entry.host_email)
    return "/".join(("row", str(entry.day), str(entry.at or ""), *(folded(part or "") for part in parts)))


def _host_of(session: Session, hosts: _HostIndex, entry: VisitEntry) -> HostRow:
    row = hosts.find(None, entry.host_email, entry.host)
    if row is None:
        name = entry.host or str(entry.host_email)
        row = session.scalar(select(HostRow).where(HostRow.name == clean(name)))
        if row is None:
            row = HostRow(name=clean(name), email=entry.host_email, aliases=[])
            session.add(row)
            session.flush()
        hosts.add(row)
    return row


def _company_of(session: Session, companies: dict[str, CompanyRow], name: str | None) -> CompanyRow | None:
    if not name or not clean(name):
        return None
    row = companies.get(clean(name))
    if row is None:
        row = companies[clean(name)] = CompanyRow(name=clean(name))
        session.add(row)
        session.flush()
    return row
