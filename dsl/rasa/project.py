"""Reading a Rasa project: domain, training data, rules and stories of all its files, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dsl.files import decode
from dsl.yaml import Items, Mapping, Node, Scalar, compose
from miron.source import ModelError, Problem, Span, sorted_problems

MAX_FILES = 2_000
_KEYS = (
    *("version", "intents", "entities", "slots", "forms", "responses", "actions"),
    *("nlu", "rules", "stories"),
)
_QUIET = ("session_config", "config", "recipe", "language", "pipeline", "policies", "assistant_id")
"""Keys whose loss changes nothing that a dialogue says."""
_OUTSIDE = ("tests", "node_modules")
_MARKED = re.compile(r"\[(?P<words>[^\[\]]+)\](?:\((?P<entity>[^()]+)\)|(?P<facts>\{[^{}]*\}))")


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that was not carried over."""

    message: str
    span: Span | None = None

    def __str__(self) -> str:
        return f"{self.span}: {self.message}" if self.span else self.message


@dataclass(slots=True)
class Project:
    """What the files say, sections put together, in the order of the files.

    Attributes:
        sections: Key of a section → the entries of all files: pairs of a map, or items of a list.
    """

    name: str
    sections: dict[str, list[tuple[Scalar | None, Node]]] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)

    def entries(self, section: str) -> Iterator[tuple[str, Node, Span]]:
        """Name, value and place of each entry; of ``- a`` and ``- a: {…}`` alike."""
        for key, value in self.sections.get(section, ()):
            if key is not None:
                yield key.text, value, key.span
            elif isinstance(value, Scalar):
                yield value.text, Scalar("", "", value.file, value.line, value.column, 0, 0), value.span
            elif isinstance(value, Mapping) and value.pairs:
                yield value.pairs[0][0].text, value.pairs[0][1], value.span

    def lose(self, message: str, span: Span | None = None) -> None:
        """Note that something was not carried over."""
        self.lost.append(Lost(message, span))


def read_project(folder: Path) -> Project:
    """Read every YAML file of a Rasa project but those of tests.

    Raises:
        ModelError: A file is no YAML, or nothing there is Rasa's.
    """
    problems: list[Problem] = []
    project = Project(re.sub(r"\W+", "_", folder.resolve().name.lower()).strip("_") or "dialogue")
    for path in _paths(folder):
        try:
            data = path.read_bytes()
        except OSError as error:
            problems.append(Problem("unreadable", f"{path} cannot be read: {error.strerror or error}"))
            continue
        file = decode(path.relative_to(folder).as_posix() if path != folder else path.name, data, problems)
        for document in compose(file, problems) if file else ():
            if isinstance(document, Mapping):
                _gather(project, document)
    if problems:
        raise ModelError(sorted_problems(problems))
    if not {"intents", "nlu", "responses"} & set(project.sections):
        message = f"there is no Rasa project in {folder}: no domain and no nlu data"
        raise ModelError([Problem("no-rasa", message)])
    return project


def _paths(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return [folder]
    found = []
    for path in sorted(folder.rglob("*.y*ml")):
        parts = path.relative_to(folder).parts
        outside = any(part.startswith(".") or part in _OUTSIDE for part in parts)
        if path.suffix in (".yml", ".yaml") and not outside:
            found.append(path)
    return found[:MAX_FILES]


def _gather(project: Project, document: Mapping) -> None:
    keys = {key.text for key, _ in document.pairs}
    if not keys & set(_KEYS[1:]):
        return
    for key, value in document.pairs:
        if key.text in ("version", *_QUIET):
            continue
        if key.text not in _KEYS:
            project.lose(f"'{key.text}' has no counterpart", key.span)
            continue
        found = project.sections.setdefault(key.text, [])
        if isinstance(value, Mapping):
            found += value.pairs
        elif isinstance(value, Items):
            found += [(None, item) for item in value.items]


def fields(node: Node | None) -> dict[str, Node]:
    """The values of a map by key; of anything else none."""
    return {key.text: value for key, value in node.pairs} if isinstance(node, Mapping) else {}


def word(node: Node | None) -> str:
    """A scalar's text, or nothing."""
    return node.text.strip() if isinstance(node, Scalar) else ""


def words(node: Node | None) -> list[str]:
    """The texts of a list of scalars."""
    return [word(item) for item in node.items if word(item)] if isinstance(node, Items) else []


@dataclass(frozen=True, slots=True)
class Marked:
    """Words of an example that are a value."""

    start: int
    end: int
    entity: str
    role: str


def unmarked(line: str) -> tuple[str, list[Marked]]:
    """An example without its annotations, and what they said."""
    text, found, at = "", [], 0
    for match in _MARKED.finditer(line):
        text += line[at : match.start()]
        at = match.end()
        entity, role = (match["entity"] or "").partition(":")[0].strip(), ""
        if match["facts"]:
            facts = dict(re.findall(r'"(\w+)"\s*:\s*"([^"]*)"', match["facts"]))
            entity, role = facts.get("entity", ""), facts.get("role", "")
        found.append(Marked(len(text), len(text) + len(match["words"]), entity, role))
        text += match["words"]
    return text + line[at:], found
