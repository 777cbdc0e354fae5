"""The matrix executor: one session of :class:`engine.matrix.MatrixStep` behind the interface of executors."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.conditions import pulse_name
from engine.matrix import Inputs, MatrixStep, Tensor
from engine.network import NONE, Closing, Network, State, Suppressed, Tick
from engine.weights import weights_of

_NEVER = -(1 << 62)


class MatrixExecutor:
    """One session of :class:`MatrixStep`; see :class:`engine.network.Executor`."""

    def __init__(self, network: Network, step: MatrixStep | None = None) -> None:
        self._network = network
        self._step = step or MatrixStep(weights_of(network))
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

    def on(self) -> list[int]:
        """The levels that hold now, ascending."""
        return [level for level, x in enumerate(self._x) if x]

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
