"""From a dialogue to its graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from dsl.edit.places import Place, Places
from dsl.edit.sources import Sources
from dsl.graph.model import Edge, Graph, Node
from dsl.library import is_standard
from dsl.mentions import Mention, mentions, resolve
from dsl.symbols import Symbol, View, World
from dsl.tree import Name, Owner, Tree
from miron.source import Span


def dialogue_graph(tree: Tree, sources: Sources | None = None, *, whole: bool = False) -> Graph:
    """The graph of a dialogue.

    Args:
        sources: Its files, for the texts of the nodes and the way back; without them the nodes have none.
        whole: Show what is inside modules of the standard library; otherwise each of them is one node.
    """
    return _Builder(tree, sources, whole).graph()


class _Builder:
    def __init__(self, tree: Tree, sources: Sources | None, whole: bool) -> None:
        self._tree, self._sources, self._whole = tree, sources, whole
        self._world = World(tree)
        self._owners = [owner for owner in self._world.owners if whole or not is_standard(owner)]
        self._closed = {owner.name.text for owner in self._world.owners} - {
            owner.name.text for owner in self._owners
        }
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, str], Edge] = {}
        self._at: dict[tuple[str, Span], str] = {}
        self._texts = _texts(sources) if sources is not None else {}

    def graph(self) -> Graph:
        for owner in self._owners:
            for kind, name, span in _declared(self._world.view(owner)):
                self._node(owner.name.text, kind, name, span)
        for owner in self._world.owners:
            if owner.name.text in self._closed:
                for kind, _, span in _declared(self._world.view(owner)):
                    self._at.setdefault((kind, span), f"/module/{owner.name.text}")
        for owner in self._owners:
            view = self._world.view(owner)
            for mention in mentions(view):
                self._mention(view, mention)
        name = self._tree.dialogue.name.text if self._tree.dialogue else next(iter(self._tree.modules), "")
        texts = self._sources.texts if self._sources is not None else {}
        return Graph(name, tuple(self._nodes.values()), tuple(self._edges.values()), texts, self._whole)

    def _node(self, owner: str, kind: str, name: str, span: Span | None) -> str:
        id = f"{owner}/{kind}/{name}"
        if id not in self._nodes:
            place, text = self._texts.get((owner, kind, name), (None, ""))
            file = place.file if place else self._file(span) if span else ""
            line = place.key.line + 1 if place else span.line if span else 0
            self._nodes[id] = Node(id, kind, name, owner, text, file, line)
        if span is not None:
            self._at.setdefault((kind, span), id)
        return id

    def _mention(self, view: View, mention: Mention) -> None:
        if mention.kind in ("test", "given", "never"):
            return
        owner = view.owner.name.text
        target = self._target(view, mention)
        if target is None:
            return
        source = f"{owner}/{mention.kind}/{mention.holder or owner}"
        if mention.kind == "body":
            self._node(owner, "body", owner, view.owner.name.span)
        relation = mention.relation
        if relation == "interrupted by":
            source, target, relation = target, source, "interrupts"
        key = (source, target, relation)
        if source in self._nodes and key not in self._edges:
            span = mention.name.span
            self._edges[key] = Edge(*key, place=f"{self._file(span)}:{span.line}:{span.column}")

    def _file(self, span: Span) -> str:
        """A file as it should be named in a graph: those of the library lie elsewhere on each machine."""
        known = self._sources is None or span.source in self._sources.texts
        return span.source if known else PurePath(span.source).name

    def _target(self, view: View, mention: Mention) -> str | None:
        if mention.relation == "uses":
            return self._module(mention.name.text)
        if mention.relation == "ends":
            return self._node("", "ending", mention.name.text, None)
        symbol = resolve(view, mention)
        if symbol is None:
            return None
        return self._of(symbol)

    def _of(self, symbol: Symbol) -> str | None:
        if symbol.kind == "module":
            return self._module(symbol.decl.name.text) if isinstance(symbol.decl, Owner) else None
        if symbol.kind == "signal":
            return self._node("", "signal", symbol.name, None)
        if symbol.span is None:
            return None
        found = self._at.get((symbol.kind, symbol.span))
        if found is not None and found.startswith("/module/"):
            return self._module(found.removeprefix("/module/"))
        return found

    def _module(self, name: str) -> str:
        module = self._tree.modules.get(name)
        body = f"{name}/body/{name}"
        if module is not None and module.do and name not in self._closed:
            return self._node(name, "body", name, module.name.span) if body not in self._nodes else body
        return self._node("", "module", name, module.name.span if module else None)


def _declared(view: View) -> Iterator[tuple[str, str, Span]]:
    owner = view.owner
    for use in owner.use:
        yield "use", use.instance.text, use.instance.span
    for kind, table in (
        ("type", owner.types),
        ("memory", owner.memory),
        ("service", owner.services),
        ("miron", owner.mirons),
        ("question", owner.questions),
        ("rule", owner.rules),
    ):
        for name, decl in table.items():
            yield kind, name, decl.name.span
    for param in (*owner.takes, *owner.gives):
        yield "parameter", param.name.text, param.name.span
    timer: Name
    for timer in view.index.timers.values():
        yield "timer", timer.text, timer.span


def _texts(sources: Sources) -> dict[tuple[str, str, str], tuple[Place, str]]:
    places = Places(sources)
    found: dict[tuple[str, str, str], tuple[Place, str]] = {}
    for place in places.all():
        found.setdefault((place.owner, place.kind, place.name), (place, places.text(place)))
    return found
