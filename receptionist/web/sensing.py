"""Sensors beside a kiosk, however it is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from receptionist.backend import KioskBackend
from receptionist.web.perception import Perception


class SensorsUnavailable(Exception):
    """Sensors are wanted and cannot report."""


@asynccontextmanager
async def sensors(backend: KioskBackend) -> AsyncIterator[None]:
    """Take reports of sensors while the kiosk runs, where the settings say so.

    Raises:
        SensorsUnavailable: They cannot report; the text says why.
    """
    reception = backend.reception
    wanted = reception.config.sensors
    if not wanted.host:
        yield
        return
    try:
        from receptionist.web.sensors import SensorServer
    except ImportError:
        raise SensorsUnavailable("sensors need more packages: pip install 'miron[web]'") from None
    own = tuple(miron.name for miron in reception.compiled.mirons if miron.channel == "signal")
    perception = Perception(reception.compiled.env.other, own, backend.agent.offer)
    server = SensorServer(perception, wanted.token, wanted.host, wanted.port)
    try:
        await server.open()
    except OSError as error:
        raise SensorsUnavailable(f"sensors cannot report: {error}") from None
    try:
        yield
    finally:
        await server.close()
