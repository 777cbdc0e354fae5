"""A Rasa project becomes a dialogue that runs; what could not be carried over is listed with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.check import check
from dsl.compiler import compile_tree
from dsl.rasa.carry import Carried, carry
from dsl.rasa.project import read_project, unmarked
from dsl.reader import read_text
from dsl.testing import run_tests
from miron.source import ModelError
from receptionist.cli import miron

DOMAIN = """\
version: "3.1"
intents: [greet, affirm, deny, order_pizza, {faq: {use_entities: []}}, goodbye, set_vip]
entities: [size, city]
slots:
  size: {type: categorical, values: [small, large], mappings: [{type: from_entity, entity: size}]}
  address:
    type: text
    mappings: [{type: from_text, conditions: [{active_loop: pizza_form, requested_slot: address}]}]
  vip: {type: bool, initial_value: false, mappings: [{type: from_intent, intent: set_vip, value: true}]}
  scored: {type: custom.Slot}
forms:
  pizza_form: {required_slots: [size, address]}
responses:
  utter_greet:
    - text: "Hello, (dear) guest!"
      buttons: [{title: Order, payload: /order_pizza}, {title: Big, payload: '/order_pizza{"size":"large"}'}]
    - text: |
        Hi there,
        welcome.
  utter_ask_size: [{text: "Small or large?"}]
  utter_order: [{text: "One {size} pizza to {address}, {unknown}."}]
  utter_hours: [{text: "We open at 10.", image: "http://x/y.png"}]
  utter_bye: [{text: Bye}]
  utter_sorry: [{text: Sorry?}]
actions: [action_place_order, validate_pizza_form]
session_config: {session_expiration_time: 60}
"""

NLU = """\
version: "3.1"
nlu:
  - intent: greet
    examples: |
      - hi
      - hello [there](x)
      - "quoted" (hi)
  - intent: order_pizza
    examples: |
      - I want a [large](size) pizza
      - a [big]{"entity": "size", "value": "large"} pizza please
      - pizza in [Berlin](city)
      - "#1 pizza"
  - intent: faq/hours
    examples: |
      - when do you open?
  - intent: goodbye
    examples: |
      - bye
  - intent: set_vip
    examples: |
      - I am a vip
  - synonym: large
    examples: |
      - big
  - lookup: city
    examples: |
      - Berlin
"""

RULES = """\
version: "3.1"
rules:
  - rule: Say hi
    steps: [{intent: greet}, {action: utter_greet}]
  - rule: Order
    steps:
      - intent: order_pizza
      - action: pizza_form
      - active_loop: pizza_form
  - rule: hours for vips
    condition: [{slot_was_set: [{vip: true}]}, {active_loop: null}]
    steps: [{intent: faq/hours}, {action: utter_hours}]
  - rule: fallback
    steps: [{intent: nlu_fallback}, {action: utter_sorry}]
  - rule: vip
    steps: [{intent: set_vip}, {action: action_place_order}]
stories:
  - story: whole visit
    steps:
      - intent: greet
      - action: utter_greet
      - intent: order_pizza
        entities: [{size: large}]
      - slot_was_set: [{size: large}]
      - action: utter_order
      - or: [{intent: goodbye}, {intent: deny}]
      - action: utter_bye
  - story: other visit
    steps:
      - intent: greet
      - action: utter_greet
      - checkpoint: somewhere
      - intent: goodbye
      - action: utter_bye
"""

TESTS = """
tests:
  an order:
    - user: I want a big pizza
    - asks: ask_address
    - type: 12 Main Street
    - check: size is large and address == "12 Main Street"
  a greeting, then a story:
    - user: hello you
    - bot: utter_greet
    - user: bye
    - bot: utter_bye
  only for some:
    - user: when do you open?
    - bot: utter_sorry
    - user: I am a vip
    - calls: action_place_order
    - user: when do you open?
    - bot: utter_hours
  not understood:
    - user: xyzzy
    - bot: utter_sorry
