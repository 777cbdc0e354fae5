"""Every place in which a declaration names another: the edges of the graph, and what a rename must touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dsl.check_texts import place, references
from dsl.expressions import ExpressionError, parse_expr
from dsl.symbols import Symbol, View
from dsl.tree import (
    AfterExpr,
    And,
    EventExpr,
    Expr,
    For,
    Literal,
    MironDecl,
    Name,
    NameValue,
    Not,
    Or,
    QuestionDecl,
    RuleDecl,
    RuleTest,
    Step,
    SumExpr,
    TestDecl,
    TestExpr,
    Text,
    TimerTest,
    Use,
    ValueExpr,
    WithinExpr,
)
from miron.template import SlotRef

_ACTS = ("miron", "question", "service", "module", "rule", "timer", "parameter", "channel")
_EVENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "hear": ("hears", ("miron", "parameter")),
    "notice": ("notices", ("miron", "parameter")),
    "see": ("sees", ("signal", "miron", "parameter")),
    "think": ("minds", ("miron", "rule", "parameter")),
    "told": ("is told", ("memory", "parameter")),
    "changed": ("watches", ("memory", "parameter")),
}
_MEMORY = ("memory", "parameter")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a declaration.

    Attributes:
        kind: Of the declaration: ``rule question miron use test body given``.
        holder: Its name; of ``body`` and ``given`` empty.
        relation: What it does with the name: ``hears notices sees minds watches awaits tests follows says
            shows asks calls thinks sets forgets reads starts stops leaves ends fills checks offers uses
            gives`` …
        kinds: What the name may be.
        name: With its place.
        inside: The name is part of a longer text (a sentence), whose place this is.
    """

    kind: str
    holder: str
    relation: str
    kinds: tuple[str, ...]
    name: Name
    inside: bool = False


def mentions(view: View) -> Iterator[Mention]:
    """Every name in the declarations of an owner, in the order of its sections."""
    owner, sources = view.owner, view.world.tree.sources
    for use in owner.use:
        yield Mention("use", use.instance.text, "uses", ("module_name",), use.module)
        for _, value in use.params:
            for name in value_names(value):
                yield Mention(
                    "use", use.instance.text, "gives", ("miron", "rule", "question", *_MEMORY), name
                )
    for miron in owner.mirons.values():
        for relation, kinds, name, inside in _miron(miron, sources):
            yield Mention("miron", miron.name.text, relation, kinds, name, inside)
    for question in owner.questions.values():
        for relation, kinds, name in _question(question):
            yield Mention("question", question.name.text, relation, kinds, name)
    for rule in owner.rules.values():
        for relation, kinds, name in _rule(rule):
            yield Mention("rule", rule.name.text, relation, kinds, name)
    for relation, kinds, name in _steps(owner.do):
        yield Mention("body", "", relation, kinds, name)
    for expr in owner.never:
        for relation, kinds, name in _expr(expr):
            yield Mention("never", "", relation, kinds, name)
    for relation, kinds, name in _given(owner.given):
        yield Mention("given", "", relation, kinds, name)
    for test in owner.tests:
        for relation, kinds, name in _test(test):
            yield Mention("test", test.name.text, relation, kinds, name)


def resolve(view: View, mention: Mention) -> Symbol | None:
    """What a mention means; None for what is ready-made, a part of a value, or unknown."""
    text = mention.name.text
    kinds = tuple(kind for kind in mention.kinds if kind not in _MEMORY)
    if kinds and (found := view.find(text, *kinds)) is not None:
        return found
    if set(mention.kinds) & set(_MEMORY) and (entry := view.entry(text)) is not None:
        return entry[0]
    head = text.rpartition(".")[0]
    if "memory" in mention.kinds and head:  # an entity of an act: ``wake_me.at``
        return view.find(head, "miron", "question", "service")
    return None


def value_names(value: ValueExpr | None) -> Iterator[Name]:
    """The bare words of a value: entries, or values of a choice."""
    match value:
        case NameValue(name):
            yield name
        case SumExpr(left, right, _):
            yield from value_names(left)
            yield from value_names(right)
        case Literal() | None:
            return


_Found = tuple[str, tuple[str, ...], Name]


def _expr(expr: Expr | None) -> Iterator[_Found]:
    match expr:
        case And(items) | Or(items):
            for item in items:
                yield from _expr(item)
        case Not(item):
            yield from _expr(item)
        case For(item, duration) | WithinExpr(item, duration):
            yield from _expr(item)
            if isinstance(duration, Name):
                yield "reads", _MEMORY, duration
        case EventExpr(kind, name, _):
            relation, kinds = _EVENTS.get(kind, ("awaits", _ACTS))
            yield relation, kinds, name
        case TestExpr(name, _, operand, _):
            yield "reads", ("question", *_MEMORY), name
            for word in value_names(operand):
                yield "reads", _MEMORY, word
        case RuleTest(_, name):
            yield "tests", ("rule", "parameter"), name
        case TimerTest(name):
            yield "awaits", ("timer", "parameter"), name
        case AfterExpr(duration, _) if isinstance(duration, Name):
            yield "reads", _MEMORY, duration


def _steps(steps: Iterable[Step]) -> Iterator[_Found]:
    for step in steps:
        yield from _step(step)
        yield from _steps(step.decide)
        yield from _steps(step.do)
        for _, handler in step.handlers:
            yield from _steps(handler)


