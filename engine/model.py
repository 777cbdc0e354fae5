"""The compiled program: what the dialogue compiler hands to the behaviour network.

Everything here is frozen data with names, not numbers; :mod:`engine.network` lowers it to integer weights.
A program is flat: steps, questions, digressions, modules and calls have all become rules of this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = Any  # None, bool, int, Decimal, str, list or dict of these


@dataclass(frozen=True, slots=True)
class Pulse:
    """Something happens; it lives one tick.

    Attributes:
        source: ``other`` (the visitor), ``world`` (signals), ``inner`` (thoughts), ``self`` (own acts),
            ``told``/``changed`` (memory), ``fired``/``finished``/``took`` (rules).
        name: A Miron, signal, memory entry or group of entries, act, channel or rule.
        phase: Of own acts: ``started done failed cut said``; else empty.
        via: ``voice key button`` to insist on a modality; else empty.
    """

    source: str
    name: str
    phase: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class Ref:
    """A place in memory: an entry, and the parts read from its value (``visit.found`` . ``host``)."""

    entry: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Const:
    """A constant value."""

    value: Json


@dataclass(frozen=True, slots=True)
class EntityRef:
    """An entity of the latest act of a Miron in this visit (``name_time.at``)."""

    miron: str
    slot: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """``left + right`` or ``left - right``; numbers, durations, times and dates."""

    left: Value
    right: Value
    minus: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a list, by its place: from 1, or from the end if negative; None if there is none."""

    of: Ref
    at: Value


Value = Const | Ref | EntityRef | Sum | Item


class Op(StrEnum):
    """Tests of a memory entry."""

    KNOWN = "known"
    """It has a value (a list: at least one element)."""
    YES = "yes"
    NO = "no"
    TOLD = "told"
    """Known, and from the other's own words."""
    UNSURE = "unsure"
    """Known, but heard below the confidence limit or with a near rival."""
    NONE = "none"
    """No element (a list) or no value."""
    ONE = "one"
    SEVERAL = "several"
    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True, slots=True)
class Test:
    """A stored level: a test of memory. A comparison with an empty entry is false."""

    op: Op
    ref: Ref | EntityRef
    operand: Value | None = None


@dataclass(frozen=True, slots=True)
class Active:
    """A stored level: the rule is in force."""

    rule: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A stored level: every own act of the rule's latest firing has ended, however it ended.

    ``finished R`` of an author is ``Ended(end part of R)``.
    """

    rule: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A stored level: a service (or ``fail`` act) of the rule's latest firing ended as failed or timed out.

    It changes in the same step as :class:`Ended`, so both can stand in one group. Speech that fails or is cut
    does not fail its rule.
    """

    rule: str


@dataclass(frozen=True, slots=True)
class Running:
    """A stored level: the rule (with its parts) has fired, was not left, and is not finished."""

    rule: str


@dataclass(frozen=True, slots=True)
class After:
    """A clock bit: ``ms`` since the rule was both active and ended."""

    rule: str
    ms: int


@dataclass(frozen=True, slots=True)
class TimerOut:
    """A clock bit: the named timer has run out, until it is restarted or stopped."""

    name: str


@dataclass(frozen=True, slots=True)
class Held:
    """A clock bit: the disjunction of ``masks`` (levels only) has held for ``ms`` without a break."""

    masks: tuple[Mask, ...]
    ms: int


@dataclass(frozen=True, slots=True)
class Busy:
    """A stored level: an act holds the exclusive channel."""

    channel: str


Level = Test | Active | Ended | Failed | Running | After | TimerOut | Held | Busy


@dataclass(frozen=True, slots=True)
class Within:
    """A gate: the pulse was seen in an earlier tick, at most ``ms`` ago. A mask: it triggers nothing."""

    pulse: Pulse
    ms: int


