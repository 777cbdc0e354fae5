"""Tests of a module: it is called by a dialogue made for the test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dsl.compiler import NAME_TYPES
from dsl.names import duration_ms
from dsl.tree import (
    Literal,
    MemoryDecl,
    Name,
    NameValue,
    Owner,
    Param,
    RuleDecl,
    Step,
    TestDecl,
    Text,
    Tree,
    Use,
    UseDecl,
    ValueExpr,
)
from miron.source import Span

CALL = "call_the_module"
"""The rule that calls it."""
GIVEN = "given_to."
"""Prefix of the entries that hold what the call of the test gives."""


def given_by(test: TestDecl) -> dict[Name, Any]:
    """The parameters in the ``call`` line of a test."""
    line = next((line for line in test.lines if line.key == "call"), None)
    return dict(line.value) if line is not None and isinstance(line.value, dict) else {}


def stand_in(tree: Tree, module: Owner, test: TestDecl) -> Tree:
    """The tree with a dialogue that calls the module as the test says, and has that one test.

    A module without a body is used instead, so that its rules live.
    """
    span = module.name.span
    given = {key.text: value for key, value in given_by(test).items()}
    memory: dict[str, MemoryDecl] = {}
    args: list[tuple[Name, ValueExpr]] = []
    for param in module.takes:
        if param.name.text not in given:
            continue
        fixed = _fixed(param, given[param.name.text])
        if fixed is None:
            entry = Name(GIVEN + param.name.text, span)
            memory[entry.text] = MemoryDecl(entry, replace(param.type, optional=False))
            fixed = NameValue(entry)
        args.append((param.name, fixed))
    results = []
    for param in module.gives:
        entry = Name(param.name.text, span)
        memory[entry.text] = MemoryDecl(entry, param.type)
        results.append((entry, entry))
    dialogue = Owner(
        "dialogue",
        Name("module_test", span),
        locales=module.locales,
        memory=memory,
        rules={},
        tests=(test,),
        given=module.given,
        never=module.never,
    )
    if module.do:
        step = Step(span, call=Use(module.name, tuple(args)), get=tuple(results))
        rule = RuleDecl(Name(CALL, span), span, do=(step,), file=span.source)
        dialogue = replace(dialogue, rules={CALL: rule})
    else:
        dialogue = replace(dialogue, use=(UseDecl(module.name, module.name, tuple(args)),))
    return replace(tree, dialogue=dialogue)


def _fixed(param: Param, value: Any) -> ValueExpr | None:
    """What is fixed when compiled: names of Mirons, rules and questions, and durations."""
    if not isinstance(value, (Text, Name)):
        return None
    span: Span = value.span
    if param.type.kind == "name" and param.type.name in NAME_TYPES:
        return NameValue(Name(value.text, span))
    if param.type.kind == "name" and param.type.name == "duration":
        return Literal("duration", duration_ms(value.text), span)
    return None
