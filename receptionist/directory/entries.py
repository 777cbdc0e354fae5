"""What is read from files of others, before it meets the directory: hosts, visits, and what was wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from typing import Generic, TypeVar


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A part of a file that cannot be used.

    Attributes:
        line: Where it stands, from 1; 0 for the file as a whole.
        message: What is wrong, in words.
    """

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


@dataclass(frozen=True, slots=True)
class HostEntry:
    """A host as a file has it; None means that the file does not say.

    Attributes:
        line: Where it stands.
        id: The file's own key of this person.
        deputy: Name, e-mail or key of the person who stands in.
    """

    line: int
    name: str
    id: str | None = None
    also: tuple[str, ...] = ()
    email: str | None = None
    phone: str | None = None
    channel: str | None = None
    team: str | None = None
    deputy: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class VisitEntry:
    """A visit as a file has it.

    Attributes:
        line: Where it stands; 0 when it has no line of its own.
        id: The file's own key of this visit.
        host: Name of the host; empty when only the e-mail address is known.
        cancelled: It will not take place.
    """

    line: int
    host: str
    day: date
    host_email: str | None = None
    visitor: str | None = None
    company: str | None = None
    at: time | None = None
    until: time | None = None
    code: str | None = None
    id: str | None = None
    cancelled: bool = False


Entry = TypeVar("Entry", HostEntry, VisitEntry)


@dataclass(frozen=True, slots=True)
class Read(Generic[Entry]):
    """What a file holds.

    Attributes:
        entries: What can be used.
        problems: What cannot.
        passed_over: What is sound but no visit, such as a meeting without visitors.
    """

    entries: tuple[Entry, ...]
    problems: tuple[RowProblem, ...] = field(default=())
    passed_over: int = 0
