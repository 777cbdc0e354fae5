"""Intake: what an event changes before tick 0, and the pulses it brings (docs/semantics.md §4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from engine.acts import Act, State, Verdict
from engine.core import Core, Imagine, Inner, Outward, Pulses
from engine.events import Assert, HeardValue, Perceived, Phase, Report, Signal
from engine.memory import DEFAULT, LOOKED_UP, SET, TOLD, WORLD, Change, distinct
from engine.model import Active, Intercept, Json
from engine.timers import Due, Key

NO_ACT: Final = frozenset({"silence", "noise"})
"""Percepts of the other in which nothing was expressed."""

LANGUAGE_SIGNAL: Final = "language_"
"""Signals ``language_de`` and so on switch the language, as hearing it does."""

LOCALE_ENTRY: Final = re.compile(r"\w+\.locale")
"""The entry of the other that follows the language, such as ``visitor.locale``."""

_PULSE_PHASE: Final = {
    Phase.STARTED: "started",
    Phase.DONE: "done",
    Phase.FAILED: "failed",
    Phase.TIMED_OUT: "failed",
    Phase.CANCELLED: "cut",
}
_FAILING: Final = frozenset({"service", "fail"})
"""Channels whose failed acts fail their rule."""


def entities_data(entities: Mapping[str, HeardValue]) -> dict[str, Json] | None:
    """Slot → value, for a line."""
    return {slot: heard.value for slot, heard in entities.items()} or None


def percept_data(event: Perceived) -> dict[str, Json]:
    """The fields of a percept line for an act of the other, or a thought from outside."""
    confidence = None if event.confidence is None else Decimal(f"{event.confidence:.3f}")
    return {
        "source": event.source,
        "channel": "speech" if event.source == "other" else None,
        "name": event.name or None,
        "via": event.via or None,
        "entities": entities_data(event.entities),
        "unsure": [slot for slot, heard in event.entities.items() if not heard.sure] or None,
        "text": event.text or None,
        "confidence": confidence,
        "locale": event.locale or None,
        "also": [_also(act) for act in event.also] or None,
        "reason": event.reason or None,
        "id": list(event.id) if event.id else None,
    }


def _also(event: Perceived) -> dict[str, Json]:
    data = percept_data(event)
    return {name: data[name] for name in ("name", "entities", "unsure") if data[name] is not None}


def perceive(core: Core, event: Perceived, cause: int | None) -> tuple[Pulses, bool]:
    """An act of the other, with all acts of the same words.

    Returns:
        Its pulses, and whether it told something.
    """
    pulses = Pulses(core.network)
    _speak(core, event.locale, cause, pulses)
    told = False
    for act in (event, *event.also):
        pulses.add("other", act.name, cause, via=event.via)
        if act.name not in NO_ACT:
            pulses.add("other", "anything", cause, via=event.via)
        told = tell(core, act.name, act.entities, cause, pulses) or told
    return pulses, told


def _speak(core: Core, locale: str, cause: int | None, pulses: Pulses) -> None:
    """Go on in a language; the dialogue's entry ``locale`` of the other, if it has one, tells which."""
    if locale not in core.program.locales:
        return
    core.locale = locale
    for name, entry in core.program.entries.items():
        if entry.other and LOCALE_ENTRY.fullmatch(name):
            change = core.write(name, locale, WORLD, cause)
            if change is not None:
                pulses.add_change(change[0], change[1], told=False)


def tell(
    core: Core, name: str, entities: Mapping[str, HeardValue], cause: int | None, pulses: Pulses
) -> bool:
    """Memory of what the other expressed; returns whether it told something."""
    core.hear(name, {slot: heard.value for slot, heard in entities.items()})
    meta = core.program.mirons.get(name)
    if meta is None:
        return False
    told = False
    writes = {entry: entities[slot] for slot, entry in meta.writes if slot in entities}
    writes.update((entry, HeardValue(constant)) for entry, constant in meta.sets)
    for entry in sorted(writes):
        heard = _as_offered(core, entry, writes[entry])
        if heard is None:
            continue
        intercept = _intercept(core, entry, heard)
        change = core.write(intercept.into if intercept else entry, heard.value, TOLD, cause, sure=heard.sure)
        if intercept:
            pulses.add("changed", intercept.into, cause)
            told = True
        elif change is not None:
            pulses.add_change(change[0], change[1], told=True)
            told = told or change[0].told
    return told


