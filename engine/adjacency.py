"""The adjacency of a network for the live executor.

Only groups under this tick's pulses and edges can reach their thresholds, so only these are visited. What
such groups ask for is kept together as the bits of one integer per *block* (a trigger's groups, at most
:data:`BLOCK` of them), flipped when a level changes; ``word & care == want`` is then the whole sum of a group
without gates. Which groups of a block act under a word never changes, so it is remembered (a decision table,
filled as words are met). Levels that very many groups ask for are not written into every word but kept in one
word of their own and read at the visit.

The records here are tuples and slots without ceremony: they are made by the hundred thousand, and read in the
innermost loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from engine.network import NONE, AndGroup, Network, Tick, Unit, Wires

BLOCK = 32
"""Groups looked at together; bounds the length of a block's word."""

HUB_FANOUT = 48
"""A level that more groups than this ask for is read at the visit instead of written into each word."""

MEMORY = 1 << 16
"""Decisions remembered, in all; then the tables are begun anew."""


class Term(NamedTuple):
    """A gate in a group: it must hold (``wanted``) or must not.

    Attributes:
        pulse: Its pulse, or the number of pulses plus a rule: the firing of that rule.
    """

    pulse: int
    ms: int
    wanted: bool


class Mask(NamedTuple):
    """What inhibits a group: all these bits, and all these gates."""

    care: int
    want: int
    terms: tuple[Term, ...]


class Doubt(NamedTuple):
    """What else a group needs when its bits are right: all terms, and none of the masks."""

    terms: tuple[Term, ...]
    masks: tuple[Mask, ...]


Write: TypeAlias = "tuple[int, tuple[tuple[int, int], ...], tuple[Block, ...] | None]"
"""A level to change: its id, (word, bit) to flip, blocks that this edge triggers (None: no edge does)."""


def all_hold(terms: tuple[Term, ...], last: list[int], now: int) -> bool:
    """Whether every gate is as wanted; ``last`` says when pulses, then rules, were last seen."""
    return all((now - last[pulse] <= ms) == wanted for pulse, ms, wanted in terms)


class Effect:
    """What a rule that changes no rule's state does by firing.

    Attributes:
        on: Levels to switch on. off: to switch off.
        thinks: Pulses of its thoughts.
        plain: Beside others that are plain: what one of them switches on is on.
    """

    __slots__ = ("off", "on", "plain", "thinks")

    def __init__(self, unit: Unit) -> None:
        self.on: tuple[Write, ...] = ()
        self.off: tuple[Write, ...] = ()
        self.thinks = unit.thinks
        self.plain = not unit.no


Candidate: TypeAlias = tuple[int, int, int, int, Effect | None, int, int, Doubt | None]
"""A group in a block: its bits (care, want), its id; its rule and what that does, or NONE if the rule may
lose or changes states; a gate (pulse or NONE, ms) that must hold; what else it needs."""


class Plan(Tick):
    """What follows when exactly these groups have γ¹ = 1.

    Attributes:
        raw: These groups, ascending; ``groups`` are those with γ² = 1.
        decided: It depends on nothing else: this is the tick, and ``off`` and ``on`` are to be written.
        candidates: Otherwise: rules with their groups, by rank.
    """

    __slots__ = ("candidates", "decided", "off", "on", "raw")

    candidates: tuple[tuple[int, tuple[AndGroup, ...]], ...]

    def __init__(self, network: Network, raw: tuple[int, ...]) -> None:
        self.network = network
        self.raw = self.groups = raw
        self.suppressed = self.consumed = self.left = self.thinks = ()
        self.taken = False
        self.decided = True
        self.on: tuple[Write, ...] = ()
        self.off: tuple[Write, ...] = ()


