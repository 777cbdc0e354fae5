"""Expectations: what the other could express now that some rule would react to (docs/semantics.md §8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from engine.core import Core
from engine.events import Expected
from engine.model import Active, OnBusy, Program
from engine.network import NONE, AndGroup, Executor, Network, Unit, Wires


class Woken(NamedTuple):
    """A group and a Miron that could wake it; ``state``: it belongs to a state in force."""

    group: AndGroup
    miron: str
    state: bool


class Outlook:
    """What each group could be woken by; computed once for a program.

    Attributes:
        guarded: By a level that must be on and that the Miron does not write: who waits for it. Where
            there is a choice, a state, because few of these are in force.
        unguarded: Who waits for no such level.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        program = network.program
        self.fills: dict[str, frozenset[str]] = {
            name: frozenset((*(entry for _, entry in meta.writes), *(entry for entry, _ in meta.sets)))
            for name, meta in program.mirons.items()
        }
        self.free: dict[str, frozenset[int]] = {
            name: frozenset(level for entry in entries for level in network.tests_by_entry.get(entry, ()))
            | frozenset(network.tests_by_miron.get(name, ()))
            for name, entries in self.fills.items()
        }
        tellers = _tellers(program, self.fills)
        self.guarded: dict[int, list[Woken]] = {}
        self.unguarded: list[Woken] = []
        self.depth = [len(scopes) for scopes in network.enclosing]
        states = frozenset(level for level, of in enumerate(network.levels) if isinstance(of, Active))
        for group in network.groups:
            if group.pulse == NONE:
                continue
            pulse = network.pulses[group.pulse]
            names: tuple[str, ...] = ()
            if pulse.source == "other" and pulse.name != "anything":
                names = (pulse.name,)
            elif pulse.source in ("told", "changed"):
                names = tellers.get(pulse.name, ())
            state = not states.isdisjoint(group.wires.plus)
            for name in names:
                free = self.free.get(name, frozenset())
                guards = [level for level in group.wires.plus if level not in free]
                guards.sort(key=lambda level: level not in states)
                waiting = self.guarded.setdefault(guards[0], []) if guards else self.unguarded
                waiting.append(Woken(group, name, state))

    def possible(self, executor: Executor) -> Iterator[Woken]:
        """Those whose guard is on."""
        yield from self.unguarded
        for level in executor.on():
            yield from self.guarded.get(level, ())


def _tellers(program: Program, fills: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    """Entry or group of entries → Mirons that can write it."""
    found: dict[str, list[str]] = {}
    for name in sorted(fills):
        if program.mirons[name].channel != "speech":
            continue
        places: set[str] = set()
        for entry in fills[name]:
            places.add(entry)
            while "." in entry:
                entry = entry.rpartition(".")[0]
                places.add(entry)
        for place in places:
            found.setdefault(place, []).append(name)
    return {place: tuple(names) for place, names in found.items()}


def expectations(core: Core, outlook: Outlook) -> list[Expected]:
    """Inner scopes first, then groups of a state in force, then the rest; within these by rank."""
    network = outlook.network
    found: list[tuple[tuple[int, int, int, int, str], Expected]] = []
    eligible: dict[tuple[int, str], bool] = {}
    for group, name, state in outlook.possible(core.executor):
        free = outlook.free.get(name, frozenset())
        if not _holds(core, group.wires, free):
            continue
        unit = network.units[group.rule]
        key = (group.rule, name)
        if key not in eligible:
            eligible[key] = _eligible(core, group.rule, unit, free)
        if eligible[key]:
            expected = Expected(
                name,
                unit.name,
                group.number,
                core.rules[group.rule].scope,
                via=network.pulses[group.pulse].via,
                takes=group.takes,
                state=state,
            )
            order = (-outlook.depth[unit.scope], 0 if state else 1, group.rule, group.number, name)
            found.append((order, expected))
    found.sort(key=lambda each: each[0])
    return [expected for _, expected in found]


def _holds(core: Core, wires: Wires, free: frozenset[int]) -> bool:
    level = core.executor.level
    return (
        all(number in free or level(number) for number in wires.plus)
        and all(number in free or not level(number) for number in wires.minus)
        and all(gate_open(core, number) for number in wires.gates_plus)
        and not any(gate_open(core, number) for number in wires.gates_minus)
    )


def _inhibits(core: Core, wires: Wires, free: frozenset[int]) -> bool:
    """Whether a mask of ``unless`` holds whatever the Miron writes."""
    touched = any(number in free for number in (*wires.plus, *wires.minus))
    return not touched and _holds(core, wires, frozenset())


def gate_open(core: Core, number: int) -> bool:
    """Whether a gate (``P within T``) holds now."""
    gate = core.network.gates[number]
    last = core.executor.last_seen(gate.pulse)
    return last is not None and core.t - last <= gate.ms


def _eligible(core: Core, rule: int, unit: Unit, free: frozenset[int]) -> bool:
    level = core.executor.level
    if any(_inhibits(core, mask, free) for mask in unit.unless):
        return False
    if unit.spent != NONE and level(unit.spent):
        return False
    if unit.running != NONE and level(unit.running):
        return False
    if unit.cooldown != NONE:
        last = core.executor.last_fired(rule)
        if last is not None and core.t - last <= unit.cooldown:
            return False
    if core.rules[rule].on_busy is OnBusy.DROP:
        return not any(level(core.network.busy[channel]) for channel in unit.channels)
    return True
