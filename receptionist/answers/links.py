"""Links that let the recipient of a message answer it, once and for a while.

The link's secret is 256 random bits that only the message carries; the database keeps its digest. Whoever
asks with anything but a secret that is good now learns nothing, not even whether it ever was one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update

from receptionist.directory.directory import Clock
from receptionist.directory.models import LinkRow, MessageRow
from receptionist.directory.records import Reply
from receptionist.directory.store import Database
from receptionist.notify.message import Message
from receptionist.notify.outbox import message_of

MOST_WORDS = 200
"""Longest text, in characters, that a host can leave for the visitor."""
_ANSWERABLE = frozenset({"arrived", "delivery", "human"})
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class AnswerLinks:
    """Makes links and takes the answers that come through them.

    Args:
        database: Where messages and links lie.
        url: Where the page is reached, without a slash at its end.
        valid_for: How long a link is good.
        now: The kiosk's local time.
    """

    def __init__(self, database: Database, url: str, valid_for: timedelta, now: Clock = datetime.now) -> None:
        self._database = database
        self._url = url
        self._valid_for = valid_for
        self._now = now

    def issue(self, message: Message) -> str | None:
        """A new link for a message; None if there is nothing to answer.

        Raises:
            DirectoryError: The database failed.
        """
        if message.reason not in _ANSWERABLE:
            return None
        token = secrets.token_urlsafe(32)
        row = LinkRow(
            message_id=message.id,
            digest=_digest(token),
            locale=message.locale or "en",
            expires_at=self._now() + self._valid_for,
        )
        with self._database.write() as session:
            session.add(row)
        return f"{self._url}/a/{token}"

    def message(self, token: str) -> Message | None:
        """The message that may be answered with this token now; looking at it uses nothing up.

        Raises:
            DirectoryError: The database failed.
        """
        if not _TOKEN.fullmatch(token):
            return None
        digest = _digest(token)
        with self._database.read() as session:
            link = session.scalar(select(LinkRow).where(LinkRow.digest == digest))
            if link is None or not hmac.compare_digest(link.digest, digest):
                return None
            if link.used_at is not None or link.expires_at <= self._now():
                return None
            return message_of(session.get_one(MessageRow, link.message_id))

    def redeem(self, token: str, reply: Reply, words: str = "") -> Message | None:
        """Take an answer; all links of the message are used up by it.

        Args:
            token: What the link carried.
            reply: The answer.
            words: What the visitor is to be told besides; put on one line and cut to `MOST_WORDS`.

        Returns:
            The message with its answer, or None if the token is not good (any more).

        Raises:
            DirectoryError: The database failed; the link is as good as before.
        """
        if not _TOKEN.fullmatch(token):
            return None
        now = self._now()
        good = (
            update(LinkRow)
            .where(LinkRow.digest == _digest(token), LinkRow.used_at.is_(None), LinkRow.expires_at > now)
            .values(used_at=now)
        )
        with self._database.write() as session:
            if session.connection().execute(good).rowcount == 0:
                return None
            link = session.scalars(select(LinkRow).where(LinkRow.digest == _digest(token))).one()
            others = update(LinkRow).where(LinkRow.message_id == link.message_id, LinkRow.used_at.is_(None))
            session.execute(others.values(used_at=now))
            message = session.get_one(MessageRow, link.message_id)
            message.answer, message.words = reply, one_line(words) or None
            return message_of(message)


def one_line(text: str) -> str:
    """Text without line breaks and control characters, cut to `MOST_WORDS`."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.split())[:MOST_WORDS].strip()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
