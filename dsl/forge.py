"""Making rules of the network out of rules of the author: heads, and the hidden parts of their steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

from dsl.binding import DIALOGUE_SCOPE, OUTER_SCOPE, Env, Tables, origin
from dsl.tree import RuleDecl, Step
from dsl.usage import all_steps
from engine.model import (
    Active,
    Effects,
    Ended,
    Entry,
    Group,
    Intercept,
    Lit,
    Mask,
    Offer,
    OnBusy,
    Pulse,
    Rule,
)
from miron.source import Span

T = TypeVar("T")

MAX_GROUPS = 64
"""Alternatives that a rule of the network may have (docs/semantics.md §2)."""

PARTS_PER_RULE = 100_000
"""Room in the rank between two rules of a file for the parts of the first."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A way to go on: when ``pred`` is in force and its acts have ended (or at once), and ``lits`` hold.

    Attributes:
        eats: What is consumed by going on; nothing when the head itself stays in force.
    """

    pred: str
    eats: tuple[str, ...] = ()
    lits: tuple[Lit, ...] = ()
    at_once: bool = False

    def group(self) -> Group:
        """The AND group of the next part."""
        ended = () if self.at_once else (Lit(Ended(self.pred)),)
        return Group(None, (Lit(Active(self.pred)), *ended, *self.lits), eats=self.eats)

    def also(self, *lits: Lit) -> Edge:
        """The same way under further tests."""
        return replace(self, lits=self.lits + lits) if lits else self

    def leaving(self, rule: str) -> Edge:
        """The same way, consuming ``rule`` (with all its parts) instead of the predecessor alone."""
        return replace(self, eats=(rule,))


@dataclass(frozen=True, slots=True)
class Head:
    """The author's rule, question or call whose parts are being made.

    Attributes:
        name: Its unit in the network.
        base: The author's rule: names, ranks and origins of parts come from it.
    """

    name: str
    decl: RuleDecl
    base: str


def following(group: Group) -> Group:
    """The group with every rule that it consumes among its conditions."""
    active = tuple(Lit(Active(state)) for state in group.eats if Lit(Active(state)) not in group.lits)
    return replace(group, lits=active + group.lits) if active else group


@dataclass(slots=True)
class Forge:
    """Collects what the program consists of while it is lowered."""

    tables: Tables
    rules: dict[str, Rule] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=lambda: {OUTER_SCOPE: "", DIALOGUE_SCOPE: OUTER_SCOPE})
    intercepts: list[Intercept] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    steps: dict[str, Span] = field(default_factory=dict)
    """Unit → the author's step that begins with it."""
    copies: dict[str, list[str]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def fresh(self, base: str) -> tuple[str, int]:
        """A new part name for an author's rule, and its number."""
        number = self.counters.get(base, 1) + 1
        self.counters[base] = number
        return f"{base}/{number}", number

    def part(
        self,
        head: Head,
        groups: Iterable[Group],
        effects: Effects,
        *,
        env: Env,
        span: Span,
        masks: tuple[Mask, ...] = (),
        part_of: str,
        suffix: str = "",
        followed: bool = True,
        name: str = "",
    ) -> str:
        """Add a hidden rule of the head's rank."""
        fresh, number = self.fresh(head.base)
        name = name or fresh + suffix
        self.rules[name] = Rule(
            name=name,
            groups=tuple(map(following, groups)) or (Group(Pulse("inner", name)),),
            unless=masks,
            effects=effects,
            scope=env.scope,
            part_of=part_of,
            followed=followed,
            ignore_again=False,
            priority=head.decl.priority,
            file=head.decl.file,
            position=head.decl.position * PARTS_PER_RULE + min(number, PARTS_PER_RULE - 1),
            on_busy=OnBusy.WAIT,
            origin=origin(span),
            hidden=True,
        )
        return name

    def change(self, name: str, **changes: object) -> None:
        """Replace fields of a rule made before."""
        self.rules[name] = replace(self.rules[name], **changes)  # type: ignore[arg-type]

    def end_of(self, rule: str) -> str:
        """The part whose end is the end of an author's rule."""
        known = self.tables.rules.get(rule)
        return rule if known is None or is_simple(known[0].do, known[1]) else f"{rule}/end"


def batched(items: Iterable[T], each: int = 1) -> Iterator[list[T]]:
    """The items in lists that fit into one rule of the network, with ``each`` alternatives for an item."""
    rest = iter(items)
    while batch := list(islice(rest, MAX_GROUPS // each)):
        yield batch


def is_simple(steps: tuple[Step, ...], env: Env) -> bool:
    """Whether the whole body fits into the rule's own unit: at most one step, all of it at once."""
    if not steps:
        return True
    if len(steps) > 1:
        return False
    step = steps[0]
    if step.if_ or step.ask or step.call or step.wait_for or step.decide or step.do:
        return False
    if step.return_ is not None or step.fail:
        return False
    return not (has_acts(step) and (step.think or step.end))


def has_acts(step: Step) -> bool:
    """Whether the step does something that takes time (questions and calls of modules apart)."""
    return bool(
        step.say or step.gesture or step.feel or step.look or step.show or step.call or step.wait is not None
    )


def acts(steps: Iterable[Step]) -> bool:
    """Whether some step does something that can be perceived or takes time."""
    return any(has_acts(step) or step.ask or step.wait_for for step in all_steps(steps))


def speaks(steps: Iterable[Step]) -> bool:
    """Whether some step says or asks something, or calls what may."""
    return any(step.say or step.ask or step.call for step in all_steps(steps))
