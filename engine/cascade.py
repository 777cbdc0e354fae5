"""A cascade: the ticks that one event causes, and the commit of each (docs/semantics.md §3)."""

from __future__ import annotations

from collections.abc import Mapping

from engine import effects, intake
from engine.acts import Act
from engine.core import Core, Inner, Pulses, known
from engine.events import Command, Perceived
from engine.language import NOT_UNDERSTOOD
from engine.memory import SET, Change
from engine.model import ActSpec, Const, Json, OnBusy, Part
from engine.network import NONE, Tick
from engine.timers import Key


def run(
    core: Core, pulses: Pulses, cause: int, *, heard: Perceived | None = None, told: bool = False
) -> list[Command]:
    """Tick until nothing wins, then dispatch.

    Args:
        pulses: Of tick 0; the intake has been done.
        cause: Line of the event.
        heard: The act of the other that the event is, if it is one.
        told: It told something.
    """
    closing = core.close(cause)
    pulses.add_ids(closing.pulses, cause)
    history: list[tuple[int, ...]] = []
    first = core.moment + 1
    while True:
        tick = core.executor.tick(sorted(pulses.causes), core.t)
        core.moment += 1
        following = Pulses(core.network)
        number = len(history)
        if number == 0 and heard is not None and not tick.taken and not told:
            _not_understood(core, heard, cause, following)
        if tick.winners:
            cause = _Commit(core, tick, number, pulses.causes, cause, following).run()
        elif tick.suppressed:
            _suppressed(core, tick, number, cause)
        if not tick.winners and not following.causes:
            break
        history.append(tick.winners)
        if len(history) >= core.program.max_ticks:
            _endless(core, history, cause)
            break
        pulses = following
    if core.ending:
        effects.drop_what_begins_too_late(core, first)
    return effects.dispatch(core)


def _not_understood(core: Core, heard: Perceived, cause: int, pulses: Pulses) -> None:
    """Nobody took it and it told nothing."""
    if heard.name == NOT_UNDERSTOOD or heard.name in intake.NO_ACT:
        return
    seq = core.emit(
        "percept",
        cause,
        {"source": "other", "channel": "speech", "name": NOT_UNDERSTOOD, "via": heard.via or None},
    )
    pulses.add("other", NOT_UNDERSTOOD, seq, via=heard.via)


def _suppressed(core: Core, tick: Tick, number: int, cause: int) -> None:
    units = core.network.units
    for each in tick.suppressed:
        busy = each.busy != NONE
        by = core.network.channels[each.busy] if busy else units[each.by].name
        core.emit(
            "suppress",
            cause,
            {"tick": number, "rule": units[each.rule].name, "reason": "busy" if busy else "lost", "by": by},
        )


def _whole(core: Core, rule: int) -> int:
    """The author's rule (or call) whose step this is: what a step starts is not over with the step."""
    declared = core.rules[rule]
    return core.network.rule_ids[declared.part_of] if declared.hidden and declared.part_of else rule


def _endless(core: Core, history: list[tuple[int, ...]], cause: int) -> None:
    """Too many ticks: the rules of the ticks that repeat are named."""
    last = history[-1]
    start = len(history) - 2
    while start > 0 and history[start] != last:
        start -= 1
    repeating = sorted({rule for winners in history[start + 1 :] for rule in winners})
    names: list[Json] = [core.network.units[rule].name for rule in repeating]
    seq = core.fault("endless", cause, rules=names)
    core.executor.settle()
    if not core.in_fault:
        core.fifo.append(Inner("fault", seq))


