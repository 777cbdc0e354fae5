"""The work behind ``miron check``, apart from the command line itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal, TextIO

from dsl.check import check
from dsl.files import read_sources
from dsl.reader import read
from dsl.tree import Tree
from miron.source import ModelError, Problem

Format = Literal["text", "json"]


def check_command(
    paths: Iterable[str | Path],
    format: Format = "text",
    out: TextIO | None = None,
    colour: bool = False,
    read: Callable[[Path], Tree] = read,
) -> int:
    """Check dialogues and print what was found.

    Args:
        paths: Files or folders, each a dialogue or module of its own.
        format: ``text`` for people, ``json`` for programs; both hold the same facts.
        out: Where to print; standard output by default.
        colour: Use terminal colours in ``text``.
        read: Reads one of them.

    Returns:
        The exit code: 0 without errors (warnings may be there), 1 with errors.
    """
    problems: list[Problem] = []
    sources: dict[str, str] = {}
    for path in paths:
        found, texts = _check_one(Path(path), read)
        problems += found
        sources.update(texts)
    errors = sum(problem.severity == "error" for problem in problems)
    text = _as_json(problems, errors) if format == "json" else _as_text(problems, errors, sources, colour)
    print(text, file=out)
    return 1 if errors else 0


def _check_one(path: Path, read: Callable[[Path], Tree]) -> tuple[list[Problem], Mapping[str, str]]:
    try:
        tree = read(path)
    except ModelError as error:
        return list(error.problems), read_sources(path)
    return check(tree), tree.sources


def _as_text(problems: list[Problem], errors: int, sources: Mapping[str, str], colour: bool) -> str:
    rendered = [
        problem.render(sources.get(problem.span.source) if problem.span else None, colour)
        for problem in problems
    ]
    return "\n".join([*rendered, summary(errors, len(problems) - errors)])


def _as_json(problems: list[Problem], errors: int) -> str:
    facts = {
        "errors": errors,
        "warnings": len(problems) - errors,
        "problems": [problem.as_json() for problem in problems],
    }
    return json.dumps(facts, ensure_ascii=False, indent=2)


def summary(errors: int, warnings: int) -> str:
    """One line: ``1 error, 2 warnings``."""
    if not errors and not warnings:
        return "no problems"
    counts = [(errors, "error"), (warnings, "warning")]
    return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in counts if number)
