"""What the verbs share: paths, messages for people, exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from miron.source import Problem

PATH = click.Path(path_type=Path)
"""A path that the reader itself looks for, so that its message is the same everywhere."""


def fail(message: str, status: int = 1) -> NoReturn:
    """Say on standard error what is wrong, and stop."""
    click.echo(f"miron: {message}", err=True)
    sys.exit(status)


def report_problems(problems: Iterable[Problem]) -> None:
    """Print problems with the author's lines beside them, on standard error."""
    colour = sys.stderr.isatty()
    for problem in problems:
        click.echo(problem.render(_text_of(problem), colour), err=True, color=colour)


def _text_of(problem: Problem) -> str | None:
    if problem.span is None:
        return None
    try:
        return Path(problem.span.source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
