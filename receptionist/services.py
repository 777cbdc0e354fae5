"""Calling services: always an answer, in time, never an exception."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from receptionist.actions.signatures import SIGNATURES, Signature
from receptionist.threads import in_daemon_thread

_LOG = logging.getLogger(__name__)
_GRACE_S = 2.0
_MOST_RUNNING = 16


class ServiceFailure(Exception):
    """A service said no: `reason` is one word for the dialogue, `detail` is for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class Actions(Protocol):
    """Where actions run: in this process, or on an action server."""

    def warm(self) -> None:
        """Do what is slow the first time; may block, may raise."""
        ...

    async def run(self, name: str, params: Mapping[str, Any], session: str) -> dict[str, Any]:
        """Run one action.

        Args:
            name: The service.
            params: Its parameters, JSON values; handed over as the tracker's slots.
            session: The visit it is called for; handed over as the tracker's sender.

        Returns:
            The slots it set.

        Raises:
            ServiceFailure: It could not be served.
        """
        ...


@dataclass(frozen=True, slots=True)
class Result:
    """How a call ended.

    Attributes:
        status: `done`, or `failed`.
        values: Results by name, JSON values; empty when failed.
        reason: One word when failed: `timed_out`, `busy`, `unknown_service`, `bad_parameters`, `not_found`,
            `not_sent`, `directory_locked` (and the other kinds of `Trouble`), or `fault`.
        detail: The same for people, never to be spoken.
    """

    status: Literal["done", "failed"]
    values: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    detail: str = ""


class ServiceRunner:
    """Calls services for a dialogue.

    Attributes:
        signatures: What may be called; a name missing here may still be one of the organisation's actions.
    """

    def __init__(self, actions: Actions, signatures: Mapping[str, Signature] = SIGNATURES) -> None:
        self.signatures = signatures
        self._actions = actions
        self._running: set[asyncio.Task[dict[str, Any]]] = set()

    async def warm(self) -> str | None:
        """Load what is slow to load, off the event loop, so that the first call is quick.

        Returns:
            What is wrong, in words, if the services will not work as things are; None when all is well.
        """
        try:
            await in_daemon_thread(self._actions.warm)
        except Exception as error:
            return str(error)
        return None

    async def call(
        self, name: str, params: Mapping[str, Any], *, session: str = "kiosk", timeout_s: float | None = None
    ) -> Result:
        """Call a service.

        Args:
            name: The service.
            params: Its parameters; None stands for an absent one.
            session: The visit it is called for.
            timeout_s: Longest wait; None takes the service's own limit.

        Returns:
            The result. A call that timed out is abandoned, not undone: an outward message may still go out,
            but only once, because the outbox keeps count.
        """
        signature = self.signatures.get(name)
        given = {key: value for key, value in params.items() if value is not None}
        if signature is not None and (wrong := _wrong_parameters(name, signature, given)):
            return Result("failed", reason="bad_parameters", detail=wrong)
        if len(self._running) >= _MOST_RUNNING:
            return Result("failed", reason="busy", detail="too many services have not come back")
        limit = timeout_s if timeout_s is not None else signature.timeout_s + _GRACE_S if signature else 10.0
        task = asyncio.create_task(self._actions.run(name, given, session), name=f"service {name}")
        self._running.add(task)
        task.add_done_callback(self._finished)
        done, _ = await asyncio.wait({task}, timeout=limit)
        if not done:
            return Result("failed", reason="timed_out", detail=f"{name} did not answer within {limit:g} s")
        return _result(name, task)

    def _finished(self, task: asyncio.Task[dict[str, Any]]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ServiceFailure):
            _LOG.error("%s failed", task.get_name(), exc_info=error)


def _result(name: str, task: asyncio.Task[dict[str, Any]]) -> Result:
    if task.cancelled():
        return Result("failed", reason="cancelled", detail=f"{name} was cancelled")
    error = task.exception()
    if error is None:
        return Result("done", task.result())
    if isinstance(error, ServiceFailure):
        return Result("failed", reason=error.reason, detail=error.detail)
    return Result("failed", reason="fault", detail=f"{type(error).__name__}: {error}")


def _wrong_parameters(name: str, signature: Signature, given: Mapping[str, Any]) -> str | None:
    for key in given:
        if key not in signature.takes:
            return f"{name} takes {', '.join(signature.takes) or 'nothing'}, not {key}"
    for key, kind in signature.takes.items():
        if not kind.endswith("?") and key not in given:
            return f"{name} needs {key}"
    return None
