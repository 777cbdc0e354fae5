"""The network for people and graphs: units with their thresholds, weights with the names at both ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.model import Program
from engine.network import NONE, Network
from engine.weights import Weights, weights_of, writers_of

_PLAIN: Final = {
    "pulse_weights": ("event", 1.0),
    "mask_levels": ("test", 1.0),
    "mask_gates": ("within", 1.0),
    "rise_weights": ("rise", 1.0),
    "fall_weights": ("fall", 1.0),
    "unless_weights": ("unless", -1.0),
    "scope_weights": ("scope", -1.0),
    "rule_groups": ("fires", 1.0),
    "claim_weights": ("claims", -1.0),
    "eaten_weights": ("claims", -1.0),
    "held_weights": ("busy", -1.0),
    "eat_weights": ("consumes", -1.0),
    "leave_weights": ("leaves", -1.0),
    "part_weights": ("leaves", -1.0),
    "on_weights": ("enters", 4.0),
    "spend": ("once", 1.0),
    "writer_rules": ("writes", 1.0),
    "higher_weights": ("outranks", -1.0),
}
"""Matrix → kind of its edges, and with which factor it enters the sum of its row in the equations."""

_FLAG: Final = {
    "flag_yes": {"yes": 4.0, "no": -1.0, "forget": -1.0},
    "flag_no": {"no": 4.0, "yes": -16.0, "forget": -1.0},
}
_KINDS: Final = {"yes": "sets", "no": "denies", "forget": "forgets"}
_ONE: Final = {
    "pulses": "event",
    "levels": "level",
    "gates": "gate",
    "groups": "group",
    "masks": "mask",
    "rules": "rule",
    "writers": "write",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A unit of the network.

    Attributes:
        id: ``KIND NAME``, unique.
        kind: ``event level gate group mask rule write``.
        name: In the author's terms.
        threshold: What its sum must exceed; None for what is set from outside or keeps its value.
        span: ``file:line:column`` of the rule it belongs to; empty if it belongs to none.
    """

    id: str
    kind: str
    name: str
    threshold: float | None
    span: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A weight.

    Attributes:
        source: Id of the unit it comes from.
        target: Id of the unit it leads to.
        weight: As it enters the sum of the target, which fires above its threshold.
        kind: What it means: ``event test within rise fall`` (into a group or mask), ``fires`` (group to
            rule), ``unless once again cooldown scope claims busy`` (inhibition), ``consumes leaves enters``,
            ``sets denies forgets`` (state and flags), ``writes outranks`` (memory), ``thinks is`` (pulses
            that rules give), ``seen`` (event to the gate that remembers it), ``counts`` (to a clock bit or
            derived level).
        span: ``file:line:column`` of the rule that says so; empty if none does.
    """

    source: str
    target: str
    weight: float
    kind: str
    span: str


def network_nodes(program: Program, network: Network | None = None) -> tuple[Node, ...]:
    """All units, kind by kind in the order of their ids.

    Args:
        program: The compiled dialogue.
        network: The program as a network, if it was made before.
    """
    view = _View(network or Network.compile(program))
    return tuple(view.nodes())


def network_edges(program: Program, network: Network | None = None) -> tuple[Edge, ...]:
    """All weights, in an order that depends on the program alone.

    ``leave all`` is not written out: it is a weight of -1 from its rule to every rule's ``active``.

    Args:
        program: The compiled dialogue.
        network: The program as a network, if it was made before.
    """
    view = _View(network or Network.compile(program))
    return (*view.weighed(), *view.flags(), *view.told(), *view.derived())


class _View:
    def __init__(self, network: Network) -> None:
        self._net = network
        self._weights: Weights = weights_of(network)
        self._masks = [rule for rule, unit in enumerate(network.units) for _ in unit.unless]
        self._writers = [rule for _, rule in writers_of(network)]

    def _id(self, kind: str, number: int) -> str:
        return f"{_ONE[kind]} {self._weights.names[kind][number]}"

    def _rule(self, kind: str, number: int) -> int:
        """The rule a unit belongs to, or NONE."""
        match kind:
            case "rules":
                return number
            case "groups":
                return self._net.groups[number].rule
            case "masks":
                return self._masks[number]
            case "writers":
                return self._writers[number]
        return NONE

    def _span(self, kind: str, number: int) -> str:
        rule = self._rule(kind, number)
        return "" if rule == NONE else self._weights.origins[rule]

    def _threshold(self, kind: str, number: int) -> float | None:
        vectors = self._weights.vectors
        match kind:
            case "groups":
                m, k = vectors["m"][number], vectors["k"][number]
                return m * k + 0.5 if m else k - 0.5
            case "masks":
                return vectors["mask_k"][number] - 0.5
            case "rules" | "writers":
                return 0.5
        return None

    def nodes(self) -> Iterator[Node]:
        for kind, one in _ONE.items():
            for number, name in enumerate(self._weights.names[kind]):
                yield Node(
                    self._id(kind, number), one, name, self._threshold(kind, number), self._span(kind, number)
                )

    def _edge(self, columns: str, column: int, rows: str, row: int, weight: float, kind: str) -> Edge:
        ends = (rows, row), (columns, column)
        if kind in ("consumes", "leaves"):
            ends = ends[1], ends[0]
        span = self._span(*ends[0]) or self._span(*ends[1])
        return Edge(self._id(columns, column), self._id(rows, row), weight, kind, span)

    def weighed(self) -> Iterator[Edge]:
        """What stands in the matrices as it is; tests of groups without event count m-fold."""
        m = self._weights.vectors["m"]
        for name, matrix in self._weights.matrices.items():
            for row, column, weight in matrix.entries:
                if name in ("group_levels", "group_gates"):
                    kind, factor = ("test" if name == "group_levels" else "within"), m[row] or 1.0
                elif name == "own_weights":
                    spent = self._net.units[row].spent == column
                    kind, factor = ("once" if spent else "again"), -1.0
                elif name in _PLAIN:
                    kind, factor = _PLAIN[name]
                else:
                    continue
                yield self._edge(matrix.columns, column, matrix.rows, row, factor * weight, kind)

    def flags(self) -> Iterator[Edge]:
        """From rules to the bits of flags (8)."""
        matrices = self._weights.matrices
        for bit, factors in _FLAG.items():
            level_of = {flag: level for level, flag, _ in matrices[bit].entries}
            for name, factor in factors.items():
                for flag, rule, _ in matrices[f"{name}_weights"].entries:
                    if flag in level_of:
                        yield self._edge("rules", rule, "levels", level_of[flag], factor, _KINDS[name])

    def told(self) -> Iterator[Edge]:
        """From rules to the events that they are, and from events to gates."""
        for rule, unit in enumerate(self._net.units):
            for pulse in unit.thinks:
                yield self._edge("rules", rule, "pulses", pulse, 1.0, "thinks")
            for pulse in (unit.fired, unit.finished, unit.took):
                if pulse != NONE:
                    yield self._edge("rules", rule, "pulses", pulse, 1.0, "is")
            if unit.cooldown != NONE:
                yield self._edge("rules", rule, "rules", rule, -1.0, "cooldown")
        for number, gate in enumerate(self._net.gates):
            yield self._edge("pulses", gate.pulse, "gates", number, 1.0, "seen")

    def derived(self) -> Iterator[Edge]:
        """From levels to the clock bits that count while they hold, and to ``running``."""
        for clock in self._net.clocks:
            counted: dict[tuple[int, float], None] = {}
            for wires in clock.wires:
                counted |= dict.fromkeys((level, 1.0) for level in wires.plus)
                counted |= dict.fromkeys((level, -1.0) for level in wires.minus)
            for level, weight in counted:
                yield self._edge("levels", level, "levels", clock.level, weight, "counts")
        for each in self._net.running:
            yield self._edge("levels", each.active, "levels", each.level, 1.0, "counts")
            yield self._edge("levels", each.end, "levels", each.level, -1.0, "counts")
