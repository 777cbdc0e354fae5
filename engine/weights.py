"""The behaviour network as weights: named matrices and vectors of the equations of :mod:`engine.network`.

Plain numbers, no torch: what :mod:`engine.matrix` evaluates, :mod:`engine.export` writes and
:mod:`engine.inspect` shows is this one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.conditions import pulse_name
from engine.network import NONE, Network, Unit, Wires

Entry = tuple[int, int, float]
"""Row, column, weight."""


class Matrix(NamedTuple):
    """A sparse matrix from the units of its columns to those of its rows.

    Attributes:
        rows: Kind of the units it leads to, a key of :attr:`Weights.names`.
        columns: Kind of the units it comes from.
        entries: Weights that are not absent, by row and column.
    """

    rows: str
    columns: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """All weights of a network.

    Attributes:
        names: Kind of unit → its names: ``pulses levels gates groups masks rules flags writers``.
        origins: Source lines (``file:line:column``) of ``rules``, in their order; empty where not known.
        matrices: By the names that :class:`engine.matrix.MatrixStep` gives them.
        vectors: ``m k mask_k leaves_all free``, see there.
        turn: Rules that can lose, in the order of (5).
    """

    names: Mapping[str, tuple[str, ...]]
    origins: tuple[str, ...]
    matrices: Mapping[str, Matrix]
    vectors: Mapping[str, tuple[float, ...]]
    turn: tuple[int, ...]


def weights_of(network: Network) -> Weights:
    """The weights of a network."""
    return _Builder(network).build()


def writers_of(network: Network) -> list[tuple[int, int]]:
    """Pairs (key, rule) in order of key and rank: the units of (9)."""
    return sorted((key, rule) for rule, unit in enumerate(network.units) for key in unit.keys)


class _Builder:
    def __init__(self, network: Network) -> None:
        self._net = network
        self._matrices: dict[str, Matrix] = {}
        self._vectors: dict[str, tuple[float, ...]] = {}
        self._masks = [(rule, mask) for rule, unit in enumerate(network.units) for mask in unit.unless]
        self._writers = writers_of(network)

    def build(self) -> Weights:
        self._groups()
        self._inhibition()
        self._scopes()
        self._competition()
        self._leaving()
        self._levels()
        self._writing()
        net = self._net
        origins = {rule.name: rule.origin for rule in net.program.rules}
        return Weights(
            self._names(),
            tuple(origins[unit.name] for unit in net.units),
            self._matrices,
            self._vectors,
            tuple(net.turn),
        )

    def _names(self) -> dict[str, tuple[str, ...]]:
        net = self._net
        units = net.units
        numbers: dict[int, int] = {}
        masks = []
        for rule, _ in self._masks:
            numbers[rule] = number = numbers.get(rule, -1) + 1
            masks.append(f"{units[rule].name} unless[{number}]")
        return {
            "pulses": tuple(pulse_name(pulse) for pulse in net.pulses),
            "levels": net.level_names,
            "gates": tuple(f"{pulse_name(net.pulses[g.pulse])} within {g.ms} ms" for g in net.gates),
            "groups": tuple(f"{units[g.rule].name}[{g.number}]" for g in net.groups),
            "masks": tuple(masks),
            "rules": tuple(unit.name for unit in units),
            "flags": tuple(flag.entry for flag in net.flags),
            "writers": tuple(
                f"{' '.join(net.keys[key])} by {units[rule].name}" for key, rule in self._writers
            ),
        }

    def _add(self, name: str, rows: str, columns: str, entries: Iterable[Entry]) -> None:
        summed: dict[tuple[int, int], float] = {}
        for row, column, weight in entries:
            summed[row, column] = summed.get((row, column), 0.0) + weight
        self._matrices[name] = Matrix(
            rows, columns, tuple((*place, weight) for place, weight in sorted(summed.items()))
        )

    def _vector(self, name: str, values: Iterable[float]) -> None:
        self._vectors[name] = tuple(float(value) for value in values)

    def _groups(self) -> None:
        groups = self._net.groups
        wires = [group.wires for group in groups]
        events = [(g, group.pulse, 1.0) for g, group in enumerate(groups) if group.pulse != NONE]
        self._add("pulse_weights", "groups", "pulses", events)
        self._and("group", wires)
        # Test groups multiply their sum by the number of levels, so that one rise can decide.
        self._vector("m", (0 if g.pulse != NONE else len(g.wires.plus + g.wires.minus) for g in groups))
        self._vector(
            "k", (len(w.plus + w.gates_plus) + (groups[g].pulse != NONE) for g, w in enumerate(wires))
        )
        tests = [(g, group.wires) for g, group in enumerate(groups) if group.pulse == NONE]
        self._add("rise_weights", "groups", "levels", ((g, level, 1.0) for g, w in tests for level in w.plus))
        self._add(
            "fall_weights", "groups", "levels", ((g, level, 1.0) for g, w in tests for level in w.minus)
        )
        of_rule = [(group.rule, g, 1.0) for g, group in enumerate(groups)]
        self._add("rule_groups", "rules", "groups", of_rule)

    def _and(self, name: str, wires: Sequence[Wires]) -> None:
        levels = [(i, n, 1.0) for i, w in enumerate(wires) for n in w.plus]
        levels += [(i, n, -1.0) for i, w in enumerate(wires) for n in w.minus]
        gates = [(i, n, 1.0) for i, w in enumerate(wires) for n in w.gates_plus]
        gates += [(i, n, -1.0) for i, w in enumerate(wires) for n in w.gates_minus]
        self._add(f"{name}_levels", f"{name}s", "levels", levels)
        self._add(f"{name}_gates", f"{name}s", "gates", gates)

    def _inhibition(self) -> None:
        self._and("mask", [mask for _, mask in self._masks])
        self._vector("mask_k", (len(mask.plus + mask.gates_plus) for _, mask in self._masks))
        self._add("unless_weights", "rules", "masks", ((r, i, 1.0) for i, (r, _) in enumerate(self._masks)))
        own = [
            (rule, level, 1.0)
            for rule, unit in enumerate(self._net.units)
            for level in (unit.spent, unit.running)
            if level != NONE
        ]
        self._add("own_weights", "rules", "levels", own)

    def _scopes(self) -> None:
        net = self._net
        taking: dict[int, list[int]] = {}
        for g, group in enumerate(net.groups):
            if group.takes:
                taking.setdefault(net.units[group.rule].scope, []).append(g)
        inside = [
            (outer, inner, 1.0)
            for scope, inners in taking.items()
            for around in net.enclosing[scope]
            for outer in taking.get(around, ())
            for inner in inners
        ]
        self._add("scope_weights", "groups", "groups", inside)

    def _competition(self) -> None:
        """L of (5), by rule and by acted group; held channels; leave-all of those whose whole is in force."""
        net = self._net
        units = net.units
        turn = {rule: i for i, rule in enumerate(net.turn)}
        users = _index((channel, rule) for rule, unit in enumerate(units) for channel in unit.channels)
        leavers = _index((left, rule) for rule, unit in enumerate(units) for left in unit.leave)
        eaters = _index((eaten, g) for g, group in enumerate(net.groups) for eaten in group.eats)
        claims: list[Entry] = []
        eaten: list[Entry] = []
        held: list[Entry] = []
        for rule in net.turn:
            unit = units[rule]

            def before(other: int, rule: int = rule) -> bool:
                return turn.get(other, -1) < turn[rule]

            if unit.drop:
                rivals = {other for channel in unit.channels for other in users.get(channel, ())}
                claims += [(rule, other, 1.0) for other in rivals if other < rule and before(other)]
                held += [(rule, net.busy[channel], 1.0) for channel in unit.channels]
            wholes = set(unit.ancestors).union(*(leavers.get(whole, ()) for whole in unit.ancestors))
            claims += [(rule, other, 1.0) for other in wholes if before(other)]
            by = {g for whole in unit.ancestors for g in eaters.get(whole, ())}
            eaten += [(rule, g, 1.0) for g in by if before(net.groups[g].rule)]
        self._add("claim_weights", "rules", "rules", claims)
        self._add("eaten_weights", "rules", "groups", eaten)
        self._add("held_weights", "rules", "levels", held)
        whole = [(rule, units[above].active, 1.0) for rule, u in enumerate(units) for above in u.ancestors]
        self._add("whole_weights", "rules", "levels", whole)
        self._vector("leaves_all", (unit.leave_all for unit in units))
        self._vector("free", (rule not in turn for rule in range(len(units))))

    def _leaving(self) -> None:
        units = self._net.units
        eats = [(eaten, g, 1.0) for g, group in enumerate(self._net.groups) for eaten in group.eats]
        self._add("eat_weights", "rules", "groups", eats)
        self._add(
            "leave_weights", "rules", "rules", ((x, r, 1.0) for r, u in enumerate(units) for x in u.leave)
        )
        self._add(
            "part_weights", "rules", "rules", ((p, r, 1.0) for r, u in enumerate(units) for p in u.parts)
        )

    def _levels(self) -> None:
        """How rules change their own levels and those of flags."""
        net = self._net
        stateful: list[tuple[int, Unit]] = [(r, u) for r, u in enumerate(net.units) if u.active != NONE]
        self._add("is_active", "rules", "levels", ((r, u.active, 1.0) for r, u in stateful))
        self._add("is_ended", "rules", "levels", ((r, u.ended, 1.0) for r, u in stateful))
        on = [(u.active, r, 1.0) for r, u in stateful]
        on += [(u.ended, r, 1.0) for r, u in stateful if not u.lasts]
        self._add("on_weights", "levels", "rules", on)
        own = [
            (level, r, 1.0) for r, u in stateful for level in (u.active, u.ended, u.failed) if level != NONE
        ]
        self._add("own_levels", "levels", "rules", own)
        spend = [(u.spent, r, 1.0) for r, u in enumerate(net.units) if u.spent != NONE]
        self._add("spend", "levels", "rules", spend)
        for name in ("yes", "no", "forget"):
            entries = [(f, r, 1.0) for r, u in enumerate(net.units) for f in getattr(u, name)]
            self._add(f"{name}_weights", "flags", "rules", entries)
        for bit in ("yes", "no"):
            at = [
                (level, f, 1.0) for f, flag in enumerate(net.flags) if (level := getattr(flag, bit)) != NONE
            ]
            self._add(f"flag_{bit}", "levels", "flags", at)

    def _writing(self) -> None:
        writers = self._writers
        self._add("writer_rules", "writers", "rules", ((i, rule, 1.0) for i, (_, rule) in enumerate(writers)))
        same = _index((key, i) for i, (key, _) in enumerate(writers))
        higher = [(i, j, 1.0) for each in same.values() for i in each for j in each if j < i]
        self._add("higher_weights", "writers", "writers", higher)


def _index(pairs: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
