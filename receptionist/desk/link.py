"""A kiosk's side of the front desk: it says what it is doing and takes what the front desk wants."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from datetime import datetime, timedelta

from receptionist.actions.desk import Desk

_HEARTBEAT = timedelta(seconds=10)


class FrontDeskLink:
    """Reports a kiosk to the front desk.

    Args:
        desk: Gives the open desk; may raise DirectoryError.
        name: What the front desk calls this kiosk; None: the machine and the process.
    """

    def __init__(self, desk: Callable[[], Desk], name: str | None = None) -> None:
        self._desk = desk
        self.name = name or f"{platform.node() or 'kiosk'}-{os.getpid()}"
        self._told: tuple[datetime | None, datetime] | None = None

    def exchange(self, visit_since: datetime | None) -> bool:
        """Say since when somebody is here (None: nobody is); blocks for a moment.

        Returns:
            Whether the front desk wants the visit to end.

        Raises:
            DirectoryError: The database failed.
        """
        from receptionist.directory import kiosks

        directory = self._desk().directory
        now = directory.now()
        if self._told is None or self._told[0] != visit_since or now - self._told[1] >= _HEARTBEAT:
            kiosks.report(directory.database, self.name, visit_since, now)
            self._told = (visit_since, now)
        return kiosks.END_SESSION in kiosks.take_orders(directory.database, self.name, now)
