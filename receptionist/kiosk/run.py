"""Starting the kiosk on this terminal and ending it cleanly, whoever asks for the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Iterator

from receptionist.kiosk.app import KioskApp
from receptionist.kiosk.options import KioskOptions
from receptionist.kiosk.ports import Backend

_ENDS = ("SIGTERM", "SIGHUP", "SIGINT")


async def run_kiosk(backend: Backend, options: KioskOptions | None = None) -> int:
    """Show the kiosk until it is told to end; then restore the terminal and close the backend.

    SIGTERM, SIGHUP and SIGINT end it with 0. In kiosk mode a stop by the terminal (SIGTSTP) is
    ignored.

    Args:
        backend: The session; closed at the end, also after a failure.
        options: How the kiosk is set up.

    Returns:
        The exit status: 0 after a proper end.
    """
    logging.getLogger("receptionist").addHandler(logging.NullHandler())  # never to the terminal by default
    with _screen_of_its_own():
        app = KioskApp(backend, options)
        try:
            with _signals(app):
                await app.run_async()
        finally:
            await backend.close()
    return app.return_code or 0


@contextlib.contextmanager
def _screen_of_its_own() -> Iterator[None]:
    """Textual keeps the terminal; what sound libraries write to standard error from C goes nowhere."""
    terminal = sys.__stderr__
    if terminal is None or not terminal.isatty():
        yield
        return
    number = terminal.fileno()
    kept = os.dup(number)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        with os.fdopen(kept, "w", encoding="utf-8", errors="replace", closefd=False) as screen:
            os.dup2(nowhere, number)
            vars(sys)["__stderr__"] = screen  # where Textual draws
            yield
    finally:
        vars(sys)["__stderr__"] = terminal
        os.dup2(kept, number)
        os.close(kept)
        os.close(nowhere)


@contextlib.contextmanager
def _signals(app: KioskApp) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    ends = [getattr(signal, name) for name in _ENDS if hasattr(signal, name)]
    for number in ends:
        loop.add_signal_handler(number, app.exit, 0)
    try:
        yield
    finally:
        for number in ends:
            loop.remove_signal_handler(number)
