"""All that the tables hold about one person, to be shown to them or deleted for them.

A person is who is called so: names are compared as everywhere (case, accents, order of the parts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, TypeVar

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from receptionist.directory.models import (
    Base,
    ConsentRow,
    HostRow,
    LinkRow,
    MessageRow,
    StayRow,
    VisitorRow,
    VisitRow,
)
from receptionist.directory.names import folded
from receptionist.directory.store import Database
from receptionist.notify.message import SendState

_Row = TypeVar("_Row", bound=Base)
_SECRET = frozenset({"digest", "owner", "key"})
FORMER_HOST = "Former host"


class _DryRun(Exception):
    """Ends a transaction without a change."""


def export(database: Database, name: str) -> dict[str, list[dict[str, Any]]]:
    """What is known about a person, by table, as JSON values.

    Raises:
        DirectoryError: The database failed.
    """
    with database.read() as session:
        return {
            "host": [_facts(row) for row in _hosts(session, name)],
            "visits": [
                {**_facts(row), "company": row.company.name if row.company else None, "host": row.host.name}
                for row in _named(session, VisitRow, name)
            ],
            "stays": [_facts(row) for row in _named(session, StayRow, name)],
            "consents": [_facts(row) for row in _named(session, ConsentRow, name)],
            "remembered": [_facts(row) for row in _remembered(session, name)],
            "messages": [_facts(row) for row in _messages(session, name)],
        }


def erase(
    database: Database, name: str, *, host: bool = False, dry: bool = False
) -> tuple[Mapping[str, int], tuple[str, ...]]:
    """Delete what is known about a person.

    Somebody who is still inside stays on the evacuation list until they check out, and a message that is
    being sent stays until it is sent.

    Args:
        database: Where it lies.
        name: The person.
        host: Also as a host: their record and messages to them; visits to them stay, to nobody in particular.
        dry: Only count.

    Returns:
        How many rows were, or would be, deleted or changed, by table; and what was kept and why.

    Raises:
        DirectoryError: The database failed; nothing was deleted.
    """
    counts: dict[str, int] = {}
    kept: list[str] = []
    try:
        with database.write() as session:
            _erase_visitor(session, name, counts, kept)
            hosts = _hosts(session, name)
            if host:
                counts["hosts"] = len(hosts)
                for row in hosts:
                    _erase_host(session, row)
            elif hosts:
                kept.append(f"{name} is also a host here; --host erases that, too")
            if dry:
                raise _DryRun
    except _DryRun:
        pass
    return counts, tuple(kept)


def _erase_visitor(session: Session, name: str, counts: dict[str, int], kept: list[str]) -> None:
    stays = _named(session, StayRow, name)
    inside = {row.visit_id for row in stays if row.left_at is None}
    if inside:
        kept.append(f"{name} has not left the building yet; check them out and erase again")
    messages = _messages(session, name)
    sending = [row for row in messages if row.state == SendState.SENDING]
    if sending:
        kept.append("a message about them is being sent just now; erase again in a minute")
    gone = [row.id for row in messages if row.state != SendState.SENDING]
    session.execute(delete(LinkRow).where(LinkRow.message_id.in_(gone)))
    rows: dict[str, Sequence[Base]] = {
        "stays": [row for row in stays if row.left_at is not None],
        "visits": [row for row in _named(session, VisitRow, name) if row.id not in inside],
        "consents": _named(session, ConsentRow, name),
        "remembered": _remembered(session, name),
        "messages": [row for row in messages if row.state != SendState.SENDING],
    }
    for table, found in rows.items():
        counts[table] = len(found)
        if table == "visits":
            ids = [row.id for row in found if isinstance(row, VisitRow)]
            session.execute(update(StayRow).where(StayRow.visit_id.in_(ids)).values(visit_id=None))
        for row in found:
            session.delete(row)
        session.flush()


def _erase_host(session: Session, row: HostRow) -> None:
    nobody = f"{FORMER_HOST} {row.id}"
    session.execute(update(StayRow).where(StayRow.host == row.name).values(host=nobody))
    to_them = select(MessageRow.id).where(
        MessageRow.recipient == row.name, MessageRow.state != SendState.SENDING
    )
    session.execute(delete(LinkRow).where(LinkRow.message_id.in_(to_them)))
    session.execute(delete(MessageRow).where(MessageRow.id.in_(to_them)))
    session.execute(update(VisitorRow).where(VisitorRow.last_host == row.name).values(last_host=None))
    session.execute(update(HostRow).where(HostRow.deputy_id == row.id).values(deputy_id=None))
    visits = session.scalar(select(VisitRow.id).where(VisitRow.host_id == row.id).limit(1))
    if visits is None:
        session.delete(row)
        return
    row.name, row.aliases = nobody, []
    row.email = row.phone = row.channel = row.team = row.reachable = row.locale = row.external_id = None
    row.deputy_id = None


def _named(session: Session, table: type[_Row], name: str) -> list[_Row]:
    rows = session.scalars(select(table)).all()
    return [row for row in rows if folded(getattr(row, "visitor", None) or "") == folded(name)]


def _remembered(session: Session, name: str) -> Sequence[VisitorRow]:
    return session.scalars(select(VisitorRow).where(VisitorRow.key == folded(name))).all()


def _hosts(session: Session, name: str) -> list[HostRow]:
    return [
        row
        for row in session.scalars(select(HostRow))
        if folded(name) in (folded(other) for other in (row.name, *(row.aliases or ())))
    ]


def _messages(session: Session, name: str) -> list[MessageRow]:
    """Messages about a person, also those that only mention the name."""
    return [
        row
        for row in session.scalars(select(MessageRow))
        if folded(row.visitor or "") == folded(name)
        or folded(row.recipient) == folded(name)
        or folded(name) in folded(row.text)
        or folded(name) in folded(row.words or "")
    ]


def _facts(row: Base) -> dict[str, Any]:
    return {
        column.name: _json(getattr(row, column.name))
        for column in row.__table__.columns
        if column.name not in _SECRET
    }


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime | time) else value
