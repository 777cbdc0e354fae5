"""``miron screen``: one screen of a kiosk that runs elsewhere on this machine."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from receptionist.commands.common import PATH


@click.command(hidden=True)
@click.argument("socket", type=PATH)
@click.option("--touch-keyboard", is_flag=True, help="Offer keys on the screen when typing is asked for.")
@click.option("--developer", is_flag=True, help="F2 shows inner speech and the rules in force.")
def screen(socket: Path, touch_keyboard: bool, developer: bool) -> None:
    """Show the session behind SOCKET; started for each browser by ``miron run --web``.

    There is no way out by keyboard or mouse: the browser is the kiosk.
    """
    from receptionist.kiosk.options import KioskOptions
    from receptionist.kiosk.run import run_kiosk
    from receptionist.web.hub import RemoteBackend

    options = KioskOptions(locked=True, developer=developer, touch_keyboard=touch_keyboard)
    sys.exit(asyncio.run(run_kiosk(RemoteBackend(socket), options)))
