"""The directory: who works here, who is expected, who is in.

Importing this package is cheap; SQLAlchemy (about half a second) is loaded by `open_directory`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from receptionist.directory.errors import DirectoryError, Trouble
from receptionist.directory.records import Host, Reply, Stay, Visit, VisitState

if TYPE_CHECKING:
    from receptionist.directory.directory import Directory

__all__ = [
    "DirectoryError",
    "Host",
    "Reply",
    "Stay",
    "Trouble",
    "Visit",
    "VisitState",
    "lexicons",
    "open_directory",
]


def open_directory(
    url: str,
    *,
    demo: bool = False,
    create: bool = True,
    timeout_s: float = 2.0,
    now: Callable[[], datetime] = datetime.now,
) -> Directory:
    """Open the directory, beginning a new one if there is none.

    Args:
        url: Path of an SQLite file, or an SQLAlchemy URL; `sqlite://` lies in memory only.
        demo: Whether a directory without any host is filled with invented ones, and visits that are always
            today. Others are never changed by this.
        create: Whether a missing SQLite file is created.
        timeout_s: Longest wait for another program's lock, per transaction.
        now: The kiosk's local time, without a zone.

    Raises:
        DirectoryError: The database cannot be used; its message says why and what to do.
    """
    from receptionist.directory.directory import Directory
    from receptionist.directory.seed import fill, read_demo
    from receptionist.directory.store import Database

    directory = Directory(Database(url, timeout_s=timeout_s, create=create), now)
    if demo and not directory.hosts():
        fill(directory, read_demo(), demo=True)
    return directory


def lexicons(directory: Directory) -> dict[str, list[str]]:
    """The names that visitors may say now, by entity type: `person` (hosts and who is expected), `company`.

    Raises:
        DirectoryError: The database failed.
    """
    people, companies = directory.names()
    return {"person": list(people), "company": list(companies)}
