"""A reception over an invented desk, at an invented time: what ``--fixture`` and ``--now`` ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.fixture_file import read_fixture_file
from dsl.testing import START
from engine.events import Assert, Event
from engine.virtual import Services
from receptionist.actions.desk import DeskSource
from receptionist.dialogue import load_dialogue
from receptionist.reception import Reception, open_reception
from receptionist.simulated import SimulatedDesk

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from engine.session import Session
    from receptionist.config import Config


@dataclass(frozen=True, slots=True)
class Invented:
    """What a scripted run presupposes.

    Attributes:
        services: What the services answer; None: the real ones.
        begin: What happens before the visitor does anything: memory as the fixture gives it.
    """

    services: Services | None = None
    begin: Sequence[Event] = ()


class _Clock:
    """The time at the desk: it passes with the session's."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self.session: Session | None = None

    def __call__(self) -> datetime:
        return self._start + timedelta(milliseconds=self.session.t if self.session else 0)


def open_invented(
    config: Config,
    fixture_file: Path | None,
    now: datetime | None,
    *,
    dialogue: Path | None = None,
    compiled: Compiled | None = None,
    journal: Path | None = None,
    locale: str = "",
    seed: int | None = None,
) -> tuple[Reception, Invented]:
    """Open a reception whose desk is a fixture's, in memory; without one, that of the settings.

    Args:
        fixture_file: A ``given`` as YAML.
        now: When it begins; None: as the fixture says, else a Monday morning.
        compiled: The dialogue, if it was read before.

    Raises:
        ModelError: The dialogue or the fixture has mistakes.
        DirectoryError: What the fixture says of hosts and visits does not have the right shape.
    """
    compiled = compiled or load_dialogue(dialogue or config.dialogue)
    fixture = read_fixture_file(compiled.env, fixture_file) if fixture_file else None
    clock = _Clock(now or (fixture.now if fixture else None) or START)
    desk: DeskSource | None = None
    if fixture is not None:
        simulated = SimulatedDesk(fixture, clock, lambda: f"visit-{len(reception.session.ended)}")
        desk = DeskSource(lambda: simulated.desk)
        desk()  # mistakes in the fixture are told before anything begins
    reception = open_reception(
        config, compiled=compiled, journal=journal, locale=locale, seed=seed, now=clock, desk=desk
    )
    clock.session = reception.session
    if fixture is None:
        return reception, Invented()
    for kind, names in fixture.lexicons.items():
        reception.language.update(kind, names)
    begin = tuple(Assert(entry, value) for entry, value in fixture.memory.items())
    return reception, Invented(fixture.services(simulated.call), begin)
