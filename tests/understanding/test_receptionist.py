"""What the trained understanding adds to the shipped receptionist: paraphrases, and nonsense refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.language import MironLanguage
from dsl.training_data import read_training_data
from miron.learn.guesses import Guesser
from miron.learn.sampling import sample_mirons
from miron.model import Act, Expectation
from receptionist.dialogue import load_dialogue
from receptionist.trained import heard_mirons

HERE = Path(__file__).parent
KNOWN = ["Grace Hopper", "Alan Turing"]
LIMIT_UNDERSTOOD, LIMIT_ACCEPTED = 0.55, 0.2
"""Floors of this test; docs/benchmarks-nlu.md says what is reached."""
NOTHING = {"not_understood", "ask_about"}
"""Heard as nothing, or as a question to which the receptionist says that it has no answer."""


@pytest.fixture(scope="module")
def heard():  # type: ignore[no-untyped-def]
    """Understands with the templates, and with the model too."""
    pytest.importorskip("torch")
    from miron.learn import Settings, train

    compiled = load_dialogue()
    mirons = heard_mirons(compiled)
    examples = sample_mirons(mirons, "en", compiled.types, compiled.phrases.get("en", {}))
    model = Guesser({"en": train(examples, settings=Settings(steps=40))})
    expected = [Expectation(miron.name, weight=0.5) for miron in mirons if not miron.gated]
    languages = [MironLanguage(compiled, {"person": KNOWN}, trained) for trained in (None, model)]

    def best(text: str) -> tuple[Act, Act]:
        plain, trained = (each.understander.best(text, expected, "en") for each in languages)
        return plain, trained

    return best


@pytest.mark.slow
def test_most_paraphrases_are_understood_that_no_sentence_foresees(heard) -> None:  # type: ignore[no-untyped-def]
    data = read_training_data([HERE / "paraphrases.yml"], heard_mirons(load_dialogue()), "en")
    acts = [(example.intent, *heard(example.text)) for example in data.examples]
    plain, trained = (sum(act[0] == act[which].miron for act in acts) / len(acts) for which in (1, 2))
    assert len(acts) > 250
    assert plain < 0.3, "these are no paraphrases any more"
    assert trained >= LIMIT_UNDERSTOOD


@pytest.mark.slow
def test_what_is_beside_the_point_is_not_understood(heard) -> None:  # type: ignore[no-untyped-def]
    sentences = (HERE / "out_of_scope.txt").read_text(encoding="utf-8").splitlines()
    outside = [heard(line)[1].miron for line in sentences if not line.startswith("#")]
    accepted = sum(name not in NOTHING for name in outside)
    assert len(outside) >= 50
    assert accepted <= LIMIT_ACCEPTED * len(outside)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "word " * 20_000,
        "a" * 100_000,
        "我" * 100_000,
        "\x00\x07\x1b[2J could you let Grace Hopper know",
        "\u202ewhere might the lift be\u202c",
        "\ud800 tell Alan Turing I am here",
        "👩‍👩‍👧 🏳️‍🌈 Zurück ins 我要 привет مرحبا",
        "{{7*7}} {% for x in y %} ${x} %s %n",
        "[bold]could you[/bold] <script>alert(1)</script> get {visit.host}",
        '[words](entity) {"entity": 1} <rule>',
    ],
    ids=range(12),
)
def test_bad_input_is_text_or_out_of_scope(heard, text: str) -> None:  # type: ignore[no-untyped-def]
    _, act = heard(text)
    for part in act.sequence:
        assert 0.0 <= part.confidence <= 1.0
        for filled in part.entities.values():
            assert text[filled.start : filled.end] == filled.text
            assert "49" not in str(filled.value)
