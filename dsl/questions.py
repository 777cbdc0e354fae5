"""Questions to rules: prompting, listening, the repair ladder, confirming, interruption and return.

A question asked at one place becomes this little machine, every box a rule of the network::

    start ──▶ ask ──hear──▶ answered / denied / none_of_these / skipped / cancelled
               ▲ │ silence, not understood, noise (a step further), help, repeat
               │ └──▶ react ──▶ ask …, after the last step: gave_up
               │ ◀── resume ◀── paused   while a rule of an outer scope answers (digression)
               └─── confirm: a value heard badly is repeated and asked for

The utterance of ``ask`` is put together from an opener, which depends on what happened (``how``), and the
prompt or hint of the present step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dsl.binding import PICKS, TURN_TAKING, Env, slot_values, unknown
from dsl.forge import Edge, acts, batched, following, speaks
from dsl.tree import Name, QuestionDecl, Use
from dsl.types import FLAG, Type
from dsl.usage import events, hears
from engine.model import (
    Active,
    ActSpec,
    After,
    Assign,
    Const,
    Effects,
    Ended,
    EntityRef,
    Group,
    Intercept,
    Item,
    Lit,
    Mask,
    Op,
    Part,
    Pulse,
    Ref,
    Running,
    Sum,
    Test,
    Think,
    Value,
)
from miron.source import Span

if TYPE_CHECKING:
    from dsl.lower import Body

Masks = tuple[Mask, ...]
NO_EFFECTS = Effects()
REACTIONS = ("silent", "not_understood", "noise", "help")
VOICE_STEPS = ("voice", "voice", "keyboard", "keyboard")
BUTTON_STEPS = ("voice", "voice", "buttons", "buttons")
WAITS: Mapping[str, tuple[int, ...]] = {
    "speech": (5_000,),
    "typing_starts": (10_000,),
    "button": (10_000,),
}
"""How long silence lasts, in milliseconds, by modality, where neither the question nor its defaults say."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A question with its defaults filled in."""

    decl: QuestionDecl
    prompt: tuple[str, ...]
    hint: tuple[str, ...]
    openers: Mapping[str, tuple[str, ...]]
    bridge: tuple[str, ...]
    steps: int
    by: tuple[str, ...]
    waits: Mapping[str, tuple[int, ...]]
    confirm: str
    skip: bool
    digress: bool | tuple[Name, ...]
    barge_in: bool

    def wait_ms(self, step: int) -> int:
        """Milliseconds of silence at a step (1 …)."""
        kind = {"voice": "speech", "keyboard": "typing_starts"}.get(
            self.by[min(step, len(self.by)) - 1], "button"
        )
        times = self.waits[kind]
        return times[min(step, len(times)) - 1]

    def next_silent_step(self, step: int) -> int:
        """The step after noise: the next one that does without voice."""
        for later in range(step + 1, self.steps + 1):
            if self.by[min(later, len(self.by)) - 1] != "voice":
                return later
        return step + 1


def settings(env: Env, decl: QuestionDecl, kind: Type) -> Settings:
    """Fill in what the question leaves out, from the dialogue's ``all``, then from turn_taking's."""
    sources = [(decl, env)]
    for name in (env.prefix + "all", "all", f"{TURN_TAKING}.all"):
        if name in env.tables.questions and env.tables.questions[name] not in sources:
            sources.append(env.tables.questions[name])

    def texts(key: str) -> tuple[str, ...]:
        for source, where in sources:
            names = getattr(source, key)
            if names:
                return tuple(where.miron(name) for name in names)
        return ()

    def first(key: str, default: object) -> object:
        return next((value for source, _ in sources if (value := getattr(source, key)) is not None), default)

    buttons = bool(decl.checks or decl.offers or kind.kind in ("flag", "choice"))
    waits = dict(WAITS)
    for source, _ in reversed(sources):
        waits.update(source.waits)
    steps = first("steps", 4)
    assert isinstance(steps, int)
    return Settings(
        decl,
        texts("prompt"),
        texts("hint"),
        {key: texts(key) for key in REACTIONS},
        texts("bridge"),
        steps,
        first("by", BUTTON_STEPS if buttons else VOICE_STEPS),  # type: ignore[arg-type]
        waits,
        str(first("confirm", "unsure")),
        bool(first("skip", False)),
        first("digress", True),  # type: ignore[arg-type]
        bool(first("barge_in", True)),
    )


