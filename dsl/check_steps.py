"""Checking rules and their steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsl.binding import BODY
from dsl.check_conditions import (
    after_places,
    check_duration,
    check_expr,
    check_tests_only,
    check_when,
    span_of_expr,
)
from dsl.check_texts import entities_of
from dsl.check_values import expect, expect_parameter, fits, label, value_type
from dsl.checking import Checking
from dsl.symbols import CHANNELS, STEP_CHANNELS, UNKNOWN, Symbol, required
from dsl.tree import Expr, MironDecl, Name, Owner, Param, QuestionDecl, RuleDecl, ServiceDecl, Step, Use
from dsl.usage import all_steps
from miron.source import Note, Span, suggest

_OUTER_CHANNELS = tuple(name for name in CHANNELS if name != "inner")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a step stands.

    Attributes:
        followers: Rules that follow the one whose step this is.
        is_last: Nothing of the rule comes after it.
        can_return: Inside a module.
    """

    rule: str
    followers: frozenset[str]
    is_last: bool


def check_rules(checking: Checking) -> None:
    """Check all rules of the owner, and its body."""
    owner = checking.view.owner
    followers: dict[str, set[str]] = {}
    for rule in owner.rules.values():
        for names in rule.follows:
            for name in names:
                followers.setdefault(name.text, set()).add(rule.name.text)
    for rule in owner.rules.values():
        _check_rule(checking, rule, frozenset(followers.get(rule.name.text, ())))
    _check_steps(checking, owner.do, _Place("", frozenset(), True))


def _check_rule(checking: Checking, rule: RuleDecl, followers: frozenset[str]) -> None:
    for expr in rule.when:
        check_expr(checking, expr)
        if not rule.follows:
            _check_after(checking, expr)
    check_when(checking, rule)
    for where, mask in (("if", rule.if_), ("unless", rule.unless)):
        if mask is not None:
            check_expr(checking, mask)
            check_tests_only(checking, mask, where)
    for names in rule.follows:
        for name in names:
            checking.need(name, ("rule",), "follows")
    if rule.cooldown is not None:
        _check_named(checking, rule.cooldown)
    _check_steps(checking, rule.do, _Place(rule.name.text, followers, True))


def _check_after(checking: Checking, expr: Expr) -> None:
    for span in after_places(expr):
        message = "'after' counts from the end of the followed rule, and this rule follows none"
        note = Note("add 'follows: RULE', or start a timer: {NAME: 8s} and wait for 'timer NAME'")
        checking.report("after-without-follows", message, span, None, [note])


def _check_steps(checking: Checking, steps: tuple[Step, ...], place: _Place) -> None:
    for position, step in enumerate(steps):
        is_last = place.is_last and position == len(steps) - 1
        _check_step(checking, step, _Place(place.rule, place.followers, is_last))
        leads_away = step.if_ is None and (step.end is not None or step.fail is not None)
        if position < len(steps) - 1 and leads_away:
            message = "the steps after this one are never reached"
            checking.warn("unreachable-step", message, steps[position + 1].span)


def _check_step(checking: Checking, step: Step, place: _Place) -> None:
    if step.if_ is not None:
        check_expr(checking, step.if_)
        check_tests_only(checking, step.if_, "'if' in a step")
    _check_acts(checking, step)
    _check_call(checking, step)
    if step.think is not None:
        _check_think(checking, step.think, place)
    for entry, value in step.set:
        _check_set(checking, entry, value)
    for name in step.forget:
        _check_forget(checking, name)
    for _, duration in step.timer:
        _check_named(checking, duration)
    for name in step.stop:
        checking.need(name, ("timer", "channel"), "stop")
    for name in step.leave:
        checking.need(name, ("rule",), "leave")
    for name, _ in step.can:
        checking.need(name, ("channel",), "can")
    _check_wait(checking, step)
    _check_leaving(checking, step)
    for row in step.decide:
        _check_step(checking, row, place)
    _check_steps(checking, step.do, place)
    _check_handlers(checking, step, place)


def _check_acts(checking: Checking, step: Step) -> None:
    for use in step.say:
        symbol = _check_use(checking, use, "say")
        checking.says(symbol, use.name.span)
        _check_channel(checking, use, symbol, "say", "speech")
    for key, channel in STEP_CHANNELS.items():
        use_of_key: Use | None = getattr(step, key)
        if use_of_key is not None:
            symbol = _check_use(checking, use_of_key, key)
            _check_channel(checking, use_of_key, symbol, key, channel)
    for use in step.ask:
        _check_ask(checking, use)


