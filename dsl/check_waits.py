"""Patience: watchdogs longer than what they supervise, questions whose ladder leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsl.binding import TURN_TAKING
from dsl.checking import Checking
from dsl.expressions import written
from dsl.question_settings import BUTTON_STEPS, VOICE_STEPS, WAITS
from dsl.symbols import STANDARD_MODULES, bodies
from dsl.tree import (
    AfterExpr,
    And,
    EventExpr,
    Expr,
    For,
    Literal,
    Name,
    Or,
    Owner,
    QuestionDecl,
    RuleDecl,
    Step,
    TimerTest,
)
from dsl.usage import all_steps, events, parts, tests
from miron.source import Note, Severity, Span

_WATCHDOG = "watchdog"
_SPOKEN = ("longest", "noise", "speech")
"""Waits of a step that is answered by voice."""


def check_waits(checking: Checking) -> None:
    """Run all checks of this module."""
    _check_watchdogs(checking)
    _check_noise(checking)
    _check_answers(checking)
    _check_ends(checking)


# The watchdog


@dataclass(frozen=True, slots=True)
class _Wait:
    """Something that takes time.

    Attributes:
        severity: Error where the watchdog certainly bites first.
    """

    ms: int
    what: str
    span: Span
    severity: Severity = "error"


def _check_watchdogs(checking: Checking) -> None:
    """A watchdog must be more patient than everything it supervises."""
    owner = checking.view.owner
    for use in owner.use:
        if use.module.text != _WATCHDOG:
            continue
        limit, span = _limit(checking, use.params), use.instance.span
        for name, value in use.params:
            if name.text == "limit" and isinstance(value, Literal):
                span = value.span
        if limit is None:
            continue
        longer = [wait for wait in _waits(checking) if wait.ms >= limit]
        worst = max(longer, key=lambda wait: (wait.severity == "error", wait.ms), default=None)
        if worst is not None:
            message = (
                f"the watchdog loses patience after {written(limit)}, "
                f"but {worst.what} may take {written(worst.ms)}"
            )
            note = Note("the longer wait is here", worst.span)
            checking.report("watchdog-too-short", message, span, None, [note], worst.severity)


def _limit(checking: Checking, params: tuple[tuple[Name, object], ...]) -> int | None:
    """The patience given, else that of the module; None if it is no constant."""
    value = next((value for name, value in params if name.text == "limit"), None)
    module = checking.view.world.tree.modules.get(_WATCHDOG)
    if value is None and module is not None:
        value = next((param.default for param in module.takes if param.name.text == "limit"), None)
    is_duration = isinstance(value, Literal) and value.kind == "duration"
    return int(value.value) if is_duration and isinstance(value, Literal) else None


def _waits(checking: Checking) -> Iterator[_Wait]:
    """What the dialogue and its own modules wait for."""
    for owner in checking.view.world.owners:
        if owner.kind == "module" and owner.name.text in STANDARD_MODULES:
            continue
        for service in owner.services.values():
            yield _Wait(service.timeout_ms, f"the service '{service.name}'", service.name.span)
        for name, question in owner.questions.items():
            if name != "all" and "." not in name:
                yield from _waits_of(checking, owner, question)
        for step in all_steps(bodies(owner)):
            if isinstance(step.wait, int):
                yield _Wait(step.wait, "a step", step.span)
        yield from _clocks(owner)


def _waits_of(checking: Checking, owner: Owner, question: QuestionDecl) -> Iterator[_Wait]:
    general = owner.questions.get("all")
    waits = {**WAITS, **(general.waits if general else {}), **question.waits}
    by = _modalities(checking, owner, question)
    kinds = {
        *(_SPOKEN if "voice" in by else ()),
        *(("typing_starts", "typing") if "keyboard" in by else ()),
        *(("button",) if "buttons" in by else ()),
        *question.waits,
    }
    longest = max((ms for kind in sorted(kinds) for ms in waits[kind]), default=0)
    yield _Wait(longest, f"the question '{question.name}'", question.name.span)


def _clocks(owner: Owner) -> Iterator[_Wait]:
    """Timers that are waited for, and ``after``: speech in between calms the watchdog, so perhaps."""
    asked = [part for rule in owner.rules.values() for expr in rule.when for part in parts(expr)]
    waited = {part.name.text for part in asked if isinstance(part, TimerTest)}
    for step in all_steps(bodies(owner)):
        for timer, ms in step.timer:
            if isinstance(ms, int) and timer.text in waited:
                yield _Wait(ms, f"the timer '{timer}'", timer.span, "warning")
    for part in asked:
        if isinstance(part, AfterExpr) and isinstance(part.duration, int):
            yield _Wait(part.duration, "a pause ('after')", part.span, "warning")


# Questions


def _modalities(checking: Checking, owner: Owner, question: QuestionDecl) -> tuple[str, ...]:
    """By what each of its steps is answered."""
    general = owner.questions.get("all")
    entry = question.fills or question.checks
    kind = checking.view.part(entry.text) if entry is not None and owner is checking.view.owner else None
    buttons = bool(question.checks or question.offers or (kind and kind.kind in ("flag", "choice")))
    by = question.by or (general.by if general else None) or (BUTTON_STEPS if buttons else VOICE_STEPS)
    steps = question.steps or (general.steps if general else None) or 4
    return tuple(by[min(step, len(by) - 1)] for step in range(steps))


def _check_noise(checking: Checking) -> None:
    """Noise goes on to the next step without voice; where there is none, noise meets noise."""
    owner = checking.view.owner
    for name, question in owner.questions.items():
        if name == "all" or "." in name:
            continue
        by = _modalities(checking, owner, question)
        if len(by) > 1 and all(modality == "voice" for modality in by):
            message = f"after noise '{question.name}' goes on by voice, which nobody can hear then"
            note = Note(f"its steps: {', '.join(by)}; one of them should use keyboard or buttons (by)")
            checking.warn("noise-without-hands", message, question.name.span, [note])


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question where it is asked, with the reasons handled around it."""

    rule: RuleDecl | None
    name: Name
    decl: QuestionDecl
    handled: frozenset[str]


