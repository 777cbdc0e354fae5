"""The steps of rules and module bodies: from nodes to :class:`dsl.tree.Step`."""

from __future__ import annotations

from typing import Any

from dsl import fields
from dsl.fields import Report
from dsl.names import normal
from dsl.tree import Literal, Name, Step, Use, ValueExpr
from dsl.yaml import Items, Mapping, Node, Scalar
from miron.source import Note, suggest

HANDLERS = ("failed", "denied", "none_of_these", "skipped", "cancelled", "gave_up", "timed_out")
"""Reasons for which ``ask``, ``call`` and ``wait`` fail; ``failed`` takes them all."""

MIRON_KEYS = ("gesture", "feel", "look", "show")
"""Keys of a step that take one Miron; ``say`` takes several."""

STEP_KEYS = (
    *("if", "say", *MIRON_KEYS, "ask", "call", "get", "think", "set", "forget", "timer", "stop"),
    *("leave", "wait", "can", "decide", "do", "return", "fail", "end"),
    *HANDLERS,
)

_HINTS = {
    "else": "there is no else; use decide, whose last row without 'if' is the otherwise",
    "when": "a step has only 'if'; what waits is a rule of its own or 'wait: {for: …, at_most: 5s}'",
    "unless": "write 'if: not (…)'",
    "then": "write what is done into the step itself",
    "goto": "use think, which fires a rule",
    "emotion": "use feel",
    "gaze": "use look",
    "screen": "use show",
    "speak": "use say",
    "deny": "write 'denied'",
    "no": "write 'denied'",
    "timeout": "write 'timed_out'",
    "fails": "write 'failed'",
    "cancel": "write 'cancelled'",
    "args": "write the arguments into a map: {NAME: {entity: value}}",
}
_EXAMPLE = "{say: greeting, gesture: wave}"


def read_steps(report: Report, node: Node) -> tuple[Step, ...]:
    """A step, or a list of steps."""
    if isinstance(node, Items):
        return tuple(read_step(report, item) for item in node.items)
    return (read_step(report, node),)


def read_step(report: Report, node: Node) -> Step:
    """One step."""
    found: dict[str, Any] = {}
    handlers: list[tuple[str, tuple[Step, ...]]] = []
    given = fields.keys(report, node, STEP_KEYS, "a step", _EXAMPLE, _HINTS)
    for key, (place, value) in given.items():
        if key in HANDLERS:
            handlers.append((key, read_steps(report, value)))
        elif isinstance(value, Scalar) and value.empty:
            report.error("nothing-given", f"nothing stands after '{key}:'", place.span)
        else:
            found.update(_read_key(report, key, value))
    return Step(node.span, handlers=tuple(handlers), **found)


def _read_key(report: Report, key: str, value: Node) -> dict[str, Any]:
    match key:
        case "if":
            return {"if_": fields.expression(report, value)}
        case "say":
            return {"say": _uses(report, value, "a Miron")}
        case "gesture" | "feel" | "look" | "show" | "think" | "call":
            return {key: _use(report, value, _WHAT.get(key, "a Miron"))}
        case "ask":
            return {"ask": _uses(report, value, "a question")}
        case "get":
            return {"get": _results(report, value)}
        case "set":
            return {"set": _settings(report, value)}
        case "forget" | "stop":
            return {key: fields.names(report, value, "a name")}
        case "timer":
            return {"timer": _timers(report, value)}
        case "leave":
            if isinstance(value, Scalar) and value.text == "all":
                return {"leave_all": True}
            return {"leave": fields.names(report, value, "the name of a rule")}
        case "wait":
            return _wait(report, value)
        case "can":
            return {"can": _gates(report, value)}
        case "decide":
            return {"decide": _rows(report, value)}
        case "do":
            return {"do": read_steps(report, value)}
        case "return":
            return {"return_": arguments(report, value, "results", "{reply: later}")}
        case "fail":
            return {"fail": fields.name(report, value, "a reason, such as refused,")}
        case _:
            return {"end": fields.name(report, value, "the name of an ending")}


_WHAT = {"think": "an inner Miron or a rule", "call": "a service or module"}


