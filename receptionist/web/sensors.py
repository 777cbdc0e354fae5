"""Where sensors report presence: HTTP for single reports, a WebSocket for many."""

from __future__ import annotations

import hmac
import json
from typing import Any

from aiohttp import WSMsgType, web

from receptionist.web.perception import Perception

MAX_BODY = 10_000
"""Bytes of one report."""


class SensorServer:
    """Takes reports at ``/perception`` from whoever shows the token.

    Args:
        perception: Takes them.
        token: What sensors show: ``Authorization: Bearer TOKEN``.
        host: Address to listen at.
        port: Port to listen at; 0 lets the system choose.
    """

    def __init__(self, perception: Perception, token: str, host: str, port: int) -> None:
        self._perception, self._token = perception, token
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None

    async def open(self) -> int:
        """Begin to serve.

        Returns:
            The port.

        Raises:
            OSError: The address cannot be listened at.
        """
        app = web.Application(client_max_size=MAX_BODY)
        app.add_routes([web.post("/perception", self._report), web.get("/perception", self._reports)])
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Serve no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    def _admit(self, request: web.Request) -> None:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(shown.encode(), self._token.encode()):
            raise web.HTTPUnauthorized(text="Show the token: Authorization: Bearer ...")

    async def _report(self, request: web.Request) -> web.Response:
        self._admit(request)
        status, answer = self._take(await request.text())
        return web.json_response(answer, status=status)

    async def _reports(self, request: web.Request) -> web.WebSocketResponse:
        self._admit(request)
        line = web.WebSocketResponse(heartbeat=15, max_msg_size=MAX_BODY)
        await line.prepare(request)
        async for message in line:
            if message.type is WSMsgType.TEXT:
                await line.send_json(self._take(message.data)[1])
        return line

    def _take(self, text: str) -> tuple[int, dict[str, Any]]:
        try:
            self._perception.take(json.loads(text))
        except (ValueError, RecursionError) as error:
            return 400, {"error": str(error)[:300]}
        return 200, {"ok": True}
