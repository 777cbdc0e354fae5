"""What becomes of acts, timers and gates: their lines, their dispatch, and their end with their rule."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from engine import intake
from engine.acts import STOPPING_MS, Act, State, Verdict
from engine.core import Core, Imagine, Outward
from engine.events import Command, Phase
from engine.memory import single
from engine.model import Json
from engine.timers import Key

NO_EFFECTOR: Final = frozenset({"wait", "fail"})
"""Channels the session itself serves."""


def drop_what_is_theirs(core: Core, rules: tuple[int, ...]) -> None:
    """Left rules lose their waiting acts, services, screens and timers; what holds a channel goes on."""
    gone = [act for rule in rules for act in core.pending.pop(rule, {}).values()]
    for act in gone:
        act.owned = False
    core.acts.leave(sorted(gone, key=lambda act: act.number))
    if core.acts.shown:
        core.acts.hide_screen({core.rules[rule].name for rule in rules})
    if core.timer_owner:
        for name in [name for name, owner in core.timer_owner.items() if owner in rules]:
            stop_timer(core, name)


def drop_what_begins_too_late(core: Core, moment: int) -> None:
    """The visit has ended in this cascade: of what has not begun, only what it says and shows itself begins.

    Args:
        moment: First tick of the cascade. What was requested before it was waiting until now.
    """
    table = core.acts
    while late := [
        act
        for act in table.to_start
        if act.state is State.REQUESTED and (act.moment < moment or act.channel not in table.holder_channels)
    ]:
        for act in sorted(late, key=lambda each: each.number):
            table.stop(act)


def stop_timer(core: Core, name: str) -> None:
    """Stop a named timer; it has not run out either."""
    core.timers.stop(Key("timer", name))
    core.timer_owner.pop(name, None)
    core.set_timer_bit(name, False)


def set_gate(
    core: Core, channel: str, is_open: bool, cause: int | None, rule: str | None, tick: int | None
) -> int | None:
    """Open or close a channel; changes nothing that already runs."""
    if (channel not in core.closed_gates) == is_open:
        return None
    if is_open:
        del core.closed_gates[channel]
    else:
        core.closed_gates[channel] = rule is not None
    return core.emit("gate", cause, {"channel": channel, "on": is_open, "rule": rule, "tick": tick})


def log_acts(core: Core, tick: int | None, fired: Mapping[int, int] | None = None) -> None:
    """Lines for what the act table did, by number of the act; deadlines for stopping acts."""
    table = core.acts
    log, table.log = sorted(table.log, key=lambda each: each[0].number), []
    for act, command in log:
        cause = act.line
        if cause is None:
            rule = core.network.rule_ids[act.rule]
            cause = (fired or {}).get(rule, 0)
        data: dict[str, Json] = {
            "tick": tick,
            "act": act.number,
            "rule": act.rule,
            "command": command,
            "channel": act.channel,
            "name": act.name,
        }
        if act.line is None:
            data["variant"] = list(act.variants) or None
            data["entities"] = dict(act.params or act.entities) or None
            data["text"] = act.text or None
        core.emit("act", cause, data, act)
        if act.state is State.STOPPING:
            core.timers.start(Key("stop", "", act.number), core.t + STOPPING_MS, act.line)
    verdicts, table.verdicts = table.verdicts, []
    core.fifo.extend(verdicts)


def dispatch(core: Core) -> list[Command]:
    """After a cascade: stop and start what it decided. Lines first; commands are for after the flush."""
    table = core.acts
    log_acts(core, None)
    commands, core.commands = core.commands, []
    stops, table.to_stop = table.to_stop, []
    commands += [act.command("stop") for act in stops if act.sent]
    while table.to_start:
        starts, table.to_start = table.to_start, []
        for act in sorted(starts, key=lambda each: each.number):
            if act.state is State.REQUESTED:
                commands += _start(core, act)
        log_acts(core, None)
    return commands


def _start(core: Core, act: Act) -> list[Command]:
    if act.channel in core.closed_gates:
        act.state, act.inner = State.RUNNING, True
        _act_line(core, act, "imagine")
        core.fifo.append(Imagine(act))
        core.fifo.append(Imagine(act, done=True))
        return []
    if act.spec.outward:
        first = core.outward.get(core.outward_key(act))
        if first is not None:
            act.state = State.RUNNING
            _act_line(core, act, "repeat")
            if first.phase:
                core.fifo.append(intake.repeat(act, first))
            else:
                first.waiting.append(act)
            return []
        core.outward[core.outward_key(act)] = Outward(act.number)
    act.state = State.RUNNING
    _act_line(core, act, "start")
    if act.channel == "fail":
        core.acts.verdicts.append(Verdict(act, Phase.FAILED, act.name))
        return []
    core.timers.start(Key("act", "", act.number), core.t + _lasts_at_most(act), act.line)
    if act.channel in NO_EFFECTOR:
        return []
    act.sent = True
    return [act.command("start", core.t + act.spec.deadline_ms)]


def _lasts_at_most(act: Act) -> int:
    """Milliseconds until the act is over anyway; a wait may have been told how long by a value."""
    if act.channel == "wait" and act.spec.params:
        return milliseconds(act.params.get("for")) or 0
    return act.spec.deadline_ms


def milliseconds(value: Json) -> int | None:
    """A duration in memory as a whole number of milliseconds; None if it is none."""
    value = single(value)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or value < 0:
        return None
    return int(value)


def _act_line(core: Core, act: Act, command: str) -> None:
    core.emit(
        "act",
        act.line if act.line is not None else 0,
        {"act": act.number, "rule": act.rule, "command": command, "channel": act.channel, "name": act.name},
        act,
    )
