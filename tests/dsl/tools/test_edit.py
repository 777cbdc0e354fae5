"""Edits change what they mean and no other byte; undone, the files are what they were."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.check import check
from dsl.edit.edits import (
    CONNECTIONS,
    add,
    connect,
    disconnect,
    new_problems,
    remove,
    remove_key,
    replace,
    set_key,
)
from dsl.edit.places import Place, Places
from dsl.edit.rename import RENAMED, rename
from dsl.edit.sources import Change, EditError, Sources, Splice, StaleError, write_atomically
from miron.source import ModelError

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "tests/dsl/good").glob("*.yaml"), *(ROOT / "tests/dsl/dialogues").glob("*.yaml")])
RECEPTIONIST = ROOT / "assets/dialogues/receptionist"

TEA = """\
dialogue: tea   # ours
endings: [served]

# what is known
memory: {brewing: flag}

mirons:
  make_tea: (make|start) the tea
  # said when it begins
  steeping: "It's steeping."
  ready:
    en: Your tea is ready.

rules:

  # the first rule
  steep:
    when: hear make_tea
    unless: brewing
    do:
      - {set: brewing, say: steeping}   # both at once
      - {wait: 3min}
      - {think: pour}
  pour: {follows: steep, do: [{say: ready}, {end: served}]}

tests:
  tea:
    - user: make the tea
    - bot: steeping
    - wait: 3min
    - bot: ready
    - end: served
"""


def tea(text: str = TEA) -> Sources:
    return Sources({"tea.yaml": text})


def after(sources: Sources, change: Change) -> str:
    return sources.apply(change)[0].texts["tea.yaml"]


def sound(text: str) -> bool:
    return not [problem for problem in check(tea(text).tree()) if problem.severity == "error"]


def differing(old: str, new: str) -> tuple[list[str], list[str]]:
    """The lines between the common beginning and the common end."""
    ours, theirs = old.splitlines(keepends=True), new.splitlines(keepends=True)
    while ours and theirs and ours[0] == theirs[0]:
        ours, theirs = ours[1:], theirs[1:]
    while ours and theirs and ours[-1] == theirs[-1]:
        ours, theirs = ours[:-1], theirs[:-1]
    return ours, theirs


def test_a_rule_is_renamed_where_it_is_declared_thought_and_followed() -> None:
    new = after(tea(), rename(tea(), "rule", "steep", "let_it_steep"))
    assert new == TEA.replace("  steep:", "  let_it_steep:").replace(
        "follows: steep", "follows: let_it_steep"
    )
    assert sound(new)


def test_a_miron_is_renamed_in_conditions_steps_and_tests() -> None:
    new = after(tea(), rename(tea(), "miron", "steeping", "draws"))
    assert new == TEA.replace("  steeping: ", "  draws: ").replace("say: steeping", "say: draws").replace(
        "bot: steeping", "bot: draws"
    )


def test_memory_is_renamed_in_sentences_values_and_generated_texts() -> None:
    text = """\
dialogue: names
memory: {visitor.name: person, told_so: {type: number, default: 0}}
mirons:
  i_am: I am {visitor.name}
  hi: "Hello, {visitor.name.first|upper}!"
  count: {jinja: "{{ visitor_name }} said it {{ told_so }} times, told_so he"}
rules:
  greet: {when: told visitor.name, if: told_so < 3, do: {say: [hi, count], set: {told_so: told_so + 1}}}
