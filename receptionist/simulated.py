"""The receptionist's real services over an invented desk: for dialogue tests and scripted runs.

A test's ``given`` fills a directory of its own in memory; the services are the very actions a kiosk runs, but
nobody waits: a host answers at once what ``reachable`` says, and nothing leaves the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from dsl.fixtures import ANSWER_MS, Fixture
from dsl.testing import START
from engine.virtual import Answer, Services

PERSON_KEYS = ("name", "visitor", "host", "deputy")
REPLY_MS = 3_000
"""How long a simulated host takes to answer."""


class SimulatedReceptionist:
    """The receptionist as an application for dialogue tests: services and names from a test's ``given``."""

    def services(self, fixture: Fixture) -> Services:
        """Services over the fixture's desk; those the receptionist does not have succeed with no results."""
        desk: list[_SimulatedDesk] = []

        def answer(name: str, params: Mapping[str, Any]) -> Answer:
            from receptionist.actions.signatures import SIGNATURES

            if name not in SIGNATURES:
                return "done", {}, ANSWER_MS
            if not desk:
                desk.append(_SimulatedDesk(fixture))
            return desk[0].call(name, params)

        return answer

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


class _SimulatedDesk:
    """A desk in memory."""

    def __init__(self, fixture: Fixture) -> None:
        from receptionist.actions.desk import Desk
        from receptionist.actions.inprocess import service_actions
        from receptionist.directory import open_directory
        from receptionist.directory.seed import fill, read_demo
        from receptionist.notify.outbox import Outbox

        when = fixture.now or START
        directory = open_directory("sqlite://", demo=False, now=lambda: when)
        rest = {
            key: value for key, value in fixture.rest.items() if key in ("hosts", "visits", "in_building")
        }
        fill(directory, rest)
        places = fixture.rest.get("places") or read_demo().get("places", {})
        outbox = Outbox(directory.database, {"local": _Nowhere()}, lambda: when)
        self._desk = Desk(
            directory,
            outbox,
            places=places,
            answer_within_s=0.0,
            counts_for=timedelta(hours=12),
            pause=lambda seconds: None,
        )
        self._actions = service_actions(lambda: self._desk)

    def call(self, name: str, params: Mapping[str, Any]) -> Answer:
        from receptionist.actions.base import Parameters, Refusal
        from receptionist.directory import DirectoryError

        action = self._actions[name]
        given = {key: value for key, value in params.items() if value is not None}
        try:
            values = action.serve(self._desk, Parameters(name, given, "test"))
        except (Refusal, DirectoryError) as refusal:
            return "failed", str(refusal), ANSWER_MS
        return "done", dict(values), REPLY_MS if name == "notify_host" else ANSWER_MS


class _Nowhere:
    """A channel that takes every message and sends none."""

    timeout_s = 1.0

    def send(self, message: object) -> None:
        """Take it."""

    def delivered(self, message: object) -> bool | None:
        """It was."""
        return True
