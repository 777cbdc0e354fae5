"""Places in an author's text, and problems found there.

One shape serves the reader, the resolver, the linter and the compiler of every layer: a stable code, a place,
one sentence in the author's words, a suggestion and related places.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]

_CONTEXT_WIDTH = 160
"""Columns of a source line that are shown around a mark; longer lines are cut."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range in a text, both ends 1-based; the end column is the one after the last character.

    Attributes:
        source: File path, or a name in angle brackets for a text that is no file.
    """

    source: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}"

    def within(self, start: int, end: int) -> Span:
        """The place of characters ``start`` to ``end`` (0-based, end exclusive) of the line begun here."""
        return Span(self.source, self.line, self.column + start, self.line, self.column + end)


@dataclass(frozen=True, slots=True)
class Note:
    """A remark beside a problem, with a related place if there is one."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, or doubtful, in what an author wrote.

    Attributes:
        code: Stable and hyphenated, such as ``unknown-miron``.
        message: One sentence in the author's words, no full stop.
        span: Where; None when it concerns no place in particular.
        suggestion: What was probably meant; shown as *did you mean '…'?*.
        notes: Remarks and related places, such as an example of the right form.
    """

    code: str
    message: str
    span: Span | None = None
    severity: Severity = "error"
    suggestion: str | None = None
    notes: tuple[Note, ...] = ()

    def render(self, source_text: str | None = None, colour: bool = False) -> str:
        """The problem as text for people.

        Args:
            source_text: The whole text that ``span`` points into; without it no context is shown.
            colour: Use terminal colours.
        """
        place = f"{_visible(str(self.span))}: " if self.span else ""
        hue = "31" if self.severity == "error" else "33"
        head = _paint(f"{self.severity}[{self.code}]", hue, colour)
        lines = [f"{_paint(place, '1', colour)}{head}: {_visible(self.message)}"]
        hint = f"did you mean '{_visible(self.suggestion)}'?" if self.suggestion else ""
        shown = _context(self.span, source_text, hint, hue, colour) if self.span and source_text else []
        if shown:
            lines += shown
        elif hint:
            lines.append(f"      {hint}")
        for note in self.notes:
            where = f" ({_visible(str(note.span))})" if note.span else ""
            lines.append(f"      {_visible(note.message)}{where}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The same facts as plain data."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "span": _span_json(self.span),
            "suggestion": self.suggestion,
            "notes": [{"message": n.message, "span": _span_json(n.span)} for n in self.notes],
        }


class ModelError(Exception):
    """An author's text cannot be used; carries every problem found, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted_problems(problems))
        super().__init__("\n".join(problem.render() for problem in self.problems))

    def __reduce__(self) -> tuple[type[ModelError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def sorted_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by place, those without a place first; the order of equal places is kept."""
    nowhere = Span("", 0, 0, 0, 0)
    return sorted(problems, key=lambda problem: problem.span or nowhere)


def suggest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant by a misspelt word, or None.

    Ties go to the candidate that comes first in code point order, so the answer does not depend on the order
    given.
    """
    from rapidfuzz import fuzz, process
    from rapidfuzz.distance import OSA

    names = sorted(set(candidates) - {word})
    limit = 1 if len(word) <= 4 else 2 if len(word) <= 8 else 3
    close = process.extractOne(word, names, scorer=OSA.distance, score_cutoff=limit)
    if close is not None:
        return close[0]
    similar = process.extractOne(word, names, scorer=fuzz.ratio, score_cutoff=72)
    return similar[0] if similar is not None else None


def _span_json(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {
        "source": span.source,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour and text else text


def _visible(text: str) -> str:
    """Text safe for a terminal: control characters, among them ANSI escapes, become visible signs."""
    return "".join(_sign(char) for char in text)


def _sign(char: str) -> str:
    if char == "\t":
        return " "
    category = unicodedata.category(char)
    # Cc: control, Cs: lone surrogate, Cf: among others the signs that reorder a line.
    return f"\\u{ord(char):04x}" if category in ("Cc", "Cs", "Cf") and char != "\u200d" else char


def _columns(text: str) -> int:
    """Terminal columns a text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _context(span: Span, source_text: str, hint: str, hue: str, colour: bool) -> list[str]:
    lines = source_text.splitlines()
    if not 1 <= span.line <= len(lines):
        return []
    line = lines[span.line - 1]
    start = min(max(span.column - 1, 0), len(line))
    end = min(span.end_column - 1, len(line)) if span.end_line == span.line else len(line)
    end = max(end, start)
    left = 0 if len(line) <= _CONTEXT_WIDTH else max(0, min(start, len(line)) - _CONTEXT_WIDTH // 2)
    right = left + _CONTEXT_WIDTH
    before, marked, after = line[left:start], line[start : min(end, right)], line[end:right]
    ellipsis_left, ellipsis_right = ("… " if left else ""), (" …" if right < len(line) else "")
    width = max(5, len(str(span.line)))
    shown = []
    if span.line > 1 and lines[span.line - 2].strip():
        previous = lines[span.line - 2]
        cut = previous[:_CONTEXT_WIDTH] + (" …" if len(previous) > _CONTEXT_WIDTH else "")
        shown.append(f"{span.line - 1:>{width}} | {_visible(cut)}")
    body = ellipsis_left + _visible(before) + _visible(marked) + _visible(after) + ellipsis_right
    shown.append(f"{span.line:>{width}} | {body}")
    indent = " " * _columns(ellipsis_left + _visible(before))
    mark = _paint("^" * max(1, _columns(_visible(marked))), hue, colour)
    shown.append(f"{'':>{width}} | {indent}{mark}{' ' + hint if hint else ''}")
    return shown