"""
    new = after(tea(text), rename(tea(text), "memory", "visitor.name", "visitor.called"))
    assert new == text.replace("visitor.name", "visitor.called").replace("visitor_name", "visitor_called")
    new = after(tea(text), rename(tea(text), "memory", "told_so", "times"))
    assert "memory: {visitor.name: person, times: {type" in new
    assert "{{ times }} times, told_so he" in new
    assert "if: times < 3, do: {say: [hi, count], set: {times: times + 1}}" in new
    assert sound(new)


def test_an_ending_and_a_service_are_renamed() -> None:
    assert after(tea(), rename(tea(), "ending", "served", "drunk")) == TEA.replace("served", "drunk")
    text = TEA.replace("mirons:", "services:\n  ring: {timeout: 2s}\nmirons:").replace(
        "{wait: 3min}", "{call: ring}"
    )
    assert after(tea(text), rename(tea(text), "service", "ring", "bell")) == text.replace(
        "ring: {t", "bell: {t"
    ).replace("call: ring", "call: bell")


@pytest.mark.parametrize(
    ("kind", "old", "new", "says"),
    [
        ("rule", "steap", "x", "there is no rule 'steap'"),
        ("rule", "steep", "ready", "'ready' is the name of a miron already"),
        ("rule", "steep", "hear", "word of the language"),
        ("rule", "steep", "Two Words", "cannot be a name"),
        ("type", "steep", "x", "cannot be renamed by itself"),
    ],
)
def test_a_rename_that_cannot_be_is_refused(kind: str, old: str, new: str, says: str) -> None:
    with pytest.raises(EditError, match=re.escape(says)):
        rename(tea(), kind, old, new)


def test_a_declaration_is_replaced_with_the_indentation_of_its_place() -> None:
    text = "pour:\n  follows: steep\n  do:\n    - {say: ready}\n    - {end: served}"
    new = after(tea(), replace(tea(), "rule", "pour", text))
    assert differing(TEA, new) == (
        ["  pour: {follows: steep, do: [{say: ready}, {end: served}]}\n"],
        [
            "  pour:\n",
            "    follows: steep\n",
            "    do:\n",
            "      - {say: ready}\n",
            "      - {end: served}\n",
        ],
    )
    assert sound(new)


@pytest.mark.parametrize(
    "text", ["", "steep", "a: b\nc: d", "a: b\nrules: {}\nb", "- a", "a: {b", "dialogue: x\n---"]
)
def test_a_text_that_does_not_declare_one_thing_is_refused(text: str) -> None:
    with pytest.raises((EditError, ModelError)):
        replace(tea(), "rule", "steep", text)


def test_something_new_stands_behind_its_neighbours() -> None:
    new = after(
        tea(), add(tea(), "miron", "cold: |\n  It is cold.\n  # really\n  It got cold.", after="steeping")
    )
    assert differing(TEA, new) == (
        [],
        ["  cold: |\n", "    It is cold.\n", "    # really\n", "    It got cold.\n"],
    )
    assert new.index("cold:") < new.index("ready:")
    new = after(tea(), add(tea(), "rule", "halt: {when: hear make_tea, do: {end: served}}"))
    assert "{end: served}]}\n  halt: {when" in new
    assert sound(new)


def test_a_section_that_is_missing_or_empty_is_made() -> None:
    new = after(tea(), add(tea(), "service", "ring: {timeout: 2s}"))
    assert new == TEA + "\nservices:\n  ring: {timeout: 2s}\n"
    for empty in ("services:\n", "services: {}\n"):
        assert sound(after(tea(TEA + empty), add(tea(TEA + empty), "service", "ring: {timeout: 2s}")))
    assert "memory: {brewing: flag, cups: number}" in after(tea(), add(tea(), "memory", "cups: number"))


def test_what_is_there_already_is_not_added() -> None:
    with pytest.raises(EditError, match="already"):
        add(tea(), "rule", "pour: {do: {end: served}}")


def test_what_is_removed_takes_its_comments_along_and_leaves_those_of_others() -> None:
    new = after(tea(), remove(tea(), "miron", "steeping"))
    assert differing(TEA, new) == (["  # said when it begins\n", '  steeping: "It\'s steeping."\n'], [])
    new = after(tea(), remove(tea(), "rule", "pour"))
    assert differing(TEA, new)[0] == ["  pour: {follows: steep, do: [{say: ready}, {end: served}]}\n"]


def test_removing_from_braces_takes_the_comma() -> None:
    text = TEA.replace("{brewing: flag}", "{cups: number, brewing: flag, time: number}")
    for name, left in (("cups", "{brewing: flag, time: number}"), ("time", "{cups: number, brewing: flag}")):
        assert f"memory: {left}\n" in after(tea(text), remove(tea(text), "memory", name))


def test_what_would_be_missing_is_told_before() -> None:
    found = new_problems(tea(), remove(tea(), "miron", "ready"))
    assert {problem.code for problem in found} == {"unknown-miron"}
    assert new_problems(tea(), set_key(tea(), "rule", "steep", ("about",), "tea")) == ()


def test_keys_are_set_added_and_removed() -> None:
    assert "  steeping: It is hot.\n" in after(tea(), set_key(tea(), "miron", "steeping", (), "It is hot."))
    assert "    en: Ready!\n" in after(tea(), set_key(tea(), "miron", "ready", ("en",), "Ready!"))
    new = after(tea(), set_key(tea(), "miron", "ready", ("en",), "Ready!\nHere it is."))
    assert "    en: |\n      Ready!\n      Here it is.\n" in new
    assert "    unless: not brewing\n" in after(
        tea(), set_key(tea(), "rule", "steep", ("unless",), "not brewing")
    )
    new = after(tea(), set_key(tea(), "rule", "steep", ("about",), "How tea is made."))
    assert "      - {think: pour}\n    about: How tea is made.\n  pour" in new
    assert "served}], priority: 3}\n" in after(tea(), set_key(tea(), "rule", "pour", ("priority",), "3"))
    new = after(tea(), set_key(tea(), "rule", "steep", ("do",), "{think: pour}"))
    assert "    do: {think: pour}\n  pour" in new
    assert differing(TEA, after(tea(), remove_key(tea(), "rule", "steep", ("unless",)))) == (
        ["    unless: brewing\n"],
        [],
    )
    assert "  pour: {do: [{say" in after(tea(), remove_key(tea(), "rule", "pour", ("follows",)))


def test_a_connection_is_one_alternative_or_step_more() -> None:
    def line(rule: str, relation: str, target: str) -> list[str]:
        return differing(TEA, after(tea(), connect(tea(), rule, relation, target)))[1]

    assert line("steep", "hears", "ready") == ["    when: hear make_tea or hear ready\n"]
    assert line("steep", "says", "ready") == ["      - {say: ready}\n"]
    assert line("pour", "follows", "pour") == [
        "  pour: {follows: [steep, pour], do: [{say: ready}, {end: served}]}\n"
    ]
    assert line("pour", "thinks", "steep") == [
        "  pour: {follows: steep, do: [{say: ready}, {end: served}, {think: steep}]}\n"
    ]
    assert line("pour", "hears", "make_tea") == [
        "  pour: {follows: steep, do: [{say: ready}, {end: served}], when: hear make_tea}\n"
    ]
    with pytest.raises(EditError, match="cannot be added by itself"):
        connect(tea(), "steep", "reads", "brewing")


def test_a_connection_is_taken_back() -> None:
    sources = tea().apply(connect(tea(), "pour", "follows", "pour"))[0]
    assert after(sources, disconnect(sources, "pour", "follows", "pour")) == TEA.replace(
        "follows: steep", "follows: [steep]"
    )
    assert "  pour: {do: " in after(tea(), disconnect(tea(), "pour", "follows", "steep"))
    with pytest.raises(EditError, match="write the rule anew"):
        disconnect(tea(), "steep", "hears", "make_tea or x")


# Laws, on every dialogue there is


def edits_of(sources: Sources, place: Place) -> dict[str, Callable[[], Change]]:
    text = Places(sources).text(place)
    found: dict[str, Callable[[], Change]] = {
        "remove": lambda: remove(sources, place.kind, place.name, place.owner),
        "replace": lambda: replace(
            sources, place.kind, place.name, text.replace(place.name, "renewed", 1), place.owner
        ),
    }
    if place.kind in ("rule", "question", "miron"):
        found["set"] = lambda: set_key(sources, place.kind, place.name, ("about",), "x", place.owner)
    if place.kind in RENAMED:
        found["rename"] = lambda: rename(sources, place.kind, place.name, f"{place.name}_anew", place.owner)
    if place.kind == "rule":
        for relation in CONNECTIONS:
            found[relation] = lambda relation=relation: connect(  # type: ignore[misc]
                sources, place.name, relation, "somebody", place.owner
            )
    return found


ENDS = {
    "\\n": lambda text: text,
    "\\r\\n": lambda text: text.replace("\n", "\r\n"),
    "bom": lambda text: "\ufeff" + text,
}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_edit_undone_leaves_every_byte_and_done_no_other_line_touched(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(FILES))
    dress = data.draw(st.sampled_from(list(ENDS)))
    sources = Sources({"d.yaml": ENDS[dress](path.read_text(encoding="utf-8"))})
    place = data.draw(st.sampled_from(list(Places(sources).all())), label="place")
    name = data.draw(st.sampled_from(sorted(edits_of(sources, place))), label="edit")
    try:
        change = edits_of(sources, place)[name]()
    except EditError:
        return
    new, undo = sources.apply(change)
    assert new.apply(undo)[0] == sources
    touched = {
        line
        for splice in change.splices
        for line in range(
            Places(sources).lines["d.yaml"].line_of(splice.at),
            Places(sources).lines["d.yaml"].line_of(splice.at + len(splice.old)) + 1,
        )
    }
    old_lines = sources.texts["d.yaml"].splitlines(keepends=True)
    kept = [line for number, line in enumerate(old_lines) if number not in touched]
    rest = iter(new.texts["d.yaml"].splitlines(keepends=True))
    assert all(line in rest for line in kept)  # in this order
    if dress == "\\r\\n":
        assert "\n" not in new.texts["d.yaml"].replace("\r\n", "")
    if name not in ("remove", "replace"):
        assert comments(new.texts["d.yaml"]) == comments(sources.texts["d.yaml"])


def comments(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith("#")]


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_rename_keeps_a_dialogue_as_sound_as_it_was(data: st.DataObject) -> None:
    sources = Sources({"d.yaml": data.draw(st.sampled_from(FILES)).read_text(encoding="utf-8")})
    places = [place for place in Places(sources).all() if place.kind in RENAMED and "." not in place.name]
    place = data.draw(st.sampled_from(places), label="place")
    if place.name == "all":
        return
    new, _ = sources.apply(rename(sources, place.kind, place.name, "called_anew", place.owner))
    before = [(problem.code, problem.severity) for problem in check(sources.tree())]
    assert [(problem.code, problem.severity) for problem in check(new.tree())] == before
    back, _ = new.apply(rename(new, place.kind, "called_anew", place.name, place.owner))
    assert back == sources


@pytest.mark.parametrize(("kind", "old"), [("memory", "visit.host"), ("rule", "analyse")])
def test_the_receptionist_can_be_renamed_across_its_files(kind: str, old: str) -> None:
    sources = Sources.load(RECEPTIONIST)
    new, undo = sources.apply(rename(sources, kind, old, "visit.called" if kind == "memory" else "anew"))
    assert sum(len(text) for text in new.texts.values()) != sum(len(text) for text in sources.texts.values())
    assert new.apply(undo)[0] == sources


def test_random_edits_undone_one_by_one_restore_the_files() -> None:
    sources = tea()
    history = []
    for edit in (
        lambda s: rename(s, "rule", "steep", "a"),
        lambda s: add(s, "miron", "more: More tea?"),
        lambda s: connect(s, "pour", "says", "more"),
        lambda s: set_key(s, "rule", "a", ("about",), "first"),
        lambda s: rename(s, "miron", "more", "again"),
        lambda s: remove(s, "test", "tea"),
    ):
        sources, undo = sources.apply(edit(sources))
        history.append(undo)
    assert sound(sources.texts["tea.yaml"])
    for undo in reversed(history):
        sources, _ = sources.apply(undo)
    assert sources == tea()


# Versions and saving


def test_an_edit_for_another_version_is_refused() -> None:
    change = rename(tea(), "rule", "steep", "a")
    later = tea(TEA + "# later\n")
    with pytest.raises(StaleError):
        later.apply(change)
    with pytest.raises(StaleError):
        tea().apply(Change((Splice("tea.yaml", 0, "other", "x"),), {"tea.yaml": tea().version("tea.yaml")}))


def test_of_two_windows_editing_at_once_the_second_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tea.yaml"
    path.write_bytes(TEA.encode())
    first, second = Sources.load(path), Sources.load(path)
    changed, _ = first.apply(rename(first, "rule", "steep", "a"))
    changed.save(first)
    late, _ = second.apply(rename(second, "rule", "pour", "b"))
    with pytest.raises(StaleError, match="changed on disk"):
        late.save(second)
    assert path.read_bytes() == changed.texts[str(path)].encode()


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "tea.yaml"
    path.write_bytes(TEA.encode())

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == TEA.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_saving_keeps_rights_links_and_line_ends(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "tea.yaml"
    real.write_bytes(TEA.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    link.symlink_to(real)
    sources = Sources.load(link)
    changed, _ = sources.apply(set_key(sources, "rule", "steep", ("about",), "x"))
    changed.save(sources)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert b"    about: x\r\n" in real.read_bytes()


def test_the_example_of_the_document_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/graph.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (tmp_path / "tea.yaml").write_text(TEA, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    assert "follows: let_it_steep" in (tmp_path / "tea.yaml").read_text(encoding="utf-8")
