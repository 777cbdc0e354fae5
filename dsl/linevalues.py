"""The values of test lines as the reader keeps them: texts and names with their places."""

from __future__ import annotations

from typing import Any

from dsl.binding import error
from dsl.fixtures import plain
from dsl.names import duration_ms
from dsl.tree import Name, TestLine, Text


class Failure(Exception):
    """A line of a test that was not as expected, or cannot be played.

    Attributes:
        span: The line or word.
        wanted: Name of what was expected and did not happen, as the program calls it; or empty.
    """

    def __init__(self, message: str, span: Any, wanted: str = "") -> None:
        super().__init__(message)
        self.span = span
        self.wanted = wanted


def name_and_details(value: Any, line: TestLine) -> tuple[Name, dict[Name, Any]]:
    """``NAME`` or ``{NAME: {key: value}}``."""
    if isinstance(value, dict) and value:
        key, inner = next(iter(value.items()))
        return key, inner if isinstance(inner, dict) else {}
    return as_name(value, line), {}


def as_name(value: Any, line: TestLine) -> Name:
    """The name given.

    Raises:
        ModelError: It is a map or a list.
    """
    if isinstance(value, Name):
        return value
    if isinstance(value, Text):
        return Name(value.text, value.span)
    raise error("wrong-shape", f"after '{line.key}:' a name is expected", line.span)


def as_word(value: Any) -> str:
    """The word given; empty for a map or list."""
    return value.text if isinstance(value, (Text, Name)) else ""


def as_text(value: Any) -> str:
    """The text given."""
    return value.text if isinstance(value, (Text, Name)) else str(plain(value))


def as_duration(line: TestLine) -> int:
    """The milliseconds given.

    Raises:
        Failure: It is no duration.
    """
    try:
        ms = duration_ms(as_text(line.value))
    except ValueError:
        ms = None
    if ms is None:
        raise Failure(f"'{as_text(line.value)}' is no duration; for example 5s", line.span)
    return ms


def as_items(value: Any) -> list[Any]:
    """A list, or one thing as a list."""
    return value if isinstance(value, list) else [value]


def shown(value: Any) -> str:
    """A value for people."""
    return str(plain(value))


def part_of(value: dict[Name, Any], key: str) -> Any:
    """The value under a key of a map, or None."""
    return next((item for name, item in value.items() if name.text == key), None)
