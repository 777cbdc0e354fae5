"""The adjacency of a network for the live executor.

Only groups under this tick's pulses and edges can reach their thresholds, so only these are visited: a
**trigger** is a pulse, or the rise or fall of a level, with the groups that it can make act. The potentials
of a trigger's groups are fields of one integer, its *word*: in the field of a group that asks for k levels,
the highest bit stands while all of them are as asked for, and each one that is not subtracts one. So a level
that changes adds its weight to the words that ask for it, and a visit is ``word & tops``, however many groups
there are. Gates, and levels that very many groups ask for, are looked at only when all else is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from engine.network import NONE, AndGroup, Network
from engine.plans import ALWAYS, Doubt, Levels, Plan, Planner, Term

HUB_FANOUT = 48
"""A level that more groups than this ask for is not written into words but read when all else is right."""

MEMORY = 1 << 16
"""Plans remembered, in all; then they are begun anew."""

GatedField: TypeAlias = tuple[int, int, int, Doubt | None]
"""Highest bit of a group's field, the pulse and milliseconds of its first gate, and what it needs besides."""

Trigger: TypeAlias = tuple[int, int, tuple[GatedField, ...], dict[int, Plan]]
"""Highest bits of its groups' fields; those of groups with more needs, and these; plans by acting bits."""

_NO_TRIGGER: Trigger = (0, 0, (), {})


class _Needs(NamedTuple):
    """What a group asks for, with its rule's inhibitors; an inhibitor of one input is that input, negated."""

    plus: Levels
    minus: Levels
    terms: tuple[Term, ...] = ()
    masks: tuple[tuple[Levels, Levels, tuple[Term, ...]], ...] = ()


