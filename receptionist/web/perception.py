"""Presence from any sensor: what it reports becomes signals and flags of the session, without flicker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.events import Assert, Event, Signal

FLAGS = ("present", "near", "looking")
SIGNALS = ("arrived", "left", "approached", "touched", "joined")


class Perception:
    """Takes reports such as ``{"present": true}`` or ``{"signal": "arrived"}``.

    Flags are handed on only when they change, so a camera may report them as often as it likes; how long
    somebody must be there or away before it counts is the dialogue's own (parameters of ``user_model``).

    Args:
        other: Name of the visitor in the dialogue's memory.
        signals: Signals that the dialogue declares.
        offer: Delivers events to the session.
    """

    def __init__(self, other: str, signals: tuple[str, ...], offer: Callable[[Event], bool]) -> None:
        self._other = other
        self._signals = dict.fromkeys((*SIGNALS, *signals))
        self._offer = offer
        self._flags: dict[str, bool] = {}

    def take(self, report: object) -> None:
        """Take one report; its parts in the order of flags, then the signal.

        Raises:
            ValueError: It is none; nothing of it was taken. The text says what would be one.
        """
        if not isinstance(report, Mapping) or not report:
            raise ValueError(
                f'a report is an object such as {{"present": true}} or {{"signal": "{SIGNALS[0]}"}}'
            )
        flags = {key: value for key, value in report.items() if key != "signal"}
        for name, value in flags.items():
            if name not in FLAGS:
                raise ValueError(f"{name!r} is no flag; known are {', '.join(FLAGS)}")
            if not isinstance(value, bool):
                raise ValueError(f"{name} is true or false")
        signal = report.get("signal")
        if signal is not None and not self._known(signal):
            raise ValueError(f"{signal!r} is no signal; known are {', '.join(self._signals)}")
        for name, value in flags.items():
            if self._flags.get(name) is not value:
                self._flags[name] = value
                self._offer(Assert(f"{self._other}.{name}", value))
        if signal is not None:
            self._offer(Signal(signal))

    def _known(self, signal: Any) -> bool:
        return isinstance(signal, str) and signal in self._signals
