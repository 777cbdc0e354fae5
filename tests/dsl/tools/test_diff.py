"""What two dialogues differ in, and the shortest events that show it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dsl.compiler import compile_tree
from dsl.diff import differences, renames
from dsl.edit.places import Places
from dsl.edit.rename import rename
from dsl.edit.sources import Sources
from dsl.parting import Compared, partings
from dsl.reader import read_text
from miron.source import ModelError
from receptionist.cli import miron

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "tests/dsl/good").glob("*.yaml"), *(ROOT / "tests/dsl/dialogues").glob("*.yaml")])

LAMP = """\
dialogue: lamp
endings: [dark]
use: {user_model: {}}
services: {switch: {takes: {on: flag}, timeout: 2s}}
memory: {lit: flag, turns: {type: number, default: 0}}
mirons:
  light: (light|switch it on)
  enough: enough
  there_is_light: Let there be light.
  it_is_lit: It is lit.
  good_night: Good night.
rules:
  turn_on:
    when: hear light
    unless: lit
    do:
      - {call: {switch: {on: yes}}, set: {lit: yes, turns: turns + 1}}
      - {say: there_is_light}
  twice: {when: hear light, if: lit, do: {say: it_is_lit}}
  turn_off: {when: hear enough, if: lit, do: [{set: {lit: no}}, {say: good_night}, {end: dark}]}
