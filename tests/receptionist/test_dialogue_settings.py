"""What an organisation sets in a dialogue, through the settings file and through fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.reader import read_text
from dsl.testing import play_tests
from miron.source import ModelError
from receptionist.config import load_config
from receptionist.reception import Reception, open_reception
from receptionist.simulated import SimulatedReceptionist

DIALOGUE = """
dialogue: desk
memory:
  settings.reveal: {type: flag, default: no, lasts: kiosk}
  settings.rings: {type: number, default: 2, lasts: kiosk}
  settings.wait: {type: duration, default: 5s, lasts: kiosk}
  settings.style: {type: formal | friendly, default: formal, lasts: kiosk}
  settings.house: {type: text, lasts: kiosk}
  settings.floors: {type: list of text, lasts: kiosk}
mirons:
  hello: {heard: hello}
  open_word: I tell all.
  closed_word: I tell nothing.
endings: [over]
rules:
  greet:
    when: hear hello
    do:
      - decide:
          - {if: settings.reveal, say: open_word, end: over}
          - {say: closed_word, end: over}
"""


def opened(folder: Path, settings: str) -> Reception:
    (folder / "desk.yaml").write_text(DIALOGUE, "utf-8")
    (folder / "config.toml").write_text(f'dialogue = "desk.yaml"\n[settings]\n{settings}\n', "utf-8")
    return open_reception(load_config(folder / "config.toml", env={"MIRON_HOME": str(folder)}))


def test_settings_are_in_memory_when_the_session_begins_and_stay_after_a_visit(tmp_path: Path) -> None:
    reception = opened(
        tmp_path,
        'reveal = true\nrings = 3\nwait = "2s"\n'
        'style = "friendly"\nhouse = "Miron Inc."\nfloors = ["a", "b"]',
    )
    session = reception.session
    session.open()
    names = ("reveal", "rings", "wait", "style", "house", "floors")
    expected = [True, 3, 2000, "friendly", "Miron Inc.", ["a", "b"]]
    assert [session.value(f"settings.{name}") for name in names] == expected
    reception.close()


@pytest.mark.parametrize(
    ("line", "place", "hint"),
    [
        ("revael = true", "3:1", "did you mean 'reveal'"),
        ('  reveal = "yes"', "3:3", "true or false"),
        ('rings = "three"', "3:1", "a number"),
        ("wait = true", "3:1", "duration"),
        ('wait = "soon"', "3:1", "duration"),
        ('style = "rude"', "3:1", "one of formal, friendly"),
        ("house = {a = 1}", "3:1", "text"),
    ],
)
def test_a_wrong_setting_is_told_with_its_place(tmp_path: Path, line: str, place: str, hint: str) -> None:
    with pytest.raises(ModelError) as caught:
        opened(tmp_path, line)
    assert f"config.toml:{place}: " in str(caught.value)
    assert hint in str(caught.value)


def test_settings_of_the_receptionist_that_has_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text("dialogue: desk\nmirons: {hi: Hi.}\n", "utf-8")
    (tmp_path / "config.toml").write_text('dialogue = "desk.yaml"\n[settings]\nx = 1\n', "utf-8")
    with pytest.raises(ModelError, match="it has none"):
        open_reception(load_config(tmp_path / "config.toml", env={"MIRON_HOME": str(tmp_path)}))


def test_a_test_gives_settings_by_their_names() -> None:
    tests = """
tests:
  by default nothing is told:
    - user: hello
    - bot: closed_word
    - end: over
  an organisation may tell all:
    - given: {settings: {reveal: yes}}
    - user: hello
    - bot: open_word
    - end: over
"""
    outcomes = play_tests(read_text(DIALOGUE + tests), SimulatedReceptionist()).outcomes
    assert [outcome.failure for outcome in outcomes] == ["", ""]


def test_a_mistyped_setting_of_a_test_is_found() -> None:
    tests = "tests:\n  t:\n    - given: {settings: {revael: yes}}\n    - user: hello\n"
    with pytest.raises(ModelError, match=r"settings\.reveal"):
        play_tests(read_text(DIALOGUE + tests), SimulatedReceptionist())