def _step(step: Step) -> Iterator[_Found]:
    yield from _expr(step.if_)
    yield from _uses(step.say, "says", ("miron", "parameter"))
    for use in (step.gesture, step.feel, step.look, step.show):
        yield from _uses([use] if use else (), "shows", ("miron", "parameter"))
    yield from _uses(step.ask, "asks", ("question", "parameter"), arguments=_MEMORY)
    yield from _uses([step.call] if step.call else (), "calls", ("service", "module"))
    for entry, _ in step.get:
        yield "sets", _MEMORY, entry
    yield from _uses([step.think] if step.think else (), "thinks", ("miron", "rule", "module", "parameter"))
    for entry, value in step.set:
        yield "sets", _MEMORY, entry
        for name in value_names(value):
            yield "reads", _MEMORY, name
    for name in step.forget:
        yield "forgets", _MEMORY, name
    for name, length in step.timer:
        yield "starts", ("timer",), name
        if isinstance(length, Name):
            yield "reads", _MEMORY, length
    for name in step.stop:
        yield "stops", ("timer", "channel"), name
    for name in step.leave:
        yield "leaves", ("rule", "parameter"), name
    if isinstance(step.wait, Name):
        yield "reads", _MEMORY, step.wait
    yield from _expr(step.wait_for)
    for _, value in step.return_ or ():
        for name in value_names(value):
            yield "reads", _MEMORY, name
    if step.end is not None:
        yield "ends", ("ending",), step.end


def _uses(
    uses: Iterable[Use], relation: str, kinds: tuple[str, ...], arguments: tuple[str, ...] = ()
) -> Iterator[_Found]:
    for use in uses:
        yield relation, kinds, use.name
        for key, value in use.args:
            if arguments or "." in key.text:
                yield "gives", _MEMORY, key
            for name in value_names(value):
                yield "reads", _MEMORY, name


def _miron(miron: MironDecl, sources: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...], Name, bool]]:
    for name, _ in miron.sets:
        yield "sets", _MEMORY, name, False
    for form in miron.forms.values():
        for texts, relation in ((form.both, "holds"), (form.heard, "fills"), (form.said, "reads")):
            for text in texts:
                for found in references(text):
                    if isinstance(found, SlotRef) and not found.type:
                        span = place(sources, text, found.start, found.end)
                        yield relation, _MEMORY, Name(found.name, span), True


def _question(question: QuestionDecl) -> Iterator[_Found]:
    for relation, name in (
        ("fills", question.fills),
        ("checks", question.checks),
        ("offers", question.offers),
    ):
        if name is not None:
            yield relation, _MEMORY, name
    for names in (
        *(question.prompt, question.hint, question.silent, question.not_understood),
        *(question.noise, question.help, question.bridge),
    ):
        for name in names or ():
            yield "says", ("miron", "parameter"), name
    for name in question.hear:
        yield "hears", ("miron", "parameter"), name
    for name in question.digress if isinstance(question.digress, tuple) else ():
        yield "interrupted by", ("rule", "parameter"), name


def _rule(rule: RuleDecl) -> Iterator[_Found]:
    for expr in (*rule.when, rule.if_, rule.unless):
        yield from _expr(expr)
    for names in rule.follows:
        for name in names:
            yield "follows", ("rule", "parameter"), name
    if isinstance(rule.cooldown, Name):
        yield "reads", _MEMORY, rule.cooldown
    yield from _steps(rule.do)


_LINES: Mapping[str, tuple[str, ...]] = {
    "press": ("miron",),
    "bot": ("miron",),
    "asks": ("question",),
    "gesture": ("miron",),
    "feel": ("miron",),
    "look": ("miron",),
    "show": ("miron",),
    "think": ("miron", "rule"),
    "thinks": ("miron", "rule", "module"),
    "calls": ("service", "module"),
    "end": ("ending",),
}


def _test(test: TestDecl) -> Iterator[_Found]:
    for line in test.lines:
        if line.key == "given":
            yield from _given(line.value)
        elif line.key == "check" or line.key == "see":
            for text in _texts(line.value):
                if line.key == "see" and " " not in text.text:
                    yield "expects", ("signal", "miron", *_MEMORY), Name(text.text, text.span)
                else:
                    yield from _condition(text)
        else:
            for name, details in _entries(line.value):
                yield "expects", _LINES.get(line.key, ()), name
                if isinstance(details, dict):
                    for entity in details:
                        yield "expects", _MEMORY, entity


def _condition(text: Text) -> Iterator[_Found]:
    try:
        yield from _expr(parse_expr(text.text, text.span.within))
    except ExpressionError:
        return  # the checker reports it where it stands


def _given(value: Any) -> Iterator[_Found]:
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key.text in ("memory", "services") and isinstance(inner, dict):
            kinds = _MEMORY if key.text == "memory" else ("service",)
            for name in inner:
                yield "gives", kinds, name


def _entries(value: Any) -> Iterator[tuple[Name, Any]]:
    if isinstance(value, Text):
        yield Name(value.text, value.span), None
    elif isinstance(value, list):
        for item in value:
            yield from _entries(item)
    elif isinstance(value, dict):
        yield from value.items()


def _texts(value: Any) -> Iterator[Text]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Text):
            yield item
