"""The graph of a dialogue: what stands in it, its forms, and edits of it taken back into the text."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.compiler import compile_tree
from dsl.edit.sources import EditError, Sources
from dsl.graph.build import dialogue_graph
from dsl.graph.graphml import from_graphml, to_graphml
from dsl.graph.model import Edge, Graph, Node
from dsl.graph.network import network_graph
from dsl.graph.pictures import dot, mermaid
from dsl.graph.stored import GraphError, Stored, from_json, to_json
from dsl.graph.taking import take_over
from engine.inspect import network_edges, network_nodes
from receptionist.cli import miron

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "tests/dsl/good").glob("*.yaml"), *(ROOT / "tests/dsl/dialogues").glob("*.yaml")])

DOOR = """\
dialogue: door      # who rings?
endings: [let_in]
use: {user_model: {}}
memory:
  visitor.name: person
services:
  open: {timeout: 2s}
mirons:
  hello: hello
  who: Who is it?
  # what is said at last
  come_in: Come in, {visitor.name}.
questions:
  ask_who: {fills: visitor.name, prompt: who, digress: [wave_back]}
rules:
  ring: {when: hear hello or see touched, do: [{ask: ask_who}, {think: let}]}
  let:
    follows: ring
    do:
      - {call: open, timer: {shut: 5s}}
      - {say: come_in}
      - {wait: {for: timer shut, at_most: 9s}}
      - {end: let_in}
  wave_back: {when: hear hello, if: visitor.present, do: {gesture: wave}}
