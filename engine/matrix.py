"""The matrix executor: the equations of :mod:`engine.network` written out over sparse weights (torch).

:class:`MatrixStep` is one tick for a batch of sessions: vectors in, vectors out, exact in float32 because
every sum is a small integer or half. :class:`MatrixExecutor` is one session of it behind the interface of
executors. For audit, export and many sessions at once; a kiosk runs the live executor and needs no torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from engine.conditions import pulse_name
from engine.network import NONE, Closing, Network, State, Suppressed, Tick, Wires

_NEVER = -(1 << 62)
Tensor = Any


class Inputs(NamedTuple):
    """A tick's inputs, one row a session, all float32 of zeros and ones.

    Attributes:
        pulses: u, (sessions, pulses).
        levels: x, (sessions, levels). before: x̂.
        again: Levels whose rise counts although they were on: of rules that fired again.
        gates: g, (sessions, gates).
        cooling: (sessions, rules): fired, and the cooldown is not over.
    """

    pulses: Tensor
    levels: Tensor
    before: Tensor
    again: Tensor
    gates: Tensor
    cooling: Tensor


class Outputs(NamedTuple):
    """A tick's results, one row a session: units of the equations by their names there.

    Attributes:
        gamma: γ of (1). offered: γ¹ of (2). heard: γ² of (3).
        candidates: c. winners: w. acted: κ.
        consumed: Rules eaten. over: rules left by an effect, with the parts of all that is over or anew.
        levels: x after (7), (8) and ``once``.
        writes: ω of (9), one column per pair of :attr:`MatrixStep.writers`.
    """

    gamma: Tensor
    offered: Tensor
    heard: Tensor
    candidates: Tensor
    winners: Tensor
    acted: Tensor
    consumed: Tensor
    over: Tensor
    levels: Tensor
    writes: Tensor


def _step(z: Tensor) -> Tensor:
    """H."""
    return (z > 0).to(torch.float32)


class MatrixStep(torch.nn.Module):  # type: ignore[misc]
    """One tick. Buffers are weights: sparse matrices from columns to rows, and vectors.

    Attributes:
        writers: Pairs (key, rule) in order of key and rank, the units of (9).
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self._conditions()
        self._competition()
        self._effects()

    def _weights(self, name: str, entries: Iterable[tuple[int, int, float]], rows: int, columns: int) -> None:
        summed: dict[tuple[int, int], float] = {}
        for row, column, weight in entries:
            summed[row, column] = summed.get((row, column), 0.0) + weight
        keys = sorted(summed)
        index = torch.tensor(keys, dtype=torch.int64).reshape(-1, 2).T
        values = torch.tensor([summed[key] for key in keys], dtype=torch.float32)
        matrix = torch.sparse_coo_tensor(
            index, values, (rows, columns), check_invariants=True, is_coalesced=True
        )
        self.register_buffer(name, matrix)

    def _vector(self, name: str, values: Iterable[float]) -> None:
        self.register_buffer(name, torch.tensor(list(values), dtype=torch.float32))

    def _conditions(self) -> None:
        net = self.network
        groups, units = net.groups, net.units
        wires = [group.wires for group in groups]
        self._weights(
            "pulse_weights",
            ((g, group.pulse, 1.0) for g, group in enumerate(groups) if group.pulse != NONE),
            len(groups),
            len(net.pulses),
        )
        self._and("group", wires)
        # Test groups multiply their sum by the number of levels, so that one rise can decide.
        self._vector("m", (0 if g.pulse != NONE else len(g.wires.plus + g.wires.minus) for g in groups))
        self._vector(
            "k", (len(w.plus + w.gates_plus) + (groups[g].pulse != NONE) for g, w in enumerate(wires))
        )
        tests = [(g, group.wires) for g, group in enumerate(groups) if group.pulse == NONE]
        size = len(groups), len(net.levels)
        self._weights("rise_weights", ((g, level, 1.0) for g, w in tests for level in w.plus), *size)
        self._weights("fall_weights", ((g, level, 1.0) for g, w in tests for level in w.minus), *size)
        masks = [(rule, mask) for rule, unit in enumerate(units) for mask in unit.unless]
        self._and("mask", [mask for _, mask in masks])
        self._vector("mask_k", (len(mask.plus + mask.gates_plus) for _, mask in masks))
        self._weights(
            "unless_weights", ((r, i, 1.0) for i, (r, _) in enumerate(masks)), len(units), len(masks)
        )
        own = [(r, level) for r, u in enumerate(units) for level in (u.spent, u.running) if level != NONE]
        self._weights("own_weights", ((r, level, 1.0) for r, level in own), len(units), len(net.levels))
        self._weights(
            "rule_groups", ((g.rule, i, 1.0) for i, g in enumerate(groups)), len(units), len(groups)
        )
        inside = [
            (outer, inner)
            for inner, by in enumerate(groups)
            if by.takes
            for outer, group in enumerate(groups)
            if group.takes and units[group.rule].scope in net.enclosing[units[by.rule].scope]
        ]
        self._weights("scope_weights", ((o, i, 1.0) for o, i in inside), len(groups), len(groups))

    def _and(self, name: str, wires: Sequence[Wires]) -> None:
        net = self.network
        levels = [(i, n, 1.0) for i, w in enumerate(wires) for n in w.plus]
        levels += [(i, n, -1.0) for i, w in enumerate(wires) for n in w.minus]
        gates = [(i, n, 1.0) for i, w in enumerate(wires) for n in w.gates_plus]
        gates += [(i, n, -1.0) for i, w in enumerate(wires) for n in w.gates_minus]
        self._weights(f"{name}_levels", levels, len(wires), len(net.levels))
        self._weights(f"{name}_gates", gates, len(wires), len(net.gates))

    def _competition(self) -> None:
        """L of (5), by rule and by acted group; held channels; leave-all of those whose whole is in force."""
        net = self.network
        units = net.units
        turn = {rule: i for i, rule in enumerate(net.turn)}
        claims: list[tuple[int, int, float]] = []
        eaten: list[tuple[int, int, float]] = []
        held: list[tuple[int, int, float]] = []
        for rule in net.turn:
            unit = units[rule]
            for other, by in enumerate(units):
                if turn.get(other, -1) >= turn[rule]:
                    continue
                if unit.drop and other < rule and set(unit.channels) & set(by.channels):
                    claims.append((rule, other, 1.0))
                if set(unit.ancestors) & {other, *by.leave}:
                    claims.append((rule, other, 1.0))
            for g, group in enumerate(net.groups):
                if set(group.eats) & set(unit.ancestors) and turn.get(group.rule, -1) < turn[rule]:
                    eaten.append((rule, g, 1.0))
            if unit.drop:
                held += [(rule, net.busy[channel], 1.0) for channel in unit.channels]
        self._weights("claim_weights", claims, len(units), len(units))
        self._weights("eaten_weights", eaten, len(units), len(net.groups))
        self._weights("held_weights", held, len(units), len(net.levels))
        active = [(r, units[a].active, 1.0) for r, u in enumerate(units) for a in u.ancestors]
        self._weights("whole_weights", active, len(units), len(net.levels))
        self._vector("leaves_all", (unit.leave_all for unit in units))
        self._vector("free", (rule not in turn for rule in range(len(units))))

    def _effects(self) -> None:
        net = self.network
        units, flags = net.units, net.flags
        rules, levels = len(units), len(net.levels)
        eats = [(e, g, 1.0) for g, group in enumerate(net.groups) for e in group.eats]
        self._weights("eat_weights", eats, rules, len(net.groups))
        self._weights(
            "leave_weights", ((x, r, 1.0) for r, u in enumerate(units) for x in u.leave), rules, rules
        )
        self._weights(
            "part_weights", ((p, r, 1.0) for r, u in enumerate(units) for p in u.parts), rules, rules
        )
        stateful = [(r, u) for r, u in enumerate(units) if u.active != NONE]
        self._weights("is_active", ((r, u.active, 1.0) for r, u in stateful), rules, levels)
        self._weights("is_ended", ((r, u.ended, 1.0) for r, u in stateful), rules, levels)
        on = [(u.active, r, 1.0) for r, u in stateful] + [
            (u.ended, r, 1.0) for r, u in stateful if not u.lasts
        ]
        own = [
            (level, r, 1.0) for r, u in stateful for level in (u.active, u.ended, u.failed) if level != NONE
        ]
        self._weights("on_weights", on, levels, rules)
        self._weights("own_levels", own, levels, rules)
        self._weights(
            "spend", ((u.spent, r, 1.0) for r, u in enumerate(units) if u.spent != NONE), levels, rules
        )
        for name in ("yes", "no", "forget"):
            entries = [(f, r, 1.0) for r, u in enumerate(units) for f in getattr(u, name)]
            self._weights(f"{name}_weights", entries, len(flags), rules)
        for bit in ("yes", "no"):
            at = [(level, f, 1.0) for f, flag in enumerate(flags) if (level := getattr(flag, bit)) != NONE]
            self._weights(f"flag_{bit}", at, levels, len(flags))
        self.writers = sorted((key, r) for r, u in enumerate(units) for key in u.keys)
        higher = [
            (i, j, 1.0)
            for i, (key, _) in enumerate(self.writers)
            for j in range(i - 1, -1, -1)
            if self.writers[j][0] == key
        ]
        self._weights(
            "writer_rules", ((i, r, 1.0) for i, (_, r) in enumerate(self.writers)), len(self.writers), rules
        )
        self._weights("higher_weights", higher, len(self.writers), len(self.writers))

    def _times(self, weights: str, vectors: Tensor) -> Tensor:
        """Weights applied to each row."""
        matrix = getattr(self, weights)
        if not matrix.values().numel():  # torch's kernels do not take empty matrices everywhere
            return vectors.new_zeros((len(vectors), matrix.shape[0]))
        return torch.sparse.mm(matrix, vectors.T).T

    def forward(self, inputs: Inputs) -> Outputs:
        """One tick of every session of the batch."""
        u, x, before, again, g, cooling = inputs
        rise = torch.maximum(_step(x - before - 0.5), again * x)
        fall = _step(before - x - 0.5)
        held = self._times("group_levels", x) + self._times("group_gates", g)
        by_pulse = _step(self._times("pulse_weights", u) + held - self.k + 0.5)
        edges = self._times("rise_weights", rise) + self._times("fall_weights", fall)
        by_tests = _step(edges + self.m * held - self.m * self.k - 0.5)
        gamma = torch.where(self.m > 0, by_tests, by_pulse)  # (1)
        masks = _step(self._times("mask_levels", x) + self._times("mask_gates", g) - self.mask_k + 0.5)
        inhibitors = self._times("unless_weights", masks) + self._times("own_weights", x) + cooling
        eligible = _step(0.5 - inhibitors)
        offered = _step(gamma + self._times_back("rule_groups", eligible) - 1.5)  # (2)
        heard = _step(offered - self._times("scope_weights", offered) - 0.5)  # (3)
        candidates = _step(self._times("rule_groups", heard) - 0.5)  # (4)
        winners = self._substitute(candidates, heard, x)  # (5)
        acted = _step(heard + self._times_back("rule_groups", winners) - 1.5)  # (6)
        consumed = _step(self._times("eat_weights", acted) - 0.5)
        active = self._times("is_active", x)
        all_left = _step((winners * self.leaves_all).sum(1, keepdim=True) - 0.5)
        left = _step(consumed + self._times("leave_weights", winners) + active * all_left - 0.5)
        over = _step(left + self._times("part_weights", torch.maximum(left, winners)) - 0.5)
        after = self._write(x, winners, over)
        wants = self._times("writer_rules", winners)
        writes = _step(wants - self._times("higher_weights", wants) - 0.5)  # (9)
        return Outputs(gamma, offered, heard, candidates, winners, acted, consumed, over, after, writes)

    def _times_back(self, weights: str, vectors: Tensor) -> Tensor:
        """The transposed weights applied to each row."""
        matrix = getattr(self, weights).t().coalesce()
        if not matrix.values().numel():
            return vectors.new_zeros((len(vectors), matrix.shape[0]))
        return torch.sparse.mm(matrix, vectors.T).T

    def _substitute(self, candidates: Tensor, heard: Tensor, x: Tensor) -> Tensor:
        """(5): forward substitution; a rule that can lose sees all who come before it by turn."""
        winners = candidates * self.free
        channels = self._times("held_weights", x)
        whole = _step(self._times("whole_weights", x) - 0.5)
        for rule in self.network.turn:
            acted = _step(heard + self._times_back("rule_groups", winners) - 1.5)
            claims = self._times("claim_weights", winners) + self._times("eaten_weights", acted)
            claims = claims + whole * (winners * self.leaves_all).sum(1, keepdim=True) + channels
            column = _step(candidates[:, rule] - claims[:, rule] - 0.5)
            winners = winners.clone()
            winners[:, rule] = column
        return winners

    def _write(self, x: Tensor, winners: Tensor, over: Tensor) -> Tensor:
        """(7), (8), ``once``; K = 4 outweighs what speaks against it, since collectors are capped at one."""
        ends = _step(self._times("own_levels", torch.maximum(over, winners)) - 0.5)
        x = _step(4 * self._times("on_weights", winners) + x - ends - 0.5)
        yes, no, forget = (_step(self._times(f"{n}_weights", winners) - 0.5) for n in ("yes", "no", "forget"))
        to_yes = self._times("flag_yes", 4 * yes - no - forget)
        to_no = self._times("flag_no", 4 * no - 16 * yes - forget)
        return _step(x + to_yes + to_no + self._times("spend", winners) - 0.5)

    def save(self, path: Path) -> None:
        """Write weights and names of units (npz); a matrix M as ``M.row``, ``M.column``, ``M.weight``."""
        net = self.network
        arrays: dict[str, Any] = {
            "levels": np.array(net.level_names),
            "pulses": np.array([pulse_name(p) for p in net.pulses]),
            "gates": np.array([f"{pulse_name(net.pulses[g.pulse])} within {g.ms} ms" for g in net.gates]),
            "rules": np.array([unit.name for unit in net.units]),
            "groups": np.array([f"{net.units[g.rule].name}[{g.number}]" for g in net.groups]),
            "flags": np.array([flag.entry for flag in net.flags]),
            "turn": np.array(net.turn, dtype=np.int64),
        }
        for name, buffer in self.named_buffers():
            if buffer.is_sparse:
                index = buffer.indices().numpy()
                arrays[f"{name}.row"], arrays[f"{name}.column"] = index
                arrays[f"{name}.weight"] = buffer.values().numpy()
            else:
                arrays[name] = buffer.numpy()
        np.savez_compressed(path, **arrays)


