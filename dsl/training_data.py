"""Reading sentences written for other tools: Rasa NLU and Home Assistant YAML, as training examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dsl.files import read_files
from dsl.yaml import Items, Mapping, Node, Scalar, compose
from miron.learn.examples import Example
from miron.model import Miron
from miron.source import ModelError, Problem, Span, sorted_problems, suggest

OUTSIDE = ("nlu_fallback", "out_of_scope", "oos", "none")
"""Intents that stand for sentences beside the point."""


@dataclass(slots=True)
class Data:
    """What was read, and what is wrong with it.

    Attributes:
        examples: Sentences of Mirons, slots by name.
        out_of_scope: Sentences that mean no Miron.
    """

    examples: list[Example] = field(default_factory=list)
    out_of_scope: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def report(self, code: str, message: str, span: Span, suggestion: str | None = None) -> None:
        """Add an error."""
        self.problems.append(Problem(code, message, span, suggestion=suggestion))


class Names:
    """The Mirons and slots of a dialogue, by what other tools may call them."""

    def __init__(self, mirons: Iterable[Miron]) -> None:
        self._mirons = {miron.name: miron for miron in mirons if miron.channel == "speech"}
        self._short: dict[str, str] = {}
        for name in self._mirons:
            self._short.setdefault(_plain(name), name)
        for name in self._mirons:
            self._short.setdefault(_plain(name.rpartition(".")[2]), name)

    def intent(self, written: Scalar, data: Data) -> str | None:
        """The Miron of an intent's name; empty for out of scope, None (and a problem) if there is none."""
        name = written.text.strip()
        if name.lower() in OUTSIDE:
            return ""
        found = name if name in self._mirons else self._short.get(_plain(name))
        if found is None:
            near = suggest(name, self._mirons)
            data.report("unknown-intent", f"the dialogue has no Miron called '{name}'", written.span, near)
        return found

    def slot(self, miron: str, entity: str) -> str | None:
        """The slot of a Miron that an entity's name means: ``host`` and ``visit_host`` are ``visit.host``."""
        slots = self._mirons[miron].slots
        if entity in slots:
            return entity
        plain = _plain(entity)
        exact = [name for name in slots if _plain(name) == plain]
        last = [name for name in slots if _plain(name.rpartition(".")[2]) == plain]
        return next(iter(exact or last), None)


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(".", "_").replace("/", "_")


def read_training_data(
    paths: Iterable[Path], mirons: Iterable[Miron], locale: str, *, first: bool = True
) -> Data:
    """Sentences in a language out of files and folders of Rasa NLU or Home Assistant YAML.

    Args:
        mirons: Those of the dialogue; every intent must be one of them, or out of scope.
        locale: Files that say another ``language`` are passed over.
        first: This is the language of files that do not say one.

    Raises:
        ModelError: With every mistake of all files.
    """
    from dsl.training_hassil import read_hassil
    from dsl.training_rasa import read_rasa

    data, names = Data(), Names(mirons)
    for path in paths:
        for file in read_files(path, data.problems):
            for document in compose(file, data.problems):
                if not isinstance(document, Mapping):
                    data.report("no-training-data", _WANTED, document.span)
                    continue
                keys = {key.text: value for key, value in document.pairs}
                language = keys.get("language")
                said = language.text if isinstance(language, Scalar) else ""
                if said.split("-")[0] != locale.split("-")[0] if said else not first:
                    continue
                if "nlu" in keys:
                    read_rasa(keys["nlu"], names, data)
                elif "intents" in keys or "tests" in keys:
                    read_hassil(keys, names, locale, data)
                elif not {"lists", "expansion_rules", "version"} & keys.keys():
                    data.report("no-training-data", _WANTED, document.span)
    if data.problems:
        raise ModelError(sorted_problems(data.problems))
    return data


_WANTED = "there is no 'nlu:' (Rasa), 'intents:' or 'tests:' (Home Assistant) here"


def entries(node: Node | None, data: Data, what: str) -> list[Mapping]:
    """The maps of a list; anything else is a problem."""
    if not isinstance(node, Items):
        if node is not None:
            data.report("expected-list", f"{what} is a list", node.span)
        return []
    found = []
    for item in node.items:
        if isinstance(item, Mapping):
            found.append(item)
        else:
            data.report("expected-map", f"an entry of {what} has keys, such as '- intent: NAME'", item.span)
    return found


def fields(node: Mapping) -> dict[str, Node]:
    """The values of a map by key."""
    return {key.text: value for key, value in node.pairs}


def texts(node: Node | None, data: Data, what: str) -> list[tuple[str, Span]]:
    """The texts of a list (or a single one) with their places."""
    found: list[tuple[str, Span]] = []
    for item in node.items if isinstance(node, Items) else [node] if node is not None else []:
        if isinstance(item, Scalar):
            found.append((item.text, item.span))
        else:
            data.report("expected-text", f"{what} are texts", item.span)
    return found


def bullets(node: Scalar) -> list[tuple[str, Span]]:
    """The lines of a block that begin with a dash, without it; comments and empty lines are passed over."""
    found: list[tuple[str, Span]] = []
    at = 0
    for line in node.text.split("\n"):
        text = line.strip()
        if text.startswith("-"):
            said = text[1:].strip()
            start = at + line.index("-") + 1
            start += len(line[line.index("-") + 1 :]) - len(line[line.index("-") + 1 :].lstrip())
            if said:
                found.append((said, node.place(start, start + len(said))))
        at += len(line) + 1
    return found
