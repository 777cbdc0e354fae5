"""The host's side of a visit: the call script passes its tests, and runs as text in three languages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.compiler import compile_tree
from dsl.testing import run_tests
from miron.resources import assets_path
from receptionist.dialogue import read_dialogue

CALL = assets_path() / "dialogues" / "host_call"


def test_the_call_script_passes_its_tests() -> None:
    outcomes = run_tests(compile_tree(read_dialogue(CALL), watch=True))
    assert len(outcomes) >= 20
    assert [(outcome.name, outcome.failure) for outcome in outcomes if not outcome.passed] == []


@pytest.mark.parametrize(
    ("locale", "said", "ending"),
    [
        ("en", "hello\nwho is it\nI need five minutes", "later"),
        ("de", "hallo\nja, ich komme", "coming"),
        ("zh", "喂\n今天不行", "refused"),
    ],
)
def test_a_call_runs_as_text(tmp_path: Path, locale: str, said: str, ending: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "receptionist", "run", "--text", "--dialogue", str(CALL), "--locale", locale],
        input=said + "\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        env={**os.environ, "MIRON_HOME": str(tmp_path)},
    )
    assert ran.returncode == 0, ran.stderr
    assert f"-- visit ended: {ending} --" in ran.stdout
