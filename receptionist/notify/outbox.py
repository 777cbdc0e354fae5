"""The durable queue of outward messages: at most once, also across crashes and several kiosks.

A message is written down as `queued` before anything leaves the house, claimed as `sending` by exactly one
process (one conditional update), and marked `sent` afterwards. If the process dies in between, the next one
asks the channel; a channel that cannot know leaves it `unsure`, and nothing is repeated.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from receptionist.directory.directory import Clock
from receptionist.directory.errors import DirectoryError
from receptionist.directory.models import MessageRow
from receptionist.directory.records import Reply
from receptionist.directory.store import Database
from receptionist.notify.channel import Channel, DeliveryError
from receptionist.notify.message import Message, SendState

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)
_MOST_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent; the fields mean what they mean in `Message`."""

    subject: str
    reason: str
    recipient: str
    text: str
    channel: str
    address: str | None = None
    visitor: str | None = None
    company: str | None = None
    locale: str | None = None


class Outbox:
    """The queue in the directory's database, and the channels it feeds.

    Attributes:
        channels: By name.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        now: Clock = datetime.now,
        link: Callable[[Message], str | None] = lambda message: None,
    ) -> None:
        """Prepare the queue.

        Args:
            database: Where the messages lie.
            channels: By name.
            now: The kiosk's local time.
            link: Makes the address at which the recipient of a message can answer, if there is one; called
                for each attempt to send.
        """
        self.channels = channels
        self._link = link
        self._database = database
        self._now = now
        self._owner = f"{os.getpid()}-{secrets.token_hex(4)}"

    def post(self, draft: Draft, *, counts_for: timedelta | None = None) -> tuple[Message, bool]:
        """Queue a message, unless one of the same subject is there already.

        A failed one is queued again. Nothing is sent yet.

        Args:
            draft: What to send.
            counts_for: How long an earlier message stands for this one; None means for ever.

        Returns:
            The message, and whether it is new.

        Raises:
            DirectoryError: The database failed; nothing was queued.
        """
        now = self._now()
        with self._database.write() as session:
            query = select(MessageRow).where(MessageRow.subject == draft.subject)
            last = session.scalar(query.order_by(MessageRow.number.desc()).limit(1))
            if last is not None and (counts_for is None or now - last.created_at < counts_for):
                if last.state == SendState.FAILED:
                    last.state, last.attempts, last.due_at, last.changed_at = SendState.QUEUED, 0, now, now
                return message_of(last), False
            row = MessageRow(
                subject=draft.subject,
                number=last.number + 1 if last else 1,
                reason=draft.reason,
                recipient=draft.recipient,
                address=draft.address,
                channel=draft.channel,
                visitor=draft.visitor,
                company=draft.company,
                locale=draft.locale,
                text=draft.text,
                state=SendState.QUEUED,
                attempts=0,
                created_at=now,
                changed_at=now,
                due_at=now,
            )
            session.add(row)
            session.flush()
            return message_of(row), True

    def deliver(self, message_id: int) -> Message:
        """Send one queued message that is due; any other is returned as it stands.

        Raises:
            DirectoryError: The database failed. If that was after sending, the message stays `sending`, and
                `recover` decides later.
            KeyError: There is no such message.
        """
        claimed = self._claim(message_id)
        if claimed is None:
            return self.message(message_id)
        channel = self.channels.get(claimed.channel)
        if channel is None:
            return self._finish(claimed, SendState.FAILED, f"there is no channel {claimed.channel!r}")
        link = None
        with contextlib.suppress(DirectoryError):  # better told without a link than not at all
            link = self._link(claimed)
        try:
            channel.send(replace(claimed, link=link))
        except DeliveryError as error:
            again = error.retry and claimed.attempts < _MOST_ATTEMPTS
            return self._finish(claimed, SendState.QUEUED if again else SendState.FAILED, str(error))
        except Exception as error:
            # A fault inside a channel proves nothing: the message may be out.
            return self._finish(claimed, SendState.UNSURE, f"{type(error).__name__}: {error}")
        return self._finish(claimed, SendState.SENT, None)

    def deliver_due(self) -> tuple[Message, ...]:
        """Settle what a crash interrupted, then send every queued message whose time has come."""
        self.recover()
        due = select(MessageRow.id).where(
            MessageRow.state == SendState.QUEUED, MessageRow.due_at <= self._now()
        )
        with self._database.read() as session:
            ids = session.scalars(due.order_by(MessageRow.id)).all()
        return tuple(self.deliver(message_id) for message_id in ids)

    def recover(self) -> tuple[Message, ...]:
        """Settle messages whose sender has not finished within its channel's time limit.

        The channel may know that the message went out (`sent`) or did not (`queued` again); otherwise it
        becomes `unsure`.

        Returns:
            The messages that were settled.
        """
        with self._database.read() as session:
            rows = session.scalars(select(MessageRow).where(MessageRow.state == SendState.SENDING)).all()
            open_messages = [message_of(row) for row in rows]
        return tuple(
            self._settle(message)
            for message in open_messages
            if self._now() - message.changed > timedelta(seconds=self._time_limit(message))
        )

    def send_again(self, message_id: int) -> Message:
        """Queue a failed or unsure message again, because a person wants it so."""
        now = self._now()
        with self._database.write() as session:
            session.execute(
                update(MessageRow)
                .where(MessageRow.id == message_id)
                .where(MessageRow.state.in_((SendState.FAILED, SendState.UNSURE)))
                .values(state=SendState.QUEUED, attempts=0, due_at=now, changed_at=now)
            )
        return self.message(message_id)

    def answer(self, message_id: int, reply: Reply, words: str | None = None) -> None:
        """Write down what the recipient answered; a later answer replaces it."""
        answered = update(MessageRow).where(MessageRow.id == message_id).values(answer=reply, words=words)
        with self._database.write() as session:
            session.execute(answered)

    def tick_off(self, message_id: int) -> None:
        """Write down that the front desk needs to see a message no longer."""
        seen = update(MessageRow).where(MessageRow.id == message_id).values(done_at=self._now())
        with self._database.write() as session:
            session.execute(seen)

    def message(self, message_id: int) -> Message:
        """One message as it stands.

        Raises:
            KeyError: There is no such message.
        """
        with self._database.read() as session:
            row = session.get(MessageRow, message_id)
            if row is None:
                raise KeyError(message_id)
            return message_of(row)

    def messages(self, limit: int = 100) -> tuple[Message, ...]:
        """The latest messages, newest first: what the front desk sees."""
        with self._database.read() as session:
            rows = session.scalars(select(MessageRow).order_by(MessageRow.id.desc()).limit(limit))
            return tuple(message_of(row) for row in rows)

    def latest_to(self, recipient: str, visitor: str | None = None) -> Message | None:
        """The newest message to a person (about a visitor, if one is named), or None."""
        query = select(MessageRow).where(MessageRow.recipient == recipient)
        if visitor is not None:
            query = query.where(MessageRow.visitor == visitor)
        with self._database.read() as session:
            row = session.scalar(query.order_by(MessageRow.id.desc()).limit(1))
            return message_of(row) if row else None

    def _claim(self, message_id: int) -> Message | None:
        now = self._now()
        with self._database.write() as session:
            claim = (
                update(MessageRow)
                .where(MessageRow.id == message_id)
                .where(MessageRow.state == SendState.QUEUED, MessageRow.due_at <= now)
                .values(
                    state=SendState.SENDING,
                    owner=self._owner,
                    attempts=MessageRow.attempts + 1,
                    changed_at=now,
                )
            )
            if session.connection().execute(claim).rowcount == 0:
                return None
            return message_of(session.get_one(MessageRow, message_id))

    def _finish(self, message: Message, state: SendState, detail: str | None) -> Message:
        """End our own claim; if it was settled by someone else meanwhile, their word stands."""
        now = self._now()
        with self._database.write() as session:
            session.execute(
                update(MessageRow)
                .where(MessageRow.id == message.id)
                .where(MessageRow.state == SendState.SENDING, MessageRow.owner == self._owner)
                .values(state=state, detail=detail, changed_at=now, due_at=now + _pause(message.attempts))
            )
        return self.message(message.id)

    def _settle(self, message: Message) -> Message:
        channel = self.channels.get(message.channel)
        known = channel.delivered(message) if channel else None
        now = self._now()
        state = SendState.UNSURE if known is None else SendState.SENT if known else SendState.QUEUED
        with self._database.write() as session:
            session.execute(
                update(MessageRow)
                .where(MessageRow.id == message.id)
                .where(MessageRow.state == SendState.SENDING, MessageRow.changed_at == message.changed)
                .values(state=state, detail="the sender ended in mid-sending", changed_at=now, due_at=now)
            )
        return self.message(message.id)

    def _time_limit(self, message: Message) -> float:
        channel = self.channels.get(message.channel)
        return channel.timeout_s if channel else 0.0


def _pause(attempts: int) -> timedelta:
    return min(_FIRST_PAUSE * (1 << max(attempts - 1, 0)), _LONGEST_PAUSE)


def message_of(row: MessageRow) -> Message:
    """A row of the table as the rest of the receptionist sees it."""
    return Message(
        id=row.id,
        subject=row.subject,
        number=row.number,
        reason=row.reason,
        recipient=row.recipient,
        address=row.address,
        channel=row.channel,
        visitor=row.visitor,
        company=row.company,
        text=row.text,
        state=SendState(row.state),
        attempts=row.attempts,
        created=row.created_at,
        changed=row.changed_at,
        due=row.due_at,
        detail=row.detail,
        locale=row.locale,
        answer=Reply(row.answer) if row.answer else None,
        words=row.words,
        done=row.done_at,
    )
