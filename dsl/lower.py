"""Steps to parts: a rule's ``do`` becomes hidden rules that follow one another.

Every part fires on a rise (its predecessor's acts have ended), so an ``if`` looked at in that moment decides
once; the failing of a question, call or wait is a way of its own to the handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from dsl import questions
from dsl.binding import TAKER, TURN_TAKING, Bound, Env, Tables, error, origin, slot_type, slot_values, unknown
from dsl.conditions import CHANNELS, Conditions, Conj
from dsl.forge import MAX_GROUPS, PARTS_PER_RULE, Edge, Forge, Head, acts, has_acts
from dsl.tree import Literal, Name, NameValue, Owner, RuleDecl, Step, Use, ValueExpr
from dsl.usage import hears
from engine.model import (
    Active,
    ActSpec,
    After,
    Assign,
    Const,
    Effects,
    Ended,
    Failed,
    Group,
    Lit,
    Mask,
    OnBusy,
    Op,
    Part,
    Pulse,
    Ref,
    Rule,
    Test,
    Think,
    Value,
)
from miron.source import Span

OUTPUTS = (
    ("say", "speech"),
    ("gesture", "gesture"),
    ("feel", "emotion"),
    ("look", "gaze"),
    ("show", "screen"),
)
"""Step keys and the channels they act on."""

Escape = Callable[[str, list[Edge]], None]
"""Receives the reason of a failure nobody handled, and the ways it came."""


@dataclass(slots=True)
class Frame:
    """The handlers of the step that is being lowered, and the failures that reached them."""

    handlers: dict[str, tuple[Step, ...]]
    pending: dict[str, list[Edge]] = field(default_factory=dict)

    def catch(self, reason: str, edges: list[Edge]) -> bool:
        """Take the failure if there is a handler for its reason or for all."""
        key = reason if reason in self.handlers else "failed"
        if key not in self.handlers:
            return False
        self.pending.setdefault(key, []).extend(edges)
        return True


@dataclass(slots=True)
class CallSite:
    """The call whose module is being lowered: where its returns and failures go.

    Attributes:
        results: Result name → memory entry.
    """

    results: dict[str, str]
    returns: list[Edge] = field(default_factory=list)
    failures: list[tuple[str, list[Edge]]] = field(default_factory=list)

    def fail(self, reason: str, ways: list[Edge]) -> None:
        """A failure that leaves the module."""
        self.failures.append((reason, ways))


class Body:
    """Lowers the steps of one rule, or of a called module's body.

    Attributes:
        first: What the head itself does: the first step, where it can be done at once.

    Args:
        head: The author's rule; parts get its rank and origin.
        part_of: The unit whose leaving ends all parts: the rule, or the call.
        site: The call this body belongs to, for ``return`` and ``fail``.
        outer: Rules of enclosing calls, which may interrupt a question asked here.
    """

    def __init__(
        self,
        forge: Forge,
        env: Env,
        head: Head,
        part_of: str,
        site: CallSite | None = None,
        outer: tuple[str, ...] = (),
    ) -> None:
        self.forge, self.env, self.head, self.part_of = forge, env, head, part_of
        self.site, self.outer = site, outer
        self.conditions = Conditions(env, forge.end_of)
        self.frames: list[Frame] = []
        self.final: list[Edge] = []
        self.first = Effects()
        self._merging = head.name == head.base
        self._beginning: Span | None = None

    # Parts

    def node(
        self,
        edges: Iterable[Edge],
        effects: Effects,
        span: Span,
        masks: tuple[Mask, ...] = (),
        *,
        suffix: str = "",
        groups: Iterable[Group] = (),
    ) -> str:
        """A part reached by any of ``edges``; the first one may be the rule's own unit."""
        edges = list(edges)
        merging, self._merging = self._merging, False
        if merging and not (masks or groups or suffix) and edges == [Edge(self.head.name)]:
            self.first = effects
            return self._begun(self.head.name)
        part = self.forge.part(
            self.head,
            (*(edge.group() for edge in edges), *groups),
            effects,
            env=self.env,
            span=span,
            masks=masks,
            part_of=self.part_of,
            suffix=suffix,
        )
        return self._begun(part)

    def _begun(self, node: str) -> str:
        """The first unit of a step is the step, for coverage."""
        if self._beginning is not None:
            self.forge.steps[node], self._beginning = self._beginning, None
        return node

    def edge(self, node: str) -> Edge:
        """The way on from a part; a rule or call stays in force while its steps run."""
        return Edge(node) if node in (self.head.name, self.part_of) else Edge(node, (node,))

    def fail(self, reason: str, edges: list[Edge]) -> None:
        """Send a failure to the nearest handler, else out of the module, at last to ``give_up``."""
        if not edges or any(frame.catch(reason, edges) for frame in reversed(self.frames)):
            return
        if self.site is not None:
            self.site.fail(reason, edges)
            return
        think = Effects(thinks=(Think(f"failed {self.head.base}"), Think(f"{TURN_TAKING}.give_up")))
        self.final.append(self.edge(self.node(edges, think, self.head.decl.span)))

    def handles(self, reason: str) -> bool:
        """Whether a handler of this body would take the failure."""
        return any(reason in frame.handlers or "failed" in frame.handlers for frame in self.frames)

    # Steps

    def block(self, steps: tuple[Step, ...], edges: list[Edge], masks: tuple[Mask, ...] = ()) -> list[Edge]:
        """Steps one after another; returns the ways out at the end."""
        for index, step in enumerate(steps):
            if not edges:
                break
            edges = self.step(step, edges, masks if index == 0 else ())
        return edges

    def step(self, step: Step, edges: list[Edge], masks: tuple[Mask, ...]) -> list[Edge]:
        """One step, skipped when its ``if`` is false."""
        if step.if_ is None:
            return self._handled(step, edges, masks)
        return self._decide((step,), edges, masks)

    def _decide(self, rows: tuple[Step, ...], edges: list[Edge], masks: tuple[Mask, ...]) -> list[Edge]:
        """The first row that holds; none: the step is over."""
        self._merging, self._beginning = False, None
        exits: list[Edge] = []
        earlier: tuple[Mask, ...] = ()
        for row in rows:
            if row.if_ is None:
                return exits + self._handled(row, edges, masks + earlier)
            fails = self.conditions.masks(row.if_, positive=False)
            exits += self._handled(row, edges, masks + earlier + fails)
            earlier += self.conditions.masks(row.if_)
        skip = self.node(edges, Effects(), rows[-1].span, masks + earlier)
        return [*exits, self.edge(skip)]

    def _handled(self, step: Step, edges: list[Edge], masks: tuple[Mask, ...]) -> list[Edge]:
        """A step with its handlers: they run instead of the rest of the rule."""
        if not step.handlers:
            return self._run(step, edges, masks)
        frame = Frame(dict(step.handlers))
        self.frames.append(frame)
        exits = self._run(step, edges, masks)
        self.frames.remove(frame)
        for key, ways in frame.pending.items():
            self.final += self.block(frame.handlers[key], ways)
        return exits

    def _run(self, step: Step, edges: list[Edge], masks: tuple[Mask, ...]) -> list[Edge]:
        self._beginning = step.span
        module = self._module(step.call)
        slow = bool(has_acts(step) or step.ask or step.wait_for or step.decide or step.do)
        effects = self._effects(step, service=module is None)
        tail = self._tail(step)
        if not slow and tail is not None:
            effects, tail = _merge(effects, tail), None
        joins: tuple[Lit, ...] = ()
        alone = not (step.ask or module or step.wait_for or step.decide or step.do)
        if effects != Effects() or alone:
            node = self.node(edges, effects, step.span, masks)
            edges, masks = [self.edge(node)], ()
            if not alone and effects.acts:
                joins = (Lit(Ended(node)),)
                edges = [Edge(node, at_once=True)]
            if step.call and module is None:
                edges = self._service_ways(step, node)
        for use in step.ask:
            edges, masks = questions.ask(self, use, edges, masks, step.span), ()
        if module is not None and step.call is not None:
            edges, masks = self._call(step, step.call, module, edges, masks), ()
        if step.wait_for is not None:
            edges, masks = self._wait_for(step, edges, masks), ()
        if step.decide:
            edges, masks = self._decide(step.decide, edges, masks), ()
        if step.do:
            edges, masks = self.block(step.do, edges, masks), ()
        if joins:
            edges = [edge.also(*joins) for edge in edges]
        if tail is not None and edges:
            edges = [self.edge(self.node(edges, tail, step.span, masks))]
        return self._onward(step, edges)

    def _service_ways(self, step: Step, node: str) -> list[Edge]:
        """A service goes on when it is done; its failure goes to the handlers."""
        way = self.edge(node)
        gone = way.also(Lit(Failed(node)))
        if not self.env.tables.tells_timeouts:
            self.fail("failed", [gone])
        else:
            late = Lit(Test(Op.EQ, Ref(outcome_of(self._called_service(step))), Const("timed_out")))
            self.fail("timed_out", [gone.also(late)])
            self.fail("failed", [gone.also(replace(late, positive=False))])
        return [way.also(Lit(Failed(node), False))]

    def _onward(self, step: Step, edges: list[Edge]) -> list[Edge]:
        """``return fail end`` lead away."""
        if step.end is not None:
            return []
        if step.fail is not None:
            if self.site is not None:
                self.site.fail(step.fail.text, edges)
            else:
                self.fail(step.fail.text, edges)
            return []
        if step.return_ is not None and self.site is not None:
            self.site.returns += edges
            return []
        return edges

    def _tail(self, step: Step) -> Effects | None:
        """What comes after the step's acts have ended."""
        if step.think is None and step.end is None and step.fail is None and step.return_ is None:
            return None
        results = self.site.results if self.site else {}
        assigns = []
        for key, value in step.return_ or ():
            if key.text in results:
                entry = results[key.text]
                assigns.append(Assign(entry, self.env.value(value, self.env.tables.entries[entry][1])))
        return Effects(
            thinks=(self._think(step.think),) if step.think else (),
            end=step.end.text if step.end else "",
            assign=tuple(assigns),
        )

    def _think(self, use: Use) -> Think:
        name = self.env.find_rule(use.name.text) or self.env.miron(use.name)
        return Think(name, tuple((key.text, self._argument(name, key, value)) for key, value in use.args))

    # What a step does at once

    def _effects(self, step: Step, service: bool) -> Effects:
        env = self.env
        timers: list[Name] = []
        channels: list[Name] = []
        for name in step.stop:
            (channels if name.text in CHANNELS else timers).append(name)
        acts = [self._act(channel, uses) for key, channel in OUTPUTS if (uses := _uses(getattr(step, key)))]
        if step.call is not None and service:
            acts.append(self._service(step, step.call))
        if step.wait is not None and step.wait_for is None:
            acts.append(self._wait(step.wait))
        return Effects(
            leave=tuple(env.rule(name) for name in step.leave),
            leave_all=step.leave_all,
            forget=tuple(entry for name in step.forget for entry in self._forgotten(name)),
            assign=tuple(self._assign(name, value) for name, value in step.set),
            timers=tuple((env.timer(name), env.length(ms)) for name, ms in step.timer),
            stop_timers=tuple(env.timer(name) for name in timers),
            stop_channels=tuple(name.text for name in channels),
            gates=tuple((name.text, opened) for name, opened in step.can),
            acts=tuple(acts),
        )

    def _wait(self, how_long: int | Name) -> ActSpec:
        length = self.env.length(how_long)
        if isinstance(length, int):
            return ActSpec("wait", "wait", deadline_ms=length)
        return ActSpec("wait", "wait", params=(("for", length),))

    def _forgotten(self, name: Name) -> list[str]:
        entries = self.env.group(name.text)
        if not entries:
            raise unknown("memory entry", name, self.env.tables.entries)
        return entries

    def _assign(self, name: Name, value: ValueExpr) -> Assign:
        ref, kind = self.env.entry(name)
        if ref.parts:
            raise error("set-part", f"'{name.text}' is a part of a value and cannot be set", name.span)
        return Assign(ref.entry, self.env.value(value, kind))

    def _act(self, channel: str, uses: tuple[Use, ...]) -> ActSpec:
        parts = tuple(self._part(use) for use in uses)
        allowed = barge_in(self.env.tables, (part.mirons[0] for part in parts))
        return ActSpec(channel, parts[0].mirons[0], parts, barge_in=allowed)

    def _part(self, use: Use) -> Part:
        name = self.env.miron(use.name)
        given = {key.text: self._argument(name, key, value) for key, value in use.args}
        return Part((name,), args=slot_values(self.env.tables, name, given))

    def _argument(self, miron: str, key: Name, value: ValueExpr) -> Value:
        return self.env.value(value, slot_type(self.env.tables, miron, key.text))

    def _called_service(self, step: Step) -> str:
        assert step.call is not None
        tables, called = self.env.tables, step.call.name
        name = self.env.find(tables.services, called.text)
        if name is None:
            raise unknown("service or module", called, [*tables.services, *tables.modules])
        return name

    def _service(self, step: Step, use: Use) -> ActSpec:
        tables = self.env.tables
        name = self._called_service(step)
        declared = tables.services[name]
        types = {param.name.text: tables.types.resolve(param.type) for param in declared.takes}
        return ActSpec(
            "service",
            name,
            params=tuple((key.text, self.env.value(value, types.get(key.text))) for key, value in use.args),
            get=tuple((self.env.entry(entry)[0].entry, result.text) for entry, result in step.get),
            deadline_ms=declared.timeout_ms,
            outward=declared.outward,
            outcome=outcome_of(name) if tables.tells_timeouts else "",
        )

    # Waiting and calling

    def _wait_for(self, step: Step, edges: list[Edge], masks: tuple[Mask, ...]) -> list[Edge]:
        assert step.wait_for is not None
        assert step.wait is not None
        waiting = self.node(edges, Effects(), step.span, masks, suffix="~wait")
        met = self.conditions.groups(self.conditions.dnf(step.wait_for), ((waiting,),))
        done = self.node((), Effects(), step.span, groups=met)
        time = Lit(After(waiting, self.env.duration(step.wait)))
        late = Group(None, (Lit(Active(waiting)), time), eats=(waiting,))
        still = tuple(Mask(c.lits) for c in self.conditions.dnf(step.wait_for) if c.pulse is None)
        missed = self.node((), Effects(), step.span, still, groups=(late,))
        self.fail("timed_out", [self.edge(missed)])
        return [self.edge(done)]

    def _module(self, use: Use | None) -> Owner | None:
        if use is None or self.env.find(self.env.tables.services, use.name.text):
            return None
        return self.env.tables.modules.get(use.name.text)

    def _call(
        self, step: Step, use: Use, module: Owner, edges: list[Edge], masks: tuple[Mask, ...]
    ) -> list[Edge]:
        """A copy of the module for this call: its rules live while it runs, its memory begins empty."""
        forge, env, tables = self.forge, self.env, self.env.tables
        prefix = f"{env.prefix}{module.name.text}."
        binds, assigns = self._arguments(use, module, prefix)
        given = {assign.entry for assign in assigns}
        inner = [entry for name, (entry, _) in tables.entries.items() if name.startswith(prefix)]
        fresh = tuple(Assign(e.name, Const(e.default)) for e in inner if e.default is not None)
        begin = Effects(
            forget=tuple(e.name for e in inner if e.default is None and e.name not in given),
            assign=(*assigns, *(assign for assign in fresh if assign.entry not in given)),
            thinks=(Think(f"started {prefix[:-1]}"),),
        )
        start = self.node(edges, begin, step.span, masks, suffix=f":{module.name.text}")
        forge.scopes[start] = env.scope
        site = CallSite({param.name.text: prefix + param.name.text for param in module.gives})
        inside = Env(module, prefix, tables, env.other, binds, start, f"{start}.")
        copies = {f"{start}.{name}": decl for name, decl in module.rules.items()}
        tables.rules.update({name: (decl, inside) for name, decl in copies.items()})
        for name in module.rules:
            forge.copies.setdefault(prefix + name, []).append(f"{start}.{name}")
        outer = (*self.outer, *copies)
        body = Body(forge, inside, Head(start, self.head.decl, self.head.base), start, site, outer)
        exits = body.block(module.do, [Edge(start)]) + body.final
        for name, decl in copies.items():
            lower_rule(forge, name, decl, inside, part_of=start, site=site, outer=outer)
        for reason, ways in site.failures:
            failed = Effects(thinks=(Think(f"failed {prefix[:-1]}"),))
            gone = self.node([way.leaving(start) for way in ways], failed, step.span, suffix="!")
            self.fail(reason, [self.edge(gone)])
        if not exits and not site.returns:
            return []
        results = tuple(
            Assign(env.entry(entry)[0].entry, Ref(prefix + result.text)) for entry, result in step.get
        )
        back = self.node(
            [way.leaving(start) for way in (*exits, *site.returns)],
            Effects(assign=results, thinks=(Think(f"done {prefix[:-1]}"),)),
            step.span,
            suffix="<",
        )
        return [self.edge(back)]

    def _arguments(self, use: Use, module: Owner, prefix: str) -> tuple[dict[str, Bound], tuple[Assign, ...]]:
        """Names and durations are bound when compiled; values are written when the call starts."""
        tables = self.env.tables
        given = {key.text: value for key, value in use.args}
        binds: dict[str, Bound] = {}
        assigns = []
        for param in module.takes:
            value = given.get(param.name.text, param.default)
            if value is None:
                continue
            entry = prefix + param.name.text
            if entry in tables.entries and param.type.name != "duration":
                assigns.append(Assign(entry, self.env.value(value, tables.entries[entry][1])))
            else:
                binds[param.name.text] = bind(self.env, tables, param.type.name, value)
        return binds, tuple(assigns)


