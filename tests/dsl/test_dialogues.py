"""Every dialogue here is free of problems and passes the tests written beside it.

Those of the receptionist are run by the command line's tests.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.reader import read
from dsl.testing import play_tests

HERE = Path(__file__).parent / "dialogues"
DIALOGUES = sorted(HERE.iterdir())


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