def _intercept(core: Core, entry: str, heard: HeardValue) -> Intercept | None:
    for intercept in core.program.intercepts:
        if intercept.entry != entry or (intercept.only_unsure and heard.sure):
            continue
        if _is_active(core, intercept.rule):
            return intercept
    return None


def _is_active(core: Core, rule: str) -> bool:
    level = core.network.level_id(Active(rule))
    return level is not None and core.executor.level(level)


def _as_offered(core: Core, entry: str, heard: HeardValue) -> HeardValue | None:
    """The value meant by a part of it, while values are offered; None if it could be several of them."""
    for offer in core.program.offers:
        if offer.entry == entry and isinstance(heard.value, str) and _is_active(core, offer.rule):
            among = core.memory.read(offer.among)
            values = distinct(among if isinstance(among, list) else [among])
            words = heard.value.casefold().split()
            exact = [one for one in values if isinstance(one, str) and one.casefold().split() == words]
            near = exact or [one for one in values if isinstance(one, str) and _holds_words(one, words)]
            if len(near) > 1:
                return None
            return replace(heard, value=near[0]) if near else heard
    return heard


def _holds_words(text: str, words: list[str]) -> bool:
    own = text.casefold().split()
    return all(word in own for word in words)


def think(
    core: Core,
    name: str,
    entities: Mapping[str, Json],
    cause: int | None,
    pulses: Pulses,
    tick: int | None = None,
) -> None:
    """A thought: the same way as the other's words, but nothing is told by it."""
    pulses.add("inner", name, cause)
    core.hear(name, entities)
    _by_self(core, name, entities, SET, cause, pulses, tick)


def _by_self(
    core: Core,
    name: str,
    entities: Mapping[str, Json],
    origin: str,
    cause: int | None,
    pulses: Pulses,
    tick: int | None = None,
) -> None:
    meta = core.program.mirons.get(name)
    if meta is None:
        return
    writes = {entry: entities[slot] for slot, entry in meta.writes if slot in entities}
    writes.update(meta.sets)
    for entry in sorted(writes):
        change = core.write(entry, writes[entry], origin, cause, tick=tick)
        if change is not None:
            pulses.add_change(change[0], change[1], told=False)


def signal_data(event: Signal) -> dict[str, Json]:
    """The fields of a percept line for a signal."""
    return {
        "source": "world",
        "name": event.name,
        "entities": dict(event.entities) or None,
        "id": list(event.id) if event.id else None,
    }


def signal(core: Core, event: Signal, cause: int | None) -> Pulses:
    """Something happened in the world."""
    pulses = Pulses(core.network)
    pulses.add("world", event.name, cause)
    core.hear(event.name, event.entities)
    _by_self(core, event.name, event.entities, WORLD, cause, pulses)
    if event.name.startswith(LANGUAGE_SIGNAL):
        _speak(core, event.name.removeprefix(LANGUAGE_SIGNAL), cause, pulses)
    return pulses


def assert_entry(core: Core, event: Assert, *, always: bool) -> tuple[Change, int] | None:
    """The world sets an entry; None if that changes nothing (with ``always`` it is written all the same).

    The levels of the entry stay as they are until :func:`asserted`.

    Raises:
        ValueError: The entry cannot hold the value.
    """
    change = core.memory.write(event.entry, event.value, WORLD, core.seq)
    if change is None:
        if not always:
            return None
        cell = core.memory.cell(event.entry)
        change = Change(event.entry, cell, cell, differs=False, told=False)
    return change, core.memory_line(change, None, driver=event.id)


