"""Conditions of ``check`` lines: what they look at becomes part of the network, so that it can be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from dsl.binding import OUTER_SCOPE, Env, error
from dsl.compiler import Compiled
from dsl.conditions import Conditions, span_of
from dsl.expressions import ExpressionError, parse_expr
from dsl.linevalues import Failure, as_text
from dsl.tree import TestDecl, TestLine
from engine.conditions import value_name
from engine.model import Group, Lit, Mask, Program, Pulse, Rule, Test
from engine.session import Session
from miron.source import ModelError, Span

CHECK = "check/"
"""Prefix of the rules that hold the levels of check lines; they never fire."""


@dataclass(frozen=True, slots=True)
class Looking:
    """One alternative of a condition.

    Attributes:
        after: (milliseconds, positive): so long since the agent did its last act.
    """

    lits: tuple[Lit, ...]
    after: tuple[tuple[int, bool], ...]


Checks = Mapping[Span, "tuple[Looking, ...] | ModelError"]
"""Check line → its alternatives, or why it cannot be asked."""


def read_checks(compiled: Compiled, env: Env, tests: Iterable[TestDecl]) -> tuple[Program, Checks]:
    """The conditions of all check lines, and the program with their levels in it."""
    ends = {unit.name: unit.end_part or unit.name for unit in compiled.program.rules}
    conditions = Conditions(env, lambda rule: ends.get(rule, rule))
    found: dict[Span, tuple[Looking, ...] | ModelError] = {}
    rules: list[Rule] = []
    for test in tests:
        for line in test.lines:
            if line.key != "check" or line.span in found:
                continue
            try:
                looks = _alternatives(conditions, line)
            except ModelError as fault:
                found[line.span] = fault
                continue
            found[line.span] = looks
            masks = tuple(Mask(look.lits) for look in looks if look.lits)
            if masks:
                rules.append(_holder(f"{CHECK}{len(rules)}", masks, len(rules)))
    program = compiled.program
    return (replace(program, rules=(*program.rules, *rules)) if rules else program), found


def _alternatives(conditions: Conditions, line: TestLine) -> tuple[Looking, ...]:
    try:
        expr = parse_expr(as_text(line.value), lambda start, end: line.span)
    except ExpressionError as fault:
        raise ModelError((fault.problem,)) from None
    looks = []
    for conj in conditions.dnf(expr):
        if conj.pulse is not None:
            advice = "write 'EVENT within 5s'"
            raise error("event-in-test", "only tests can stand here, not an event", span_of(expr), advice)
        looks.append(Looking(conj.lits, conj.after))
    return tuple(looks)


def _holder(name: str, masks: tuple[Mask, ...], position: int) -> Rule:
    return Rule(
        name,
        (Group(Pulse("inner", name)),),
        unless=masks,
        scope=OUTER_SCOPE,
        priority=-1_000_000,
        file="<tests>",
        position=position,
        hidden=True,
    )


def check_condition(session: Session, checks: Checks, line: TestLine, idle_ms: Callable[[], int]) -> None:
    """Look whether the condition of a check line holds now.

    Args:
        idle_ms: Milliseconds since the agent's last act ended, 0 while one goes on.

    Raises:
        Failure: It does not hold.
        ModelError: It cannot be asked.
    """
    looks = checks[line.span]
    if isinstance(looks, ModelError):
        raise looks
    for look in looks:
        lits = all(session.holds(lit.of) == lit.positive for lit in look.lits)
        if lits and all((idle_ms() >= ms) == positive for ms, positive in look.after):
            return
    tests = [lit.of for look in looks for lit in look.lits if isinstance(lit.of, Test)]
    tested = {value_name(test.ref): test.ref for test in tests}
    values = ", ".join(f"{name} is {session.read(ref)!r}" for name, ref in sorted(tested.items()))
    raise Failure(f"expected {as_text(line.value)}" + (f", but {values}" if values else ""), line.span)
