"""Deleting what is too old, wherever it lies; exempt is whoever has not left the building yet."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from receptionist.notify.channel import LocalChannel
from receptionist.privacy.audit import note
from receptionist.privacy.journals import in_use

if TYPE_CHECKING:
    from receptionist.config import Config
    from receptionist.directory.directory import Directory
    from receptionist.directory.store import Database

_LOG = logging.getLogger(__name__)


def purge(config: Config, database: Database, today: date, *, dry: bool = False) -> Mapping[str, int]:
    """Delete personal data that is older than the settings allow.

    Args:
        config: The settings, with an age for each class of data.
        database: Where visits, messages and consents lie.
        today: The date at the kiosk.
        dry: Only count.

    Returns:
        How much was, or would be, deleted, by class: rows of `visits stays messages consents`, lines of the
        `outbox` file, files of `journals` and `badges`.

    Raises:
        DirectoryError: The database failed.
        OSError: A file could not be deleted.
    """
    from receptionist.directory import retention

    ages = config.retention
    counts: dict[str, int] = dict(
        retention.purge(
            database,
            visits=_first_day(today, ages.visits),
            messages=_first_day(today, ages.messages),
            consents=_first_day(today, ages.consents),
            dry=dry,
        )
    )
    since = _first_day(today, ages.messages)
    counts["outbox"] = 0
    if since is not None:
        counts["outbox"] = LocalChannel(config.outbox_file).keep(lambda line: _day_of(line) >= since, dry=dry)
    counts["journals"] = _old_files(config.journal, "**/*.jsonl", _first_day(today, ages.journals), dry)
    counts["badges"] = _old_files(config.badge.folder, "*.pdf", _first_day(today, ages.badges), dry)
    if not dry and any(counts.values()):
        note(config, "purge", counts)
    return counts


class DailyPurge:
    """Purges at its first call and then once a day; trouble is logged and tried again at the next call.

    Visitors who agreed to be remembered for a while are forgotten when it is over.
    """

    def __init__(self, config: Config, directory: Directory) -> None:
        self._config = config
        self._directory = directory
        self._done: date | None = None

    def __call__(self) -> None:
        """Purge if it is time to.

        Raises:
            DirectoryError: The database failed.
        """
        today = self._directory.today()
        if self._done == today:
            return
        try:
            self._directory.forget_expired()
            purge(self._config, self._directory.database, today)
        except OSError as error:
            _LOG.warning("what is too old could not be deleted: %s", error)
            return
        self._done = today


def _first_day(today: date, days: int) -> date | None:
    return today - timedelta(days=days) if days else None


def _day_of(line: Mapping[str, Any]) -> date:
    try:
        return datetime.fromisoformat(str(line.get("at"))).date()
    except ValueError:
        return date.max


def _old_files(folder: Path, pattern: str, since: date | None, dry: bool) -> int:
    if since is None:
        return 0
    old = [
        file
        for file in folder.glob(pattern)
        if datetime.fromtimestamp(file.stat().st_mtime).date() < since and not in_use(file)
    ]
    for file in old if not dry else ():
        file.unlink(missing_ok=True)
    return len(old)