def ask(body: Body, use: Use, edges: list[Edge], masks: tuple[Mask, ...], span: Span) -> list[Edge]:
    """Lower one asking of a question; returns the ways out when it is answered."""
    name = body.env.find(body.env.tables.questions, use.name.text)
    if name is None:
        raise unknown("question", use.name, body.env.tables.questions)
    return _Asking(body, name, use, span).lower(edges, masks)


class _Asking:
    def __init__(self, body: Body, name: str, use: Use, span: Span) -> None:
        self.body, self.name, self.use, self.span = body, name, use, span
        tables = body.env.tables
        decl, self.env = tables.questions[name]
        target = decl.fills or decl.checks
        assert target is not None
        ref, self.kind = self.env.entry(target)
        self.entry = ref.entry
        self.settings = settings(self.env, decl, self.kind)
        self.decl = decl
        self.step = Ref(name + "/step")
        self.how = Ref(name + "/how")
        self.proposed = Ref(name + "/proposed")
        self.pending = Ref(name + "/pending")
        self.begun = Ref(name + "/begun")
        self.confirm = ""
        self.answered: list[Edge] = []
        self.missed: list[Group] = []

    # Small words

    def _count(self, reaction: str) -> Ref:
        return Ref(f"{self.name}/{reaction}")

    def _is(self, ref: Ref, op: Op, value: object = None) -> Lit:
        return Lit(Test(op, ref, None if value is None else Const(value)))

    def _part(
        self,
        groups: Sequence[Group],
        effects: Effects,
        masks: tuple[Mask, ...] = (),
        suffix: str = "",
        part_of: str = "",
        followed: bool = True,
    ) -> str:
        env = self.body.env.rescoped(self.start)
        return self.body.forge.part(
            self.body.head,
            groups,
            effects,
            env=env,
            span=self.span,
            masks=masks,
            part_of=part_of or self.start,
            suffix=f"?{self.name}{suffix}",
            followed=followed,
        )

    def _heard(self, miron: str, state: str, eats: str) -> Group:
        return Group(
            Pulse("other", miron), (Lit(Active(state)),), eats=(eats,), takes=True, text=f"hear {miron}"
        )

    def _out(
        self,
        groups: Sequence[Group],
        suffix: str,
        masks: tuple[Mask, ...] = (),
        effects: Effects = NO_EFFECTS,
    ) -> Edge:
        """A part of the asking rule that ends the question, whatever happens to the question's own parts."""
        node = self._part(groups, effects, masks, suffix, self.body.part_of)
        return self.body.edge(node)

    def _states(self) -> list[str]:
        """The states in which the question listens."""
        return [self.ask, self.confirm] if self.confirm else [self.ask]

    def _cut(self) -> tuple[str, ...]:
        return tuple(self._states()) if self.settings.barge_in else ()

    def _heard_anywhere(self, miron: str, eats: str = "") -> list[Group]:
        return [self._heard(miron, state, eats or state) for state in self._states()]

    def _unchanged(self) -> tuple[Mask, ...]:
        """Inhibits while the same words have told a value: that is the answer, not their yes or no."""
        entry = Ref(self.entry)
        same = Lit(Test(Op.EQ, entry, Ref(self.name + "/before")), False)
        return (Mask((self._is(entry, Op.KNOWN), same)), Mask((self._is(self.pending, Op.KNOWN),)))

    def _settle(self, **more: object) -> Effects:
        """Effects of an answer: counters start again, the prompt is broken off, and ``done Q`` is thought."""
        return Effects(
            cut=self._cut(),
            thinks=(Think(f"done {self.name}"),),
            **more,  # type: ignore[arg-type]
        )

    # The machine

    def lower(self, edges: list[Edge], masks: tuple[Mask, ...]) -> list[Edge]:
        body, forge = self.body, self.body.forge
        assigns = [
            Assign(self.step.entry, Sum(self.step, self.begun)),
            Assign(self.begun.entry, Const(0)),
            Assign(self.how.entry, Const("first")),
            Assign(self.name + "/before", Ref(self.entry)),
        ]
        if self.use.args:
            _, value = self.use.args[0]
            assigns.append(Assign(self.proposed.entry, body.env.value(value, self.kind)))
        self.start = body.node(
            edges,
            Effects(assign=tuple(assigns), forget=(self.pending.entry,)),
            self.span,
            masks,
            suffix=f"?{self.name}",
        )
        forge.scopes[self.start] = body.env.scope
        begin = Edge(self.start)
        known: tuple[Mask, ...] = ()
        if self.decl.fills and not self.decl.offers:
            known = (
                Mask((self._is(Ref(self.entry), Op.KNOWN), Lit(Test(Op.UNSURE, Ref(self.entry)), False))),
            )
            unknown_now = (
                Mask((Lit(Test(Op.KNOWN, Ref(self.entry)), False),)),
                Mask((Lit(Test(Op.UNSURE, Ref(self.entry))),)),
            )
            self.known = self._out([begin.leaving(self.start).group()], ".known", unknown_now)
            self.answered.append(self.known)
        over = self._is(self.step, Op.GT, self.settings.steps)
        self.ask = self._ask([begin.group()], (*known, Mask((over,))))
        gave_up = [
            self._out([begin.leaving(self.start).group()], ".over", (*known, Mask((Lit(over.of, False),))))
        ]
        prompted = Group(Pulse("self", self.name, "started"), (Lit(Active(self.ask)),))
        self._part(
            [prompted], Effects(assign=(Assign(self.begun.entry, Const(1)),)), (), ".begun", followed=False
        )
        self._answers()
        self._failures()
        reactions = self._reactions(gave_up)
        reactions += self._digressions(known)
        groups = list(forge.rules[self.ask].groups) + [Edge(part, (part,)).group() for part in reactions]
        forge.change(self.ask, groups=tuple(map(following, groups)))
        body.fail("gave_up", gave_up)
        return self.answered

    def _ask(self, groups: Sequence[Group], masks: tuple[Mask, ...]) -> str:
        given: dict[str, Value] = {}
        target = self.decl.checks
        if target is not None:
            given[target.text] = self.proposed
        parts: list[Part] = []
        s = self.settings
        for how in ("silent", "not_understood", "noise", "help"):
            parts += self._opener(s.openers[how], self._count(how), how, given)
        parts += self._opener(s.bridge, self.step, "bridge", given)
        for how in ("first", "silent", "not_understood", "noise", "help", "bridge"):
            texts = s.hint if s.hint and how in ("not_understood", "help") else s.prompt
            parts += self._opener(texts, self.step, how, given)
        from dsl.lower import barge_in

        policy = barge_in(self.env.tables, s.prompt) if s.barge_in else "no"
        act = ActSpec(
            "speech", s.prompt[0], tuple(parts), question=self.name, step=self.step, barge_in=policy
        )
        return self._part(groups, Effects(acts=(act,)), masks, ".ask")

    def _opener(self, texts: Sequence[str], step: Ref, how: str, given: dict[str, Value]) -> list[Part]:
        if not texts:
            return []
        args: dict[str, Value] = {}
        for text in texts:
            args.update(slot_values(self.env.tables, text, dict(given)))
        return [Part(tuple(texts), step if len(texts) > 1 else None, tuple(args.items()), (self.how, how))]

    def _answers(self) -> None:
        """What the other may say that ends the question well (or denies it)."""
        env, start = self.env, self.start
        agree, disagree = (f"{TURN_TAKING}.agree", f"{TURN_TAKING}.disagree")
        entry = Ref(self.entry)
        filled = (Mask((Lit(Test(Op.KNOWN, entry), False),)), Mask((self._is(self.pending, Op.KNOWN),)))
        hearing = [*env.tables.hearing.get(self.entry, ()), *(env.miron(name) for name in self.decl.hear)]
        hearing.append(self.name + "/value")
        unchanged = self._unchanged()
        if self.decl.checks:
            told = Assign(self.entry, self.proposed, "told")
            agreed = Assign(self.name + "/agreed", Const(True))
            yes = self._settle(assign=(told, agreed))
            self.answered.append(self._out([self._heard(agree, self.ask, start)], ".yes", unchanged, yes))
            no = self._settle(assign=(Assign(self.name + "/agreed", Const(False)),))
            denials = [self._heard(miron, self.ask, start) for miron in (disagree, f"{TURN_TAKING}.correct")]
            self.body.fail("denied", [self._out(denials, ".no", unchanged, no)])
        elif self.kind == FLAG:
            for miron, value in ((agree, True), (disagree, False)):
                effects = self._settle(assign=(Assign(self.entry, Const(value), "told"),))
                groups = [self._heard(miron, self.ask, start)]
                self.answered.append(self._out(groups, ".yes" if value else ".no", unchanged, effects))
        if self.decl.offers:
            self._picks()
        groups = [self._heard(miron, self.ask, start) for miron in dict.fromkeys(hearing)]
        tellings = ("told",) if self.decl.checks else ("told", "changed")
        otherwise = [
            Group(Pulse(kind, self.entry), (Lit(Active(self.ask)),), (start,), text=f"{kind} {self.entry}")
            for kind in tellings
        ]
        self.answered.append(self._out([*groups, *otherwise], ".answer", filled, self._settle()))
        if self.settings.confirm != "no" and self.kind != FLAG:
            self._confirm(groups)

    def _picks(self) -> None:
        """Something offered is chosen by its place in the list."""
        assert self.decl.offers is not None
        offered, _ = self.env.entry(self.decl.offers)
        places: dict[str, Value] = {PICKS[0]: EntityRef(PICKS[0], "at"), PICKS[1]: Const(-1)}
        picked = Ref(self.name + "/picked")
        known = self._is(picked, Op.KNOWN)
        chosen = []
        self.missed = []
        for miron, place in places.items():
            effects = Effects(assign=(Assign(picked.entry, Item(offered, place)),))
            state = self._part([self._heard(miron, self.ask, self.ask)], effects, (), ".picked")
            chosen.append(Group(None, (Lit(Active(state)), known), (self.start,), text=f"hear {miron}"))
            missed = (Lit(Active(state)), replace(known, positive=False))
            self.missed.append(Group(None, missed, (state,), text="nothing in that place"))
        effects = self._settle(assign=(Assign(self.entry, picked, "told"),))
        self.answered.append(self._out(chosen, ".chosen", (), effects))

    def _confirm(self, groups: Sequence[Group]) -> None:
        """A value heard badly waits aside until the other has agreed to it."""
        start = self.start
        held = Lit(Test(Op.KNOWN, self.pending), False)
        self.body.forge.intercepts.append(
            Intercept(self.entry, self.ask, self.pending.entry, self.settings.confirm == "unsure")
        )
        here = [Group(group.pulse, group.lits, (self.ask,), True, group.text) for group in groups]
        act = ActSpec(
            "speech",
            f"{TURN_TAKING}.confirm",
            (Part((f"{TURN_TAKING}.confirm",), args=(("value", self.pending),)),),
            question=f"{self.name}/confirm",
            step=self.step,
        )
        confirm = self._part(here, Effects(acts=(act,), cut=self._cut()), (Mask((held,)),), ".confirm")
        self.confirm = confirm
        self.body.forge.intercepts.append(Intercept(self.entry, confirm, self.pending.entry, True))
        yes = self._settle(assign=(Assign(self.entry, self.pending, "told"),), forget=(self.pending.entry,))
        self.answered.append(
            self._out([self._heard(f"{TURN_TAKING}.agree", confirm, start)], ".confirmed", effects=yes)
        )
        self.answered.append(
            self._out(
                [self._heard(str(group.pulse.name), confirm, start) for group in groups if group.pulse],
                ".instead",
                (
                    Mask((Lit(Test(Op.KNOWN, Ref(self.entry)), False),)),
                    Mask((Lit(Test(Op.EQ, Ref(self.entry), Ref(self.name + "/before"))),)),
                ),
                self._settle(forget=(self.pending.entry,)),
            )
        )

    def _failures(self) -> None:
        """What the other may say that ends the question without an answer."""
        body, start = self.body, self.start
        if self.settings.skip:
            skip = self._heard_anywhere(f"{TURN_TAKING}.skip", start)
            way = self._out(skip, ".skipped", effects=Effects(cut=self._cut()))
            body.fail("skipped", [way])
        if self.decl.offers:
            none = self._heard_anywhere(f"{TURN_TAKING}.none_of_these", start)
            way = self._out(none, ".none", effects=Effects(cut=self._cut()))
            body.fail("none_of_these", [way])
        if body.handles("cancelled") or not _heard_outside(body, "cancel"):
            effects = Effects(cut=self._cut())
            cancel = self._heard_anywhere(f"{TURN_TAKING}.cancel", start)
            way = self._out(cancel, ".cancelled", effects=effects)
            body.fail("cancelled", [way])

    def _reactions(self, gave_up: list[Edge]) -> list[str]:
        """Silence, not understood, noise: a step further; help and repeat: the same step again."""
        s, ask, start = self.settings, self.ask, self.start
        silences = [Group(Pulse("other", "silence"), (Lit(Active(ask)),), (ask,), True, "silence")]
        by_wait: dict[int, list[int]] = {}
        for step in range(1, s.steps + 1):
            by_wait.setdefault(s.wait_ms(step), []).append(step)
        quiet = tuple(
            Lit(Test(Op.YES, Ref(f"{self.env.other}.{flag}")), False) for flag in ("speaking", "typing")
        )
        for ms, steps in by_wait.items():
            at = (
                ()
                if len(by_wait) == 1
                else (self._is(self.step, Op.LE, steps[-1]), self._is(self.step, Op.GE, steps[0]))
            )
            silences.append(
                Group(None, (Lit(Active(ask)), Lit(After(ask, ms)), *quiet, *at), (ask,), text="silence")
            )
        heard = {
            "silent": silences,
            "not_understood": [self._after_prompt("not_understood"), *self.missed],
            "noise": [self._heard("noise", ask, ask)],
        }
        _, barred = _interrupting(self.body, self.settings.digress)
        taken = [
            self._part([self._heard(miron, ask, ask) for miron in some], NO_EFFECTS, (), ".barred")
            for some in batched(barred)
        ]
        heard["not_understood"] += [Edge(part, (part,)).group() for part in self._merged(taken)]
        last = self._is(self.step, Op.GE, s.steps)
        parts = []
        for how, groups in heard.items():
            further: Value = Sum(self.step, Const(1))
            variants: list[tuple[tuple[Mask, ...], Value]] = [((Mask((last,)),), further)]
            if how == "noise":
                variants = self._noise_steps(last)
            for masks, next_step in variants:
                effects = Effects(
                    assign=(
                        Assign(self.step.entry, next_step),
                        Assign(self.how.entry, Const(how)),
                        Assign(self._count(how).entry, Sum(self._count(how), Const(1))),
                    ),
                    forget=(self.pending.entry,),
                )
                parts.append(self._part(groups, effects, masks, f".{how}"))
            over = [replace(group, eats=(start,)) for group in groups]
            gave_up.append(self._out(over, f".{how}.over", (Mask((Lit(last.of, False),)),)))
        once_more = ("repeat",) if self.decl.checks else ("repeat", "correct")
        for how, mirons in (("help", ("help",)), ("first", once_more)):
            effects = Effects(
                assign=(
                    Assign(self.how.entry, Const(how)),
                    *(
                        (Assign(self._count("help").entry, Sum(self._count("help"), Const(1))),)
                        if how == "help"
                        else ()
                    ),
                ),
                cut=self._cut(),
            )
            groups = [self._heard(f"{TURN_TAKING}.{miron}", ask, ask) for miron in mirons]
            parts.append(self._part(groups, effects, (), f".{mirons[0]}"))
        other = Group(Pulse("told", ""), (Lit(Active(ask)),), (ask,), text="something else told")
        elsewhere = (Mask((self._is(Ref(self.entry), Op.KNOWN),)), Mask((self._is(self.pending, Op.KNOWN),)))
        again = Effects(assign=(Assign(self.how.entry, Const("first")), Assign(self.step.entry, Const(1))))
        if not self.decl.checks:
            parts.append(self._part([other], again, elsewhere, ".progress"))
        if self.confirm:
            groups = [
                *(
                    self._heard(miron, self.confirm, self.confirm)
                    for miron in (
                        f"{TURN_TAKING}.disagree",
                        f"{TURN_TAKING}.correct",
                        "not_understood",
                        "noise",
                    )
                ),
                Group(
                    None,
                    (Lit(Active(self.confirm)), Lit(After(self.confirm, s.wait_ms(1))), *quiet),
                    (self.confirm,),
                ),
            ]
            effects = Effects(
                assign=(
                    Assign(self.step.entry, Sum(self.step, Const(1))),
                    Assign(self.how.entry, Const("first")),
                ),
                forget=(self.pending.entry,),
                cut=self._cut(),
            )
            same = Lit(Test(Op.EQ, Ref(self.entry), Ref(self.name + "/before")), False)
            instead = Mask((self._is(Ref(self.entry), Op.KNOWN), same))
            parts.append(self._part(groups, effects, (Mask((last,)), instead), ".unconfirmed"))
            unclear = [
                self._heard(f"{TURN_TAKING}.{word}", self.confirm, self.confirm)
                for word in ("repeat", "help")
            ]
            unclear.append(
                Group(Pulse("changed", self.pending.entry), (Lit(Active(self.confirm)),), (self.confirm,))
            )
            repeated = self._part(unclear, Effects(cut=self._cut()), (), ".confirm_again")
            asked = self.body.forge.rules[self.confirm].groups
            edge = Edge(repeated, (repeated,)).group()
            self.body.forge.change(self.confirm, groups=(*asked, following(edge)))
            over = [replace(group, eats=(start,)) for group in groups]
            gave_up.append(self._out(over, ".unconfirmed.over", (Mask((Lit(last.of, False),)), instead)))
        return parts

    def _merged(self, parts: list[str]) -> list[str]:
        """At most two parts that are reached from these, however many there are."""
        while len(parts) > 2:
            parts = [
                self._part([Edge(part, (part,)).group() for part in some], NO_EFFECTS, (), ".merged")
                for some in batched(parts)
            ]
        return parts

    def _after_prompt(self, miron: str) -> Group:
        """What is not understood while the question is still being put means nothing."""
        heard = self._heard(miron, self.ask, self.ask)
        return replace(heard, lits=(*heard.lits, Lit(Ended(self.ask))))

    def _noise_steps(self, last: Lit) -> list[tuple[tuple[Mask, ...], Value]]:
        """Noise goes to the next step that needs no voice: one variant for each step it can come from."""
        s = self.settings
        targets: dict[int, list[int]] = {}
        for step in range(1, s.steps):
            targets.setdefault(min(s.next_silent_step(step), s.steps), []).append(step)
        return [
            (
                (
                    Mask((last,)),
                    Mask((self._is(self.step, Op.LT, steps[0]),)),
                    Mask((self._is(self.step, Op.GT, steps[-1]),)),
                ),
                Const(target),
            )
            for target, steps in targets.items()
        ]

    def _digressions(self, known: tuple[Mask, ...]) -> list[str]:
        """A rule of an outer scope that took an act and does something interrupts; the question comes back.

        It comes back with a bridge if the rule spoke, and not at all if it has become known meanwhile.
        """
        rules, _ = _interrupting(self.body, self.settings.digress)
        tables = self.body.env.tables
        parts = []
        states = self._states()
        kinds = [
            (spoken, [rule for rule in rules if speaks(tables.rules[rule][0].do) == spoken])
            for spoken in (True, False)
        ]
        batches = [(spoken, some) for spoken, kind in kinds for some in batched(kind, len(states))]
        for spoken, some in batches:
            groups = [
                Group(Pulse("took", rule), (Lit(Active(state)),), (state,), text=f"interrupted by {rule}")
                for rule in some
                for state in states
            ]
            paused = self._part(groups, Effects(cut=self._cut()), (), ".paused")
            over = tuple(Lit(Running(rule), False) for rule in some)
            back = Group(None, (Lit(Active(paused)), *over), (paused,), text="digression over")
            assign = Assign(self.how.entry, Const("bridge" if spoken else "first"))
            resume = Effects(assign=(assign,), forget=(self.pending.entry,))
            parts.append(self._part([back], resume, (), ".resume"))
        parts = self._merged(parts)
        if known:
            ways = [following(Edge(part, (self.start,)).group()) for part in parts]
            self.body.forge.change(
                self.known.pred, groups=(*self.body.forge.rules[self.known.pred].groups, *ways)
            )
        return parts


