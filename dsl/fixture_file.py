"""A ``given`` in a file of its own, for scripted runs."""

from __future__ import annotations

from pathlib import Path

from dsl import testlines
from dsl.binding import Env
from dsl.files import read_files
from dsl.fixtures import KEYS, Fixture, read_fixture
from dsl.tree import Text
from dsl.yaml import Mapping, compose
from miron.source import ModelError, Problem, suggest

_MAPS = ("settings", "memory", "services", "types")


def read_fixture_file(env: Env, path: Path) -> Fixture:
    """Read a ``given`` from a YAML file.

    Args:
        env: Names as the dialogue sees them.
        path: The file.

    Raises:
        ModelError: It cannot be read, is no map, or says what the dialogue does not know.
    """
    problems: list[Problem] = []
    files = read_files(path, problems)
    documents = [node for file in files for node in compose(file, problems)]
    if problems:
        raise ModelError(tuple(problems))
    if not documents:
        return Fixture()
    if len(documents) > 1 or not isinstance(documents[0], Mapping):
        message = "a fixture is one map, for example {hosts: [Grace Hopper]}"
        raise ModelError((Problem("wrong-shape", message, documents[-1].span),))
    given = testlines.plain(documents[0])
    for key, value in given.items():
        if key.text not in KEYS:
            message = f"'{key}' is no key of a fixture; known are {', '.join(KEYS)}"
            problems.append(Problem("unknown-key", message, key.span, suggestion=suggest(key.text, KEYS)))
        elif key.text in _MAPS and not isinstance(value, dict):
            problems.append(Problem("wrong-shape", f"'{key}' is a map", key.span))
        elif key.text == "now" and not isinstance(value, Text):
            problems.append(Problem("wrong-shape", "'now' is a time, such as 2026-01-05T09:00", key.span))
    if problems:
        raise ModelError(tuple(problems))
    try:
        return read_fixture(env, given)
    except ValueError as error:
        span = next((key.span for key in given if key.text == "now"), documents[0].span)
        raise ModelError((Problem("bad-value", f"now: {error}", span),)) from None
