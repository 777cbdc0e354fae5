"""The adjacency of a network for the live executor.

Only groups under this tick's pulses and edges can reach their thresholds, so only these are visited. What
such groups ask for is kept together as the bits of one integer per *block* (a trigger's groups, at most
:data:`BLOCK` of them), flipped when a level changes; ``word & care == want`` is then the whole sum of a group
without gates. Which groups of a block act under a word never changes, so it is remembered (a decision table,
filled as words are met). Levels that very many blocks ask for are not written into every word but kept in one
word of their own and read at the visit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from engine.network import NONE, AndGroup, Network, Tick, Unit, Wires

BLOCK = 32
"""Groups looked at together; bounds the length of a block's word."""

HUB_FANOUT = 48
"""A level asked for by more blocks than this is read at the visit instead of written into each word."""

MEMORY = 1 << 16
"""Decisions remembered, in all; then the table is begun anew."""


class Term(NamedTuple):
    """A gate in a group: it must hold (``wanted``) or must not."""

    pulse: int
    ms: int
    wanted: bool


class Mask(NamedTuple):
    """What inhibits a group: all these bits, and all these gates."""

    care: int
    want: int
    terms: tuple[Term, ...]


class Candidate(NamedTuple):
    """A group in a block; pulses of a term at or above the number of pulses are the firings of rules."""

    group: int
    care: int
    want: int
    terms: tuple[Term, ...]
    masks: tuple[Mask, ...]


class Plan:
    """What follows when exactly these groups have γ¹ = 1, as far as it depends on nothing else.

    Attributes:
        raw: Those groups, ascending. groups: those with γ² = 1. taken: one of these takes the percept.
        candidates: Rules with their groups, by rank.
        tick: The finished decision, if it depends on nothing else: ``off`` and ``on`` are then the levels to
            write, ``cooled`` the rules with a cooldown.
    """

    __slots__ = ("candidates", "cooled", "groups", "off", "on", "raw", "taken", "tick")

    def __init__(self, network: Network, raw: tuple[int, ...]) -> None:
        self.raw = raw
        self.groups = groups = _silence(network, raw)
        units = network.units
        by_rule: dict[int, list[AndGroup]] = {}
        simple = True
        taken = False
        for g in groups:
            group = network.groups[g]
            by_rule.setdefault(group.rule, []).append(group)
            taken = taken or group.takes
            simple = simple and not group.eats
        rules = sorted(by_rule)
        self.candidates = tuple((rule, tuple(by_rule[rule])) for rule in rules)
        self.taken = taken
        self.tick: Tick | None = None
        self.on: tuple[int, ...] = ()
        self.off: tuple[int, ...] = ()
        self.cooled: tuple[int, ...] = ()
        if simple and all(_is_simple(units[rule]) for rule in rules):
            self.tick = Tick(network, groups, tuple(rules), taken=taken)
            bits = flag_bits(network, rules)
            self.on = tuple(level for level, on in bits.items() if on)
            self.off = tuple(level for level, on in bits.items() if not on)
            self.cooled = tuple(rule for rule in rules if units[rule].cooldown != NONE)


def _silence(network: Network, groups: tuple[int, ...]) -> tuple[int, ...]:
    """(3): a taking group is silent while one of a scope strictly inside its own takes."""
    of, units, enclosing = network.groups, network.units, network.enclosing
    outer = {around for g in groups if of[g].takes for around in enclosing[units[of[g].rule].scope]}
    if not outer:
        return groups
    return tuple(g for g in groups if not (of[g].takes and units[of[g].rule].scope in outer))


def _is_simple(unit: Unit) -> bool:
    """Whether a candidate always wins and changes no rule's state."""
    return (
        unit.active == NONE
        and not unit.ancestors
        and not unit.leave_all
        and not (unit.drop and unit.channels)
    )


def flag_bits(network: Network, winners: Iterable[int]) -> dict[int, bool]:
    """The levels that these winners write by (8) and ``once``: yes beats no beats unknown."""
    units = [network.units[rule] for rule in winners]
    bits: dict[int, bool] = {}
    for unit in units:
        for f in unit.forget:
            bits[network.flags[f].yes] = bits[network.flags[f].no] = False
    for unit in units:
        for f in unit.no:
            bits[network.flags[f].yes], bits[network.flags[f].no] = False, True
    for unit in units:
        for f in unit.yes:
            bits[network.flags[f].yes], bits[network.flags[f].no] = True, False
        if unit.spent != NONE:
            bits[unit.spent] = True
    return bits