class Timed:
    """A block's decision that hangs on gates.

    Attributes:
        acting: Groups whose bits are right under the word.
        met: How often it has been looked at; from the fourth time on:
        keyed: Groups that may act, each with its bit in the key, or 0 if it needs no gate.
        easy: (bit, pulse, ms): the bit is on while the pulse was seen at most so long ago.
        hard: (bit, what it needs).
        plans: Key → plan.
    """

    __slots__ = ("acting", "easy", "hard", "keyed", "met", "plans", "word")

    keyed: list[tuple[Candidate, int]]
    easy: list[tuple[int, int, int]]
    hard: list[tuple[int, Doubt]]
    plans: dict[int, Plan | None]

    def __init__(self, acting: list[Candidate], word: int) -> None:
        self.acting = acting
        self.word = word
        self.met = 0

    def tabulate(self) -> None:
        """Give bits to gates."""
        self.keyed = []
        self.easy = []
        self.hard = []
        self.plans = {}
        bit = 1
        for candidate in self.acting:
            _, _, _, _, _, pulse, ms, doubt = candidate
            if pulse != NONE:
                self.easy.append((bit, pulse, ms))
            elif doubt is None:
                self.keyed.append((candidate, 0))
                continue
            else:
                masks = tuple([mask for mask in doubt.masks if self.word & mask.care == mask.want])
                if not all(mask.terms for mask in masks):
                    continue
                self.hard.append((bit, Doubt(doubt.terms, masks)))
            self.keyed.append((candidate, bit))
            bit <<= 1
        self.acting = []


Outcomes: TypeAlias = dict[int, "Timed | Plan | None"]
Block: TypeAlias = tuple[int, int, Outcomes, list[Candidate]]
"""A trigger's groups: number of its word, the hub bits it reads, its decision table, its candidates."""

_Inputs: TypeAlias = tuple[
    int, list[int], list[int], list[Term], list[tuple[tuple[int, ...], tuple[int, ...], tuple[Term, ...]]]
]
"""A group with its rule's inhibitors: id, levels that must be on, off, gates, masks."""


def flag_bits(network: Network, winners: Iterable[int]) -> dict[int, bool]:
    """The levels that these winners write by (8) and ``once``: yes beats no beats unknown."""
    units = [network.units[rule] for rule in winners]
    flags = network.flags
    bits: dict[int, bool] = {}
    for unit in units:
        for f in unit.forget:
            bits[flags[f].yes] = bits[flags[f].no] = False
    for unit in units:
        for f in unit.no:
            bits[flags[f].yes], bits[flags[f].no] = False, True
    for unit in units:
        for f in unit.yes:
            bits[flags[f].yes], bits[flags[f].no] = True, False
        bits[unit.spent] = True
    bits.pop(NONE, None)
    return bits