def outcome_of(service: str) -> str:
    """The hidden entry that says how the latest call of a service ended."""
    return f"{service}/outcome"


def _uses(value: Use | tuple[Use, ...] | None) -> tuple[Use, ...]:
    return value if isinstance(value, tuple) else (value,) if value else ()


def _merge(first: Effects, tail: Effects) -> Effects:
    return replace(first, thinks=tail.thinks, end=tail.end, assign=first.assign + tail.assign)


def lower_rule(
    forge: Forge,
    name: str,
    decl: RuleDecl,
    env: Env,
    *,
    part_of: str = "",
    site: CallSite | None = None,
    outer: tuple[str, ...] = (),
) -> None:
    """An author's rule: its own unit, and its steps as parts.

    Args:
        name: Qualified; rules of a called module carry the call.
        part_of: The call it lives in; empty: it always lives.
        site: That call, for ``return`` and ``fail``.
        outer: Rules of enclosing calls.
    """
    conditions = Conditions(env, forge.end_of)
    follows = tuple(tuple(env.rule(state) for state in states) for states in decl.follows)
    conjs = [conj for expr in decl.when for conj in conditions.dnf(expr)]
    if len(conjs) * max(1, len(follows)) > MAX_GROUPS:
        message = f"'{decl.name}' has more than {MAX_GROUPS} alternatives"
        raise error("too-many-alternatives", message, decl.name.span)
    groups = conditions.groups(conjs, follows, decl.texts.get("when", ""))
    thought = Pulse("inner", name)
    if not any(group.pulse == thought for group in groups):
        groups += conditions.groups([Conj(thought)], follows, f"think {decl.name}")
    unless: tuple[Mask, ...] = ()
    if decl.unless is not None:
        unless += conditions.masks(decl.unless)
    if decl.if_ is not None:
        unless += conditions.masks(decl.if_, positive=False)
    if part_of:
        unless += (Mask((Lit(Active(part_of), False),)),)
    end = forge.end_of(name)
    body = Body(forge, env, Head(name, decl, name), name, site, outer)
    exits = body.block(decl.do, [Edge(name)]) + body.final
    effects = body.first
    if acts(decl.do) and any(hears(expr) for expr in decl.when):
        effects = replace(effects, assign=(*effects.assign, Assign(TAKER, Const(name))))
    forge.rules[name] = Rule(
        name=name,
        groups=groups,
        unless=unless,
        effects=effects,
        scope=env.scope,
        part_of=part_of,
        end_part="" if end == name else end,
        once=decl.once,
        cooldown_ms=None if decl.cooldown is None else env.duration(decl.cooldown),
        ignore_again=not decl.restart,
        priority=decl.priority,
        file=decl.file,
        position=decl.position * PARTS_PER_RULE,
        on_busy=OnBusy(decl.on_busy),
        origin=origin(decl.span),
        text=decl.texts.get("when", ""),
    )
    if end != name:
        forge.part(
            body.head,
            [edge.group() for edge in exits],
            Effects(),
            env=env,
            span=decl.span,
            part_of=name,
            followed=False,
            name=end,
        )


def bind(env: Env, tables: Tables, kind: str, value: ValueExpr) -> Bound:
    """What a module's parameter stands for: a Miron, rule or question by name, or a value."""
    if isinstance(value, NameValue) and value.name.text in env.binds:
        return env.binds[value.name.text]
    if kind == "rule" and isinstance(value, NameValue):
        return Bound(env.rule(value.name))
    if kind == "question" and isinstance(value, NameValue):
        found = env.find(tables.questions, value.name.text)
        if found is None:
            raise unknown("question", value.name, tables.questions)
        return Bound(found)
    if kind == "miron" and isinstance(value, NameValue):
        return Bound(env.miron(value.name))
    if isinstance(value, Literal):
        return Bound(literal=value, value=Const(value.value))
    return Bound(value=env.value(value, tables.types.named(kind)))


def barge_in(tables: Tables, mirons: Iterable[str]) -> str:
    """What breaks off an utterance of these Mirons; the most careful of them decides."""
    policies = {tables.mirons[name][0].barge_in for name in mirons if name in tables.mirons}
    return next((policy for policy in ("no", "any_sound") if policy in policies), "yes")
