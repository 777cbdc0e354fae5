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

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dsl.binding import PICKS, TURN_TAKING, slot_values, unknown
from dsl.forge import MAX_GROUPS, Edge, batched, following
from dsl.question_repair import digressions, heard_outside, reactions
from dsl.question_settings import settings
from dsl.tree import Use
from dsl.types import FLAG
from engine.model import (
    Active,
    ActSpec,
    Assign,
    Const,
    Effects,
    EntityRef,
    Group,
    Intercept,
    Item,
    Lit,
    Mask,
    Offer,
    Op,
    Part,
    Pulse,
    Ref,
    Sum,
    Test,
    Think,
    Value,
)
from miron.source import Span

if TYPE_CHECKING:
    from dsl.lower import Body

NO_EFFECTS = Effects()


def ask(body: Body, use: Use, edges: list[Edge], masks: tuple[Mask, ...], span: Span) -> list[Edge]:
    """Lower one asking of a question; returns the ways out when it is answered."""
    name = body.env.find(body.env.tables.questions, use.name.text)
    if name is None:
        raise unknown("question", use.name, body.env.tables.questions)
    return Asking(body, name, use, span).lower(edges, masks)


class Asking:
    """One asking of a question while it is lowered.

    Attributes:
        start: The part that is in force as long as the question is asked; ``ask`` puts it, ``confirm``
            repeats a value (empty if nothing is ever confirmed).
        step, how, pending, begun: Places in memory: the step, what led to this prompting, the value being
            confirmed, and whether the prompt was begun.
        answered: The ways out with an answer.
        missed: Alternatives in which something not offered was chosen.
    """

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

    def count(self, reaction: str) -> Ref:
        """How often a reaction has happened."""
        return Ref(f"{self.name}/{reaction}")

    def test(self, ref: Ref, op: Op, value: object = None) -> Lit:
        """A test of memory as a level."""
        return Lit(Test(op, ref, None if value is None else Const(value)))

    def part(
        self,
        groups: Sequence[Group],
        effects: Effects,
        masks: tuple[Mask, ...] = (),
        suffix: str = "",
        part_of: str = "",
        followed: bool = True,
    ) -> str:
        """A part of this question; it is left with it unless it belongs to the asking rule."""
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

    def heard(self, miron: str, state: str, eats: str) -> Group:
        """The other expresses something while the question is in a state."""
        return Group(
            Pulse("other", miron), (Lit(Active(state)),), eats=(eats,), takes=True, text=f"hear {miron}"
        )

    def out(
        self,
        groups: Sequence[Group],
        suffix: str,
        masks: tuple[Mask, ...] = (),
        effects: Effects = NO_EFFECTS,
    ) -> Edge:
        """A part of the asking rule that ends the question, whatever happens to the question's own parts."""
        node = self.part(groups, effects, masks, suffix, self.body.part_of)
        return self.body.edge(node)

    def outs(
        self, groups: Iterable[Group], suffix: str, masks: tuple[Mask, ...], effects: Effects
    ) -> list[Edge]:
        """Like :meth:`out`, for any number of groups."""
        return [self.out(some, suffix, masks, effects) for some in batched(groups)]

    def states(self) -> list[str]:
        """The states in which the question listens."""
        return [self.ask, self.confirm] if self.confirm else [self.ask]

    def cut(self) -> tuple[str, ...]:
        """Whose speech an answer breaks off."""
        return tuple(self.states()) if self.settings.barge_in else ()

    def heard_anywhere(self, miron: str, eats: str = "") -> list[Group]:
        """:meth:`heard` in every state in which the question listens."""
        return [self.heard(miron, state, eats or state) for state in self.states()]

    def unchanged(self) -> tuple[Mask, ...]:
        """Inhibits while the same words have told a value: that is the answer, not their yes or no."""
        entry = Ref(self.entry)
        same = Lit(Test(Op.EQ, entry, Ref(self.name + "/before")), False)
        return (Mask((self.test(entry, Op.KNOWN), same)), Mask((self.test(self.pending, Op.KNOWN),)))

    def settle(self, **more: object) -> Effects:
        """Effects of an answer: counters start again, the prompt is broken off, and ``done Q`` is thought."""
        return Effects(
            cut=self.cut(),
            thinks=(Think(f"done {self.name}"),),
            **more,  # type: ignore[arg-type]
        )

    def failed(self, **more: object) -> Effects:
        """Effects of an end without an answer."""
        return replace(self.settle(**more), thinks=(Think(f"failed {self.name}"),))

    @property
    def given_up(self) -> Effects:
        """Effects of the last step's failing: what is being said is said to its end."""
        return Effects(thinks=(Think(f"failed {self.name}"),))

    def lower(self, edges: list[Edge], masks: tuple[Mask, ...]) -> list[Edge]:
        """Make all rules of this asking; returns the ways out when it is answered."""
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
                Mask((self.test(Ref(self.entry), Op.KNOWN), Lit(Test(Op.UNSURE, Ref(self.entry)), False))),
            )
            unknown_now = (
                Mask((Lit(Test(Op.KNOWN, Ref(self.entry)), False),)),
                Mask((Lit(Test(Op.UNSURE, Ref(self.entry))),)),
            )
            self.known = self.out([begin.leaving(self.start).group()], ".known", unknown_now)
            self.answered.append(self.known)
        over = self.test(self.step, Op.GT, self.settings.steps)
        self.ask = self._ask([begin.group()], (*known, Mask((over,))))
        gave_up = [
            self.out(
                [begin.leaving(self.start).group()],
                ".over",
                (*known, Mask((Lit(over.of, False),))),
                self.given_up,
            )
        ]
        prompted = Group(Pulse("self", self.name, "started"), (Lit(Active(self.ask)),))
        self.part(
            [prompted], Effects(assign=(Assign(self.begun.entry, Const(1)),)), (), ".begun", followed=False
        )
        self._answers()
        self._failures()
        again = reactions(self, gave_up) + digressions(self, known)
        groups = list(forge.rules[self.ask].groups) + [Edge(part, (part,)).group() for part in again]
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
            parts += self._opener(s.openers[how], self.count(how), how, given)
        parts += self._opener(s.bridge, self.step, "bridge", given)
        for how in ("first", "silent", "not_understood", "noise", "help", "bridge"):
            texts = s.hint if s.hint and how in ("not_understood", "help") else s.prompt
            parts += self._opener(texts, self.step, how, given)
        from dsl.lower import barge_in

        policy = barge_in(self.env.tables, s.prompt) if s.barge_in else "no"
        act = ActSpec(
            "speech", s.prompt[0], tuple(parts), question=self.name, step=self.step, barge_in=policy
        )
        return self.part(groups, Effects(acts=(act,)), masks, ".ask")

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
        filled = (Mask((Lit(Test(Op.KNOWN, entry), False),)), Mask((self.test(self.pending, Op.KNOWN),)))
        named = [env.miron(name) for name in self.decl.hear]
        hearing = [*env.tables.hearing.get(self.entry, ()), *named, self.name + "/value"]
        unchanged = self.unchanged()
        if self.decl.checks:
            told = Assign(self.entry, self.proposed, "told")
            agreed = Assign(self.name + "/agreed", Const(True))
            yes = self.settle(assign=(told, agreed))
            self.answered.append(self.out([self.heard(agree, self.ask, start)], ".yes", unchanged, yes))
            no = self.failed(assign=(Assign(self.name + "/agreed", Const(False)),))
            denials = [self.heard(miron, self.ask, start) for miron in (disagree, f"{TURN_TAKING}.correct")]
            self.body.fail("denied", [self.out(denials, ".no", unchanged, no)])
        elif self.kind == FLAG:
            for miron, value in ((agree, True), (disagree, False)):
                effects = self.settle(assign=(Assign(self.entry, Const(value), "told"),))
                groups = [self.heard(miron, self.ask, start)]
                self.answered.append(self.out(groups, ".yes" if value else ".no", unchanged, effects))
        if self.decl.offers:
            self._picks()
        groups = [self.heard(miron, self.ask, start) for miron in dict.fromkeys(hearing)]
        tellings = ("told",) if self.decl.checks else ("told", "changed")
        otherwise = [
            Group(Pulse(kind, self.entry), (Lit(Active(self.ask)),), (start,), text=f"{kind} {self.entry}")
            for kind in tellings
        ]
        self.answered += self.outs([*groups, *otherwise], ".answer", filled, self.settle())
        silent = [name for name in named if name not in env.tables.hearing.get(self.entry, ())]
        answers = [self.heard(miron, self.ask, start) for miron in silent]
        known = Mask((self.test(entry, Op.KNOWN),))
        self.answered += self.outs(answers, ".heard", (known, filled[1]), self.settle())
        if self.settings.confirm != "no" and self.kind != FLAG:
            self._confirm(groups)

    def _picks(self) -> None:
        """Something offered is chosen by its place in the list."""
        assert self.decl.offers is not None
        offered, _ = self.env.entry(self.decl.offers)
        self.body.forge.offers.append(Offer(self.entry, self.ask, offered))
        places: dict[str, Value] = {PICKS[0]: EntityRef(PICKS[0], "at"), PICKS[1]: Const(-1)}
        picked = Ref(self.name + "/picked")
        known = self.test(picked, Op.KNOWN)
        chosen = []
        self.missed = []
        for miron, place in places.items():
            effects = Effects(assign=(Assign(picked.entry, Item(offered, place)),))
            state = self.part([self.heard(miron, self.ask, self.ask)], effects, (), ".picked")
            chosen.append(Group(None, (Lit(Active(state)), known), (self.start,), text=f"hear {miron}"))
            missed = (Lit(Active(state)), replace(known, positive=False))
            self.missed.append(Group(None, missed, (state,), text="nothing in that place"))
        effects = self.settle(assign=(Assign(self.entry, picked, "told"),))
        self.answered.append(self.out(chosen, ".chosen", (), effects))

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
        masks: tuple[Mask, ...] = (Mask((held,)),)
        if len(here) > MAX_GROUPS:
            unsure = [self.part(some, NO_EFFECTS, masks, ".unsure") for some in batched(here)]
            here, masks = [Edge(part, (part,)).group() for part in unsure], ()
        confirm = self.part(here, Effects(acts=(act,), cut=self.cut()), masks, ".confirm")
        self.confirm = confirm
        self.body.forge.intercepts.append(Intercept(self.entry, confirm, self.pending.entry, True))
        yes = self.settle(assign=(Assign(self.entry, self.pending, "told"),), forget=(self.pending.entry,))
        self.answered.append(
            self.out([self.heard(f"{TURN_TAKING}.agree", confirm, start)], ".confirmed", effects=yes)
        )
        self.answered += self.outs(
            [self.heard(str(group.pulse.name), confirm, start) for group in groups if group.pulse],
            ".instead",
            (
                Mask((Lit(Test(Op.KNOWN, Ref(self.entry)), False),)),
                Mask((Lit(Test(Op.EQ, Ref(self.entry), Ref(self.name + "/before"))),)),
            ),
            self.settle(forget=(self.pending.entry,)),
        )

    def _failures(self) -> None:
        """What the other may say that ends the question without an answer."""
        body, start = self.body, self.start
        if self.settings.skip:
            skip = self.heard_anywhere(f"{TURN_TAKING}.skip", start)
            way = self.out(skip, ".skipped", effects=self.failed())
            body.fail("skipped", [way])
        if self.decl.offers:
            none = self.heard_anywhere(f"{TURN_TAKING}.none_of_these", start)
            way = self.out(none, ".none", effects=self.failed())
            body.fail("none_of_these", [way])
        if body.handles("cancelled") or not heard_outside(body, "cancel"):
            cancel = self.heard_anywhere(f"{TURN_TAKING}.cancel", start)
            way = self.out(cancel, ".cancelled", effects=self.failed())
            body.fail("cancelled", [way])