class Tables:
    """What does not change about a network, and what was found out about it; shared by sessions."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.by_pulse: list[tuple[Block, ...]] = [()] * len(network.pulses)
        self.by_edge: dict[int, tuple[Block, ...]] = {}
        self.fan: list[tuple[tuple[int, int], ...]] = [()] * len(network.levels)
        self.initial: list[int] = [0]
        self._writes: dict[int, Write] = {}
        self._plans: dict[tuple[int, ...], Plan] = {}
        self._remembered = 0
        self._place_derived()
        self.effects: list[Effect | None] = [None] * len(network.units)
        self.simple = bytearray(len(network.units))
        writing = self._read_effects()
        self._place_groups()
        for rule, bits in writing:
            effect = self.effects[rule]
            assert effect is not None
            effect.on = tuple([self.write(level, True) for level, on in bits.items() if on])
            effect.off = tuple([self.write(level, False) for level, on in bits.items() if not on])

    def _place_groups(self) -> None:
        network = self.network
        by_pulse: dict[int, list[_Inputs]] = {}
        by_edge: dict[int, list[_Inputs]] = {}
        asking = [0] * len(network.levels)
        for g, group in enumerate(network.groups):
            inputs = _inputs(network, g, group)
            _, plus, minus, _, masks = inputs
            if not set(plus).isdisjoint(minus):
                continue  # it contradicts itself or an inhibitor of its rule
            for level in plus:
                asking[level] += 1
            for level in minus:
                asking[level] += 1
            for on, off, _ in masks:
                for level in (*on, *off):
                    asking[level] += 1
            if group.pulse != NONE:
                by_pulse.setdefault(group.pulse, []).append(inputs)
            else:
                for level in group.wires.plus:
                    by_edge.setdefault(2 * level + 1, []).append(inputs)
                for level in group.wires.minus:
                    by_edge.setdefault(2 * level, []).append(inputs)
        hubs = {level: i for i, level in enumerate(x for x, n in enumerate(asking) if n > HUB_FANOUT)}
        fan: dict[int, list[tuple[int, int]]] = {level: [(0, 1 << i)] for level, i in hubs.items()}
        for pulse, groups in by_pulse.items():
            self.by_pulse[pulse] = self._blocks(groups, hubs, fan)
        for edge, groups in by_edge.items():
            self.by_edge[edge] = self._blocks(groups, hubs, fan)
            self.tracked[edge >> 1] = 1
        for level, into in fan.items():
            self.fan[level] = tuple(into)

    def _blocks(
        self, groups: list[_Inputs], hubs: dict[int, int], fan: dict[int, list[tuple[int, int]]]
    ) -> tuple[Block, ...]:
        network = self.network
        blocks: list[Block] = []
        for start in range(0, len(groups), BLOCK):
            word = len(self.initial)
            self.initial.append(0)
            bits: dict[int, int] = {}
            free = 1 << len(hubs)
            reads = 0
            candidates: list[Candidate] = []
            for g, plus, minus, terms, masks in groups[start : start + BLOCK]:
                asked: tuple[Sequence[int], ...] = (plus, minus)
                if masks:
                    asked += tuple(levels for on, off, _ in masks for levels in (on, off))
                for levels in asked:
                    for level in levels:
                        if level in bits:
                            continue
                        if level in hubs:
                            bits[level] = 1 << hubs[level]
                            reads |= 1 << hubs[level]
                            continue
                        bits[level] = free
                        if level in fan:
                            fan[level].append((word, free))
                        else:
                            fan[level] = [(word, free)]
                        free <<= 1
                care = want = 0
                for level in plus:
                    want |= bits[level]
                for level in minus:
                    care |= bits[level]
                pulse, ms, doubt = NONE, 0, None
                if not masks and len(terms) == 1 and terms[0].wanted:
                    pulse, ms, _ = terms[0]
                elif terms or masks:
                    doubt = Doubt(tuple(terms), tuple(_mask_in_bits(mask, bits) for mask in masks))
                rule, _, _, _, eats, takes = network.groups[g]
                effect = self.effects[rule]
                if takes or eats or not self.simple[rule]:
                    rule = NONE
                candidates.append((care | want, want, g, rule, effect, pulse, ms, doubt))
            blocks.append((word, reads, {}, candidates))
        return tuple(blocks)

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

    def _read_effects(self) -> list[tuple[int, dict[int, bool]]]:
        """Which rules are simple, and what they do; returns the bits that they write."""
        writing = []
        for rule, unit in enumerate(self.network.units):
            bits: dict[int, bool] = {}
            if unit.yes or unit.no or unit.forget or unit.spent != NONE:
                bits = flag_bits(self.network, (rule,))
            if _is_simple(unit) and not any(self.watched[level] for level in bits):
                self.simple[rule] = 1
                if bits or unit.thinks:
                    self.effects[rule] = Effect(unit)
                    writing.append((rule, bits))
        return writing

    def write(self, level: int, on: bool) -> Write:
        """How to change a level to this value."""
        key = 2 * level + on
        known = self._writes.get(key)
        if known is None:
            blocks = self.by_edge.get(key, ()) if self.tracked[level] else None
            known = self._writes[key] = (level, self.fan[level], blocks)
        return known

    def plan(self, acting: list[Candidate]) -> Plan:
        """The plan for these groups of one block, at least one."""
        if len(acting) == 1:
            _, _, g, rule, effect, _, _, _ = acting[0]
            raw: tuple[int, ...] = (g,)
            if raw in self._plans:
                return self._plans[raw]
            if rule == NONE:
                return self._undecided(raw)
            self._remembered += 1
            plan = self._plans[raw] = Plan(self.network, raw)
            plan.winners = (rule,)
            if effect is not None:
                plan.on, plan.off, plan.thinks = effect.on, effect.off, effect.thinks
            return plan
        raw = tuple([candidate[2] for candidate in acting])
        if raw in self._plans:
            return self._plans[raw]
        winners: list[int] = []
        effects: list[Effect] = []
        for candidate in acting:
            rule = candidate[3]
            if rule == NONE:
                return self._undecided(raw)
            if not winners or winners[-1] != rule:
                winners.append(rule)
                if candidate[4] is not None:
                    effects.append(candidate[4])
        return self._decided(raw, winners, effects)

    def merged(self, raw: tuple[int, ...]) -> Plan:
        """The plan for groups in ascending order, at least one."""
        plan = self._plans.get(raw)
        if plan is not None:
            return plan
        of = self.network.groups
        winners: list[int] = []
        effects: list[Effect] = []
        for g in raw:
            rule, _, _, _, eats, takes = of[g]
            if takes or eats or not self.simple[rule]:
                return self._undecided(raw)
            if not winners or winners[-1] != rule:
                winners.append(rule)
                effect = self.effects[rule]
                if effect is not None:
                    effects.append(effect)
        return self._decided(raw, winners, effects)

    def _undecided(self, raw: tuple[int, ...]) -> Plan:
        of, units, enclosing = self.network.groups, self.network.units, self.network.enclosing
        outer = {around for g in raw if of[g].takes for around in enclosing[units[of[g].rule].scope]}
        # (3): a taking group is silent while one of a scope strictly inside its own takes.
        groups = tuple(g for g in raw if not (of[g].takes and units[of[g].rule].scope in outer))
        by_rule: dict[int, list[AndGroup]] = {}
        for g in groups:
            by_rule.setdefault(of[g].rule, []).append(of[g])
        rules = sorted(by_rule)
        if all(self.simple[rule] for rule in rules) and not any(of[g].eats for g in groups):
            plan = self._decided(raw, rules, [e for rule in rules if (e := self.effects[rule]) is not None])
        else:
            self._remembered += 1
            plan = self._plans[raw] = Plan(self.network, raw)
            plan.decided = False
            plan.candidates = tuple((rule, tuple(by_rule[rule])) for rule in rules)
        plan.groups = groups
        plan.taken = any(of[g].takes for g in groups)
        return plan

    def _decided(self, raw: tuple[int, ...], winners: Sequence[int], effects: list[Effect]) -> Plan:
        self._remembered += 1
        plan = self._plans[raw] = Plan(self.network, raw)
        plan.winners = tuple(winners)
        if not effects:
            return plan
        if len(effects) == 1:
            effect = effects[0]
            plan.on, plan.off, plan.thinks = effect.on, effect.off, effect.thinks
            return plan
        on: tuple[Write, ...] = ()
        off: tuple[Write, ...] = ()
        thinks: tuple[int, ...] = ()
        plain = True
        for effect in effects:
            on += effect.on
            off += effect.off
            thinks += effect.thinks
            plain = plain and effect.plain
        if not plain:
            bits = flag_bits(self.network, winners)
            on = tuple([self.write(level, True) for level, x in bits.items() if x])
            off = tuple([self.write(level, False) for level, x in bits.items() if not x])
        elif on and off:
            switched = {write[0] for write in on}
            off = tuple([write for write in off if write[0] not in switched])
        plan.on, plan.off = on, off
        plan.thinks = thinks if len(thinks) < 2 else tuple(sorted(set(thinks)))
        return plan

    def judge(self, block: Block, word: int) -> Timed | Plan | None:
        """Evaluate the groups of a block under a word, and remember."""
        _, _, outcomes, candidates = block
        acting = []
        gated = False
        for candidate in candidates:
            if word & candidate[0] == candidate[1]:
                acting.append(candidate)
                if candidate[5] != NONE or candidate[7] is not None:
                    gated = True
        outcome: Timed | Plan | None = None
        if acting:
            outcome = Timed(acting, word) if gated else self.plan(acting)
        self._remembered += 1
        if self._remembered > MEMORY:
            self._forget()
        outcomes[word] = outcome
        return outcome

    def timed_plan(self, timed: Timed, key: int) -> Plan | None:
        """The plan when the gates of the groups in ``key`` hold."""
        acting = [candidate for candidate, bit in timed.keyed if not bit or key & bit]
        plan = timed.plans[key] = self.plan(acting) if acting else None
        return plan

    def early_plan(self, timed: Timed, last: list[int], now: int) -> Plan | None:
        """The plan at the first visits. Most words are met once or twice: a table would not pay."""
        timed.met += 1
        acting = []
        for candidate in timed.acting:
            _, _, _, _, _, pulse, ms, doubt = candidate
            if pulse != NONE:
                if now - last[pulse] <= ms:
                    acting.append(candidate)
            elif doubt is None or (
                all_hold(doubt.terms, last, now)
                and not any(
                    timed.word & mask.care == mask.want and all_hold(mask.terms, last, now)
                    for mask in doubt.masks
                )
            ):
                acting.append(candidate)
        return self.plan(acting) if acting else None

    def _forget(self) -> None:
        """Bound the memory: full decision tables are begun anew."""
        self._remembered = 0
        self._plans = {}
        for blocks in (*self.by_pulse, *self.by_edge.values()):
            for block in blocks:
                block[2].clear()


def _is_simple(unit: Unit) -> bool:
    """Whether a candidate always wins and changes no rule's state."""
    return (
        unit.active == NONE
        and unit.cooldown == NONE
        and not (unit.ancestors or unit.leave_all or (unit.drop and unit.channels))
    )