class Tables:
    """What does not change about a network, and what was found out about it; shared by sessions.

    Attributes:
        initial: The words while all levels are off; by trigger, as triggers. Pulses are triggers.
        edges: Rise (2 · level + 1) or fall (2 · level) → its trigger.
        fan: By level: the words that ask for it, and its weight there.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._remembered = 0
        self._joined: dict[tuple[Plan, Plan], Plan] = {}
        self._place_derived()
        self._planner = Planner(network, self.watched)
        self._place_groups()

    def _place_groups(self) -> None:
        network = self.network
        groups = network.groups
        waiting: list[list[int]] = [[] for _ in network.pulses]
        self.edges: dict[int, int] = {}
        for g, (_, _, pulse, wires, _, _) in enumerate(groups):
            if pulse != NONE:
                waiting[pulse].append(g)
                continue
            for edge in [2 * level + 1 for level in wires.plus] + [2 * level for level in wires.minus]:
                trigger = self.edges.setdefault(edge, len(waiting))
                if trigger == len(waiting):
                    waiting.append([])
                    self.tracked[edge >> 1] = 1
                waiting[trigger].append(g)
        self._hubs = self._find_hubs()
        self._fans: list[dict[int, int]] = [{} for _ in network.levels]
        self.initial: list[int] = []
        self.triggers = [self._trigger(trigger, asking) for trigger, asking in enumerate(waiting)]
        self.fan = [tuple(fan.items()) for fan in self._fans]
        del self._fans

    def _find_hubs(self) -> frozenset[int]:
        asking = [0] * len(self.network.levels)
        units = self.network.units
        for rule, _, _, wires, _, _ in self.network.groups:
            for level in wires[0] + wires[1]:
                asking[level] += 1
            for mask in units[rule].unless:
                for level in mask[0] + mask[1]:
                    asking[level] += 1
        return frozenset(level for level, n in enumerate(asking) if n > HUB_FANOUT)

    def _trigger(self, trigger: int, asking: list[int]) -> Trigger:
        network, hubs, fans = self.network, self._hubs, self._fans
        word = size = tops = gated = 0
        gates: list[GatedField] = []
        plans: dict[int, Plan] = {}

        def field(plus: Sequence[int], minus: Sequence[int]) -> int:
            nonlocal word, size
            asked = len(plus) + len(minus)
            unit = 1 << size
            bit = unit << (asked - 1).bit_length() if asked > 1 else unit
            size = bit.bit_length()
            word += bit - len(plus) * unit
            for level in plus:
                fan = fans[level]
                fan[trigger] = fan.get(trigger, 0) + unit
            for level in minus:
                fan = fans[level]
                fan[trigger] = fan.get(trigger, 0) - unit
            return bit

        for g in asking:
            group = network.groups[g]
            plus, minus, terms, masks = _needs(network, group)
            on: Levels = ()
            off: Levels = ()
            if hubs and not (hubs.isdisjoint(plus) and hubs.isdisjoint(minus)):
                on = tuple([level for level in plus if level in hubs])
                off = tuple([level for level in minus if level in hubs])
                plus = tuple([level for level in plus if level not in hubs])
                minus = tuple([level for level in minus if level not in hubs])
            bit = field(plus, minus)
            tops |= bit
            plans[bit] = self._planner.single(g, group)
            if terms or masks or on or off:
                gated |= bit
                pulse, ms, doubt = 0, ALWAYS, None
                if terms and terms[0].wanted:
                    (pulse, ms, _), terms = terms[0], terms[1:]
                if terms or masks or on or off:
                    barring = tuple([(field(up, down), of_mask) for up, down, of_mask in masks])
                    doubt = Doubt(on, off, terms, barring)
                gates.append((bit, pulse, ms, doubt))
        self.initial.append(word)
        return (tops, gated, tuple(gates), plans) if asking else _NO_TRIGGER

    def _place_derived(self) -> None:
        network = self.network
        self.turn = {rule: i for i, rule in enumerate(network.turn)}
        self.watched = bytearray(len(network.levels))
        self.tracked = bytearray(len(network.levels))
        self.enders: dict[int, list[int]] = {}
        self.running: dict[int, list[int]] = {}
        self.clocks: dict[int, list[int]] = {}
        self.clocks_of: dict[int, list[int]] = {}
        self.ended_pulse: dict[int, int] = {}
        for rule, unit in enumerate(network.units):
            if unit.active != NONE:
                for level in {unit.active, unit.end}:
                    self.enders.setdefault(level, []).append(rule)
                self.watched[unit.active] = self.watched[unit.end] = 1
            if unit.finished != NONE:
                self.ended_pulse[unit.ended] = unit.finished
                self.watched[unit.ended] = self.tracked[unit.ended] = 1
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

    def plan(self, trigger: int, acting: int) -> Plan:
        """The plan when several groups of a trigger act."""
        self._bound()
        plans = self.triggers[trigger][3]
        found = []
        rest = acting
        while rest:
            bit = rest & -rest
            rest ^= bit
            found.append(plans[bit])
        plan = plans[acting] = self._planner.joined(found)
        return plan

    def joined(self, one: Plan, other: Plan) -> Plan:
        """The plan when the groups of two triggers act."""
        both = one, other
        if both in self._joined:
            return self._joined[both]
        self._bound()
        plan = self._joined[both] = self._planner.joined(both)
        return plan

    def _bound(self) -> None:
        """Keep the memory bounded."""
        self._remembered += 1
        if self._remembered > MEMORY:
            self.forget()

    def forget(self) -> None:
        """Forget the plans of several groups."""
        self._remembered = 0
        self._joined.clear()
        for *_, plans in self.triggers:
            for acting in [acting for acting in plans if acting & (acting - 1)]:
                del plans[acting]


def _needs(network: Network, group: AndGroup) -> _Needs:
    rule, _, _, (plus, minus, gates_plus, gates_minus), _, _ = group
    unit = network.units[rule]
    terms: tuple[Term, ...] = ()
    if gates_plus or gates_minus:
        terms = _terms(network, gates_plus, gates_minus, True)
    if unit.spent != NONE:
        minus += (unit.spent,)
    if unit.running != NONE:
        minus += (unit.running,)
    if unit.cooldown != NONE:
        terms += (Term(len(network.pulses) + rule, unit.cooldown, False),)
    masks = []
    for on, off, gates_on, gates_off in unit.unless:
        if len(on) + len(off) + len(gates_on) + len(gates_off) != 1:
            masks.append((on, off, _terms(network, gates_on, gates_off, True)))
        elif on:
            minus += on
        elif off:
            plus += off
        else:
            terms += _terms(network, gates_on, gates_off, False)
    return _Needs(plus, minus, terms, tuple(masks))


def _terms(network: Network, plus: Sequence[int], minus: Sequence[int], wanted: bool) -> tuple[Term, ...]:
    gates = network.gates
    terms = [Term(*gates[g], wanted) for g in plus]
    if minus:
        terms += [Term(*gates[g], not wanted) for g in minus]
    return tuple(terms)
