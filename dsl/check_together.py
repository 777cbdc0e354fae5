"""Rules that meet: two that act at once where one of them loses, and places where nothing leads on.

Which rules may meet is read off the text; whether they do, and by what events, is found by playing
(:mod:`dsl.witness`). Without a witness nothing is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from dsl.checking import Checking
from dsl.symbols import STEP_CHANNELS, bodies
from dsl.tree import And, EventExpr, Expr, Literal, NameValue, Not, Or, RuleDecl, Step, TestExpr, ValueExpr
from dsl.usage import all_steps
from miron.source import ModelError, Note

MAX_PAIRS = 64
"""Pairs of rules that are looked for; a dialogue with more has told its author enough."""
MAX_PLAYED = 2_000
"""Rules of a dialogue that is played to find witnesses; of a larger one only what is plain to see is told."""

_OUTSIDE = ("hear", "notice", "told", "see")
_LOSING = ("drop", "interrupt")

Key = tuple[str, ...]
"""An occasion: an event, or a test that becomes true."""


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Two rules that may fire in one moment.

    Attributes:
        what: What they would both do, for the message.
        lost: Whether one of the acts is lost; else both are done, one after the other.
        key: The occasion they share.
    """

    first: RuleDecl
    second: RuleDecl
    what: str
    lost: bool
    key: Key


def check_together(checking: Checking) -> None:
    """Report rules that act at once on one channel, and dead ends, each with the events that lead there."""
    meetings = {
        (meeting.first.name.text, meeting.second.name.text): meeting for meeting in _meetings(checking)
    }
    dead_ends = _may_end_dead(checking)
    if not meetings and not dead_ends:
        return
    owner = checking.view.owner
    if len(owner.rules) > MAX_PLAYED:
        for meeting in meetings.values():
            if _is_certain(meeting):
                word = "see" if meeting.key[0] == "see" else "press"
                _report_meeting(checking, meeting, (f"{word}: {meeting.key[1]}",))
        return
    from dsl.compiler import compile_tree
    from dsl.witness import Search

    try:
        compiled = compile_tree(checking.view.world.tree)
    except ModelError as fault:
        checking.problems += fault.problems
        return
    occasions = {meeting.key[1] for meeting in meetings.values()}
    found = Search(compiled, owner.rules, meetings, dead_ends, occasions).run()
    for pair, lines in found.together.items():
        _report_meeting(checking, meetings[pair], lines)
    if found.loop is not None and not any(known.code == "endless-loop" for known in checking.problems):
        _report_loop(checking, *found.loop)
    if dead_ends and found.dead_end is not None:
        lines, last = found.dead_end
        message = f"after '{last}' nothing leads on: no rule waits for words, signals or time"
        checking.warn("dead-end", message, owner.rules[last].span, [_witness(lines)])


def _report_loop(checking: Checking, lines: tuple[str, ...], units: tuple[str, ...]) -> None:
    rules = checking.view.owner.rules
    names = [name for name in dict.fromkeys(unit.partition("/")[0] for unit in units) if name in rules]
    if names:
        message = f"these rules wake each other without any pause: {' → '.join([*names, names[0]])}"
        checking.warn("endless-loop", message, rules[names[0]].span, [_witness(lines)])


def _is_certain(meeting: _Meeting) -> bool:
    """Whether they meet whatever else holds."""
    return meeting.key[0] in ("hear", "notice", "see") and all(
        rule.if_ is None
        and rule.unless is None
        and not rule.follows
        and any(_is_outside(expr) and expr.name.text == meeting.key[1] for expr in _alternatives(rule.when))
        for rule in (meeting.first, meeting.second)
    )


def _report_meeting(checking: Checking, meeting: _Meeting, lines: tuple[str, ...]) -> None:
    first, second = meeting.first, meeting.second
    how = "and one of them is lost" if meeting.lost else "one after the other"
    message = f"'{first.name}' and '{second.name}' both {meeting.what} in one moment, {how}"
    notes = [
        Note(f"'{first.name}' is here", first.span),
        _witness(lines),
        Note("different 'priority' says who comes first; 'if' or 'unless' keeps them apart"),
    ]
    checking.warn("act-together", message, second.span, notes)


def _witness(lines: tuple[str, ...]) -> Note:
    """The events, as lines of a dialogue test."""
    return Note(f"it happens with: {'; '.join(lines) if lines else 'the start'}")


# Which rules may meet


def _meetings(checking: Checking) -> Iterator[_Meeting]:
    rules = [rule for name, rule in checking.view.owner.rules.items() if "." not in name]
    by_key: dict[Key, list[RuleDecl]] = {}
    for rule in rules:
        for key in dict.fromkeys(key for expr in rule.when for key in _keys(checking, expr)):
            by_key.setdefault(key, []).append(rule)
    acts: dict[str, Mapping[str, tuple[str, ...]]] = {}
    done: set[tuple[str, str]] = set()
    for key, together in by_key.items():
        if len(together) < 2:
            continue
        for place, first in enumerate(together):
            for second in together[place + 1 :]:
                pair = (first.name.text, second.name.text)
                if pair in done or first.priority != second.priority or _exclude(first, second):
                    continue
                for rule in (first, second):
                    if rule.name.text not in acts:
                        acts[rule.name.text] = _first_acts(rule)
                meeting = _meeting(first, second, acts[pair[0]], acts[pair[1]], key)
                if meeting is not None:
                    done.add(pair)
                    yield meeting
                if len(done) >= MAX_PAIRS:
                    return


