"""What the service actions work with: the directory, the outbox and the settings that concern them.

Importing this module is cheap; SQLAlchemy is loaded when a desk is opened.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from receptionist.config import Config
    from receptionist.directory.directory import Clock, Directory
    from receptionist.notify.outbox import Outbox

FRONT_DESK_CHANNEL = "local"
"""The channel whose messages the front desk sees without any service outside the house."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One reception desk.

    Attributes:
        places: Directions by place and locale (`""` serves all others).
        locale: Language of messages to hosts, and of directions when none is asked for.
        channel: How hosts without a channel of their own are reached.
        front_desk: Who is told when a visitor needs a person.
        answer_within_s: How long `notify_host` waits for an answer.
        counts_for: How long an announcement stands for later ones of the same visit.
        retention_days: Age at which personal data is deleted; 0 keeps it.
        pause: Waits some seconds while an answer is awaited.
    """

    directory: Directory
    outbox: Outbox
    places: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    locale: str = "en"
    channel: str = FRONT_DESK_CHANNEL
    front_desk: str = "Front desk"
    answer_within_s: float = 25.0
    counts_for: timedelta = timedelta(minutes=30)
    retention_days: int = 0
    pause: Callable[[float], None] = time.sleep

    def maintain(self) -> None:
        """Send what is due, settle what a crash interrupted, delete what is too old. Call it now and then.

        Raises:
            DirectoryError: The database failed.
        """
        self.outbox.deliver_due()
        if self.retention_days:
            self.directory.purge_before(self.directory.today() - timedelta(days=self.retention_days))


def open_desk(config: Config, now: Clock = datetime.now) -> Desk:
    """Open the desk that a settings file describes.

    Raises:
        DirectoryError: The database cannot be used.
    """
    from receptionist.directory import open_directory
    from receptionist.directory.seed import read_demo
    from receptionist.notify.channel import LocalChannel
    from receptionist.notify.outbox import Outbox

    directory = open_directory(
        config.database, demo=config.demo, timeout_s=config.database_timeout_s, now=now
    )
    places = config.places
    if not places and directory.is_demo():
        places = read_demo().get("places", {})
    outbox = Outbox(directory.database, {"local": LocalChannel(config.outbox_file)}, now)
    return Desk(
        directory=directory,
        outbox=outbox,
        places=places,
        locale=config.locale,
        channel=config.notify_channel,
        front_desk=config.front_desk,
        answer_within_s=config.answer_within_s,
        counts_for=timedelta(seconds=config.counts_for_s),
        retention_days=config.retention_days,
    )


class DeskSource:
    """Opens the desk when it is first needed, and again after a failure to open it."""

    def __init__(self, opening: Callable[[], Desk]) -> None:
        self._opening = opening
        self._lock = threading.Lock()
        self._desk: Desk | None = None

    def __call__(self) -> Desk:
        """The open desk.

        Raises:
            DirectoryError: It cannot be opened now.
        """
        with self._lock:
            if self._desk is None:
                self._desk = self._opening()
            return self._desk
