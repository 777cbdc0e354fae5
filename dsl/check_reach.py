"""What can ever happen: rules that can fire, Mirons and timers that come, endings that are reached.

A fixpoint from what comes from outside (visitors, signals, services): a rule is reached when one of its
alternatives can come true by what is reached already, or something reached thinks it. In doubt it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dsl.check_steps import conditions
from dsl.checking import Checking
from dsl.symbols import bodies
from dsl.tree import (
    And,
    EventExpr,
    Expr,
    For,
    MironDecl,
    Name,
    NameValue,
    Or,
    Owner,
    RuleDecl,
    RuleTest,
    Step,
    TimerTest,
    WithinExpr,
)
from dsl.usage import all_steps, events, parts
from miron.source import Note

_OWN = ("said", "started", "done", "failed", "cut")


@dataclass(slots=True)
class _Reached:
    """What is reached so far, by name."""

    rules: set[str] = field(default_factory=set)
    mirons: set[str] = field(default_factory=set)
    timers: set[str] = field(default_factory=set)


def check_reachable(checking: Checking) -> None:
    """Report rules, inner Mirons and endings of the dialogue that nothing can lead to."""
    if checking.is_module:
        return  # rules of a module can be thought from outside
    owner = checking.view.owner
    reached = _reach(checking)
    missing = {name for name in owner.rules if name not in reached.rules and not _is_override(checking, name)}
    for name, rule in owner.rules.items():
        if name in missing and not _waits_for_no_thought(checking, rule):
            message, notes = _why(checking, rule, missing)
            checking.warn("unreachable-rule", message, rule.span, notes)
    _check_endings(checking, missing)


def check_thoughts(checking: Checking) -> None:
    """Report inner Mirons that a condition waits for and nothing thinks."""
    for expr in conditions(checking.view.owner):
        for event in events(expr):
            if _is_never_thought(checking, event):
                message = f"nobody thinks '{event.name}'"
                checking.warn("never-thought", message, event.name.span)


def _is_never_thought(checking: Checking, event: EventExpr) -> bool:
    decl = checking.view.owner.mirons.get(event.name.text)
    is_inner = event.kind == "think" and decl is not None and decl.channel == "inner"
    return is_inner and id(decl) not in checking.usage.thought


def _waits_for_no_thought(checking: Checking, rule: RuleDecl) -> bool:
    """Whether :func:`check_thoughts` says already why it never fires."""
    return any(_is_never_thought(checking, event) for expr in rule.when for event in events(expr))


def _is_override(checking: Checking, name: str) -> bool:
    return name.partition(".")[0] in checking.view.instances and "." in name


def _reach(checking: Checking) -> _Reached:
    owner = checking.view.owner
    reached = _Reached()
    outside = set(_handed_over(owner)) | {name for name in owner.rules if _is_override(checking, name)}
    reached.mirons |= outside
    _spread(reached, owner.do)
    waiting = _mentions(owner)
    queue = list(owner.rules)
    asked = set(outside)
    queued = set(queue)
    while queue:
        name = queue.pop()
        queued.discard(name)
        rule = owner.rules.get(name)
        if rule is None or name in reached.rules:
            continue
        by_thought = name in asked or name in reached.mirons
        if not (_followed(owner, rule, reached) and (by_thought or _fires(checking, rule, reached))):
            continue
        reached.rules.add(name)
        news = {name, *_spread(reached, rule.do)}
        for new in news:
            for each in (new, *waiting.get(new, ())):
                if each in owner.rules and each not in queued and each not in reached.rules:
                    queued.add(each)
                    queue.append(each)
    return reached


def _handed_over(owner: Owner) -> Iterator[str]:
    """Names that modules get as parameters: they may think, say and ask them."""
    calls = (step.call for step in all_steps(bodies(owner)) if step.call is not None)
    for _, value in (pair for args in (use.params for use in owner.use) for pair in args):
        if isinstance(value, NameValue):
            yield value.name.text
    for _, value in (pair for call in calls for pair in call.args):
        if isinstance(value, NameValue):
            yield value.name.text


def _spread(reached: _Reached, steps: Iterable[Step]) -> set[str]:
    """What these steps bring about: thoughts, timers, what is said, asked and called."""
    news: set[str] = set()
    for step in all_steps(steps):
        timers = {name.text for name, _ in step.timer}
        reached.timers |= timers
        uses = (*step.say, step.gesture, step.feel, step.look, step.show, *step.ask, step.call, step.think)
        names = {use.name.text for use in uses if use is not None}
        reached.mirons |= names
        news |= names | timers
    return news


def _mentions(owner: Owner) -> Mapping[str, list[str]]:
    """Name → rules whose conditions speak of it."""
    found: dict[str, list[str]] = {}
    for name, rule in owner.rules.items():
        names = {state.text for states in rule.follows for state in states}
        for expr in rule.when:
            names |= set(_names(expr))
        for mentioned in names:
            found.setdefault(mentioned, []).append(name)
    return found


def _names(expr: Expr) -> Iterator[str]:
    for part in parts(expr):
        match part:
            case WithinExpr(item, _):
                yield item.name.text
            case EventExpr(_, name) | RuleTest(_, name) | TimerTest(name):
                yield name.text


def _followed(owner: Owner, rule: RuleDecl, reached: _Reached) -> bool:
    """Whether one of the states it follows can be in force; names from elsewhere can."""
    return not rule.follows or any(
        all(name.text in reached.rules or name.text not in owner.rules for name in states)
        for states in rule.follows
    )


def _fires(checking: Checking, rule: RuleDecl, reached: _Reached) -> bool:
    return any(_possible(checking, expr, reached) for expr in rule.when)


def _possible(checking: Checking, expr: Expr, reached: _Reached) -> bool:
    match expr:
        case Or(items):
            return any(_possible(checking, item, reached) for item in items)
        case And(items):
            return all(_possible(checking, item, reached) for item in items)
        case For(item, _) | WithinExpr(item, _):
            return _possible(checking, item, reached)
        case EventExpr(kind, name):
            return _happens(checking, kind, name, reached)
        case RuleTest(_, name):
            return name.text in reached.rules or name.text not in checking.view.owner.rules
        case TimerTest(name):
            return name.text in reached.timers or name.text not in checking.view.index.timers
    return True


def _happens(checking: Checking, kind: str, name: Name, reached: _Reached) -> bool:
    owner = checking.view.owner
    text = name.text
    if kind == "think":
        decl = owner.mirons.get(text)
        inner = decl is not None and decl.channel == "inner" and "." not in text
        return text in reached.mirons or not (inner or text in owner.rules)
    if kind in _OWN:
        if text in owner.rules:
            return text in reached.rules
        if text in owner.mirons and _is_said(checking, owner.mirons[text]):
            return True
        known = text in owner.mirons or text in owner.questions or text in owner.services
        return text in reached.mirons or not known
    return True


def _is_said(checking: Checking, decl: MironDecl) -> bool:
    """By something that is no step: a question, a sentence's mark, a module it is handed to."""
    return id(decl) in checking.usage.said or id(decl) in checking.usage.named


