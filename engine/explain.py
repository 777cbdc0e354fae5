"""Why a rule fired, and why it did not: recomputed from the journal, with the real sums."""

from __future__ import annotations

from dataclasses import dataclass

from engine._probe import Probe, Seen, Watch
from engine.conditions import lit_name, pulse_name
from engine.journal import Journal, Record
from engine.language import Language
from engine.model import Lit, Program, Rule, Within
from engine.network import NONE, Executor, Network, Tick
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
    chosen = _choose(seen, probe.rule, line, _next_event(journal, line))
    chosen.line = line.cause if line.kind == "fire" else line.seq
    return _view(chosen, probe, declared[rule], at)


def _relive(
    journal: Journal, program: Program, language: Language, at: int, rule: str
) -> tuple[list[Seen], Probe]:
    from engine.live import LiveExecutor

    watch = Watch()
    probes: list[Probe] = []

    def make(network: Network) -> Executor:
        probes.append(Probe(LiveExecutor(network), rule, watch))
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


def _next_event(journal: Journal, line: Record) -> int | None:
    """Number of the line of the event after this one."""
    later = (each for each in journal.records if each.seq > line.seq)
    return next((each.seq for each in later if each.cause is None or each.kind == "timer"), None)


def _choose(seen: list[Seen], rule: int, line: Record, following: int | None) -> Seen:
    """The tick a line belongs to: of a firing its own, of an event the one that came nearest.

    Args:
        following: Number of the line of the next event: ticks after it are not of this one.
    """
    if line.kind in ("fire", "suppress"):
        own = [each for each in seen if each.seq <= line.seq]
        if own:
            return own[-1]
    later = [each for each in seen if each.seq > line.seq]
    if not later:
        raise ExplainError(f"nothing was decided at line {line.seq} ({line.kind})")
    # The first sign of a visitor has two cascades: that of ``visit_started`` and its own.
    cascade = [each for each in later if following is None or each.seq <= following] or later[:1]
    for each in cascade:
        if each.tick is not None and rule in each.tick.winners:
            return each
    network = cascade[0].tick.network if cascade[0].tick else None
    if network is None:
        return cascade[0]

    def missing(each: Seen) -> int:
        views = [_group(each, network, g, ()) for g in network.units[rule].groups]
        return min((len(view.inputs) - view.met for view in views), default=0)

    return min(cascade, key=missing)


def _group(seen: Seen, network: Network, number: int, words: tuple[str, ...]) -> GroupView:
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


def _view(seen: Seen, probe: Probe, rule: Rule, at: int) -> Explanation:
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


def _stage(seen: Seen, probe: Probe, tick: Tick, groups: list[GroupView]) -> str:
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
