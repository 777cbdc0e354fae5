"""Every line of every shipped dialogue and module, deleted, doubled, swapped or spoilt: fine, or reported.

By default a sample; all of them with ``MIRON_FULL=1``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from dsl.check import check
from dsl.compiler import compile_tree
from dsl.library import Library
from dsl.reader import read_text
from engine.network import Network
from miron.resources import assets_path
from miron.source import ModelError

SHIPPED: Final = (*(assets_path() / "modules").glob("*.yaml"), *(assets_path() / "dialogues").rglob("*.yaml"))
FILES: Final = sorted(SHIPPED)
STEP: Final = 1 if os.environ.get("MIRON_FULL") else 97
"""Of so many mutants one is tried."""


def mutants(text: str) -> Iterator[str]:
    """The text with one line changed, in every way, line by line."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        before, after = lines[:at], lines[at + 1 :]
        yield "\n".join([*before, *after])
        yield "\n".join([*before, line, line, *after])
        if after:
            yield "\n".join([*before, after[0], line, *after[1:]])
        for spoilt in (
            "  " + line,
            line[1:],
            line.replace(":", "", 1),
            line.replace(" ", "", 1),
            line.replace("{", "", 1),
            line.replace("]", "", 1),
            line[: len(line) // 2],
            line + " @#",
            line.replace("e", "€", 1),
            line.replace("o", "", 1),
        ):
            if spoilt != line:
                yield "\n".join([*before, spoilt, *after])


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_changed_line_is_fine_or_reported(path: Path) -> None:
    tried = 0
    for number, text in enumerate(mutants(path.read_text(encoding="utf-8"))):
        if (number + len(path.name)) % STEP:
            continue
        tried += 1
        try:
            tree = read_text(text, path.name, LIBRARY)
            problems = check(tree, play=False)
            if tree.dialogue is not None and not any(each.severity == "error" for each in problems):
                Network.compile(compile_tree(tree, watch=True).program)
        except ModelError as fault:
            problems = list(fault.problems)
            assert problems
        for problem in problems:
            assert problem.render(text if problem.span and problem.span.source == path.name else None)
    assert tried


LIBRARY: Final = Library(assets_path() / "modules")
