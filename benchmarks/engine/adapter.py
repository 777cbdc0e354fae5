"""The live executor on the workload of the rule-engine benchmark.

A workload is JSON: rules with one trigger (an event, or a fact that becomes true or false), fact tests,
perhaps ``after event X within T``, and effects (act, set, clear, emit). :func:`lower` makes it a program of
the model, as an author's rules would become one; :class:`Adapter` feeds events as a session does.
"""

from __future__ import annotations

import gc
from itertools import repeat
from typing import Any

from engine.live import LiveExecutor
from engine.model import (
    ActSpec,
    Assign,
    Const,
    Effects,
    Entry,
    Group,
    Lit,
    Mask,
    Op,
    Program,
    Pulse,
    Ref,
    Rule,
    Test,
    Think,
    Within,
)
from engine.network import Network

ACTION = "action"
"""The channel of the workload's acts; they have no lifecycle."""

Json = Any
_YES = Const(True)


def lower(spec: Json) -> Program:
    """The program of a workload. Facts are flags; a cleared fact is unknown, so ``not fact`` holds."""
    events = {name: Pulse("world", name) for name in spec["events"]}
    events |= {name: Pulse("inner", name) for name in spec["internal"]}
    tests = {name: Test(Op.YES, Ref(name)) for name in spec["facts"]}
    plain = {name: Lit(test) for name, test in tests.items()}
    negated = {name: Lit(test, False) for name, test in tests.items()}
    unless_off = {name: Mask((lit,)) for name, lit in negated.items()}
    unless_on = {name: Mask((lit,)) for name, lit in plain.items()}
    sets: dict[str, tuple[Assign, ...]] = {name: (Assign(name, _YES),) for name in spec["facts"]}
    gates: dict[tuple[str, int], tuple[Lit, Mask]] = {}
    acts: dict[str, tuple[ActSpec, ...]] = {name: (ActSpec(ACTION, name),) for name in spec["actions"]}
    thinks: dict[str, tuple[Think, ...]] = {name: (Think(name),) for name in spec["internal"]}
    rules = []
    for r in spec["rules"]:
        after = r.get("after")
        gate = None
        if after:
            key = (after["event"], after["within_ms"])
            gate = gates.get(key)
            if gate is None:
                within = Within(events[key[0]], key[1])
                gate = gates[key] = (Lit(within), Mask((Lit(within, False),)))
        on = r["on"]
        if "event" in on:
            lits = [(plain if wanted else negated)[fact] for fact, wanted in r["if"]]
            if gate is not None:
                lits.append(gate[0])
            group = Group(events[on["event"]], tuple(lits))
            unless: tuple[Mask, ...] = ()
        else:
            group = Group(None, ((plain if on["becomes"] else negated)[on["fact"]],))
            masks = [(unless_off if wanted else unless_on)[fact] for fact, wanted in r["if"]]
            if gate is not None:
                masks.append(gate[1])
            unless = tuple(masks)
        number = r["id"]
        rules.append(
            Rule(
                f"r{number}",
                (group,),
                unless,
                _effects(r["do"], acts, thinks, sets),
                ignore_again=False,
                position=number,
            )
        )
    return Program(
        "workload",
        tuple(rules),
        entries={name: Entry(name, "flag") for name in spec["facts"]},
        max_ticks=1 + spec["max_internal_ticks"],
    )


def _effects(
    do: list[list[str]],
    acts: dict[str, tuple[ActSpec, ...]],
    thinks: dict[str, tuple[Think, ...]],
    sets: dict[str, tuple[Assign, ...]],
) -> Effects:
    act: tuple[ActSpec, ...] = ()
    think: tuple[Think, ...] = ()
    assign: tuple[Assign, ...] = ()
    forget: tuple[str, ...] = ()
    for kind, name in do:
        if kind == "act":
            act += acts[name]
        elif kind == "emit":
            think += thinks[name]
        elif kind == "set":
            assign += sets[name]
        else:
            forget += (name,)
    return Effects(forget=forget, assign=assign, acts=act, thinks=think)


class Adapter:
    """Compiles a workload and answers each event with the rules that fired."""

    __slots__ = ("executor", "pulses", "ticks")

    name = "Miron, live executor"
    check = True

    def build(self, spec: Json) -> None:
        """Compile the rules and begin a session."""
        gc.disable()  # nothing becomes garbage here, and looking for it takes longer than the work
        program = lower(spec)
        network = Network.compile(program, instant={ACTION})
        self.executor = LiveExecutor(network)
        self.executor.close()
        self.pulses = {p.name: (i,) for p, i in network.pulse_ids.items()}
        self.ticks = [repeat(number) for number in range(program.max_ticks)]
        gc.freeze()
        gc.enable()

    def feed(self, t_ms: int, event: str) -> list[tuple[int, int]]:
        """One event: its cascade, as (tick, rule) in order."""
        executor = self.executor
        pulses: tuple[int, ...] = self.pulses.get(event, ())
        out: list[tuple[int, int]] = []
        for number in self.ticks:
            tick = executor.tick(pulses, t_ms)
            winners = tick.winners
            if not winners:
                return out
            out += zip(number, winners)  # noqa: B905 (the numbers are endless; the keyword takes time)
            pulses = tick.thinks
            if not (executor.close().edges or pulses):
                return out
        executor.settle()
        return out