@dataclass(frozen=True, slots=True)
class Lit:
    """A level or gate, plain or negated."""

    of: Level | Within
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Mask:
    """A conjunction that is looked at and triggers nothing (``if``, ``unless``, ``TEST for``)."""

    lits: tuple[Lit, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One AND of a rule's condition.

    Attributes:
        pulse: The one event, or None for a group of tests alone, which acts when it becomes true.
        lits: Levels and gates that must hold.
        eats: Rules that are consumed when the rule fires by this group (they are among ``lits`` as Active).
        takes: The pulse is a percept of the other that this group takes (``hear``, not ``notice``).
        text: The author's words, for ``why``.
    """

    pulse: Pulse | None
    lits: tuple[Lit, ...] = ()
    eats: tuple[str, ...] = ()
    takes: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One Miron of an utterance (or the Miron of another channel).

    Attributes:
        mirons: The Miron; several when it is chosen by step (the last one repeats).
        step: The entry that holds the step (1, 2, …) when there are several.
        args: Slot → value, for every slot the Miron can hold (an empty value leaves the slot out).
        only: The part is left out unless the entry equals the value, read when the act is.
    """

    mirons: tuple[str, ...]
    step: Ref | None = None
    args: tuple[tuple[str, Value], ...] = ()
    only: tuple[Ref, Json] | None = None


@dataclass(frozen=True, slots=True)
class ActSpec:
    """An act that a rule requests.

    Attributes:
        channel: ``speech gesture emotion gaze screen service wait`` …; ``wait`` is done after deadline_ms.
        name: Journal and perception name: the (first) Miron, the service, the rule for a wait.
        parts: What is expressed, in order (speech may have several).
        params: Parameters of a service; of a wait ``for``, how long, where that is not known beforehand.
        get: Results of a service into memory: (entry, result field).
        deadline_ms: Latest end; passing it is ``timed_out`` (for ``wait``: done).
        outward: Cannot be taken back: at most once per visit and parameters.
        question: The question this utterance belongs to, for tests and screens; empty otherwise.
        barge_in: What of the other breaks off this utterance: ``yes`` (what is understood), ``any_sound``,
            ``no``.
        step: The entry with the step of that question.
        outcome: The entry that says how the act ended (``done failed timed_out`` …), or empty.
    """

    channel: str
    name: str
    parts: tuple[Part, ...] = ()
    params: tuple[tuple[str, Value], ...] = ()
    get: tuple[tuple[str, str], ...] = ()
    deadline_ms: int = 60_000
    outward: bool = False
    question: str = ""
    step: Ref | None = None
    barge_in: str = "yes"
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Assign:
    """Write a value; ``origin`` is ``set`` (rule), ``told`` (agreed or confirmed by the other)."""

    entry: str
    value: Value
    origin: str = "set"


@dataclass(frozen=True, slots=True)
class Think:
    """An inner Miron or rule name, heard in the next tick."""

    name: str
    args: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Effects:
    """What a firing does, in the order of commit (docs/semantics.md §3)."""

    leave: tuple[str, ...] = ()
    leave_all: bool = False  # all but the rule's own ancestors and what fires in this tick
    forget: tuple[str, ...] = ()
    assign: tuple[Assign, ...] = ()
    timers: tuple[tuple[str, int | Value], ...] = ()  # (name, milliseconds): start or restart
    stop_timers: tuple[str, ...] = ()
    stop_channels: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()  # rules whose acts in progress are stopped (barge-in on a question's prompt)
    barge_in: str = ""  # the other is heard: ``understood`` or ``sound``; breaks off speech that allows it
    gates: tuple[tuple[str, bool], ...] = ()  # (channel, open?)
    acts: tuple[ActSpec, ...] = ()
    thinks: tuple[Think, ...] = ()
    end: str = ""  # the ending that closes the visit


class OnBusy(StrEnum):
    """What a rule does when an exclusive channel it needs is held."""

    WAIT = "wait"
    DROP = "drop"
    INTERRUPT = "interrupt"


@dataclass(frozen=True, slots=True)
class Rule:
    """A unit of the network, and a state.

    Attributes:
        name: Qualified name; hidden parts carry a ``/``.
        groups: The condition, an OR of ANDs.
        unless: Inhibits while any of the masks holds (``if E`` has become ``unless not E``).
        scope: Name of the scope in whose hearing the rule stands.
        part_of: The rule whose step, question or call this is: leaving or refiring that rule leaves this one.
        end_part: The part whose end is the end of this rule; empty: its own acts.
        followed: Somebody follows it, so it stays in force until consumed or left.
        ignore_again: Inhibited while Running (``again: ignore``).
        priority: Higher wins; then file order, then position.
        origin: ``file:line:column`` in the author's text.
        hidden: Made by the compiler.
    """

    name: str
    groups: tuple[Group, ...]
    unless: tuple[Mask, ...] = ()
    effects: Effects = Effects()
    scope: str = ""
    part_of: str = ""
    end_part: str = ""
    followed: bool = False
    once: bool = False
    cooldown_ms: int | None = None
    ignore_again: bool = True
    priority: int = 0
    file: str = ""
    position: int = 0
    on_busy: OnBusy = OnBusy.WAIT
    origin: str = ""
    hidden: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A memory entry.

    Attributes:
        kind: ``flag text number … person company choice list record``.
        type: Name of the declared type, else the kind.
        default: Written at ``open`` and after each visit; None: empty.
        private: Personal data: pseudonymised in journals.
        kiosk: Survives the visit.
        other: About the other (``visitor.…``).
        hidden: Made by the compiler (step counters and the like).
    """

    name: str
    kind: str
    type: str = ""
    default: Json = None
    private: bool = False
    kiosk: bool = False
    other: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Intercept:
    """While a rule is active, what is told of ``entry`` goes to ``into`` instead (a value being confirmed).

    Attributes:
        only_unsure: Sure values are written as usual.
    """

    entry: str
    rule: str
    into: str
    only_unsure: bool = True


@dataclass(frozen=True, slots=True)
class Offer:
    """While a rule is active, what is told of ``entry`` may be a part of one of the values of ``among``.

    "Anna" then means Anna Berg, if she is the only Anna offered; if there are several, nothing is told.
    """

    entry: str
    rule: str
    among: Ref


@dataclass(frozen=True, slots=True)
class MironMeta:
    """What the network side must know of a Miron.

    Attributes:
        writes: Slots that are memory entries: (slot, entry).
        sets: Constants it sets when heard, thought or said.
        thought: The sentence for the thought log.
    """

    name: str
    channel: str = "speech"
    writes: tuple[tuple[str, str], ...] = ()
    sets: tuple[tuple[str, Json], ...] = ()
    thought: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled dialogue.

    Attributes:
        scopes: Scope name → enclosing scope ("" is the outermost, the dialogue).
        watched: Pulses asked for by some group or gate are found by the network; nothing to declare.
        hash: Content hash of the sources, for the journal.
    """

    name: str
    rules: tuple[Rule, ...]
    entries: Mapping[str, Entry] = field(default_factory=dict)
    mirons: Mapping[str, MironMeta] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)
    intercepts: tuple[Intercept, ...] = ()
    offers: tuple[Offer, ...] = ()
    endings: tuple[str, ...] = ()
    exclusive: tuple[str, ...] = ("speech",)
    replacing: tuple[str, ...] = ("screen", "gesture", "gaze", "emotion", "face")
    locales: tuple[str, ...] = ("en",)
    hash: str = ""
    max_ticks: int = 64
