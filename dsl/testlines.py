"""Tests and fixtures: plain data whose texts know their place; what they mean is found with the model."""

from __future__ import annotations

from typing import Any

from dsl import fields
from dsl.fields import Report
from dsl.names import normal
from dsl.tree import Name, TestDecl, TestLine, Text
from dsl.yaml import Items, Mapping, Node, Scalar

FIRST_KEYS = ("given", "locale", "strict")
INPUT_KEYS = ("user", "barge_in", "type", "press", "see", "think", "noise", "wait", "call")
CHECK_KEYS = ("bot", "asks", "gesture", "feel", "look", "show", "thinks", "calls", "check", "end", "returns")
LINE_KEYS = (*FIRST_KEYS, *INPUT_KEYS, *CHECK_KEYS)
"""Keys of a line of a dialogue test."""

_HINTS = {
    "say": "what the visitor says is 'user', what the bot says is 'bot'",
    "expect": "what the bot says is 'bot'; a condition is 'check'",
    "ask": "the question asked is 'asks'",
    "visitor": "what the visitor says is 'user'",
}


def read_tests(report: Report, node: Node) -> tuple[TestDecl, ...]:
    """``NAME: lines``; names are free text."""
    found = []
    for key, value in fields.section(report, node, "tests"):
        if not isinstance(value, Items):
            message = f"a test is a list of lines, not {fields.describe(value)}; for example '- user: hello'"
            report.error("wrong-shape", message, value.span if not _is_empty(value) else key.span)
            continue
        lines = [line for item in value.items for line in _read_line(report, item)]
        found.append(TestDecl(Text(key.text, key.span), tuple(lines)))
    return tuple(found)


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.empty


def _read_line(report: Report, node: Node) -> list[TestLine]:
    given = fields.keys(report, node, LINE_KEYS, "a test line", "user: hello", _HINTS)
    lines = []
    for key, (place, value) in given.items():
        if _is_empty(value):
            report.error("nothing-given", f"nothing stands after '{key}:'", place.span)
        else:
            lines.append(TestLine(key, plain(value), place.span))
    return lines


def plain(node: Node) -> Any:
    """A node as plain data: :class:`dsl.tree.Text`, list, or dict with :class:`dsl.tree.Name` keys."""
    if isinstance(node, Scalar):
        return Text(
            node.text.strip() if node.style != '"' else node.text, node.place(0, len(node.text.rstrip()))
        )
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    assert isinstance(node, Mapping)
    return {Name(normal(key.text), key.span): plain(value) for key, value in node.pairs}
