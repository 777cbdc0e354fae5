"""Checking conditions: names, kinds of names, comparisons, and what can trigger."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dsl.check_values import ORDERED, expect, fits, label, span_of, unknown_choice, value_type
from dsl.checking import Checking
from dsl.expressions import written
from dsl.names import MAX_GATE_MS
from dsl.symbols import UNKNOWN
from dsl.tree import (
    AfterExpr,
    And,
    EventExpr,
    Expr,
    For,
    Literal,
    MironDecl,
    Name,
    Not,
    Or,
    RuleDecl,
    RuleTest,
    TestExpr,
    TimerTest,
    WithinExpr,
)
from dsl.types import Type
from dsl.usage import leaves, parts
from miron.source import Note, Span

MAX_ALTERNATIVES = 64
"""Alternatives of one rule: or-parts, times what it follows."""

_COUNTLESS = 1_000_000
"""Where counting alternatives ends."""

_ACTIONS = ("miron", "question", "service", "module", "rule", "channel", "signal")


def check_expr(checking: Checking, expr: Expr) -> None:
    """Report unknown names and tests that make no sense."""
    match expr:
        case Or(items) | And(items):
            for item in items:
                check_expr(checking, item)
        case Not(item):
            check_expr(checking, item)
        case For(item, duration):
            check_expr(checking, item)
            check_duration(checking, duration, span_of_expr(item))
        case WithinExpr(item, duration):
            _check_event(checking, item)
            check_duration(checking, duration, item.name.span, MAX_GATE_MS)
        case EventExpr():
            _check_event(checking, expr)
        case TestExpr():
            _check_test(checking, expr)
        case RuleTest(kind, name):
            checking.need(name, ("rule",), kind)
        case AfterExpr(duration, span):
            check_duration(checking, duration, span)
        case TimerTest(name):
            _check_timer(checking, name)


def check_duration(checking: Checking, duration: int | Name, span: Span, most: int | None = None) -> None:
    """Report a duration that is too short or too long, or a name that holds none."""
    if isinstance(duration, Name):
        kind = checking.view.part(duration.text)
        if kind is None:
            if not checking.is_opaque(duration.text):
                checking.unknown(duration, ("memory", "parameter"), "a duration")
            return
        checking.reads(duration.text)
        if not fits(Type("duration", "duration"), kind):
            message = f"'{duration}' is {label(kind)}, and a duration is needed"
            checking.report("wrong-type", message, duration.span)
        return
    if duration < 1:
        checking.report("duration-too-short", "a duration is at least 1ms", span, "1ms")
    if most is not None and duration > most:
        note = Note("use a timer: timer: {NAME: 5h}, and wait for it by 'timer NAME'")
        checking.report("duration-too-long", f"{written(duration)} is longer than 4.6h", span, None, [note])


def _check_timer(checking: Checking, name: Name) -> None:
    checking.usage.waited.add(name.text)
    if checking.view.find(name.text, "timer") is None and not checking.is_opaque(name.text):
        if checking.view.find(name.text) is None and not checking.view.names("timer"):
            message = f"nobody starts a timer '{name}'"
            note = Note(f"a step starts it by timer: {{{name}: 15s}}")
            checking.report("unknown-timer", message, name.span, None, [note])
        else:
            checking.unknown(name, ("timer",), "timer")


def _check_event(checking: Checking, event: EventExpr) -> None:
    name, kind = event.name, event.kind
    if kind in ("hear", "notice"):
        symbol = checking.need(name, ("miron",), kind)
        checking.hears(symbol, name.span)
        if (
            symbol is not None
            and isinstance(symbol.decl, MironDecl)
            and symbol.decl.channel in ("inner", "signal")
        ):
            better = f"{'think' if symbol.decl.channel == 'inner' else 'see'} {name}"
            message = f"'{name}' is on the channel {symbol.decl.channel}, and nobody can say it"
            checking.report("wrong-kind", message, name.span, better)
    elif kind == "see":
        _check_signal(checking, name)
    elif kind == "think":
        checking.need(name, ("miron", "rule", "signal"), kind)
    elif kind in ("told", "changed"):
        _check_telling(checking, name, kind)
    elif kind == "said":
        checking.need(name, ("miron",), kind)
    else:
        checking.need(name, _ACTIONS, kind)


def _check_signal(checking: Checking, name: Name) -> None:
    symbol = checking.view.find(name.text, "signal", "miron")
    if symbol is None and checking.parameter(name, ("miron",)) is not None:
        return
    if symbol is None:
        if not checking.is_opaque(name.text):
            checking.unknown(name, ("signal", "miron"), "see")
        return
    if symbol.decl is not None:
        checking.usage.named.add(id(symbol.decl))
    if isinstance(symbol.decl, MironDecl) and symbol.decl.channel == "speech":
        message = f"'{name}' is heard, not seen; a signal is declared with channel: signal"
        checking.report("wrong-kind", message, name.span, f"hear {name}")


def _check_telling(checking: Checking, name: Name, kind: str) -> None:
    if checking.view.part(name.text) is not None:
        checking.reads(name.text)
        return
    group = checking.view.group(name.text)
    if group:
        for entry in group:
            checking.reads(entry)
        return
    if not checking.is_opaque(name.text):
        groups = {entry.split(".")[0] for entry in checking.view.entries() if "." in entry}
        checking.unknown(name, ("memory", "parameter"), kind, sorted(groups))


def _check_test(checking: Checking, test: TestExpr) -> None:
    name = test.name
    kind = checking.view.part(name.text)
    if kind is None:
        _check_other_test(checking, test)
        return
    checking.reads(name.text)
    if test.op == "is" and test.word is not None:
        _check_word(checking, test, kind)
    elif test.op in ("none", "one", "several") and kind.kind not in ("list", "unknown"):
        message = f"'is {test.op}' counts a list, and '{name}' is {label(kind)}"
        better = {"none": f"not {name}", "one": f"{name} is known"}.get(test.op)
        checking.report("wrong-type", message, name.span, better)
    elif test.op == "no" and kind.kind not in ("flag", "unknown"):
        message = f"'is no' is for flags, and '{name}' is {label(kind)}"
        checking.report("wrong-type", message, name.span, f"not {name}")
    elif test.operand is not None:
        _check_comparison(checking, test, kind)


def _check_other_test(checking: Checking, test: TestExpr) -> None:
    """A test of something that is no memory: the state of a question, or an entity."""
    from dsl.check_values import entity_type

    name = test.name
    symbol = checking.view.find(name.text, "question") or checking.parameter(name, ("question",))
    if symbol is not None:
        if symbol.decl is not None:
            checking.usage.named.add(id(symbol.decl))
    elif entity_type(checking, name) is None and not checking.is_opaque(name.text):
        group = checking.view.group(name.text)
        if group and checking.view.find(name.text) is None:
            message = f"'{name}' is a group of entries; a condition needs one of them"
            note = Note(f"its entries: {', '.join(group[:6])}")
            checking.report("wrong-kind", message, name.span, f"told {name}", [note])
        else:
            checking.unknown(name, ("memory", "parameter", "question"), "test")
    if test.operand is not None:
        value_type(checking, test.operand, UNKNOWN, name.text)


def _check_word(checking: Checking, test: TestExpr, kind: Type) -> None:
    assert test.word is not None
    element = kind.element if kind.kind == "list" and kind.element else kind
    if element.kind == "choice":
        if test.word.text not in element.choices:
            if checking.view.part(test.word.text) is not None:
                message = "after 'is' stands a value of the choice; two entries are compared by =="
                checking.report("wrong-type", message, test.word.span, f"{test.name} == {test.word}")
            else:
                unknown_choice(checking, test.word, element, test.name.text)
    elif element.kind in ("live", "unknown", "record"):
        return
    elif checking.view.part(test.word.text) is not None:
        message = "after 'is' stands a word; two entries are compared by =="
        checking.report("wrong-type", message, test.word.span, f"{test.name} == {test.word}")
    else:
        words = "yes, no, known, unknown" if element.kind == "flag" else "known, unknown, told, unsure"
        if kind.kind == "list":
            words = "none, one, several"
        from miron.source import suggest

        near = suggest(test.word.text, words.split(", "))
        message = f"'{test.name}' is {label(kind)}; after 'is' stands one of {words}"
        checking.report("unknown-value", message, test.word.span, near)


def _check_comparison(checking: Checking, test: TestExpr, kind: Type) -> None:
    assert test.operand is not None
    if isinstance(test.operand, Literal) and test.operand.kind == "none":
        word = "none" if kind.kind == "list" else "unknown"
        better = f"{test.name} is {'not ' if test.op == '!=' else ''}{word}"
        message = "a comparison with nothing is never true"
        checking.report("bad-comparison", message, test.operand.span, better)
        return
    if test.op not in ("==", "!=") and kind.kind not in (*ORDERED, "unknown", "list"):
        value_type(checking, test.operand, kind, test.name.text)
        message = f"'{test.name}' is {label(kind)} and cannot be compared by {test.op}"
        checking.report("wrong-type", message, test.name.span)
        return
    expect(checking, test.operand, kind, test.name.text)


# What can trigger


def check_when(checking: Checking, rule: RuleDecl) -> None:
    """Report alternatives of ``when`` that hold two events or a negated one, or that nothing can trigger."""
    total = 0
    for expr in rule.when:
        if not _check_events(checking, expr):
            continue
        total += count_alternatives(expr)
        if not rule.follows and total <= MAX_ALTERNATIVES:
            _check_trigger(checking, expr)
    groups = total * max(1, len(rule.follows))
    if groups > MAX_ALTERNATIVES:
        message = f"'{rule.name}' has {groups} alternatives, and a rule can have {MAX_ALTERNATIVES}"
        note = Note("make it several rules, or remember a part of it in a flag")
        checking.report("too-many-alternatives", message, rule.span, None, [note])


def check_tests_only(checking: Checking, expr: Expr, where: str) -> None:
    """Report an event where only tests can stand."""
    for event in _bare_events(expr):
        message = f"'{event.kind} {event.name}' lasts one moment; {where} takes tests only"
        better = f"{event.kind} {event.name} within 5s"
        checking.report("event-as-test", message, event.name.span, better)


def _bare_events(expr: Expr) -> Iterator[EventExpr]:
    return (leaf for leaf in leaves(expr) if isinstance(leaf, EventExpr))


def _check_events(checking: Checking, expr: Expr) -> bool:
    """Whether every alternative holds at most one event, and no negated one."""
    return _events_fit(checking, expr, negated=False)


def _events_fit(checking: Checking, expr: Expr, negated: bool) -> bool:
    match expr:
        case Not(item):
            for event in _bare_events(item):
                text = f"{event.kind} {event.name}"
                message = f"'not {text}' says nothing: at almost every moment it does not happen"
                note = Note(f"'not {text} within 5s' holds when it has not happened for so long")
                checking.report("negated-event", message, event.name.span, f"not {text} within 5s", [note])
                return False
            return True
        case And(items):
            if not all(_events_fit(checking, item, negated) for item in items):
                return False
            found = [next(_bare_events(item), None) for item in items]
            with_events = [event for event in found if event is not None]
            if len(with_events) > 1:
                first, second = with_events[0], with_events[1]
                message = (
                    f"'{first.kind} {first.name}' and '{second.kind} {second.name}' "
                    "never happen in the same moment"
                )
                better = f"{second.kind} {second.name} within 5s"
                checking.report("event-and-event", message, second.name.span, better)
                return False
            return True
        case Or(items):
            fitting = [_events_fit(checking, item, negated) for item in items]
            return all(fitting)
    return True


def count_alternatives(expr: Expr, negated: bool = False) -> int:
    """How many and-groups an expression, or its opposite, becomes."""
    match expr:
        case Not(item):
            return count_alternatives(item, not negated)
        case Or(items) | And(items):
            counts = [count_alternatives(item, negated) for item in items]
            # The opposite of an "and" is an "or", and the other way round.
            return sum(counts) if isinstance(expr, Or) != negated else min(math.prod(counts), _COUNTLESS)
    return 1


def _check_trigger(checking: Checking, expr: Expr) -> None:
    """An alternative of gates alone (``within``) never begins to hold at a moment of its own."""
    for part in expr.items if isinstance(expr, Or) else (expr,):
        gates = list(leaves(part))
        if gates and all(isinstance(leaf, WithinExpr) for leaf in gates):
            first = gates[0]
            assert isinstance(first, WithinExpr)
            message = "nothing can trigger this: 'within' only looks back, it never begins to hold by itself"
            better = f"{first.item.kind} {first.item.name}"
            checking.report("nothing-triggers", message, first.item.name.span, better)


def after_places(expr: Expr) -> Iterator[Span]:
    """Where ``after`` stands in an expression."""
    return (part.span for part in parts(expr) if isinstance(part, AfterExpr))


def span_of_expr(expr: Expr) -> Span:
    """Where an expression begins."""
    match expr:
        case And(items) | Or(items):
            return span_of_expr(items[0])
        case Not(item) | For(item, _) | WithinExpr(item, _):
            return span_of_expr(item)
        case AfterExpr(_, span):
            return span
        case EventExpr(_, name) | RuleTest(_, name):
            return name.span
        case TestExpr(name) | TimerTest(name):
            return name.span


__all__ = ["check_expr", "check_tests_only", "check_when", "span_of"]
