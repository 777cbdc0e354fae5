"""Every example of the reference is what it claims to be: clean, or refused with just that text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dsl.check import check
from dsl.names import EVENTS
from dsl.reader import read_text
from dsl.sections import CHANNELS, QUESTION_KEYS, RULE_KEYS
from dsl.steps import STEP_KEYS
from dsl.testlines import LINE_KEYS
from miron.source import ModelError, Problem

REFERENCE = (Path(__file__).parents[2] / "docs" / "dsl.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```\n(?:```text\n(.*?)```\n)?", REFERENCE, re.DOTALL)


def problems(text: str) -> list[Problem]:
    try:
        return check(read_text(text, "d.yaml"))
    except ModelError as error:
        return list(error.problems)


@pytest.mark.parametrize(("text", "shown"), EXAMPLES, ids=lambda value: value.split("\n")[0][:40])
def test_an_example_is_clean_or_shows_its_error(text: str, shown: str) -> None:
    rendered = "".join(f"{problem.render(text)}\n" for problem in problems(text))
    assert rendered == shown


def test_there_are_examples_for_every_section() -> None:
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize("word", [*EVENTS, *RULE_KEYS, *STEP_KEYS, *QUESTION_KEYS, *LINE_KEYS])
def test_every_key_is_in_the_reference(word: str) -> None:
    assert re.search(rf"\b{word}\b", REFERENCE)


def test_channels_of_the_reference_exist() -> None:
    assert {"speech", "inner", "signal"} <= set(CHANNELS)
