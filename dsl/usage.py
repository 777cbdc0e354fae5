"""Who says and who hears a Miron: read off the rules, the questions and the bodies of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsl.binding import Env, Tables
from dsl.tree import And, EventExpr, Expr, For, Not, Or, Owner, QuestionDecl, Step, TestExpr, Use
from miron.source import ModelError

QUESTION_TEXTS = ("prompt", "hint", "silent", "not_understood", "noise", "help", "bridge")


def leaves(expr: Expr) -> Iterator[Expr]:
    """What ``and``, ``or`` and ``not`` join, in reading order; what must hold for a time is one leaf."""
    match expr:
        case And(items) | Or(items):
            for item in items:
                yield from leaves(item)
        case Not(item):
            yield from leaves(item)
        case _:
            yield expr


def parts(expr: Expr) -> Iterator[Expr]:
    """The same, and what ``for`` holds is looked into too."""
    for leaf in leaves(expr):
        if isinstance(leaf, For):
            yield from parts(leaf.item)
        else:
            yield leaf


def events(expr: Expr) -> Iterator[EventExpr]:
    """The events of a condition (those under ``within`` are tests)."""
    return (part for part in parts(expr) if isinstance(part, EventExpr))


def tests(expr: Expr) -> Iterator[TestExpr]:
    """The tests of memory in a condition."""
    return (part for part in parts(expr) if isinstance(part, TestExpr))


def hears(expr: Expr, name: str | None = None) -> bool:
    """Whether the condition takes an act of the other (this one, if named)."""
    return any(event.kind == "hear" and name in (None, event.name.text) for event in events(expr))


def all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps with everything inside them."""
    for step in steps:
        yield step
        yield from all_steps(step.do)
        yield from all_steps(step.decide)
        for _, handler in step.handlers:
            yield from all_steps(handler)


def bodies(owner: Owner) -> Iterator[Step]:
    """The outermost steps of an owner: its body's and its rules'."""
    yield from owner.do
    for rule in owner.rules.values():
        yield from rule.do


def called_modules(owner: Owner) -> set[str]:
    """Names after ``call`` that are not services of the owner."""
    bodies = [owner.do, *(rule.do for rule in owner.rules.values())]
    calls = {step.call.name.text for body in bodies for step in all_steps(body) if step.call}
    return calls - set(owner.services)


def heard_names(tables: Tables) -> set[str]:
    """Mirons that some rule hears or notices, or some question names in ``hear``."""
    heard = {
        found
        for decl, env in tables.rules.values()
        for expr in decl.when
        for event in events(expr)
        if event.kind in ("hear", "notice") and (found := env.find(tables.mirons, event.name.text))
    }
    for question, env in tables.questions.values():
        heard |= {found for name in question.hear if (found := env.find(tables.mirons, name.text))}
    return heard


def said_names(tables: Tables, bodies: Iterable[tuple[tuple[Step, ...], Env]]) -> set[str]:
    """Mirons that some step or question says."""
    said: set[str] = set()
    for steps, env in [*((decl.do, env) for decl, env in tables.rules.values()), *bodies]:
        for step in all_steps(steps):
            said |= {found for use in step.say if (found := _found(tables, env, use))}
    for question, env in tables.questions.values():
        said |= set(question_texts(question, env))
    return said


def _found(tables: Tables, env: Env, use: Use) -> str | None:
    return env.find(tables.mirons, use.name.text)


def question_texts(question: QuestionDecl, env: Env) -> Iterator[str]:
    """The Mirons a question says."""
    for key in QUESTION_TEXTS:
        for name in getattr(question, key) or ():
            try:
                yield env.miron(name)
            except ModelError:
                continue  # the checker reports it where it stands
