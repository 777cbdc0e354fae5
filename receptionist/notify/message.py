"""One outward message and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from receptionist.directory.records import Reply


class SendState(StrEnum):
    """How far a message has come."""

    QUEUED = "queued"
    """Decided and written down; not given to a channel yet, or to be tried again."""
    SENDING = "sending"
    """A channel has it. Should the program end now, nobody knows whether it went out."""
    SENT = "sent"
    """The channel took it."""
    UNSURE = "unsure"
    """It may or may not have gone out; it is not repeated without a person saying so."""
    FAILED = "failed"
    """It certainly did not go out, and is not tried again by itself."""


@dataclass(frozen=True, slots=True)
class Message:
    """One outward message.

    Attributes:
        subject: What it is about: at most one message is sent per subject and number.
        number: 1, or more after an earlier message of this subject has become too old to count.
        reason: Why it is sent: `arrived`, `delivery`, `message` or `human`.
        address: E-mail, phone or whatever the channel needs; None when the recipient's name is enough.
        due: Earliest time of the next attempt.
        detail: Why the last attempt failed, in words.
        locale: Language of the recipient.
        answer: What the recipient answered, None so far.
        words: What the recipient added to the answer, for the visitor to hear.
        done: When the front desk ticked it off.
        link: Where the recipient can answer; known only while it is being sent.
    """

    id: int
    subject: str
    number: int
    reason: str
    recipient: str
    address: str | None
    channel: str
    visitor: str | None
    company: str | None
    text: str
    state: SendState
    attempts: int
    created: datetime
    changed: datetime
    due: datetime
    detail: str | None = None
    locale: str | None = None
    answer: Reply | None = None
    words: str | None = None
    done: datetime | None = None
    link: str | None = None

    @property
    def key(self) -> str:
        """Unique name of this message, the same after a restart."""
        return f"{self.subject}#{self.number}"
