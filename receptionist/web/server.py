"""The web server of the kiosk: the page, and the line to each screen."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path

from aiohttp import web
from textual_serve.server import Server

from receptionist.web.origins import from_here, named_rightly

HERE = Path(__file__).parent
AWAY = "One moment, please. · Einen Augenblick, bitte. · 请稍等。"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class KioskServer(Server):
    """Shows the session of a hub in browsers, through textual-serve.

    Args:
        socket: The hub's socket.
        options: Further options for each screen's command.
        host: Address to listen at.
        port: Port to listen at; 0 lets the system choose.
        title: Of the page.
    """

    def __init__(
        self,
        socket: Path,
        options: tuple[str, ...] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 8080,
        title: str = "Miron",
    ) -> None:
        command = shlex.join([sys.executable, "-m", "receptionist", "screen", str(socket), *options])
        super().__init__(command, host=host, port=port, title=title)
        self._runner: web.AppRunner | None = None

    async def open(self) -> str:
        """Begin to serve.

        Returns:
            Where.

        Raises:
            OSError: The address cannot be listened at.
        """
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/ws", self.handle_websocket),
                web.get("/kiosk.css", self._file("kiosk.css", "text/css")),
                web.get("/kiosk.js", self._file("kiosk.js", "text/javascript")),
                web.static("/static", self.statics_path),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return f"http://{self.host}:{self.port}/"

    async def close(self) -> None:
        """Serve no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Only our own pages may talk to us, not foreign ones, nor foreign names that point here."""
        if not named_rightly(self.host, request.host):
            raise web.HTTPForbidden(text="This kiosk is not at that name.")
        if not from_here(request.headers.get("Origin"), request.host):
            raise web.HTTPForbidden(text="This page is not the kiosk's.")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    async def _page(self, request: web.Request) -> web.Response:
        size = request.query.get("fontsize", "16")
        scheme = "wss" if request.secure else "ws"
        values = {
            "title": self.title,
            "websocket": f"{scheme}://{request.host}/ws",
            "font_size": size if size.isdigit() and len(size) < 4 else "16",
            "away": AWAY,
        }
        page = (HERE / "page.html").read_text(encoding="utf-8")
        for name, value in values.items():
            page = page.replace("{{ " + name + " }}", escape(str(value)))
        return web.Response(text=page, content_type="text/html")

    def _file(self, name: str, kind: str) -> Handler:
        text = (HERE / name).read_text(encoding="utf-8")

        async def handler(_request: web.Request) -> web.Response:
            return web.Response(text=text, content_type=kind)

        return handler
