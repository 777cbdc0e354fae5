"""Nodes and edges of a dialogue, whatever form they are shown in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

NODE_KINDS = (
    *("rule", "question", "miron", "memory", "parameter", "service", "module", "timer", "signal", "ending"),
    *("use", "body", "type", "phrase", "test"),
)
"""Kinds of nodes of a dialogue."""

NETWORK_KINDS = ("event", "level", "gate", "group", "mask", "rule", "write")
"""Kinds of nodes of a compiled network."""


@dataclass(frozen=True, slots=True)
class Node:
    """Something declared, or that comes by itself.

    Attributes:
        id: ``OWNER/KIND/NAME``, unique.
        kind: One of :data:`NODE_KINDS`; of a network one of :data:`NETWORK_KINDS`.
        name: As the author calls it.
        owner: Dialogue or module; empty for what belongs to none.
        text: The declaration as written, further lines without the indentation of the first; empty if the
            files do not hold it.
        file: Where it stands; empty if nowhere.
        line: 1-based line of its name.
        note: What stands beside the name in pictures, such as a threshold.
    """

    id: str
    kind: str
    name: str
    owner: str = ""
    text: str = ""
    file: str = ""
    line: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """What one node has to do with another.

    Attributes:
        kind: A verb: the source ``hears says sets reads calls follows thinks interrupts`` … the target.
        weight: Of a network; None in a graph of a dialogue.
        place: ``file:line:column`` where it is first said.
    """

    source: str
    target: str
    kind: str
    weight: float | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """A dialogue (or its network) as a graph.

    Attributes:
        sources: File → its text as stored, which the texts of the nodes are parts of; empty for a network.
        whole: What is inside modules of the standard library is shown, too.
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    sources: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False

    def node(self, id: str) -> Node | None:
        """A node by its id."""
        return next((node for node in self.nodes if node.id == id), None)

    def only(self, ids: Iterable[str]) -> Graph:
        """The graph with these nodes and the edges among them."""
        kept = set(ids)
        return replace(
            self,
            nodes=tuple(node for node in self.nodes if node.id in kept),
            edges=tuple(edge for edge in self.edges if edge.source in kept and edge.target in kept),
        )

    def without(self, kinds: Iterable[str]) -> Graph:
        """The graph without the nodes of some kinds."""
        left_out = set(kinds)
        return self.only(node.id for node in self.nodes if node.kind not in left_out)

    def around(self, ids: Iterable[str], steps: int = 1) -> Graph:
        """The graph of some nodes and those at most so many edges away, in either direction."""
        beside: dict[str, list[str]] = {}
        for edge in self.edges:
            beside.setdefault(edge.source, []).append(edge.target)
            beside.setdefault(edge.target, []).append(edge.source)
        seen = front = set(ids)
        for _ in range(steps):
            front = {other for id in front for other in beside.get(id, ())} - seen
            seen = seen | front
        return self.only(seen)

    def owners(self) -> dict[str, list[Node]]:
        """Owner → its nodes, in order; the empty owner last."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.owner, []).append(node)
        loose = found.pop("", None)
        return {**found, **({"": loose} if loose else {})}
