"""The receptionist's real services over an invented desk: for dialogue tests and scripted runs.

A test's ``given`` fills a directory of its own in memory; the services are the very actions a kiosk runs, but
nobody waits: a host answers at once what ``reachable`` says, and nothing leaves the process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from dsl.fixtures import ANSWER_MS, Fixture
from dsl.testing import START
from engine.virtual import Answer, Services
from receptionist.settings import read_texts

if TYPE_CHECKING:
    from receptionist.actions.base import ServiceAction
    from receptionist.actions.desk import Desk
    from receptionist.directory.store import Database

PERSON_KEYS = ("name", "visitor", "host", "deputy")
REPLY_MS = 3_000
"""How long a simulated host takes to answer."""


class SimulatedReceptionist:
    """The receptionist as an application for dialogue tests: services and names from a test's ``given``."""

    def services(self, fixture: Fixture) -> Services:
        """Services over the fixture's desk; those the receptionist does not have succeed with no results."""
        when = fixture.now or START
        return SimulatedDesk(fixture, now=lambda: when).call

    def lexicons(self, fixture: Fixture) -> Mapping[str, Sequence[str]]:
        """Names of hosts and visitors, and companies."""
        persons: dict[str, None] = {}
        companies: dict[str, None] = {}
        for section in ("hosts", "visits", "in_building"):
            for entry in fixture.rest.get(section) or ():
                record = entry if isinstance(entry, dict) else {"name": entry}
                persons.update(dict.fromkeys(str(record[key]) for key in PERSON_KEYS if record.get(key)))
                if record.get("company"):
                    companies[str(record["company"])] = None
        return {"person": tuple(persons), "company": tuple(companies)}


class SimulatedDesk:
    """A desk in memory, filled from a fixture; made when it is first needed.

    Args:
        fixture: What it holds.
        now: The time at the desk.
        visit: Names the visit that a service is called for.
    """

    def __init__(
        self,
        fixture: Fixture,
        now: Callable[[], datetime],
        visit: Callable[[], str] = lambda: "test",
    ) -> None:
        self._fixture, self._now, self._visit = fixture, now, visit

    def call(self, name: str, params: Mapping[str, Any]) -> Answer:
        """What a service answers; one that the receptionist does not have succeeds with no results."""
        from receptionist.actions.signatures import SIGNATURES

        if name not in SIGNATURES:
            return "done", {}, ANSWER_MS
        from receptionist.actions.base import Parameters, Refusal
        from receptionist.directory import DirectoryError

        given = {key: value for key, value in params.items() if value is not None}
        try:
            values = self._actions[name].serve(self.desk, Parameters(name, given, self._visit()))
        except (Refusal, DirectoryError) as refusal:
            return "failed", str(refusal), ANSWER_MS
        return "done", dict(values), REPLY_MS if name == "notify_host" else ANSWER_MS

    @cached_property
    def desk(self) -> Desk:
        """The desk itself.

        Raises:
            DirectoryError: The fixture does not have the shape of a directory.
        """
        from receptionist.actions.desk import Desk
        from receptionist.directory.directory import Directory
        from receptionist.directory.seed import read_demo
        from receptionist.notify.outbox import Outbox

        rest = self._fixture.rest
        given = {key: rest[key] for key in ("hosts", "visits", "in_building") if key in rest}
        directory = Directory(_filled(json.dumps(given, default=str), self._now()).copy(), self._now)
        return Desk(
            directory,
            Outbox(directory.database, {"local": _Nowhere()}, self._now),
            places=_texts(rest, "places") or read_demo().get("places", {}),
            faq=_texts(rest, "faq"),
            answer_within_s=0.0,
            counts_for=timedelta(hours=12),
            pause=lambda seconds: None,
        )

    @cached_property
    def _actions(self) -> Mapping[str, ServiceAction]:
        from receptionist.actions.inprocess import service_actions

        return service_actions(lambda: self.desk)


@lru_cache(maxsize=64)
def _filled(given: str, when: datetime) -> Database:
    """A directory in memory to be copied, since most tests begin with the same one.

    Raises:
        DirectoryError: What is given does not have the shape of a directory.
    """
    from receptionist.directory import open_directory
    from receptionist.directory.seed import fill

    directory = open_directory("sqlite://", demo=False, now=lambda: when)
    fill(directory, json.loads(given))
    return directory.database


def _texts(rest: Mapping[str, Any], section: str) -> Mapping[str, Mapping[str, str]]:
    """Answers as the settings file writes them.

    Raises:
        DirectoryError: They are not of that shape.
    """
    from receptionist.directory import DirectoryError, Trouble

    found = rest.get(section) or {}
    if not isinstance(found, Mapping):
        raise DirectoryError(Trouble.BAD_DATA, f"{section}: expected {{TOPIC: text}}")
    wrong: list[str] = []
    texts = read_texts(found, lambda topic, what: wrong.append(f"{section}.{topic} {what}"))
    if wrong:
        raise DirectoryError(Trouble.BAD_DATA, "\n".join(wrong))
    return texts


class _Nowhere:
    """A channel that takes every message and sends none."""

    timeout_s = 1.0

    def send(self, message: object) -> None:
        """Take it."""

    def delivered(self, message: object) -> bool | None:
        """It was."""
        return True
