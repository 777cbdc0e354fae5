"""Conditions and values: from their text to trees. Grammar: docs/dsl.md, "Conditions".

A recursive descent parser with one method per rule of the grammar. The first mistake ends the expression; its
message says what was expected and shows an example.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from dsl.names import (
    EVENTS,
    RESERVED,
    TEST_WORDS,
    VIAS,
    better_duration,
    duration_ms,
    name_fault,
    normal,
)
from dsl.tree import (
    AfterExpr,
    And,
    EventExpr,
    Expr,
    For,
    Literal,
    Name,
    NameValue,
    Not,
    Or,
    RuleTest,
    SumExpr,
    TestExpr,
    TimerTest,
    ValueExpr,
    WithinExpr,
)
from miron.source import Note, Problem, Span, suggest

__all__ = ["EVENTS", "TEST_WORDS", "ExpressionError", "Place", "parse_expr", "parse_value"]

MAX_DEPTH = 50
"""Brackets within brackets."""

MAX_TOKENS = 2_000
"""Words and signs of one expression."""

Place = Callable[[int, int], Span]
"""From a range of characters of the expression to its place in the file."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<date>\d{4}-\d{2}-\d{2}(?![\w.]))
    | (?P<time>\d{1,2}:\d{2}(?![\w.:]))
    | (?P<duration>\d{1,12}(?:\.\d{1,6})?(?:ms|s|min|h)(?![\w.]))
    | (?P<number>\d{1,30}(?:\.\d{1,30})?(?![\w.]))
    | (?P<text>"[^"]*")
    | (?P<sign>==|!=|<=|>=|&&|\|\||[<>()+\-=!,])
    | (?P<word>[^\s()<>=!+\-"',;:|&\[\]{}*/]+)
    | (?P<bad>.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_OPERATORS = ("==", "!=", "<=", ">=", "<", ">")
_SLIPS = {"&&": "and", "||": "or", "!": "not", "=": "==", ",": "and"}
_LITERAL_WORDS = {
    "yes": True,
    "true": True,
    "on": True,
    "no": False,
    "false": False,
    "off": False,
}


class ExpressionError(Exception):
    """An expression that cannot be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse_expr(text: str, place: Place) -> Expr:
    """Read a condition.

    Args:
        text: As written.
        place: From characters of ``text`` to the file.

    Raises:
        ExpressionError: The first mistake.
    """
    parser = _Parser(text, place)
    found = parser.expr()
    parser.expect_end()
    return found


def parse_value(text: str, place: Place) -> ValueExpr:
    """Read a value: a name, a literal, or a sum of them.

    Raises:
        ExpressionError: The first mistake.
    """
    parser = _Parser(text, place, is_value=True)
    found = parser.value()
    parser.expect_end()
    return found


class _Parser:
    def __init__(self, text: str, place: Place, is_value: bool = False) -> None:
        self._text = text
        self._place = place
        self._is_value = is_value
        self._depth = 0
        self._at = 0
        self._tokens = self._split()

    def _split(self) -> list[_Token]:
        tokens: list[_Token] = []
        at, end = 0, len(self._text.rstrip())
        while at < end:
            match = _TOKEN.match(self._text, at)
            if match is None or match.lastgroup is None:
                break
            kind = match.lastgroup
            token = _Token(kind, match[kind], match.start(kind), match.end())
            if kind == "bad":
                self._fail_on_sign(token)
            tokens.append(token)
            at = match.end()
            if len(tokens) > MAX_TOKENS:
                raise self._error("too-long", f"more than {MAX_TOKENS} words in one expression", token)
        tokens.append(_Token("end", "", end, end))
        return tokens

    # Tokens

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _accept(self, *words: str) -> _Token | None:
        token = self._token
        if token.text in words and token.kind in ("word", "sign"):
            return self._next()
        return None

    def _span(self, token: _Token) -> Span:
        return self._place(token.start, max(token.end, token.start + 1))

    def _error(
        self, code: str, message: str, token: _Token, suggestion: str | None = None, *notes: str
    ) -> ExpressionError:
        rows = tuple(Note(note) for note in notes)
        return ExpressionError(Problem(code, message, self._span(token), "error", suggestion, rows))

    def _unexpected(self, expected: str, example: str) -> ExpressionError:
        token = self._token
        if token.kind == "sign" and token.text in _SLIPS:
            return self._slip(token)
        found = "the end" if token.kind == "end" else f"'{token.text}'"
        message = f"{expected} is expected here, not {found}; for example {example}"
        return self._error("bad-value" if self._is_value else "bad-condition", message, token)

    def _slip(self, token: _Token) -> ExpressionError:
        better = _SLIPS[token.text]
        message = f"'{token.text}' is not used in conditions"
        return self._error("bad-condition", message, token, better)

    def _fail_on_sign(self, token: _Token) -> None:
        code = "bad-value" if self._is_value else "bad-condition"
        if token.text in "'\"":
            raise self._error(code, 'a text is written between two " signs', token)
        raise self._error(code, f"'{token.text}' means nothing in {self._kind}", token)

    @property
    def _kind(self) -> str:
        return "a value" if self._is_value else "a condition"

    def expect_end(self) -> None:
        """Nothing may follow."""
        token = self._token
        if token.kind == "end":
            return
        if token.kind == "sign" and token.text in _SLIPS:
            raise self._slip(token)
        if self._is_value:
            message = f"'{token.text}' does not belong here; a value is a name, a number, or a text in quotes"
            raise self._error("bad-value", message, token, None, self._quoting())
        near = suggest(token.text.lower(), ("and", "or", "for", "within", "is", "not"))
        if token.kind == "duration":
            near = f"for {token.text}"
        elif glued := re.fullmatch(r"(for|within|and|or)(\d.*)", token.text):
            near = f"{glued[1]} {glued[2]}"
        message = f"'{token.text}' does not fit here; conditions are joined by 'and' and 'or'"
        raise self._error("bad-condition", message, token, near)

    def _quoting(self) -> str:
        return f"a text needs inner quotes: '\"{self._text.strip()}\"'"

    # Conditions

    def expr(self) -> Expr:
        """conj { "or" conj }"""
        items = [self._conj()]
        while self._accept("or"):
            items.append(self._conj())
        if len(items) == 1:
            return items[0]
        return Or(tuple(part for item in items for part in (item.items if isinstance(item, Or) else (item,))))

    def _conj(self) -> Expr:
        items = [self._term()]
        while self._accept("and"):
            items.append(self._term())
        if len(items) == 1:
            return items[0]
        return And(
            tuple(part for item in items for part in (item.items if isinstance(item, And) else (item,)))
        )

    def _term(self) -> Expr:
        begin = self._token
        found = self._factor()
        if self._accept("for"):
            duration = self._duration("for 3s")
            if (event := first_event(found)) is not None:
                message = (
                    f"'for' takes something that lasts, and '{event.kind} {event.name}' lasts one moment"
                )
                fix = f"{event.kind} {event.name} within {written(duration)}"
                raise self._error("event-for", message, begin, fix)
            return For(found, duration)
        if self._accept("within"):
            return self._within(found, self._duration("within 5s"), begin)
        return found

    def _within(self, item: Expr, duration: int | Name, begin: _Token) -> Expr:
        if isinstance(item, EventExpr):
            return WithinExpr(item, duration)
        if isinstance(item, Or):
            return Or(tuple(self._within(part, duration, begin) for part in item.items))
        if isinstance(item, Not):
            # "not hear stop within 5s" has one sensible meaning: no such event in that time.
            return Not(self._within(item.item, duration, begin))
        message = "'within' takes an event (hear greeting within 5s); a test takes 'for'"
        raise self._error("test-within", message, begin)

    def _duration(self, example: str) -> int | Name:
        token = self._token
        if token.kind == "duration":
            self._next()
            value = duration_ms(token.text)
            if value is None:
                message = f"'{token.text}' is no whole number of milliseconds"
                raise self._error("duration-too-short", message, token, "1ms")
            return value
        if token.kind == "number" or token.text[:1].isdigit():
            better = better_duration(token.text)
            raise self._error("bad-duration", "a duration has a unit: 500ms, 5s, 2min, 1h", token, better)
        if token.kind == "word" and token.text not in RESERVED:
            return self._name("the name of a duration", example)
        raise self._unexpected("a duration", example)

    def _factor(self) -> Expr:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error("too-deep", f"more than {MAX_DEPTH} brackets within brackets", self._token)
        found = self._inner_factor()
        self._depth -= 1
        return found

    def _inner_factor(self) -> Expr:
        if self._accept("not"):
            return Not(self._factor())
        if self._accept("("):
            found = self.expr()
            if not self._accept(")"):
                raise self._unexpected("a closing bracket )", "(a or b) and c")
            return found
        token = self._token
        if token.kind != "word":
            raise self._unexpected("a condition", "hear greeting, or visitor.name is known")
        if token.text in EVENTS:
            return self._event()
        if token.text in ("active", "finished"):
            self._next()
            return RuleTest(token.text, self._name("the name of a rule", f"{token.text} welcome"))
        if token.text == "after":
            self._next()
            duration = self._duration("after 8s")
            return AfterExpr(duration, self._place(token.start, self._tokens[self._at - 1].end))
        if token.text == "timer":
            self._next()
            return TimerTest(self._name("the name of a timer", "timer tea_time"))
        return self._test()

    def _event(self) -> Expr:
        kind = self._next().text
        name = self._name("a name", f"{kind} greeting")
        via = ""
        if self._accept("by"):
            token = self._token
            if token.text not in VIAS:
                message = "after 'by' stands one of voice, key, button"
                raise self._error("bad-condition", message, token, suggest(token.text, VIAS))
            via = self._next().text
        return EventExpr(kind, name, via)

    def _test(self) -> Expr:
        first = self._token
        name = self._name("a name", "visitor.name is known")
        token = self._token
        if self._accept("is"):
            negated = bool(self._accept("not"))
            found = self._word_test(name)
            return Not(found) if negated else found
        if token.text in _OPERATORS and token.kind == "sign":
            self._next()
            return TestExpr(name, token.text, self.value())
        if token.kind == "sign" and token.text == "=":
            raise self._error("bad-condition", "'=' is not used in conditions", token, "==", "or: … is …")
        if token.kind == "word" and token.text not in RESERVED:
            self._fail_on_unknown_event(first)
        return TestExpr(name, "yes")

    def _word_test(self, name: Name) -> Expr:
        token = self._token
        if token.text in TEST_WORDS:
            self._next()
            return TestExpr(name, token.text)
        if token.text in _LITERAL_WORDS:
            self._next()
            return TestExpr(name, "yes" if _LITERAL_WORDS[token.text] else "no")
        if token.kind in ("number", "duration", "date", "time", "text"):
            message = "after 'is' stands a word; numbers and texts are compared by =="
            raise self._error("bad-condition", message, token, f"{name} == {token.text}")
        word = self._name("a word", "phase is talking, or visitor.name is known")
        return TestExpr(name, "is", None, word)

    def _fail_on_unknown_event(self, first: _Token) -> None:
        """Two words one after the other: the first was probably meant as an event."""
        near = suggest(first.text, (*EVENTS, "active", "finished", "after", "timer", "not"))
        after = {"heard": "hear", "seen": "see", "thought": "think", "hears": "hear", "saw": "see"}
        near = after.get(first.text, near)
        if near is not None:
            message = f"'{first.text}' is no word for an event (known: {', '.join(EVENTS)})"
            raise self._error("bad-condition", message, first, near)

    # Values

    def value(self) -> ValueExpr:
        """atom { ("+" | "-") atom }"""
        found = self._atom()
        while sign := self._accept("+", "-"):
            found = SumExpr(found, self._atom(), sign.text == "-")
        return found

    def _atom(self) -> ValueExpr:
        token = self._token
        span = self._span(token)
        if token.kind == "sign" and token.text == "-" and self._tokens[self._at + 1].kind == "number":
            self._next()
            number = self._next()
            return Literal("number", -_number(number.text), self._place(token.start, number.end))
        if token.kind == "number":
            self._next()
            return Literal("number", _number(token.text), span)
        if token.kind == "duration":
            value = self._duration("5s")
            return Literal("duration", value, span)
        if token.kind == "time":
            self._next()
            return self._time(token, span)
        if token.kind == "date":
            self._next()
            return self._date(token, span)
        if token.kind == "text":
            self._next()
            return Literal("text", token.text[1:-1], span)
        if token.kind == "word" and token.text in _LITERAL_WORDS:
            self._next()
            return Literal("flag", _LITERAL_WORDS[token.text], span)
        if token.kind == "word" and token.text in ("unknown", "none"):
            self._next()
            return Literal("none", None, span)
        return NameValue(self._name("a value", "visitor.name, 3, 5s, yes"))

    def _time(self, token: _Token, span: Span) -> Literal:
        hour, minute = map(int, token.text.split(":"))
        if hour > 23 or minute > 59:
            raise self._error("bad-value", f"'{token.text}' is no time of day", token)
        return Literal("time", f"{hour:02}:{minute:02}", span)

    def _date(self, token: _Token, span: Span) -> Literal:
        from datetime import date

        try:
            date.fromisoformat(token.text)
        except ValueError:
            raise self._error("bad-value", f"'{token.text}' is no date", token) from None
        return Literal("date", token.text, span)

    def _name(self, what: str, example: str) -> Name:
        token = self._token
        if token.kind != "word" or token.text in RESERVED:
            raise self._unexpected(what, example)
        if fault := name_fault(token.text):
            lower = token.text.lower()
            better = lower if name_fault(lower) is None else None
            notes = (self._quoting(),) if self._is_value else ()
            raise self._error("bad-name", f"'{token.text}' is no name: {fault}", token, better, *notes)
        self._next()
        return Name(normal(token.text), self._span(token))


def first_event(expr: Expr) -> EventExpr | None:
    """The first event of an expression that is not under ``within``."""
    if isinstance(expr, EventExpr):
        return expr
    if isinstance(expr, Not | For):
        return first_event(expr.item)
    if isinstance(expr, And | Or):
        return next((found for item in expr.items if (found := first_event(item)) is not None), None)
    return None


def _number(text: str) -> int | Decimal:
    return int(text) if "." not in text else Decimal(text)


def written(duration: int | Name) -> str:
    """A duration as an author would write it."""
    if isinstance(duration, Name):
        return duration.text
    for unit, size in (("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if duration and duration % size == 0:
            return f"{duration // size}{unit}"
    return f"{duration}ms"
