"""The repair of a question: silence, noise, what is not understood, help, repeat, and coming back to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from dsl.binding import TAKER, TURN_TAKING
from dsl.forge import Edge, acts, batched, following, speaks
from dsl.question_settings import runs
from dsl.tree import Name
from dsl.usage import events, hears
from engine.model import (
    Active,
    Assign,
    Const,
    Effects,
    Ended,
    Group,
    Held,
    Lit,
    Mask,
    Op,
    Pulse,
    Ref,
    Running,
    Sum,
    Test,
    Value,
)

if TYPE_CHECKING:
    from dsl.lower import Body
    from dsl.questions import Asking

FREE = {"help": 2, "repeat": 2}
"""How often help, and the same words again, cost no step of a question."""

Masks = tuple[Mask, ...]
NO_EFFECTS = Effects()


def reactions(asking: Asking, gave_up: list[Edge]) -> list[str]:
    """Silence, not understood, noise: a step further; help and repeat: at first the same step again.

    Args:
        gave_up: Receives the ways out of the last step.

    Returns:
        The parts after which the question is put again.
    """
    s, start = asking.settings, asking.start
    last = asking.test(asking.step, Op.GE, s.steps)
    parts = []
    for how, groups in _failing(asking).items():
        further: Value = Sum(asking.step, Const(1))
        variants: list[tuple[Masks, Value]] = [((Mask((last,)),), further)]
        if how == "noise":
            variants = _noise_steps(asking, last)
        for masks, next_step in variants:
            effects = Effects(
                assign=(
                    Assign(asking.step.entry, next_step),
                    Assign(asking.how.entry, Const(how)),
                    _counted(asking, how),
                ),
                forget=(asking.pending.entry,),
            )
            parts.append(asking.part(groups, effects, masks, f".{how}"))
        over = [replace(group, eats=(start,)) for group in groups]
        gave_up.append(
            asking.out(over, f".{how}.over", (Mask((replace(last, positive=False),)),), asking.given_up)
        )
    parts += _wanted(asking, last, gave_up)
    if not asking.decl.checks:
        parts.append(_progress(asking))
    if asking.confirm:
        parts.append(_unconfirmed(asking, last, gave_up))
    return parts


def _wanted(asking: Asking, last: Lit, gave_up: list[Edge]) -> list[str]:
    """Help, and the same words again: free at first, then a step further, because they were of no use."""
    once_more = ("repeat",) if asking.decl.checks else ("repeat", "correct")
    parts = []
    for counted, how, mirons in (("help", "help", ("help",)), ("repeat", "first", once_more)):
        groups = [asking.heard(f"{TURN_TAKING}.{miron}", asking.ask, asking.ask) for miron in mirons]
        often = asking.test(asking.count(counted), Op.GE, FREE[counted])
        seldom = Mask((replace(often, positive=False),))
        same = (Assign(asking.how.entry, Const(how)), _counted(asking, counted))
        further = (Assign(asking.step.entry, Sum(asking.step, Const(1))), *same)
        parts.append(
            asking.part(groups, Effects(assign=same, cut=asking.cut()), (Mask((often,)),), f".{counted}")
        )
        effects = Effects(assign=further, cut=asking.cut())
        parts.append(asking.part(groups, effects, (seldom, Mask((last,))), f".{counted}.further"))
        over = [replace(group, eats=(asking.start,)) for group in groups]
        masks = (seldom, Mask((replace(last, positive=False),)))
        gave_up.append(asking.out(over, f".{counted}.over", masks, asking.given_up))
    return parts


def _counted(asking: Asking, how: str) -> Assign:
    count = asking.count(how)
    return Assign(count.entry, Sum(count, Const(1)))


def _failing(asking: Asking) -> Mapping[str, list[Group]]:
    """What costs a step, by reaction."""
    ask = asking.ask
    unclear = [_after_prompt(asking, "not_understood"), *asking.missed, *_too_long(asking)]
    _, barred = interrupting(asking.body, asking.settings.digress)
    taken = [
        asking.part([asking.heard(miron, ask, ask) for miron in some], NO_EFFECTS, (), ".barred")
        for some in batched(barred)
    ]
    unclear += [Edge(part, (part,)).group() for part in _merged(asking, taken)]
    return {
        "silent": [
            Group(Pulse("other", "silence"), (Lit(Active(ask)),), (ask,), True, "silence"),
            *_silences(asking),
        ],
        "not_understood": unclear,
        "noise": [_after_prompt(asking, "noise"), *_noises(asking)],
    }


def _flag(asking: Asking, name: str, value: Op = Op.YES) -> Lit:
    return Lit(Test(value, Ref(f"{asking.env.other}.{name}")))


def _held(asking: Asking, state: str, ms: int, *lits: Lit, text: str, steps: tuple[int, int] | None) -> Group:
    """While the question waits in a state, something has gone on for so long without a break."""
    held = Held((Mask((Lit(Active(state)), Lit(Ended(state)), *lits)),), ms)
    at: tuple[Lit, ...] = ()
    if steps is not None and steps != (1, asking.settings.steps):
        first, final = steps
        at = (asking.test(asking.step, Op.GE, first), asking.test(asking.step, Op.LE, final))
    return Group(None, (Lit(Active(state)), Lit(held), *at), (state,), text=text)


def quiet(asking: Asking, state: str, ms: int, steps: tuple[int, int] | None = None) -> Group:
    """Nobody has spoken or typed for so long."""
    nothing = tuple(replace(_flag(asking, flag), positive=False) for flag in ("speaking", "typing"))
    return _held(asking, state, ms, *nothing, text="silence", steps=steps)


def _silences(asking: Asking) -> list[Group]:
    """Nothing is begun in time, or typing goes on for ever."""
    s = asking.settings
    steps = range(1, s.steps + 1)
    groups = [
        quiet(asking, asking.ask, ms, (first, last))
        for first, last, ms in runs(s.steps, {step: s.silence_ms(step) for step in steps})
    ]
    for first, last, ms in runs(s.steps, {step: s.wait_ms("typing", step) for step in steps}):
        typing = _flag(asking, "typing")
        groups.append(_held(asking, asking.ask, ms, typing, text="typing without end", steps=(first, last)))
    return groups


def _noises(asking: Asking) -> list[Group]:
    """Sound without end where a voice is waited for."""
    s = asking.settings
    waits = {step: s.wait_ms("noise", step) for step in range(1, s.steps + 1) if s.modality(step) == "voice"}
    sound = _flag(asking, "speaking")
    return [
        _held(asking, asking.ask, ms, sound, text="noise", steps=(first, last))
        for first, last, ms in runs(s.steps, waits)
    ]


def _too_long(asking: Asking) -> list[Group]:
    """An answer that is longer than the longest; sound that goes on is noise, whichever comes first."""
    s = asking.settings
    waits = {
        step: ms
        for step in range(1, s.steps + 1)
        if s.modality(step) == "voice" and (ms := s.wait_ms("longest", step)) < s.wait_ms("noise", step)
    }
    sound = _flag(asking, "speaking")
    return [
        _held(asking, asking.ask, ms, sound, text="too long an answer", steps=(first, last))
        for first, last, ms in runs(s.steps, waits)
    ]


def _after_prompt(asking: Asking, miron: str) -> Group:
    """What is not understood while the question is still being put means nothing."""
    heard = asking.heard(miron, asking.ask, asking.ask)
    return replace(heard, lits=(*heard.lits, Lit(Ended(asking.ask))))


def _noise_steps(asking: Asking, last: Lit) -> list[tuple[Masks, Value]]:
    """Noise goes to the next step that needs no voice: one variant for each step it can come from."""
    s = asking.settings
    targets: dict[int, list[int]] = {}
    for step in range(1, s.steps):
        targets.setdefault(min(s.next_silent_step(step), s.steps), []).append(step)
    return [
        (
            (
                Mask((last,)),
                Mask((asking.test(asking.step, Op.LT, steps[0]),)),
                Mask((asking.test(asking.step, Op.GT, steps[-1]),)),
            ),
            Const(target),
        )
        for target, steps in targets.items()
    ]


def _progress(asking: Asking) -> str:
    """Something else was told: the question begins anew."""
    other = Group(Pulse("told", ""), (Lit(Active(asking.ask)),), (asking.ask,), text="something else told")
    answered = (
        Mask((asking.test(Ref(asking.entry), Op.KNOWN),)),
        Mask((asking.test(asking.pending, Op.KNOWN),)),
    )
    again = Effects(assign=(Assign(asking.how.entry, Const("first")), Assign(asking.step.entry, Const(1))))
    return asking.part([other], again, answered, ".progress")


def _unconfirmed(asking: Asking, last: Lit, gave_up: list[Edge]) -> str:
    """A value that is not agreed to costs a step; help and repeat have it repeated."""
    confirm, start = asking.confirm, asking.start
    words = (f"{TURN_TAKING}.disagree", f"{TURN_TAKING}.correct", "not_understood", "noise")
    groups = [asking.heard(miron, confirm, confirm) for miron in words]
    groups.append(quiet(asking, confirm, asking.settings.silence_ms(1)))
    effects = Effects(
        assign=(
            Assign(asking.step.entry, Sum(asking.step, Const(1))),
            Assign(asking.how.entry, Const("first")),
        ),
        forget=(asking.pending.entry,),
        cut=asking.cut(),
    )
    same = Lit(Test(Op.EQ, Ref(asking.entry), Ref(asking.name + "/before")), False)
    instead = Mask((asking.test(Ref(asking.entry), Op.KNOWN), same))
    part = asking.part(groups, effects, (Mask((last,)), instead), ".unconfirmed")
    unclear = [asking.heard(f"{TURN_TAKING}.{word}", confirm, confirm) for word in ("repeat", "help")]
    unclear.append(Group(Pulse("changed", asking.pending.entry), (Lit(Active(confirm)),), (confirm,)))
    repeated = asking.part(unclear, Effects(cut=asking.cut()), (), ".confirm_again")
    forge = asking.body.forge
    edge = Edge(repeated, (repeated,)).group()
    forge.change(confirm, groups=(*forge.rules[confirm].groups, following(edge)))
    over = [replace(group, eats=(start,)) for group in groups]
    masks = (Mask((replace(last, positive=False),)), instead)
    gave_up.append(asking.out(over, ".unconfirmed.over", masks, asking.given_up))
    return part


def _merged(asking: Asking, parts: list[str]) -> list[str]:
    """At most two parts that are reached from these, however many there are."""
    while len(parts) > 2:
        parts = [
            asking.part([Edge(part, (part,)).group() for part in some], NO_EFFECTS, (), ".merged")
            for some in batched(parts)
        ]
    return parts


def digressions(asking: Asking, known: Masks) -> list[str]:
    """A rule of an outer scope that took an act and does something interrupts; the question comes back.

    It comes back with a bridge if the rule spoke, and not at all if it has become known meanwhile.
    """
    rules, _ = interrupting(asking.body, asking.settings.digress)
    tables, forge = asking.body.env.tables, asking.body.forge
    parts = []
    states = asking.states()
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
        by = Ref(f"{asking.name}/by")
        effects = Effects(assign=(Assign(by.entry, Ref(TAKER)),), cut=asking.cut())
        paused = asking.part(groups, effects, (), ".paused")
        back = [
            Group(
                None,
                (Lit(Active(paused)), asking.test(by, Op.EQ, rule), Lit(Running(rule), False)),
                (paused,),
                text="digression over",
            )
            for rule in some
        ]
        assign = Assign(asking.how.entry, Const("bridge" if spoken else "first"))
        resume = Effects(assign=(assign,), forget=(asking.pending.entry,))
        parts.append(asking.part(back, resume, (), ".resume"))
    parts = _merged(asking, parts)
    if known:
        ways = [following(Edge(part, (asking.start,)).group()) for part in parts]
        forge.change(asking.known.pred, groups=(*forge.rules[asking.known.pred].groups, *ways))
    return parts


def heard_outside(body: Body, ready_made: str) -> bool:
    """Whether some author's rule hears a ready-made Miron itself."""
    return any(
        any(hears(expr, ready_made) for expr in decl.when) for decl, _ in body.env.tables.rules.values()
    )


def interrupting(body: Body, digress: bool | tuple[Name, ...]) -> tuple[list[str], list[str]]:
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
