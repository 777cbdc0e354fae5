"""Rasa's REST channel and the part of its HTTP API that understands texts, over aiohttp."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any, Final

from aiohttp import web

from receptionist.rest.sessions import Crowded, Senders
from receptionist.text_mode import MAX_TEXT
from receptionist.threads import in_daemon_thread
from receptionist.web.origins import from_here, named_rightly

MOST_BYTES: Final = 64 * 1024
"""Longest body of a request."""
MOST_SENDER: Final = 255
"""Longest name of a sender, in characters."""
SWEEP_S: Final = 60.0
"""How often is looked for senders who have left."""
REASONS: Final = {
    400: "BadRequest",
    401: "NotAuthenticated",
    403: "NotAllowed",
    404: "NotFound",
    405: "MethodNotAllowed",
    413: "PayloadTooLarge",
    429: "TooManyRequests",
    500: "ConversationError",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Parse = Callable[[str], dict[str, Any]]
"""Text → what Rasa's ``/model/parse`` answers."""


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class RestServer:
    """Serves the agent until it is closed.

    Args:
        senders: The conversations.
        parse: Understands a text; called in a thread, one text at a time.
        tell: Gets a sentence for what went wrong inside.
        host: Address to listen at.
        port: Port; 0 lets the system choose.
        token: What callers show as ``?token=``; empty: nothing.
    """

    def __init__(
        self,
        senders: Senders,
        parse: Parse,
        tell: Callable[[str], None],
        *,
        host: str = "127.0.0.1",
        port: int = 5005,
        token: str = "",
    ) -> None:
        self._senders, self._parse, self._tell = senders, parse, tell
        self._host, self._port, self._token = host, port, token
        self._understands = asyncio.Lock()
        self._runner: web.AppRunner | None = None
        self._sweeping: asyncio.Task[None] | None = None

    async def open(self) -> str:
        """Begin to serve.

        Returns:
            Where.

        Raises:
            OSError: The address cannot be listened at.
        """
        app = web.Application(middlewares=[self._guard], client_max_size=MOST_BYTES)
        app.add_routes(
            [
                web.get("/", self._hello),
                web.get("/webhooks/rest/", self._health),
                web.get("/webhooks/rest", self._health),
                web.post("/webhooks/rest/webhook", self._webhook),
                web.post("/model/parse", self._model_parse),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port, reuse_address=True).start()
        self._sweeping = asyncio.create_task(self._sweep())
        name = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{name}:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Serve no more; the conversations end."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
        await self._senders.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self._senders.sweep()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer only who may ask, and refuse in Rasa's shape."""
        try:
            if not named_rightly(self._host, request.host):
                raise _Refused(403, "This server is not at that name.")
            if not from_here(request.headers.get("Origin"), request.host):
                raise _Refused(403, "Pages from elsewhere may not talk to this server.")
            return await handler(request)
        except _Refused as refused:
            return _failure(refused.status, refused.message)
        except Crowded as crowded:
            return _failure(429, f"Try again later: {crowded}.")
        except web.HTTPException as fault:
            return _failure(fault.status, _words(fault))
        except Exception as error:
            self._tell(f"{request.path} failed: {type(error).__name__}: {error}")
            return _failure(500, "The message could not be processed.")

    async def _hello(self, _request: web.Request) -> web.Response:
        return web.Response(text=f"Hello from Miron: {version('miron')}")

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _webhook(self, request: web.Request) -> web.Response:
        given = await self._given(request)
        sender = given.get("sender")
        if sender is None:
            sender = "default"
        if isinstance(sender, bool) or not isinstance(sender, (str, int)):
            raise _Refused(400, "'sender' is a text.")
        name = str(sender).strip()
        if not 0 < len(name) <= MOST_SENDER:
            raise _Refused(400, f"'sender' has 1 to {MOST_SENDER} characters.")
        messages = await self._senders.hear(name, _text(given, "message"))
        if request.query.get("stream", "").lower() not in ("true", "1", "t", "yes"):
            return web.json_response(messages)
        lines = "".join(f"{json.dumps(each)}\n" for each in messages)
        return web.Response(text=lines, content_type="text/event-stream")

    async def _model_parse(self, request: web.Request) -> web.Response:
        text = _text(await self._given(request), "text")
        async with self._understands:
            found = await in_daemon_thread(lambda: self._parse(text))
        return web.json_response(found)

    async def _given(self, request: web.Request) -> dict[str, Any]:
        """The object in the body of a request that may be made."""
        shown = request.query.get("token", "")
        expected = self._token.encode("utf-8", "surrogatepass")
        if expected and not hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), expected):
            raise _Refused(401, "User is not authenticated.")
        body = await request.read()
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            raise _Refused(400, "The body is no JSON.") from None
        if not isinstance(given, dict):
            raise _Refused(400, "The body is no JSON object.")
        return given


def _text(given: dict[str, Any], key: str) -> str:
    text = given.get(key)
    if not isinstance(text, str):
        raise _Refused(400, f"'{key}' is missing, or no text.")
    if len(text) > MAX_TEXT:
        raise _Refused(400, f"'{key}' has at most {MAX_TEXT:,} characters.")
    return text


def _words(fault: web.HTTPException) -> str:
    if fault.status == 413:
        return f"A request has at most {MOST_BYTES:,} bytes."
    return f"{fault.reason}."


def _failure(status: int, message: str) -> web.Response:
    body = {
        "status": "failure",
        "message": message,
        "reason": REASONS.get(status, "Refused"),
        "code": status,
        "version": version("miron"),
    }
    return web.json_response(body, status=status)
