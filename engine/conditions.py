"""Lowering: names become ids, conditions become the wires of :mod:`engine.network`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.model import (
    Active,
    After,
    Busy,
    Const,
    Ended,
    EntityRef,
    Failed,
    Held,
    Item,
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
    Sum,
    Test,
    Think,
    TimerOut,
    Value,
    Within,
)
from engine.network import NONE, AndGroup, Clock, Flag, Gate, Holds, Network, NetworkError, Spent, Unit, Wires
from engine.network import Running as Derived

MAX_GATE_MS = 1 << 24
"""Longest gate: 4.6 hours, the largest difference that float32 still counts exactly."""

MAX_GROUPS = 64
"""Groups of one rule."""

MAX_WEIGHT = 1 << 22
"""Bound on the sum of a group's absolute weights: doubled, it stays exact in float32."""

_OF_RULES = ("fired", "finished", "took")


def lower(program: Program, instant: frozenset[str]) -> Network:
    """See :meth:`engine.network.Network.compile`."""
    return _Lowering(program, instant).network()


class _Lowering:
    """The tables that grow while a program is read."""

    def __init__(self, program: Program, instant: frozenset[str]) -> None:
        self.program = program
        self.instant = instant
        self.rules = sorted(program.rules, key=lambda r: (-r.priority, r.file, r.position, r.name))
        self.rule_ids = {rule.name: i for i, rule in enumerate(self.rules)}
        if len(self.rule_ids) < len(self.rules):
            seen: set[str] = set()
            twice = next(r for r in self.rules if r.name in seen or seen.add(r.name))  # type: ignore[func-returns-value]
            raise NetworkError(f"{_place(twice)}: there are two rules of this name")
        self.pulses: dict[Pulse, int] = {}
        self.levels: dict[Level | Spent | Holds, int] = {}
        self.level_names: list[str] = []
        self.gates: dict[Gate, int] = {}
        self.groups: list[AndGroup] = []
        self.keys: dict[tuple[str, str], int] = {}
        self.clocks: list[Clock] = []
        self.running: list[Derived] = []
        self.scope_ids = {"": 0}
        for scope in program.scopes:
            self.scope_ids.setdefault(scope, len(self.scope_ids))
        self.flag_ids: dict[str, int] = {}
        # Compilers share the terms of conditions; hashing them deeply each time is slow.
        self._by_lit: dict[int, tuple[int, int]] = {}
        self._by_term: dict[int, int] = {}

    def network(self) -> Network:
        self._flags()
        self.busy = {name: self.level(Busy(name)) for name in self.program.exclusive}
        self.channel_ids = {name: i for i, name in enumerate(self.program.exclusive)}
        self.children = self._tree()
        wires = [self._conditions(i, rule) for i, rule in enumerate(self.rules)]
        self.asked = self._asked()
        self.inner = {
            pulse.name: number
            for pulse, number in self.pulses.items()
            if pulse.source == "inner" and not (pulse.phase or pulse.via)
        }
        units = [self._unit(i, rule, *wires[i]) for i, rule in enumerate(self.rules)]
        by_entry, by_miron = self._tests()
        return Network(
            program=self.program,
            pulses=tuple(self.pulses),
            levels=tuple(self.levels),
            level_names=tuple(self.level_names),
            gates=tuple(self.gates),
            groups=tuple(self.groups),
            units=tuple(units),
            flags=self._flag_levels(),
            keys=tuple(self.keys),
            clocks=tuple(self.clocks),
            running=tuple(self.running),
            channels=tuple(self.program.exclusive),
            busy=tuple(self.busy.values()),
            enclosing=tuple(self._enclosing(scope) for scope in self.scope_ids),
            turn=_turns(units, self.groups),
            tests_by_entry=by_entry,
            tests_by_miron=by_miron,
            pulse_ids=self.pulses,
            level_ids=self.levels,
            rule_ids=self.rule_ids,
            flag_ids=self.flag_ids,
        )

    def level(self, level: Level | Spent | Holds) -> int:
        """The id of a level, made at the first use together with what it is derived from."""
        number = self.levels.setdefault(level, len(self.levels))
        if number < len(self.level_names):
            return number
        self.level_names.append(level_name(level))
        if isinstance(level, Active | Ended | Failed | Running | After):
            self.rule(level.rule, level)
        if isinstance(level, Running):
            end = self._end(self.rules[self.rule_ids[level.rule]])
            self.running.append(Derived(number, self.level(Active(level.rule)), self.level(Ended(end))))
        elif isinstance(level, After | Held):
            self._clock(level, number)
        return number

    def _clock(self, level: After | Held, number: int) -> None:
        if level.ms < 1:
            raise NetworkError(f"{level_name(level)}: a duration must be at least one millisecond")
        if isinstance(level, After):
            rule = self.rule_ids[level.rule]
            end = self._end(self.rules[rule])
            masks = [Wires((self.level(Active(level.rule)), self.level(Ended(end))))]
        else:
            rule = NONE
            masks = [self.wires(mask.lits) for mask in level.masks]
            if any(m.gates_plus or m.gates_minus for m in masks):
                raise NetworkError(f"{level_name(level)}: only tests can hold for a time, not events")
        self.clocks.append(Clock(level, number, self.level(Holds(level)), tuple(masks), level.ms, rule))

    def rule(self, name: str, asked_by: object) -> int:
        """The id of a rule that must exist."""
        try:
            return self.rule_ids[name]
        except KeyError:
            where = _place(asked_by) if isinstance(asked_by, Rule) else str(asked_by)
            raise NetworkError(f"{where}: there is no rule {name!r}") from None

    def pulse(self, pulse: Pulse) -> int:
        """The id of a pulse."""
        if pulse.source in _OF_RULES:
            self.rule(pulse.name, pulse)
        return self.pulses.setdefault(pulse, len(self.pulses))

    def wires(self, lits: Iterable[Lit]) -> Wires:
        """The inputs of a conjunction, without repetitions, ascending."""
        by_kind: list[tuple[int, ...]] = [(), (), (), ()]
        for lit in lits:
            kind, number = self._by_lit.get(id(lit)) or self._term(lit)
            ids = by_kind[kind]
            if not ids:
                by_kind[kind] = (number,)
            elif number not in ids:
                by_kind[kind] = tuple(sorted((*ids, number)))
        return Wires._make(by_kind)

    def _term(self, lit: Lit) -> tuple[int, int]:
        """Which of the four kinds of wires a literal is, and its id."""
        of = lit.of
        is_gate = isinstance(of, Within)
        number = self._by_term.get(id(of))
        if number is None:
            number = self._by_term[id(of)] = self._gate(of) if isinstance(of, Within) else self.level(of)
        known = self._by_lit[id(lit)] = (2 * is_gate + (not lit.positive), number)
        return known

    def _gate(self, within: Within) -> int:
        if not 1 <= within.ms <= MAX_GATE_MS:
            raise NetworkError(
                f"{pulse_name(within.pulse)} within {within.ms} ms: a gate lasts 1 ms to 4.6 h; use a timer"
            )
        return self.gates.setdefault(Gate(self.pulse(within.pulse), within.ms), len(self.gates))

    def _flag_levels(self) -> tuple[Flag, ...]:
        ids: dict[tuple[str, Op], int] = {}
        for level, number in self.levels.items():
            if not isinstance(level, Test) or not isinstance(level.ref, Ref):
                continue
            if level.op in (Op.YES, Op.NO) and not level.ref.parts:
                ids[level.ref.entry, level.op] = number
        return tuple(Flag(x, ids.get((x, Op.YES), NONE), ids.get((x, Op.NO), NONE)) for x in self.flag_ids)

    def _flags(self) -> None:
        for name, entry in self.program.entries.items():
            if entry.kind == "flag":
                self.flag_ids[name] = len(self.flag_ids)

    def _tree(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        for rule in self.rules:
            if rule.part_of:
                self.rule(rule.part_of, rule)
                children.setdefault(rule.part_of, []).append(rule.name)
            if rule.end_part:
                self.rule(rule.end_part, rule)
        return children

    def _ancestors(self, rule: Rule) -> tuple[int, ...]:
        found: list[int] = []
        above = rule.part_of
        while above:
            found.append(self.rule_ids[above])
            if above == rule.name:
                raise NetworkError(f"{_place(rule)}: the rule is a part of itself")
            above = self.rules[found[-1]].part_of
        return tuple(found)

    def _parts(self, name: str) -> tuple[int, ...]:
        found: list[str] = []
        waiting = list(self.children.get(name, ()))
        while waiting:
            part = waiting.pop()
            found.append(part)
            waiting += self.children.get(part, ())
        return tuple(sorted(self.rule_ids[part] for part in found))

    def _end(self, rule: Rule) -> str:
        return rule.end_part or rule.name

    def _conditions(self, number: int, rule: Rule) -> tuple[tuple[int, ...], tuple[Wires, ...]]:
        if len(rule.groups) > MAX_GROUPS:
            raise NetworkError(
                f"{_place(rule)}: {len(rule.groups)} alternatives; at most {MAX_GROUPS} are possible"
            )
        first = len(self.groups)
        for index, group in enumerate(rule.groups):
            wires = self.wires(group.lits)
            levels = len(wires.plus) + len(wires.minus)
            if group.pulse is None and not levels:
                raise NetworkError(
                    f"{_place(rule)}: nothing can trigger alternative {index + 1}: {group.text}"
                )
            eats = tuple(sorted({self.rule(name, rule) for name in group.eats})) if group.eats else ()
            for eaten in eats:
                if self.levels.get(Active(self.rules[eaten].name), NONE) not in wires.plus:
                    raise NetworkError(
                        f"{_place(rule)}: it consumes {self.rules[eaten].name!r} without following it"
                    )
            inputs = levels + len(wires.gates_plus) + len(wires.gates_minus)
            if (levels + 1) * (inputs + 1) * 2 >= MAX_WEIGHT:
                raise NetworkError(f"{_place(rule)}: alternative {index + 1} has too many inputs ({inputs})")
            pulse = NONE
            if group.pulse is not None:
                known = self._by_term.get(id(group.pulse))
                pulse = self.pulse(group.pulse) if known is None else known
                self._by_term[id(group.pulse)] = pulse
            self.groups.append(AndGroup(number, index, pulse, wires, eats, group.takes))
        unless = tuple([self.wires(mask.lits) for mask in rule.unless]) if rule.unless else ()
        return tuple(range(first, len(self.groups))), unless

    def _asked(self) -> set[str]:
        """Rules whose state somebody asks for."""
        asked = {r.name for r in self.rules if r.followed or r.name in self.children}
        asked.update(r.end_part for r in self.rules)
        asked.update(x.rule for x in self.levels if isinstance(x, Active | Ended | Failed | Running))
        asked.update(pulse.name for pulse in self.pulses if pulse.source in _OF_RULES)
        asked.update(intercept.rule for intercept in self.program.intercepts)
        asked.update(offer.rule for offer in self.program.offers)
        for rule in self.rules:
            asked.update(rule.effects.leave, rule.effects.cut)
        return asked

    def _unit(self, number: int, rule: Rule, groups: tuple[int, ...], unless: tuple[Wires, ...]) -> Unit:
        effects = rule.effects
        try:
            scope = self.scope_ids[rule.scope]
        except KeyError:
            raise NetworkError(f"{_place(rule)}: there is no scope {rule.scope!r}") from None
        yes, no, forget, keys = self._writes(rule)
        channels = {act.channel for act in effects.acts} if effects.acts else frozenset()
        lasts = not channels <= self.instant
        unit = Unit(
            name=rule.name,
            groups=groups,
            unless=unless,
            spent=self.level(Spent(rule.name)) if rule.once else NONE,
            cooldown=NONE if rule.cooldown_ms is None else rule.cooldown_ms,
            lasts=lasts,
            scope=scope,
            channels=tuple(sorted([self.channel_ids[name] for name in channels if name in self.channel_ids])),
            drop=rule.on_busy is OnBusy.DROP,
            leave_all=effects.leave_all,
            yes=yes,
            no=no,
            forget=forget,
            keys=keys,
            thinks=self._thinks(effects.thinks) if effects.thinks else (),
        )
        if rule.part_of:
            unit = unit._replace(ancestors=self._ancestors(rule))
        if not lasts and rule.name not in self.asked and not effects.leave:
            return unit
        return unit._replace(
            running=self.level(Running(rule.name)) if rule.ignore_again else NONE,
            active=self.level(Active(rule.name)),
            ended=self.level(Ended(rule.name)),
            end=self.level(Ended(self._end(rule))),
            failed=self.levels.get(Failed(rule.name), NONE),
            followed=rule.followed,
            parts=self._parts(rule.name),
            leave=tuple(sorted({self.rule(name, rule) for name in effects.leave})),
            fired=self.pulses.get(Pulse("fired", rule.name), NONE),
            finished=self.pulses.get(Pulse("finished", rule.name), NONE),
            took=self.pulses.get(Pulse("took", rule.name), NONE),
        )

    def _thinks(self, thinks: tuple[Think, ...]) -> tuple[int, ...]:
        found = {self.inner[think.name] for think in thinks if think.name in self.inner}
        return tuple(sorted(found))

    def _writes(
        self, rule: Rule
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        effects = rule.effects
        if not (
            effects.forget or effects.assign or effects.timers or effects.gates or self.program.replacing
        ):
            return (), (), (), ()
        yes: list[int] = []
        no: list[int] = []
        forget: list[int] = []
        keys = [("timer", name) for name, _ in effects.timers] if effects.timers else []
        for name in effects.forget:
            flag = self.flag_ids.get(name)
            if flag is None:
                keys.append(("entry", name))
            else:
                forget.append(flag)
        for assign in effects.assign:
            flag = self.flag_ids.get(assign.entry)
            value = assign.value
            if flag is None or not isinstance(value, Const):
                keys.append(("entry", assign.entry))
            else:
                (forget if value.value is None else yes if value.value else no).append(flag)
        if yes and no and not set(yes).isdisjoint(no):
            both = next(name for name, flag in self.flag_ids.items() if flag in yes and flag in no)
            raise NetworkError(f"{_place(rule)}: it sets {both!r} both yes and no")
        if effects.gates:
            keys += [("gate", channel) for channel, _ in effects.gates]
        if self.program.replacing:
            keys += [("channel", a.channel) for a in effects.acts if a.channel in self.program.replacing]
        ids = [self.keys.setdefault(key, len(self.keys)) for key in sorted(set(keys))] if keys else []
        return _ascending(yes), _ascending(no), _ascending(forget), _ascending(ids)

    def _enclosing(self, scope: str) -> tuple[int, ...]:
        found: list[int] = []
        while scope:
            scope = self.program.scopes.get(scope, "")
            if self.scope_ids[scope] in found:
                raise NetworkError(f"the scope {scope!r} encloses itself")
            found.append(self.scope_ids[scope])
        return tuple(found)

    def _tests(self) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
        by_entry: dict[str, list[int]] = {}
        by_miron: dict[str, list[int]] = {}
        for level, number in self.levels.items():
            if isinstance(level, Test):
                operand = [] if level.operand is None else _reads(level.operand)
                for read in (level.ref, *operand):
                    place = by_entry if isinstance(read, Ref) else by_miron
                    ids = place.setdefault(read.entry if isinstance(read, Ref) else read.miron, [])
                    if number not in ids:
                        ids.append(number)
        return {k: tuple(v) for k, v in by_entry.items()}, {k: tuple(v) for k, v in by_miron.items()}


def _turns(units: list[Unit], groups: list[AndGroup]) -> tuple[int, ...]:
    """The order of (5): by rank, but what could replace a rule comes before that rule's parts.

    Only rules that can lose have a turn. Where two could replace each other's whole, rank decides.
    """
    contested = [i for i, unit in enumerate(units) if unit.ancestors or (unit.drop and unit.channels)]
    if not contested:
        return ()
    can_lose = set(contested)
    enders: dict[int, set[int]] = {}
    for number, unit in enumerate(units):
        if unit.leave_all:
            for other in contested:
                for above in units[other].ancestors:
                    enders.setdefault(above, set()).add(number)
        for left in unit.leave:
            enders.setdefault(left, set()).add(number)
    for group in groups:
        for eaten in group.eats:
            enders.setdefault(eaten, set()).add(group.rule)

    def before(rule: int) -> list[int]:
        found = {ender for above in units[rule].ancestors for ender in (above, *enders.get(above, ()))}
        return sorted(found & can_lose, reverse=True)

    order: list[int] = []
    begun: set[int] = set()
    for root in contested:
        stack = [(root, False)]
        while stack:
            rule, ready = stack.pop()
            if ready:
                order.append(rule)
            elif rule not in begun:
                begun.add(rule)
                stack.append((rule, True))
                stack += [(other, False) for other in before(rule) if other not in begun]
    return tuple(order)


def _ascending(ids: list[int]) -> tuple[int, ...]:
    return tuple(ids if len(ids) < 2 else sorted(set(ids)))


def _reads(value: Value) -> list[Ref | EntityRef]:
    if isinstance(value, Sum):
        return _reads(value.left) + _reads(value.right)
    if isinstance(value, Item):
        return [value.of, *_reads(value.at)]
    return [] if isinstance(value, Const) else [value]


def _place(rule: Rule) -> str:
    return f"{rule.origin}: rule {rule.name!r}" if rule.origin else f"rule {rule.name!r}"


def pulse_name(pulse: Pulse) -> str:
    """A pulse for people: ``other yes``, ``self greeting done``."""
    name = f"{pulse.source} {pulse.name} {pulse.phase}".rstrip()
    return f"{name} by {pulse.via}" if pulse.via else name


def value_name(value: Any) -> str:
    """A value for people; constants as literals: the text ``host`` is not the entry ``host``."""
    if isinstance(value, Const):
        return repr(value.value)
    if isinstance(value, Sum):
        return f"({value_name(value.left)} {'-' if value.minus else '+'} {value_name(value.right)})"
    if isinstance(value, Item):
        return f"{value_name(value.of)}[{value_name(value.at)}]"
    if isinstance(value, EntityRef):
        return ".".join((f"{value.miron}:{value.slot}", *value.parts))
    return ".".join((value.entry, *value.parts))


def level_name(level: Level | Spent | Holds) -> str:
    """The unique, stable name of a level."""
    match level:
        case Test(op, ref, None):
            return f"{value_name(ref)} is {op.value}"
        case Test(op, ref, operand):
            return f"{value_name(ref)} {op.value} {value_name(operand)}"
        case Active(rule):
            return f"active {rule}"
        case Ended(rule):
            return f"ended {rule}"
        case Failed(rule):
            return f"failed {rule}"
        case Running(rule):
            return f"running {rule}"
        case After(rule, ms):
            return f"after {ms} ms of {rule}"
        case TimerOut(name):
            return f"timer {name}"
        case Held(masks, ms):
            return f"({' or '.join(_mask_name(mask) for mask in masks)}) for {ms} ms"
        case Busy(channel):
            return f"busy {channel}"
        case Spent(rule):
            return f"once {rule}"
        case Holds(of):
            return f"counting {level_name(of)}"


def _mask_name(mask: Mask) -> str:
    return " and ".join(lit_name(lit) for lit in mask.lits)


def lit_name(lit: Lit) -> str:
    """A level or gate, plain or negated."""
    of = lit.of
    name = f"{pulse_name(of.pulse)} within {of.ms} ms" if isinstance(of, Within) else level_name(of)
    return name if lit.positive else f"not {name}"
