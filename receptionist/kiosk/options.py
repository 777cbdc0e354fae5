"""How a kiosk is set up, and what the terminal at hand can show."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from receptionist.kiosk.avatar import Paint


@dataclass(frozen=True, slots=True)
class KioskOptions:
    """Settings of one screen.

    Attributes:
        locked: Kiosk mode: no way out of the application by keyboard, mouse or stop signals of the terminal.
        developer: Whether F2 opens the panel with inner speech and rules.
        touch_keyboard: Whether to offer on-screen keys whenever typing is asked for.
        paint: How to draw the face; None finds out from the terminal.
        fps: Frames a second, 1 to 30.
        clock: Monotonic time in seconds; everything that moves is a function of it.
    """

    locked: bool = False
    developer: bool = False
    touch_keyboard: bool = False
    paint: Paint | None = None
    fps: int = 20
    clock: Callable[[], float] = time.monotonic


def paint_for(environ: Mapping[str, str], color_system: str | None) -> Paint:
    """Return how a face can be drawn.

    Args:
        environ: The environment: ``NO_COLOR`` and the locale variables count.
        color_system: What the terminal library found: "truecolor", "256", "standard" or None.
    """
    if "NO_COLOR" in environ or not _unicode(environ):
        return Paint.LINES
    found = {"truecolor": Paint.TRUE, "256": Paint.INDEXED, "standard": Paint.BASIC, "windows": Paint.BASIC}
    return found.get(color_system or "", Paint.LINES)


def _unicode(environ: Mapping[str, str]) -> bool:
    """Whether the locale names no other character set than UTF-8 (unset, "C" and "POSIX" name none)."""
    name = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    if "." not in name:
        return True
    return name.split(".", 1)[1].split("@")[0].lower().replace("-", "") == "utf8"


def unsuitable(environ: Mapping[str, str], input_tty: bool, output_tty: bool) -> str | None:
    """Return why no kiosk can be shown here, as one sentence, or None when it can."""
    if "TEXTUAL_DRIVER" in environ:
        return None
    if not (input_tty and output_tty):
        return "The kiosk needs a terminal for input and output; use --text to read lines instead."
    if environ.get("TERM", "") in ("", "dumb", "unknown"):
        return "This terminal cannot place text on its screen (TERM is unset or dumb); use --text instead."
    return None
