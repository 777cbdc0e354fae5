"""Every dialogue here is free of problems and passes the tests written beside it.

Those of the receptionist are run by the command line's tests.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.library import standard
from dsl.reader import read
from dsl.testing import play_tests
from receptionist.simulated import SimulatedReceptionist

HERE = Path(__file__).parent
DIALOGUES = sorted((HERE / "dialogues").iterdir())
CHECKED = sorted((HERE / "good").iterdir())


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_a_dialogue_is_free_of_errors_and_passes_its_tests(path: Path) -> None:
    tree = read(path)
    assert [problem.render() for problem in check(tree) if problem.severity == "error"] == []
    played = play_tests(tree)
    failures = [
        f"{one.span}: {one.failure}\n" + "\n".join(one.transcript)
        for one in played.outcomes
        if not one.passed
    ]
    assert not failures, "\n\n".join(failures)
    assert played.outcomes


@pytest.mark.parametrize("path", CHECKED, ids=lambda path: path.stem)
def test_what_the_checker_finds_good_compiles_and_passes_what_tests_it_has(path: Path) -> None:
    tree = read(path)
    outcomes = play_tests(tree, SimulatedReceptionist()).outcomes if tree.dialogue else []
    assert [f"{one.name}: {one.failure}" for one in outcomes if not one.passed] == []


@pytest.mark.parametrize("name", standard().names)
def test_a_standard_module_is_free_of_problems_and_passes_its_tests(name: str) -> None:
    path = standard().path(name)
    assert path is not None
    tree = read(path)
    assert [problem.render() for problem in check(tree)] == []
    assert [f"{one.name}: {one.failure}" for one in play_tests(tree).outcomes if not one.passed] == []
