"""Services on a Rasa action server, called by its HTTP protocol, and the choice of where each one runs.

A server that is away costs little time: calls that cannot have arrived are tried once more, calls that change
nothing outside also after a time-out, and after three failures in a row the server is left alone for 30 s.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from receptionist.actions.protocol import action_call, values_of
from receptionist.actions.signatures import SIGNATURES
from receptionist.breaker import Breaker
from receptionist.services import Actions, ServiceFailure
from receptionist.settings import ActionServers
from receptionist.threads import in_daemon_thread

_MOST_BYTES = 1_000_000
_TRIES = 2
_AWAY = (502, 503, 504)


class RemoteActions:
    """Calls the actions of one server.

    Args:
        url: Base URL of the server, such as `http://localhost:5055`.
        timeout_s: Longest wait for one answer of actions whose signature sets no limit.
        clock: Monotonic time in seconds.
    """

    def __init__(
        self, url: str, timeout_s: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = urlsplit(url)
        self._timeout_s = timeout_s
        self._clock = clock
        self._breaker = Breaker()
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Ask the server whether it is well.

        Raises:
            ServiceFailure: It is not.
        """
        status, _ = self._asked("GET", "/health", None, min(self._timeout_s, 5.0))
        if status != 200:
            raise ServiceFailure(
                "unavailable", f"the action server {self._url.netloc} is not well ({status})"
            )

    async def run(self, name: str, params: Mapping[str, Any], session: str) -> dict[str, Any]:
        """Run one action; see `receptionist.services.Actions`."""
        return await in_daemon_thread(lambda: self._run(name, params, session))

    def _run(self, name: str, params: Mapping[str, Any], session: str) -> dict[str, Any]:
        with self._lock:
            if not self._breaker.allows(self._clock()):
                raise ServiceFailure("unavailable", f"the action server {self._url.netloc} is away")
        try:
            status, body = self._call(name, action_call(name, params, session))
        except ServiceFailure:
            with self._lock:
                self._breaker.failed(self._clock())
            raise
        with self._lock:
            self._breaker.succeeded()
        return _values(name, status, body)

    def _call(self, name: str, call: Mapping[str, Any]) -> tuple[int, bytes]:
        signature = SIGNATURES.get(name)
        repeatable = signature is not None and not signature.outward
        limit = signature.timeout_s if signature is not None else self._timeout_s
        limit = limit / _TRIES if repeatable else limit
        body = json.dumps(call, ensure_ascii=False).encode()
        tries = 0
        while True:
            tries += 1
            try:
                status, answer = self._asked("POST", "/webhook", body, limit)
            except ServiceFailure as failure:
                arrived = failure.reason != "unavailable"
                if tries < _TRIES and (repeatable or not arrived):
                    continue
                raise
            if status not in _AWAY:
                return status, answer
            if tries == _TRIES or not repeatable:
                raise ServiceFailure("unavailable", f"the action server is away ({status})")

    def _asked(self, method: str, path: str, body: bytes | None, limit_s: float) -> tuple[int, bytes]:
        """One exchange.

        Raises:
            ServiceFailure: `unavailable` if the server was not reached; else the call may have arrived.
        """
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=limit_s)
        server = self._url.netloc.rsplit("@", 1)[-1]
        try:
            connection.connect()
        except OSError as error:
            raise ServiceFailure("unavailable", f"{server} cannot be reached: {error}") from error
        line = connection.sock
        try:
            try:
                headers = {"Content-Type": "application/json"} if body else {}
                connection.request(method, self._url.path + path, body, headers)
                response = connection.getresponse()
                answer = response.read(_MOST_BYTES + 1)
            except TimeoutError as error:
                raise ServiceFailure("timed_out", f"{server} did not answer within {limit_s:g} s") from error
            except (OSError, http.client.HTTPException) as error:
                raise ServiceFailure("broken_off", f"{server} broke off: {type(error).__name__}") from error
        finally:
            connection.close()
            with contextlib.suppress(OSError):  # a response that was broken off still holds the socket open
                socket.close(line.detach())
        if len(answer) > _MOST_BYTES:
            raise ServiceFailure("fault", f"{server} answered with more than {_MOST_BYTES:,} bytes")
        return response.status, answer


class RoutedActions:
    """Runs each service where the settings say.

    Args:
        here: Those of this process.
        servers: Which services run elsewhere.
        clock: Monotonic time in seconds.
    """

    def __init__(
        self, here: Actions, servers: ActionServers, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._here = here
        self._servers = servers
        urls = {servers.default, *servers.at.values()} - {""}
        self._remote = {url: RemoteActions(url, servers.timeout_s, clock) for url in sorted(urls)}

    def warm(self) -> None:
        """Warm this process, then look at the servers.

        Raises:
            Exception: Something is not well; calls are tried all the same.
        """
        self._here.warm()
        for remote in self._remote.values():
            remote.warm()

    async def run(self, name: str, params: Mapping[str, Any], session: str) -> dict[str, Any]:
        """Run one action; see `receptionist.services.Actions`."""
        return await self._remote.get(self._servers.of(name), self._here).run(name, params, session)


def _values(name: str, status: int, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ServiceFailure("fault", f"the action server's answer to {name} is no JSON object")
    if status == 200:
        return values_of(answer.get("events") or ())
    error = str(answer.get("error") or answer.get("message") or "")[:200]
    if status == 400:
        reason, _, detail = error.partition(": ")
        word = reason if reason.isidentifier() else "refused"
        raise ServiceFailure(word, detail or error)
    if status == 404:
        raise ServiceFailure("unknown_service", f"the action server has no service {name!r}")
    raise ServiceFailure("fault", f"the action server answered {status}: {error}")