def asserted(core: Core, change: Change, cause: int) -> Pulses:
    """The pulses of what the world has set."""
    core.refresh(change.entry)
    pulses = Pulses(core.network)
    pulses.add_change(change, cause, told=False)
    return pulses


def write_defaults(core: Core, cause: int | None, pulses: Pulses, *, kiosk: bool) -> None:
    """Reset entries to their defaults: all at ``open``, those of the visit (not ``kiosk``) after it."""
    for name in sorted(core.program.entries):
        entry = core.program.entries[name]
        if entry.kiosk and not kiosk:
            continue
        change = core.write(name, entry.default, DEFAULT, cause)
        if change is not None:
            pulses.add_change(change[0], change[1], told=False)


def self_pulses(core: Core, act: Act, phase: Phase, cause: int | None, pulses: Pulses) -> None:
    """How an own act is perceived: by each of its Mirons, its name, its channel and its question."""
    names = dict.fromkeys((*act.mirons, act.name, act.channel, act.spec.question))
    names.pop("", None)
    said = phase is Phase.DONE or (phase is Phase.CANCELLED and bool(act.said))
    for name in names:
        if phase in _PULSE_PHASE:
            pulses.add("self", name, cause, _PULSE_PHASE[phase])
        if said and act.mirons:
            pulses.add("self", name, cause, "said")
    if said:
        for name in act.mirons:
            _by_self(core, name, {}, SET, cause, pulses)


def report_data(act: Act | None, event: Report) -> dict[str, Json]:
    """The fields of a percept line for a report of an effector or of the session itself."""
    return {
        "source": "self",
        "channel": act.channel if act else None,
        "name": act.name if act else None,
        "phase": event.phase.value,
        "entities": dict(event.values) or None,
        "text": event.said,
        "act": event.act,
        "reason": event.reason or None,
        "id": list(event.id) if event.id else None,
    }


def report(core: Core, act: Act, event: Report, cause: int | None) -> Pulses:
    """An effector tells how a live act goes."""
    pulses = Pulses(core.network)
    if event.said is not None:
        act.said = event.said
    if event.phase.final:
        finish(core, act, event.phase, event.values, cause, pulses)
    elif event.phase is Phase.STARTED and not act.begun:
        act.begun = True
        self_pulses(core, act, Phase.STARTED, cause, pulses)
    return pulses


def finish(
    core: Core,
    act: Act,
    phase: Phase,
    values: Mapping[str, Json],
    cause: int | None,
    pulses: Pulses,
) -> None:
    """An act has ended: its channel goes on, its results are known, its rule may be finished."""
    if act.live:
        core.acts.end(act, phase)
    else:
        core.acts.forget(act)
    for kind in ("act", "stop"):
        core.timers.stop(Key(kind, "", act.number))
    if phase is Phase.DONE and act.said is None:
        act.said = act.text
    if phase is Phase.DONE:
        _get(core, act, values, cause, pulses)
    if act.spec.outcome:
        core.write(act.spec.outcome, phase.value, SET, cause, rule=act.rule)
    _pass_on(core, act, phase, values)
    self_pulses(core, act, phase, cause, pulses)
    if act.owned:
        rule = core.network.rule_ids[act.rule]
        core.pending.get(rule, {}).pop(act.number, None)
        failed = act.channel in _FAILING and phase in (Phase.FAILED, Phase.TIMED_OUT)
        core.settle_rule(rule, failed=failed)


def _get(core: Core, act: Act, values: Mapping[str, Json], cause: int | None, pulses: Pulses) -> None:
    for entry, result in sorted(act.spec.get):
        change = core.write(entry, values.get(result), LOOKED_UP, cause, rule=act.rule)
        if change is not None:
            pulses.add_change(change[0], change[1], told=False)


