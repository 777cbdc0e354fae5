"""A line for every deletion: when, what kind and how much, never about whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from receptionist.config import Config


def note(config: Config, what: str, counts: Mapping[str, int]) -> None:
    """Append a line to `privacy.log` in the data folder.

    Raises:
        OSError: It cannot be written.
    """
    config.data.mkdir(parents=True, exist_ok=True)
    amounts = " ".join(f"{name}={count}" for name, count in counts.items() if count)
    with (config.data / "privacy.log").open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now():%Y-%m-%dT%H:%M:%S} {what} {amounts or 'nothing'}\n")
