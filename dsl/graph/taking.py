"""Taking the edits of a graph over into the text: only what was edited changes, by a byte-exact splice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from dsl.edit.edits import CONNECTIONS, add, connect, disconnect, remove, replace
from dsl.edit.places import SECTIONS
from dsl.edit.rename import RENAMED, rename
from dsl.edit.sources import Change, EditError, Sources
from dsl.graph.build import dialogue_graph
from dsl.graph.model import Edge, Graph, Node
from dsl.graph.stored import GraphError, Stored


def take_over(stored: Stored) -> tuple[Sources, tuple[str, ...]]:
    """The files with the edits of a graph.

    Nodes: a changed text is a declaration written anew, another name a rename wherever it is named, a node
    more or less a declaration more or less. Edges from rules: one more is one alternative or step more, one
    less is taken back where it stands by itself.

    Returns:
        The files, and what was done, a line each; none if nothing was edited.

    Raises:
        GraphError: The graph contradicts itself.
        EditError: An edit cannot be made.
        ModelError: The files in the graph are no dialogue.
    """
    sources = Sources(stored.graph.sources)
    base = dialogue_graph(sources.tree(), sources, whole=stored.graph.whole).only(stored.exported)
    run = _Run(sources)
    for work in (_texts, _new, _edges, _gone, _names):
        work(run, base, stored.graph)
    return run.sources, tuple(run.done)


class _Run:
    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.done: list[str] = []

    def do(self, what: str, edit: Callable[[Sources], Change]) -> None:
        try:
            change = edit(self.sources)
        except EditError as error:
            raise EditError(f"{what}: {error}", error.problems) from error
        self.sources, _ = self.sources.apply(change)
        self.done.append(what)


def _by_id(graph: Graph) -> dict[str, Node]:
    counts = Counter(node.id for node in graph.nodes)
    twice = next((id for id, count in counts.items() if count > 1), None)
    if twice is not None:
        raise GraphError(f"the node {twice} stands there twice; give the copy another name and no id")
    return {node.id: node for node in graph.nodes}


def _texts(run: _Run, base: Graph, graph: Graph) -> None:
    now = _by_id(graph)
    for node in base.nodes:
        other = now.get(node.id)
        if other is None or _plain(other.text) == _plain(node.text) or not node.text:
            continue
        if not other.text.strip():
            raise EditError(f"the text of {node.kind} '{node.name}' is empty; remove the node instead")
        text = other.text
        run.do(
            f"{node.kind} {node.name}: written anew",
            lambda sources, node=node, text=text: replace(sources, node.kind, node.name, text, node.owner),  # type: ignore[misc]
        )


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n")


def _new(run: _Run, base: Graph, graph: Graph) -> None:
    known = {node.id for node in base.nodes}
    for node in graph.nodes:
        if node.id in known:
            continue
        if node.kind not in SECTIONS:
            raise EditError(f"a {node.kind or 'node without kind'} '{node.name}' cannot be added by itself")
        text = node.text or _first_text(node)
        run.do(
            f"{node.kind} {node.name}: added",
            lambda sources, node=node, text=text: add(sources, node.kind, text, node.owner),  # type: ignore[misc]
        )


def _first_text(node: Node) -> str:
    """What a new declaration holds before anybody has written it."""
    texts = {
        "rule": "{do: []}",
        "service": "{timeout: 10s}",
        "memory": "text",
        "miron": node.name.replace("_", " "),
    }
    if node.kind not in texts:
        raise EditError(f"the new {node.kind} '{node.name}' has no text")
    return f"{node.name}: {texts[node.kind]}"


def _edges(run: _Run, base: Graph, graph: Graph) -> None:
    nodes = {**{node.id: node for node in base.nodes}, **_by_id(graph)}
    old = {(edge.source, edge.target, edge.kind): edge for edge in base.edges}
    new = {(edge.source, edge.target, edge.kind): edge for edge in graph.edges}
    kept = {node.id for node in graph.nodes}
    rewritten = {
        node.id for node in base.nodes if node.id in kept and _plain(nodes[node.id].text) != _plain(node.text)
    }
    first_names = {node.id: node.name for node in base.nodes}
    for key, edge in new.items():
        if key not in old and edge.source not in rewritten:
            _connect(run, edge, nodes, first_names, connect)
    for key, edge in old.items():
        if key not in new and {edge.source, edge.target} <= kept and edge.source not in rewritten:
            _connect(run, edge, nodes, first_names, disconnect)


def _connect(
    run: _Run,
    edge: Edge,
    nodes: dict[str, Node],
    first_names: dict[str, str],
    edit: Callable[[Sources, str, str, str, str], Change],
) -> None:
    source, target = nodes[edge.source], nodes[edge.target]
    ends = [first_names.get(node.id, node.name) for node in (source, target)]
    what = f"rule {ends[0]}: {edge.kind} {ends[1]}, {'added' if edit is connect else 'taken back'}"
    if source.kind != "rule" or edge.kind not in CONNECTIONS:
        raise EditError(f"{source.kind} {ends[0]}: '{edge.kind}' stands in its text; write that anew")
    run.do(what, lambda sources: edit(sources, ends[0], edge.kind, ends[1], source.owner))


def _gone(run: _Run, base: Graph, graph: Graph) -> None:
    kept = {node.id for node in graph.nodes}
    for node in base.nodes:
        if node.id in kept or not node.text:
            continue
        run.do(
            f"{node.kind} {node.name}: removed",
            lambda sources, node=node: remove(sources, node.kind, node.name, node.owner),  # type: ignore[misc]
        )


def _names(run: _Run, base: Graph, graph: Graph) -> None:
    now = _by_id(graph)
    for node in base.nodes:
        other = now.get(node.id)
        if other is None or other.name == node.name:
            continue
        if node.kind not in RENAMED:
            raise EditError(f"a {node.kind} such as '{node.name}' cannot be renamed in a graph")
        name = other.name
        run.do(
            f"{node.kind} {node.name}: renamed {name}",
            lambda sources, node=node, name=name: rename(sources, node.kind, node.name, name, node.owner),  # type: ignore[misc]
        )
