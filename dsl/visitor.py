"""What a scripted visitor does besides speaking: being seen, making noise. For tests and scripted runs."""

from __future__ import annotations

from typing import Final

from dsl.binding import Env
from dsl.fixtures import typed
from dsl.tree import Name, Text
from engine.events import Assert, Perceived, Signal
from engine.virtual import VirtualRun

NOISE_MS: Final = 15_000
"""Sound without end for so long is noise."""
LEFT_MS: Final = 600_000
"""How long the agent may go on after the visitor has left."""


def seen(env: Env, what: Name) -> Signal | Assert:
    """What the sensors tell: a signal, or a fact such as ``visitor.present`` or ``not visitor.present``.

    ``ENTRY is VALUE`` (or ``==``) gives an entry of memory a value; an entry alone is a flag that is now on.

    Raises:
        ModelError: The value is not of the entry's type.
    """
    text = what.text
    negated = text.startswith("not ")
    name, sign, word = text.removeprefix("not ").partition(" == ")
    if not sign:
        name, _, word = name.partition(" is ")
    found = env.reference(name.strip())
    if found is None:
        return Signal(env.signal(name))
    ref, kind = found
    value = (
        typed(Text(word.strip(), what.span), kind) if word and kind.kind != "flag" else word.strip() != "no"
    )
    return Assert(ref.entry, (not value) if negated else value)


def noise(virtual: VirtualRun, other: str, ms: int) -> None:
    """There is sound for some time; without end for fifteen seconds it is noise.

    Args:
        other: Who is heard, as the dialogue calls them.
        ms: How long it lasts.
    """
    speaking = f"{other}.speaking"
    virtual.offer(Assert(speaking, True))
    virtual.advance(min(ms, NOISE_MS))
    if ms >= NOISE_MS:
        virtual.offer(Perceived("noise", via="voice"))
        virtual.advance(ms - NOISE_MS)
    virtual.offer(Assert(speaking, False))


def leave(virtual: VirtualRun, env: Env) -> None:
    """The visitor goes: nobody is seen any more, and time passes until the visit has ended."""
    session = virtual.session
    if not session.visit_open:
        return
    present = f"{env.other}.present"
    if present in env.tables.entries:
        if session.value(present) is not True:
            virtual.offer(Assert(present, True))
        virtual.offer(Assert(present, False))
    virtual.until(lambda: not session.visit_open, LEFT_MS)
    virtual.settle()