class Outcome(NamedTuple):
    """What a word decides: these groups act, those if their gates hold (bits of the key into plans)."""

    sure: tuple[int, ...]
    timed: tuple[tuple[int, Candidate], ...]
    plans: dict[int, Plan | None]


class Block(NamedTuple):
    """A trigger's groups: number of its word, the hub bits it reads, and its decision table."""

    word: int
    hubs: int
    candidates: tuple[Candidate, ...]
    outcomes: dict[int, Outcome | Plan | None]


class Tables:
    """The adjacency of a network, shared by all its live executors."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.by_pulse: list[tuple[Block, ...]] = [()] * len(network.pulses)
        self.by_edge: dict[int, tuple[Block, ...]] = {}
        self.fan: list[tuple[tuple[int, int], ...]] = [()] * len(network.levels)
        self.initial: list[int] = [0]
        self.plans: dict[tuple[int, ...], Plan] = {}
        self.remembered = 0
        self._place_groups()
        self._place_derived()

    def _place_groups(self) -> None:
        by_pulse: dict[int, list[int]] = {}
        by_edge: dict[int, list[int]] = {}
        for g, group in enumerate(self.network.groups):
            if group.pulse != NONE:
                by_pulse.setdefault(group.pulse, []).append(g)
            else:
                for level in group.wires.plus:
                    by_edge.setdefault(2 * level + 1, []).append(g)
                for level in group.wires.minus:
                    by_edge.setdefault(2 * level, []).append(g)
        conditions = [_condition(self.network, group) for group in self.network.groups]
        chunks: list[tuple[list[int], list[tuple[int, Condition]]]] = []
        asking = [0] * len(self.network.levels)
        for place, triggers in ((0, by_pulse), (1, by_edge)):
            for trigger, groups in triggers.items():
                possible = [(g, c) for g in groups if (c := conditions[g]) is not None]
                for start in range(0, len(possible), BLOCK):
                    chunk = possible[start : start + BLOCK]
                    levels = sorted({level for _, c in chunk for level in c.levels})
                    for level in levels:
                        asking[level] += 1
                    chunks.append(([place, trigger, *levels], chunk))
        self._make_blocks(chunks, asking)

    def _make_blocks(
        self, chunks: list[tuple[list[int], list[tuple[int, Condition]]]], asking: list[int]
    ) -> None:
        hubs = {level: 1 << i for i, level in enumerate(x for x, n in enumerate(asking) if n > HUB_FANOUT)}
        fan: dict[int, list[tuple[int, int]]] = {level: [(0, bit)] for level, bit in hubs.items()}
        first = 1 << len(hubs)
        made: dict[tuple[int, int], list[Block]] = {}
        for (place, trigger, *levels), chunk in chunks:
            word = len(self.initial)
            bits: dict[int, int] = {}
            reads = 0
            bit = first
            for level in levels:
                if level in hubs:
                    bits[level] = hubs[level]
                    reads |= hubs[level]
                else:
                    bits[level] = bit
                    fan.setdefault(level, []).append((word, bit))
                    bit <<= 1
            block = Block(word, reads, tuple(c.in_bits(g, bits) for g, c in chunk), {})
            self.initial.append(0)
            made.setdefault((place, trigger), []).append(block)
        for (place, trigger), blocks in made.items():
            if place == 0:
                self.by_pulse[trigger] = tuple(blocks)
            else:
                self.by_edge[trigger] = tuple(blocks)
        for level, into in fan.items():
            self.fan[level] = tuple(into)

    def _place_derived(self) -> None:
        network = self.network
        self.turn = {rule: i for i, rule in enumerate(network.turn)}
        self.watched = bytearray(len(network.levels))
        self.enders: dict[int, list[int]] = {}
        self.running: dict[int, list[int]] = {}
        self.clocks: dict[int, list[int]] = {}
        self.clocks_of: dict[int, list[int]] = {}
        for rule, unit in enumerate(network.units):
            if unit.active != NONE:
                for level in {unit.active, unit.end}:
                    self.enders.setdefault(level, []).append(rule)
                self.watched[unit.active] = self.watched[unit.end] = self.watched[unit.ended] = 1
        self.ended_pulse = {u.ended: u.finished for u in network.units if u.finished != NONE}
        for i, derived in enumerate(network.running):
            for level in (derived.active, derived.end):
                self.running.setdefault(level, []).append(i)
                self.watched[level] = 1
        for i, clock in enumerate(network.clocks):
            if clock.rule != NONE:
                self.clocks_of.setdefault(clock.rule, []).append(i)
            for level in sorted({level for w in clock.wires for level in (*w.plus, *w.minus)}):
                self.clocks.setdefault(level, []).append(i)
                self.watched[level] = 1

    def plan(self, groups: tuple[int, ...]) -> Plan:
        """The plan for groups in ascending order, at least one."""
        known = self.plans.get(groups)
        if known is None:
            self.count()
            known = self.plans[groups] = Plan(self.network, groups)
        return known

    def judge(self, block: Block, word: int) -> Outcome | Plan | None:
        """Evaluate the groups of a block under a word, and remember."""
        sure: list[int] = []
        timed: list[tuple[int, Candidate]] = []
        for candidate in block.candidates:
            if word & candidate.care != candidate.want:
                continue
            masks = tuple(m for m in candidate.masks if word & m.care == m.want)
            if not masks and not candidate.terms:
                sure.append(candidate.group)
            elif all(m.terms for m in masks):
                timed.append((1 << len(timed), candidate._replace(masks=masks)))
        groups = tuple(sorted(sure))
        outcome: Outcome | Plan | None = None
        if timed:
            outcome = Outcome(groups, tuple(timed), {})
        elif groups:
            outcome = self.plan(groups)
        self.count()
        block.outcomes[word] = outcome
        return outcome

    def timed_plan(self, outcome: Outcome, key: int) -> Plan | None:
        """The plan when the gates of the candidates in ``key`` hold."""
        groups = {*outcome.sure, *(c.group for bit, c in outcome.timed if key & bit)}
        plan = outcome.plans[key] = self.plan(tuple(sorted(groups))) if groups else None
        return plan

    def count(self) -> None:
        """Bound the memory: a full decision table is begun anew."""
        self.remembered += 1
        if self.remembered > MEMORY:
            self.remembered = 0
            self.plans = {}
            for blocks in (*self.by_pulse, *self.by_edge.values()):
                for block in blocks:
                    block.outcomes.clear()


class Condition(NamedTuple):
    """A group with its rule's inhibitors, in levels: as a :class:`Candidate`, before bits are given out."""

    levels: tuple[int, ...]
    plus: tuple[int, ...]
    minus: tuple[int, ...]
    terms: tuple[Term, ...]
    masks: tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[Term, ...]], ...]

    def in_bits(self, group: int, bits: dict[int, int]) -> Candidate:
        """The candidate of a block that gives these bits to its levels."""
        plus = 0
        for level in self.plus:
            plus |= bits[level]
        care = plus
        for level in self.minus:
            care |= bits[level]
        if not self.masks:
            return Candidate(group, care, plus, self.terms, ())
        masks = []
        for on, off, terms in self.masks:
            want = sum(bits[level] for level in on)
            masks.append(Mask(want + sum(bits[level] for level in off), want, terms))
        return Candidate(group, care, plus, self.terms, tuple(masks))