def _why(checking: Checking, rule: RuleDecl, missing: set[str]) -> tuple[str, list[Note]]:
    owner = checking.view.owner
    thinkers = [
        name
        for name, other in owner.rules.items()
        if any(step.think and step.think.name.text == rule.name.text for step in all_steps(other.do))
    ]
    dead = [
        name.text
        for states in rule.follows
        for name in states
        if name.text in missing and name.text != rule.name.text
    ]
    if dead:
        message = f"'{rule.name}' follows '{dead[0]}', which nothing fires"
        return message, [Note(f"'{dead[0]}' is here", owner.rules[dead[0]].span)]
    if not rule.when and thinkers:
        message = f"only '{thinkers[0]}' thinks '{rule.name}', and nothing fires '{thinkers[0]}'"
        if thinkers[0] == rule.name.text:
            message = f"nothing fires the rule '{rule.name}': it has no 'when', and only it thinks itself"
        return message, [Note(f"'{thinkers[0]}' is here", owner.rules[thinkers[0]].span)]
    if not rule.when:
        return f"nothing fires the rule '{rule.name}': it has no 'when', and nobody thinks it", []
    return f"nothing fires the rule '{rule.name}': what it waits for never happens", []


def _check_endings(checking: Checking, missing: set[str]) -> None:
    """Report endings that no rule ever reaches."""
    owner = checking.view.owner
    used: dict[str, str] = {}
    for name, rule in owner.rules.items():
        for step in all_steps(rule.do):
            if step.end is not None and (name not in missing or step.end.text not in used):
                used[step.end.text] = name
    for ending in owner.endings or ():
        if ending.text not in used:
            checking.warn("unreachable-ending", f"no rule ends the visit with '{ending}'", ending.span)
        elif used[ending.text] in missing:
            message = f"only '{used[ending.text]}' ends the visit with '{ending}', and nothing fires it"
            note = Note(f"'{used[ending.text]}' is here", owner.rules[used[ending.text]].span)
            checking.warn("unreachable-ending", message, ending.span, [note])


__all__ = ["check_reachable", "check_thoughts"]
