"""The whole state of a session as data, and what becomes of it after a visit (docs/semantics.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine import effects, intake
from engine.acts import Act, State
from engine.core import Core, Outward, Pulses
from engine.events import Mark
from engine.memory import Cell, fits
from engine.model import ActSpec, Json, Pulse
from engine.network import NONE, Unit
from engine.network import State as Levels
from engine.timers import Due, Key

FORMAT: Final = 1
"""Version of snapshots."""


def end_visit(core: Core, cause: int, pulses: Pulses) -> None:
    """Everything is left, what belongs to the visit is forgotten; the next visit may begin."""
    network, executor = core.network, core.executor
    left = executor.leave([rule for rule, unit in enumerate(network.units) if _ever_fired(core, unit)])
    effects.drop_what_is_theirs(core, tuple(sorted({*left, *core.pending})))
    for act in [each for each in core.acts.acts.values() if each.live]:
        if act.state is State.QUEUED or act.channel not in core.acts.holder_channels:
            core.acts.stop(act)
    core.acts.hide_screen({rule.name for rule in core.rules})
    for name in sorted(core.timer_owner):
        effects.stop_timer(core, name)
    for unit in network.units:
        if unit.spent != NONE:
            executor.set_level(unit.spent, False)
    for channel in sorted(channel for channel, by_rule in core.closed_gates.items() if by_rule):
        effects.set_gate(core, channel, True, cause, None, None)
    heard = sorted(core.memory.heard)
    core.memory.heard.clear()
    for miron in heard:
        core.refresh_heard(miron)
    intake.write_defaults(core, cause, pulses, kiosk=False)
    core.outward.clear()
    core.locale = core.first_locale
    core.visit_open = core.ending = False


def _ever_fired(core: Core, unit: Unit) -> bool:
    """Whether a rule is in force, or ended by itself and was not left since."""
    return any(level != NONE and core.executor.level(level) for level in (unit.active, unit.ended))


def snapshot(core: Core) -> dict[str, Json]:
    """The state between cascades, as JSON values.

    Raises:
        ValueError: Internal events are pending.
    """
    if core.fifo:
        raise ValueError("a snapshot is taken between cascades, when nothing is pending")
    levels = core.executor.snapshot()
    return {
        "format": FORMAT,
        "hash": core.program.hash,
        "t": core.t,
        "seq": core.seq,
        "drivers": dict(sorted(core.drivers.items())),
        "moment": core.moment,
        "seed": core.seed,
        "uses": {name: list(use) for name, use in sorted(core.uses.items())},
        "locale": core.locale,
        "first_locale": core.first_locale,
        "wall": core.wall_start.isoformat(),
        "offset": core.wall_offset_ms,
        "zone": core.zone,
        "visit": core.visit_open,
        "ended": list(core.ended),
        "levels": {
            "on": list(levels.on),
            "seen": [[p.source, p.name, p.phase, p.via, at] for p, at in levels.seen],
            "fired": [list(each) for each in levels.fired],
        },
        "memory": {
            name: [cell.value, cell.origin, cell.cause, cell.sure]
            for name, cell in sorted(core.memory.cells.items())
        },
        "heard": {name: dict(values) for name, values in sorted(core.memory.heard.items())},
        "gates": dict(sorted(core.closed_gates.items())),
        "timers": {
            "order": core.timers.order,
            "pending": [
                _timer(core, due) for due in sorted(core.timers.pending.values(), key=lambda due: due.order)
            ],
            "owners": {name: core.rules[rule].name for name, rule in sorted(core.timer_owner.items())},
            "since": {name: list(since) for name, since in sorted(core.since.items())},
        },
        "acts": {
            "number": core.acts.number,
            "live": [_act(core, act) for _, act in sorted(core.acts.acts.items())],
            "shown": {channel: _act(core, act) for channel, act in sorted(core.acts.shown.items())},
            "outward": {
                key: [each.act, each.phase, dict(each.values), [act.number for act in each.waiting]]
                for key, each in sorted(core.outward.items())
            },
        },
    }


def _timer(core: Core, due: Due) -> list[Json]:
    number: Json = due.key.number
    if due.key.kind in ("after", "held"):
        number = core.network.level_names[core.network.clocks[due.key.number].level]
    return [due.deadline, due.order, due.key.kind, due.key.name, number, due.cause]


def _act(core: Core, act: Act) -> dict[str, Json]:
    specs = (
        core.rules[core.network.rule_ids[act.rule]].effects.acts if act.rule in core.network.rule_ids else ()
    )
    return {
        "number": act.number,
        "rule": act.rule,
        "spec": next((i for i, spec in enumerate(specs) if spec == act.spec), -1),
        "channel": act.channel,
        "name": act.name,
        "priority": act.priority,
        "moment": act.moment,
        "mirons": list(act.mirons),
        "entities": dict(act.entities),
        "params": dict(act.params),
        "text": act.text,
        "variants": list(act.variants),
        "marks": [[mark.word, mark.channel, mark.name] for mark in act.marks],
        "locale": act.locale,
        "step": act.step,
        "state": act.state.value,
        "said": act.said,
        "line": act.line,
        "flags": [act.inner, act.owned, act.begun, act.sent],
    }


def restore(core: Core, data: Mapping[str, Any]) -> list[str]:
    """Take over a snapshot into a fresh core; returns names of what this program lacks, which is dropped.

    Raises:
        ValueError: It is no snapshot of this format.
    """
    if data.get("format") != FORMAT:
        raise ValueError(f"snapshot format {data.get('format')!r} is not known here")
    core.t, core.seq, core.moment, core.seed = data["t"], data["seq"], data["moment"], data["seed"]
    core.uses = {name: (use[0], use[1]) for name, use in data["uses"].items()}
    core.locale, core.first_locale = data["locale"], data["first_locale"]
    core.wall_start = core.wall_start.fromisoformat(data["wall"])
    core.wall_offset_ms, core.zone = data["offset"], data["zone"]
    core.visit_open, core.ended = data["visit"], list(data["ended"])
    core.closed_gates, core.drivers = dict(data["gates"]), dict(data["drivers"])
    lacking: list[str] = []
    for name, (value, origin, cause, sure) in data["memory"].items():
        if name in core.program.entries and fits(core.program.entries[name], value):
            core.memory.cells[name] = Cell(value, origin, cause, sure)
        else:
            lacking.append(name)
    core.memory.heard = {name: dict(values) for name, values in data["heard"].items()}
    levels = data["levels"]
    lacking += core.executor.restore(
        Levels(
            on=tuple(levels["on"]),
            seen=tuple((Pulse(*seen[:4]), seen[4]) for seen in levels["seen"]),
            fired=tuple((name, at) for name, at in levels["fired"]),
        )
    )
    lacking += _restore_acts(core, data["acts"])
    lacking += _restore_timers(core, data["timers"])
    for entry in core.program.entries:
        core.refresh(entry)
    core.since = {name: (since[0], since[1]) for name, since in data["timers"]["since"].items()}
    core.close(None, recompute=True)
    core.executor.settle()
    return list(dict.fromkeys(lacking))


def _restore_acts(core: Core, data: Mapping[str, Any]) -> list[str]:
    table = core.acts
    table.number = data["number"]
    lacking: list[str] = []
    for each in data["live"]:
        act = _act_of(core, each)
        rule = core.network.rule_ids.get(act.rule)
        if rule is None:
            act.owned = False
            lacking.append(f"act {act.number} of {act.rule}")
        table.acts[act.number] = act
        if act.state is State.QUEUED:
            table.queues.setdefault(act.channel, []).append(act)
        elif act.channel in table.holder_channels:
            table.holder[act.channel] = act
        if act.owned and rule is not None:
            core.pending.setdefault(rule, {})[act.number] = act
    for queue in table.queues.values():
        queue.sort(key=lambda act: (-act.priority, act.number))
    table.shown = {channel: _act_of(core, each) for channel, each in data["shown"].items()}
    for key, (number, phase, values, waiting) in data["outward"].items():
        core.outward[key] = Outward(
            number, phase, dict(values), [table.acts[n] for n in waiting if n in table.acts]
        )
    return lacking


def _act_of(core: Core, data: Mapping[str, Any]) -> Act:
    rule = core.network.rule_ids.get(data["rule"])
    specs = core.rules[rule].effects.acts if rule is not None else ()
    index = data["spec"]
    spec = specs[index] if 0 <= index < len(specs) and specs[index].name == data["name"] else None
    act = Act(
        data["number"],
        data["rule"],
        spec or ActSpec(data["channel"], data["name"]),
        data["priority"],
        data["moment"],
    )
    act.mirons, act.variants = tuple(data["mirons"]), tuple(data["variants"])
    act.entities, act.params = dict(data["entities"]), dict(data["params"])
    act.text, act.locale, act.step, act.said = data["text"], data["locale"], data["step"], data["said"]
    act.marks = tuple(Mark(*mark) for mark in data["marks"])
    act.state, act.line = State(data["state"]), data["line"]
    act.inner, act.owned, act.begun, act.sent = data["flags"]
    return act


def _restore_timers(core: Core, data: Mapping[str, Any]) -> list[str]:
    network = core.network
    clocks = {network.level_names[clock.level]: i for i, clock in enumerate(network.clocks)}
    pending: list[Due] = []
    lacking: list[str] = []
    for deadline, order, kind, name, number, cause in data["pending"]:
        if kind in ("after", "held"):
            if number not in clocks:
                lacking.append(number)
                continue
            number = clocks[number]
        pending.append(Due(deadline, order, Key(kind, name, number), cause))
    core.timers.restore(pending, data["order"])
    for name, rule in data["owners"].items():
        if rule in network.rule_ids:
            core.timer_owner[name] = network.rule_ids[rule]
        else:
            core.timers.stop(Key("timer", name))
            lacking.append(name)
    return lacking
