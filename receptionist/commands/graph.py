"""``miron graph``: a dialogue as a picture or as data, and edits of it taken back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from dsl.edit.sources import Sources
    from dsl.graph.model import Graph
    from dsl.graph.stored import Stored
    from dsl.tree import Tree

FORMATS = ("mermaid", "dot", "graphml", "svg", "json")
SUFFIXES = {".mmd": "mermaid", ".mermaid": "mermaid", ".gv": "dot", **{f".{form}": form for form in FORMATS}}
MANY = 150
"""Nodes beyond which a picture shows rules and questions, and leaves sentences and memory out."""
DETAILS = ("miron", "memory", "parameter", "type", "phrase")
KINDS = (
    "rule",
    "question",
    "miron",
    "memory",
    "service",
    "module",
    "timer",
    "signal",
    "ending",
    "type",
    "use",
)


@click.command()
@click.argument("dialogue", type=PATH, required=False)
@click.option("-o", "--output", type=PATH, help="Write a file; its ending tells the format.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="What to write; mermaid by default.")
@click.option("--rule", "rules", multiple=True, metavar="NAME", help="Show what is around NAME, of any kind.")
@click.option("--around", default=1, show_default=True, help="With --rule: how many edges away.")
@click.option("--without", multiple=True, type=click.Choice(KINDS), help="Leave out nodes of a kind.")
@click.option("--all", "everything", is_flag=True, help="All nodes, also in a picture of a big dialogue.")
@click.option("--whole", is_flag=True, help="Show what is inside modules of the standard library.")
@click.option("--network", is_flag=True, help="The compiled network: units and weights.")
@click.option(
    "--import", "edited", type=PATH, help="Take edits of a GraphML or JSON graph over into DIALOGUE."
)
def graph(
    dialogue: Path | None,
    output: Path | None,
    form: str | None,
    rules: tuple[str, ...],
    around: int,
    without: tuple[str, ...],
    everything: bool,
    whole: bool,
    network: bool,
    edited: Path | None,
) -> None:
    """Show a dialogue as a graph; without DIALOGUE, the receptionist's.

    Exit status: 0 written, 1 it cannot be done and says why, 2 wrong use of the command.
    """
    from miron.source import ModelError

    if edited is not None:
        if dialogue is None or any((output, form, rules, without, everything, whole, network)):
            raise click.UsageError("--import FILE takes DIALOGUE and nothing else")
        _take_over(edited, dialogue)
        return
    try:
        found = _network(dialogue) if network else _graph(dialogue, whole)
    except ModelError as fault:
        report_problems(fault.problems)
        fail("a dialogue with mistakes has no graph")
    found = _chosen(found, rules, around, without)
    form = form or SUFFIXES.get(output.suffix if output else "", "mermaid")
    if form in ("mermaid", "dot", "svg") and not (everything or rules or without or network):
        found = _lighter(found)
    text = _written(found, form)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror or error}")
    click.echo(f"{output}: {len(found.nodes)} nodes, {len(found.edges)} edges", err=True)


def _graph(path: Path | None, whole: bool) -> Graph:
    from dsl.graph.build import dialogue_graph

    tree, sources = _read(path)
    return dialogue_graph(tree, sources, whole=whole)


def _read(path: Path | None) -> tuple[Tree, Sources | None]:
    """A dialogue with its files; changes to the shipped receptionist have no files of their own to edit."""
    from dsl.edit.sources import Sources
    from receptionist.dialogue import OVERRIDES, default_dialogue, read_dialogue

    path = path or default_dialogue()
    if path.name == OVERRIDES or (path / OVERRIDES).is_file():
        return read_dialogue(path), None
    sources = Sources.load(path).below(path)
    return sources.tree(), sources


def _network(path: Path | None) -> Graph:
    from dsl.compiler import compile_tree
    from dsl.graph.network import network_graph

    return network_graph(compile_tree(_read(path)[0]).program)


def _chosen(found: Graph, names: tuple[str, ...], around: int, without: tuple[str, ...]) -> Graph:
    from miron.source import suggest

    ids: set[str] = set()
    for name in names:
        fitting = {node.id for node in found.nodes if name in (node.name, node.id)}
        if not fitting:
            near = suggest(name, [node.name for node in found.nodes])
            fail(f"there is no '{name}' in this graph" + (f"; did you mean '{near}'?" if near else ""), 2)
        ids |= fitting
    chosen = found.without(without)
    return chosen.around(ids, around) if ids else chosen


def _lighter(found: Graph) -> Graph:
    if len(found.nodes) <= MANY:
        return found
    light = found.without(DETAILS)
    if not light.edges:
        return found
    click.echo(
        f"{len(found.nodes)} nodes are too many for a picture: sentences and memory are left out"
        " (--all shows them, --rule NAME what is around one rule)",
        err=True,
    )
    return light


def _written(found: Graph, form: str) -> str:
    match form:
        case "json":
            from dsl.graph.stored import to_json

            return to_json(found)
        case "graphml":
            from dsl.graph.graphml import to_graphml

            return to_graphml(found)
        case "mermaid":
            from dsl.graph.pictures import mermaid

            return mermaid(found)
    from dsl.graph.pictures import dot

    if form == "dot":
        return dot(found)
    from receptionist.graphviz import CannotDraw, svg

    try:
        return svg(dot(found))
    except CannotDraw as why:
        fail(str(why))


def _take_over(edited: Path, dialogue: Path) -> None:
    from dsl.check import check
    from dsl.edit.sources import EditError, Sources
    from dsl.graph.stored import GraphError
    from dsl.graph.taking import take_over
    from miron.source import ModelError

    try:
        before = Sources.load(dialogue)
        stored = _stored(edited)
        if dict(before.below(dialogue).texts) != dict(stored.graph.sources):
            fail(f"{dialogue} is not what {edited} was made from; write the graph again, then edit it")
        changed, done = take_over(stored)
        if not done:
            click.echo("nothing was edited")
            return
        errors = [problem for problem in check(changed.tree(), play=False) if problem.severity == "error"]
        if errors:
            raise ModelError(errors)
        names = dict(zip(before.below(dialogue).texts, before.texts, strict=True))
        Sources({names[name]: text for name, text in changed.texts.items()}).save(before)
    except ModelError as fault:
        report_problems(fault.problems)
        fail("nothing was written")
    except (GraphError, EditError) as fault:
        fail(f"{fault}; nothing was written")
    except OSError as error:
        fail(f"{dialogue} cannot be written: {error.strerror or error}")
    click.echo("\n".join(done))


def _stored(path: Path) -> Stored:
    from dsl.graph.graphml import from_graphml
    from dsl.graph.stored import MAX_BYTES, GraphError, from_json

    try:
        if path.stat().st_size > MAX_BYTES:
            raise GraphError(f"{path} is larger than {MAX_BYTES >> 20} MB")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise GraphError(f"{path} cannot be read: {error}") from error
    return from_json(text) if text.lstrip().startswith("{") else from_graphml(text)
