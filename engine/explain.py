"""Why a rule fired, and why it did not: recomputed from the journal, with the real sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.conditions import lit_name, pulse_name
from engine.journal import Journal, Record
from engine.language import Language
from engine.model import (
    Active,
    After,
    Busy,
    Ended,
    Failed,
    Held,
    Level,
    Lit,
    Program,
    Rule,
    Test,
    TimerOut,
    Within,
)
from engine.network import NONE, Closing, Executor, Gate, Holds, Network, Spent, State, Tick
from engine.replay import feed, start


class ExplainError(Exception):
    """The question does not fit the journal; the message says why."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a group.

    Attributes:
        name: In the author's terms; ``not …`` for a negated one.
        met: It is as the group needs it.
        rose: It came to be so in this very tick.
        line: Number of the journal line that made it so, if one did.
    """

    name: str
    met: bool
    rose: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True)
class GroupView:
    """One alternative of a rule in one tick.

    Attributes:
        index: From 0.
        text: The author's words.
        inputs: Its event first, then tests.
        acted: It made the rule fire.
        needs_rise: It has no event: it acts only in the moment in which it becomes true.
    """

    index: int
    text: str
    inputs: tuple[Input, ...]
    acted: bool
    needs_rise: bool

    @property
    def met(self) -> int:
        """How many inputs are as needed."""
        return sum(each.met for each in self.inputs)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rule in one tick.

    Attributes:
        rule: Its name.
        origin: ``file:line:column``.
        line: The journal line of the firing, or the line asked about.
        t: Session time in ms.
        tick: Number of the tick in its cascade.
        fired: Whether it fired.
        groups: Alternatives: of a firing those that acted, otherwise all, fewest missing first.
        consumed: Rules that the firing consumed.
        verdict: One sentence: what decided.
    """

    rule: str
    origin: str
    line: int
    t: int
    tick: int
    fired: bool
    groups: tuple[GroupView, ...]
    consumed: tuple[str, ...]
    verdict: str

    def __str__(self) -> str:
        where = f" ({self.origin})" if self.origin else ""
        lines = [f"{self.rule}{where}: {self.verdict}"]
        for group in self.groups:
            lines.append(
                f"  {group.met} of {len(group.inputs)}: {group.text or 'alternative ' + str(group.index + 1)}"
            )
            for each in group.inputs:
                mark = "+" if each.met else "-"
                since = f", since line {each.line}" if each.line is not None else ""
                lines.append(f"    {mark} {each.name}{' (just now)' if each.rose else ''}{since}")
        if self.consumed:
            lines.append(f"  it consumed {', '.join(self.consumed)}")
        return "\n".join(lines)


