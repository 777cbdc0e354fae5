"""Graphs as JSON: all of a graph, and what is needed to take edits of it back into the text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from dsl.graph.model import Edge, Graph, Node

FORMAT = "miron-graph/1"

MAX_BYTES = 64 * 1024 * 1024
"""Largest file that is read."""


class GraphError(Exception):
    """A file that holds no graph of a dialogue; says why."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A graph as read from a file, perhaps edited there.

    Attributes:
        exported: Ids of the nodes that were written; what is not among them was never shown.
    """

    graph: Graph
    exported: frozenset[str]


def to_json(graph: Graph) -> str:
    """A graph as JSON, indented, in an order that depends on the dialogue alone."""
    data = {
        **header(graph),
        "nodes": [_short(asdict(node)) for node in graph.nodes],
        "edges": [_short(asdict(edge)) for edge in graph.edges],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def header(graph: Graph) -> dict[str, Any]:
    """What stands beside nodes and edges."""
    return {
        "format": FORMAT,
        "name": graph.name,
        "whole": graph.whole,
        "sources": dict(graph.sources),
        "exported": [node.id for node in graph.nodes],
    }


def _short(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value not in ("", 0, None) or key in ("id", "name")}


def from_json(text: str) -> Stored:
    """Read a graph.

    Raises:
        GraphError: The text is none.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GraphError(f"this is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise GraphError("this JSON is no graph of a dialogue")
    nodes = [_node(item, number) for number, item in enumerate(_list(data, "nodes"))]
    edges = [_edge(item, number) for number, item in enumerate(_list(data, "edges"))]
    return assembled(data, nodes, edges)


def assembled(data: dict[str, Any], nodes: Iterable[Node], edges: Iterable[Edge]) -> Stored:
    """A graph of what was read, with its header.

    Raises:
        GraphError: The header is not there, or an edge leads nowhere.
    """
    if data.get("format") != FORMAT:
        raise GraphError(
            f"this is not a graph that miron wrote (format {data.get('format')!r}, not {FORMAT!r})"
        )
    sources, exported = data.get("sources"), data.get("exported")
    if not isinstance(sources, dict) or not all(isinstance(text, str) for text in sources.values()):
        raise GraphError("'sources' must hold the texts of the files")
    if not isinstance(exported, list) or not all(isinstance(id, str) for id in exported):
        raise GraphError("'exported' must list the nodes that were written")
    graph = Graph(str(data.get("name", "")), tuple(nodes), tuple(edges), sources, bool(data.get("whole")))
    known = {node.id for node in graph.nodes}
    for edge in graph.edges:
        for end in (edge.source, edge.target):
            if end not in known:
                raise GraphError(f"the edge {edge.source} {edge.kind} {edge.target} leads to no node: {end}")
    return Stored(graph, frozenset(exported))


def _list(data: dict[str, Any], key: str) -> list[Any]:
    found = data.get(key)
    if not isinstance(found, list):
        raise GraphError(f"'{key}' must be a list")
    return found


def _node(item: Any, number: int) -> Node:
    fields = _texts(item, f"node {number + 1}", ("id", "kind", "name", "owner", "text", "file"))
    name = fields["name"]
    id = fields["id"] or f"{fields['owner']}/{fields['kind']}/{name}"
    return Node(id, fields["kind"], name, fields["owner"], fields["text"], fields["file"])


def _edge(item: Any, number: int) -> Edge:
    fields = _texts(item, f"edge {number + 1}", ("source", "target", "kind"))
    return Edge(fields["source"], fields["target"], fields["kind"])


def _texts(item: Any, what: str, keys: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(item, dict):
        raise GraphError(f"{what} is no object")
    found = {key: item.get(key, "") for key in keys}
    for key, value in found.items():
        if not isinstance(value, str):
            raise GraphError(f"{what}: '{key}' must be a text")
    return found
