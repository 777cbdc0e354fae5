"""What can go wrong with the directory, in words for the person at the kiosk or its operator."""

from __future__ import annotations

from enum import StrEnum


class Trouble(StrEnum):
    """Kinds of failure, so that callers can tell "wait a little" from "someone must look at this"."""

    MISSING = "missing"
    """The database, or the folder it should lie in, is not there (any more)."""
    READ_ONLY = "read_only"
    """The database can be read but not written."""
    LOCKED = "locked"
    """Another program kept the database busy for longer than the timeout."""
    CORRUPT = "corrupt"
    """The file is a damaged database."""
    NOT_A_DATABASE = "not_a_database"
    """The file is something else."""
    FOREIGN = "foreign"
    """A sound database that belongs to another program, or to another version of Miron."""
    FULL = "full"
    """No space left where the database lies."""
    UNAVAILABLE = "unavailable"
    """A database server cannot be reached, or its driver is not installed."""
    BAD_DATA = "bad_data"
    """Data handed in (a demo or fixture file) does not have the documented shape."""


class DirectoryError(Exception):
    """The directory cannot answer.

    Attributes:
        kind: What went wrong.
        message: One or two sentences for people, naming the file and what to do.
    """

    def __init__(self, kind: Trouble, message: str) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message

    def __str__(self) -> str:
        return self.message

    @property
    def may_pass(self) -> bool:
        """Whether trying again later, with nothing changed by a person, may help."""
        return self.kind in (Trouble.LOCKED, Trouble.UNAVAILABLE, Trouble.MISSING)