class _Commit:
    """The effects of one tick, in the order of commit."""

    def __init__(
        self,
        core: Core,
        tick: Tick,
        number: int,
        causes: Mapping[int, int | None],
        cause: int,
        following: Pulses,
    ) -> None:
        self.core = core
        self.tick = tick
        self.number = number
        self.causes = causes
        self.cause = cause
        self.following = following
        self.fired: dict[int, int] = {}
        self.firing: dict[int, list[Act]] = {}

    def run(self) -> int:
        """Commit; returns the line that the next tick follows from."""
        core = self.core
        _suppressed(core, self.tick, self.number, self.cause)
        self._fire_lines()
        self._leave()
        self._memory()
        self._timers()
        self._gates()
        self._acts()
        effects.log_acts(core, self.number, self.fired)
        self._think()
        self._end_visit()
        for rule in self.tick.winners:
            if not core.pending.get(rule):
                core.settle_rule(rule)
        cause = self.fired[self.tick.winners[0]]
        closing = core.close(cause)
        self.following.add_ids(closing.pulses, cause)
        return cause

    def _fire_lines(self) -> None:
        core, units = self.core, self.core.network.units
        for firing in self.tick.firings:
            unit = units[firing.rule]
            cause = self.cause
            for index in firing.groups:
                pulse = core.network.groups[unit.groups[index]].pulse
                of_pulse = self.causes.get(pulse)
                if of_pulse is not None:
                    cause = of_pulse
                    break
            self.fired[firing.rule] = core.emit(
                "fire",
                cause,
                {
                    "tick": self.number,
                    "rule": unit.name,
                    "groups": list(firing.groups),
                    "consumed": [units[rule].name for rule in firing.consumed] or None,
                },
            )

    def _leave(self) -> None:
        core = self.core
        gone = (*self.tick.left, *self.tick.winners)
        effects.drop_what_is_theirs(core, gone)

    def _memory(self) -> None:
        core, network = self.core, self.core.network
        writes: dict[str, tuple[Json, str, int]] = {}
        for key, rule in self.tick.writes:
            kind, entry = network.keys[key]
            if kind == "entry":
                value: Json = None
                origin = SET
                for assign in core.rules[rule].effects.assign:
                    if assign.entry == entry:
                        value, origin = core.memory.read(assign.value), assign.origin
                writes[entry] = (value, origin, rule)
        self._flags(writes)
        for entry in sorted(writes):
            value, origin, rule = writes[entry]
            written = core.write(
                entry, value, origin, self.fired[rule], rule=core.rules[rule].name, tick=self.number
            )
            if written is not None:
                self._changed(*written)

    def _flags(self, writes: dict[str, tuple[Json, str, int]]) -> None:
        """Flags given a constant: the network has decided which of their bits are on (8)."""
        tick, units = self.tick, self.core.network.units
        for ids, value, side in (
            (tick.yes, True, "yes"),
            (tick.no, False, "no"),
            (tick.unknown, None, "forget"),
        ):
            for flag in ids:
                entry = self.core.network.flags[flag].entry
                rule = next(rule for rule in tick.winners if flag in getattr(units[rule], side))
                origin = SET
                for assign in self.core.rules[rule].effects.assign:
                    if assign.entry == entry and isinstance(assign.value, Const):
                        origin = assign.origin
                if value is True or entry not in writes:
                    writes[entry] = (value, origin, rule)

    def _changed(self, change: Change, seq: int) -> None:
        self.following.add_change(change, seq, told=True)

    def _timers(self) -> None:
        core, network = self.core, self.core.network
        for rule in self.tick.winners:
            for name in core.rules[rule].effects.stop_timers:
                effects.stop_timer(core, name)
        for key, rule in self.tick.writes:
            kind, name = network.keys[key]
            if kind != "timer":
                continue
            length = dict(core.rules[rule].effects.timers)[name]
            ms = length if isinstance(length, int) else effects.milliseconds(core.memory.read(length))
            if ms is None:
                continue  # a duration that is not known starts nothing
            core.set_timer_bit(name, False)
            core.timers.start(Key("timer", name), core.t + ms, self.fired[rule])
            core.timer_owner[name] = _whole(core, rule)

    def _gates(self) -> None:
        core = self.core
        for key, rule in self.tick.writes:
            kind, channel = core.network.keys[key]
            if kind == "gate":
                is_open = dict(core.rules[rule].effects.gates)[channel]
                effects.set_gate(core, channel, is_open, self.fired[rule], core.rules[rule].name, self.number)

    def _acts(self) -> None:
        core, table = self.core, self.core.acts
        for rule in self.tick.winners:
            wanted = core.rules[rule].effects
            for channel in wanted.stop_channels:
                table.stop_channel(channel)
            if wanted.cut:
                table.cut(wanted.cut, core.moment)
            if wanted.barge_in:
                table.barge_in(wanted.barge_in)
        writers = {
            core.network.keys[key][1]: rule
            for key, rule in self.tick.writes
            if core.network.keys[key][0] == "channel"
        }
        for rule in self.tick.winners:
            interrupt = core.rules[rule].on_busy is OnBusy.INTERRUPT
            for spec in core.rules[rule].effects.acts:
                act = self._act(rule, spec)
                core.pending.setdefault(rule, {})[act.number] = act
                if writers.get(spec.channel, rule) != rule:
                    table.refuse(act)
                else:
                    table.request(act, interrupt=interrupt)

    def _act(self, rule: int, spec: ActSpec) -> Act:
        core = self.core
        act = Act(
            core.acts.next_number(), core.rules[rule].name, spec, core.rules[rule].priority, core.moment
        )
        act.locale = core.locale
        step = core.memory.read(spec.step) if spec.step else None
        act.step = step if isinstance(step, int) else None
        act.params = known((name, core.memory.read(value)) for name, value in spec.params)
        parts = [
            (chosen(core, part), known((slot, core.memory.read(value)) for slot, value in part.args))
            for part in spec.parts
            if part.only is None or core.memory.holds(*part.only)
        ]
        if parts:
            said = core.say(parts, self.fired[rule])
            act.mirons = tuple(name for name, _ in parts)
            act.text, act.variants, act.marks = said.text, said.variants, said.marks
            merged: dict[str, Json] = {}
            for name, values in parts:
                merged.update(values)
                core.hear(name, values)
            act.entities = merged
        return act

    def _think(self) -> None:
        core = self.core
        thoughts: list[tuple[str, dict[str, Json], int]] = []
        for rule in self.tick.winners:
            for thought in core.rules[rule].effects.thinks:
                values = known((slot, core.memory.read(value)) for slot, value in thought.args)
                meta = core.program.mirons.get(thought.name)
                text = None
                if meta is not None:
                    text = core.say([(thought.name, values)], self.fired[rule]).text or meta.thought
                seq = core.emit(
                    "percept",
                    self.fired[rule],
                    {
                        "source": "inner",
                        "name": thought.name,
                        "entities": values or None,
                        "text": text or None,
                    },
                )
                thoughts.append((thought.name, values, seq))
        for name, values, seq in reversed(thoughts):
            intake.think(core, name, values, seq, self.following, self.number)

    def _end_visit(self) -> None:
        core = self.core
        for rule in self.tick.winners:
            ending = core.rules[rule].effects.end
            if ending and not core.ending:
                core.ending = True
                seq = core.emit(
                    "act",
                    self.fired[rule],
                    {
                        "tick": self.number,
                        "rule": core.rules[rule].name,
                        "command": "start",
                        "channel": "visit",
                        "name": ending,
                    },
                )
                core.ended.append(ending)
                core.fifo.appendleft(Inner("visit_ended", seq))
                core.commands.append(Command("end", 0, "visit", ending, rule=core.rules[rule].name))


def chosen(core: Core, part: Part) -> str:
    """The Miron of a part, by step if it has several; the last one repeats."""
    if len(part.mirons) == 1 or part.step is None:
        return part.mirons[0]
    step = core.memory.read(part.step)
    number = step if isinstance(step, int) else 1
    return part.mirons[max(0, min(number, len(part.mirons)) - 1)]
