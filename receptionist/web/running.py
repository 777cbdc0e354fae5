"""``miron run --web``: one session in this process, screens in browsers."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from pathlib import Path

import click

from receptionist.backend import KioskBackend
from receptionist.commands.common import fail
from receptionist.reception import Reception
from receptionist.settings import SpeechSettings
from receptionist.web.hub import Hub
from receptionist.web.sensing import SensorsUnavailable, sensors
from receptionist.web.server import KioskServer


def run_web(reception: Reception, speech: SpeechSettings | None, options: tuple[str, ...]) -> None:
    """Serve the kiosk until it is told to end (SIGINT, SIGTERM).

    Args:
        reception: The session.
        speech: Voice and ears; None: the conversation is in writing.
        options: For each screen's command.
    """
    asyncio.run(_serve(reception, speech, options))


async def _serve(reception: Reception, speech: SpeechSettings | None, options: tuple[str, ...]) -> None:
    reception.use_trained(train=True)
    backend = KioskBackend(reception, title="Miron", sound=speech)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    with tempfile.TemporaryDirectory(prefix="miron-") as folder:  # readable by this user alone
        socket = Path(folder) / "session"
        hub = Hub(backend, socket)
        server = KioskServer(socket, options, host=reception.config.web.host, port=reception.config.web.port)
        try:
            await hub.open()
            address = await server.open()
        except OSError as error:
            fail(f"the kiosk cannot be served: {error}")
        click.echo(f"The kiosk is at {address} (Ctrl-C ends it).")
        try:
            async with sensors(backend):
                backend.start()
                await ended.wait()
        except SensorsUnavailable as error:
            fail(str(error))
        finally:
            await backend.close()
            await hub.close()
            await server.close()
