"""One external event from the queue: understood, written down, taken in, answered by its cascade."""

from __future__ import annotations

from typing import Final

from engine import cascade, effects, intake
from engine.check import Malformed, checked
from engine.core import Core, Inner, Pulses
from engine.events import (
    Assert,
    ClockChange,
    Command,
    DriverId,
    Event,
    Expected,
    Gate,
    Heard,
    Perceived,
    Report,
    Signal,
)
from engine.expect import Outlook, expectations
from engine.language import NOT_UNDERSTOOD, Understood

_PRESENCE: Final = frozenset({"present", "near", "looking", "speaking", "typing"})
_ARRIVALS: Final = frozenset({"arrived", "approached", "touched"})


class Handler:
    """Handles external events of a session.

    Args:
        core: The session's state.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._outlook: Outlook | None = None
        self._commands: list[Command] = []

    def expectations(self) -> list[Expected]:
        """What the other could express now, most preferred first."""
        if self._outlook is None:
            self._outlook = Outlook(self._core.network)
        return expectations(self._core, self._outlook)

    def handle(self, event: Event | Malformed) -> list[Command]:
        """Process one event; returns the commands of its cascades."""
        core = self._core
        if isinstance(event, Heard) and not self._repeated(event.id):
            event = self._understand(event)
        match event:
            case Malformed(reason):
                core.emit("ignored", None, {"reason": reason})
            case Heard():
                repeated = Perceived(
                    "", {}, event.via, text=event.text, confidence=event.confidence, id=event.id
                )
                self._accept(event.id, core.emit("percept", None, intake.percept_data(repeated)))
            case Perceived():
                self._perceived(event)
            case Signal():
                self._signal(event)
            case Assert():
                self._assert(event)
            case Report():
                self._report(event)
            case Gate():
                seq = effects.set_gate(core, event.channel, event.open, None, None, None)
                if seq is not None:
                    self._run(Pulses(core.network), seq)
            case ClockChange():
                core.wall_offset_ms, core.zone = event.offset_ms, event.zone
                core.emit("clock", None, {"offset": event.offset_ms, "zone": event.zone or None})
        commands, self._commands = self._commands, []
        return commands

    def _run(self, pulses: Pulses, cause: int, *, heard: Perceived | None = None, told: bool = False) -> None:
        self._commands += cascade.run(self._core, pulses, cause, heard=heard, told=told)

    def _understand(self, event: Heard) -> Perceived:
        core = self._core
        try:
            meant = core.language.understand(
                event.text,
                self.expectations(),
                locale=core.locale,
                t_wall=core.wall,
                typed=event.via == "key",
            )
        except Exception as error:  # a broken language must not end the session
            core.note(code="understand", reason=f"{type(error).__name__}: {error}"[:500])
            meant = Understood(NOT_UNDERSTOOD)
        confidence = meant.confidence if event.confidence is None else min(meant.confidence, event.confidence)
        percept = checked(
            Perceived(
                meant.name,
                meant.entities,
                event.via,
                text=event.text,
                confidence=confidence,
                locale=meant.locale if meant.locale != core.locale else "",
                also=tuple(Perceived(act.name, act.entities, event.via) for act in meant.also),
                id=event.id,
                reason=meant.reason,
            )
        )
        if isinstance(percept, Perceived):
            return percept
        core.note(code="understand", reason=getattr(percept, "reason", ""))
        return Perceived(NOT_UNDERSTOOD, {}, event.via, text=event.text, id=event.id)

    def _perceived(self, event: Perceived) -> None:
        core = self._core
        cause = core.emit("percept", None, intake.percept_data(event))
        if not self._accept(event.id, cause):
            return
        if event.source == "inner":
            pulses = Pulses(core.network)
            values = {slot: heard.value for slot, heard in event.entities.items()}
            intake.think(core, event.name, values, cause, pulses)
            self._run(pulses, cause)
            return
        if event.name not in intake.NO_ACT:
            self._begin_visit(cause)
        pulses, told = intake.perceive(core, event, cause)
        self._run(pulses, cause, heard=event, told=told)

    def _signal(self, event: Signal) -> None:
        core = self._core
        cause = core.emit("percept", None, intake.signal_data(event))
        if self._accept(event.id, cause):
            if event.name.rpartition(".")[2] in _ARRIVALS:
                self._begin_visit(cause)
            self._run(intake.signal(core, event, cause), cause)

    def _assert(self, event: Assert) -> None:
        core = self._core
        if self._repeated(event.id):
            core.emit("ignored", None, {"reason": "delivered before"})
            return
        entry = core.program.entries.get(event.entry)
        sign = entry is not None and entry.other and event.entry.rpartition(".")[2] in _PRESENCE
        begins = sign and event.value is True and not core.visit_open
        try:
            written = intake.assert_entry(core, event, always=begins)
        except ValueError as error:
            core.emit("ignored", None, {"reason": str(error)})
            return
        if written is None:
            return
        if event.id:  # only with a line, so that a replay knows it too
            core.drivers[event.id[0]] = event.id[1]
        change, cause = written
        if begins:
            self._begin_visit(cause)
        self._run(intake.asserted(core, change, cause), cause)

    def _report(self, event: Report) -> None:
        core = self._core
        act = core.acts.acts.get(event.act)
        cause = core.emit("percept", None, intake.report_data(act, event), act)
        if not self._accept(event.id, cause):
            return
        if act is None or not act.live:
            core.ignored(cause, "the act has ended" if 0 < event.act <= core.acts.number else "no such act")
            return
        self._run(intake.report(core, act, event, cause), cause)

    def _repeated(self, driver: DriverId | None) -> bool:
        return driver is not None and driver[1] <= self._core.drivers.get(driver[0], -1)

    def _accept(self, driver: DriverId | None, cause: int) -> bool:
        if self._repeated(driver):
            self._core.ignored(cause, "delivered before")
            return False
        if driver is not None:
            self._core.drivers[driver[0]] = driver[1]
        return True

    def _begin_visit(self, cause: int) -> None:
        """The first sign of a visitor is preceded by an event of its own."""
        core = self._core
        if core.visit_open:
            return
        core.visit_open = True
        core.ending = False
        pulses, seq = intake.inner_signal(core, Inner("visit_started", cause))
        self._run(pulses, seq)
