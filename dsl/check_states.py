"""Flags and choices as states: what outlives a failure, what excludes what by hand, what can never hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dsl.check_steps import conditions
from dsl.check_texts import memory_slots
from dsl.checking import Checking
from dsl.symbols import USER_FLAGS, bodies
from dsl.tree import (
    And,
    Expr,
    For,
    Literal,
    Name,
    NameValue,
    Not,
    Or,
    Owner,
    RuleDecl,
    Step,
    TestExpr,
    ValueExpr,
)
from dsl.types import Type
from dsl.usage import all_steps, leaves, tests
from miron.source import Note, Span

_FAILURES = ("failed", "gave_up", "timed_out")
"""Handlers that a call, question or wait may end in without anybody having wanted it."""
_SENSED = ("present", "near", "looking")
"""Flags of the other that only sensors write: without a camera they stay unknown."""
_EXCLUSIVE = 3
"""So many flags that exclude each other by hand are a choice in disguise."""

State = tuple[str, object]
"""An entry and a constant value of it."""


def check_states(checking: Checking) -> None:
    """Run all checks of this module."""
    _check_survivors(checking)
    _check_exclusive(checking)
    _check_values(checking)
    _check_sensed(checking)
    _check_private(checking)


# A flag that survives a failed call


@dataclass(frozen=True, slots=True)
class _Failing:
    """A step that can fail, with what handles it: the reasons handled and their steps."""

    step: Step
    handlers: Mapping[str, tuple[Step, ...]]


def _check_survivors(checking: Checking) -> None:
    """A state that a rule takes before a call and gives back after it, but not when the call fails."""
    owner = checking.view.owner
    tested = {test.name.text for expr in conditions(owner) for test in tests(expr)}
    for rule in owner.rules.values():
        for entry, span, failing in _survivors(owner, rule):
            if entry not in tested:
                continue
            what = _what_fails(failing.step)
            message = f"'{entry}' keeps its value when {what} fails: only the steps after it take it back"
            notes = [Note(f"{what} is here", failing.step.span)]
            users = [name for name, other in owner.rules.items() if _asks(other, entry)]
            if users:
                listed = ", ".join(f"'{name}'" for name in users[:4])
                notes.append(Note(f"rules that go by it would act on a call that is over: {listed}"))
            notes.append(Note(f"take it back in a handler: failed: {{set: {{{entry}: …}}, …}}"))
            checking.warn("state-outlives-failure", message, span, notes)


def _survivors(owner: Owner, rule: RuleDecl) -> Iterator[tuple[str, Span, _Failing]]:
    steps = rule.do
    for index, step in enumerate(steps):
        failing = next(
            (found for later in steps[index:] for found in _failing(later, {})),
            None,
        )
        if failing is None or step.if_ is not None:
            continue
        after = steps[steps.index(_holder(steps, failing.step)) + 1 :]
        for entry, value in step.set:
            taken = _constant(value)
            gives_back = [
                found for later in after for found in all_steps((later,)) if _leaves(found, entry.text, taken)
            ]
            if taken is None or taken is False or not gives_back:
                continue
            if not _handled(owner, failing, entry.text, taken):
                yield entry.text, entry.span, failing


def _holder(steps: tuple[Step, ...], inner: Step) -> Step:
    return next(step for step in steps if any(found is inner for found in all_steps((step,))))


def _failing(step: Step, handlers: Mapping[str, tuple[Step, ...]]) -> Iterator[_Failing]:
    """Steps within this one that may fail, with the handlers around them."""
    around = {**handlers, **dict(step.handlers)}
    if step.call is not None or step.ask or step.wait_for is not None:
        yield _Failing(step, around)
    for inner in (*step.do, *step.decide):
        yield from _failing(inner, around)


def _handled(owner: Owner, failing: _Failing, entry: str, taken: object) -> bool:
    """Whether every way a failure goes gives the state back, or ends the visit."""
    ways = [steps for reason, steps in failing.handlers.items() if reason in _FAILURES]
    return bool(ways) and all(_gives_back(owner, steps, entry, taken, set()) for steps in ways)


def _gives_back(owner: Owner, steps: tuple[Step, ...], entry: str, taken: object, seen: set[str]) -> bool:
    for step in all_steps(steps):
        if step.end is not None or step.fail is not None or _leaves(step, entry, taken):
            return True
        if step.think is not None:
            name = step.think.name.text
            rule = owner.rules.get(name)
            if rule is None or (
                name not in seen and _gives_back(owner, rule.do, entry, taken, {*seen, name})
            ):
                return True
    return False


def _leaves(step: Step, entry: str, taken: object) -> bool:
    """Whether a step ends the state."""
    groups = tuple(entry[:at] for at, char in enumerate(entry) if char == ".")
    if any(name.text in (entry, *groups) for name in step.forget):
        return True
    return any(name.text == entry and _constant(value) != taken for name, value in step.set)


def _what_fails(step: Step) -> str:
    if step.call is not None:
        return f"the call of '{step.call.name}'"
    return f"the question '{step.ask[0].name}'" if step.ask else "the wait"


def _asks(rule: RuleDecl, entry: str) -> bool:
    masks = (mask for mask in (rule.if_, rule.unless) if mask is not None)
    return any(test.name.text == entry for expr in (*rule.when, *masks) for test in tests(expr))


# Exclusive states by hand


def _check_exclusive(checking: Checking) -> None:
    """Flags that are kept apart by hand: a choice entry holds one value at a time by itself."""
    owner = checking.view.owner
    flags = [name for name, entry in owner.memory.items() if entry.type.name == "flag"]
    if len(flags) < _EXCLUSIVE:
        return
    apart: dict[str, set[str]] = defaultdict(set)
    for one, other in _kept_apart(owner):
        apart[one].add(other)
    mutual = {one: {other for other in apart[one] if one in apart[other]} for one in list(apart)}
    done: set[str] = set()
    for one in flags:
        if one in done or one not in mutual:
            continue
        group = [one]
        for other in flags:
            if other != one and other not in done and all(other in mutual[member] for member in group):
                group.append(other)
        if len(group) < _EXCLUSIVE:
            continue
        done |= set(group)
        names = ", ".join(f"'{name}'" for name in group)
        message = f"{names} are kept apart by hand, so that one of them holds at a time"
        short = [name.rpartition(".")[2] for name in group]
        notes = [
            Note(f"a choice does that by itself: NAME: {' | '.join(short)}; set: {{NAME: {short[0]}}}"),
        ]
        checking.warn("exclusive-flags", message, owner.memory[one].name.span, notes)


def _kept_apart(owner: Owner) -> Iterator[tuple[str, str]]:
    """(a, b): whoever sets a takes b back, or does so only without b."""
    for rule in owner.rules.values():
        missing: set[str] = set()
        for expr in (rule.unless, _opposite(rule.if_)):
            missing |= _any_of(expr) if expr is not None else set()
        for step in all_steps(rule.do):
            raised = {name.text for name, value in step.set if _constant(value) is True}
            lowered = {name.text for name, value in step.set if _constant(value) is False}
            lowered |= {name.text for name in step.forget} | missing
            yield from ((one, other) for one in sorted(raised) for other in sorted(lowered))


def _opposite(expr: Expr | None) -> Expr | None:
    """``a or b`` of an ``if`` that reads ``not a and not b``; None for anything else."""
    match expr:
        case Not(item):
            return item
        case And(items) if all(isinstance(item, Not) for item in items):
            return Or(tuple(item.item for item in items if isinstance(item, Not)))
    return None


def _any_of(expr: Expr) -> set[str]:
    """The flags of ``a or b or c``."""
    match expr:
        case TestExpr(name, "yes"):
            return {name.text}
        case Or(items):
            return set().union(*(_any_of(item) for item in items))
    return set()


# Tests that can never hold


def _check_values(checking: Checking) -> None:
    """Tests for a value that nothing ever gives: a state nobody enters, a no nobody says."""
    owner = checking.view.owner
    if checking.is_module:
        return
    given = _given_values(checking)
    for expr in conditions(owner):
        for test in tests(expr):
            entry = owner.memory.get(test.name.text)
            values = given.get(test.name.text)
            if entry is None or values is None or not values:
                continue  # never written at all is told elsewhere
            kind = checking.view.part(test.name.text)
            if kind is not None:
                _check_value(checking, test, kind, values)


def _check_value(checking: Checking, test: TestExpr, kind: Type, values: set[object]) -> None:
    if kind.kind == "flag" and test.op == "no" and False not in values:
        message = f"nothing ever makes '{test.name}' no: it is yes or unknown"
        note = Note("'not X' holds for unknown, too; 'X is no' is the explicit no")
        checking.report("never-true", message, test.name.span, f"not {test.name}", [note], "warning")
        return
    word = test.word
    if kind.kind != "choice" or test.op != "is" or word is None:
        return
    if word.text in kind.choices and word.text not in values:
        listed = ", ".join(sorted(str(value) for value in values))
        message = f"nothing ever makes '{test.name}' {word}"
        checking.warn("never-true", message, word.span, [Note(f"what it becomes: {listed}")])


def _given_values(checking: Checking) -> dict[str, set[object] | None]:
    """Entry → the constants that are written to it; None where other values may come, too."""
    owner = checking.view.owner
    found: dict[str, set[object] | None] = {name: set() for name in owner.memory}
    told = _told(checking)

    def put(name: str, value: object) -> None:
        values = found.get(name)
        if values is None:
            return
        if value is None:
            found[name] = None
        else:
            values.add(value)

    for name, entry in owner.memory.items():
        if name in told or _comes_from_outside(checking, name):
            found[name] = None
        elif entry.default is not None:
            put(name, _constant(entry.default))
    for step in all_steps(bodies(owner)):
        for key, value in step.set:
            put(key.text, _constant(value))
        for key, _ in step.get:
            put(key.text, None)
        for use in step.ask:
            for key, _ in use.args:
                put(key.text, None)
    for miron in owner.mirons.values():
        for key, value in miron.sets:
            put(key.text, _constant(value))
    return found


def _told(checking: Checking) -> set[str]:
    """Entries that the other's words fill."""
    usage = checking.usage
    return {
        entry
        for decl in checking.view.owner.mirons.values()
        if id(decl) in usage.heard or id(decl) not in usage.said
        for entry in memory_slots(checking.view, decl)
    }


