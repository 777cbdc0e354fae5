"""A graph as text that others draw: Mermaid and DOT."""

from __future__ import annotations

from dsl.graph.model import Edge, Graph, Node

_MERMAID = {
    "question": ("{{", "}}"),
    "miron": ("(", ")"),
    "memory": ("[(", ")]"),
    "parameter": ("[(", ")]"),
    "service": ("[/", "/]"),
    "module": ("[[", "]]"),
    "body": ("[[", "]]"),
    "use": ("[[", "]]"),
    "timer": ("((", "))"),
    "signal": (">", "]"),
    "event": (">", "]"),
    "ending": ("([", "])"),
}
"""Kind → the brackets of its shape; others are boxes."""

_DOT = {
    "question": "hexagon",
    "miron": "ellipse",
    "memory": "cylinder",
    "parameter": "cylinder",
    "service": "parallelogram",
    "module": "component",
    "body": "component",
    "use": "component",
    "timer": "circle",
    "signal": "cds",
    "event": "cds",
    "ending": "doublecircle",
}

COLOURS = {
    "rule": "#dbe9ff",
    "question": "#ffe8c7",
    "miron": "#e3f6df",
    "memory": "#f3e4fb",
    "parameter": "#f3e4fb",
    "service": "#fde0e0",
    "module": "#e9e9e9",
    "body": "#e9e9e9",
    "use": "#e9e9e9",
    "timer": "#fff7bf",
    "signal": "#d9f5f5",
    "event": "#d9f5f5",
    "ending": "#d5d5d5",
}
"""Kind → background; dark text on each has a contrast of more than 7 to 1."""

DASHED = frozenset({"reads", "holds", "gives", "tests", "watches", "is told"})
"""Relations that only look."""


def mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart, one subgraph for each dialogue and module."""
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for number, (owner, nodes) in enumerate(graph.owners().items()):
        indent = "  "
        if owner:
            lines.append(f'  subgraph g{number}["{_mermaid(owner)}"]')
            indent = "    "
        for node in nodes:
            begin, end = _MERMAID.get(node.kind, ("[", "]"))
            lines.append(f'{indent}{ids[node.id]}{begin}"{_mermaid(shown(node))}"{end}')
        if owner:
            lines.append("  end")
    for edge in graph.edges:
        arrow = "-.->" if edge.kind in DASHED else "-->"
        lines.append(f'  {ids[edge.source]} {arrow}|"{_mermaid(label(edge))}"| {ids[edge.target]}')
    for kind in dict.fromkeys(node.kind for node in graph.nodes):
        members = ",".join(ids[node.id] for node in graph.nodes if node.kind == kind)
        if kind in COLOURS:
            lines += [
                f"  classDef {kind} fill:{COLOURS[kind]},stroke:#555,color:#111",
                f"  class {members} {kind}",
            ]
    return "\n".join(lines) + "\n"


def _mermaid(text: str) -> str:
    """Characters that Mermaid, or the page it draws on, would take for its own."""
    return "".join(
        f"#{ord(char)};" if char in '"#<>&`\\;' else " " if char in "\r\n" else char for char in text
    )


def dot(graph: Graph) -> str:
    """The graph in Graphviz' language, one cluster for each dialogue and module."""
    lines = [
        f"digraph {_dot(graph.name)} {{",
        "  rankdir=LR; compound=true;",
        '  node [style=filled, fontname="sans-serif", fontsize=11, color="#555555", fontcolor="#111111"];',
        '  edge [fontname="sans-serif", fontsize=9, color="#555555", fontcolor="#333333"];',
    ]
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    for number, (owner, nodes) in enumerate(graph.owners().items()):
        indent = "  "
        if owner:
            lines.append(f"  subgraph cluster_{number} {{ label={_dot(owner)};")
            indent = "    "
        for node in nodes:
            shape, fill = _DOT.get(node.kind, "box"), COLOURS.get(node.kind, "#ffffff")
            facts = f'label={_dot(shown(node))}, tooltip={_dot(tip(node))}, shape={shape}, fillcolor="{fill}"'
            lines.append(f"{indent}{ids[node.id]} [{facts}];")
        if owner:
            lines.append("  }")
    for edge in graph.edges:
        style = ", style=dashed" if edge.kind in DASHED else ""
        lines.append(f"  {ids[edge.source]} -> {ids[edge.target]} [label={_dot(label(edge))}{style}];")
    return "\n".join([*lines, "}", ""])


def _dot(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n")
    return f'"{inner}"'


def shown(node: Node) -> str:
    """What stands in a node of a picture."""
    return f"{node.name} {node.note}".strip()


def label(edge: Edge) -> str:
    """What stands at an edge of a picture."""
    return edge.kind if edge.weight is None else f"{edge.kind} {edge.weight:+g}"


def tip(node: Node) -> str:
    """A remark on a node of a picture: what it is, and where it stands."""
    place = f", {node.file}:{node.line}" if node.file else ""
    return f"{node.kind}{place}"
