"""The specification in code: every rule, every tick, by name; no index, no cache, nothing to get wrong.

It works from the program alone and shares nothing with the executors but the data classes of the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.model import (
    Active,
    After,
    Busy,
    Const,
    Ended,
    Failed,
    Group,
    Held,
    Level,
    Lit,
    Mask,
    OnBusy,
    Op,
    Program,
    Pulse,
    Ref,
    Rule,
    Running,
    Test,
    Within,
)


@dataclass
class RefTick:
    groups: set[tuple[str, int]] = field(default_factory=set)
    winners: list[str] = field(default_factory=list)
    suppressed: dict[str, tuple[str, str]] = field(default_factory=dict)
    consumed: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    yes: set[str] = field(default_factory=set)
    no: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    writes: dict[tuple[str, str], str] = field(default_factory=dict)
    taken: bool = False


@dataclass
class RefClosing:
    ended: set[str] = field(default_factory=set)
    arm: set[Level] = field(default_factory=set)
    cancel: set[Level] = field(default_factory=set)
    pulses: set[Pulse] = field(default_factory=set)


class Reference:
    """One session of a program."""

    def __init__(
        self, program: Program, clocks: list[After | Held], instant: frozenset[str] = frozenset()
    ) -> None:
        self.program = program
        self.instant = instant
        self.rules = sorted(program.rules, key=lambda r: (-r.priority, r.file, r.position, r.name))
        self.rank = {r.name: i for i, r in enumerate(self.rules)}
        self.by_name = {r.name: r for r in self.rules}
        self.clocks = clocks
        self.on: set[Level] = set()
        self.before: set[Level] = set()
        self.spent: set[str] = set()
        self.fired_at: dict[str, int] = {}
        self.seen: dict[Pulse, int] = {}
        self.counting: set[Level] = set()
        self.just_fired: list[str] = []
        self.just_took: set[str] = set()
        self.told: set[Pulse] = set()
        self.turns = self.order_of_turns()

    # What rules are to each other.

    def ancestors(self, rule: Rule) -> list[str]:
        found = []
        while rule.part_of:
            found.append(rule.part_of)
            rule = self.by_name[rule.part_of]
        return found

    def parts(self, name: str) -> set[str]:
        return {r.name for r in self.rules if name in self.ancestors(r)}

    def end(self, rule: Rule) -> Ended:
        return Ended(rule.end_part or rule.name)

    def channels(self, rule: Rule) -> list[str]:
        return [c for c in self.program.exclusive if any(a.channel == c for a in rule.effects.acts)]

    def drops(self, rule: Rule) -> bool:
        return rule.on_busy is OnBusy.DROP and bool(self.channels(rule))

    def can_end(self, ender: Rule, name: str) -> bool:
        return (
            ender.name == name
            or ender.effects.leave_all
            or name in ender.effects.leave
            or any(name in g.eats for g in ender.groups)
        )

    def order_of_turns(self) -> list[str]:
        """By rank, but what could end or renew a rule's whole comes before the rule, if it can lose."""
        can_lose = [r for r in self.rules if r.part_of or self.drops(r)]
        order: list[str] = []
        begun: set[str] = set()

        def visit(rule: Rule) -> None:
            if rule.name not in begun:
                begun.add(rule.name)
                for other in can_lose:
                    if any(self.can_end(other, above) for above in self.ancestors(rule)):
                        visit(other)
                order.append(rule.name)

        for rule in can_lose:
            visit(rule)
        return order

    # What holds.

    def is_on(self, level: Level) -> bool:
        return level in self.on

    def set(self, level: Level, on: bool) -> None:
        (self.on.add if on else self.on.discard)(level)

    def rose(self, lit: Lit) -> bool:
        """A rise of a plain level, a fall of a negated one; firing again is a rise of active and ended."""
        level = lit.of
        assert not isinstance(level, Within)
        was, now = level in self.before, level in self.on
        if not lit.positive:
            return was and not now
        return now and (not was or (isinstance(level, Active | Ended) and level.rule in self.just_fired))

    def holds(self, lit: Lit, now: int) -> bool:
        of = lit.of
        if isinstance(of, Within):
            return (of.pulse in self.seen and now - self.seen[of.pulse] <= of.ms) == lit.positive
        return (of in self.on) == lit.positive

    def mask_holds(self, mask: Mask, now: int) -> bool:
        return all(self.holds(lit, now) for lit in mask.lits)

    def group_acts(self, group: Group, pulses: set[Pulse], now: int) -> bool:
        if not all(self.holds(lit, now) for lit in group.lits):
            return False
        if group.pulse is not None:
            return group.pulse in pulses
        return any(self.rose(lit) for lit in group.lits if not isinstance(lit.of, Within))

    def inhibited(self, rule: Rule, now: int) -> bool:
        cooling = (
            rule.cooldown_ms is not None
            and rule.name in self.fired_at
            and now - self.fired_at[rule.name] <= rule.cooldown_ms
        )
        running = Active(rule.name) in self.on and self.end(rule) not in self.on
        return (
            any(self.mask_holds(mask, now) for mask in rule.unless)
            or (rule.once and rule.name in self.spent)
            or cooling
            or (rule.ignore_again and running)
        )

    # One tick.

    def tick(self, pulses: set[Pulse], now: int) -> RefTick:
        out = RefTick()
        # Equations (1) and (2).
        acting: list[tuple[Rule, int, Group]] = [
            (rule, i, group)
            for rule in self.rules
            if not self.inhibited(rule, now)
            for i, group in enumerate(rule.groups)
            if self.group_acts(group, pulses, now)
        ]
        # Equation (3).
        taking = [rule.scope for rule, _, group in acting if group.takes]
        acting = [
            (rule, i, group)
            for rule, i, group in acting
            if not (group.takes and any(self.inside(scope, rule.scope) for scope in taking))
        ]
        out.groups = {(rule.name, i) for rule, i, _ in acting}
        out.taken = any(group.takes for _, _, group in acting)
        # Equation (4).
        candidates = [rule for rule in self.rules if any(rule is r for r, _, _ in acting)]
        groups = {r.name: [g for rule, _, g in acting if rule is r] for r in candidates}
        # Equation (5).
        in_force = {level.rule for level in self.on if isinstance(level, Active)}
        won: list[Rule] = [r for r in candidates if r.name not in self.turns]
        for rule in sorted(
            (r for r in candidates if r.name in self.turns), key=lambda r: self.turns.index(r.name)
        ):
            held = [c for c in self.channels(rule) if Busy(c) in self.on] if self.drops(rule) else []
            over = [w for w in won if self.loses_to(rule, w, groups[w.name], in_force)]
            if held:
                out.suppressed[rule.name] = ("busy", held[0])
            elif over:
                out.suppressed[rule.name] = ("lost", min(over, key=lambda r: self.rank[r.name]).name)
            else:
                won.append(rule)
        won.sort(key=lambda r: self.rank[r.name])
        out.winners = [r.name for r in won]
        # Equations (6) and (7).
        for rule in won:
            out.consumed.update(name for group in groups[rule.name] for name in group.eats)
            out.left.update(rule.effects.leave)
            out.left.update(in_force if rule.effects.leave_all else ())
        out.left |= out.consumed
        for name in out.left | set(out.winners):
            out.left |= self.parts(name)
        out.left -= set(out.winners)
        over = out.left
        out.left = {name for name in out.left if Active(name) in self.on or Ended(name) in self.on}
        # Equation (8).
        flags = {e.name for e in self.program.entries.values() if e.kind == "flag"}
        for rule in won:
            out.unknown.update(flags.intersection(rule.effects.forget))
            for assign in rule.effects.assign:
                if assign.entry in flags and isinstance(assign.value, Const):
                    value = assign.value.value
                    (out.unknown if value is None else out.yes if value else out.no).add(assign.entry)
        out.no -= out.yes
        out.unknown -= out.yes | out.no
        # Equation (9).
        for rule in won:
            for key in self.keys(rule, flags):
                out.writes.setdefault(key, rule.name)
        # The tick is decided; now it is written.
        self.before = set(self.on)
        for name in over:
            self.on -= {Active(name), Ended(name), Failed(name)}
        for rule in won:
            self.on -= {Ended(rule.name), Failed(rule.name)}
            self.on.add(Active(rule.name))
            if all(a.channel in self.instant for a in rule.effects.acts):
                self.on.add(Ended(rule.name))
            self.spent.add(rule.name)
            self.fired_at[rule.name] = now
        for bit, names in ((Op.YES, out.yes), (Op.NO, out.no)):
            for name in out.yes | out.no | out.unknown:
                self.set(Test(bit, Ref(name)), name in names)
        self.seen.update((pulse, now) for pulse in pulses)
        self.just_fired = out.winners
        self.just_took = {r.name for r in won if any(g.takes for g in groups[r.name])}
        self.told = set()
        self.fresh = True
        return out

    fresh = False

    def inside(self, scope: str, around: str) -> bool:
        while scope:
            scope = self.program.scopes[scope]
            if scope == around:
                return True
        return False

    def loses_to(self, rule: Rule, winner: Rule, acted: list[Group], in_force: set[str]) -> bool:
        shares = bool(set(self.channels(rule)) & set(self.channels(winner)))
        if self.drops(rule) and shares and self.rank[winner.name] < self.rank[rule.name]:
            return True
        over = {winner.name, *winner.effects.leave, *(name for g in acted for name in g.eats)}
        if winner.effects.leave_all:
            over |= in_force
        return bool(over & set(self.ancestors(rule)))

    def keys(self, rule: Rule, flags: set[str]) -> set[tuple[str, str]]:
        effects = rule.effects
        found = {("entry", name) for name in effects.forget if name not in flags}
        found |= {
            ("entry", a.entry)
            for a in effects.assign
            if a.entry not in flags or not isinstance(a.value, Const)
        }
        found |= {("timer", name) for name, _ in effects.timers}
        found |= {("gate", channel) for channel, _ in effects.gates}
        found |= {("channel", a.channel) for a in effects.acts if a.channel in self.program.replacing}
        return found

    # The closing steps.

    def close(self) -> RefClosing:
        out = RefClosing()
        for rule in self.rules:
            if Active(rule.name) in self.on and self.end(rule) in self.on and not rule.followed:
                for name in {rule.name, *self.parts(rule.name)}:
                    if Active(name) in self.on:
                        self.on.remove(Active(name))
                        out.ended.add(name)
        for rule in self.rules:
            running = Active(rule.name) in self.on and self.end(rule) not in self.on
            self.set(Running(rule.name), running)
        for clock in self.clocks:  # those that others ask for come first
            if isinstance(clock, After):
                rule = self.by_name[clock.rule]
                holds = Active(clock.rule) in self.on and self.end(rule) in self.on
                anew = self.fresh and clock.rule in self.just_fired
            else:
                holds = any(self.mask_holds(mask, 0) for mask in clock.masks)
                anew = False
            was = clock in self.counting
            if anew or holds != was:
                self.on.discard(clock)
            if holds and (anew or not was):
                out.arm.add(clock)
            if was and not holds:
                out.cancel.add(clock)
            (self.counting.add if holds else self.counting.discard)(clock)
        if self.fresh:
            out.pulses |= {Pulse("fired", name) for name in self.just_fired}
            out.pulses |= {Pulse("took", name) for name in self.just_took}
        for name in self.by_name:
            pulse = Pulse("finished", name)
            if self.rose(Lit(Ended(name))):
                if pulse not in self.told:
                    out.pulses.add(pulse)
                    self.told.add(pulse)
            else:
                self.told.discard(pulse)
        self.fresh = False
        return out

    def settle(self) -> None:
        self.before = set(self.on)
        self.just_fired = []
        self.told = set()
