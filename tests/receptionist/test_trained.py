"""Trained understanding around the running receptionist: kept, loaded, exchanged, journaled, replayed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.language import MironLanguage
from engine.events import Heard
from engine.journal import parse_all
from engine.replay import replay
from engine.session import Session
from miron.model import Guess
from receptionist import learner
from receptionist.dialogue import load_dialogue
from receptionist.trained import load_guesser, model_file, trainable

DIALOGUE = """
dialogue: kiosk
memory: {visit.host: person, asked.place: text}
mirons:
  name_host: (I'm here|I have come) to see {visit.host}
  where_is: {heard: "where is the {text:place}"}
  bring: (I have|here is) a (parcel|letter|package)
  leave: (I am leaving|I want to sign out)
  fine: All right.
rules:
  visit: {when: told visit.host, do: {say: fine}}
  way: {when: hear where_is, do: {say: fine}}
  parcel: {when: hear bring, do: {say: fine}}
  out: {when: hear leave, do: {say: fine}}
"""


class Knowing:
    """A trained model that takes everything for one Miron."""

    def __init__(self, guess: Guess, version: str = "12345678") -> None:
        self.answer, self.version = guess, version
        self.allowed: list[list[str]] = []

    def guess(self, text, locales, allowed=None, lexicon=None):  # type: ignore[no-untyped-def]
        self.allowed.append(list(allowed))
        return [self.answer]


@pytest.fixture
def dialogue(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.yaml"
    path.write_text(
        DIALOGUE.replace('{heard: "where', '{en: {heard: "where').replace('place}"}', 'place}"}}')
    )
    return path


def miron(home: Path, *args: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "receptionist", *args],
        input=said,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        env={**os.environ, "MIRON_HOME": str(home)},
    )


def test_a_model_that_comes_during_a_visit_is_used_from_the_next_words_on_and_replay_needs_none(
    dialogue: Path,
) -> None:
    compiled = load_dialogue(dialogue)
    language, lines = MironLanguage(compiled), list[str]()
    session = Session(compiled.program, language, journal=lines.append)
    session.open()
    for model in (None, Knowing(Guess("leave", 0.87)), Knowing(Guess("bring", 0.3)), None):
        language.listen_with(model)
        session.offer(Heard("might one depart now", via="voice"))
        session.run(session.t + 5_000)
    session.offer(Heard("I am leaving"))
    session.run(session.t + 5_000)
    session.close()
    percepts = [
        line for line in map(json.loads, lines) if line["kind"] == "percept" and line["cause"] is None
    ]
    assert [line["name"] for line in percepts] == [
        "not_understood",
        "leave",
        "not_understood",
        "not_understood",
        "leave",
    ]
    assert percepts[1]["reason"] == "trained model 12345678"
    assert percepts[1]["confidence"] >= 0.87
    assert percepts[4]["reason"].startswith("template: ")
    journal = parse_all("\n".join(lines).encode())
    for listening in (None, Knowing(Guess("bring", 0.99))):
        report = replay(journal, compiled.program, MironLanguage(compiled, trained=listening))
        assert report.identical, report.first_difference


def test_the_model_is_not_asked_where_a_sentence_fits_and_may_not_open_what_is_gated(dialogue: Path) -> None:
    compiled = load_dialogue(dialogue)
    knowing = Knowing(Guess("bring", 0.99))
    understander = MironLanguage(compiled, trained=knowing).understander
    assert understander.best("where is the lift").miron == "where_is"
    assert knowing.allowed == []
    assert understander.best("gibberish of a kind").miron == "bring"
    (allowed,) = knowing.allowed
    gated = {one.name for one in compiled.mirons if one.gated}
    assert gated
    assert not gated & set(allowed)


def test_a_guess_without_what_its_sentences_always_hold_is_none(dialogue: Path) -> None:
    compiled = load_dialogue(dialogue)
    without = MironLanguage(compiled, trained=Knowing(Guess("name_host", 0.95)))
    assert without.understander.understand("somebody awaits me upstairs") == []
    with_host = MironLanguage(compiled, trained=Knowing(Guess("name_host", 0.95, (("visit.host", 0, 12),))))
    (act,) = with_host.understander.understand("Grace Hopper awaits me upstairs")
    assert act.entities["visit.host"].value == "Grace Hopper"


def test_everyday_words_are_no_name_for_the_model_either(dialogue: Path) -> None:
    lost = MironLanguage(
        load_dialogue(dialogue), trained=Knowing(Guess("name_host", 0.95, (("visit.host", 5, 9),)))
    )
    assert lost.understander.understand("am I lost perhaps") == []


def test_a_model_is_kept_by_what_it_is_trained_on(dialogue: Path, tmp_path: Path) -> None:
    before = model_file(load_dialogue(dialogue), "en", tmp_path)
    assert model_file(load_dialogue(dialogue), "en", tmp_path) == before
    dialogue.write_text(dialogue.read_text().replace("All right.", "Very well."))
    assert model_file(load_dialogue(dialogue), "en", tmp_path) == before, (
        "what is only said is not trained on"
    )
    dialogue.write_text(dialogue.read_text().replace("sign out", "check out"))
    assert model_file(load_dialogue(dialogue), "en", tmp_path) != before


def test_a_damaged_model_is_as_none(dialogue: Path, tmp_path: Path) -> None:
    compiled = load_dialogue(dialogue)
    assert trainable(compiled) == ["en"]
    assert load_guesser(compiled, tmp_path) == (None, ["en"])
    model_file(compiled, "en", tmp_path).write_bytes(b"PK\x03\x04 torn")
    assert load_guesser(compiled, tmp_path) == (None, ["en"])


def test_without_torch_nothing_is_trained_and_the_sentences_go_on_listening(
    dialogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner, "can_train", lambda: False)
    monkeypatch.setattr(learner.subprocess, "Popen", lambda *_, **__: pytest.fail("no training here"))
    compiled = load_dialogue(dialogue)
    language = MironLanguage(compiled)
    one = learner.Learner(compiled, language, dialogue, tmp_path)
    one.begin()
    one.join(10)
    one.close()
    assert language.trained is None
    assert language.understander.best("I am leaving").miron == "leave"


def test_closing_ends_a_training_under_way(
    dialogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    started, real = [], subprocess.Popen

    def popen(_command, **how):  # type: ignore[no-untyped-def]
        started.append(real(sleeper, **how))
        return started[0]

    monkeypatch.setattr(learner.subprocess, "Popen", popen)
    monkeypatch.setattr(learner, "can_train", lambda: True)
    compiled = load_dialogue(dialogue)
    one = learner.Learner(compiled, MironLanguage(compiled), dialogue, tmp_path)
    one.begin()
    while not started:
        one.join(0.01)
    one.close()
    one.join(10)
    assert started[0].poll() is not None


@pytest.mark.slow
def test_miron_train_teaches_what_no_sentence_says(dialogue: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    home, journal = tmp_path / "home", tmp_path / "s.jsonl"
    said = "so I would be leaving now"
    assert MironLanguage(load_dialogue(dialogue)).understander.understand(said) == []
    made = miron(home, "train", str(dialogue))
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("en: trained in ")
    why = miron(home, "parse", said, "--dialogue", str(dialogue), "--why").stdout
    assert ": leave (" in why
    assert "by the trained model" in why
    ran = miron(home, "run", "--text", "--dialogue", str(dialogue), "--journal", str(journal), said=said)
    assert "miron: All right." in ran.stdout, ran.stderr
    assert "trained model" in journal.read_text("utf-8")
    elsewhere = miron(tmp_path / "elsewhere", "replay", str(journal), "--dialogue", str(dialogue))
    assert elsewhere.returncode == 0, elsewhere.stdout
    fired = next(
        r
        for r in map(json.loads, journal.read_text("utf-8").splitlines())
        if r["kind"] == "fire" and r["rule"] == "out"
    )
    because = miron(home, "why", str(journal), "--at", str(fired["seq"]), "--dialogue", str(dialogue))
    assert "was understood by trained model" in because.stdout


def test_training_without_enough_to_learn_from_says_so(tmp_path: Path) -> None:
    small = tmp_path / "small.yaml"
    small.write_text(
        "dialogue: small\nlocales: [fr]\nmirons: {hi: bonjour}\nrules: {r: {when: hear hi, do: {say: hi}}}\n"
    )
    ran = miron(tmp_path / "home", "train", str(small))
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
