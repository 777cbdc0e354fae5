"""Plain, frozen records: all that the rest of the receptionist sees of the database.

Dates and times are the kiosk's local time, without a zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


class Reply(StrEnum):
    """What a host answered."""

    COMING = "coming"
    LATER = "later"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"


class VisitState(StrEnum):
    """How far a visit has come."""

    EXPECTED = "expected"
    ARRIVED = "arrived"
    LEFT = "left"
    CANCELLED = "cancelled"


class Source(StrEnum):
    """Where a visit was entered."""

    DEMO = "demo"
    """Seeded with the demo directory; moves along with the calendar."""
    WALK_IN = "walk_in"
    """Written down when somebody arrived without an appointment."""
    GIVEN = "given"
    """Handed in: a fixture, an import, the front desk."""


@dataclass(frozen=True, slots=True)
class Host:
    """A person who receives visitors.

    Attributes:
        aliases: Other ways to write or say the name ("李娜" for "Li Na").
        channel: How to reach the host: a channel of the settings, or one or more addresses of Apprise; None
            means the configured default channel.
        deputy: Name of the person to ask instead.
        reachable: A fixed answer for demonstrations and tests; None means a real host.
        locale: Language of messages to the host; None means the desk's.
    """

    id: int
    name: str
    aliases: tuple[str, ...] = ()
    email: str | None = None
    phone: str | None = None
    channel: str | None = None
    team: str | None = None
    deputy: str | None = None
    reachable: Reply | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment, or a visit without one.

    Attributes:
        visitor: None when only the company, or nothing, is known about who comes.
        at: Planned time of day; None when none was agreed.
        until: Planned end, likewise.
        code: Invitation code, if one was given out.
        walk_in: Nobody expected it: written down when somebody arrived.
    """

    id: int
    visitor: str | None
    company: str | None
    host: str
    day: date
    at: time | None = None
    until: time | None = None
    code: str | None = None
    state: VisitState = VisitState.EXPECTED
    walk_in: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody is, or was, in the building (`left` is None while inside)."""

    visitor: str
    company: str | None
    host: str | None
    arrived: datetime
    left: datetime | None = None


@dataclass(frozen=True, slots=True)
class HostMatch:
    """A host found by name.

    Attributes:
        score: 0 to 100; 100 for an exact name or part of a name.
        exact: Equal after folding (case, accents, spaces, order), not only similar.
    """

    host: Host
    score: float
    exact: bool


@dataclass(frozen=True, slots=True)
class HostSearch:
    """Hosts by falling score.

    Attributes:
        margin: Score of the best over the second; 100 when there is no second.
        sure: The best one may be taken without asking.
    """

    matches: tuple[HostMatch, ...]
    margin: float
    sure: bool


@dataclass(frozen=True, slots=True)
class VisitSearch:
    """Visits by planned time; `exact` is False when names only resemble what was asked for."""

    visits: tuple[Visit, ...]
    exact: bool