def _use(report: Report, node: Node, what: str) -> Use | None:
    """``M`` or ``{M: {entity: value}}``."""
    if isinstance(node, Scalar):
        if " " in node.text:
            message = f"{what} is expected here by its name; sentences are written under 'mirons'"
            report.error("sentence-in-step", message, node.span)
            return None
        found = fields.name(report, node, what)
        return Use(found) if found else None
    if isinstance(node, Mapping) and len(node.pairs) == 1:
        key, value = node.pairs[0]
        found = fields.name(report, key, what)
        if found is None:
            return None
        if isinstance(value, Scalar) and value.empty:
            return Use(found)
        return Use(found, arguments(report, value, f"the arguments of {found}", "{whom: visit.host}"))
    message = (
        f"{what} is expected here, not {fields.describe(node)}; for example NAME or {{NAME: {{part: value}}}}"
    )
    notes = (Note("each goes into a step of its own"),) if isinstance(node, Items | Mapping) else ()
    report.error("wrong-shape", message, node.span, notes=notes)
    return None


def _uses(report: Report, node: Node, what: str) -> tuple[Use, ...]:
    nodes = node.items if isinstance(node, Items) else [node]
    return tuple(use for item in nodes if (use := _use(report, item, what)) is not None)


def arguments(report: Report, node: Node, what: str, example: str) -> tuple[tuple[Name, ValueExpr], ...]:
    """``{name: value}``."""
    found = []
    for key, value in fields.pairs(report, node, what, example):
        name, expr = fields.name(report, key), fields.value(report, value)
        if name is not None and expr is not None:
            found.append((name, expr))
    return tuple(found)


def _results(report: Report, node: Node) -> tuple[tuple[Name, Name], ...]:
    found = []
    for key, value in fields.pairs(report, node, "a map of memory to results", "{visit.found: found}"):
        entry, result = fields.name(report, key), fields.name(report, value, "the name of a result")
        if entry is not None and result is not None:
            found.append((entry, result))
    return tuple(found)


def _settings(report: Report, node: Node) -> tuple[tuple[Name, ValueExpr], ...]:
    if isinstance(node, Scalar):
        flag = fields.name(report, node, "a flag")
        return ((flag, Literal("flag", True, node.span)),) if flag else ()
    return arguments(report, node, "a flag or a map of memory to values", "{phase: talking}")


def _timers(report: Report, node: Node) -> tuple[tuple[Name, int | Name], ...]:
    found = []
    for key, value in fields.pairs(report, node, "a map of timers to durations", "{tea_time: 3min}"):
        name, length = fields.declared(report, key, "a timer"), fields.duration_or_name(report, value)
        if name is not None and length is not None:
            found.append((name, length))
    return tuple(found)


def _wait(report: Report, node: Node) -> dict[str, Any]:
    if isinstance(node, Scalar):
        return {"wait": fields.duration_or_name(report, node)}
    given = fields.keys(report, node, ("for", "at_most"), "wait", "5s, or {for: hear agree, at_most: 5s}")
    found: dict[str, Any] = {}
    if "for" in given:
        found["wait_for"] = fields.expression(report, given["for"][1])
    if "at_most" in given:
        found["wait"] = fields.duration_or_name(report, given["at_most"][1])
    elif "for" in given and not any(suggest(key.text, ("at_most",)) for key, _ in _pairs_of(node)):
        message = "'at_most' is missing: nothing may wait for ever"
        report.error("endless-wait", message, node.span, notes=(Note("wait: {for: …, at_most: 30s}"),))
    return found


def _pairs_of(node: Node) -> list[fields.Pair]:
    return node.pairs if isinstance(node, Mapping) else []


def _gates(report: Report, node: Node) -> tuple[tuple[Name, bool], ...]:
    found = []
    for key, value in fields.pairs(report, node, "a map of channels to yes or no", "{speech: no}"):
        name, on = fields.name(report, key), fields.flag(report, value)
        if name is not None and on is not None:
            found.append((Name(normal(name.text), name.span), on))
    return tuple(found)


def _rows(report: Report, node: Node) -> tuple[Step, ...]:
    if not isinstance(node, Items):
        message = (
            f"decide takes a list of rows, not {fields.describe(node)}; for example '- {{if: …, say: …}}'"
        )
        report.error("wrong-shape", message, node.span)
        return ()
    rows = []
    for position, item in enumerate(node.items):
        row = read_step(report, item)
        has_if = isinstance(item, Mapping) and any(key.text == "if" for key, _ in item.pairs)
        if not has_if and position < len(node.items) - 1:
            message = "only the last row may stand without 'if': the rows below it are never reached"
            report.error("row-without-if", message, item.span)
        rows.append(row)
    return tuple(rows)
