"""Lines of a scripted visitor: one JSON object each, read strictly, refused in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, BinaryIO, Final

from receptionist.text_mode import MAX_TEXT, cleaned

MAX_LINE: Final = 65_536
"""Longest line, in bytes; of a longer one nothing is used."""
MAX_SECONDS: Final = 86_400
"""Longest silence or noise: a day."""
TEXTS: Final = ("user", "press", "type", "see")
TIMES: Final = ("silence", "noise")
KEYS: Final = (*TEXTS, *TIMES, "leave")


@dataclass(frozen=True, slots=True)
class Input:
    """What a visitor does.

    Attributes:
        line: Number of the line, from 1.
        kind: One of :data:`KEYS`.
        text: Of what is said, pressed, typed or seen.
        ms: How long silence or noise lasts.
    """

    line: int
    kind: str
    text: str = ""
    ms: int = 0


class BadLine(Exception):
    """A line that is no input.

    Attributes:
        line: Its number, from 1.
        code: One word for programs: ``not_utf8 too_long not_json not_object one_key unknown_key wrong_type
            out_of_range empty unknown``.
        message: The same for people.
    """

    def __init__(self, line: int, code: str, message: str) -> None:
        super().__init__(line, code, message)
        self.line = line
        self.code = code
        self.message = message


def read_inputs(stream: BinaryIO) -> Iterator[Input | BadLine]:
    """The inputs, as they arrive; blank lines are passed over."""
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        whole = raw.endswith(b"\n") or len(raw) <= MAX_LINE
        if not whole:
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
        try:
            if not whole:
                raise BadLine(number, "too_long", f"a line has at most {MAX_LINE:,} bytes")
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            if raw.strip():
                yield parse_input(number, raw)
        except BadLine as bad:
            yield bad


def parse_input(number: int, raw: bytes) -> Input:
    """One line as an input.

    Raises:
        BadLine: It is none.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadLine(number, "not_utf8", f"byte {error.start + 1} is not UTF-8") from None
    try:
        data = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_refused)
    except RecursionError:
        raise BadLine(number, "not_json", "nested too deeply") from None
    except ValueError as error:
        raise BadLine(number, "not_json", f"this is not JSON: {error}") from None
    if not isinstance(data, _Pairs):
        raise BadLine(number, "not_object", 'a line is one JSON object, for example {"user": "hello"}')
    if len(data) != 1:
        found = ", ".join(key for key, _ in data) or "none"
        raise BadLine(number, "one_key", f"a line has exactly one of {', '.join(KEYS)}, not {found[:200]}")
    return _input(number, *data[0])


def _input(number: int, key: str, value: Any) -> Input:
    if key in TEXTS:
        if not isinstance(value, str):
            raise BadLine(number, "wrong_type", f"{key} is a text, not {_kind(value)}")
        if len(value) > MAX_TEXT:
            raise BadLine(
                number, "too_long", f"{key} has at most {MAX_TEXT:,} characters, not {len(value):,}"
            )
        if not (text := cleaned(value)):
            raise BadLine(number, "empty", f'{key} is empty; for silence write {{"silence": 5}}')
        return Input(number, key, text)
    if key in TIMES:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadLine(number, "wrong_type", f"{key} is a number of seconds, not {_kind(value)}")
        if not 0 <= value <= MAX_SECONDS:
            raise BadLine(number, "out_of_range", f"{key} lasts 0 to {MAX_SECONDS:,} seconds")
        return Input(number, key, ms=round(1000 * value))
    if key == "leave":
        if value is not True:
            raise BadLine(number, "wrong_type", "leave is true")
        return Input(number, key)
    near = get_close_matches(key[:40], KEYS, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(KEYS)}"
    raise BadLine(number, "unknown_key", f"'{cleaned(key[:40])}' is nothing a visitor does; {hint}")


class _Pairs(list[tuple[str, Any]]):
    """An object with all its keys, also those that stand twice."""


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", _Pairs: "an object"}
    return names.get(type(value), "a list")
