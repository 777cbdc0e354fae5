"""What follows when certain groups act: worked out once for the live executor, then remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from engine.network import NONE, AndGroup, Network, Tick, Unit

Levels: TypeAlias = tuple[int, ...]

ALWAYS = 1 << 63
"""A gate of so many milliseconds is always open."""


class Term(NamedTuple):
    """A gate that must hold (``wanted``) or must not.

    Attributes:
        pulse: Its pulse, or the number of pulses plus a rule: the firing of that rule.
    """

    pulse: int
    ms: int
    wanted: bool


class Doubt(NamedTuple):
    """What else a group needs when its levels are right.

    Attributes:
        on: Levels that must be on. off: that must be off.
        terms: Gates.
        masks: None of these may hold: a bit of the trigger's word together with gates.
    """

    on: Levels
    off: Levels
    terms: tuple[Term, ...]
    masks: tuple[tuple[int, tuple[Term, ...]], ...]


def all_hold(terms: tuple[Term, ...], last: list[int], now: int) -> bool:
    """Whether every gate is as wanted; ``last`` says when pulses, then rules, were last seen."""
    return all((now - last[pulse] <= ms) == wanted for pulse, ms, wanted in terms)


class Plan(Tick):
    """What follows when exactly these groups have γ¹ = 1.

    Attributes:
        raw: These groups, ascending; ``groups`` are those with γ² = 1.
        on: Levels to switch on. off: to switch off.
        contest: Rules with their groups, by rank, if more must be looked at; empty: this is the tick.
        plain: No level to switch and no contest.
    """

    __slots__ = ("contest", "off", "on", "plain", "raw")

    contest: tuple[tuple[int, tuple[AndGroup, ...]], ...]

    def __init__(
        self,
        network: Network,
        raw: tuple[int, ...],
        winners: tuple[int, ...],
        on: Levels,
        off: Levels,
        thinks: Levels,
    ) -> None:
        self.network = network
        self.raw = self.groups = raw
        self.winners = winners
        self.on = on
        self.off = off
        self.thinks = thinks
        self.suppressed = self.consumed = self.left = self.contest = ()
        self.taken = False
        self.plain = not (on or off)


def flag_bits(network: Network, winners: Iterable[int]) -> dict[int, bool]:
    """The levels that these winners write by (8) and ``once``: yes beats no beats unknown."""
    units = [network.units[rule] for rule in winners]
    flags = network.flags
    bits: dict[int, bool] = {}
    for unit in units:
        for f in unit.forget:
            _, yes, no = flags[f]
            bits[yes] = bits[no] = False
    for unit in units:
        for f in unit.no:
            _, yes, no = flags[f]
            bits[yes], bits[no] = False, True
    for unit in units:
        for f in unit.yes:
            _, yes, no = flags[f]
            bits[yes], bits[no] = True, False
        bits[unit.spent] = True
    bits.pop(NONE, None)
    return bits


class Planner:
    """Makes plans.

    Args:
        watched: Levels on which something else depends (rules that end, clocks).
    """

    def __init__(self, network: Network, watched: bytearray) -> None:
        self.network = network
        self._watched = watched
        self._denying = frozenset(rule for rule, unit in enumerate(network.units) if unit.no)

    def single(self, g: int, group: AndGroup) -> Plan:
        """The plan when only this group acts."""
        rule = group.rule
        unit = self.network.units[rule]
        if group.takes or group.eats or not _is_simple(unit):
            return self._contested((g,))
        on: Levels = ()
        off: Levels = ()
        if unit.yes or unit.forget or unit.no or unit.spent != NONE:
            on, off = self._writes((rule,))
            for level in on + off:
                if self._watched[level]:
                    return self._contested((g,))
        return Plan(self.network, (g,), (rule,), on, off, unit.thinks)

    def joined(self, plans: Sequence[Plan]) -> Plan:
        """The plan when the groups of all these plans act."""
        raw: set[int] = set()
        rules: set[int] = set()
        on: Levels = ()
        off: Levels = ()
        thinks: tuple[int, ...] = ()
        contested = False
        for plan in plans:
            raw.update(plan.raw)
            rules.update(plan.winners)
            if plan.thinks:
                thinks += plan.thinks
            if not plan.plain:
                on += plan.on
                off += plan.off
                if plan.contest:
                    contested = True
        groups = tuple(sorted(raw))
        if contested:
            return self._contested(groups)
        if self._denying and not self._denying.isdisjoint(rules):
            on, off = self._writes(rules)
        elif on and off:
            off = tuple([level for level in off if level not in on])
        if len(thinks) > 1:
            thinks = tuple(sorted(set(thinks)))
        return Plan(self.network, groups, tuple(sorted(rules)), on, off, thinks)

    def _writes(self, winners: Iterable[int]) -> tuple[Levels, Levels]:
        """Levels that these rules switch on and off."""
        on: list[int] = []
        off: list[int] = []
        for level, x in flag_bits(self.network, winners).items():
            (on if x else off).append(level)
        return tuple(on), tuple(off)

    def _contested(self, raw: tuple[int, ...]) -> Plan:
        of, units, enclosing = self.network.groups, self.network.units, self.network.enclosing
        outer = {around for g in raw if of[g].takes for around in enclosing[units[of[g].rule].scope]}
        # (3): a taking group is silent while one of a scope strictly inside its own takes.
        groups = tuple(g for g in raw if not (of[g].takes and units[of[g].rule].scope in outer))
        by_rule: dict[int, list[AndGroup]] = {}
        for g in groups:
            by_rule.setdefault(of[g].rule, []).append(of[g])
        plan = Plan(self.network, raw, (), (), (), ())
        plan.groups = groups
        plan.plain = False
        plan.contest = tuple((rule, tuple(by_rule[rule])) for rule in sorted(by_rule))
        plan.taken = any(of[g].takes for g in groups)
        return plan


def _is_simple(unit: Unit) -> bool:
    """Whether a candidate always wins and changes no rule's state."""
    return (
        unit.active == NONE
        and unit.cooldown == NONE
        and not (unit.ancestors or unit.leave_all or (unit.drop and unit.channels))
    )