"""


def write(folder: Path, domain: str = DOMAIN, nlu: str = NLU, rules: str = RULES) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "domain.yml").write_text(domain, encoding="utf-8")
    (folder / "data/nlu.yml").write_text(nlu, encoding="utf-8")
    (folder / "data/rules.yml").write_text(rules, encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path / "Pizza Bot")


def carried(folder: Path) -> Carried:
    return carry(read_project(folder))


def test_what_was_carried_over_runs_and_answers(project: Path) -> None:
    text = carried(project).text
    tree = read_text(text + TESTS)
    assert [problem for problem in check(tree) if problem.severity == "error"] == []
    outcomes = run_tests(compile_tree(tree))
    assert {outcome.name: outcome.failure for outcome in outcomes} == dict.fromkeys(
        ["an order", "a greeting, then a story", "only for some", "not understood"], ""
    )


def test_what_was_not_is_listed_with_its_place(project: Path) -> None:
    assert [str(lost) for lost in carried(project).lost] == [
        "domain.yml:10:3: a slot of type 'custom.Slot' becomes a text",
        "domain.yml:3:18: no slot takes the entity 'city'; its values stand in the act alone",
        "domain.yml:16:56: the button 'Big' sends '/order_pizza{\"size\":\"large\"}'",
        "domain.yml:21:17: '{unknown}' is no slot",
        "domain.yml:22:17: 'image' of 'utter_hours'",
        "domain.yml:12:3: nothing says how to ask for 'address' ('utter_ask_address'); one was made up",
        "data/rules.yml:11:48: the condition 'active_loop' of 'hours for vips'",
        "data/rules.yml:32:9: 'checkpoint' in 'other visit'",
        "data/nlu.yml:26:5: the lookup 'city' of the training data",
        "the intent 'deny' has no examples",
        "what the action 'action_place_order' takes and gives: write it under services",
    ]


def test_brackets_hashes_and_quotes_in_sentences_stay_words(project: Path) -> None:
    (project / "data/nlu.yml").write_text(
        'nlu:\n- intent: greet\n  examples: |\n    - # (a|b) <c> {d} \\ "e"\n    - x: y\n', encoding="utf-8"
    )
    tree = read_text(carried(project).text)
    assert tree.dialogue is not None
    assert len(tree.dialogue.mirons["greet"].forms["en"].heard) == 2


@pytest.mark.parametrize(
    "intent", ["stop", "no", "happy", "Order-Now!", "silence", "当然", "utter_greet", "2nd"]
)
def test_names_of_theirs_become_names_of_ours(project: Path, intent: str) -> None:
    for file in ("domain.yml", "data/nlu.yml", "data/rules.yml"):
        text = (project / file).read_text(encoding="utf-8")
        (project / file).write_text(text.replace("goodbye", f'"{intent}"'), encoding="utf-8")
    tree = read_text(carried(project).text)
    assert [problem for problem in check(tree) if problem.severity == "error"] == []


def test_forms_of_format_2_are_read(project: Path) -> None:
    domain = DOMAIN.replace(
        "pizza_form: {required_slots: [size, address]}",
        "pizza_form:\n    size: [{type: from_entity, entity: size}]\n    address: [{type: from_text}]",
    )
    (project / "domain.yml").write_text(domain, encoding="utf-8")
    assert "{ask: [ask_size, ask_address]}" in carried(project).text


def test_annotations_are_taken_out_of_examples() -> None:
    assert unmarked('from [Berlin](city:x) to [B]{"entity": "city", "role": "to"}')[0] == "from Berlin to B"
    assert [(mark.entity, mark.role) for mark in unmarked('[a](b) [c]{"entity": "d", "role": "e"}')[1]] == [
        ("b", ""),
        ("d", "e"),
    ]


def test_sections_of_all_files_are_put_together(tmp_path: Path) -> None:
    folder = tmp_path / "split"
    (folder / "domain").mkdir(parents=True)
    (folder / "domain/a.yml").write_text("intents: [hi]\nresponses: {utter_a: [{text: A}]}\n")
    (folder / "domain/b.yaml").write_text("responses: {utter_b: [{text: B}]}\n")
    (folder / "nlu.yml").write_text("nlu: [{intent: hi, examples: '- hi'}]\n")
    (folder / "stories.yml").write_text(
        "stories: [{story: s, steps: [{intent: hi}, {action: utter_a}, {action: utter_b}]}]\n"
    )
    (folder / "config.yml").write_text("recipe: default.v1\npipeline: [{name: X}]\n")
    (folder / "tests").mkdir()
    (folder / "tests/test_stories.yml").write_text("stories: [{story: other, steps: []}]\n")
    found = carried(folder)
    assert found.lost == ()
    assert "- {say: utter_a}\n      - {say: utter_b}" in found.text


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_project_gives_a_dialogue_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    files = {"domain": DOMAIN, "nlu": NLU, "rules": RULES}
    which = data.draw(st.sampled_from(sorted(files)))
    lines = files[which].splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    line = lines[at]
    mutants = [[], [line, line], [line.replace(":", "")], [line.replace("[", "{")], ["- x\n"]]
    lines[at : at + 1] = data.draw(st.sampled_from(mutants))
    files[which] = "".join(lines)
    folder = write(tmp_path_factory.mktemp("p") / "bot", **files)
    try:
        check(read_text(carried(folder).text))
    except ModelError:
        return


def run(*args: object):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(miron, ["import", "rasa", *map(str, args)])


def test_the_command_writes_the_dialogue_and_what_was_lost(project: Path, tmp_path: Path) -> None:
    found = run(project, "-o", tmp_path / "out")
    assert found.exit_code == 0, found.stderr
    path = tmp_path / "out/pizza_bot.yaml"
    assert path.read_text(encoding="utf-8") == carried(project).text
    assert found.stdout.count("not carried over: ") == 11
    assert found.stdout.endswith(f"{path} is written; next: miron check {path}\n")
    again = run(project, "-o", tmp_path / "out")
    assert (again.exit_code, "stands there already" in again.stderr) == (1, True)
    assert run(project, "--name", "Two Words").exit_code == 2


@pytest.mark.parametrize("content", ["", "a: b\n", "intents: *x\n", "\t"])
def test_what_is_no_project_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.yml").write_text(content)
    found = run(tmp_path, "-o", tmp_path / "out")
    assert found.exit_code == 1
    assert "nothing was written" in found.stderr
    assert not (tmp_path / "out").exists()
