"""Checking sentences: brackets, values, filters, phrases, locales."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from dsl.binding import BODY
from dsl.check_values import part_of
from dsl.checking import Checking
from dsl.symbols import View
from dsl.tree import FormsDecl, MironDecl, Text
from miron.model import BUILTIN_TYPES
from miron.source import ModelError, Note, Problem, Severity, Span, suggest
from miron.template import Mark, RuleRef, SlotRef, Template, parse, walk

FILTERS = ("clock", "date", "day", "first", "last", "title", "lower", "upper", "spell", "count", "list")
"""Filters after ``|`` in ``{x|filter}``."""

_START = Span("", 1, 1, 1, 1)


@lru_cache(maxsize=8192)
def _parsed(text: str) -> Template | tuple[Problem, ...]:
    try:
        return parse(text, span=_START)
    except ModelError as error:
        return error.problems


def template(text: Text) -> Template | None:
    """The template of a sentence, None if it cannot be read."""
    found = _parsed(text.text)
    return found if isinstance(found, Template) else None


@lru_cache(maxsize=8192)
def _references(text: str) -> tuple[SlotRef | Mark | RuleRef, ...]:
    parsed = _parsed(text)
    nodes = walk(parsed.root) if isinstance(parsed, Template) else ()
    return tuple(node for node in nodes if isinstance(node, SlotRef | Mark | RuleRef))


def references(text: Text) -> tuple[SlotRef | Mark | RuleRef, ...]:
    """The values, marks and phrases of a sentence, in reading order."""
    return _references(text.text)


def place(sources: Mapping[str, str], text: Text, start: int, end: int) -> Span:
    """Where characters of a sentence stand in its file, quotes and escapes taken into account."""
    span = text.span
    if span.line == span.end_line and span.end_column - span.column == len(text.text):
        return span.within(start, max(end, start + 1))
    lines = sources.get(span.source, "").split("\n")[span.line - 1 : span.end_line]
    if not lines:
        return span
    raw = "\n".join([*lines[:-1], lines[-1][: span.end_column - 1]])[span.column - 1 :]
    places = _align(text.text, raw)
    first, last = places[min(start, len(places) - 1)], places[min(max(end - 1, start), len(places) - 1)]
    return Span(span.source, *_position(span, raw, first), *_position(span, raw, last + 1))


def _align(text: str, raw: str) -> list[int]:
    """For every character of a quoted or folded text, where it stands in its raw form."""
    places: list[int] = []
    at = 0
    for char in text:
        while at < len(raw) and raw[at] != char and raw[at] not in "\\ \n":
            at += 1
        places.append(min(at, max(0, len(raw) - 1)))
        if char in " \n":
            while at < len(raw) and raw[at] in " \n":
                at += 1
        elif raw[at : at + 1] == "\\" and raw[at : at + 1] != char:
            at += {"x": 4, "u": 6, "U": 10}.get(raw[at + 1 : at + 2], 2)
        else:
            at += 2 if raw[at : at + 2] in ("\\\\", "''") else 1
    return places or [0]


def _position(span: Span, raw: str, offset: int) -> tuple[int, int]:
    before = raw[:offset]
    rows = before.count("\n")
    if rows == 0:
        return span.line, span.column + offset
    return span.line + rows, offset - before.rfind("\n")


def all_texts(forms: FormsDecl) -> Iterator[Text]:
    """The sentence templates of a form (jinja and label are none)."""
    yield from forms.both
    yield from forms.heard
    yield from forms.said


def entities_of(view: View, decl: MironDecl) -> frozenset[str]:
    """The slots that the sentences of a Miron hold, phrases included."""
    found: set[str] = set()
    for locale, forms in decl.forms.items():
        for text in all_texts(forms):
            found |= slots_of(view, text, locale)
    return frozenset(found)


def slots_of(view: View, text: Text, locale: str) -> set[str]:
    """The slots of one sentence, phrases included."""
    found: set[str] = set()
    waiting, seen = [text], set()
    while waiting:
        for node in references(waiting.pop()):
            if isinstance(node, SlotRef):
                found.add(node.name)
            elif isinstance(node, RuleRef) and node.name not in seen:
                seen.add(node.name)
                waiting += view.owner.phrases.get(node.name, {}).get(locale, ())
    return found


def memory_slots(view: View, decl: MironDecl) -> set[str]:
    """The memory entries that a Miron fills when it is heard."""
    found: set[str] = set()
    for locale, forms in decl.forms.items():
        for text in (*forms.both, *forms.heard):
            found |= {slot for slot in slots_of(view, text, locale) if view.entry(slot) is not None}
    return found


class TextChecking:
    """Checks every sentence of an owner."""

    def __init__(self, checking: Checking, passed: Mapping[str, set[str]]) -> None:
        """Args: passed: Miron → names of arguments that steps hand over."""
        self._checking = checking
        self._view = checking.view
        self._sources = checking.view.world.tree.sources
        self._passed = passed

    def run(self) -> None:
        """Check Mirons, phrases, values of types and thoughts."""
        owner = self._view.owner
        for name, by_locale in owner.phrases.items():
            for texts in by_locale.values():
                for text in texts:
                    self._check(text, None, frozenset({name}))
        self._check_cycles()
        for decl in owner.types.values():
            for by_locale in decl.values.values():
                for texts in by_locale.values():
                    for text in texts:
                        self._check(text, None)
        for miron in owner.mirons.values():
            typed = self._typed(miron)
            for forms in miron.forms.values():
                for text in all_texts(forms):
                    self._check(text, typed | self._passed.get(miron.name.text, set()))
                for text in forms.jinja:
                    self._check_jinja(text, typed | self._passed.get(miron.name.text, set()))
        for text in owner.thought.values():
            self._check(text, None)

    def _typed(self, miron: MironDecl) -> set[str]:
        """The entities of the act itself: those with a type in one of its sentences."""
        found: set[str] = set()
        for locale, forms in miron.forms.items():
            for text in all_texts(forms):
                nodes = list(references(text))
                for node in references(text):
                    if isinstance(node, RuleRef):
                        for phrase in self._view.owner.phrases.get(node.name, {}).get(locale, ()):
                            nodes += references(phrase)
                found |= {node.name for node in nodes if isinstance(node, SlotRef) and node.type}
        return found

    def _check(
        self, text: Text, entities: Iterable[str] | None, within: frozenset[str] = frozenset()
    ) -> None:
        if text.span.end_line > text.span.line:
            message = "YAML makes one sentence of these lines; after a '|' each line is a sentence of its own"
            self._checking.warn("folded-sentence", message, text.span)
        parsed = _parsed(text.text)
        problems = parsed.warnings if isinstance(parsed, Template) else parsed
        for problem in problems:
            self._checking.problems.append(self._moved(problem, text))
        if not isinstance(parsed, Template):
            return
        for node in references(text):
            span = place(self._sources, text, node.start, node.end)
            if isinstance(node, SlotRef):
                self._check_slot(node, span, entities)
            elif isinstance(node, Mark):
                self._check_mark(node, span)
            elif node.name not in within:
                self._check_phrase(node.name, span)

    def _moved(self, problem: Problem, text: Text) -> Problem:
        span = problem.span
        where = place(self._sources, text, span.column - 1, span.end_column - 1) if span else text.span
        notes = tuple(
            Note(note.message, place(self._sources, text, note.span.column - 1, note.span.end_column - 1))
            if note.span
            else note
            for note in problem.notes
        )
        return replace(problem, span=where, notes=notes)

    def _check_slot(self, slot: SlotRef, span: Span, entities: Iterable[str] | None) -> None:
        for filter_ in slot.filters:
            if filter_ not in FILTERS:
                near = suggest(filter_, FILTERS)
                notes = () if near else (Note(f"filters: {', '.join(FILTERS)}"),)
                self._checking.report("unknown-filter", f"there is no filter '{filter_}'", span, near, notes)
        if slot.type:
            self._check_type(slot.type, span)
            return
        self._check_place(slot.name, span, entities)

    def _check_type(self, name: str, span: Span) -> None:
        view = self._view
        if name in BUILTIN_TYPES or view.world.type_decl(view.owner, name) is not None:
            return
        known = [*BUILTIN_TYPES, *(key for owner in view.world.owners for key in owner.types)]
        near = suggest(name, [*known, "gesture", "emotion", "gaze", "screen"])
        self._checking.report("unknown-type", f"there is no type '{name}'", span, near)

    def _check_place(self, name: str, span: Span, entities: Iterable[str] | None) -> None:
        view = self._view
        if view.part(name) is not None:
            self._checking.reads(name)
            return
        if (part := part_of(self._checking, name)) is not None:
            self._checking.report("unknown-part", part[0], span, part[1])
            return
        if entities is not None and name in entities:
            return
        head, _, _ = name.rpartition(".")
        if (head and view.declared_miron(head)) or self._checking.is_opaque(name):
            return
        near = self._checking.near_part(name) or suggest(name, [*view.entries(), *(entities or ())])
        notes = list(self._checking.near_notes(near, ("memory", "parameter")))
        if near is None and "." not in name:
            notes.append(Note(f"a value of this sentence alone has a type: {{text:{name}}}"))
        message = f"there is no memory entry '{name}'"
        # In a phrase it may be the entity of the sentence around it.
        severity: Severity = "error" if near is not None or entities is not None else "warning"
        self._checking.report("unknown-memory", message, span, near, notes, severity)

    def _check_mark(self, mark: Mark, span: Span) -> None:
        known = [*BODY.get(mark.channel, ())]
        known += [name for name, decl in self._view.owner.mirons.items() if decl.channel == mark.channel]
        if mark.name in known or not BODY.get(mark.channel):
            if (own := self._view.owner.mirons.get(mark.name)) is not None:
                self._checking.usage.named.add(id(own))
            return
        near = suggest(mark.name, known)
        self._checking.report("unknown-miron", f"there is no {mark.channel} '{mark.name}'", span, near)

    def _check_phrase(self, name: str, span: Span) -> None:
        phrases = self._view.owner.phrases
        if name in phrases:
            return
        head, _, rest = name.partition(".")
        module = self._view.module(head)
        if self._checking.is_opaque(name) or (module is not None and rest in module.phrases):
            return
        near = suggest(name, phrases)
        if self._view.entry(name) is not None:
            near = f"{{{name}}}"
        notes = [] if near else [Note(f"it is declared by phrases: {{{name}: …}}")]
        self._checking.report("unknown-phrase", f"there is no phrase '<{name}>'", span, near, notes)

    def _check_cycles(self) -> None:
        phrases = self._view.owner.phrases
        inner: dict[str, dict[str, Span]] = {}
        for name, by_locale in phrases.items():
            inner[name] = {}
            for texts in by_locale.values():
                for text in texts:
                    for node in references(text):
                        if isinstance(node, RuleRef) and node.name in phrases:
                            span = place(self._sources, text, node.start, node.end)
                            inner[name].setdefault(node.name, span)
        for cycle in cycles({name: list(found) for name, found in inner.items()}):
            message = f"the phrases go round in a circle: {' → '.join([*cycle, cycle[0]])}"
            following = cycle[1] if len(cycle) > 1 else cycle[0]
            self._checking.report("phrase-cycle", message, inner[cycle[0]][following])

    def _check_jinja(self, text: Text, entities: Iterable[str]) -> None:
        from jinja2 import Environment, TemplateSyntaxError, meta

        environment = Environment(autoescape=False)  # only parsed here, never rendered
        environment.filters.update(dict.fromkeys(FILTERS, str))
        try:
            names = meta.find_undeclared_variables(environment.parse(text.text))
        except TemplateSyntaxError as error:
            self._checking.report("bad-jinja", f"Jinja cannot read this: {error.message}", text.span)
            return
        known = {entry.replace(".", "_") for entry in self._view.entries()} | set(entities)
        for name in sorted(names - known):
            if any(name.startswith(f"{entry}_") for entry in known):
                continue
            start = max(text.text.find(name), 0)
            span = place(self._sources, text, start, start + len(name))
            self._checking.report(
                "unknown-memory", f"there is no memory entry '{name}'", span, suggest(name, known)
            )


def cycles(graph: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """One cycle for every group of nodes that reach each other, beginning with its first in order."""
    done: set[str] = set()
    for start in graph:
        if start in done:
            continue
        path: list[str] = []
        on_path: set[str] = set()
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(graph.get(start, ())))]
        path.append(start)
        on_path.add(start)
        while stack:
            node, following = stack[-1]
            target = next(following, None)
            if target is None:
                stack.pop()
                path.pop()
                on_path.discard(node)
                done.add(node)
            elif target in on_path:
                yield path[path.index(target) :]
            elif target not in done:
                stack.append((target, iter(graph.get(target, ()))))
                path.append(target)
                on_path.add(target)
