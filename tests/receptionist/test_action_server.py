"""Services on a Rasa action server: its protocol, its absence, and the way back."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from receptionist.actions.remote import RemoteActions, RoutedActions
from receptionist.breaker import Breaker
from receptionist.services import Result, ServiceFailure, ServiceRunner
from receptionist.settings import ActionServers


class Server:
    """Answers as its script says: a status with a body, None to break off, "hang" to say nothing."""

    def __init__(self) -> None:
        self.script: list[Any] = []
        self.calls: list[dict[str, Any]] = []
        self.over = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(200, b'{"status": "ok"}')

            def do_POST(self) -> None:
                server.calls.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                act = server.script.pop(0) if server.script else (200, {"events": [], "responses": []})
                if act == "hang":
                    server.over.wait(20)
                elif act is not None:
                    status, body = act
                    self.answer(status, body if isinstance(body, bytes) else json.dumps(body).encode())

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def slot(name: str, value: Any) -> dict[str, Any]:
    return {"event": "slot", "timestamp": None, "name": name, "value": value}


def call(actions: Any, service: str, /, **params: object) -> Result:
    return asyncio.run(ServiceRunner(actions).call(service, params, session="visit-1"))


def unused_url() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_parameters_travel_as_slots_and_results_come_back_as_slots(server: Server) -> None:
    server.script = [
        (200, {"events": [slot("hosts", ["Ada"]), slot("sure", True), {"event": "action"}], "responses": []})
    ]
    found = call(RemoteActions(server.url), "find_hosts", name='Ada "x" {{7}} \'; DROP')
    assert found == Result("done", {"hosts": ["Ada"], "sure": True})
    (sent,) = server.calls
    assert sent["next_action"] == "find_hosts"
    assert sent["sender_id"] == sent["tracker"]["sender_id"] == "visit-1"
    assert sent["tracker"]["slots"] == {"name": 'Ada "x" {{7}} \'; DROP'}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((400, {"error": "not_found: nobody is called so", "action_name": "x"}), "not_found"),
        ((400, {"error": "No, thank you", "action_name": "x"}), "refused"),
        ((404, {"error": "unknown", "action_name": "x"}), "unknown_service"),
        ((449, {"error": "no domain", "action_name": "x"}), "fault"),
        ((500, {"error": "ZeroDivisionError"}), "fault"),
        ((200, b"<html>"), "fault"),
        ((200, b"[1, 2]"), "fault"),
        ((200, b"[" * 100_000), "fault"),
        ((200, b"x" * 2_000_000), "fault"),
        ((503, b""), "unavailable"),
        (None, "broken_off"),
    ],
)
def test_whatever_goes_wrong_has_a_reason_of_one_word(server: Server, answer: Any, reason: str) -> None:
    server.script = [answer]
    result = call(RemoteActions(server.url), "call_human")
    assert (result.status, result.reason) == ("failed", reason)
    assert result.detail


def test_a_question_is_asked_again_and_a_message_is_not(server: Server) -> None:
    server.script = [None, (200, {"events": [slot("found", [])]})]
    assert call(RemoteActions(server.url), "find_visits").status == "done"
    assert len(server.calls) == 2
    server.script = [None, None]
    assert call(RemoteActions(server.url), "leave_message", host="Ada").reason == "broken_off"
    assert len(server.calls) == 3, "it may have gone out"


def test_a_server_that_hangs_is_given_up_in_time(server: Server) -> None:
    server.script = ["hang"] * 2
    begun = time.monotonic()
    own = RemoteActions(server.url, timeout_s=0.3)
    assert call(own, "an_action_of_the_house").reason == "timed_out"
    assert time.monotonic() - begun < 5
    assert len(server.calls) == 1, "nobody knows whether it may be repeated"


def test_after_repeated_failures_a_server_is_left_alone_and_then_tried_again(server: Server) -> None:
    now = [0.0]
    remote = RemoteActions(server.url, clock=lambda: now[0])
    server.script = [None] * 4
    for _ in range(3):
        assert call(remote, "call_human").reason == "broken_off"
    assert call(remote, "call_human").reason == "unavailable"
    assert len(server.calls) == 3, "it was left alone"
    now[0] = 31.0
    assert call(remote, "call_human").reason == "broken_off"
    assert call(remote, "call_human").reason == "unavailable"
    now[0] = 62.0
    assert call(remote, "call_human").status == "done"
    assert call(remote, "call_human").status == "done"


def test_a_refusal_is_an_answer_and_opens_no_circuit(server: Server) -> None:
    server.script = [(400, {"error": "not_found: x"})] * 5
    remote = RemoteActions(server.url)
    assert {call(remote, "deputy_of", host="Ada").reason for _ in range(5)} == {"not_found"}


def test_a_server_that_is_away_is_unavailable_and_said_to_be_at_the_start() -> None:
    remote = RemoteActions(unused_url())
    assert call(remote, "find_visits").reason == "unavailable"
    trouble = asyncio.run(ServiceRunner(remote).warm())
    assert trouble is not None
    assert "cannot be reached" in trouble


def test_single_services_run_elsewhere_and_the_others_here(server: Server) -> None:
    class Here:
        def warm(self) -> None: ...

        async def run(self, name: str, params: object, session: str) -> dict[str, Any]:
            return {"place": f"{name} here"}

    server.script = [(200, {"events": [slot("directions", "left")]})]
    routed = RoutedActions(Here(), ActionServers("", {"ask_way": server.url}))
    assert call(routed, "ask_way", place="lift").values == {"directions": "left"}
    assert call(routed, "who_is_in").values == {"place": "who_is_in here"}
    everything = RoutedActions(Here(), ActionServers(server.url, {"who_is_in": ""}))
    assert call(everything, "who_is_in").values == {"place": "who_is_in here"}
    assert call(everything, "call_human").values == {}
    routed.warm()


def test_of_an_open_circuit_one_call_at_a_time_may_try() -> None:
    breaker = Breaker(most_failures=1, rest_s=10)
    assert breaker.allows(0)
    breaker.failed(0)
    assert not breaker.allows(9.9)
    assert breaker.allows(10)
    assert not breaker.allows(10), "one is trying already"
    breaker.succeeded()
    assert breaker.allows(10)


@pytest.mark.slow
def test_the_services_run_on_a_real_rasa_action_server(tmp_path: Path) -> None:
    """`python -m rasa_sdk --actions receptionist.actions`, then a host is told through it."""
    url = unused_url()
    port = url.rsplit(":", 1)[1]
    env = {**os.environ, "MIRON_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-m", "rasa_sdk", "--actions", "receptionist.actions", "--port", port],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        remote = RemoteActions(url)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                remote.warm()
                break
            except (ServiceFailure, http.client.HTTPException):
                assert process.poll() is None
                time.sleep(0.3)
        found = call(remote, "find_visits", name="Ada Lovelace")
        assert found.values["found"][0]["host"] == "Grace Hopper"
        told = call(remote, "notify_host", host="Grace Hopper", visitor="Ada Lovelace")
        assert told.values["reply"] == "coming"
        assert call(remote, "deputy_of", host="Nobody Known").reason == "not_found"
        assert call(remote, "no_such_service").reason == "unknown_service"
        assert "Ada Lovelace" in (tmp_path / "outbox.jsonl").read_text(encoding="utf-8")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
