"""From the text of a file to YAML nodes that know their place, and nothing more than YAML.

Scalars stay text: what one means is decided by where it stands, never by how it looks. Built from libyaml's
events, so anchors, aliases, tags and directives are seen (and refused) before anything is made of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from dsl.yaml_errors import block_notes, explain
from miron.source import ModelError, Note, Problem, Span

MAX_DEPTH = 60
"""Collections within collections; a dialogue needs about ten."""

MAX_NODES = 2_000_000
"""Scalars and collections of one file."""

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(slots=True)
class SourceFile:
    """A file as shown in errors, and its text with ``\\n`` line ends."""

    name: str
    text: str
    _lines: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        if self._lines is None:
            self._lines = self.text.split("\n")
        return self._lines

    def span(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """The span of 0-based positions."""
        return Span(self.name, line + 1, column + 1, end_line + 1, end_column + 1)


@dataclass(slots=True)
class Scalar:
    """A scalar: its text, how it was quoted (``' " | >`` or nothing), and its 0-based place."""

    text: str
    style: str
    file: SourceFile
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def span(self) -> Span:
        """Where it stands; a block scalar's begins at its ``|``."""
        if self.style in ("|", ">"):
            return self.file.span(self.line, self.column, self.line, self.column + 1)
        return self.file.span(self.line, self.column, self.end_line, self.end_column)

    @property
    def empty(self) -> bool:
        """Nothing was written: ``key:``."""
        return not self.text and not self.style

    def place(self, start: int, end: int) -> Span:
        """Where characters ``start`` to ``end`` (exclusive) of the text stand in the file."""
        if self.line == self.end_line and self.end_column - self.column == len(self.text):
            first = self.column + 1 + start
            return Span(self.file.name, self.line + 1, first, self.line + 1, self.column + 1 + end)
        places = self._places()
        line, column = places[min(start, len(places) - 1)]
        if end <= start:
            return self.file.span(line, column, line, column)
        last_line, last_column = places[min(end - 1, len(places) - 1)]
        return self.file.span(line, column, last_line, last_column + 1)

    def _places(self) -> list[tuple[int, int]]:
        """The position of every character of the text, and of its end."""
        if self.style == "|":
            return self._literal_places()
        lines = self.file.lines
        places: list[tuple[int, int]] = []
        line, column = self.line, self.column
        if self.style in ("'", '"'):
            column += 1
        elif self.style == ">":
            line, column = line + 1, 0
        for char in self.text:
            raw = lines[line] if line < len(lines) else ""
            if char.isspace() or column >= len(raw):
                places.append((line, min(column, len(raw))))
                while line < len(lines) and lines[line][column:].strip() == "" and line < self.end_line:
                    line, column = line + 1, 0
                raw = lines[line] if line < len(lines) else ""
                if column == 0:
                    column = len(raw) - len(raw.lstrip())
                else:
                    column += 1
                if char.isspace():
                    continue
                places.pop()
            if not places or self.style == ">":
                column = max(column, len(raw) - len(raw.lstrip()))
            places.append((line, column))
            column += self._width(raw, column)
        places.append((line, column))
        return places

    def _width(self, raw: str, column: int) -> int:
        """Characters in the file that stand for one character of the text."""
        if self.style == "'" and raw[column : column + 2] == "''":
            return 2
        if self.style == '"' and raw[column : column + 1] == "\\":
            return {"x": 4, "u": 6, "U": 10}.get(raw[column + 1 : column + 2], 2)
        return 1

    def _literal_places(self) -> list[tuple[int, int]]:
        lines = self.file.lines
        places: list[tuple[int, int]] = []
        line = self.line + 1
        for value in self.text.split("\n"):
            raw = lines[line] if line < len(lines) else ""
            column = len(raw) - len(value) if raw.endswith(value) else len(raw) - len(raw.lstrip())
            places.extend((line, column + offset) for offset in range(len(value) + 1))
            line += 1
        return places


@dataclass(slots=True)
class Collection:
    """A list or a map, with the 0-based place of its beginning and end."""

    file: SourceFile
    line: int
    column: int
    flow: bool
    end_line: int = 0
    end_column: int = 0

    @property
    def span(self) -> Span:
        """Where it stands: all of a flow collection in one line, else its first line."""
        if self.flow and self.end_line == self.line:
            return self.file.span(self.line, self.column, self.line, self.end_column)
        lines = self.file.lines
        end = len(lines[self.line].rstrip()) if self.line < len(lines) else self.column + 1
        return self.file.span(self.line, self.column, self.line, max(end, self.column + 1))


@dataclass(slots=True)
class Items(Collection):
    """A list."""

    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping(Collection):
    """A map; keys are scalars, each once, in the order written."""

    pairs: list[tuple[Scalar, Node]] = field(default_factory=list)


Node = Scalar | Items | Mapping


def compose(file: SourceFile, problems: list[Problem]) -> list[Node]:
    """The documents of a file; what is wrong is added to ``problems``.

    Raises:
        ModelError: libyaml is missing.
    """
    if not getattr(yaml, "__with_libyaml__", False):
        message = "PyYAML was installed without libyaml; install a wheel of PyYAML that brings it"
        raise ModelError([Problem("no-libyaml", message)])
    if unreadable := _forbidden_character(file):
        problems.append(unreadable)
        return []
    return _Composer(file, problems).run()


def _forbidden_character(file: SourceFile) -> Problem | None:
    match = _FORBIDDEN.search(file.text)
    if match is None:
        return None
    line = file.text.count("\n", 0, match.start())
    column = match.start() - (file.text.rfind("\n", 0, match.start()) + 1)
    message = f"the character U+{ord(match.group()):04X} cannot stand in a dialogue file"
    return Problem("control-character", message, file.span(line, column, line, column + 1))


class _TooMuch(Exception):
    """A limit was passed; the rest of the file is not looked at."""


class _Composer:
    def __init__(self, file: SourceFile, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems
        self._documents: list[Node] = []
        self._stack: list[Items | Mapping] = []
        self._keys: list[Scalar | None] = []
        self._seen: list[dict[str, Scalar]] = []
        self._multiline_quote: Scalar | None = None
        self._count = 0

    def run(self) -> list[Node]:
        try:
            for event in self._events():
                self._take(event)
        except yaml.MarkedYAMLError as error:
            self._problems.append(explain(self._file, error, self._multiline_quote))
            return []
        except yaml.YAMLError as error:
            self._problems.append(Problem("yaml", f"this is not YAML: {error}", self._file.span(0, 0, 0, 1)))
            return []
        except _TooMuch:
            return []
        return self._documents

    def _events(self) -> Iterator[Any]:
        # PyYAML has no types for the C parser's events beyond Any.
        return yaml.parse(self._file.text, Loader=yaml.CBaseLoader)

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            start, end = event.start_mark, event.end_mark
            scalar = Scalar(
                event.value, event.style or "", self._file, start.line, start.column, end.line, end.column
            )
            if event.tag is not None or event.anchor is not None:
                self._refuse(event)
            if scalar.style in ("'", '"') and scalar.line != scalar.end_line:
                self._multiline_quote = scalar
            self._add(scalar)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event, Mapping if kind is yaml.MappingStartEvent else Items)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close(event)
        elif kind is yaml.AliasEvent:
            self._refuse(event)
            mark = event.start_mark
            self._add(Scalar("", "", self._file, mark.line, mark.column, mark.line, mark.column))
        elif kind is yaml.DocumentStartEvent and (event.version or event.tags):
            message = "YAML directives (a line beginning with %) are not used in dialogues"
            self._report("yaml-directive", message, event.start_mark)

    def _open(self, event: Any, make: type[Items] | type[Mapping]) -> None:
        if event.tag is not None or event.anchor is not None:
            self._refuse(event)
        mark = event.start_mark
        node = make(self._file, mark.line, mark.column, bool(event.flow_style))
        if len(self._stack) >= MAX_DEPTH:
            message = f"more than {MAX_DEPTH} lists and maps within each other"
            self._report("too-deep", message, mark)
            raise _TooMuch
        self._add(node)
        self._stack.append(node)
        self._keys.append(None)
        self._seen.append({})

    def _close(self, event: Any) -> None:
        node = self._stack.pop()
        self._keys.pop()
        self._seen.pop()
        node.end_line, node.end_column = event.end_mark.line, event.end_mark.column

    def _add(self, node: Node) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            self._problems.append(Problem("too-big", f"more than {MAX_NODES} values in one file", node.span))
            raise _TooMuch
        if not self._stack:
            self._documents.append(node)
            return
        parent = self._stack[-1]
        if isinstance(parent, Items):
            parent.items.append(node)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = self._key(node)
        else:
            self._keys[-1] = None
            self._pair(parent, key, node)

    def _pair(self, parent: Mapping, key: Scalar, value: Node) -> None:
        seen = self._seen[-1]
        first = seen.get(key.text)
        if first is None:
            seen[key.text] = key
            parent.pairs.append((key, value))
        elif key.text or key.style:
            self._problems.append(
                Problem(
                    "duplicate-key",
                    f"'{key.text}' stands here twice",
                    key.span,
                    notes=(Note("the first one is here", first.span),),
                )
            )

    def _key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            message = "a key must be a name, not a list or a map"
            notes = block_notes(self._file, node.line)
            self._problems.append(Problem("bad-key", message, node.span, notes=notes))
            return Scalar("", "", self._file, node.line, node.column, node.line, node.column)
        if node.text == "<<" and not node.style:
            self._problems.append(
                Problem("yaml-merge", "merge keys (<<) are not used in dialogues", node.span)
            )
            return Scalar("", "", self._file, node.line, node.column, node.line, node.column)
        return node

    def _refuse(self, event: Any) -> None:
        mark = event.start_mark
        if type(event) is yaml.AliasEvent:
            code, what = "yaml-alias", f"an alias (*{event.anchor})"
        elif event.anchor is not None:
            code, what = "yaml-anchor", f"an anchor (&{event.anchor})"
        else:
            code, what = "yaml-tag", f"a tag ({event.tag})"
        message = f"YAML reads this as {what}, which dialogues do not use"
        self._report(code, message, mark, block_notes(self._file, mark.line))

    def _report(self, code: str, message: str, mark: Any, notes: tuple[Note, ...] = ()) -> None:
        span = self._file.span(mark.line, mark.column, mark.line, mark.column + 1)
        self._problems.append(Problem(code, message, span, notes=notes))