def _condition(network: Network, group: AndGroup) -> Condition | None:
    """Put a group and its rule's inhibitors together; None if they contradict each other."""
    unit = network.units[group.rule]
    wires = group.wires
    plus, minus = set(wires.plus), set(wires.minus)
    terms = _terms(network, wires, True) if wires.gates_plus or wires.gates_minus else []
    if unit.spent != NONE:
        minus.add(unit.spent)
    if unit.running != NONE:
        minus.add(unit.running)
    if unit.cooldown != NONE:
        terms.append(Term(len(network.pulses) + group.rule, unit.cooldown, False))
    masks = []
    for mask in unit.unless:
        on, off, p, m = mask
        if len(on) + len(off) + len(p) + len(m) != 1:
            if not set(on) & set(off):
                masks.append((on, off, tuple(_terms(network, mask, True))))
        elif on:
            minus.add(on[0])
        elif off:
            plus.add(off[0])
        else:
            terms += _terms(network, mask, False)
    if plus & minus:
        return None
    levels = plus | minus
    for on, off, _ in masks:
        levels.update(on, off)
    return Condition(tuple(levels), tuple(plus), tuple(minus), tuple(terms), tuple(masks))


def _terms(network: Network, wires: Wires, wanted: bool) -> list[Term]:
    terms = [Term(*network.gates[g], wanted) for g in wires.gates_plus]
    return terms + [Term(*network.gates[g], not wanted) for g in wires.gates_minus]