def _heard_outside(body: Body, ready_made: str) -> bool:
    """Whether some author's rule hears a ready-made Miron itself."""
    return any(
        any(hears(expr, ready_made) for expr in decl.when) for decl, _ in body.env.tables.rules.values()
    )


def _interrupting(body: Body, digress: bool | tuple[Name, ...]) -> tuple[list[str], list[str]]:
    """Digressions from a question asked in this body.

    Returns:
        The rules whose taking an act interrupts it, and the Mirons that only rules hear which may not.
    """
    tables = body.env.tables
    allowed = None if digress is True else {body.env.rule(name) for name in digress or ()}
    interrupting: list[str] = []
    barred: dict[str, None] = {}
    open_: set[str] = set()
    for name, (decl, env) in tables.rules.items():
        if "/" in name and name not in body.outer:
            continue
        mirons = {
            found
            for expr in decl.when
            for event in events(expr)
            if event.kind == "hear" and (found := env.find(tables.mirons, event.name.text))
        }
        follower = any(body.head.base == env.rule(state) for states in decl.follows for state in states)
        if name == body.head.base or follower or not acts(decl.do):
            open_ |= mirons
        elif allowed is not None and name not in allowed:
            barred.update(dict.fromkeys(sorted(mirons)))
        else:
            open_ |= mirons
            if any(hears(expr) for expr in decl.when):
                interrupting.append(name)
    return interrupting, [miron for miron in barred if miron not in open_]
