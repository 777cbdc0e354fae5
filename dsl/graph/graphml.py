"""Graphs as GraphML, with what yEd shows: shapes, labels, groups; and reading what yEd has saved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from dsl.graph.model import Edge, Graph, Node
from dsl.graph.pictures import COLOURS, DASHED, label, shown, tip
from dsl.graph.stored import GraphError, Stored, assembled, header

_ML = "http://graphml.graphdrawing.org/xmlns"
_Y = "http://www.yworks.com/xml/graphml"
_NODE_KEYS = ("id", "kind", "name", "owner", "text", "file", "line")
_EDGE_KEYS = ("kind", "weight", "place")
_SHAPES = {
    "rule": "rectangle",
    "question": "hexagon",
    "miron": "ellipse",
    "memory": "roundrectangle",
    "parameter": "roundrectangle",
    "service": "parallelogram",
    "timer": "diamond",
    "signal": "trapezoid2",
    "ending": "octagon",
}
_ROW = 24
"""Nodes in a column, before anybody has laid the graph out."""


def to_graphml(graph: Graph) -> str:
    """A graph as GraphML. yEd opens it in a grid; its menu Layout arranges it."""
    keys = [
        f'<key id="d_{name}" for="graph" attr.name="miron_{name}" attr.type="string"/>'
        for name in ("header",)
    ]
    for place, names in (("node", _NODE_KEYS), ("edge", _EDGE_KEYS)):
        keys += [
            f'<key id="{place}_{name}" for="{place}" attr.name="miron_{name}" attr.type="string"/>'
            for name in names
        ]
    numbers = {node.id: number for number, node in enumerate(graph.nodes)}
    body: list[str] = []
    for number, (owner, nodes) in enumerate(graph.owners().items()):
        inner = [_node(node, numbers[node.id]) for node in nodes]
        body += _group(number, owner, inner) if owner else inner
    body += [_edge(edge, number, numbers) for number, edge in enumerate(graph.edges)]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<graphml xmlns="{_ML}" xmlns:y="{_Y}">',
            *keys,
            '<key id="node_graphics" for="node" yfiles.type="nodegraphics"/>',
            '<key id="edge_graphics" for="edge" yfiles.type="edgegraphics"/>',
            '<graph id="G" edgedefault="directed">',
            _data("d_header", json.dumps(header(graph), ensure_ascii=False)),
            *body,
            "</graph>",
            "</graphml>",
            "",
        ]
    )


def _data(key: str, text: str) -> str:
    return f'<data key="{key}">{escape(text)}</data>'


def _node(node: Node, number: int) -> str:
    facts = {
        **{key: getattr(node, key) for key in ("id", "kind", "name", "owner", "text", "file")},
        "line": str(node.line or ""),
    }
    data = "".join(_data(f"node_{key}", text) for key, text in facts.items() if text or key == "name")
    x, y = 260 * (number // _ROW), 50 * (number % _ROW)
    width = max(60, 12 + 7 * len(shown(node)))
    return (
        f'<node id="n{number}">{data}<data key="node_graphics"><y:ShapeNode>'
        f'<y:Geometry height="30" width="{width}" x="{x}" y="{y}"/>'
        f'<y:Fill color="{COLOURS.get(node.kind, "#ffffff")}" transparent="false"/>'
        f"<y:NodeLabel>{escape(shown(node))}</y:NodeLabel>"
        f'<y:Shape type="{_SHAPES.get(node.kind, "rectangle")}"/>'
        f"</y:ShapeNode></data><desc>{escape(tip(node))}</desc></node>"
    )


def _group(number: int, owner: str, inner: list[str]) -> list[str]:
    return [
        f'<node id="g{number}" yfiles.foldertype="group"><data key="node_graphics"><y:GroupNode>'
        f'<y:NodeLabel modelName="internal" modelPosition="t">{escape(owner)}</y:NodeLabel>'
        f'</y:GroupNode></data><graph id="g{number}:" edgedefault="directed">',
        *inner,
        "</graph></node>",
    ]


def _edge(edge: Edge, number: int, numbers: dict[str, int]) -> str:
    facts = {
        "kind": edge.kind,
        "weight": "" if edge.weight is None else f"{edge.weight:g}",
        "place": edge.place,
    }
    data = "".join(_data(f"edge_{key}", text) for key, text in facts.items() if text)
    line = "dashed" if edge.kind in DASHED else "line"
    return (
        f'<edge id="e{number}" source={quoteattr(f"n{numbers[edge.source]}")}'
        f" target={quoteattr(f'n{numbers[edge.target]}')}>{data}"
        f'<data key="edge_graphics"><y:PolyLineEdge><y:LineStyle type="{line}"/>'
        f'<y:Arrows source="none" target="standard"/><y:EdgeLabel>{escape(label(edge))}</y:EdgeLabel>'
        f"</y:PolyLineEdge></data></edge>"
    )


def from_graphml(text: str) -> Stored:
    """Read a graph that was written here and perhaps edited in yEd.

    A label that differs from the name is a new name. A node without facts of ours is a new one, labelled
    ``KIND NAME``; an edge without them has its kind as label.

    Raises:
        GraphError: The text is no such graph.
    """
    if re.search(r"<!(DOCTYPE|ENTITY)", text):
        raise GraphError("a document type has no place in this file")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise GraphError(f"this is no XML: {error}") from error
    return _Reader(root).read()


@dataclass(slots=True)
class _Reader:
    root: ElementTree.Element
    names: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def read(self) -> Stored:
        self.names = {
            key.get("id", ""): key.get("attr.name", "").removeprefix("miron_")
            for key in self.root.iter(f"{{{_ML}}}key")
            if key.get("attr.name", "").startswith("miron_")
        }
        graph = self.root.find(f"{{{_ML}}}graph")
        facts = self._facts(graph) if graph is not None else {}
        try:
            head = json.loads(facts.get("header", ""))
        except (ValueError, RecursionError) as error:
            raise GraphError("this GraphML was not written by miron: it holds no texts") from error
        if graph is None or not isinstance(head, dict):
            raise GraphError("this GraphML was not written by miron: it holds no texts")
        nodes = list(self._nodes(graph, ""))
        edges = [self._edge(edge) for edge in graph.iter(f"{{{_ML}}}edge")]
        return assembled(head, nodes, edges)

    def _facts(self, element: ElementTree.Element) -> dict[str, str]:
        return {
            self.names[key]: data.text or ""
            for data in element.findall(f"{{{_ML}}}data")
            if (key := data.get("key", "")) in self.names
        }

    def _label(self, element: ElementTree.Element, kind: str) -> str:
        for data in element.findall(f"{{{_ML}}}data"):
            found = next(data.iter(f"{{{_Y}}}{kind}"), None)
            if found is not None:
                return (found.text or "").strip()
        return ""

    def _nodes(self, graph: ElementTree.Element, owner: str) -> Iterator[Node]:
        for element in graph.findall(f"{{{_ML}}}node"):
            inner = element.find(f"{{{_ML}}}graph")
            label = self._label(element, "NodeLabel")
            if inner is not None:
                yield from self._nodes(inner, label)
                continue
            yield self._node(element, self._facts(element), label, owner)

    def _node(self, element: ElementTree.Element, facts: dict[str, str], label: str, owner: str) -> Node:
        xml_id = element.get("id", "")
        if "id" not in facts:
            kind, _, name = label.partition(" ")
            if not name:
                raise GraphError(
                    f"the new node '{label}' must be labelled KIND NAME, such as 'miron goodbye'"
                )
            facts = {"kind": kind, "name": name, "owner": owner, "text": facts.get("text", "")}
            facts["id"] = f"{owner}/{kind}/{name}"
            label = name
        name = facts.get("name", "")
        self.ids[xml_id] = facts["id"]
        note = label and label != name and not label.startswith(f"{name} ")
        return Node(
            facts["id"],
            facts.get("kind", ""),
            label if note else name,
            facts.get("owner", ""),
            facts.get("text", ""),
            facts.get("file", ""),
        )

    def _edge(self, element: ElementTree.Element) -> Edge:
        ends = [self.ids.get(element.get(end, ""), element.get(end, "")) for end in ("source", "target")]
        kind = self._facts(element).get("kind", "") or self._label(element, "EdgeLabel")
        return Edge(ends[0], ends[1], kind)