def _check_use(checking: Checking, use: Use, where: str) -> Symbol | None:
    symbol = _need_miron(checking, use, where)
    if symbol is None:
        return None
    decl = checking.view.miron_decl(symbol)
    _check_entities(checking, use, decl)
    return symbol


def _need_miron(checking: Checking, use: Use, where: str) -> Symbol | None:
    """The Miron named; for a misspelt gesture the gestures are suggested, not any Miron."""
    channel = STEP_CHANNELS.get(where, "speech")
    ready = BODY.get(channel)
    if ready and checking.view.find(use.name.text) is None and "." not in use.name.text:
        own = [name for name, decl in checking.view.owner.mirons.items() if decl.channel == channel]
        near = suggest(use.name.text, [*ready, *own])
        notes = () if near else (Note(f"ready-made: {', '.join(ready)}"),)
        message = f"there is no {channel} '{use.name}'"
        checking.report("unknown-miron", message, use.name.span, near, notes)
        return None
    return checking.need(use.name, ("miron",), where)


def _check_channel(checking: Checking, use: Use, symbol: Symbol | None, key: str, channel: str) -> None:
    """A Miron of another channel under this key."""
    if symbol is None or symbol.kind != "miron":
        return
    text = use.name.text
    if isinstance(symbol.decl, MironDecl):
        actual = symbol.decl.channel
    else:
        actual = next((name for name, ready in BODY.items() if text in ready), "")
        if text in BODY.get(channel, ()):
            return
    if actual in ("", channel) or (channel == "screen" and actual == "speech"):
        return
    right = {"speech": "say", **{value: name for name, value in STEP_CHANNELS.items()}, "inner": "think"}
    better = f"{right[actual]}: {text}" if actual in right else None
    message = f"'{text}' is on the channel {actual}, and '{key}' takes one of {channel}"
    notes = [Note(f"'{text}' is declared here", symbol.span)] if symbol.span else []
    checking.report("wrong-channel", message, use.name.span, better, notes)


def _check_entities(checking: Checking, use: Use, decl: MironDecl | None) -> None:
    known = entities_of(checking.view, decl) if decl is not None else frozenset()
    for entity, value in use.args:
        if known and entity.text not in known and checking.view.entry(entity.text) is None:
            message = f"no sentence of '{use.name}' holds '{entity}'"
            checking.report("unknown-entity", message, entity.span, suggest(entity.text, known))
        wanted = checking.view.part(entity.text) or UNKNOWN
        expect(checking, value, wanted, entity.text)


def _check_ask(checking: Checking, use: Use) -> None:
    symbol = checking.need(use.name, ("question",), "ask")
    if symbol is None:
        return
    decl = symbol.decl if isinstance(symbol.decl, QuestionDecl) else None
    for entry, value in use.args:
        kind = checking.view.part(entry.text)
        if kind is None:
            checking.unknown(entry, ("memory", "parameter"), "ask")
            continue
        if decl is not None and decl.checks is None and (decl.fills is not None):
            message = f"'{use.name}' checks nothing, so no value can be proposed to it"
            note = Note(f"a question that verifies is declared by checks: {entry}")
            checking.report("proposal-without-checks", message, entry.span, None, [note])
        elif decl is not None and decl.checks is not None and decl.checks.text != entry.text:
            message = f"'{use.name}' checks {decl.checks}"
            checking.report("wrong-proposal", message, entry.span, decl.checks.text)
        checking.writes(entry.text)
        expect(checking, value, kind, entry.text)


def _check_call(checking: Checking, step: Step) -> None:
    if step.call is None:
        if step.get:
            message = "'get' takes results of a call, and this step has none"
            checking.report("get-without-call", message, step.get[0][0].span)
        return
    use = step.call
    symbol = checking.need(use.name, ("service", "module"), "call")
    if symbol is None:
        _check_results(checking, step, None, use.name)
        return
    decl = symbol.decl
    if isinstance(decl, ServiceDecl):
        _check_arguments(checking, use, decl.takes, None)
        _check_results(checking, step, decl.gives, use.name)
    elif isinstance(decl, Owner):
        if not decl.do and not decl.gives:
            message = f"the module '{use.name}' has no body (do), so a call of it does nothing"
            checking.warn("no-body", message, use.name.span, [Note("it is declared here", decl.name.span)])
        _check_arguments(checking, use, decl.takes, decl)
        _check_results(checking, step, decl.gives, use.name)
    else:
        _check_results(checking, step, None, use.name)


