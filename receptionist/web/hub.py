"""One session for many screens: a local socket through which screens see views and hand in what was done."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from receptionist.kiosk.ports import MAX_TEXT, Backend, View
from receptionist.web.wire import MAX_LINE, call_line, read_call, read_view, view_line

_LOG = logging.getLogger(__name__)


class Hub:
    """Serves a backend to screens in other processes of this user.

    A screen that goes away does not end the session; a new one sees it as it is.

    Args:
        backend: The session.
        path: Of the socket, which only this user can open.
    """

    def __init__(self, backend: Backend, path: Path) -> None:
        self._backend = backend
        self._path = path
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.screens = 0

    async def open(self) -> None:
        """Begin to serve.

        Raises:
            OSError: The socket cannot be made.
        """
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=MAX_LINE)
        self._path.chmod(0o600)

    async def close(self) -> None:
        """Turn all screens off."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.screens += 1
        showing = asyncio.create_task(self._show(writer))
        try:
            while line := await reader.readline():
                await self._take(line)
        except (ValueError, ConnectionError) as error:  # ValueError: a line without end
            _LOG.warning("a screen was cut off: %s", error)
        except asyncio.CancelledError:
            return
        finally:
            self.screens -= 1
            self._tasks.discard(task)
            showing.cancel()
            await _closed(writer)

    async def _show(self, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            async for view in self._backend.views():
                writer.write(view_line(view))
                await writer.drain()
            writer.close()

    async def _take(self, line: bytes) -> None:
        backend = self._backend
        takers: dict[str, tuple[type, Callable[[Any], Awaitable[None]]]] = {
            "send_text": (str, backend.send_text),
            "press": (str, backend.press),
            "typing": (bool, backend.typing),
            "language": (str, backend.language),
        }
        try:
            method, arguments = read_call(line)
            if method == "touch" and not arguments:
                await backend.touch()
                return
            kind, taker = takers[method]
            (argument,) = arguments
        except (ValueError, KeyError):
            _LOG.warning("a screen handed in what is no input")
            return
        if type(argument) is kind and len(str(argument)) <= MAX_TEXT:
            await taker(argument)


class RemoteBackend:
    """The session as a screen in another process sees it; see :class:`receptionist.kiosk.ports.Backend`.

    Args:
        path: Of the hub's socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: asyncio.StreamWriter | None = None

    async def views(self) -> AsyncIterator[View]:
        """Views until the session ends or the connection breaks.

        Raises:
            OSError: There is no session.
        """
        reader, self._writer = await asyncio.open_unix_connection(self._path, limit=MAX_LINE)
        while line := await reader.readline():
            yield read_view(line)

    async def send_text(self, text: str) -> None:
        """Hand it on."""
        await self._call("send_text", text)

    async def press(self, button_id: str) -> None:
        """Hand it on."""
        await self._call("press", button_id)

    async def typing(self, started: bool) -> None:
        """Hand it on."""
        await self._call("typing", started)

    async def touch(self) -> None:
        """Hand it on."""
        await self._call("touch")

    async def language(self, locale: str) -> None:
        """Hand it on."""
        await self._call("language", locale)

    async def close(self) -> None:
        """This screen goes away; the session stays."""
        if self._writer is not None:
            await _closed(self._writer)

    async def _call(self, method: str, *arguments: object) -> None:
        if self._writer is None:
            raise ConnectionError("the session is not there yet")
        self._writer.write(call_line(method, *arguments))
        await self._writer.drain()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):
        await writer.wait_closed()
