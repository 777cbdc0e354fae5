"""The compiled network as a graph: every unit and every weight."""

from __future__ import annotations

from dsl.graph.model import Edge, Graph, Node
from engine.inspect import network_edges, network_nodes
from engine.model import Program


def network_graph(program: Program) -> Graph:
    """Units with their thresholds, weights with the names at both ends; see :mod:`engine.inspect`."""
    nodes = []
    for unit in network_nodes(program):
        file, line = _place(unit.span)
        note = "" if unit.threshold is None else f"> {unit.threshold:g}"
        nodes.append(Node(unit.id, unit.kind, unit.name, file=file, line=line, note=note))
    edges = [
        Edge(each.source, each.target, each.kind, each.weight, each.span) for each in network_edges(program)
    ]
    return Graph(program.name, tuple(nodes), tuple(edges))


def _place(span: str) -> tuple[str, int]:
    parts = span.rsplit(":", 2)
    return (parts[0], int(parts[1])) if len(parts) == 3 and parts[1].isdecimal() else ("", 0)
