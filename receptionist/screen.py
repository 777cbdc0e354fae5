"""The kiosk on this terminal: the screen, and the session behind it."""

from __future__ import annotations

import asyncio
import os
import sys

from receptionist.commands.common import fail
from receptionist.reception import Reception
from receptionist.settings import SpeechSettings


def run_screen(
    reception: Reception,
    *,
    speech: SpeechSettings | None,
    locked: bool,
    touch_keyboard: bool,
    developer: bool,
    watch: bool = False,
) -> None:
    """Show the kiosk until it is ended; says so and stops where there is no terminal for it.

    Args:
        speech: Voice and ears; None: the conversation is in writing.
        watch: Take over changes of the dialogue's files between visits.
    """
    from receptionist.kiosk.options import KioskOptions, unsuitable

    reason = unsuitable(os.environ, sys.stdin.isatty(), sys.stderr.isatty())
    if reason:
        fail(reason)
    options = KioskOptions(locked=locked, developer=developer, touch_keyboard=touch_keyboard)
    sys.exit(asyncio.run(_serve(reception, options, speech, watch)))


async def _serve(reception: Reception, options: object, speech: SpeechSettings | None, watch: bool) -> int:
    from receptionist.backend import KioskBackend
    from receptionist.kiosk.options import KioskOptions
    from receptionist.kiosk.run import run_kiosk
    from receptionist.reload import Reloader
    from receptionist.web.sensing import SensorsUnavailable, sensors

    assert isinstance(options, KioskOptions)
    reception.use_trained(train=True)
    reloader = Reloader(reception) if watch else None
    backend = KioskBackend(reception, title="Miron", sound=speech, reloader=reloader)
    try:
        async with sensors(backend):
            backend.start()
            return await run_kiosk(backend, options)
    except SensorsUnavailable as error:
        fail(str(error))