def _pass_on(core: Core, act: Act, phase: Phase, values: Mapping[str, Json]) -> None:
    """Give the result of an outward act to those that asked for the same."""
    if not act.spec.outward:
        return
    first = core.outward.get(core.outward_key(act))
    if first is None or first.act != act.number:
        return
    first.phase, first.values = phase.value, values
    for other in first.waiting:
        if other.live:
            core.fifo.append(repeat(other, first))
    first.waiting = []


def repeat(act: Act, first: Outward) -> Verdict:
    """The verdict of an outward act that was performed before in this visit."""
    if first.phase == Phase.CANCELLED:
        return Verdict(act, Phase.FAILED, f"same as act {first.act}, whose end is not known")
    return Verdict(act, Phase(first.phase), f"same as act {first.act}")


def verdict(core: Core, event: Verdict) -> tuple[Pulses, int]:
    """The report of an act that the session itself ended."""
    act = event.act
    pulses = Pulses(core.network)
    values: Mapping[str, Json] = {}
    if act.live and act.spec.outward and event.phase is Phase.DONE:
        values = core.outward[core.outward_key(act)].values
    cause = core.emit(
        "percept",
        act.line if act.line is not None else 0,
        report_data(act, Report(act.number, event.phase, act.said, values, event.reason)),
        act,
    )
    finish(core, act, event.phase, values, cause, pulses)
    return pulses, cause


def imagine(core: Core, event: Imagine) -> tuple[Pulses, int]:
    """The inner effector: what is not said aloud is thought, and then done."""
    act = event.act
    pulses = Pulses(core.network)
    phase = Phase.DONE if event.done else Phase.STARTED
    line = act.line if act.line is not None else 0
    cause = core.emit("percept", line, report_data(act, Report(act.number, phase)), act)
    if event.done:
        finish(core, act, phase, {}, cause, pulses)
        return pulses, cause
    act.begun = True
    self_pulses(core, act, phase, cause, pulses)
    for name in act.mirons or (act.name,):
        seq = core.emit(
            "percept",
            cause,
            {
                "source": "inner",
                "name": name,
                "phase": phase.value,
                "entities": dict(act.entities) or None,
                "text": act.text or None,
                "act": act.number,
            },
        )
        think(core, name, act.entities, seq, pulses)
    return pulses, cause


def timer(core: Core, due: Due) -> tuple[Pulses, int]:
    """A deadline has come."""
    pulses = Pulses(core.network)
    kind, name, number = due.key
    if kind in ("act", "stop"):
        return _act_deadline(core, core.acts.acts[number], kind)
    data: dict[str, Json]
    if kind == "timer":
        data = {"name": name, "deadline": due.deadline}
    elif kind == "after":
        data = {"rule": name, "after": core.network.clocks[number].ms, "deadline": due.deadline}
    else:
        clock = core.network.clocks[number]
        data = {"test": core.network.level_names[clock.level], "for": clock.ms, "deadline": due.deadline}
    cause = core.emit("timer", 0 if due.cause is None else due.cause, data)
    if kind == "timer":
        core.set_timer_bit(name, True)
    else:
        core.executor.set_level(core.network.clocks[number].level, True)
    return pulses, cause


def _act_deadline(core: Core, act: Act, kind: str) -> tuple[Pulses, int]:
    pulses = Pulses(core.network)
    if kind == "stop":
        phase = Phase.CANCELLED
    elif act.channel == "wait":
        phase = Phase.DONE
    else:
        phase = Phase.TIMED_OUT
        if act.state is State.RUNNING:
            core.acts.to_stop.append(act)
            core.acts.log.append((act, "stop"))
    line = act.line if act.line is not None else 0
    cause = core.emit("percept", line, report_data(act, Report(act.number, phase, act.said)), act)
    finish(core, act, phase, {}, cause, pulses)
    return pulses, cause


def inner_signal(core: Core, event: Inner) -> tuple[Pulses, int]:
    """A signal of the session itself."""
    pulses = Pulses(core.network)
    cause = core.emit(
        "percept", 0 if event.cause is None else event.cause, {"source": "world", "name": event.name}
    )
    pulses.add("world", event.name, cause)
    return pulses, cause
