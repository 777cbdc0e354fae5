"""A small web server for the answers of hosts, on this machine or in the house; never on the internet.

It serves one address form, `/a/TOKEN`: asking shows the question and changes nothing (mail programs follow
links by themselves), sending the form answers. A proxy may stand in front of it for TLS.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from receptionist.answers import page
from receptionist.answers.links import AnswerLinks
from receptionist.directory.errors import DirectoryError
from receptionist.directory.records import Reply

_LOG = logging.getLogger(__name__)
_MOST_BYTES = 4096
_MOST_AT_ONCE = 32
_PATIENCE_S = 10.0
_REPLIES = {
    "coming": Reply.COMING,
    "later": Reply.LATER,
    "refused": Reply.REFUSED,
    "words": Reply.LATER,
}


class AnswerServer:
    """Serves the page until it is closed.

    Args:
        host: Address to listen at, such as `127.0.0.1`.
        port: Its port; 0 takes a free one.
        url: Where people reach it; its host, and the address itself, are the only ones answered.
        links: Gives the links; called for every request, may raise DirectoryError.

    Raises:
        OSError: The address cannot be used.
    """

    def __init__(self, host: str, port: int, url: str, links: Callable[[], AnswerLinks]) -> None:
        self._server = _Server((host, port), _Handler)
        self._server.links = links
        self.port = int(self._server.server_port)
        names = {f"{name}:{self.port}" for name in (host, "127.0.0.1", "localhost", "[::1]")}
        self._server.origins = {f"http://{name}" for name in names} | {_origin(url)}
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="miron-answers", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(2.0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    links: Callable[[], AnswerLinks]
    origins: set[str]

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._places = threading.BoundedSemaphore(_MOST_AT_ONCE)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        _LOG.warning("a request for the answer page failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE_S

    def version_string(self) -> str:
        return "Miron"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: the path holds the secret."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class refuses is refused in our own words."""
        self._note(code, "bad")

    def do_GET(self) -> None:
        """Show the question."""
        if self._foreign():
            return
        try:
            message = self.server.links().message(self._token())
        except DirectoryError:
            self._note(503, "later_again")
            return
        if message is None:
            self._note(404, "gone", "gone_more")
        else:
            self._reply(200, page.question(message, page.known_locale(message.locale) or self._locale()))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Take the answer."""
        if self._foreign():
            return
        fields = self._fields()
        if fields is None:
            self._note(400, "bad")
            return
        words = fields.get("words", [""])[-1]
        choice = fields.get("reply", [""])[-1]
        if choice not in _REPLIES or (choice == "words" and not words.strip()):
            self._note(400, "bad")
            return
        try:
            message = self.server.links().redeem(self._token(), _REPLIES[choice], words)
        except DirectoryError:
            self._note(503, "later_again")
            return
        if message is None:
            self._note(404, "gone", "gone_more")
        else:
            self._reply(200, page.note(page.known_locale(message.locale) or self._locale(), "thanks"))

    def _foreign(self) -> bool:
        """Refuse a request that names another host or comes from another page; whether it did."""
        hosts = {origin.split("://", 1)[1] for origin in self.server.origins}
        origin = self.headers.get("Origin")
        site = self.headers.get("Sec-Fetch-Site", "same-origin" if self.command == "POST" else "none")
        own = (self.headers.get("Host") or "").lower() in hosts
        if self.command == "POST":
            own = (
                own
                and (origin is None or origin.lower() in self.server.origins)
                and site
                in (
                    "same-origin",
                    "none",
                )
            )
        if not own:
            self._note(403, "bad")
        return not own

    def _token(self) -> str:
        path = urlsplit(self.path).path
        return path.removeprefix("/a/") if path.startswith("/a/") else ""

    def _fields(self) -> dict[str, list[str]] | None:
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if not length.isdecimal() or int(length) > _MOST_BYTES or kind != "application/x-www-form-urlencoded":
            return None
        body = self.rfile.read(int(length))
        try:
            return parse_qs(body.decode("ascii"), max_num_fields=10, errors="replace")
        except ValueError:
            return None

    def _locale(self) -> str:
        headers = getattr(self, "headers", None)
        return page.locale_for(headers.get("Accept-Language", "") if headers else "")

    def _note(self, status: int, *keys: str) -> None:
        self._reply(status, page.note(self._locale(), *keys))

    def _reply(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in page.HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
