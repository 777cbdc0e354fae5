"""Renders what is found in a file of ``tests/dsl/bad``; run as a program, writes the expected texts anew."""

from __future__ import annotations

from pathlib import Path

from dsl.check import check
from dsl.reader import read_text
from miron.source import ModelError

BAD = Path(__file__).parent / "bad"
GOOD = Path(__file__).parent / "good"


def rendered(path: Path) -> str:
    """All problems of a file as an author sees them; the file is named without its folder."""
    text = path.read_text(encoding="utf-8")
    try:
        problems = check(read_text(text, path.name))
    except ModelError as error:
        problems = list(error.problems)
    shown = [
        problem.render(text if problem.span and problem.span.source == path.name else None)
        for problem in problems
    ]
    return "\n".join(shown) + "\n"


if __name__ == "__main__":
    for file in sorted(BAD.glob("*.yaml")):
        file.with_suffix(".txt").write_text(rendered(file), encoding="utf-8")
