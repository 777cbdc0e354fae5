"""Conditions and values: the grammar, and answers to what does not fit it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.expressions import ExpressionError, parse_expr, parse_value
from dsl.tree import (
    AfterExpr,
    And,
    EventExpr,
    For,
    Literal,
    Name,
    NameValue,
    Not,
    Or,
    RuleTest,
    SumExpr,
    TimerTest,
    WithinExpr,
)
from dsl.tree import TestExpr as Comparison
from miron.source import Problem, Span

NOWHERE = Span("", 0, 0, 0, 0)


def place(start: int, end: int) -> Span:
    return Span("<text>", 1, start + 1, 1, end + 1)


def name(text: str) -> Name:
    return Name(text, NOWHERE)


def event(kind: str, text: str, via: str = "") -> EventExpr:
    return EventExpr(kind, name(text), via)


def bare(text: str) -> Comparison:
    return Comparison(name(text), "yes")


A, B, C = bare("a"), bare("b"), bare("c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", A),
        ("a and b or c", Or((And((A, B)), C))),
        ("a or b and c", Or((A, And((B, C))))),
        ("(a or b) and c", And((Or((A, B)), C))),
        ("a and b and c", And((A, B, C))),
        ("not a and b", And((Not(A), B))),
        ("not (a and b)", Not(And((A, B)))),
        ("a for 3s", For(A, 3000)),
        ("not a for 3s", For(Not(A), 3000)),
        ("a and b for 3s", And((A, For(B, 3000)))),
        ("(a and b) for limit", For(And((A, B)), name("limit"))),
        ("hear m within 5s", WithinExpr(event("hear", "m"), 5000)),
        ("not hear m within 5s", Not(WithinExpr(event("hear", "m"), 5000))),
        (
            "(hear m or see s) within 5s",
            Or((WithinExpr(event("hear", "m"), 5000), WithinExpr(event("see", "s"), 5000))),
        ),
        ("hear m by button", event("hear", "m", "button")),
        ("told visitor.name and a", And((event("told", "visitor.name"), A))),
        ("x is known", Comparison(name("x"), "known")),
        ("x is not no", Not(Comparison(name("x"), "no"))),
        ("phase is talking", Comparison(name("phase"), "is", None, name("talking"))),
        ("x >= 3", Comparison(name("x"), ">=", Literal("number", 3, NOWHERE))),
        (
            "x == y + 5s",
            Comparison(name("x"), "==", SumExpr(NameValue(name("y")), Literal("duration", 5000, NOWHERE))),
        ),
        ('x != "a b"', Comparison(name("x"), "!=", Literal("text", "a b", NOWHERE))),
        ("active r", RuleTest("active", name("r"))),
        ("finished r", RuleTest("finished", name("r"))),
        ("after 8s", AfterExpr(8000, NOWHERE)),
        ("timer t", TimerTest(name("t"))),
        ("住宿.早餐 is unknown", Comparison(name("住宿.早餐"), "unknown")),
    ],
)
def test_conditions_are_read(text: str, expected: Any) -> None:
    assert parse_expr(text, place) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("visitor.name", NameValue(name("visitor.name"))),
        ("a - b", SumExpr(NameValue(name("a")), NameValue(name("b")), True)),
        (
            "a + b - 1",
            SumExpr(SumExpr(NameValue(name("a")), NameValue(name("b"))), Literal("number", 1, NOWHERE), True),
        ),
        ("9:05", Literal("time", "09:05", NOWHERE)),
        ("2026-11-22", Literal("date", "2026-11-22", NOWHERE)),
        ("off", Literal("flag", False, NOWHERE)),
        ("unknown", Literal("none", None, NOWHERE)),
    ],
)
def test_values_are_read(text: str, expected: Any) -> None:
    assert parse_value(text, place) == expected


def fault(text: str, parse: Any) -> Problem | None:
    try:
        parse(text, place)
    except ExpressionError as error:
        return error.problem
    return None


def problem(text: str, parse: Any = parse_expr) -> Problem:
    with pytest.raises(ExpressionError) as caught:
        parse(text, place)
    return caught.value.problem


@pytest.mark.parametrize(
    ("text", "code", "column", "suggestion"),
    [
        ("heard greeting", "bad-condition", 1, "hear"),
        ("hear m by buton", "bad-condition", 11, "button"),
        ("hear m for 3s", "event-for", 1, "hear m within 3s"),
        ("a within 3s", "test-within", 1, None),
        ("a for 3", "bad-duration", 7, "3s"),
        ("a && b", "bad-condition", 3, "and"),
        ("a || b", "bad-condition", 3, "or"),
        ("a = 3", "bad-condition", 3, "=="),
        ("a is 3", "bad-condition", 6, "a == 3"),
        ("Hear m", "bad-name", 1, "hear"),
        ("a ADN b", "bad-condition", 3, "and"),
        ("a or", "bad-condition", 5, None),
        ("(a or b", "bad-condition", 8, None),
        ("", "bad-condition", 1, None),
        ("hear after", "bad-condition", 6, None),
        ("a for 0.1ms", "duration-too-short", 7, "1ms"),
    ],
)
def test_a_mistake_is_found_at_its_place(text: str, code: str, column: int, suggestion: str | None) -> None:
    found = problem(text)
    assert found.span is not None
    assert (found.code, found.span.column, found.suggestion) == (code, column, suggestion)


@pytest.mark.parametrize("text", ["Hello there", "walk in", "10:30 sharp"])
def test_a_text_without_quotes_is_told_about_them(text: str) -> None:
    assert f"'\"{text}\"'" in problem(text, parse_value).notes[0].message


def test_brackets_and_negations_have_a_limit() -> None:
    for text in ("(" * 5000 + "a" + ")" * 5000, "not " * 1999 + "a", "a and " * 5000 + "a"):
        assert problem(text).code in ("too-deep", "too-long")


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    for parse in (parse_expr, parse_value):
        found = fault(text, parse)
        assert found is None or (found.span is not None and found.render(text))


@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "b",
                "not",
                "and",
                "or",
                "(",
                ")",
                "for",
                "within",
                "is",
                "3s",
                "5",
                "hear",
                "told",
                "x",
                "==",
                "<",
                "+",
                "timer",
                "after",
                "yes",
            ]
        ),
        max_size=12,
    )
)
def test_any_words_of_the_grammar_are_read_or_refused(words: list[str]) -> None:
    found = fault(" ".join(words), parse_expr)
    assert found is None or found.message