def _comes_from_outside(checking: Checking, name: str) -> bool:
    """Whether visitors, sensors, questions, modules or settings may write any value."""
    owner = checking.view.owner
    word = name.rpartition(".")[2]
    if word in (*USER_FLAGS, "locale") or name.startswith("settings."):
        return True
    questions = owner.questions.values()
    if any(key is not None and key.text == name for q in questions for key in (q.fills, q.checks)):
        return True
    head, _, rest = name.partition(".")
    seen_from_inside = f"other.{rest}" if head == owner.other else f"self.{name}"
    modules = checking.view.world.tree.modules.values()
    return any(
        key.text == seen_from_inside
        for module in modules
        for step in all_steps(bodies(module))
        for key in (*(key for key, _ in step.set), *(key for key, _ in step.get))
    )


def _constant(value: ValueExpr) -> object:
    """A value known from the text; None if it comes from elsewhere."""
    if isinstance(value, Literal) and value.kind != "none":
        return value.value
    return value.name.text if isinstance(value, NameValue) else None


# Sensors that may be missing, and persons in conditions


def _check_sensed(checking: Checking) -> None:
    """``not visitor.present for 10s`` holds ten seconds after the start where there is no camera."""
    owner = checking.view.owner
    for rule in owner.rules.values():
        for expr in rule.when:
            for held in _held(expr):
                for name in _plainly_not(held.item):
                    head, _, rest = name.text.partition(".")
                    if head in (owner.other, "other") and rest in _SENSED:
                        message = f"without a camera '{name}' is never known, so this holds from the start"
                        note = Note("'X is no' waits until a sensor has seen nobody")
                        checking.report(
                            "unknown-is-not-no", message, name.span, f"{name} is no", [note], "warning"
                        )


