"""Plays events on an executor and on the reference, and notes everything that can be seen, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.model import Active, Level, Op, Program, Pulse, Test
from engine.network import NONE, Closing, Executor, Holds, Network, Spent, Tick
from tests.engine.reference import RefClosing, Reference, RefTick
from tests.engine.strategies import INSTANT, Event

MAX_TICKS = 8
Log = list[Any]


def changeable(network: Network) -> list[Level]:
    """The levels that a driver writes, in order."""
    derived = {network.levels[d.level] for d in network.running}
    return [
        level
        for level in network.levels
        if not isinstance(level, Active | Spent | Holds) and level not in derived
    ]


def changes(step: tuple[tuple[int, bool], ...], levels: list[Level]) -> list[tuple[Level, bool]]:
    """What a step changes; yes and no of a flag are never both on."""
    out: list[tuple[Level, bool]] = []
    for choice, on in step:
        level = levels[choice % len(levels)]
        if on and isinstance(level, Test) and level.op in (Op.YES, Op.NO):
            other = Test(Op.NO if level.op is Op.YES else Op.YES, level.ref)
            out.append((other, False))
        out.append((level, on))
    return out


class Player:
    """An executor, spoken to by name."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.network = executor.network

    def set(self, level: Level, on: bool) -> None:
        number = self.network.level_id(level)
        if number is not None:
            self.executor.set_level(number, on)

    def tick(self, pulses: set[Pulse], now: int) -> Any:
        ids = sorted(i for p in pulses if (i := self.network.pulse_id(p)) is not None)
        return self.tick_by_name(self.executor.tick(ids, now))

    def tick_by_name(self, tick: Tick) -> Any:
        units, flags = self.network.units, self.network.flags
        groups = [self.network.groups[g] for g in tick.groups]

        def names(rules: Iterable[int]) -> list[str]:
            return [units[r].name for r in rules]

        return {
            "groups": sorted((units[g.rule].name, g.number) for g in groups),
            "winners": names(tick.winners),
            "suppressed": {
                units[s.rule].name: ("busy", self.network.channels[s.busy])
                if s.busy != NONE
                else ("lost", units[s.by].name)
                for s in tick.suppressed
            },
            "consumed": sorted(names(tick.consumed)),
            "left": sorted(names(tick.left)),
            "yes": sorted(flags[f].entry for f in tick.yes),
            "no": sorted(flags[f].entry for f in tick.no),
            "unknown": sorted(flags[f].entry for f in tick.unknown),
            "writes": {self.network.keys[key]: units[rule].name for key, rule in tick.writes},
            "taken": tick.taken,
        }

    def close(self) -> tuple[Any, set[Pulse]]:
        closing: Closing = self.executor.close()
        pulses = {self.network.pulses[p] for p in closing.pulses}
        seen = {
            "ended": sorted(self.network.units[r].name for r in closing.ended),
            "arm": sorted(self.network.level_names[self.network.clocks[c].level] for c in closing.arm),
            "cancel": sorted(self.network.level_names[self.network.clocks[c].level] for c in closing.cancel),
            "pulses": sorted(map(str, pulses)),
        }
        return seen, pulses

    def state(self) -> Any:
        on = self.executor.snapshot().on
        return {name for name in on if not name.startswith(("once ", "counting "))}

    def settle(self) -> None:
        self.executor.settle()

    def save_and_load(self) -> None:
        state = self.executor.snapshot()
        assert self.executor.restore(state) == ()
        assert replace(self.executor.close(), edges=False) == Closing()
        self.executor.settle()
        assert self.executor.snapshot() == state


class ReferencePlayer:
    """The reference, seen through the same names; rules and pulses nobody asks for are not looked at."""

    def __init__(self, program: Program, network: Network) -> None:
        self.network = network
        self.reference = Reference(program, [clock.of for clock in network.clocks], INSTANT)
        self.stateful = {unit.name for unit in network.units if unit.active != NONE}

    def set(self, level: Level, on: bool) -> None:
        self.reference.set(level, on)

    def tick(self, pulses: set[Pulse], now: int) -> Any:
        tick: RefTick = self.reference.tick(pulses, now)
        return {
            "groups": sorted(tick.groups),
            "winners": tick.winners,
            "suppressed": tick.suppressed,
            "consumed": sorted(tick.consumed),
            "left": sorted(tick.left & self.stateful),
            "yes": sorted(tick.yes),
            "no": sorted(tick.no),
            "unknown": sorted(tick.unknown),
            "writes": tick.writes,
            "taken": tick.taken,
        }

    def close(self) -> tuple[Any, set[Pulse]]:
        closing: RefClosing = self.reference.close()
        pulses = {pulse for pulse in closing.pulses if self.network.pulse_id(pulse) is not None}
        names = {clock.of: self.network.level_names[clock.level] for clock in self.network.clocks}
        seen = {
            "ended": sorted(closing.ended & self.stateful),
            "arm": sorted(names[c] for c in closing.arm),  # type: ignore[index]
            "cancel": sorted(names[c] for c in closing.cancel),  # type: ignore[index]
            "pulses": sorted(map(str, pulses)),
        }
        return seen, pulses

    def state(self) -> Any:
        ids = self.network.level_ids
        return {self.network.level_names[ids[level]] for level in self.reference.on if level in ids}

    def settle(self) -> None:
        self.reference.settle()

    def save_and_load(self) -> None:
        self.reference.settle()


def play(player: Player | ReferencePlayer, events: list[Event]) -> Log:
    """Everything that can be seen when these events happen, one entry a tick."""
    levels = changeable(player.network)
    log: Log = [player.close()[0]]
    now = 0
    for event in events:
        if event.saved:
            player.save_and_load()
        now += event.wait
        for level, on in changes(event.intake, levels):
            player.set(level, on)
        seen, own = player.close()
        log.append((seen, player.state()))
        pulses = set(event.pulses) | own
        for number in range(MAX_TICKS):
            tick = player.tick(pulses, now)
            if not tick["winners"]:
                log.append((tick, player.state()))
                break
            if number < len(event.commits):
                for level, on in changes(event.commits[number], levels):
                    player.set(level, on)
            seen, pulses = player.close()
            log.append((tick, seen, player.state()))
        else:
            player.settle()
    return log


def differ(one: Log, other: Log) -> str:
    """The first place where two logs differ; empty if nowhere."""
    for i, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return f"entry {i}:\n{a}\n{b}"
    return "" if len(one) == len(other) else f"{len(one)} and {len(other)} entries"
