"""What libyaml complains about, in the author's words and at the author's line."""

from __future__ import annotations

import re
from typing import Protocol

import yaml

from miron.source import Note, Problem, Span

_PAIR = re.compile(r"^(?P<head>\s*(?:-\s+)*(?P<key>[^\s:#,{}\[\]'\"]+)):\s+(?P<text>\S.*?)\s*$")
_WORDS = re.compile(r"[^\W\d_]")
_STRUCTURE = re.compile(r"[|>]|-\s+[{\[]|\{.*:\s|\[\{")


class Lines(Protocol):
    """A file whose lines can be shown."""

    @property
    def name(self) -> str:
        """As shown in errors."""

    @property
    def lines(self) -> list[str]:
        """Without their ends."""


class Place(Protocol):
    """Where a scalar begins and ends, 0-based."""

    line: int
    column: int
    end_line: int


def block_notes(file: Lines, line: int) -> tuple[Note, ...]:
    """The ``key: sentence`` of a line again as a ``|`` block, or nothing if the line holds no sentence."""
    source = file.lines[line] if 0 <= line < len(file.lines) else ""
    match = _PAIR.match(source)
    if match is None or not _WORDS.search(match["text"]) or _STRUCTURE.match(match["text"]):
        return ()
    return as_block(match["key"], [match["text"]])


def as_block(key: str, sentences: list[str]) -> tuple[Note, ...]:
    """How sentences are written so that YAML leaves them alone."""
    rows = [f"    {key}: |", *(f"      {sentence}" for sentence in sentences)]
    return (Note("if this is a sentence, write it as a block, where nothing needs quotes:"), *map(Note, rows))


def explain(file: Lines, error: yaml.MarkedYAMLError, quote: Place | None) -> Problem:
    """A syntax error of YAML as a problem of the author.

    Args:
        quote: The last quoted text that went over several lines: probably its end quote was forgotten.
    """
    what, context = error.problem or "", error.context or ""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    opened = error.context_mark
    if quote is not None and quote.end_line == line:
        message = "the quote opened here ends only some lines below; was its end forgotten?"
        return _problem(file, "yaml-quote", message, quote.line, quote.column)
    if "quoted scalar" in context and opened and "end of stream" in what:
        return _problem(
            file, "yaml-quote", "the quote opened here is never closed", opened.line, opened.column
        )
    if "flow" in context and opened and opened.line != line and _looks_closed(file, opened.line, line):
        bracket = "{" if "mapping" in context else "["
        message = f"the {bracket} opened here is not closed"
        return _problem(file, "yaml-bracket", message, opened.line, opened.column)
    if what == "could not find expected ':'" and opened:
        message = "a key without its colon; write 'key: value'"
        return _problem(file, "yaml-colon", message, opened.line, opened.column)
    if (odd := _odd_indent(file, line, what)) is not None:
        message = "this line is indented differently from the ones it belongs to"
        column = _indent(file.lines[odd])
        return Problem("yaml-indent", message, Span(file.name, odd + 1, column + 1, odd + 1, column + 2))
    if _tab_indent(file, line):
        return _problem(file, "yaml-tab", "a tab indents this line; YAML takes spaces only", line, 0)
    if what.startswith("mapping values are not allowed") and (before := _keyless(file, line)) is not None:
        message = "a key without its colon; write 'key: value'"
        return _problem(file, "yaml-colon", message, before, _indent(file.lines[before]))
    code, message = _message(what, context, file, line, column)
    return _problem(file, code, message, line, column)


def _problem(file: Lines, code: str, message: str, line: int, column: int) -> Problem:
    last = len(file.lines) - 1
    if line >= last and not (file.lines[last].strip() if file.lines else ""):
        line = max(0, last - 1)
        column = max(0, len(file.lines[line]) - 1) if file.lines else 0
    span = Span(file.name, line + 1, column + 1, line + 1, column + 2)
    return Problem(code, message, span, notes=() if code == "yaml-tab" else block_notes(file, line))


def _looks_closed(file: Lines, opened: int, line: int) -> bool:
    """The line of trouble is indented no more than that of the bracket: the bracket ended before it."""
    if line >= len(file.lines):
        return True
    return _indent(file.lines[line]) <= _indent(file.lines[opened])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _keyless(file: Lines, line: int) -> int | None:
    """The line above, if it has no colon: YAML ran the two together."""
    above = line - 1
    if not 0 < line < len(file.lines) or ":" in file.lines[above] or not file.lines[above].strip():
        return None
    return above


def _odd_indent(file: Lines, line: int, what: str) -> int | None:
    """The line above, when this one and the next agree on another indent: the mistake is up there."""
    if not what.startswith(("mapping values are not allowed", "did not find expected key")):
        return None
    rows = [row for row in (line - 1, line, line + 1) if 0 <= row < len(file.lines)]
    if len(rows) < 3 or any(not file.lines[row].strip() or "\t" in file.lines[row] for row in rows):
        return None
    above, this, below = (_indent(file.lines[row]) for row in rows)
    text = file.lines[line - 1].strip()
    is_entry = re.match(r"[^\s:]+:\s+\S", text) is not None and not text.startswith("-")
    return line - 1 if this == below and above != this and is_entry else None


def _tab_indent(file: Lines, line: int) -> bool:
    source = file.lines[line] if line < len(file.lines) else ""
    return "\t" in source[: len(source) - len(source.lstrip())]


def _message(what: str, context: str, file: Lines, line: int, column: int) -> tuple[str, str]:
    source = file.lines[line] if line < len(file.lines) else ""
    char = source[column : column + 1]
    if what.startswith("mapping values are not allowed"):
        return "yaml-colon", (
            "this colon makes no sense here: the line is indented too far, or the text needs a | block"
        )
    if what.startswith("block sequence entries are not allowed"):
        return "yaml-list", "a list item ('- ') cannot begin here; put it on a line of its own"
    if what.startswith("found character that cannot start any token"):
        return "yaml-character", f"YAML text cannot begin with '{char}'"
    if "flow" in context:
        return "yaml-bracket", (
            "a comma or a closing bracket is missing before this; "
            "inside { } and [ ] a sentence cannot hold , [ ] { } or a colon"
        )
    if what.startswith("did not find expected key"):
        return "yaml-indent", (
            "this does not fit: a text went on after its end, or the line is indented differently "
            "from the ones it belongs to"
        )
    if what.startswith("did not find expected '-' indicator"):
        return "yaml-indent", "this line is indented like a list, but is no item of it ('- ')"
    if "escape" in what:
        return "yaml-escape", 'in "…" a backslash needs another one; better write the text without quotes'
    if "alias" in context or "anchor" in context:
        return "yaml-alias", f"YAML text cannot begin with '{char or '*'}'"
    if "document start" in what:
        return "yaml-document", "a new document begins with a line '---'"
    return "yaml", f"this is not YAML ({what or 'unknown reason'})"