"""


def sources_of(text: str = DOOR) -> Sources:
    return Sources({"door.yaml": text})


def graph_of(text: str = DOOR, *, whole: bool = False) -> Graph:
    return dialogue_graph(sources_of(text).tree(), sources_of(text), whole=whole)


def edges(graph: Graph) -> set[tuple[str, str, str]]:
    names = {node.id: node.name for node in graph.nodes}
    return {(names[edge.source], edge.kind, names[edge.target]) for edge in graph.edges}


def test_the_edges_say_what_each_declaration_has_to_do_with_others() -> None:
    assert edges(graph_of()) == {
        ("come_in", "holds", "visitor.name"),
        ("user_model", "uses", "user_model"),
        ("ask_who", "fills", "visitor.name"),
        ("ask_who", "says", "who"),
        ("wave_back", "interrupts", "ask_who"),
        ("ring", "hears", "hello"),
        ("ring", "sees", "touched"),
        ("ring", "asks", "ask_who"),
        ("ring", "thinks", "let"),
        ("let", "follows", "ring"),
        ("let", "calls", "open"),
        ("let", "starts", "shut"),
        ("let", "awaits", "shut"),
        ("let", "says", "come_in"),
        ("let", "ends", "let_in"),
        ("wave_back", "hears", "hello"),
        ("wave_back", "reads", "user_model"),
    }


def test_nodes_know_their_text_and_place() -> None:
    node = graph_of().node("door/rule/let")
    assert node is not None
    assert (node.file, node.line) == ("door.yaml", 17)
    assert node.text.startswith("let:\n  follows: ring\n  do:\n    - {call: open")


def test_modules_of_the_library_are_one_node_or_shown_whole() -> None:
    assert {node.owner for node in graph_of().nodes} == {"door", ""}
    whole = graph_of(whole=True)
    assert {"door", "user_model", "turn_taking"} <= {node.owner for node in whole.nodes}
    assert ("wave_back", "reads", "other.present") in edges(whole)
    assert all("/" not in node.file for node in whole.nodes)


def test_every_kind_of_a_dialogue_of_several_owners_is_shown() -> None:
    text = (ROOT / "tests/dsl/good/front_desk.yaml").read_text(encoding="utf-8")
    graph = graph_of(text)
    assert len(graph.owners()) > 1
    assert all(edge.source in {node.id for node in graph.nodes} for edge in graph.edges)


def test_around_and_without_choose() -> None:
    graph = graph_of()
    assert {node.name for node in graph.around(["door/question/ask_who"]).nodes} == {
        *("ask_who", "visitor.name", "who", "ring", "wave_back"),
    }
    assert "miron" not in {node.kind for node in graph.without(["miron"]).nodes}
    assert {node.name for node in graph.around(["door/rule/let"], 0).nodes} == {"let"}


def test_the_network_has_every_unit_and_weight() -> None:
    program = compile_tree(sources_of().tree()).program
    graph = network_graph(program)
    assert len(graph.nodes) == len(network_nodes(program))
    assert len(graph.edges) == len(network_edges(program))
    assert {edge.weight for edge in graph.edges} > {1.0, -1.0}
    assert any(node.file == "door.yaml" and node.line == 16 for node in graph.nodes)


# Forms

NASTY = '</y:NodeLabel><script>"x" & \\n {{7*7}} <![CDATA[ ]]> #quot; \U0001f375 茶'


@pytest.mark.parametrize("make", [mermaid, dot, to_graphml, to_json])
def test_words_in_a_graph_are_never_markup(make) -> None:  # type: ignore[no-untyped-def]
    graph = Graph(NASTY, (Node("a", "rule", NASTY), Node("b", "rule", "b", NASTY)), (Edge("a", "b", NASTY),))
    text = make(graph)
    assert text.count("\n") < 60
    if make is mermaid:
        for line in text.splitlines():
            assert line.count('"') in (0, 2)
            assert "<script" not in line
    elif make is dot:
        assert all(len(re.findall(r'(?<!\\)(?:\\\\)*"', line)) % 2 == 0 for line in text.splitlines())
    elif make is to_graphml:
        root = ElementTree.fromstring(text)
        labels = [each.text for each in root.iter() if each.tag.endswith(("NodeLabel", "EdgeLabel"))]
        assert labels.count(NASTY) == 3
    else:
        assert json.loads(text)["nodes"][0]["name"] == NASTY


def test_mermaid_and_dot_name_every_node_and_edge() -> None:
    graph = graph_of()
    for text, arrow in ((mermaid(graph), r"(-->|-\.->)\|"), (dot(graph), " -> ")):
        assert all(node.name in text for node in graph.nodes)
        assert len(re.findall(arrow, text)) == len(graph.edges)


def test_graphml_groups_by_owner_and_labels_for_yed() -> None:
    root = ElementTree.fromstring(to_graphml(graph_of()))
    ml = "{http://graphml.graphdrawing.org/xmlns}"
    groups = [node for node in root.iter(f"{ml}node") if node.find(f"{ml}graph") is not None]
    assert [group.get("yfiles.foldertype") for group in groups] == ["group"]
    ids = [each.get("id") for each in root.iter(f"{ml}node")]
    assert len(ids) == len(set(ids)) == len(graph_of().nodes) + 1
    assert {edge.get(end) for edge in root.iter(f"{ml}edge") for end in ("source", "target")} <= set(ids)


# There and back

FORMS = {"json": (to_json, from_json), "graphml": (to_graphml, from_graphml)}


def back(graph: Graph, form: str) -> Stored:
    write, read = FORMS[form]
    return read(write(graph))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_graph_that_nobody_edited_changes_nothing(path: Path, form: str) -> None:
    sources = sources_of(path.read_text(encoding="utf-8"))
    stored = back(dialogue_graph(sources.tree(), sources), form)
    assert take_over(stored) == (sources, ())


def test_a_part_of_a_graph_keeps_what_it_does_not_show() -> None:
    stored = back(graph_of().around(["door/rule/ring"]).without(["signal"]), "json")
    assert take_over(stored) == (sources_of(), ())


@pytest.mark.parametrize("dress", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
@pytest.mark.parametrize("form", FORMS)
def test_line_ends_and_byte_order_mark_survive(dress, form: str) -> None:  # type: ignore[no-untyped-def]
    sources = sources_of(dress(DOOR))
    stored = edited(
        back(dialogue_graph(sources.tree(), sources), form), "door/miron/who", text="who: Who rings?"
    )
    changed, _ = take_over(stored)
    assert changed.texts["door.yaml"] == dress(DOOR.replace("Who is it?", "Who rings?"))


def edited(stored: Stored, id: str, **changes: str) -> Stored:
    nodes = tuple(replace(node, **changes) if node.id == id else node for node in stored.graph.nodes)
    return replace(stored, graph=replace(stored.graph, nodes=nodes))


@pytest.mark.parametrize("form", FORMS)
def test_each_edit_touches_only_its_lines(form: str) -> None:
    stored = edited(back(graph_of(), form), "door/miron/who", text="who:\n  en: Who rings?")
    stored = edited(stored, "door/rule/let", name="let_them_in")
    extra = Node("x", "miron", "bye", "door", "bye: Good bye.")
    gone = "door/service/open"
    graph = stored.graph
    graph = replace(
        graph,
        nodes=(*(node for node in graph.nodes if node.id != gone), extra),
        edges=(
            *(edge for edge in graph.edges if edge.target != gone),
            Edge("door/rule/wave_back", "x", "says"),
            Edge("door/rule/wave_back", "door/rule/ring", "follows"),
        ),
    )
    changed, done = take_over(replace(stored, graph=graph))
    assert done == (
        "miron who: written anew",
        "miron bye: added",
        "rule wave_back: says bye, added",
        "rule wave_back: follows ring, added",
        "service open: removed",
        "rule let: renamed let_them_in",
    )
    assert changed.texts["door.yaml"] == (
        DOOR.replace("  who: Who is it?\n", "  who:\n    en: Who rings?\n")
        .replace("name}.\n", "name}.\n  bye: Good bye.\n")
        .replace("{think: let}", "{think: let_them_in}")
        .replace("  let:\n", "  let_them_in:\n")
        .replace("{gesture: wave}}", "[{gesture: wave}, {say: bye}], follows: ring}")
        .replace("  open: {timeout: 2s}\n", "")
    )


def test_a_connection_taken_out_of_the_graph_leaves_the_text() -> None:
    graph = graph_of()
    kept = tuple(edge for edge in graph.edges if edge.kind != "follows")
    changed, done = take_over(replace(back(graph, "json"), graph=replace(graph, edges=kept)))
    assert done == ("rule let: follows ring, taken back",)
    assert changed.texts["door.yaml"] == DOOR.replace("    follows: ring\n", "")


def test_a_label_changed_in_yed_is_a_new_name() -> None:
    text = to_graphml(graph_of())
    text = text.replace("<y:NodeLabel>ring</y:NodeLabel>", "<y:NodeLabel>ring_the_bell</y:NodeLabel>")
    # yEd numbers nodes as it likes
    text = re.sub(r'"n(\d+)"', r'"n0::n\1"', text)
    changed, done = take_over(from_graphml(text))
    assert done == ("rule ring: renamed ring_the_bell",)
    assert changed.texts["door.yaml"] == DOOR.replace("  ring:", "  ring_the_bell:").replace(
        "follows: ring", "follows: ring_the_bell"
    )


def test_a_node_drawn_in_yed_says_what_it_is_in_its_label() -> None:
    new = '<node id="n99"><data key="node_graphics"><y:ShapeNode><y:NodeLabel>{}</y:NodeLabel>'
    new += "</y:ShapeNode></data></node>"
    text = to_graphml(graph_of())
    group = text.index("</graph></node>")
    with_label = text[:group] + new.format("miron bye") + text[group:]
    changed, done = take_over(from_graphml(with_label))
    assert done == ("miron bye: added",)
    assert "  bye: bye\n" in changed.texts["door.yaml"]
    with pytest.raises(GraphError, match="KIND NAME"):
        from_graphml(text[:group] + new.format("bye") + text[group:])


@pytest.mark.parametrize(
    ("id", "changes", "says"),
    [
        ("door/memory/visitor.name", {"name": "hello"}, "is the name of a miron already"),
        ("door/use/user_model", {"name": "x"}, "cannot be renamed in a graph"),
        ("door/rule/let", {"text": "let: {"}, "not one declaration"),
        ("door/rule/let", {"text": "let: {}\nmore: {}"}, "must declare one thing"),
        ("door/rule/let", {"text": ""}, "remove the node instead"),
    ],
)
def test_an_edit_that_cannot_be_made_says_where(id: str, changes: dict[str, str], says: str) -> None:
    with pytest.raises(EditError, match=says):
        take_over(edited(back(graph_of(), "json"), id, **changes))


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"format": 3}', "[" * 100_000, "<a/>", "<graphml/>"),
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        '{"format": "miron-graph/1", "sources": {}, "exported": [], "nodes": [3], "edges": []}',
        '{"format": "miron-graph/1", "sources": {}, "exported": [], "nodes": [], "edges": [{"source": "a"}]}',
        '{"format": "miron-graph/1", "sources": [], "exported": [], "nodes": [], "edges": []}',
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_graph_is_refused(text: str) -> None:
    read = from_json if not text.startswith("<") else from_graphml
    with pytest.raises(GraphError):
        read(text)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_graph_file_with_any_line_missing_or_doubled_is_read_or_refused(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(sorted(FORMS)))
    write, read = FORMS[form]
    lines = write(graph_of()).splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at : at + 1] = [] if data.draw(st.booleans()) else [lines[at], lines[at]]
    try:
        take_over(read("".join(lines)))
    except (GraphError, EditError):
        return


# The command


def run(*args: object) -> Result:
    return CliRunner().invoke(miron, ["graph", *map(str, args)])


@pytest.fixture
def door(tmp_path: Path) -> Path:
    path = tmp_path / "door.yaml"
    path.write_text(DOOR, encoding="utf-8")
    return path


def test_the_ending_of_the_file_tells_the_format(door: Path, tmp_path: Path) -> None:
    for name, begin in (
        ("g.mmd", "flowchart"),
        ("g.dot", "digraph"),
        ("g.graphml", "<?xml"),
        ("g.json", "{"),
    ):
        assert run(door, "-o", tmp_path / name).exit_code == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begin)
    assert run(door).stdout.startswith("flowchart")
    assert str(tmp_path) not in (tmp_path / "g.json").read_text(encoding="utf-8")


def test_a_big_dialogue_is_drawn_without_details_and_says_so(tmp_path: Path) -> None:
    found = run()
    assert found.exit_code == 0
    assert "sentences and memory are left out" in found.stderr
    assert "look_up" in found.stdout
    assert "who_are_you" not in found.stdout
    near = run("--rule", "look_up")
    assert "find_visits" in near.stdout
    assert "goodbye" not in near.stdout


def test_what_cannot_be_shown_is_said(door: Path) -> None:
    assert "did you mean 'ring'" in run(door, "--rule", "rin").stderr
    assert run(door, "--import", "x", "--network").exit_code == 2
    door.write_text("dialogue: x\nrules: {a: {wen: b}}\n")
    broken = run(door)
    assert broken.exit_code == 1
    assert "unknown-key" in broken.stderr


def test_svg_is_drawn_by_graphviz_or_its_absence_said(
    door: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    without = run(door, "--format", "svg")
    assert without.exit_code == 1
    assert "Graphviz" in without.stderr
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\necho "<svg>"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert run(door, "--format", "svg").stdout == "<svg>\n"


@pytest.mark.parametrize("name", ["g.json", "g.graphml"])
def test_an_edited_graph_is_taken_over_into_the_files(door: Path, tmp_path: Path, name: str) -> None:
    graph = tmp_path / name
    run(door, "-o", graph)
    assert run(door, "--import", graph).stdout == "nothing was edited\n"
    graph.write_text(graph.read_text(encoding="utf-8").replace("who: Who is it?", "who: Who rings?", 2))
    assert door.read_text(encoding="utf-8") == DOOR
    refused = run(door, "--import", graph)  # the text of the files in the graph has been changed, too
    assert "is not what" in refused.stderr
    run(door, "-o", graph)
    text = graph.read_text(encoding="utf-8")
    at = text.rindex("who: Who is it?")
    graph.write_text(text[:at] + "who: Who rings?" + text[at + 15 :], encoding="utf-8")
    taken = run(door, "--import", graph)
    assert (taken.exit_code, taken.stdout) == (0, "miron who: written anew\n")
    assert door.read_text(encoding="utf-8") == DOOR.replace("Who is it?", "Who rings?")


def test_edits_that_would_break_the_dialogue_are_not_written(door: Path, tmp_path: Path) -> None:
    graph = tmp_path / "g.json"
    run(door, "-o", graph)
    data = json.loads(graph.read_text(encoding="utf-8"))
    for node in data["nodes"]:
        if node["id"] == "door/rule/ring":
            node["text"] = "ring: {when: hear helo, do: {say: who}}"
    graph.write_text(json.dumps(data), encoding="utf-8")
    refused = run(door, "--import", graph)
    assert refused.exit_code == 1
    assert "unknown-miron" in refused.stderr
    assert door.read_text(encoding="utf-8") == DOOR


def test_the_receptionist_goes_through_the_graph_unchanged(tmp_path: Path) -> None:
    path = ROOT / "assets/dialogues/receptionist"
    sources = Sources.load(path).below(path)
    stored = from_graphml(to_graphml(dialogue_graph(sources.tree(), sources)))
    assert take_over(stored) == (sources, ())
