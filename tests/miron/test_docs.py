"""Runs the examples of docs/templates.md."""

import re
from pathlib import Path

import pytest

from miron.generate import Generator
from miron.model import Forms, Miron, Slot
from miron.source import ModelError
from miron.template import parse
from miron.understand import Understander

DOC = Path(__file__).parents[2] / "docs" / "templates.md"
EXAMPLES = re.findall(r"^```example\n(.*?)^```", DOC.read_text(encoding="utf-8"), re.M | re.S)


def entries(example):
    """The lines of an example by their first word."""
    found = {}
    for line in example.splitlines():
        key, _, rest = line.partition(" ")
        found.setdefault(key, []).append(rest.strip())
    return found


def all_texts(mouth, values):
    sizes = []
    mouth.say("m", values, locale="en", choose=lambda _, n: sizes.append(n) or 0)
    return {
        mouth.say("m", values, locale="en", choose=lambda _, n, pick=pick: pick).text
        for pick in range(sizes[0] if sizes else 1)
    }


def test_the_document_has_examples():
    assert len(EXAMPLES) > 12


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.splitlines()[0][:40] for example in EXAMPLES])
def test_an_example_does_what_it_says(example):
    written = entries(example)
    if "wrong" in written:
        with pytest.raises(ModelError) as caught:
            parse(written["sentence"][0])
        assert caught.value.problems[0].code == written["wrong"][0]
        return
    kinds = dict(line.split(" ", 1) for line in written.get("slot", ()))
    slots = {name: Slot(name, kind, "." in name) for name, kind in kinds.items()}
    forms = Forms(tuple(map(parse, written.get("sentence", ()))), jinja=tuple(written.get("jinja", ())))
    miron = Miron("m", forms={"en": forms}, slots=slots)
    values = dict(line.split(" ", 1) for line in written.get("value", ()))
    if "says" in written:
        assert set(written["says"]) <= all_texts(Generator([miron]), values)
    ears = Understander([miron])
    for line in written.get("hears", ()):
        text, _, meant = line.partition(" => ")
        act = ears.best(text)
        heard = {name: filled.value for name, filled in act.entities.items()}
        expected = dict(pair.split("=", 1) for pair in meant.split("; ")) if meant else {}
        assert (act.miron, heard) == ("m", expected), text
    for text in written.get("not", ()):
        assert ears.best(text).miron == "not_understood", text
