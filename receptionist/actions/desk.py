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
    from receptionist.answers.links import AnswerLinks
    from receptionist.config import Config
    from receptionist.directory.directory import Clock, Directory
    from receptionist.notify.outbox import Outbox
    from receptionist.settings import BadgeSettings

LOCAL_CHANNEL = "local"
"""The channel that needs no service outside the house."""
DIRECT_CHANNEL = "direct"
"""The channel of hosts whose own address is one of Apprise."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One reception desk.

    Attributes:
        places: Directions by place and locale (`""` serves all others).
        faq: Answers to other questions by topic and locale, likewise.
        locale: Language of messages to hosts, and of directions when none is asked for.
        channel: How hosts without a channel of their own are reached.
        front_desk: Who is told when a visitor needs a person.
        front_desk_channel: How they are reached.
        answer_within_s: How long `notify_host` waits for an answer.
        counts_for: How long an announcement stands for later ones of the same visit.
        links: Through which hosts answer; None when there is no page for it.
        badge: How badges are made; None when there are none.
        tidy: Deletes what is too old, when it is time to.
        pause: Waits some seconds while an answer is awaited.
    """

    directory: Directory
    outbox: Outbox
    places: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    faq: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    locale: str = "en"
    channel: str = LOCAL_CHANNEL
    front_desk: str = "Front desk"
    front_desk_channel: str = LOCAL_CHANNEL
    answer_within_s: float = 25.0
    counts_for: timedelta = timedelta(minutes=30)
    links: AnswerLinks | None = None
    badge: BadgeSettings | None = None
    tidy: Callable[[], None] = lambda: None
    pause: Callable[[float], None] = time.sleep

    def maintain(self) -> None:
        """Send what is due, settle what a crash interrupted, delete what is too old. Call it now and then.

        Raises:
            DirectoryError: The database failed.
        """
        self.outbox.deliver_due()
        self.tidy()


def open_desk(config: Config, now: Clock = datetime.now) -> Desk:
    """Open the desk that a settings file describes.

    Raises:
        DirectoryError: The database cannot be used.
    """
    from receptionist.answers.links import AnswerLinks
    from receptionist.directory import open_directory
    from receptionist.directory.seed import read_demo
    from receptionist.notify.apprise_channel import AppriseChannel
    from receptionist.notify.channel import LocalChannel
    from receptionist.notify.outbox import Outbox
    from receptionist.privacy import DailyPurge

    directory = open_directory(
        config.database, demo=config.demo, timeout_s=config.database_timeout_s, now=now
    )
    places = config.places
    if not places and directory.is_demo():
        places = read_demo().get("places", {})
    links = None
    if config.answers.host:
        valid_for = timedelta(seconds=config.answers.valid_for_s)
        links = AnswerLinks(directory.database, config.answers.url, valid_for, now)
    patience_s = config.notify_timeout_s
    channels = {name: AppriseChannel(urls, patience_s) for name, urls in config.channels.items()}
    outbox = Outbox(
        directory.database,
        {
            LOCAL_CHANNEL: LocalChannel(config.outbox_file),
            DIRECT_CHANNEL: AppriseChannel((), patience_s),
            **channels,
        },
        now,
        link=links.issue if links else lambda message: None,
    )
    return Desk(
        directory=directory,
        outbox=outbox,
        places=places,
        faq=config.faq,
        locale=config.locale,
        channel=config.notify_channel,
        front_desk=config.front_desk,
        answer_within_s=config.answer_within_s,
        counts_for=timedelta(seconds=config.counts_for_s),
        front_desk_channel=config.front_desk_channel,
        links=links,
        badge=config.badge,
        tidy=DailyPurge(config, directory),
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