"""


def changed(*pairs: tuple[str, str]) -> str:
    text = LAMP
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def shown(second: str, first: str = LAMP) -> list[str]:
    return [str(each) for each in differences(read_text(first, "a.yaml"), read_text(second, "b.yaml"))]


def compared(second: str, **how: int) -> Compared:
    trees = read_text(LAMP), read_text(second)
    assert trees[0].dialogue
    assert trees[1].dialogue
    names = renames(trees[0].dialogue, trees[1].dialogue)
    return partings(*map(compile_tree, trees), names=names, **how)  # type: ignore[arg-type]


def test_formatting_order_comments_and_remarks_are_no_difference() -> None:
    lines = LAMP.splitlines(keepends=True)
    second = "# note\n" + "".join(lines[:12] + lines[18:19] + lines[12:18] + lines[19:])
    second = second.replace(
        "{lit: flag, turns:", "\n  lit: {type: flag, about: Is it on?}\n  turns:"
    ).replace("default: 0}}", "default: 0}")
    assert shown(second) == []


def test_each_change_is_said_in_the_words_of_the_author() -> None:
    assert shown(
        changed(
            ("(light|switch it on)", "(light|brighter)"),
            ("unless: lit", "unless: lit or turns > 3"),
            ("2s}", "3s}"),
        )
    ) == [
        "service switch: changed\n  - timeout: 2000\n  + timeout: 3000",
        "Miron light: changed\n  - en: (light|switch it on)\n  + en: (light|brighter)",
        "rule turn_on: changed\n  - unless: lit\n  + unless: lit or turns > 3",
    ]
    assert shown(changed(("      - {say: there_is_light}\n", ""))) == [
        "rule turn_on: changed\n  - do: {say: there_is_light}"
    ]


def test_what_is_new_and_gone_is_listed() -> None:
    assert shown(changed(("  enough: enough\n", ""), ("hear enough", "hear light"))) == [
        "Miron enough: removed\n  - en: enough",
        "rule turn_off: changed\n  - when: hear enough\n  + when: hear light",
    ]
    assert shown(LAMP + "  more: {when: hear light, do: {gesture: nod}}\n") == [
        "rule more: added\n  + when: hear light"
    ]


@pytest.mark.parametrize(
    ("kind", "old"), [("rule", "turn_on"), ("miron", "light"), ("memory", "turns"), ("service", "switch")]
)
def test_a_new_name_is_a_rename_and_no_change_of_those_that_use_it(kind: str, old: str) -> None:
    sources = Sources({"a.yaml": LAMP})
    second = sources.apply(rename(sources, kind, old, "called_anew"))[0].texts["a.yaml"]
    assert [line.partition(" ")[2] for line in shown(second)] == [f"{old}: renamed\n  + called_anew"]
    assert compared(second, length=2).partings == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_dialogue_does_not_differ_from_itself(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert shown(text, text) == []


@pytest.mark.parametrize("path", FILES[::4], ids=lambda path: path.stem)
def test_every_declaration_taken_away_is_noticed(path: Path) -> None:
    sources = Sources({"a.yaml": path.read_text(encoding="utf-8")})
    tree = sources.tree()
    for place in Places(sources).all():
        if place.kind not in ("rule", "miron", "question", "service", "memory") or place.flow:
            continue
        start, end = Places(sources).with_comments(place)
        rest = sources.texts["a.yaml"][:start] + sources.texts["a.yaml"][end:]
        try:
            found = differences(tree, read_text(rest))
        except ModelError:  # a name that nothing declares any more
            continue
        assert found, place.name


def test_the_shortest_way_to_a_difference_is_found() -> None:
    found = compared(changed(("{say: it_is_lit}", "{say: it_is_lit, gesture: nod}")))
    assert [str(deed) for deed in found.partings[0].deeds] == ["user: light", "user: light"]
    assert (found.partings[0].first, found.partings[0].second) == (
        ("say it_is_lit",),
        ("say it_is_lit", "gesture nod"),
    )


def test_conditions_values_and_endings_count() -> None:
    found = compared(changed(("if: lit, do: [", "if: lit and turns > 1, do: [")))
    assert [[str(deed) for deed in each.deeds] for each in found.partings] == [
        ["user: light", "user: enough"]
    ]
    assert found.partings[0].first == ("say good_night", "end dark")
    found = compared(changed(("{on: yes}", "{on: no}")))
    assert found.partings[0].first == ("call switch (on True)", "say there_is_light")


def test_a_sentence_only_one_of_them_hears_is_tried() -> None:
    found = compared(changed(("light: (light|switch it on)", "light: make it bright")))
    assert [[str(deed) for deed in each.deeds] for each in found.partings][:2] == [
        ["user: light"],
        ["user: make it bright"],
    ]


def test_waiting_and_coming_and_signals_are_tried() -> None:
    for condition, deeds in (
        ("see touched", ["see: touched"]),
        ("visitor.present", ["see: visitor.present"]),
        ("visitor.present for 5s", ["see: visitor.present", "wait: 5000ms"]),
    ):
        second = LAMP + f"  extra: {{when: {condition}, do: {{gesture: nod}}}}\n"
        assert [str(deed) for deed in compared(second).partings[0].deeds] == deeds


def test_what_changes_no_behaviour_is_found_equal() -> None:
    found = compared(changed(("unless: lit", "if: not lit")), length=2)
    assert found.partings == ()
    assert found.complete


def test_the_search_is_bounded_and_says_so() -> None:
    found = compared(changed(("{say: it_is_lit}", "{say: it_is_lit, gesture: nod}")), limit=2)
    assert (found.partings, found.tried, found.complete) == ((), 2, False)


def test_the_command_shows_both_and_tells_by_its_status(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(LAMP)
    second.write_text(changed(("{say: it_is_lit}", "{say: it_is_lit, gesture: nod}")))
    run = CliRunner().invoke
    found = run(miron, ["diff", str(first), str(second)])
    assert found.exit_code == 1
    assert found.stdout.startswith(
        "rule twice: changed\n  - do: {say: it_is_lit}\n  + do: {say: it_is_lit, gesture: nod}\n"
    )
    assert f"after\n  - user: light\n  - user: light\n  {first}: say it_is_lit\n" in found.stdout
    assert run(miron, ["diff", str(first), str(first)]).stdout == "no difference in meaning\n"
    data = json.loads(run(miron, ["diff", str(first), str(second), "--format", "json"]).stdout)
    assert data["partings"][0]["deeds"] == [{"user": "light"}, {"user": "light"}]
    second.write_text("dialogue: x\nrules: {a: 3}\n")
    assert run(miron, ["diff", str(first), str(second)]).exit_code == 2


def test_the_receptionist_with_one_changed_rule_is_told_from_the_shipped_one(tmp_path: Path) -> None:
    changes = tmp_path / "overrides.yaml"
    changes.write_text(
        "dialogue: receptionist\nmirons: {new_one: Hm.}\n"
        "rules: {hm: {when: see touched, do: {say: new_one}}}\n"
    )
    shipped = ROOT / "assets/dialogues/receptionist"
    found = CliRunner().invoke(miron, ["diff", str(shipped), str(tmp_path), "--length", "1", "--limit", "12"])
    assert "rule hm: added" in found.stdout
    assert "- see: touched" in found.stdout
