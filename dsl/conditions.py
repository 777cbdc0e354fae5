"""Conditions to groups and masks: an expression becomes an OR of ANDs over signals of the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dsl.binding import Env, error
from dsl.forge import MAX_GROUPS
from dsl.tree import (
    AfterExpr,
    And,
    EventExpr,
    Expr,
    For,
    Name,
    NameValue,
    Not,
    Or,
    RuleDecl,
    RuleTest,
    TestExpr,
    TimerTest,
    WithinExpr,
)
from dsl.types import FLAG, TEXT, Type
from dsl.usage import all_steps
from engine.model import (
    Active,
    After,
    Const,
    Ended,
    EntityRef,
    Group,
    Held,
    Level,
    Lit,
    Mask,
    Op,
    Pulse,
    Ref,
    Test,
    TimerOut,
    Within,
)
from miron.source import Span

CHANNELS = {
    "speech": "speech",
    "gesture": "gesture",
    "gaze": "gaze",
    "emotion": "emotion",
    "screen": "screen",
}


Meant = tuple[Pulse, tuple[Lit, ...]]
"""A pulse with the levels that go with it."""


@dataclass(frozen=True, slots=True)
class Conj:
    """One AND: at most one event, and tests.

    Attributes:
        takes: The event is ``hear``.
        after: Milliseconds of an ``after T`` not yet bound to the followed rule.
    """

    pulse: Pulse | None = None
    lits: tuple[Lit, ...] = ()
    takes: bool = False
    after: tuple[tuple[int, bool], ...] = ()

    def join(self, other: Conj, where: Expr) -> Conj:
        """Both together; two events never meet."""
        if self.pulse and other.pulse:
            raise error(
                "two-events",
                "an event never meets another event: they last one moment only",
                span_of(where),
                "write one of them as 'EVENT within 5s'",
            )
        return Conj(
            self.pulse or other.pulse,
            self.lits + tuple(lit for lit in other.lits if lit not in self.lits),
            self.takes or other.takes,
            self.after + other.after,
        )


class Conditions:
    """Lowers the expressions of one environment.

    Args:
        env: What names mean.
        end_of: Rule name → the part whose end is its end.
    """

    def __init__(self, env: Env, end_of: Callable[[str], str]) -> None:
        self.env = env
        self.end_of = end_of

    def dnf(self, expr: Expr, positive: bool = True) -> list[Conj]:
        """The expression (or its opposite) as an OR of ANDs."""
        match expr:
            case Not(item):
                return self.dnf(item, not positive)
            case Or(items) | And(items):
                if isinstance(expr, Or) == positive:
                    return [conj for item in items for conj in self.dnf(item, positive)]
                result = [Conj()]
                for item in items:
                    result = [a.join(b, expr) for a in result for b in self.dnf(item, positive)]
                    if len(result) > MAX_GROUPS:
                        raise error(
                            "too-many-alternatives",
                            f"this condition has more than {MAX_GROUPS} alternatives",
                            span_of(expr),
                            "split the rule, or give the common part a name in memory",
                        )
                return result
            case EventExpr():
                if not positive:
                    raise error(
                        "negated-event",
                        "an event cannot be negated: it lasts one moment only",
                        expr.name.span,
                        f"write 'not {expr.kind} {expr.name.text} within 5s'",
                    )
                return [Conj(pulse, lits, expr.kind == "hear") for pulse, lits in self._pulses(expr)]
            case WithinExpr(item, duration):
                ms = self.env.duration(duration)
                gates = [Lit(Within(pulse, ms), positive) for pulse, _ in self._pulses(item)]
                return [Conj(lits=(gate,)) for gate in gates] if positive else [Conj(lits=tuple(gates))]
            case AfterExpr():
                return [Conj(after=((self.env.duration(expr.duration), positive),))]
            case RuleTest(kind, name):
                lits = [
                    Lit(Active(rule) if kind == "active" else Ended(self.end_of(rule)), positive)
                    for rule in self.env.rules(name)
                ]
                return [Conj(lits=(lit,)) for lit in lits] if positive else [Conj(lits=tuple(lits))]
            case TestExpr(op="unknown"):
                known = TestExpr(expr.name, "known")
                return [Conj(lits=(Lit(self._test(known), not positive),))]
            case _:
                return [Conj(lits=(Lit(self._level(expr), positive),))]

    def masks(self, expr: Expr, positive: bool = True) -> tuple[Mask, ...]:
        """The expression (or its opposite) as something to look at."""
        masks = []
        for conj in self.dnf(expr, positive):
            if conj.pulse is not None:
                raise error(
                    "event-in-test",
                    "only tests can stand here, not an event",
                    span_of(expr),
                    "write 'EVENT within 5s', or move it to 'when'",
                )
            if conj.after:
                raise error("after-in-test", "'after' stands in 'when' only", span_of(expr))
            masks.append(Mask(conj.lits))
        return tuple(masks)

    def groups(
        self, conjs: Iterable[Conj], follows: tuple[tuple[str, ...], ...], text: str = ""
    ) -> tuple[Group, ...]:
        """Groups for the alternatives, one copy for each alternative of ``follows``."""
        result: list[Group] = []
        for conj in conjs:
            for states in follows or ((),):
                lits = tuple(Lit(Active(state)) for state in states) + conj.lits
                for ms, positive in conj.after:
                    lits += tuple(Lit(self._after(state, ms), positive) for state in states)
                result.append(Group(conj.pulse, lits, eats=states, takes=conj.takes, text=text))
        return tuple(result)

    def _after(self, rule: str, ms: int) -> Level:
        end = self.end_of(rule)
        if end == rule:
            return After(rule, ms)
        return Held((Mask((Lit(Active(rule)), Lit(Ended(end)))),), ms)

    def _level(self, expr: Expr) -> Level:
        env = self.env
        match expr:
            case For(item, duration):
                return Held(self.masks(item), env.duration(duration))
            case TimerTest(name):
                return TimerOut(env.timer(name))
            case TestExpr():
                return self._test(expr)
            case _:
                raise error("bad-condition", "this cannot stand in a condition", span_of(expr))

    def _test(self, test: TestExpr) -> Test:
        env = self.env
        ref, kind = self._tested(test.name)
        if test.word is not None and test.op == "is":
            if kind.kind == "flag" and test.word.text in ("yes", "no"):
                return Test(Op(test.word.text), ref)
            return Test(Op.EQ, ref, env.value(NameValue(test.word), kind))
        if test.op == "yes":
            return Test(Op.YES if kind.kind == "flag" else Op.KNOWN, ref)
        operand = env.value(test.operand, kind) if test.operand is not None else None
        return Test(Op(test.op), ref, operand)

    def _tested(self, name: Name) -> tuple[Ref | EntityRef, Type]:
        """What a test looks at: memory, the state of a verifying question, or an entity of an act."""
        env = self.env
        found = env.reference(name.text)
        if found is not None:
            return found
        question = env.find(env.tables.questions, name.text)
        if question is not None and question + "/agreed" in env.tables.entries:
            return Ref(question + "/agreed"), FLAG
        entity = env.entity(name.text)
        return (entity[0], entity[1] or TEXT) if entity is not None else env.entry(name)

    def _pulses(self, event: EventExpr) -> list[Meant]:
        """What an event may be, each with what must hold for it to be meant."""
        env, name, kind = self.env, event.name, event.kind
        match kind:
            case "hear" | "notice":
                return [(Pulse("other", env.miron(name), via=event.via), ())]
            case "see":
                return [(Pulse("world", env.signal(name.text)), ())]
            case "think":
                return [(Pulse("inner", env.find_rule(name.text) or env.miron(name)), ())]
            case "told" | "changed":
                return [(Pulse(kind, env.told_name(name)), ())]
            case _:
                return self._own(kind, name)

    def _own(self, kind: str, name: Name) -> list[Meant]:
        """``said/started/done/failed/cut A`` for whatever A is."""
        env, tables = self.env, self.env.tables
        if env.find_rule(name.text) or env.is_called(name.text):
            return [meant for rule in env.rules(name) for meant in self._of_rule(kind, rule)]
        question = env.find(tables.questions, name.text)
        if question is not None:
            if kind in ("done", "failed"):
                return [(Pulse("inner", f"{kind} {question}"), ())]
            first = Lit(Test(Op.EQ, Ref(f"{question}/begun"), Const(0)))
            return [(Pulse("self", question, kind), (first,) if kind == "started" else ())]
        service = env.find(tables.services, name.text)
        if service is not None:
            return [(Pulse("self", service, kind), ())]
        if name.text in CHANNELS:
            return [(Pulse("self", name.text, kind), ())]
        if name.text in tables.modules:
            return [(Pulse("inner", f"{kind} {env.prefix}{name.text}"), ())]
        return [(Pulse("self", env.miron(name), kind), ())]

    def _of_rule(self, kind: str, rule: str) -> list[Meant]:
        match kind:
            case "done":
                return [(Pulse("finished", self.end_of(rule)), ())]
            case "started":
                return [(Pulse("fired", rule), ())]
            case "failed":
                return [(Pulse("inner", f"failed {rule}"), ())]
            case _:
                said = uttered(*self.env.tables.rules[rule]) if rule in self.env.tables.rules else ()
                return [(Pulse("self", name, kind), ()) for name in said]


def uttered(decl: RuleDecl, env: Env) -> tuple[str, ...]:
    """The Mirons and questions that the steps of a rule say themselves."""
    tables = env.tables
    found: list[str | None] = []
    for step in all_steps(decl.do):
        found += [env.find(tables.mirons, use.name.text) for use in step.say]
        found += [env.find(tables.questions, use.name.text) for use in step.ask]
    return tuple(dict.fromkeys(name for name in found if name is not None))


def span_of(expr: Expr) -> Span:
    """A place in the expression to point at: its first name."""
    match expr:
        case Or(items) | And(items):
            return span_of(items[0])
        case Not(item) | For(item, _) | WithinExpr(item, _):
            return span_of(item)
        case AfterExpr(_, span):
            return span
        case EventExpr() | TestExpr() | RuleTest() | TimerTest():
            return expr.name.span
