"""What is kept of visitors beyond their visits: what they agreed to, and who agreed to be remembered.

Nothing here is personal data without the visitor's consent; all of it ends at `expires`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from receptionist.directory.models import ConsentRow, VisitorRow
from receptionist.directory.names import clean, folded
from receptionist.directory.store import Database

REMEMBER = "remember"
"""The purpose of being remembered."""


@dataclass(frozen=True, slots=True)
class KnownVisitor:
    """A visitor who agreed to be remembered.

    Attributes:
        locale: The language they spoke last.
        last_host: Whom they came to see last.
        last_seen: When that was.
        expires: When they are forgotten by themselves; None: when they ask for it.
    """

    name: str
    company: str | None
    locale: str | None
    last_host: str | None
    last_seen: datetime
    expires: datetime | None


class VisitorBook:
    """Consents and remembered visitors; a part of `Directory`."""

    database: Database
    now: Callable[[], datetime]

    def record_consent(
        self, visitor: str, purpose: str, agreed: bool, *, expires: datetime | None = None
    ) -> None:
        """Write down what a visitor agreed to or declined.

        Args:
            visitor: Their name.
            purpose: What they were asked for, such as `remember` or `house_rules`.
            agreed: Their answer. One who declines to be remembered is forgotten in the same moment.
            expires: When they have to be asked again; None: never.
        """
        with self.database.write() as session:
            session.add(
                ConsentRow(
                    visitor=clean(visitor),
                    purpose=purpose,
                    agreed=agreed,
                    at=self.now(),
                    expires_at=expires,
                )
            )
            if purpose == REMEMBER and not agreed:
                _forget(session, visitor)

    def consent(self, visitor: str, purpose: str) -> bool | None:
        """The visitor's latest word on a purpose, or None if never asked, or too long ago."""
        query = select(ConsentRow).where(ConsentRow.purpose == purpose).order_by(ConsentRow.id.desc())
        with self.database.read() as session:
            for row in session.scalars(query):
                if folded(row.visitor) == folded(visitor):
                    over = row.expires_at is not None and row.expires_at <= self.now()
                    return None if over else row.agreed
        return None

    def remember(
        self,
        visitor: str,
        *,
        company: str | None = None,
        locale: str | None = None,
        host: str | None = None,
        expires: datetime | None = None,
    ) -> bool:
        """Keep what is known of a visitor for the next time; what was known before and is not given stays.

        Returns:
            Whether it was kept: not without their consent to `remember`.
        """
        with self.database.write() as session:
            if self.consent(visitor, REMEMBER) is not True:
                return False
            row = session.scalar(select(VisitorRow).where(VisitorRow.key == folded(visitor)))
            if row is None:
                row = VisitorRow(key=folded(visitor))
                session.add(row)
            row.name = clean(visitor)
            row.company = clean(company) if company else row.company
            row.locale = locale or row.locale
            row.last_host = clean(host) if host else row.last_host
            row.last_seen = self.now()
            row.expires_at = expires
            return True

    def known_visitor(self, visitor: str) -> KnownVisitor | None:
        """The remembered visitor of this whole name; None for a part of a name, or when expired."""
        alive = or_(VisitorRow.expires_at.is_(None), VisitorRow.expires_at > self.now())
        with self.database.read() as session:
            row = session.scalar(select(VisitorRow).where(VisitorRow.key == folded(visitor), alive))
            if row is None:
                return None
            return KnownVisitor(
                row.name, row.company, row.locale, row.last_host, row.last_seen, row.expires_at
            )

    def forget_visitor(self, visitor: str) -> bool:
        """Forget a visitor; whether they were known."""
        with self.database.write() as session:
            return _forget(session, visitor) > 0

    def forget_expired(self) -> int:
        """Delete the visitors and consents whose time is over; how many."""
        with self.database.write() as session:
            connection = session.connection()
            return sum(
                connection.execute(delete(row).where(row.expires_at <= self.now())).rowcount
                for row in (VisitorRow, ConsentRow)
            )


def _forget(session: Session, visitor: str) -> int:
    return session.connection().execute(delete(VisitorRow).where(VisitorRow.key == folded(visitor))).rowcount
