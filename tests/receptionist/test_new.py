"""A receptionist and a dialogue of one's own, and changes to the one that comes along."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from dsl.compiler import compile_tree
from dsl.overrides import read_over
from dsl.testing import run_tests
from miron.source import ModelError
from receptionist.cli import miron
from receptionist.config import load_config
from receptionist.dialogue import load_dialogue

BASE = """
dialogue: desk
locales: [en, de]
endings: [over]
mirons:
  hello: {en: hello, de: hallo}
  bye: {en: bye, de: tschüss}
  welcome: {en: Welcome., de: Willkommen.}
  farewell: {en: Farewell., de: Lebewohl.}
rules:
  greet: {when: hear hello, do: {say: welcome, end: over}}
  part: {when: hear bye, do: {say: farewell, end: over}}
tests:
  greeting:
    - user: hello
    - bot: welcome
    - end: over
"""


def run(home: Path, *args: str) -> tuple[int, str]:
    result = CliRunner(env={"MIRON_HOME": str(home)}).invoke(miron, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def changed(folder: Path, changes: str) -> Path:
    (folder / "base.yaml").write_text(BASE, "utf-8")
    path = folder / "overrides.yaml"
    path.write_text(changes, "utf-8")
    return path


def test_a_new_receptionist_is_sound_and_changes_one_sentence_and_one_rule(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    code, out = run(tmp_path, "new", "receptionist", str(folder))
    assert code == 0, out
    assert sorted(path.name for path in folder.iterdir()) == ["config.toml", "hosts.csv", "overrides.yaml"]
    config = load_config(folder / "config.toml", env={"MIRON_HOME": str(tmp_path)})
    assert config.dialogue == folder / "overrides.yaml"
    default = load_config(env={"MIRON_HOME": str(tmp_path / "none")})
    for name in ("locale", "demo", "retention", "answer_within_s", "counts_for_s"):
        assert getattr(config, name) == getattr(default, name)
    ours, theirs = load_dialogue(folder), load_dialogue()
    assert {"parking"} == set(ours.rules) - set(theirs.rules)
    assert set(theirs.rules) <= set(ours.rules)
    code, out = run(tmp_path, "hosts", "import", str(folder / "hosts.csv"))
    assert (code, out) == (0, "added 4, changed 0, unchanged 0\n")
    assert run(tmp_path, "test", str(folder), "-k", "parking is explained")[0] == 0


def test_every_setting_of_the_new_file_can_be_uncommented(tmp_path: Path) -> None:
    run(tmp_path, "new", "receptionist", str(tmp_path / "ours"))
    text = (tmp_path / "ours" / "config.toml").read_text("utf-8")
    assert tomllib.loads(text)["dialogue"] == "overrides.yaml"


def test_a_new_dialogue_is_sound_and_passes_its_test(tmp_path: Path) -> None:
    assert run(tmp_path, "new", "dialogue", "hello", str(tmp_path))[0] == 0
    path = str(tmp_path / "hello.yaml")
    assert run(tmp_path, "check", path) == (0, "no problems\n")
    code, out = run(tmp_path, "test", path)
    assert (code, out) == (0, "1 passed, 0 failed\n")


@pytest.mark.parametrize("name", ["", "1", "a b", "../x", "x/y"])
def test_what_is_no_name_of_a_dialogue_is_refused(tmp_path: Path, name: str) -> None:
    code, out = run(tmp_path, "new", "dialogue", name, str(tmp_path))
    assert code == 2
    assert "cannot be the name" in out
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_stands_there_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "hosts.csv").write_text("mine", "utf-8")
    code, out = run(tmp_path, "new", "receptionist", str(tmp_path))
    assert code == 1
    assert "stands there already" in out
    assert [path.name for path in tmp_path.iterdir()] == ["hosts.csv"]


def test_a_sentence_is_replaced_in_the_languages_given(tmp_path: Path) -> None:
    path = changed(tmp_path, "dialogue: desk\nlocales: [en, de]\nmirons:\n  welcome: {en: Hi there.}\n")
    tree = read_over(tmp_path / "base.yaml", path)
    assert tree.dialogue is not None
    forms = tree.dialogue.mirons["welcome"].forms
    assert sorted(forms) == ["de", "en"]
    assert "Hi there." in str(forms["en"])
    assert "Willkommen." in str(forms["de"])


def test_a_rule_keeps_what_the_change_does_not_give(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        "dialogue: desk\nrules:\n  greet: {do: {say: farewell, end: over}}\n"
        "tests:\n  greeting: [{user: hello}, {bot: farewell}, {end: over}]\n",
    )
    compiled = compile_tree(read_over(tmp_path / "base.yaml", path))
    assert [outcome.failure for outcome in run_tests(compiled)] == [""]
    assert list(compiled.rules)[:2] == ["greet", "part"]


def test_changes_make_another_dialogue_for_the_journal(tmp_path: Path) -> None:
    path = changed(tmp_path, "dialogue: desk\nmirons:\n  welcome: Hi.\n")
    first = read_over(tmp_path / "base.yaml", path).hash
    path = changed(tmp_path, "dialogue: desk\nmirons:\n  welcome: Ho.\n")
    assert read_over(tmp_path / "base.yaml", path).hash != first


def test_changes_to_another_dialogue_are_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, "dialogue: disk\nmirons:\n  welcome: Hi.\n")
    with pytest.raises(ModelError, match="changes to 'desk' begin with"):
        read_over(tmp_path / "base.yaml", path)
