"""What kiosks are doing, and what the front desk wants of them, by way of the database they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from receptionist.directory.models import KioskRow, OrderRow
from receptionist.directory.store import Database

END_SESSION = "end_session"
"""The order to end the visit that is going on."""
_ORDER_COUNTS = timedelta(seconds=30)
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A kiosk as the front desk sees it.

    Attributes:
        visit_since: When the visit that is going on began; None while nobody is there.
        seen: When it last reported.
    """

    name: str
    visit_since: datetime | None
    seen: datetime


def report(database: Database, name: str, visit_since: datetime | None, now: datetime) -> None:
    """Write down what a kiosk is doing; kiosks not heard of for a day are forgotten.

    Raises:
        DirectoryError: The database failed.
    """
    with database.write() as session:
        session.merge(KioskRow(name=name, visit_since=visit_since, seen_at=now))
        session.execute(delete(KioskRow).where(KioskRow.seen_at < now - _FORGOTTEN_AFTER))
        session.execute(delete(OrderRow).where(OrderRow.at < now - _FORGOTTEN_AFTER))


def kiosks(database: Database, since: datetime) -> tuple[Kiosk, ...]:
    """The kiosks that reported since a moment, by name.

    Raises:
        DirectoryError: The database failed.
    """
    with database.read() as session:
        rows = session.scalars(select(KioskRow).where(KioskRow.seen_at >= since).order_by(KioskRow.name))
        return tuple(Kiosk(row.name, row.visit_since, row.seen_at) for row in rows)


def order(database: Database, kiosk: str, kind: str, now: datetime) -> None:
    """Tell a kiosk to do something.

    Raises:
        DirectoryError: The database failed.
    """
    with database.write() as session:
        session.add(OrderRow(kiosk=kiosk, kind=kind, at=now))


def take_orders(database: Database, kiosk: str, now: datetime) -> tuple[str, ...]:
    """What a kiosk is to do, each told once; orders older than half a minute were for another visitor.

    Raises:
        DirectoryError: The database failed.
    """
    waiting = select(OrderRow).where(OrderRow.kiosk == kiosk, OrderRow.taken_at.is_(None))
    with database.read() as session:
        if session.scalar(waiting.limit(1)) is None:
            return ()
    with database.write() as session:
        rows = session.scalars(waiting.order_by(OrderRow.id)).all()
        session.execute(
            update(OrderRow).where(OrderRow.id.in_([row.id for row in rows])).values(taken_at=now)
        )
        return tuple(row.kind for row in rows if now - row.at < _ORDER_COUNTS)
