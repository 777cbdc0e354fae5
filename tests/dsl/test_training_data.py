"""Sentences written for Rasa NLU and Home Assistant, read as training examples."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.training_data import read_training_data
from miron.source import ModelError
from tests.miron.build import miron, unhurried

MIRONS = [
    miron("name_host", "I'm here to see {visit.host}", visit__host="person"),
    miron("where_is", "where is the {place}", place="text"),
    miron("turn_taking.help", "help"),
]


def read(folder: Path, text: str, locale: str = "en", first: bool = True):
    file = folder / "data.yml"
    file.write_text(text, encoding="utf-8")
    return read_training_data([file], MIRONS, locale, first=first)


def found(data):
    return [(e.text, e.intent, {s.entity: e.text[s.start : s.end] for s in e.slots}) for e in data.examples]


RASA = """
version: "3.1"
nlu:
- intent: name_host
  examples: |
    - could you tell [Grace Hopper](visit.host) that I am here
    - is [Alan]{"entity": "host", "role": "x"} in
- intent: help
  examples:
  - text: |
      what now
    metadata: {sentiment: neutral}
- intent: out_of_scope
  examples: |
    - what is the meaning of life
- synonym: grace hopper
  examples: |
    - Amazing Grace
- lookup: visit_host
  examples: |
    - Ada Lovelace
- regex: zip
  examples: |
    - \\d{5}
"""


def test_rasa_intents_marks_synonyms_and_lookups_become_examples(tmp_path):
    data = read(tmp_path, RASA)
    assert found(data) == [
        ("could you tell Grace Hopper that I am here", "name_host", {"visit.host": "Grace Hopper"}),
        ("is Alan in", "name_host", {"visit.host": "Alan"}),
        ("what now", "turn_taking.help", {}),
        ("could you tell Ada Lovelace that I am here", "name_host", {"visit.host": "Ada Lovelace"}),
        ("could you tell Amazing Grace that I am here", "name_host", {"visit.host": "Amazing Grace"}),
    ]
    assert data.out_of_scope == ["what is the meaning of life"]


HASSIL = """
language: en
intents:
  where_is:
    data:
      - sentences: ["<seek> [the|my] {room:place}[ please]"]
lists:
  room: {values: [shed, {in: "(boiler|heating) room", out: boiler}]}
expansion_rules:
  seek: "(whereabouts is|in which corner is)"
---
language: en
tests:
  - sentences: [and which way to the shed]
    intent: {name: where_is, slots: {place: Shed}}
"""


def test_home_assistant_sentences_are_sampled_and_tests_taken_as_they_are(tmp_path):
    data = read(tmp_path, HASSIL)
    assert ("and which way to the shed", "where_is", {"place": "shed"}) in found(data)
    assert {values["place"] for _, _, values in found(data)} == {"shed", "boiler room", "heating room"}
    assert {text.split()[0] for text, _, _ in found(data)} == {"and", "whereabouts", "in"}


def test_files_of_another_language_are_passed_over(tmp_path):
    assert read(tmp_path, HASSIL, "de").examples == []
    assert read(tmp_path, RASA, "de", first=False).examples == []


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("nlu:\n- intent: name_hots\n  examples: |\n    - x\n", "unknown-intent", 2),
        ("nlu:\n- intent: where_is\n  examples: |\n    - a [b](colour)\n", "unknown-entity", 4),
        ('nlu:\n- intent: where_is\n  examples: |\n    - a [b]{"entity" c}\n', "bad-entity", 4),
        ("nlu:\n- intent: where_is\n", "no-examples", 2),
        ("nlu:\n- nothing: where_is\n", "unknown-entry", 2),
        ("nlu: [a]\n", "expected-map", 1),
        ("stories: []\n", "no-training-data", 1),
        ("- a\n", "no-training-data", 1),
        ("intents:\n  where_is:\n    data:\n      - sentences: ['where (is']\n", "unclosed-bracket", 4),
        ("intents:\n  where_is:\n    data:\n      - sentences: ['<gone> is']\n", "unknown-phrase", 4),
        ("intents:\n  where_is: {}\nlists:\n  room: {}\n", "bad-list", 4),
        ("tests:\n  - sentences: [x]\n", "no-intent", 2),
        ("nlu: &a [*a]\n", "yaml-anchor", 1),
        ("nlu: !!python/object:os.system []\n", "yaml-tag", 1),
        ("nlu: [\n", "", 0),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, code, line):
    with pytest.raises(ModelError) as caught:
        read(tmp_path, text)
    problem = caught.value.problems[0]
    if code:
        assert (problem.code, problem.span.line) == (code, line)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ModelError):
        read_training_data([tmp_path / "none.yml"], MIRONS, "en")


@pytest.mark.parametrize(
    "line", ["[" * 50_000, "[a](" * 20_000, "[a]{" * 20_000, "(" * 50_000, "[x](place)" * 5_000]
)
def test_hostile_marks_are_read_in_one_go(tmp_path, line):
    data = read(tmp_path, f"nlu:\n- intent: where_is\n  examples: |\n    - a {line}\n")
    assert len(data.examples) == 1


def test_rules_that_multiply_are_refused(tmp_path):
    rules = "\n".join(f'  r{n}: "<r{n + 1}> x <r{n + 1}>"' for n in range(30))
    intents = 'intents:\n  where_is:\n    data:\n      - sentences: ["<r0>"]\n'
    text = f"{intents}expansion_rules:\n{rules}\n  r30: y\n"
    with pytest.raises(ModelError) as caught:
        read(tmp_path, text)
    assert caught.value.problems[0].code == "template-too-large"


@unhurried
@given(st.text(alphabet="[](){}\"':|-x\n \u202e{{7*7}}%s", max_size=60))
def test_no_sentence_makes_reading_fail_in_another_way(tmp_path_factory, text):
    block = "\n".join(f"    - {line}" for line in text.split("\n"))
    try:
        read(tmp_path_factory.mktemp("d"), f"nlu:\n- intent: where_is\n  examples: |\n{block}\n")
    except ModelError as fault:
        assert fault.problems  # noqa: PT017  # whether it is refused depends on the text
