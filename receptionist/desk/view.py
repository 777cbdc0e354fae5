"""What the front desk sees, read from the database in one go; and what it can do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from receptionist.actions.desk import Desk
from receptionist.directory.kiosks import END_SESSION, Kiosk, kiosks, order
from receptionist.directory.names import folded
from receptionist.directory.records import Stay, Visit
from receptionist.notify.message import Message
from receptionist.notify.outbox import Draft
from receptionist.notify.texts import compose

_WAITING_REASONS = frozenset({"arrived", "delivery", "human"})
_KIOSK_SILENCE = timedelta(seconds=30)
_MOST_MESSAGES = 200


@dataclass(frozen=True, slots=True)
class DeskView:
    """One look at the reception.

    Attributes:
        at: When it was taken.
        waiting: The newest message about each visitor who is not taken care of yet, longest waiting first.
        inside: Who is in the building, by arrival.
        visits: Today's visits.
        messages: The latest messages, newest first.
        kiosks: Those that are running.
    """

    at: datetime
    waiting: tuple[Message, ...]
    inside: tuple[Stay, ...]
    visits: tuple[Visit, ...]
    messages: tuple[Message, ...]
    kiosks: tuple[Kiosk, ...]


def look(desk: Desk) -> DeskView:
    """Read everything; blocks.

    Raises:
        DirectoryError: The database failed.
    """
    directory = desk.directory
    now = directory.now()
    with directory.database.read():
        messages = desk.outbox.messages(_MOST_MESSAGES)
        return DeskView(
            at=now,
            waiting=_waiting(desk, messages),
            inside=directory.who_is_in(),
            visits=directory.visits(),
            messages=messages,
            kiosks=kiosks(directory.database, now - _KIOSK_SILENCE),
        )


def call_human(desk: Desk, about: Message | None) -> Message:
    """Tell whoever helps at the front desk to come, because a person at the desk wants it; each call counts.

    Raises:
        DirectoryError: The database failed.
    """
    visitor, company = (about.visitor, about.company) if about else (None, None)
    now = desk.directory.now()
    draft = Draft(
        subject=f"human/desk/{now:%Y-%m-%dT%H:%M:%S}",
        reason="human",
        recipient=desk.front_desk,
        text=compose("human", desk.locale, visitor=visitor, company=company, text=None),
        channel=desk.front_desk_channel,
        visitor=visitor,
        company=company,
        locale=desk.locale,
    )
    message, _ = desk.outbox.post(draft)
    return desk.outbox.deliver(message.id)


def end_session(desk: Desk, kiosk: Kiosk) -> None:
    """End the visit at a kiosk.

    Raises:
        DirectoryError: The database failed.
    """
    order(desk.directory.database, kiosk.name, END_SESSION, desk.directory.now())


def _waiting(desk: Desk, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    today = datetime.combine(desk.directory.today(), time())
    newest: dict[str, Message] = {}
    settled: set[str] = set()
    for message in messages:
        if message.reason not in _WAITING_REASONS or message.created < today:
            continue
        who = folded(message.visitor or "") or message.subject
        if message.done is not None:
            settled.add(who)  # what was told before that is settled, too
        if who not in settled:
            newest.setdefault(who, message)
    still = [
        message
        for message in newest.values()
        if not (message.visitor and desk.directory.stays_ended(message.visitor, message.created))
    ]
    return tuple(sorted(still, key=lambda message: message.created))