def _check_arguments(checking: Checking, use: Use, takes: tuple[Param, ...], home: Owner | None) -> None:
    view = checking.view
    params = {param.name.text: param for param in takes}
    given: set[str | None] = set()
    for name, value in use.args:
        param = params.get(name.text)
        if param is None:
            given.add(suggest(name.text, params))  # one mistake, one report
            _report_part(checking, name, list(params), f"'{use.name}' takes no '{name}'", "unknown-parameter")
            value_type(checking, value, UNKNOWN, name.text)
            continue
        given.add(name.text)
        kind = view.world.resolve(home or view.owner, param.type)
        expect_parameter(checking, value, param.type, kind, name.text)
    for param in required(takes):
        if param.name.text not in given:
            message = f"'{use.name}' needs '{param.name}' ({param.type.name or 'a choice'})"
            note = Note("it is declared here; T? would make it optional", param.name.span)
            better = f"{{{use.name}: {{{param.name}: …}}}}"
            checking.report(
                "missing-parameter", message, use.name.span, None, [note, Note(f"write {better}")]
            )


def _check_results(checking: Checking, step: Step, gives: tuple[Param, ...] | None, called: Name) -> None:
    view = checking.view
    results = {param.name.text: param for param in gives or ()}
    for entry, result in step.get:
        kind = view.part(entry.text)
        checking.writes(entry.text)
        if kind is None and not checking.is_opaque(entry.text):
            checking.unknown(entry, ("memory", "parameter"), "get")
        if gives is None:
            continue
        param = results.get(result.text)
        if param is None:
            message = f"'{called}' gives no '{result}'"
            _report_part(checking, result, list(results), message, "unknown-result")
        elif kind is not None:
            given = view.world.resolve(view.owner, param.type)
            if not fits(kind, given):
                message = f"'{entry}' is {label(kind)}, and '{result}' is {label(given)}"
                checking.report("wrong-type", message, result.span)


def _report_part(checking: Checking, name: Name, known: list[str], message: str, code: str) -> None:
    near = suggest(name.text, known)
    notes = () if near else (Note(f"there are: {', '.join(known) or 'none'}"),)
    checking.report(code, message, name.span, near, notes)


def _check_think(checking: Checking, use: Use, place: _Place) -> None:
    symbol = checking.need(use.name, ("miron", "rule"), "think")
    if symbol is None:
        return
    if symbol.decl is not None:
        checking.usage.thought.add(id(symbol.decl))
    if isinstance(symbol.decl, RuleDecl):
        if use.args:
            message = f"'{use.name}' is a rule; only Mirons take entities"
            checking.report("wrong-kind", message, use.args[0][0].span)
        if not place.is_last and use.name.text in place.followers:
            message = (
                f"'{use.name}' follows '{place.rule}' and ends it, so it can only be thought in the last step"
            )
            note = Note(f"'{use.name}' is declared here", symbol.span)
            checking.report("think-not-last", message, use.name.span, None, [note])
        return
    _check_entities(checking, use, checking.view.miron_decl(symbol))


def _check_set(checking: Checking, entry: Name, value: object) -> None:
    from dsl.tree import Literal

    kind = checking.view.part(entry.text)
    checking.writes(entry.text)
    if kind is None:
        if not checking.is_opaque(entry.text):
            groups = checking.view.group(entry.text)
            if groups and checking.view.find(entry.text) is None:
                message = f"'{entry}' is a group of entries; set takes one of them"
                note = Note(f"its entries: {', '.join(groups[:6])}")
                checking.report("wrong-kind", message, entry.span, None, [note])
            else:
                checking.unknown(entry, ("memory", "parameter"), "set")
        return
    if isinstance(value, Literal) and value.kind == "flag" and value.span == entry.span:
        if kind.kind not in ("flag", "unknown"):
            message = f"only a flag can be set without a value, and '{entry}' is {label(kind)}"
            note = Note(f"write set: {{{entry}: …}}")
            checking.report("wrong-type", message, entry.span, None, [note])
        return
    expect(checking, value, kind, entry.text)  # type: ignore[arg-type]