class MatrixExecutor:
    """One session of :class:`MatrixStep`; see :class:`engine.network.Executor`."""

    def __init__(self, network: Network, step: MatrixStep | None = None) -> None:
        self._network = network
        self._step = step or MatrixStep(network)
        self.reset()

    @property
    def network(self) -> Network:
        """What it executes."""
        return self._network

    def reset(self) -> None:
        """Back to the zero state."""
        network = self._network
        self._x = [0] * len(network.levels)
        self._last = [_NEVER] * len(network.pulses)
        self._fired = [_NEVER] * len(network.units)
        self.settle()

    def settle(self) -> None:
        """Forget the edges."""
        self._before = list(self._x)
        self._won: tuple[int, ...] = ()
        self._pulses: set[int] = set()
        self._told: set[int] = set()
        self._anew = False

    def level(self, level: int) -> bool:
        """Whether a level holds now."""
        return self._x[level] == 1

    def set_level(self, level: int, on: bool) -> None:
        """Change a level."""
        self._x[level] = int(on)

    def inputs(self, pulses: Sequence[int], now: int) -> Inputs:
        """The vectors of a tick, as a batch of one."""
        network = self._network
        again = [0] * len(network.levels)
        for rule in self._won:
            unit = network.units[rule]
            if unit.active != NONE:
                again[unit.active] = again[unit.ended] = 1
        u = [int(pulse in pulses) for pulse in range(len(network.pulses))]
        gates = [int(now - self._last[gate.pulse] <= gate.ms) for gate in network.gates]
        cooling = [
            int(unit.cooldown != NONE and now - fired <= unit.cooldown)
            for unit, fired in zip(network.units, self._fired, strict=True)
        ]
        rows = (u, self._x, self._before, again, gates, cooling)
        return Inputs(*(torch.tensor([row], dtype=torch.float32) for row in rows))

    def tick(self, pulses: Sequence[int], now: int) -> Tick:
        """Evaluate one tick and write its levels."""
        network, units = self._network, self._network.units
        inputs = self.inputs(pulses, now)
        with torch.no_grad():
            out = self._step(inputs)
        on = {name: _ones(getattr(out, name)) for name in ("heard", "candidates", "winners", "acted")}
        over, consumed = set(_ones(out.over)), _ones(out.consumed)
        left = tuple(
            rule
            for rule in sorted(over.difference(on["winners"]))
            if units[rule].active != NONE and (self._x[units[rule].active] or self._x[units[rule].ended])
        )
        losers = [rule for rule in on["candidates"] if rule not in on["winners"]]
        suppressed = tuple(self._why(rule, on["winners"], on["acted"]) for rule in losers)
        self._pulses.update(units[r].fired for r in on["winners"])
        self._pulses.update(
            units[network.groups[g].rule].took for g in on["acted"] if network.groups[g].takes
        )
        self._before = self._x
        self._x = [int(x) for x in out.levels[0].tolist()]
        self._won = on["winners"]
        self._anew = True
        self._told = set()
        for pulse in pulses:
            self._last[pulse] = now
        for rule in self._won:
            self._fired[rule] = now
        thinks = tuple(sorted({pulse for rule in self._won for pulse in units[rule].thinks}))
        taken = any(network.groups[g].takes for g in on["heard"])
        return Tick(network, on["heard"], self._won, suppressed, consumed, left, taken, thinks)

    def _why(self, rule: int, winners: Sequence[int], acted: Sequence[int]) -> Suppressed:
        """Which weight decided (5) against a candidate."""
        net, unit = self._network, self._network.units[rule]
        turn = {r: i for i, r in enumerate(net.turn)}
        if unit.drop:
            for channel in unit.channels:
                if self._x[net.busy[channel]]:
                    return Suppressed(rule, channel, NONE)
        eats: dict[int, set[int]] = {}
        for g in acted:
            eats.setdefault(net.groups[g].rule, set()).update(net.groups[g].eats)
        whole = any(self._x[net.units[a].active] for a in unit.ancestors)
        by = [
            q
            for q in winners
            if turn.get(q, -1) < turn[rule]
            and (
                (unit.drop and q < rule and set(unit.channels) & set(net.units[q].channels))
                or set(unit.ancestors) & {q, *net.units[q].leave, *eats.get(q, ())}
                or (net.units[q].leave_all and whole)
            )
        ]
        return Suppressed(rule, NONE, min(by))

    def leave(self, rules: Sequence[int]) -> tuple[int, ...]:
        """Leave rules from outside a tick."""
        units = self._network.units
        left = []
        for rule in sorted({*rules, *(part for whole in rules for part in units[whole].parts)}):
            unit = units[rule]
            if unit.active != NONE and (self._x[unit.active] or self._x[unit.ended]):
                left.append(rule)
            for level in (unit.active, unit.ended, unit.failed):
                if level != NONE:
                    self._x[level] = 0
        return tuple(left)

    def close(self) -> Closing:
        """End rules by themselves, derive levels, find clocks to arm."""
        network, units, x = self._network, self._network.units, self._x
        ended: set[int] = set()
        for rule, unit in enumerate(units):
            if unit.active != NONE and x[unit.active] and x[unit.end] and not unit.followed:
                ended.update(r for r in (rule, *unit.parts) if units[r].active != NONE and x[units[r].active])
                for over in ended:
                    x[units[over].active] = 0
        for derived in network.running:
            x[derived.level] = int(x[derived.active] and not x[derived.end])
        arm: list[int] = []
        cancel: list[int] = []
        for i, clock in enumerate(network.clocks):
            holds = any(all(x[n] for n in w.plus) and not any(x[n] for n in w.minus) for w in clock.wires)
            anew = self._anew and clock.rule in self._won
            if anew or holds != x[clock.holds]:
                x[clock.level] = 0
                if holds:
                    arm.append(i)
                elif x[clock.holds]:
                    cancel.append(i)
                x[clock.holds] = int(holds)
        self._anew = False
        pulses = self._pulses - {NONE}
        self._pulses = set()
        for rule, unit in enumerate(units):
            if unit.finished != NONE:
                if x[unit.ended] and (not self._before[unit.ended] or rule in self._won):
                    pulses |= {unit.finished} - self._told
                    self._told.add(unit.finished)
                else:
                    self._told.discard(unit.finished)
        edges = x != self._before or any(units[rule].active != NONE for rule in self._won)
        return Closing(tuple(sorted(ended)), tuple(arm), tuple(cancel), tuple(sorted(pulses)), edges)

    def last_seen(self, pulse: int) -> int | None:
        """When a pulse was last seen."""
        return None if self._last[pulse] == _NEVER else self._last[pulse]

    def last_fired(self, rule: int) -> int | None:
        """When a rule with a cooldown last fired."""
        cools = self._network.units[rule].cooldown != NONE
        return None if self._fired[rule] == _NEVER or not cools else self._fired[rule]

    def snapshot(self) -> State:
        """The state between cascades."""
        network = self._network
        asked = sorted({gate.pulse for gate in network.gates})
        seen = [(network.pulses[p], t) for p in asked if (t := self.last_seen(p)) is not None]
        fired = [
            (unit.name, t) for r, unit in enumerate(network.units) if (t := self.last_fired(r)) is not None
        ]
        on = sorted(name for name, x in zip(network.level_names, self._x, strict=True) if x)
        return State(tuple(on), tuple(seen), tuple(fired))

    def restore(self, state: State) -> tuple[str, ...]:
        """Take over a state; returns names that this network lacks."""
        network = self._network
        self.reset()
        lacks = []
        levels = {name: i for i, name in enumerate(network.level_names)}
        for name in state.on:
            if name in levels:
                self._x[levels[name]] = 1
            else:
                lacks.append(name)
        for pulse, t in state.seen:
            if pulse in network.pulse_ids:
                self._last[network.pulse_ids[pulse]] = t
            else:
                lacks.append(pulse_name(pulse))
        for rule, t in state.fired:
            if rule in network.rule_ids:
                self._fired[network.rule_ids[rule]] = t
            else:
                lacks.append(rule)
        self.settle()
        return tuple(lacks)


def _ones(row: Tensor) -> tuple[int, ...]:
    """Which units of a batch of one are on."""
    return tuple(torch.nonzero(row[0]).flatten().tolist())
