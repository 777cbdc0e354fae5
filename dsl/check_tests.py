"""Checking the dialogue tests: names in their lines, conditions, fixtures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dsl.binding import BODY
from dsl.check_conditions import check_duration, check_expr
from dsl.check_texts import entities_of
from dsl.check_values import label, unknown_choice
from dsl.checking import Checking
from dsl.expressions import ExpressionError, parse_expr
from dsl.fixtures import KEYS, SETTINGS
from dsl.names import DURATION, better_duration, duration_ms, name_fault
from dsl.symbols import STEP_CHANNELS, UNKNOWN
from dsl.tree import Name, Owner, ServiceDecl, TestDecl, TestLine, Text
from dsl.types import Type
from miron.source import Note, Span, suggest

_OUTCOMES = ("failed", "timed_out")
_STEPS = ("confirm", "again")


def check_tests(checking: Checking, endings: Mapping[str, Name]) -> None:
    """Check all tests, ``given`` and ``never`` of the owner."""
    owner = checking.view.owner
    first: dict[str, Text] = {}
    if owner.given is not None:
        _check_given(checking, owner.given)
    for expr in owner.never:
        check_expr(checking, expr)
    for test in owner.tests:
        known = first.setdefault(test.name.text, test.name)
        if known is not test.name:
            message = f"a test named '{test.name.text}' exists already"
            note = Note("the first one is here", known.span)
            checking.report("name-twice", message, test.name.span, None, [note])
        _check_test(checking, test, endings)


def _check_test(checking: Checking, test: TestDecl, endings: Mapping[str, Name]) -> None:
    if not test.lines:
        checking.warn("empty-test", f"the test '{test.name.text}' has no lines", test.name.span)
    ended: TestLine | None = None
    for line in test.lines:
        if ended is not None and line.key in ("user", "press", "type", "barge_in"):
            ended = None
        _check_line(checking, line, endings)


def _check_line(checking: Checking, line: TestLine, endings: Mapping[str, Name]) -> None:
    match line.key:
        case "given":
            _check_given(checking, line.value)
        case "locale":
            _check_locale(checking, line)
        case "wait" | "noise":
            _check_time(checking, line)
        case "press":
            _check_press(checking, line.value)
        case "see":
            _check_see(checking, line.value)
        case "think":
            _names(checking, line.value, ("miron", "rule"), "think")
        case "thinks":
            _names(checking, line.value, ("miron", "rule", "module"), "thinks")
        case "calls":
            _names(checking, line.value, ("service", "module"), "calls")
        case "bot":
            _names(checking, line.value, ("miron",), "bot")
        case "gesture" | "feel" | "look" | "show":
            _check_body(checking, line)
        case "asks":
            _names(checking, line.value, ("question",), "asks")
        case "check":
            _check_condition(checking, line.value)
        case "end":
            _check_end(checking, line.value, endings)
        case "call" | "returns":
            _check_module_line(checking, line)
        case _:
            pass


def _entries(value: Any) -> Iterator[tuple[Name, Any]]:
    """The names in a value: ``M``, ``[M, N]``, ``{M: …}``."""
    if isinstance(value, Text):
        yield Name(value.text, value.span), None
    elif isinstance(value, list):
        for item in value:
            yield from _entries(item)
    elif isinstance(value, dict):
        yield from value.items()


def _names(checking: Checking, value: Any, kinds: tuple[str, ...], where: str) -> None:
    for name, details in _entries(value):
        symbol = checking.need(name, kinds, where)
        if symbol is None or not isinstance(details, dict) or symbol.kind != "miron":
            continue
        decl = checking.view.miron_decl(symbol)
        known = entities_of(checking.view, decl) if decl is not None else frozenset()
        for entity in details:
            if known and entity.text not in known and checking.view.entry(entity.text) is None:
                message = f"no sentence of '{name}' holds '{entity}'"
                checking.report("unknown-entity", message, entity.span, suggest(entity.text, known))


def _check_press(checking: Checking, value: Any) -> None:
    """A Miron, or the words of an offered value."""
    for text in _texts(value):
        name = Name(text.text, text.span)
        if name_fault(text.text) is not None or text.text == "none_of_these":
            continue
        if suggest(text.text, checking.view.names("miron")) or checking.view.find(text.text):
            checking.need(name, ("miron",), "press")


def _check_body(checking: Checking, line: TestLine) -> None:
    ready = BODY.get(STEP_CHANNELS[line.key])
    for name, _ in _entries(line.value):
        if ready and checking.view.find(name.text) is None:
            near = suggest(name.text, ready)
            message = f"there is no {STEP_CHANNELS[line.key]} '{name}'"
            checking.report("unknown-miron", message, name.span, near)
        else:
            checking.need(name, ("miron",), line.key)


def _check_see(checking: Checking, value: Any) -> None:
    for text in _texts(value):
        if " " in text.text:
            _check_condition(checking, text)
            continue
        name = Name(text.text, text.span)
        found = checking.view.find(text.text, "signal", "miron")
        if found is None and checking.view.part(text.text) is None and not checking.is_opaque(text.text):
            checking.unknown(name, ("signal", "miron", "memory"), "see")


def _texts(value: Any) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _check_condition(checking: Checking, value: Any) -> None:
    for text in _texts(value):
        try:
            expr = parse_expr(text.text, text.span.within)
        except ExpressionError as error:
            checking.problems.append(error.problem)
        else:
            check_expr(checking, expr)


def _check_time(checking: Checking, line: TestLine) -> None:
    text = line.value.text if isinstance(line.value, Text) else ""
    span = line.value.span if isinstance(line.value, Text) else line.span
    if not DURATION.fullmatch(text):
        near = f"{text}s" if text.isdigit() else None
        message = f"'{line.key}' takes a duration (500ms, 5s, 2min, 1h)"
        checking.report("bad-duration", message, span, near)
    elif (value := duration_ms(text)) is not None:
        check_duration(checking, value, span)


def _check_locale(checking: Checking, line: TestLine) -> None:
    locales = checking.view.owner.locales
    for text in _texts(line.value):
        if text.text not in locales:
            listed = ", ".join(locales)
            message = f"the locale '{text.text}' is not listed in locales ({listed})"
            checking.report("unknown-locale", message, text.span, suggest(text.text, locales))


def _check_end(checking: Checking, value: Any, endings: Mapping[str, Name]) -> None:
    declared = checking.view.owner.endings
    known = [ending.text for ending in declared] if declared is not None else list(endings)
    for text in _texts(value):
        if text.text not in known:
            message = f"'{text.text}' is no ending of this dialogue"
            if declared is None:
                message = f"no rule ends the visit with '{text.text}'"
            near = suggest(text.text, known)
            notes = [] if near else [Note(f"endings: {', '.join(known) or 'none'}")]
            checking.report("unknown-ending", message, text.span, near, notes)


def _check_module_line(checking: Checking, line: TestLine) -> None:
    owner = checking.view.owner
    if not checking.is_module:
        message = f"'{line.key}' is for tests of a module"
        checking.report("wrong-section", message, line.span)
        return
    params = owner.takes if line.key == "call" else owner.gives
    known = [param.name.text for param in params]
    for name, _ in _entries(line.value if isinstance(line.value, dict) else {}):
        if name.text not in known:
            what = "takes" if line.key == "call" else "gives"
            message = f"'{owner.name}' {what} no '{name}'"
            checking.report("unknown-parameter", message, name.span, suggest(name.text, known))


# Fixtures


def _check_given(checking: Checking, value: Any) -> None:
    if not isinstance(value, dict):
        span = value.span if isinstance(value, Text) else None
        checking.report("wrong-shape", "'given' is a map, for example {services: {ring: {reply: yes}}}", span)
        return
    for key, inner in value.items():
        if key.text not in KEYS:
            near = suggest(key.text, KEYS)
            if near is not None:
                checking.report("unknown-key", f"'{key}' is no key of given", key.span, near)
        elif key.text == "services" and isinstance(inner, dict):
            _check_answers(checking, inner)
        elif key.text in ("memory", "settings") and isinstance(inner, dict):
            for name, written in inner.items():
                entry = name if key.text == "memory" else Name(SETTINGS + name.text, name.span)
                _check_memory(checking, entry, written)
        elif key.text == "types" and isinstance(inner, dict):
            _check_live(checking, inner)


def _check_memory(checking: Checking, entry: Name, written: Any) -> None:
    kind = checking.view.part(entry.text)
    if kind is None and not checking.is_opaque(entry.text):
        if not checking.view.group(entry.text):
            checking.unknown(entry, ("memory", "parameter"), "given")
        return
    checking.writes(entry.text)
    if kind is not None:
        _check_value(checking, written, kind, entry.text)


def _check_value(checking: Checking, written: Any, kind: Type, where: str) -> None:
    """Report plain data that is no value of a type."""
    if isinstance(written, list):
        if kind.kind not in ("list", "unknown"):
            message = f"{where} is {label(kind)}, and this is a list"
            checking.report("wrong-type", message, _place(written))
            return
        for item in written:
            _check_value(checking, item, kind.element or UNKNOWN, where)
    elif isinstance(written, dict):
        _check_record(checking, written, kind.element or kind, where)
    elif isinstance(written, (Text, Name)):
        _check_scalar(checking, written, kind.element or kind, where)


def _check_record(checking: Checking, written: Mapping[Name, Any], kind: Type, where: str) -> None:
    if kind.kind == "unknown":
        return
    if kind.kind != "record":
        checking.report("wrong-type", f"{where} is {label(kind)}, and this is a map", _place(written))
        return
    fields = dict(kind.fields)
    for name, value in written.items():
        if name.text in fields:
            _check_value(checking, value, fields[name.text], name.text)
        else:
            near = suggest(name.text, fields)
            notes = [] if near else [Note(f"there are: {', '.join(fields)}")]
            message = f"{where} is {label(kind)} and has no part '{name}'"
            checking.report("unknown-part", message, name.span, near, notes)


def _check_scalar(checking: Checking, written: Text | Name, kind: Type, where: str) -> None:
    if kind.kind == "choice" and written.text not in kind.choices:
        unknown_choice(checking, Name(written.text, written.span), kind, where)
    elif kind.kind == "record":
        message = f"{where} is {label(kind)}, and this is a text"
        example = ", ".join(f"{name}: …" for name, _ in kind.fields)
        checking.report("wrong-type", message, written.span, None, [Note(f"write {{{example}}}")])
    elif kind.kind in _PATTERNS and not _PATTERNS[kind.kind].fullmatch(written.text):
        message = f"{where} is {label(kind)}, and '{written.text}' is none"
        near = better_duration(written.text) if kind.kind == "duration" else None
        checking.report("wrong-type", message, written.span, near)


_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_PATTERNS = {
    "flag": re.compile("yes|no|true|false|on|off"),
    "number": _NUMBER,
    "ordinal": _NUMBER,
    "duration": DURATION,
    "time": re.compile(r"([01]?\d|2[0-3]):[0-5]\d"),
    "date": re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"),
}
"""What values look like in ``given``, where nobody has understood them yet."""


def _place(value: Any) -> Span | None:
    """Where plain data begins."""
    first = next(iter(value), None) if isinstance(value, (list, dict)) else value
    return first.span if isinstance(first, (Text, Name)) else _place(first) if first else None


def _check_answers(checking: Checking, services: Mapping[Name, Any]) -> None:
    for name, answers in services.items():
        symbol = checking.need(name, ("service",), "given")
        if symbol is None or not isinstance(symbol.decl, ServiceDecl):
            continue
        resolve, owner = checking.view.world.resolve, checking.view.owner
        results = {param.name.text: resolve(owner, param.type) for param in symbol.decl.gives}
        for answer in answers if isinstance(answers, list) else [answers]:
            if isinstance(answer, dict):
                _check_results(checking, name, results, answer)
            elif isinstance(answer, Text) and answer.text not in _OUTCOMES:
                _check_outcome(checking, answer)


def _check_results(
    checking: Checking, name: Name, results: Mapping[str, Type], answer: Mapping[Name, Any]
) -> None:
    for result, written in answer.items():
        if result.text in results:
            _check_value(checking, written, results[result.text], result.text)
        elif result.text not in _OUTCOMES:
            near = suggest(result.text, results)
            notes = [] if near else [Note(f"it gives: {', '.join(results) or 'nothing'}")]
            checking.report("unknown-result", f"'{name}' gives no '{result}'", result.span, near, notes)


def _check_outcome(checking: Checking, answer: Text) -> None:
    near = suggest(answer.text, _OUTCOMES)
    message = "a service answers by a map of results, or by failed or timed_out"
    checking.report("bad-word", message, answer.span, near)


def _check_live(checking: Checking, types: Mapping[Name, Any]) -> None:
    live = [name for owner in _owners(checking) for name, decl in owner.types.items() if decl.live]
    for name in types:
        if name.text not in live:
            message = f"'{name}' is no live type"
            checking.report("unknown-type", message, name.span, suggest(name.text, live))


def _owners(checking: Checking) -> Iterable[Owner]:
    return checking.view.world.owners


__all__ = ["Span", "check_tests"]
