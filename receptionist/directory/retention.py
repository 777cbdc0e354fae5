"""Deleting what is too old, in the tables; exempt is whoever has not left the building yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from sqlalchemy import Delete, delete, or_, select, update
from sqlalchemy.orm import Session

from receptionist.directory.models import ConsentRow, LinkRow, MessageRow, StayRow, VisitRow
from receptionist.directory.store import Database

_UNSENT = ("queued", "sending")


class _DryRun(Exception):
    """Ends a transaction without a change."""


def purge(
    database: Database,
    *,
    visits: date | None = None,
    messages: date | None = None,
    consents: date | None = None,
    dry: bool = False,
) -> Mapping[str, int]:
    """Delete what is older than a day, each class by its own.

    People who have not checked out, with their visits, and messages not yet sent are kept.

    Args:
        database: Where it lies.
        visits: First day to keep of visits and stays; None keeps all.
        messages: The same of messages.
        consents: The same of consents.
        dry: Only count.

    Returns:
        How many rows of `visits`, `stays`, `messages` and `consents` were, or would be, deleted.

    Raises:
        DirectoryError: The database failed; nothing was deleted.
    """
    deleted = dict.fromkeys(("visits", "stays", "messages", "consents"), 0)
    try:
        with database.write() as session:
            if visits is not None:
                deleted["stays"] = _count(session, delete(StayRow).where(StayRow.left_at < _begin(visits)))
                deleted["visits"] = _old_visits(session, visits)
            if messages is not None:
                deleted["messages"] = _old_messages(session, messages)
            if consents is not None:
                old = delete(ConsentRow).where(ConsentRow.at < _begin(consents))
                deleted["consents"] = _count(session, old)
            if dry:
                raise _DryRun
    except _DryRun:
        pass
    return deleted


def _old_visits(session: Session, day: date) -> int:
    inside = select(StayRow.visit_id).where(StayRow.left_at.is_(None), StayRow.visit_id.is_not(None))
    left = update(StayRow).where(
        StayRow.visit_id.in_(select(VisitRow.id).where(VisitRow.day < day)), StayRow.left_at.is_not(None)
    )
    session.execute(left.values(visit_id=None))
    return _count(session, delete(VisitRow).where(VisitRow.day < day, VisitRow.id.not_in(inside)))


def _old_messages(session: Session, day: date) -> int:
    old = select(MessageRow.id).where(MessageRow.changed_at < _begin(day), MessageRow.state.not_in(_UNSENT))
    gone = or_(LinkRow.message_id.in_(old), LinkRow.expires_at < _begin(day))
    session.execute(delete(LinkRow).where(gone))
    return _count(session, delete(MessageRow).where(MessageRow.id.in_(old)))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time())


def _count(session: Session, statement: Delete) -> int:
    return session.connection().execute(statement).rowcount