def _check_forget(checking: Checking, name: Name) -> None:
    view = checking.view
    is_known = view.part(name.text) is not None or bool(view.group(name.text))
    if not is_known and not checking.is_opaque(name.text) and view.find(name.text, "question") is None:
        checking.unknown(name, ("memory", "parameter"), "forget")


def _check_named(checking: Checking, duration: int | Name) -> None:
    """A duration by name; the reader has looked at those written out."""
    if isinstance(duration, Name):
        check_duration(checking, duration, duration.span)


def _check_wait(checking: Checking, step: Step) -> None:
    if step.wait is not None:
        _check_named(checking, step.wait)
    if step.wait_for is not None:
        check_expr(checking, step.wait_for)


def _check_leaving(checking: Checking, step: Step) -> None:
    owner = checking.view.owner
    if step.end is not None:
        if checking.is_module:
            message = "a module never ends the visit; it returns, fails, or thinks a rule of the dialogue"
            checking.report("end-in-module", message, step.end.span)
        else:
            checking.usage.endings.setdefault(step.end.text, step.end)
            _check_ending(checking, step.end)
    if step.return_ is not None:
        results = {param.name.text: param for param in owner.gives}
        if not checking.is_module:
            message = "'return' leaves a module, and this is the dialogue"
            checking.report("return-in-dialogue", message, step.span)
        for name, value in step.return_:
            param = results.get(name.text)
            if param is None and checking.is_module:
                message = f"'{owner.name}' gives no '{name}'"
                _report_part(checking, name, list(results), message, "unknown-result")
            kind = checking.view.world.resolve(owner, param.type) if param else UNKNOWN
            expect(checking, value, kind, name.text)
    if step.fail is not None and not checking.is_module:
        message = "'fail' leaves a module with a reason, and this is the dialogue"
        checking.report("fail-in-dialogue", message, step.fail.span)


def _check_ending(checking: Checking, ending: Name) -> None:
    endings = checking.view.owner.endings
    if endings is None or ending in endings:
        return
    near = suggest(ending.text, [known.text for known in endings])
    listed = ", ".join(known.text for known in endings)
    notes = [Note(f"endings: {listed}", endings[0].span if endings else None)]
    checking.report("unknown-ending", f"'{ending}' is no ending of this dialogue", ending.span, near, notes)


def _check_handlers(checking: Checking, step: Step, place: _Place) -> None:
    if step.handlers and not any(_can_fail(inner) for inner in all_steps((step,))):
        reason = step.handlers[0][0]
        message = f"'{reason}' handles a failure, and nothing in this step can fail (ask, call, wait)"
        span = _handler_span(step)
        checking.report("handler-without-act", message, span)
    asked = [checking.view.find(use.name.text, "question") for use in step.ask]
    decls = [found.decl for found in asked if found is not None and isinstance(found.decl, QuestionDecl)]
    for reason, steps in step.handlers:
        if reason == "denied" and step.ask and decls and not any(decl.checks for decl in decls):
            message = "'denied' is for questions that verify (checks); this one is open"
            checking.warn("idle-handler", message, _handler_span(step, reason))
        elif reason == "none_of_these" and step.ask and decls and not any(decl.offers for decl in decls):
            message = "'none_of_these' is for questions that offer a choice (offers)"
            checking.warn("idle-handler", message, _handler_span(step, reason))
        _check_steps(checking, steps, _Place(place.rule, place.followers, True))


def _can_fail(step: Step) -> bool:
    return bool(step.ask) or step.call is not None or step.wait is not None or step.wait_for is not None


def _handler_span(step: Step, reason: str | None = None) -> Span:
    for name, steps in step.handlers:
        if (reason is None or name == reason) and steps:
            return steps[0].span
    return step.span


def conditions(owner: Owner) -> Iterator[Expr]:
    """Every condition of an owner's rules and steps."""
    for rule in owner.rules.values():
        yield from rule.when
        yield from (mask for mask in (rule.if_, rule.unless) if mask is not None)
    from dsl.symbols import bodies

    for step in all_steps(bodies(owner)):
        yield from (mask for mask in (step.if_, step.wait_for) if mask is not None)


__all__ = ["check_rules", "conditions", "span_of_expr"]
