"""The live executor: event-driven, integers only, exact. What it looks up is in :mod:`engine.adjacency`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.adjacency import Tables
from engine.conditions import pulse_name
from engine.network import NONE, Closing, Network, State, Suppressed, Tick
from engine.plans import Doubt, Plan, all_hold, flag_bits

_NEVER = -(1 << 62)
_NOTHING = Closing()
_EDGES = Closing(edges=True)


class LiveExecutor:
    """See :class:`engine.network.Executor`."""

    __slots__ = (
        "_again",
        "_dirty",
        "_edges",
        "_last",
        "_network",
        "_open",
        "_pulses",
        "_quiet",
        "_restart",
        "_tables",
        "_told",
        "_triggers",
        "_words",
        "_x",
    )

    def __init__(self, network: Network, tables: Tables | None = None) -> None:
        self._network = network
        self._tables = tables or Tables(network)
        self._quiet = Tick(network)
        self.reset()

    @property
    def network(self) -> Network:
        """What it executes."""
        return self._network

    def reset(self) -> None:
        """Back to the zero state."""
        network, tables = self._network, self._tables
        self._x = bytearray(len(network.levels))
        self._words = list(tables.initial)
        self._triggers = tables.triggers
        self._last = [_NEVER] * (len(network.pulses) + len(network.units))
        self._edges: dict[int, int] = {}
        self._again: list[int] = []
        self._dirty: set[int] = set()
        self._pulses: set[int] = set()
        self._told: set[int] = set()
        self._restart: set[int] = set()
        self._open = True
        # What holds in the zero state already (negated masks) begins to hold at the first closing.
        self._dirty.update(level for level, watched in enumerate(tables.watched) if watched)

    def level(self, level: int) -> bool:
        """Whether a level holds now."""
        return self._x[level] == 1

    def on(self) -> list[int]:
        """The levels that hold now, ascending."""
        found = []
        level = self._x.find(1)
        while level >= 0:
            found.append(level)
            level = self._x.find(1, level + 1)
        return found

    def set_level(self, level: int, on: bool) -> None:
        """Change a level."""
        if self._x[level] != on:
            self._flip(level)

    def _flip(self, level: int) -> None:
        tables, x, words = self._tables, self._x, self._words
        on = x[level] = x[level] ^ 1
        if on:
            for trigger, weight in tables.fan[level]:
                words[trigger] += weight
        else:
            for trigger, weight in tables.fan[level]:
                words[trigger] -= weight
        if tables.tracked[level]:
            edges = self._edges
            if level in edges:
                del edges[level]
            else:
                edges[level] = tables.edges.get(2 * level + on, NONE)
        if tables.watched[level]:
            self._dirty.add(level)
            self._open = True

    def tick(self, pulses: Sequence[int], now: int) -> Tick:
        """Evaluate one tick and write its levels."""
        words, last, triggers = self._words, self._last, self._triggers
        plan = None
        for trigger in [*pulses, *self._risen()] if self._edges or self._again else pulses:
            tops, gated, gates, plans = triggers[trigger]
            acting = words[trigger] & tops
            if not acting:
                continue
            if acting & gated:
                for bit, pulse, ms, doubt in gates:
                    if acting & bit and (
                        now - last[pulse] > ms or (doubt and self._bars(doubt, words[trigger], now))
                    ):
                        acting ^= bit
                if not acting:
                    continue
            found = plans[acting] if acting in plans else self._tables.plan(trigger, acting)
            plan = found if plan is None else self._tables.joined(plan, found)
        for pulse in pulses:
            last[pulse] = now
        if plan is None:
            return self._quiet
        if plan.plain:
            return plan
        if plan.contest:
            return self._contest(plan, now)
        x = self._x
        for level in plan.off:
            if x[level]:
                self._flip(level)
        for level in plan.on:
            if not x[level]:
                self._flip(level)
        return plan

    def _risen(self) -> list[int]:
        """Triggers of the levels that have changed; they are forgotten."""
        edges, x, of = self._edges, self._x, self._tables.edges
        for level in self._again:
            if x[level]:
                edges[level] = of.get(2 * level + 1, NONE)
        self._again.clear()
        self._told.clear()
        risen = [trigger for trigger in edges.values() if trigger != NONE]
        edges.clear()
        return risen

    def _bars(self, doubt: Doubt, word: int, now: int) -> bool:
        """Whether something speaks against a group whose levels and first gate are right."""
        on, off, terms, masks = doubt
        last, x = self._last, self._x
        for level in on:
            if not x[level]:
                return True
        for level in off:
            if x[level]:
                return True
        if terms and not all_hold(terms, last, now):
            return True
        if not masks:
            return False
        return any(word & bit and all_hold(gates, last, now) for bit, gates in masks)

    def _contest(self, plan: Plan, now: int) -> Tick:
        """(5)–(8) for rules that hold a state or may lose."""
        self._open = True
        units, turn = self._network.units, self._tables.turn
        groups = dict(plan.contest)
        order = [rule for rule in groups if rule not in turn]
        order += sorted((rule for rule in groups if rule in turn), key=turn.__getitem__)
        won: list[int] = []
        suppressed: list[Suppressed] = []
        claimed: dict[int, int] = {}
        ending: dict[int, int] = {}
        for rule in order:
            unit = units[rule]
            if rule in turn:
                stop = self._stop(rule, claimed, ending)
                if stop is not None:
                    suppressed.append(stop)
                    continue
            won.append(rule)
            for channel in unit.channels:
                claimed[channel] = min(rule, claimed.get(channel, rule))
            left = unit.leave if not unit.leave_all else (*unit.leave, *self._in_force())
            for over in (rule, *left, *(eaten for group in groups[rule] for eaten in group.eats)):
                ending[over] = min(rule, ending.get(over, rule))
        won.sort()
        suppressed.sort()
        consumed = sorted({eaten for rule in won for group in groups[rule] for eaten in group.eats})
        left = self._commit(won, consumed, now)
        for rule in won:
            unit = units[rule]
            if unit.fired != NONE:
                self._pulses.add(unit.fired)
            if unit.took != NONE and any(group.takes for group in groups[rule]):
                self._pulses.add(unit.took)
        thinks = tuple(sorted({pulse for rule in won for pulse in units[rule].thinks}))
        return Tick(
            self._network,
            plan.groups,
            tuple(won),
            tuple(suppressed),
            tuple(consumed),
            left,
            plan.taken,
            thinks,
        )

    def _stop(self, rule: int, claimed: dict[int, int], ending: dict[int, int]) -> Suppressed | None:
        """Why a candidate may not fire: a held channel, a higher claim, or that its whole is over or anew."""
        unit = self._network.units[rule]
        by = [ending[above] for above in unit.ancestors if above in ending]
        if unit.drop:
            for channel in unit.channels:
                if self._x[self._network.busy[channel]]:
                    return Suppressed(rule, channel, NONE)
                if claimed.get(channel, rule) < rule:
                    by.append(claimed[channel])
        return Suppressed(rule, NONE, min(by)) if by else None

    def _in_force(self) -> list[int]:
        x = self._x
        return [i for i, unit in enumerate(self._network.units) if unit.active != NONE and x[unit.active]]

    def _commit(self, won: list[int], consumed: Iterable[int], now: int) -> tuple[int, ...]:
        """(7) and (8): write levels; returns the rules left."""
        units, tables = self._network.units, self._tables
        over = set(consumed)
        for rule in won:
            unit = units[rule]
            over.update(self._in_force() if unit.leave_all else (), unit.leave)
        over.update([part for rule in (*over, *won) for part in units[rule].parts])
        left = self._off(sorted(over.difference(won)))
        for rule in won:
            unit = units[rule]
            if unit.cooldown != NONE:
                self._last[len(self._network.pulses) + rule] = now
            if unit.active != NONE:
                self.set_level(unit.active, True)
                self.set_level(unit.ended, not unit.lasts)
                if unit.failed != NONE:
                    self.set_level(unit.failed, False)
                self._again += (unit.active, unit.ended)
                self._restart.update(tables.clocks_of.get(rule, ()))
        for level, on in flag_bits(self._network, won).items():
            self.set_level(level, on)
        return left

    def _off(self, rules: Iterable[int]) -> tuple[int, ...]:
        """Leave rules; returns those that had a state."""
        left = []
        for rule in rules:
            unit = self._network.units[rule]
            if unit.active != NONE and (self._x[unit.active] or self._x[unit.ended]):
                left.append(rule)
            for level in (unit.active, unit.ended, unit.failed):
                if level != NONE:
                    self.set_level(level, False)
        return tuple(left)

    def leave(self, rules: Sequence[int]) -> tuple[int, ...]:
        """Leave rules from outside a tick."""
        units = self._network.units
        return self._off(sorted({*rules, *(part for rule in rules for part in units[rule].parts)}))

    def close(self) -> Closing:
        """End rules by themselves, derive levels, find clocks to arm."""
        if not self._open:
            return _EDGES if self._edges else _NOTHING
        self._open = False
        ended = self._end()
        self._derive_running()
        arm, cancel = self._derive_clocks()
        pulses = self._finished()
        self._dirty.clear()
        return Closing(ended, arm, cancel, pulses, bool(self._edges or self._again))

    def _end(self) -> tuple[int, ...]:
        units, x, enders = self._network.units, self._x, self._tables.enders
        ended: list[int] = []
        for rule in sorted({rule for level in self._dirty for rule in enders.get(level, ())}):
            unit = units[rule]
            if x[unit.active] and x[unit.end] and not unit.followed:
                for over in (rule, *unit.parts):
                    active = units[over].active
                    if active != NONE and x[active]:
                        self._flip(active)
                        ended.append(over)
        return tuple(sorted(ended))

    def _derive_running(self) -> None:
        x, watchers = self._x, self._tables.running
        for i in sorted({i for level in self._dirty for i in watchers.get(level, ())}):
            level, active, end = self._network.running[i]
            self.set_level(level, bool(x[active] and not x[end]))

    def _derive_clocks(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        x, watchers = self._x, self._tables.clocks
        arm: list[int] = []
        cancel: list[int] = []
        waiting = {i for level in self._dirty for i in watchers.get(level, ())} | self._restart
        while waiting:
            # A clock's number is above those of the clocks whose bits it asks for.
            i = min(waiting)
            waiting.remove(i)
            clock = self._network.clocks[i]
            holds = any(
                all(x[level] for level in mask.plus) and not any(x[level] for level in mask.minus)
                for mask in clock.wires
            )
            anew = i in self._restart
            if not anew and x[clock.holds] == holds:
                continue
            if x[clock.level]:
                self._flip(clock.level)
                waiting.update(watchers.get(clock.level, ()))
            if holds:
                arm.append(i)
            elif x[clock.holds]:
                cancel.append(i)
            self.set_level(clock.holds, holds)
        self._restart.clear()
        return tuple(arm), tuple(cancel)

    def _finished(self) -> tuple[int, ...]:
        """The pulses of rules for the coming tick; each rise of ``ended`` is one, however often closed."""
        asked = self._tables.ended_pulse
        if asked:
            for level in (*self._dirty, *self._again):
                if level not in asked:
                    continue
                if not self._x[level]:
                    self._told.discard(level)
                elif level not in self._told and (level in self._edges or level in self._again):
                    self._told.add(level)
                    self._pulses.add(asked[level])
        pulses = tuple(sorted(self._pulses))
        self._pulses.clear()
        return pulses

    def settle(self) -> None:
        """Forget the edges."""
        self._edges.clear()
        self._again.clear()
        self._pulses.clear()
        self._told.clear()

    def last_seen(self, pulse: int) -> int | None:
        """When a pulse was last seen."""
        last = self._last[pulse]
        return None if last == _NEVER else last

    def last_fired(self, rule: int) -> int | None:
        """When a rule with a cooldown last fired."""
        return self.last_seen(len(self._network.pulses) + rule)

    def snapshot(self) -> State:
        """The state between cascades."""
        network, last = self._network, self._last
        asked = sorted({gate.pulse for gate in network.gates})
        fired = ((unit.name, self.last_fired(i)) for i, unit in enumerate(network.units))
        return State(
            on=tuple(sorted(name for name, x in zip(network.level_names, self._x, strict=True) if x)),
            seen=tuple((network.pulses[p], last[p]) for p in asked if last[p] != _NEVER),
            fired=tuple((name, t) for name, t in fired if t is not None),
        )

    def restore(self, state: State) -> tuple[str, ...]:
        """Take over a state; returns names that this network lacks."""
        network = self._network
        self.reset()
        lacks: list[str] = []
        levels = {name: i for i, name in enumerate(network.level_names)}
        for name in state.on:
            if name in levels:
                self._flip(levels[name])
            else:
                lacks.append(name)
        for pulse, t in state.seen:
            if pulse in network.pulse_ids:
                self._last[network.pulse_ids[pulse]] = t
            else:
                lacks.append(pulse_name(pulse))
        for rule, t in state.fired:
            if rule in network.rule_ids:
                self._last[len(network.pulses) + network.rule_ids[rule]] = t
            else:
                lacks.append(rule)
        self.settle()
        return tuple(lacks)
