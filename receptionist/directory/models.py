"""The tables. Only this package sees them; everyone else gets the records of `records`."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SCHEMA_VERSION = 2
"""Raised whenever a table changes, together with a migration in `migrations/versions`."""


class Base(DeclarativeBase):
    """Common base of all tables."""

    type_annotation_map = {list[str]: JSON}  # noqa: RUF012 - SQLAlchemy reads it from the class


class MetaRow(Base):
    """Facts about the database itself: `schema_version`, and `demo_day` in a demo database."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str]


class HostRow(Base):
    """A person who receives visitors."""

    __tablename__ = "hosts"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    aliases: Mapped[list[str]] = mapped_column(default=list)
    email: Mapped[str | None]
    phone: Mapped[str | None]
    channel: Mapped[str | None]
    team: Mapped[str | None]
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("hosts.id"))
    reachable: Mapped[str | None]
    locale: Mapped[str | None]
    external_id: Mapped[str | None] = mapped_column(index=True, unique=True)
    deputy: Mapped[HostRow | None] = relationship(remote_side=[id], lazy="joined", join_depth=1)


class CompanyRow(Base):
    """An organisation visitors come from."""

    __tablename__ = "companies"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class VisitRow(Base):
    """An appointment, or a visit without one, on one day."""

    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(primary_key=True)
    visitor: Mapped[str | None]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    host_id: Mapped[int] = mapped_column(ForeignKey("hosts.id"))
    day: Mapped[date] = mapped_column(index=True)
    at: Mapped[time | None]
    code: Mapped[str | None] = mapped_column(index=True)
    state: Mapped[str]
    source: Mapped[str]
    until: Mapped[time | None]
    external_id: Mapped[str | None] = mapped_column(index=True, unique=True)
    company: Mapped[CompanyRow | None] = relationship(lazy="joined")
    host: Mapped[HostRow] = relationship(lazy="joined", innerjoin=True)


class StayRow(Base):
    """One check-in and, once `left_at` is set, its check-out."""

    __tablename__ = "stays"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"))
    visitor: Mapped[str]
    company: Mapped[str | None]
    host: Mapped[str | None]
    arrived_at: Mapped[datetime]
    left_at: Mapped[datetime | None] = mapped_column(index=True)


class ConsentRow(Base):
    """What a visitor agreed to or declined, and when."""

    __tablename__ = "consents"
    id: Mapped[int] = mapped_column(primary_key=True)
    visitor: Mapped[str]
    purpose: Mapped[str]
    agreed: Mapped[bool]
    at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class VisitorRow(Base):
    """A visitor who agreed to be remembered, until `expires_at`."""

    __tablename__ = "visitors"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    company: Mapped[str | None]
    locale: Mapped[str | None]
    last_host: Mapped[str | None]
    last_seen: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)


class MessageRow(Base):
    """One outward message, from the decision to send it to the answer: the durable queue of `notify`."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("subject", "number", name="once"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]
    number: Mapped[int]
    reason: Mapped[str]
    recipient: Mapped[str]
    address: Mapped[str | None]
    channel: Mapped[str]
    visitor: Mapped[str | None]
    company: Mapped[str | None]
    text: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    detail: Mapped[str | None]
    locale: Mapped[str | None]
    answer: Mapped[str | None]
    words: Mapped[str | None]
    done_at: Mapped[datetime | None]


class LinkRow(Base):
    """One way to answer a message: only the digest of its secret is kept."""

    __tablename__ = "answer_links"
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    locale: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class KioskRow(Base):
    """What a kiosk is doing, for the front desk; `visit_since` is empty while nobody is there."""

    __tablename__ = "kiosks"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    visit_since: Mapped[datetime | None]
    seen_at: Mapped[datetime]


class OrderRow(Base):
    """What the front desk wants a kiosk to do; taken by that kiosk once."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    kiosk: Mapped[str] = mapped_column(String(80), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
