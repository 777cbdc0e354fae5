"""Reading a dialogue: from a file or folder to the frozen tree, with all problems of all files in one run."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsl import fields, sections
from dsl.fields import Pair, Report
from dsl.files import decode, read_files
from dsl.library import IMPLIED, Library, standard
from dsl.sections import Scope
from dsl.steps import read_steps
from dsl.testlines import plain, read_tests
from dsl.tree import Name, Owner, Tree
from dsl.yaml import Items, Mapping, Node, Scalar, SourceFile, compose
from miron.source import ModelError, Note, Problem, Span, suggest

LANGUAGE_VERSION = 1
"""The version of the rules of the language that this program reads."""

_SETTINGS = ("about", "language", "locales", "other", "endings", "thought", "takes", "gives", "do")
_MODULE_ONLY = ("thought", "takes", "gives", "do")
_DIALOGUE_ONLY = ("other", "endings")
_NAMED = {
    "use": ("an instance", sections.read_use),
    "types": ("a type", sections.read_type),
    "memory": ("a memory entry", sections.read_memory),
    "services": ("a service", sections.read_service),
    "mirons": ("a Miron", sections.read_miron),
    "questions": ("a question", sections.read_question),
    "rules": ("a rule", sections.read_rule),
}
_TRANSLATED: dict[str, Callable[[Any, Any], Any]] = {
    "mirons": sections.with_locale,
    "types": sections.with_type_locale,
}
"""What may be declared once more in a document of another locale, with its texts only."""

_SHARED_NAMESPACE = ("memory", "services", "mirons", "questions", "rules")
_SECTIONS = (*_NAMED, "phrases", "tests", "never", "given")
_KEYS = ("locale", *_SETTINGS, *_SECTIONS)
_HINTS = {
    "intents": "what is heard and said stands under 'mirons'",
    "slots": "what is remembered stands under 'memory'",
    "entities": "values stand under 'types' and 'memory'",
    "actions": "what the application does stands under 'services'",
    "responses": "what is heard and said stands under 'mirons'",
    "states": "a state is a rule, or a choice entry in 'memory'",
    "flows": "dialogues are made of 'rules'",
    "imports": "modules are named under 'use'",
}


def read(path: str | Path, library: Library | None = None) -> Tree:
    """Read a dialogue or module.

    Args:
        path: A YAML file, or a folder whose ``*.yaml`` files are read together.
        library: Where modules are looked for that the files do not hold; the standard library by default.

    Raises:
        ModelError: With every problem of all files, sorted by place.
    """
    with _without_collection():
        report = Report()
        files = read_files(Path(path), report.problems)
        return _finish(report, files, library)


def read_text(text: str, name: str = "<text>", library: Library | None = None) -> Tree:
    """Read a dialogue or module from a text.

    Args:
        name: Shown in errors.

    Raises:
        ModelError: With every problem of the text.
    """
    with _without_collection():
        report = Report()
        file = decode(name, text.encode("utf-8", "surrogatepass"), report.problems)
        return _finish(report, [file] if file else [], library)


def read_sources(files: Iterable[SourceFile], library: Library | None = None) -> Tree:
    """Read a dialogue or module from files that are in memory.

    Raises:
        ModelError: With every problem of all files, sorted by place.
    """
    with _without_collection():
        return _finish(Report(), list(files), library)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Reading makes many objects that all stay; looking for garbage among them costs half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(slots=True)
class _Part:
    """One document."""

    kind: str
    name: Name
    locale: Scalar | None
    entries: list[Pair]
    file: SourceFile


@dataclass(slots=True)
class _Draft:
    """An owner while its documents are put together."""

    kind: str
    name: Name
    parts: list[_Part] = field(default_factory=list)


def _finish(report: Report, files: list[SourceFile], library: Library | None) -> Tree:
    drafts: dict[tuple[str, str], _Draft] = {}
    for file in files:
        _gather(report, file, drafts)
    dialogues = [draft for draft in drafts.values() if draft.kind == "dialogue"]
    for other in dialogues[1:]:
        message = f"a second dialogue; the files together make one, '{dialogues[0].name}'"
        note = Note("which begins here", dialogues[0].name.span)
        near = suggest(other.name.text, [dialogues[0].name.text])
        report.error("two-dialogues", message, other.name.span, near, [note])
    if report.problems and not drafts:
        raise ModelError(report.problems)
    is_partial = bool(report.problems)
    locales: tuple[str, ...] = ("en",)
    dialogue = None
    if dialogues:
        dialogue = _owner(report, dialogues[0], locales)
        locales = dialogue.locales
    modules = {
        draft.name.text: _owner(report, draft, locales) for draft in drafts.values() if draft.kind == "module"
    }
    sources = list(files)
    _add_used(report, dialogue, modules, sources, library if library is not None else standard())
    if is_partial:
        # The lost document may be the one that lists the locales.
        report.problems = [found for found in report.problems if found.code != "unknown-locale"]
    if report.problems:
        raise ModelError(report.problems)
    return Tree(dialogue, modules, {file.name: file.text for file in sources}, _digest(sources))


def _digest(files: Iterable[SourceFile]) -> str:
    """Over the texts only: neither the names of the files nor their order count."""
    each = sorted(hashlib.sha256(file.text.encode("utf-8", "surrogatepass")).hexdigest() for file in files)
    return hashlib.sha256("\n".join(each).encode()).hexdigest()


# Documents


def _gather(report: Report, file: SourceFile, drafts: dict[tuple[str, str], _Draft]) -> None:
    before = len(report.problems)
    documents = compose(file, report.problems)
    if not documents and len(report.problems) == before:
        span = file.span(0, 0, 0, 0)
        report.error("empty-file", "this file holds no document; it begins with 'dialogue: NAME'", span)
    for node in documents:
        if isinstance(node, Scalar) and node.empty and len(documents) > 1:
            continue
        part = _part(report, node, file)
        if part is None:
            continue
        draft = drafts.setdefault((part.kind, part.name.text), _Draft(part.kind, part.name))
        draft.parts.append(part)


def _part(report: Report, node: Node, file: SourceFile) -> _Part | None:
    if isinstance(node, Scalar) and node.empty:
        report.error("empty-file", "this file holds no document; it begins with 'dialogue: NAME'", node.span)
        return None
    if not isinstance(node, Mapping) or not node.pairs:
        message = f"a document is a map that begins with 'dialogue: NAME', not {fields.describe(node)}"
        report.error("no-header", message, node.span)
        return None
    first, value = node.pairs[0]
    if first.text not in ("dialogue", "module"):
        _report_header(report, node, first)
        return None
    name = (
        fields.declared(report, value, f"the name of a {first.text}") if isinstance(value, Scalar) else None
    )
    if name is None:
        report.error("no-header", f"the name of the {first.text} is missing", first.span)
        return None
    if "." in name.text:
        report.error(
            "bad-name", f"the name of a {first.text} has no dots", name.span, name.text.replace(".", "_")
        )
    locale = None
    entries = []
    for key, entry in node.pairs[1:]:
        if key.text == "locale":
            locale = fields.scalar(report, entry, "a locale", "de")
        elif key.text in ("dialogue", "module"):
            message = f"'{key.text}' begins a document; put a line '---' above it"
            report.error("no-header", message, key.span)
            break
        elif key.text in _KEYS:
            entries.append((key, entry))
        elif not key.empty:
            fields.unknown_key(report, key, _KEYS, f"a {first.text}", _HINTS)
    return _Part(first.text, name, locale, entries, file)


def _report_header(report: Report, node: Mapping, first: Scalar) -> None:
    for key, _ in node.pairs:
        if key.text in ("dialogue", "module"):
            message = f"'{key.text}: NAME' must be the first line of its document"
            report.error("no-header", message, key.span)
            return
    near = suggest(first.text, ("dialogue", "module"))
    message = "a document begins with 'dialogue: NAME' or 'module: NAME'"
    report.error("no-header", message, first.span, near)


# Owners


def _owner(report: Report, draft: _Draft, locales: tuple[str, ...]) -> Owner:
    found: dict[str, Any] = _settings(report, draft)
    is_open = draft.kind == "module" and "locales" not in found
    found.setdefault("locales", locales)
    first_locale = found["locales"][0]
    places: dict[str, dict[str, Name]] = {}
    for section in (*_NAMED, "phrases"):
        found[section] = {}
        places[section] = {}
    found["tests"], found["never"] = [], []
    positions: dict[str, int] = {}
    for part in draft.parts:
        locale = part.locale.text if part.locale else first_locale
        if locale not in found["locales"] and part.locale and not is_open:
            listed = ", ".join(found["locales"])
            message = f"the locale '{locale}' is not listed in locales ({listed})"
            report.error("unknown-locale", message, part.locale.span, suggest(locale, found["locales"]))
        position = positions.get(part.file.name, 0)
        # Rules rank by file, and a dialogue is the same one wherever it lies.
        file = f"{draft.kind}/{part.file.name.rpartition('/')[2]}"
        scope = Scope(report, locale, found["locales"], file, position, is_open)
        for key, node in part.entries:
            if key.text not in _SETTINGS:
                _read_section(scope, draft, key, node, found, places)
        positions[part.file.name] = scope.position
    _report_shared_names(report, places, found)
    found["use"] = tuple(found["use"].values())
    found["tests"], found["never"] = tuple(found["tests"]), tuple(found["never"])
    return Owner(draft.kind, draft.name, **found)


def _settings(report: Report, draft: _Draft) -> dict[str, Any]:
    found: dict[str, Any] = {}
    seen: dict[str, Scalar] = {}
    for part in draft.parts:
        for key, node in part.entries:
            if key.text not in _SETTINGS:
                continue
            if key.text in seen:
                note = Note("the first one is here", seen[key.text].span)
                message = f"'{key.text}' is given twice; settings stand in one document only"
                report.error("setting-twice", message, key.span, notes=[note])
                continue
            seen[key.text] = key
            wrong = _MODULE_ONLY if draft.kind == "dialogue" else _DIALOGUE_ONLY
            if key.text in wrong:
                other = "modules" if draft.kind == "dialogue" else "dialogues"
                report.error("wrong-section", f"'{key.text}' stands in {other} only", key.span)
                continue
            if key.text == "thought":
                continue
            value = _setting(report, key.text, node)
            if value is not None:
                found[key.text] = value
    _thoughts(report, draft, seen, found)
    return found


def _setting(report: Report, key: str, node: Node) -> Any:
    match key:
        case "about":
            text = fields.scalar(report, node, "a remark", "what it is for")
            return text.text.strip() if text else None
        case "language":
            fields.integer(report, node, LANGUAGE_VERSION, LANGUAGE_VERSION)
            return None
        case "locales":
            return _locales(report, node)
        case "other":
            name = fields.declared(report, node, "the other's name") if isinstance(node, Scalar) else None
            return name.text if name else None
        case "endings":
            return fields.names(report, node, "the name of an ending")
        case "do":
            return read_steps(report, node)
        case _:
            return sections.read_params(Scope(report, "en", ("en",), ""), node, is_memory=True)


def _locales(report: Report, node: Node) -> tuple[str, ...] | None:
    found: list[str] = []
    for item in node.items if isinstance(node, Items) else [node]:
        text = fields.scalar(report, item, "a locale", "en, de, zh")
        if text is None:
            continue
        if not sections.is_locale(text.text):
            report.error(
                "bad-locale", f"'{text.text}' is no locale; for example en, de, zh, pt-BR", text.span
            )
        elif text.text in found:
            report.error("name-twice", f"the locale '{text.text}' is listed twice", text.span)
        else:
            found.append(text.text)
    return tuple(found) or None


def _thoughts(report: Report, draft: _Draft, seen: dict[str, Scalar], found: dict[str, Any]) -> None:
    if "thought" not in seen or draft.kind != "module":
        return
    locales = found.get("locales", ("en",))
    for part in draft.parts:
        for key, node in part.entries:
            if key is seen["thought"]:
                locale = part.locale.text if part.locale else locales[0]
                scope = Scope(report, locale, locales, part.file.name, is_open="locales" not in found)
                texts = sections.read_texts(scope, node, "thought")
                found["thought"] = {locale: lines[0] for locale, lines in texts.items() if lines}


def _read_section(
    scope: Scope,
    draft: _Draft,
    section: Scalar,
    node: Node,
    found: dict[str, Any],
    places: dict[str, dict[str, Name]],
) -> None:
    report = scope.report
    if section.text == "tests":
        found["tests"] += read_tests(report, node)
    elif section.text == "never":
        items = node.items if isinstance(node, Items) else [node]
        found["never"] += [expr for item in items if (expr := fields.expression(report, item)) is not None]
    elif section.text == "given":
        _given(report, node, found)
    elif section.text == "phrases":
        for key, value in fields.section(report, node, "phrases"):
            phrase = sections.read_phrase(scope, key, value)
            if phrase is None:
                continue
            first = found["phrases"].get(phrase[0].text, {})
            if first and not set(first) & set(phrase[1]):
                found["phrases"][phrase[0].text] = {**first, **phrase[1]}
            elif _is_new(report, phrase[0], "a phrase", places["phrases"]):
                found["phrases"][phrase[0].text] = phrase[1]
    else:
        what, read_entry = _NAMED[section.text]
        _read_named(scope, section.text, what, read_entry, node, found, places)


def _read_named(
    scope: Scope,
    section: str,
    what: str,
    read_entry: Callable[[Scope, Scalar, Node], Any],
    node: Node,
    found: dict[str, Any],
    places: dict[str, dict[str, Name]],
) -> None:
    for key, value in fields.section(scope.report, node, section):
        if key.empty:
            continue
        entry = read_entry(scope, key, value)
        if entry is None:
            continue
        name: Name = entry.instance if section == "use" else entry.name
        if section in _TRANSLATED and name.text in places[section]:
            merged = _TRANSLATED[section](found[section][name.text], entry)
            if merged is not None:
                found[section][name.text] = merged
                continue
        if _is_new(scope.report, name, what, places[section]):
            found[section][name.text] = entry


def _given(report: Report, node: Node, found: dict[str, Any]) -> None:
    data = plain(node)
    first = found.get("given")
    if not isinstance(data, dict):
        message = f"'given' is a map of what tests start from, not {fields.describe(node)}"
        report.error("wrong-shape", message, node.span)
        return
    merged = dict(first or {})
    for key, value in data.items():
        if key in merged:
            report.error("name-twice", f"'{key}' is given twice", key.span)
        merged[key] = value
    found["given"] = merged


def _is_new(report: Report, name: Name, what: str, places: dict[str, Name]) -> bool:
    first = places.get(name.text)
    if first is None:
        places[name.text] = name
        return True
    note = Note("the first one is here", first.span)
    report.error("name-twice", f"{what} named '{name}' exists already", name.span, notes=[note])
    return False


def _report_shared_names(report: Report, places: dict[str, dict[str, Name]], found: dict[str, Any]) -> None:
    """One namespace: a rule, Miron, question, service and memory entry never share a name."""
    seen: dict[str, tuple[str, Span]] = {}
    parameters = {param.name.text: param.name for part in ("takes", "gives") for param in found.get(part, ())}
    for section in (*_SHARED_NAMESPACE, "parameters"):
        named = places.get(section, parameters)
        what = _NAMED[section][0] if section in _NAMED else "a parameter"
        for text, name in named.items():
            first = seen.setdefault(text, (what, name.span))
            if first[1] != name.span:
                message = f"'{text}' is already the name of {first[0]}, so it cannot be {what}, too"
                later = max(name.span, first[1])
                earlier = min(name.span, first[1])
                report.error("name-twice", message, later, notes=[Note("the other one is here", earlier)])


# Modules


def _add_used(
    report: Report,
    dialogue: Owner | None,
    modules: dict[str, Owner],
    sources: list[SourceFile],
    library: Library,
) -> None:
    """Add the modules of the library that are used, those used by them, and so on."""
    waiting = [*IMPLIED]
    for first in (dialogue, *modules.values()):
        if first is not None:
            waiting += _used(first)
    while waiting:
        name = waiting.pop()
        path = library.path(name)
        if name in modules or path is None:
            continue
        if name not in library.cache:
            library.cache[name] = _shipped(name, path)
        found: _Shipped = library.cache[name]
        sources += found.files
        report.problems += found.problems
        for owner in found.owners:
            modules[owner.name.text] = owner
            waiting += _used(owner)


@dataclass(frozen=True, slots=True)
class _Shipped:
    """A module of the library as read."""

    owners: tuple[Owner, ...]
    files: tuple[SourceFile, ...]
    problems: tuple[Problem, ...]


def _shipped(name: str, path: Path) -> _Shipped:
    report = Report()
    drafts: dict[tuple[str, str], _Draft] = {}
    files = read_files(path, report.problems)
    for file in files:
        _gather(report, file, drafts)
    owners = tuple(_owner(report, draft, ("en",)) for draft in drafts.values())
    if not any(owner.name.text == name for owner in owners) and not report.problems:
        message = f"the library file {path.name} holds no module '{name}'"
        report.problems.append(Problem("no-header", message, Span(str(path), 1, 1, 1, 1)))
    return _Shipped(owners, tuple(files), tuple(report.problems))


def _used(owner: Owner) -> list[str]:
    """Names of modules an owner may mean; calls may also name services."""
    return [use.module.text for use in owner.use] + [
        name for steps in (owner.do, *(rule.do for rule in owner.rules.values())) for name in _called(steps)
    ]


def _called(steps: Iterable[Any]) -> list[str]:
    found: list[str] = []
    for step in steps:
        if step.call is not None:
            found.append(step.call.name.text)
        found += _called(step.decide) + _called(step.do)
        for _, handler in step.handlers:
            found += _called(handler)
    return found
