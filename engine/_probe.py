"""An executor that lets itself be watched, for explanations: the inputs of one rule in every tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.journal import Record
from engine.model import Active, After, Busy, Ended, Failed, Held, Level, Ref, Test, TimerOut, Within
from engine.network import NONE, Closing, Executor, Gate, Holds, Network, Spent, State, Tick


class Watch:
    """Which line last touched what."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, str], int] = {}

    def __call__(self, record: Record) -> None:
        name = str(record.get("name") or "")
        match record.kind:
            case "fire":
                self.lines["fire", str(record.get("rule"))] = record.seq
            case "memory":
                self.lines["memory", name] = record.seq
            case "timer":
                label = record.get("test") or (
                    f"after {record.get('after')} ms of {record.get('rule')}" if record.get("after") else name
                )
                self.lines["timer", str(label)] = record.seq
            case "act" if record.get("command") == "request":
                self.lines["channel", str(record.get("channel"))] = record.seq
            case "percept":
                self.lines["percept", name] = record.seq
                if record.act is not None:
                    self.lines["end", record.act.rule] = record.seq

    def of(self, level: Level | Spent | Holds | Within, name: str) -> int | None:
        """The line behind a level or gate."""
        match level:
            case Test(ref=ref):
                key = ("memory", ref.entry) if isinstance(ref, Ref) else ("percept", ref.miron)
            case Active(rule) | Spent(rule):
                key = ("fire", rule)
            case Ended(rule) | Failed(rule):
                key = ("end", rule) if ("end", rule) in self.lines else ("fire", rule)
            case TimerOut(timer):
                key = ("timer", timer)
            case After() | Held():
                key = ("timer", name)
            case Busy(channel):
                key = ("channel", channel)
            case Within(pulse):
                key = ("fire" if pulse.source == "fired" else "percept", pulse.name)
            case _:
                return None
        return self.lines.get(key)


@dataclass(slots=True)
class Seen:
    """One tick as it was."""

    seq: int
    t: int
    number: int
    pulses: frozenset[int]
    levels: dict[int, bool]
    before: dict[int, bool]
    gates: dict[int, bool]
    cooling: int
    lines: dict[int, int | None]
    tick: Tick | None = None
    line: int | None = None


class Probe:
    """An executor that lets itself be watched: before each tick it notes the inputs of one rule."""

    def __init__(self, inner: Executor, rule: str, watch: Watch) -> None:
        self._inner = inner
        self._watch = watch
        network = inner.network
        self.rule = network.rule_ids[rule]
        unit = network.units[self.rule]
        wires = [network.groups[g].wires for g in unit.groups] + list(unit.unless)
        own = [level for level in (unit.spent, unit.running) if level != NONE]
        self._levels = sorted({i for w in wires for i in (*w.plus, *w.minus)} | {*own, *network.busy})
        self._gates = sorted({i for w in wires for i in (*w.gates_plus, *w.gates_minus)})
        self._before: dict[int, bool] = dict.fromkeys(self._levels, False)
        self.seen: list[Seen] = []
        self.seq = 0
        self._quiet = True

    @property
    def network(self) -> Network:
        return self._inner.network

    def level(self, level: int) -> bool:
        return self._inner.level(level)

    def on(self) -> list[int]:
        return self._inner.on()

    def set_level(self, level: int, on: bool) -> None:
        self._inner.set_level(level, on)

    def leave(self, rules: Sequence[int]) -> tuple[int, ...]:
        return self._inner.leave(rules)

    def close(self) -> Closing:
        return self._inner.close()

    def tick(self, pulses: Sequence[int], now: int) -> Tick:
        network, inner = self.network, self._inner
        levels = {level: inner.level(level) for level in self._levels}
        unit = network.units[self.rule]
        last = inner.last_fired(self.rule) if unit.cooldown != NONE else None
        names = network.level_names
        number = 0 if self._quiet else self.seen[-1].number + 1
        seen = Seen(
            self.seq,
            now,
            number,
            frozenset(pulses),
            levels,
            self._before,
            {gate: self._open(network.gates[gate], now) for gate in self._gates},
            0 if last is None else max(0, last + unit.cooldown - now + 1),
            {level: self._watch.of(network.levels[level], names[level]) for level in self._levels},
        )
        self._before = levels
        seen.tick = tick = inner.tick(pulses, now)
        self.seen.append(seen)
        self._quiet = not tick.winners
        return tick

    def _open(self, gate: Gate, now: int) -> bool:
        last = self._inner.last_seen(gate.pulse)
        return last is not None and now - last <= gate.ms

    def settle(self) -> None:
        self._quiet = True
        self._inner.settle()

    def reset(self) -> None:
        self._inner.reset()

    def last_seen(self, pulse: int) -> int | None:
        return self._inner.last_seen(pulse)

    def last_fired(self, rule: int) -> int | None:
        return self._inner.last_fired(rule)

    def snapshot(self) -> State:
        return self._inner.snapshot()

    def restore(self, state: State) -> tuple[str, ...]:
        return self._inner.restore(state)