def _inputs(network: Network, g: int, group: AndGroup) -> _Inputs:
    """Put a group and its rule's inhibitors together; an inhibitor of one input is that input, negated."""
    unit = network.units[group.rule]
    wires = group.wires
    plus, minus = list(wires.plus), list(wires.minus)
    terms = _terms(network, wires, True) if wires.gates_plus or wires.gates_minus else []
    if unit.spent != NONE:
        minus.append(unit.spent)
    if unit.running != NONE:
        minus.append(unit.running)
    if unit.cooldown != NONE:
        terms.append(Term(len(network.pulses) + group.rule, unit.cooldown, False))
    masks = []
    for mask in unit.unless:
        on, off, gates_on, gates_off = mask
        if len(on) + len(off) + len(gates_on) + len(gates_off) != 1:
            if set(on).isdisjoint(off):
                masks.append((on, off, tuple(_terms(network, mask, True))))
        elif on:
            minus += on
        elif off:
            plus += off
        else:
            terms += _terms(network, mask, False)
    return g, plus, minus, terms, masks


def _terms(network: Network, wires: Wires, wanted: bool) -> list[Term]:
    gates = network.gates
    terms = [Term(*gates[g], wanted) for g in wires.gates_plus]
    if wires.gates_minus:
        terms += [Term(*gates[g], not wanted) for g in wires.gates_minus]
    return terms


def _mask_in_bits(
    mask: tuple[tuple[int, ...], tuple[int, ...], tuple[Term, ...]], bits: dict[int, int]
) -> Mask:
    on, off, terms = mask
    want = sum(bits[level] for level in on)
    return Mask(want + sum(bits[level] for level in off), want, terms)
