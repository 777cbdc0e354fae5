"""Reading nodes by position: names, flags, numbers, durations, sentences, maps with known keys.

Every function reports what it cannot read and returns something harmless, so that one run finds all problems.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from dsl import expressions
from dsl.expressions import ExpressionError, Place
from dsl.names import DURATION, RESERVED, better_duration, duration_ms, name_fault, normal
from dsl.tree import Expr, Name, Text, TypeRef, ValueExpr
from dsl.yaml import Items, Mapping, Node, Scalar
from dsl.yaml_errors import as_block
from miron.source import Note, Problem, Span, suggest

_FLAGS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_CUT_COMMENT = re.compile(r" #(?P<text>\S?)")

Pair = tuple[Scalar, Node]
_Found = TypeVar("_Found")


@dataclass(slots=True)
class Report:
    """The problems found so far."""

    problems: list[Problem] = field(default_factory=list)

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        suggestion: str | None = None,
        notes: Iterable[Note] = (),
    ) -> None:
        """Add an error."""
        self.problems.append(Problem(code, message, span, "error", suggestion, tuple(notes)))


def describe(node: Node) -> str:
    """What a node is, for people."""
    if isinstance(node, Mapping):
        return "a map (key: value)"
    if isinstance(node, Items):
        return "a list"
    return "nothing" if node.empty else f"'{node.text}'" if len(node.text) < 40 else "a text"


def scalar(report: Report, node: Node, what: str, example: str) -> Scalar | None:
    """A non-empty scalar."""
    if isinstance(node, Scalar) and not node.empty:
        return node
    message = f"{what} is expected here, not {describe(node)}; for example {example}"
    report.error("wrong-shape", message, node.span)
    return None


def pairs(report: Report, node: Node, what: str, example: str) -> list[Pair]:
    """The entries of a map."""
    if isinstance(node, Mapping):
        return node.pairs
    message = f"{what} is expected here, not {describe(node)}; for example {example}"
    report.error("wrong-shape", message, node.span)
    return []


def section(report: Report, node: Node, what: str) -> list[Pair]:
    """The entries of a section; nothing after the colon is an empty section."""
    if isinstance(node, Scalar) and node.empty:
        return []
    return pairs(report, node, f"a map of {what}", "NAME: …")


def keys(
    report: Report,
    node: Node,
    allowed: Collection[str],
    what: str,
    example: str,
    hints: dict[str, str] | None = None,
) -> dict[str, Pair]:
    """The entries of a map with known keys, by key; unknown ones are reported."""
    found: dict[str, Pair] = {}
    for key, value in pairs(report, node, what, example):
        if key.text in allowed:
            found[key.text] = (key, value)
        elif not key.empty:
            unknown_key(report, key, allowed, what, hints)
    return found


def unknown_key(
    report: Report, key: Scalar, allowed: Collection[str], what: str, hints: dict[str, str] | None = None
) -> None:
    """Report a key that means nothing here."""
    if hints and key.text in hints:
        report.error("unknown-key", f"'{key.text}' is no key of {what}: {hints[key.text]}", key.span)
        return
    near = suggest(key.text, allowed)
    notes = () if near else (Note(f"known here: {', '.join(sorted(allowed))}"),)
    report.error("unknown-key", f"'{key.text}' is no key of {what}", key.span, near, notes)


def name(report: Report, node: Node, what: str = "a name") -> Name | None:
    """A name."""
    if isinstance(node, Scalar) and not node.empty:
        return checked_name(report, node.text, node.span, what)
    report.error("wrong-shape", f"{what} is expected here, not {describe(node)}", node.span)
    return None


def declared(report: Report, node: Scalar, what: str) -> Name | None:
    """The name of something declared: a name that is no word of the grammar."""
    found = name(report, node, what)
    if found is not None and (found.text in RESERVED or found.text in _FLAGS):
        message = f"'{found.text}' is a word of the language and cannot be {what}"
        report.error("reserved-name", message, found.span, f"{found.text}_")
    return found


def checked_name(report: Report, text: str, span: Span, what: str = "a name") -> Name:
    """A name, reported when it is none."""
    if fault := name_fault(text):
        better = _better_name(text)
        report.error("bad-name", f"'{text}' is no name: {fault}", span, better)
    return Name(normal(text), span)


@lru_cache(maxsize=4096)
def _better_name(text: str) -> str | None:
    better = re.sub(r"_+", "_", re.sub(r"[^\w.]", "_", unicodedata.normalize("NFC", text).lower())).strip(
        "_."
    )
    return better if better and name_fault(better) is None and len(better) < 60 else None


def names(report: Report, node: Node, what: str) -> tuple[Name, ...]:
    """A name, or a list of names."""
    nodes = node.items if isinstance(node, Items) else [node]
    found = (name(report, item, what) for item in nodes)
    return tuple(item for item in found if item is not None)


def flag(report: Report, node: Node) -> bool | None:
    """Yes or no."""
    text = node.text if isinstance(node, Scalar) else ""
    if text in _FLAGS:
        return _FLAGS[text]
    message = f"yes or no is expected here, not {describe(node)}"
    report.error("bad-flag", message, node.span, suggest(text.lower(), ("yes", "no")) if text else None)
    return None


def integer(report: Report, node: Node, least: int, most: int) -> int | None:
    """A whole number."""
    text = node.text if isinstance(node, Scalar) else ""
    if re.fullmatch(r"-?\d{1,9}", text) and least <= int(text) <= most:
        return int(text)
    message = f"a whole number from {least} to {most} is expected here, not {describe(node)}"
    report.error("bad-number", message, node.span)
    return None


def word(report: Report, node: Node, allowed: Collection[str], what: str) -> str | None:
    """One of a few words."""
    text = node.text if isinstance(node, Scalar) else ""
    if text in allowed:
        return text
    listed = ", ".join(allowed)
    message = f"{what} is one of {listed}; not {describe(node)}"
    report.error("bad-word", message, node.span, suggest(text, allowed) if text else None)
    return None


def duration(report: Report, node: Node, least: int = 1) -> int | None:
    """A duration with its unit, in milliseconds."""
    text = node.text if isinstance(node, Scalar) else ""
    if DURATION.fullmatch(text):
        value = duration_ms(text)
        if value is None:
            message = f"'{text}' is no whole number of milliseconds"
            report.error("duration-too-short", message, node.span, "1ms")
        elif value < least:
            report.error("duration-too-short", f"a duration is at least {least}ms", node.span, f"{least}ms")
        return value
    message = f"a duration (500ms, 5s, 2min, 1h) is expected here, not {describe(node)}"
    report.error("bad-duration", message, node.span, better_duration(text))
    return None


def duration_or_name(report: Report, node: Node, least: int = 1) -> int | Name | None:
    """A duration, or the name of a duration entry or parameter."""
    if isinstance(node, Scalar) and name_fault(node.text) is None and not node.text[0].isdigit():
        return Name(normal(node.text), node.span)
    return duration(report, node, least)


def duration_list(report: Report, node: Node) -> tuple[int, ...]:
    """A duration, or a list of them by step."""
    nodes = node.items if isinstance(node, Items) else [node]
    found = (duration(report, item) for item in nodes)
    return tuple(item for item in found if item is not None)


def expression(report: Report, node: Node) -> Expr | None:
    """A condition."""
    text = scalar(report, node, "a condition", "visitor.present and not visitor.name")
    return _parsed(report, text, expressions.parse_expr) if text else None


def value(report: Report, node: Node) -> ValueExpr | None:
    """A value."""
    text = scalar(report, node, "a value", "visitor.name, 3, 5s, yes")
    return _parsed(report, text, expressions.parse_value) if text else None


def _parsed(report: Report, node: Scalar, parse: Callable[[str, Place], _Found]) -> _Found | None:
    try:
        return parse(node.text, node.place)
    except ExpressionError as error:
        report.problems.append(error.problem)
        return None


def type_ref(report: Report, node: Node, optional: bool = False) -> TypeRef | None:
    """A type, such as ``person``, ``asleep | talking``, ``list of visit``; ``T?`` where allowed."""
    found = scalar(report, node, "a type", "person, asleep | talking, list of visit")
    if found is None:
        return None
    text, span = found.text.strip(), found.span
    is_optional = text.endswith("?")
    if is_optional:
        text = text[:-1].rstrip()
        if not optional:
            message = "only parameters can be optional; a memory entry may always be empty"
            report.error("bad-type", message, span, text)
    if "|" in text:
        return _choice(report, found, text, is_optional)
    kind = "name"
    if match := re.fullmatch(r"list\s+of\s+(.*)", text):
        kind, text = "list", match[1]
    if name_fault(text):
        message = f"'{text}' is no type; types are written person, a | b | c, or list of person"
        report.error("bad-type", message, span, _better_name(text))
    return TypeRef(kind, normal(text), span, (), is_optional)


def _choice(report: Report, node: Scalar, text: str, is_optional: bool) -> TypeRef:
    choices: list[str] = []
    offset = 0
    for part in text.split("|"):
        stripped = part.strip()
        start = offset + len(part) - len(part.lstrip())
        span = node.place(start, start + max(1, len(stripped)))
        offset += len(part) + 1
        if not stripped:
            report.error("bad-type", "a value is missing beside this |", span)
            continue
        choice_value(report, stripped, span)
        if normal(stripped) in choices:
            report.error("name-twice", f"'{stripped}' stands twice in this choice", span)
        choices.append(normal(stripped))
    return TypeRef("choice", "", node.span, tuple(choices), is_optional)


def choice_value(report: Report, text: str, span: Span) -> Name:
    """A value of a choice: a name that no test uses as a word of its own."""
    found = checked_name(report, text, span, "a value of a choice")
    if found.text in expressions.TEST_WORDS or found.text in _FLAGS:
        message = f"'{text}' is a word of the language and cannot be a value of a choice"
        report.error("reserved-name", message, span, f"{text}_")
    return found


def line(report: Report, node: Node, what: str) -> Text | None:
    """Free text, one line."""
    found = scalar(report, node, what, "some words")
    return Text(found.text.strip(), found.place(0, len(found.text.rstrip("\n")))) if found else None


def sentences(report: Report, node: Node, key: str) -> tuple[Text, ...]:
    """Sentences: a scalar with one per line, or a list of them.

    Args:
        key: What they belong to, for the example in errors.
    """
    if isinstance(node, Mapping):
        sentence_map(report, node, key)
        return ()
    if isinstance(node, Scalar):
        return tuple(_lines(report, node, key))
    found: list[Text] = []
    for item in node.items:
        if isinstance(item, Scalar):
            found += _lines(report, item, key)
        else:
            sentence_map(report, item, key)
    return tuple(found)


def _lines(report: Report, node: Scalar, key: str) -> Iterable[Text]:
    if node.empty:
        report.error("no-sentence", f"no sentence stands after '{key}:'", node.span)
        return
    if not node.style:
        _cut_comment(report, node, key)
    offset = 0
    for row in node.text.split("\n"):
        sentence = row.strip()
        if sentence and not (sentence.startswith("#") and node.style in ("|", ">")):
            start = offset + len(row) - len(row.lstrip())
            yield Text(sentence, node.place(start, start + len(sentence)))
        offset += len(row) + 1


def _cut_comment(report: Report, node: Scalar, key: str) -> None:
    """``Take exit #5`` loses its end: YAML sees a comment. ``# so`` is taken for a real one."""
    raw = node.file.lines[node.end_line]
    match = _CUT_COMMENT.match(raw, node.end_column)
    if match is None or not match["text"]:
        return
    span = node.file.span(node.end_line, node.end_column + 1, node.end_line, len(raw))
    message = "YAML takes the rest of this line for a comment"
    notes = as_block(key, [node.text + raw[node.end_column :].rstrip()])
    report.error("sentence-comment", message, span, notes=notes)


def sentence_map(report: Report, node: Node, key: str) -> None:
    """Report a sentence of which YAML made a map or a list."""
    file = node.file
    raw = file.lines[node.line][node.column :].rstrip()
    if isinstance(node, Mapping) and node.flow and node.end_line == node.line:
        # In a flow map around this one the sentence ends with its own bracket.
        raw = file.lines[node.line][node.column : node.end_column]
    kind = "map" if isinstance(node, Mapping) else "list"
    message = f"YAML made a {kind} of this sentence"
    report.error(f"sentence-{kind}", message, node.span, notes=as_block(key, [raw]))


def decimal(text: str) -> int | Decimal:
    """A number as written, exact."""
    return int(text) if re.fullmatch(r"-?\d+", text) else Decimal(text)
