"""A session in real time: an asyncio loop around it, effectors beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from engine.events import Command, Event, Phase, Report
from engine.session import Session

Reporter = Callable[[Report], None]
"""Hands a report back; may be called from any thread."""


class Clock(Protocol):
    """Session time in milliseconds; monotonic."""

    def now(self) -> int:
        """Milliseconds since the start."""
        ...


class Effector(Protocol):
    """Performs the acts of one or more channels."""

    def start(self, command: Command, report: Reporter) -> Awaitable[None]:
        """Perform an act; report ``started`` (optional) and exactly one final phase.

        Returning without a final report means done. An exception is reported as failed. Being cancelled
        (after ``stop``) means: report CANCELLED with what was said, or let the session time it out.
        """
        ...

    def stop(self, command: Command) -> None:
        """Break the act off soon; its ``start`` is cancelled after 500 ms."""
        ...


class Agent:
    """Runs a session on a clock with effectors per channel."""

    def __init__(
        self, session: Session, effectors: Mapping[str, Effector], clock: Clock | None = None
    ) -> None:
        raise NotImplementedError

    def offer(self, event: Event) -> bool:
        """Deliver an event; callable from any thread. False: refused, the queue is full."""
        raise NotImplementedError

    async def run(self) -> None:
        """Open the session and serve until :meth:`stop`; never raises because of an event or an effector."""

    def stop(self, reason: str = "stopped") -> None:
        """End :meth:`run` soon; callable from any thread."""


FINAL = tuple(phase for phase in Phase if phase.final)
"""The phases that end an act."""