def _held(expr: Expr) -> Iterator[For]:
    return (leaf for leaf in leaves(expr) if isinstance(leaf, For))


def _plainly_not(expr: Expr) -> Iterator[Name]:
    match expr:
        case Not(TestExpr(name, "yes")):
            yield name
        case And(items) | Or(items):
            for item in items:
                yield from _plainly_not(item)


def _check_private(checking: Checking) -> None:
    """A person compared with a constant: masked journals lose how it came out."""
    for expr in conditions(checking.view.owner):
        for test in tests(expr):
            if test.operand is None or not _is_private(checking, test.name):
                continue
            if test.op in ("<", "<=", ">", ">=") or isinstance(test.operand, Literal):
                message = f"'{test.name}' is personal, and a journal without personal data loses this test"
                note = Note("compare it with another entry, or let a service answer with a flag")
                checking.warn("private-test", message, test.name.span, [note])


def _is_private(checking: Checking, name: Name) -> bool:
    found = checking.view.entry(name.text)
    if found is None:
        return False
    symbol, parts = found
    entry = symbol.decl.memory.get(symbol.name) if isinstance(symbol.decl, Owner) else None
    if entry is not None and entry.private is not None:
        return entry.private
    kind = checking.view.type_of(symbol)
    return kind.private and (kind.kind == "person" or not parts or _part_is_private(checking, name))


def _part_is_private(checking: Checking, name: Name) -> bool:
    kind = checking.view.part(name.text)
    return kind is not None and kind.private


__all__ = ["check_states"]