class _Watch:
    """Which line last touched what."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, str], int] = {}

    def __call__(self, record: Record) -> None:
        name = str(record.get("name") or "")
        match record.kind:
            case "fire":
                self.lines["fire", str(record.get("rule"))] = record.seq
            case "memory":
                self.lines["memory", name] = record.seq
            case "timer":
                label = record.get("test") or (
                    f"after {record.get('after')} ms of {record.get('rule')}" if record.get("after") else name
                )
                self.lines["timer", str(label)] = record.seq
            case "act" if record.get("command") == "request":
                self.lines["channel", str(record.get("channel"))] = record.seq
            case "percept":
                self.lines["percept", name] = record.seq
                if record.act is not None:
                    self.lines["end", record.act.rule] = record.seq

    def of(self, level: Level | Spent | Holds | Within, name: str) -> int | None:
        """The line behind a level or gate."""
        match level:
            case Test(ref=ref):
                key = ("memory", ref.entry)
            case Active(rule) | Spent(rule):
                key = ("fire", rule)
            case Ended(rule) | Failed(rule):
                key = ("end", rule) if ("end", rule) in self.lines else ("fire", rule)
            case TimerOut(timer):
                key = ("timer", timer)
            case After() | Held():
                key = ("timer", name)
            case Busy(channel):
                key = ("channel", channel)
            case Within(pulse):
                key = ("fire" if pulse.source == "fired" else "percept", pulse.name)
            case _:
                return None
        return self.lines.get(key)


@dataclass(slots=True)
class _Seen:
    """One tick as it was."""

    seq: int
    t: int
    number: int
    pulses: frozenset[int]
    levels: dict[int, bool]
    before: dict[int, bool]
    gates: dict[int, bool]
    cooling: int
    lines: dict[int, int | None]
    tick: Tick | None = None
    line: int | None = None


class _Probe:
    """An executor that lets itself be watched: before each tick it notes the inputs of one rule."""

    def __init__(self, inner: Executor, rule: str, watch: _Watch) -> None:
        self._inner = inner
        self._watch = watch
        network = inner.network
        self.rule = network.rule_ids[rule]
        unit = network.units[self.rule]
        wires = [network.groups[g].wires for g in unit.groups] + list(unit.unless)
        own = [level for level in (unit.spent, unit.running) if level != NONE]
        self._levels = sorted({i for w in wires for i in (*w.plus, *w.minus)} | {*own, *network.busy})
        self._gates = sorted({i for w in wires for i in (*w.gates_plus, *w.gates_minus)})
        self._before: dict[int, bool] = dict.fromkeys(self._levels, False)
        self.seen: list[_Seen] = []
        self.seq = 0
        self._quiet = True

    @property
    def network(self) -> Network:
        return self._inner.network

    def level(self, level: int) -> bool:
        return self._inner.level(level)

    def set_level(self, level: int, on: bool) -> None:
        self._inner.set_level(level, on)

    def leave(self, rules: Sequence[int]) -> tuple[int, ...]:
        return self._inner.leave(rules)

    def close(self) -> Closing:
        return self._inner.close()

    def tick(self, pulses: Sequence[int], now: int) -> Tick:
        network, inner = self.network, self._inner
        levels = {level: inner.level(level) for level in self._levels}
        unit = network.units[self.rule]
        last = inner.last_fired(self.rule) if unit.cooldown != NONE else None
        names = network.level_names
        number = 0 if self._quiet else self.seen[-1].number + 1
        seen = _Seen(
            self.seq,
            now,
            number,
            frozenset(pulses),
            levels,
            self._before,
            {gate: self._open(network.gates[gate], now) for gate in self._gates},
            0 if last is None else max(0, last + unit.cooldown - now + 1),
            {level: self._watch.of(network.levels[level], names[level]) for level in self._levels},
        )
        self._before = levels
        seen.tick = tick = inner.tick(pulses, now)
        self.seen.append(seen)
        self._quiet = not tick.winners
        return tick

    def _open(self, gate: Gate, now: int) -> bool:
        last = self._inner.last_seen(gate.pulse)
        return last is not None and now - last <= gate.ms

    def settle(self) -> None:
        self._quiet = True
        self._inner.settle()

    def reset(self) -> None:
        self._inner.reset()

    def last_seen(self, pulse: int) -> int | None:
        return self._inner.last_seen(pulse)

    def last_fired(self, rule: int) -> int | None:
        return self._inner.last_fired(rule)

    def snapshot(self) -> State:
        return self._inner.snapshot()

    def restore(self, state: State) -> tuple[str, ...]:
        return self._inner.restore(state)


def explain(
    journal: Journal, program: Program, language: Language, at: int, rule: str | None = None
) -> Explanation:
    """Why a rule fired or did not, at a line of a journal.

    Args:
        journal: As read.
        program: The dialogue it was made with.
        language: Its Mirons.
        at: Number of a ``fire`` line, or of the line of an event (percept, timer, memory from outside).
        rule: Which rule; None: the one that fired in that line.

    Raises:
        ExplainError: There is no such line or rule, or no rule is given and the line is no firing.
    """
    line = next((record for record in journal.records if record.seq == at), None)
    if line is None:
        raise ExplainError(f"the journal has no line {at}; it goes from 0 to {journal.records[-1].seq}")
    if rule is None:
        rule = str(line.get("rule")) if line.kind in ("fire", "suppress") else ""
        if not rule:
            raise ExplainError(f"line {at} is no firing ({line.kind}); say which rule is meant")
    declared = {each.name: each for each in program.rules}
    if rule not in declared:
        from difflib import get_close_matches

        near = get_close_matches(rule, declared, 1)
        raise ExplainError(f"there is no rule '{rule}'" + (f"; did you mean '{near[0]}'?" if near else ""))
    seen, probe = _relive(journal, program, language, at, rule)
    chosen = _choose(seen, probe.rule, line)
    chosen.line = line.cause if line.kind == "fire" else line.seq
    return _view(chosen, probe, declared[rule], at)


def _relive(
    journal: Journal, program: Program, language: Language, at: int, rule: str
) -> tuple[list[_Seen], _Probe]:
    from engine.live import LiveExecutor

    watch = _Watch()
    probes: list[_Probe] = []

    def make(network: Network) -> Executor:
        probes.append(_Probe(LiveExecutor(network), rule, watch))
        return probes[-1]

    session = start(journal, program, language, executor=make)
    probe = probes[0]
    session.observe(watch)

    def count(record: Record) -> None:
        probe.seq = record.seq + 1

    session.observe(count)
    for record in journal.records:
        feed(session, record)
        if session.seq > at and any(each.seq > at for each in probe.seen):
            break
    else:
        session.run(journal.records[-1].t)
    return probe.seen, probe


def _choose(seen: list[_Seen], rule: int, line: Record) -> _Seen:
    """The tick a line belongs to: of a firing its own, of an event the one that came nearest."""
    if line.kind in ("fire", "suppress"):
        own = [each for each in seen if each.seq <= line.seq]
        if own:
            return own[-1]
    later = [each for each in seen if each.seq > line.seq]
    if not later:
        raise ExplainError(f"nothing was decided at line {line.seq} ({line.kind})")
    cascade = [later[0]]
    for each in later[1:]:
        if each.number == 0:
            break
        cascade.append(each)
    for each in cascade:
        if each.tick is not None and rule in each.tick.winners:
            return each
    network = cascade[0].tick.network if cascade[0].tick else None
    if network is None:
        return cascade[0]

    def missing(each: _Seen) -> int:
        views = [_group(each, network, g, ()) for g in network.units[rule].groups]
        return min((len(view.inputs) - view.met for view in views), default=0)

    return min(cascade, key=missing)


def _group(seen: _Seen, network: Network, number: int, words: tuple[str, ...]) -> GroupView:
    group = network.groups[number]
    wires = group.wires
    inputs: list[Input] = []
    if group.pulse != NONE:
        here = group.pulse in seen.pulses
        inputs.append(Input(pulse_name(network.pulses[group.pulse]), here, here, seen.line if here else None))
    for positive, levels in ((True, wires.plus), (False, wires.minus)):
        for level in levels:
            met = seen.levels[level] == positive
            rose = met and seen.before[level] != seen.levels[level]
            name = network.level_names[level] if positive else f"not {network.level_names[level]}"
            inputs.append(Input(name, met, rose, seen.lines.get(level)))
    for positive, gates in ((True, wires.gates_plus), (False, wires.gates_minus)):
        for gate in gates:
            of = network.gates[gate]
            name = lit_name(Lit(Within(network.pulses[of.pulse], of.ms), positive))
            inputs.append(Input(name, seen.gates[gate] == positive))
    text = words[group.number] if group.number < len(words) else ""
    acted = seen.tick is not None and number in seen.tick.groups and group.rule in seen.tick.winners
    return GroupView(group.number, text, tuple(inputs), acted, group.pulse == NONE)


def _view(seen: _Seen, probe: _Probe, rule: Rule, at: int) -> Explanation:
    network = probe.network
    unit = network.units[probe.rule]
    words = tuple(group.text for group in rule.groups)
    views = [_group(seen, network, number, words) for number in unit.groups]
    tick = seen.tick or Tick(network)
    fired = probe.rule in tick.winners
    consumed: tuple[str, ...] = ()
    if fired:
        firing = next(each for each in tick.firings if each.rule == probe.rule)
        consumed = tuple(network.units[each].name for each in firing.consumed)
        groups = [view for view in views if view.acted]
        verdict = f"fired at {seen.t} ms, tick {seen.number}"
    else:
        groups = sorted(views, key=lambda view: (len(view.inputs) - view.met, view.index))
        verdict = "did not fire: " + _stage(seen, probe, tick, groups)
    return Explanation(
        rule.name, rule.origin, at, seen.t, seen.number, fired, tuple(groups), consumed, verdict
    )


def _stage(seen: _Seen, probe: _Probe, tick: Tick, groups: list[GroupView]) -> str:
    """The first stage that said no."""
    network = probe.network
    unit = network.units[probe.rule]
    full = [view for view in groups if view.met == len(view.inputs)]
    if not groups:
        return "it fires only when it is thought of"
    if not full:
        missing = [each.name for each in groups[0].inputs if not each.met]
        return f"missing: {', '.join(missing)}"
    ready = [view for view in full if not view.needs_rise or any(each.rose for each in view.inputs)]
    if not ready:
        since = max((each.line for each in full[0].inputs if each.line is not None), default=None)
        held = "holds already" if since is None else f"holds since line {since}"
        return f"its condition {held}; it acts only when it becomes true"
    for mask in unit.unless:
        names = [network.level_names[level] for level in mask.plus]
        names += [f"not {network.level_names[level]}" for level in mask.minus]
        if (
            all(seen.levels[level] for level in mask.plus)
            and not any(seen.levels[level] for level in mask.minus)
            and all(seen.gates[gate] for gate in mask.gates_plus)
            and not any(seen.gates[gate] for gate in mask.gates_minus)
        ):
            return f"inhibited: {' and '.join(names) or 'an event was too recent'}"
    if unit.spent != NONE and seen.levels[unit.spent]:
        return "it fires only once a visit"
    if seen.cooling:
        return f"its cooldown lasts {seen.cooling} ms more"
    if unit.running != NONE and seen.levels[unit.running]:
        return "it is still running"
    for each in tick.suppressed:
        if each.rule == probe.rule:
            if each.busy != NONE:
                return f"the channel {network.channels[each.busy]} was held"
            return f"it lost to {network.units[each.by].name}"
    takers = [network.units[network.groups[g].rule].name for g in tick.groups if network.groups[g].takes]
    return f"taken within an inner scope by {', '.join(dict.fromkeys(takers)) or 'another rule'}"