def _asked(checking: Checking) -> Iterator[_Asked]:
    owner = checking.view.owner
    for rule in (*owner.rules.values(), None):
        for step in rule.do if rule is not None else owner.do:
            yield from _asked_in(checking, rule, step, frozenset())


def _asked_in(
    checking: Checking, rule: RuleDecl | None, step: Step, around: frozenset[str]
) -> Iterator[_Asked]:
    handled = around | {reason for reason, _ in step.handlers}
    for use in step.ask:
        symbol = checking.view.find(use.name.text, "question")
        if symbol is not None and isinstance(symbol.decl, QuestionDecl):
            yield _Asked(rule, use.name, symbol.decl, handled)
    for inner in (*step.do, *step.decide):
        yield from _asked_in(checking, rule, inner, handled)
    for _, steps in step.handlers:
        for inner in steps:
            yield from _asked_in(checking, rule, inner, around)


def _check_answers(checking: Checking) -> None:
    """Answers that a question itself offers and nobody has thought of."""
    for asked in _asked(checking):
        decl = asked.decl
        missing = [
            (reason, words)
            for reason, offered, words in (
                ("denied", decl.checks is not None, "no"),
                ("none_of_these", decl.offers is not None, "none of these"),
                ("skipped", bool(decl.skip), "skip"),
            )
            if offered and not {reason, "failed"} & asked.handled and not _reacts(checking, asked)
        ]
        for reason, words in missing:
            message = f"'{words}' is an answer to '{asked.name}', and nothing says what happens then"
            note = Note(f"without a handler the agent gives up: {reason}: {{think: …}}")
            checking.warn("unhandled-answer", message, asked.name.span, [note])


def _reacts(checking: Checking, asked: _Asked) -> bool:
    """Whether some rule goes by how the question came out."""
    rule = asked.rule.name.text if asked.rule is not None else ""
    for other in checking.view.owner.rules.values():
        for expr in (*other.when, *(mask for mask in (other.if_, other.unless) if mask is not None)):
            if any(
                event.kind in ("failed", "done") and event.name.text in (asked.name.text, rule)
                for event in events(expr)
            ):
                return True
            if any(test.name.text == asked.name.text for test in tests(expr)):
                return True
    return False


def _check_ends(checking: Checking) -> None:
    """A question that may give up where nothing leads on from there: the visit would never end."""
    owner = checking.view.owner
    ends = any(step.end is not None for step in all_steps(bodies(owner)))
    if checking.is_module or not ends or _goes_on(owner):
        return
    for asked in _asked(checking):
        if not {"gave_up", "failed"} & asked.handled and not _reacts(checking, asked):
            message = f"when '{asked.name}' gives up, the visit neither goes on nor ends"
            notes = [
                Note("say what happens then: gave_up: {think: …}"),
                Note("or see to it for all: use: {watchdog: {then: …}}"),
            ]
            checking.warn("ladder-without-end", message, asked.name.span, notes)


_FROM_OUTSIDE = ("hear", "notice", "told", "changed")
"""Events by which a visitor starts something anew."""


def _goes_on(owner: Owner) -> bool:
    """Whether something leads on after giving up: a watchdog, time, a visitor who comes, goes or speaks."""
    if any(use.module.text == _WATCHDOG for use in owner.use):
        return True
    names = {name for name in owner.rules if name.startswith(f"{TURN_TAKING}.")}
    return bool(names) or any(
        _is_wake(expr) for rule in owner.rules.values() if not rule.follows for expr in rule.when
    )


def _is_wake(expr: Expr) -> bool:
    match expr:
        case For() | TimerTest():
            return True
        case EventExpr(kind, name):
            return (
                kind in _FROM_OUTSIDE
                or (kind == "see" and name.text not in ("visit_started", "session_started"))
                or (kind in ("said", "started", "done", "failed") and name.text.startswith(TURN_TAKING))
            )
        case And(items) | Or(items):
            return any(_is_wake(item) for item in items)
    return False


__all__ = ["check_waits"]
