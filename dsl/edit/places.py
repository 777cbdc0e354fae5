"""Where each declaration stands: its key, its extent, and the comments that belong to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dsl.edit.sources import EditError, Lines, Sources
from dsl.names import normal
from dsl.yaml import Items, Mapping, Node, Scalar, compose
from miron.source import ModelError, Problem, suggest

KINDS = {
    "use": "use",
    "types": "type",
    "memory": "memory",
    "services": "service",
    "mirons": "miron",
    "phrases": "phrase",
    "questions": "question",
    "rules": "rule",
    "tests": "test",
}
"""Section → kind of what is declared there."""

SECTIONS = {kind: section for section, kind in KINDS.items()}
"""Kind → its section."""


@dataclass(frozen=True, slots=True)
class Place:
    """A declaration in a file, in characters of the file as stored.

    Attributes:
        owner: The dialogue or module it belongs to.
        start: Of its key.
        end: After the last character of its value.
        column: Of its key.
        flow: It stands in a map in braces.
        node: Its value.
        key: Its name as written.
    """

    owner: str
    kind: str
    name: str
    file: str
    start: int
    end: int
    column: int
    flow: bool
    key: Scalar
    node: Node


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a document.

    Attributes:
        key: ``rules``, ``mirons`` …
        entries: Its declarations, in the order written.
        end: After the last character of its value (or of its key).
        locale: Of the document, if it gives one.
    """

    owner: str
    key: str
    file: str
    node: Node
    entries: tuple[Place, ...]
    end: int
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document: whose it is, and where its text ends."""

    owner: str
    kind: str
    file: str
    sections: tuple[Section, ...]
    end: int


class Places:
    """All declarations of a dialogue's files.

    Raises:
        ModelError: A file is no YAML that dialogues use.
    """

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.lines = {name: Lines(text) for name, text in sources.texts.items()}
        problems: list[Problem] = []
        self.documents: list[Document] = []
        for name in sources.texts:
            for node in compose(sources.file(name), problems):
                if isinstance(node, Mapping) and node.pairs:
                    self.documents.append(self._document(name, node))
        if problems:
            raise ModelError(problems)

    def all(self) -> Iterator[Place]:
        """Every declaration; one of several documents (translations) stands here several times."""
        for section in self.sections():
            yield from section.entries

    def sections(self) -> Iterator[Section]:
        """Every section of every document."""
        for document in self.documents:
            yield from document.sections

    def find(self, kind: str, name: str, owner: str = "") -> Place:
        """The (first) declaration of a name.

        Args:
            owner: Dialogue or module; empty: any.

        Raises:
            EditError: There is none.
        """
        names = []
        for place in self.all():
            if place.kind == kind and owner in ("", place.owner):
                if place.name == normal(name):
                    return place
                names.append(place.name)
        near = suggest(name, names)
        hint = f"; did you mean '{near}'?" if near else ""
        raise EditError(f"there is no {kind} '{name}' in these files{hint}")

    def text(self, place: Place) -> str:
        """A declaration as written, from its key on; further lines without the key's indentation."""
        raw = self.sources.texts[place.file][place.start : place.end]
        lines = re.sub(r"\r\n?", "\n", raw).split("\n")
        return "\n".join([lines[0], *(_outdented(line, place.column) for line in lines[1:])])

    def with_comments(self, place: Place) -> tuple[int, int]:
        """Whole lines of a declaration, with the comment lines directly above it."""
        lines = self.lines[place.file]
        text = self.sources.texts[place.file]
        first = lines.line_of(place.start)
        while first > 0 and text[lines.start_of(first - 1) : lines.start_of(first)].strip().startswith("#"):
            above = text[lines.start_of(first - 1) : lines.start_of(first)]
            if len(above) - len(above.lstrip()) != place.column:
                break
            first -= 1
        return lines.start_of(first), lines.start_of(lines.line_of(max(place.start, place.end - 1)) + 1)

    def _document(self, file: str, node: Mapping) -> Document:
        kind, owner = node.pairs[0][0].text, _text(node.pairs[0][1])
        locale = next((_text(value) for key, value in node.pairs if key.text == "locale"), "")
        sections = tuple(
            self._section(file, owner, key, value, locale) for key, value in node.pairs if key.text in KINDS
        )
        return Document(owner, kind, file, sections, self.end(file, *node.pairs[-1]))

    def _section(self, file: str, owner: str, key: Scalar, node: Node, locale: str) -> Section:
        entries = tuple(
            Place(
                owner,
                KINDS[key.text],
                normal(each.text),
                file,
                self.lines[file].at(each.line, each.column),
                self.end(file, each, value),
                each.column,
                isinstance(node, Mapping) and node.flow,
                each,
                value,
            )
            for each, value in (node.pairs if isinstance(node, Mapping) else ())
        )
        return Section(owner, key.text, file, node, entries, self.end(file, key, node), locale)

    def end(self, file: str, key: Scalar, node: Node) -> int:
        """After the last character of an entry: comments and empty lines behind it do not belong to it."""
        lines = self.lines[file]
        last = _last(node)
        if isinstance(last, Scalar) and last.empty:
            return self._after_colon(file, key if last is node else last)
        end = lines.at(last.end_line, last.end_column)
        if isinstance(last, Scalar) and last.style in ("|", ">"):
            start = lines.at(last.line, last.column)
            end = start + len(lines.text[start:end].rstrip())
        return end

    def _after_colon(self, file: str, scalar: Scalar) -> int:
        lines = self.lines[file]
        at = lines.at(scalar.end_line, scalar.end_column)
        colon = re.compile(r"\s*:").match(lines.text, at)
        return colon.end() if colon else at


def _outdented(line: str, column: int) -> str:
    return line[min(column, len(line) - len(line.lstrip(" "))) :]


def _text(node: Node) -> str:
    return normal(node.text) if isinstance(node, Scalar) else ""


def _last(node: Node) -> Node:
    """What stands at the end of a value; an empty list or map is its own end."""
    if isinstance(node, Scalar):
        return node
    if node.flow:
        return node
    inner = node.items if isinstance(node, Items) else [part for pair in node.pairs for part in pair]
    if not inner:
        return node
    return _last(next((each for each in reversed(inner) if not _is_empty(each)), inner[-1]))


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.empty