def _meeting(
    first: RuleDecl,
    second: RuleDecl,
    one: Mapping[str, tuple[str, ...]],
    other: Mapping[str, tuple[str, ...]],
    key: Key,
) -> _Meeting | None:
    """What they would do to each other, if anything."""
    for channel in one.keys() & other.keys() - {"speech"}:
        if one[channel] != other[channel]:
            word = "act on the screen" if channel == "screen" else f"have a {channel}"
            return _Meeting(first, second, word, True, key)
    if "speech" not in one or "speech" not in other:
        return None
    if first.on_busy in _LOSING or second.on_busy in _LOSING:
        return _Meeting(first, second, "speak", True, key)
    if key[0] == "hear" and one["speech"] != other["speech"]:
        return _Meeting(first, second, f"answer '{key[1]}'", False, key)
    return None


def _keys(checking: Checking, expr: Expr) -> Iterator[Key]:
    """The occasions of a condition."""
    match expr:
        case Or(items):
            for item in items:
                yield from _keys(checking, item)
        case And(items):
            found = [event for item in items if isinstance(event := item, EventExpr)]
            if found:
                yield from _keys(checking, found[0])
            else:
                for item in items:
                    if isinstance(item, TestExpr):
                        yield from _keys(checking, item)
        case EventExpr(kind, name, via):
            if kind in ("told", "changed"):
                group = checking.view.group(name.text)
                for entry in group or (name.text,):
                    yield (kind, entry)
            else:
                yield (kind, name.text, via) if via else (kind, name.text)
        case TestExpr(name, op, operand, word):
            yield ("test", name.text, op, str(_constant(operand)), word.text if word else "")


def _first_acts(rule: RuleDecl) -> dict[str, tuple[str, ...]]:
    """What it certainly does in the moment it fires: channel → Mirons."""
    found: dict[str, tuple[str, ...]] = {}
    for step in rule.do:
        if step.if_ is not None or step.decide:
            break
        _acts_of(step, found)
        if found or step.call is not None or step.wait is not None or step.do or step.wait_for:
            break
    return found


def _acts_of(step: Step, found: dict[str, tuple[str, ...]]) -> None:
    if step.say:
        found["speech"] = tuple(use.name.text for use in step.say)
    elif step.ask:
        found["speech"] = tuple(use.name.text for use in step.ask[:1])
    for key, channel in STEP_CHANNELS.items():
        use = getattr(step, key)
        if use is not None:
            found[channel] = (use.name.text,)


def _exclude(first: RuleDecl, second: RuleDecl) -> bool:
    """Whether their conditions never hold together."""
    one, other = _demands(first), _demands(second)
    return any(
        (name == its_name and value != its_value and positive and its_positive)
        or ((name, value) == (its_name, its_value) and positive != its_positive)
        for name, value, positive in one
        for its_name, its_value, its_positive in other
    )


def _demands(rule: RuleDecl) -> list[tuple[str, object, bool]]:
    """(entry, value, whether it must have it) for choices and flags; ``known`` counts as yes."""
    exprs: list[Expr] = [rule.if_] if rule.if_ is not None else []
    if len(rule.when) == 1:
        exprs.append(rule.when[0])
    parts = [item for expr in exprs for item in (expr.items if isinstance(expr, And) else (expr,))]
    if rule.unless is not None:
        parts += [
            Not(item) for item in (rule.unless.items if isinstance(rule.unless, Or) else (rule.unless,))
        ]
    found: list[tuple[str, object, bool]] = []
    for part in parts:
        item, positive = (part.item, False) if isinstance(part, Not) else (part, True)
        match item:
            case TestExpr(name, "is", _, word) if word is not None:
                found.append((name.text, word.text, positive))
            case TestExpr(name, "yes" | "known"):
                found.append((name.text, True, positive))
            case TestExpr(name, "no" | "unknown") if positive:
                found.append((name.text, True, False))
    return found


def _constant(value: ValueExpr | None) -> object:
    if isinstance(value, Literal):
        return value.value
    return value.name.text if isinstance(value, NameValue) else None


# Dead ends


def _may_end_dead(checking: Checking) -> bool:
    """Whether a visit can end, and no rule is open to the visitor at any time."""
    owner = checking.view.owner
    if not any(step.end is not None for step in all_steps(bodies(owner))):
        return False
    if any(use.module.text == "watchdog" for use in owner.use):
        return False
    return not any(_is_open(rule) for rule in owner.rules.values())


def _is_open(rule: RuleDecl) -> bool:
    """Whether it fires at any time when the visitor does something."""
    if rule.follows or rule.if_ is not None or rule.unless is not None or rule.once:
        return False
    return any(_is_outside(expr) for expr in _alternatives(rule.when))


def _alternatives(exprs: Iterable[Expr]) -> Iterator[Expr]:
    for expr in exprs:
        if isinstance(expr, Or):
            yield from _alternatives(expr.items)
        else:
            yield expr


def _is_outside(expr: Expr) -> TypeGuard[EventExpr]:
    return isinstance(expr, EventExpr) and expr.kind in _OUTSIDE and expr.name.text != "visit_started"


__all__ = ["check_together"]
