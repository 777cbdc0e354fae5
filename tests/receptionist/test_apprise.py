"""Messages through Apprise: what is certainly not sent is tried again, what may be sent never."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from receptionist.directory.store import Database
from receptionist.notify import DeliveryError, Message, SendState
from receptionist.notify.apprise_channel import AppriseChannel, faulty
from receptionist.notify.outbox import Draft, Outbox

NASTY = "Robert'); DROP TABLE <b>x</b> {{ 7*7 }} [a](http://b) &amp;"


class Service:
    """A service on this machine that answers with a status, breaks off, or hangs."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[dict[str, Any]] = []
        self.hang = threading.Event()
        self.hangs = False
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.got.append(json.loads(body))
                if service.hangs:
                    service.hang.wait(20)
                if service.status:
                    self.send_response(service.status)
                    self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"json://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.hang.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


@pytest.fixture
def clock() -> list[datetime]:
    return [datetime(2026, 3, 2, 10, 0)]


def box(tmp_path: Path, clock: list[datetime], *urls: str, patience_s: float = 10.0) -> Outbox:
    database = Database(str(tmp_path / "d.sqlite3"))
    return Outbox(database, {"net": AppriseChannel(urls, patience_s)}, lambda: clock[0])


def posted(outbox: Outbox, *, address: str | None = None, text: str = "Ada is here.") -> Message:
    draft = Draft("arrived/1", "arrived", "Grace Hopper", text, "net", address=address, locale="de")
    return outbox.deliver(outbox.post(draft)[0].id)


def test_a_message_reaches_the_service_exactly_as_it_was_written(
    tmp_path: Path, clock: list[datetime], service: Service
) -> None:
    assert posted(box(tmp_path, clock, service.url), text=NASTY).state is SendState.SENT
    (got,) = service.got
    assert got["message"] == NASTY
    assert got["title"] == "Empfang"


def test_the_link_for_the_answer_goes_along_in_the_language_of_the_host(
    tmp_path: Path, clock: list[datetime], service: Service
) -> None:
    outbox = Outbox(
        Database(str(tmp_path / "d")),
        {"net": AppriseChannel([service.url])},
        lambda: clock[0],
        link=lambda message: f"http://desk/a/{message.id}",
    )
    message = posted(outbox)
    assert (
        service.got[0]["message"]
        == f"Ada is here.\n\nIhre Antwort, mit einem Klick: http://desk/a/{message.id}"
    )
    assert "http" not in message.text, "the secret is not written down"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (503, SendState.QUEUED),
        (429, SendState.QUEUED),
        (404, SendState.FAILED),
        (401, SendState.FAILED),
        (504, SendState.UNSURE),
        (0, SendState.UNSURE),
    ],
    ids=["busy", "too many", "unknown", "not allowed", "gateway gave up", "breaks off"],
)
def test_a_failure_is_repeated_only_when_the_service_certainly_did_not_take_it(
    tmp_path: Path, clock: list[datetime], service: Service, status: int, state: SendState
) -> None:
    service.status = status
    outbox = box(tmp_path, clock, service.url)
    message = posted(outbox)
    assert message.state is state
    assert message.detail
    assert "127.0.0.1" not in message.detail
    service.status = 200
    clock[0] += timedelta(seconds=3)
    outbox.deliver_due()
    assert len(service.got) == (2 if state is SendState.QUEUED else 1)


def test_a_service_that_is_away_is_tried_again_until_it_is_back(
    tmp_path: Path, clock: list[datetime], service: Service
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = f"json://127.0.0.1:{unused.getsockname()[1]}/"
    outbox = box(tmp_path, clock, away)
    message = posted(outbox)
    assert (message.state, message.detail) == (SendState.QUEUED, "the service could not be reached")
    outbox.channels["net"]._urls = (service.url,)  # type: ignore[attr-defined, index]
    clock[0] = message.due
    outbox.deliver_due()
    assert outbox.message(message.id).state is SendState.SENT
    assert len(service.got) == 1


def test_a_service_that_hangs_is_given_up_in_time_and_not_asked_again(
    tmp_path: Path, clock: list[datetime], service: Service
) -> None:
    service.hangs = True
    outbox = box(tmp_path, clock, service.url, patience_s=0.5)
    message = posted(outbox)
    assert message.state is SendState.UNSURE
    clock[0] += timedelta(hours=1)
    outbox.deliver_due()
    assert len(service.got) == 1


def test_of_several_services_one_is_enough(tmp_path: Path, clock: list[datetime], service: Service) -> None:
    other = Service()
    other.status = 500
    assert posted(box(tmp_path, clock, other.url, service.url)).state is SendState.SENT
    other.close()


def test_a_host_may_have_an_address_of_their_own(
    tmp_path: Path, clock: list[datetime], service: Service
) -> None:
    assert posted(box(tmp_path, clock), address=service.url).state is SendState.SENT
    assert len(service.got) == 1


def test_the_address_of_the_recipient_is_put_into_the_service_url_as_data(
    tmp_path: Path, clock: list[datetime], service: Service
) -> None:
    channel = AppriseChannel([f"{service.url}?:to={{address}}"])
    outbox = Outbox(Database(str(tmp_path / "d")), {"net": channel}, lambda: clock[0])
    assert posted(outbox, address="a&b=c@example.org").state is SendState.SENT
    assert service.got[0]["to"] == "a&b=c@example.org"


def test_a_missing_address_fails_in_words(tmp_path: Path, clock: list[datetime]) -> None:
    message = posted(box(tmp_path, clock, "mailtos://user:key@example.org?to={address}"))
    assert (message.state, message.detail) == (
        SendState.FAILED,
        "Grace Hopper has no address for this channel",
    )


def test_a_wrong_address_is_told_without_repeating_its_key() -> None:
    assert faulty("mailtos://user:key@example.org?to={address}") is None
    trouble = faulty("nonsense://user:key@example.org")
    assert trouble is not None
    assert "nonsense" in trouble
    assert "key" not in trouble
    with pytest.raises(DeliveryError, match="none that Apprise knows"):
        AppriseChannel(["nonsense://user:key@x"]).send(_message())


def _message() -> Message:
    now = datetime(2026, 3, 2)
    return Message(
        1, "s", 1, "arrived", "Grace", None, "net", None, None, "t", SendState.SENDING, 1, now, now, now
    )
