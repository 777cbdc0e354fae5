"""A session on the virtual clock with simulated effectors, for tests, replay of texts and benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.events import Event
from engine.model import Json
from engine.session import Session

Answer = tuple[str, Any, int]
"""``("done", values, delay_ms)`` or ``("failed", reason, delay_ms)``; ``("timed_out", "", 0)``: never answers."""
Services = Callable[[str, Mapping[str, Json]], Answer]
"""What a service answers: ``services(name, params)``."""


class VirtualRun:
    """Drives a session: speech takes time, gestures half a second, services answer from a function.

    Args:
        session: Not yet opened.
        services: Answers of services; default: done with no values at once.
    """

    session: Session

    def __init__(self, session: Session, services: Services | None = None) -> None:
        raise NotImplementedError

    def open(self) -> None:
        """Open the session and start what it asks for."""

    def offer(self, event: Event) -> bool:
        """Deliver an event now."""
        raise NotImplementedError

    def advance(self, ms: int) -> None:
        """Let time pass."""

    def settle(self, limit_ms: int = 600_000) -> bool:
        """Let time pass until the bot has finished: no speech running or queued, no service, no wait.

        Returns:
            False if that did not happen within ``limit_ms``.
        """
        raise NotImplementedError

    def until_word(self, word: int) -> bool:
        """Let time pass until ``word`` words of the present (or next) utterance are out; False if none comes."""
        raise NotImplementedError
