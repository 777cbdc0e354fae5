"""What enters a session from outside, and what leaves it.

Events are offered to :meth:`engine.session.Session.offer`; commands are taken from
:meth:`engine.session.Session.take_commands` by whoever drives effectors. All of it is frozen data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.model import Json


@dataclass(frozen=True, slots=True)
class HeardValue:
    """An entity as it was heard.

    Attributes:
        value: The normalised value.
        text: The words it was heard as; empty for a button.
        sure: False below the confidence limit or with a near rival.
        confidence: 0 … 1.
    """

    value: Json
    text: str = ""
    sure: bool = True
    confidence: float = 1.0


DriverId = tuple[str, int]
"""A driver's name and its counter; an event whose counter is not above the driver's last is ignored."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Raw words of the other, understood when their turn comes.

    Attributes:
        text: The words.
        via: ``voice key button``.
        confidence: Of the recogniser, 0 … 1; None: typed or unknown.
        id: Who delivered it, so that a repetition is recognised.
    """

    text: str
    via: str = "voice"
    confidence: float | None = None
    id: DriverId | None = None


@dataclass(frozen=True, slots=True)
class Perceived:
    """A dialogue act of the other (or, with ``source="inner"``, a thought) that needs no understanding.

    ``Perceived("yes", via="button")`` is a pressed button and the same as hearing ``yes``.

    Attributes:
        name: The Miron; in thoughts also a rule.
        entities: Slot → value.
        via: ``voice key button``, or empty.
        source: ``other`` or ``inner``.
        text: The words, if any, for the journal.
        confidence: 0 … 1, or None.
        locale: The language it was expressed in; empty: unchanged.
        also: Further acts of the same utterance, perceived in the same moment.
        id: See :class:`Heard`.
        reason: How the words were understood, for the journal.
    """

    name: str
    entities: Mapping[str, HeardValue] = field(default_factory=dict)
    via: str = "button"
    source: str = "other"
    text: str = ""
    confidence: float | None = None
    locale: str = ""
    also: tuple[Perceived, ...] = ()
    id: DriverId | None = None
    reason: str = ""


def Pressed(name: str, entities: Mapping[str, Json] | None = None, *, via: str = "button") -> Perceived:
    """A pressed button: the same as hearing Miron ``name``, with plain values as entities."""
    return Perceived(name, {slot: HeardValue(value) for slot, value in (entities or {}).items()}, via=via)


def Thought(name: str, entities: Mapping[str, Json] | None = None) -> Perceived:
    """A thought put in from outside (tests, tools): an inner Miron or the name of a rule."""
    return Perceived(
        name, {slot: HeardValue(value) for slot, value in (entities or {}).items()}, via="", source="inner"
    )


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that happened in the world (``arrived``, ``fault``, ``resumed``)."""

    name: str
    entities: Mapping[str, Json] = field(default_factory=dict)
    id: DriverId | None = None


@dataclass(frozen=True, slots=True)
class Assert:
    """The world sets a memory entry (``visitor.present`` yes); ``None`` empties it."""

    entry: str
    value: Json
    id: DriverId | None = None


class Phase(StrEnum):
    """Where an act is, as its effector reports it."""

    STARTED = "started"
    """The effector has begun."""
    PROGRESS = "progress"
    """It goes on; several in the queue are merged into the last."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Broken off, with what was really expressed."""
    TIMED_OUT = "timed_out"

    @property
    def final(self) -> bool:
        """Whether the act has ended with this phase."""
        return self not in (Phase.STARTED, Phase.PROGRESS)


@dataclass(frozen=True, slots=True)
class Report:
    """An effector tells how an act goes.

    Attributes:
        act: The number from the command.
        phase: What happened.
        said: Of speech: the words really said so far; None: not known (done: all of them).
        values: Results of a service.
        reason: Why it failed.
        id: See :class:`Heard`.
    """

    act: int
    phase: Phase
    said: str | None = None
    values: Mapping[str, Json] = field(default_factory=dict)
    reason: str = ""
    id: DriverId | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """An operator opens or closes a channel; closed, its acts become inner."""

    channel: str
    open: bool


@dataclass(frozen=True, slots=True)
class ClockChange:
    """Wall time moved against session time (time zone, daylight saving, NTP)."""

    offset_ms: int
    zone: str = ""


Event = Heard | Perceived | Signal | Assert | Report | Gate | ClockChange


@dataclass(frozen=True, slots=True)
class Mark:
    """A body act bound to a word of an utterance.

    Attributes:
        word: Index of the word before which it starts, from 0.
        channel: ``gesture emotion gaze`` …
        name: The Miron.
    """

    word: int
    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """What an effector is to do; available only after the lines of its cascade are written.

    Attributes:
        kind: ``start`` or ``stop`` an act; ``end``: the visit is over (name is the ending, act is 0).
        act: Number of the act, from 1.
        channel: ``speech gesture emotion gaze face screen service`` …
        name: The (first) Miron, or the service.
        text: What to say or show.
        marks: Body acts at words of ``text``.
        mirons: What is expressed, in order.
        entities: Their values: memory entries the text was made with and arguments of the rule.
        params: Parameters of a service.
        deadline_ms: Session time at which the act times out.
        rule: Who asked for it.
        question: The question the utterance belongs to, or empty.
        step: Step of that question (1 …), or None.
        locale: Language of ``text``.
    """

    kind: str
    act: int
    channel: str
    name: str
    text: str = ""
    marks: tuple[Mark, ...] = ()
    mirons: tuple[str, ...] = ()
    entities: Mapping[str, Json] = field(default_factory=dict)
    params: Mapping[str, Json] = field(default_factory=dict)
    deadline_ms: int = 0
    rule: str = ""
    question: str = ""
    step: int | None = None
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that a rule could hear now (docs/semantics.md §8).

    Attributes:
        miron: What the other could express.
        rule: The rule that would fire.
        group: Index of the group in that rule.
        scope: The scope in whose hearing the rule stands.
        via: The modality the group insists on, or empty.
        takes: The group takes the act (``hear``); False: it notices, or follows a telling.
        state: Some followed rule of the group is in force.
    """

    miron: str
    rule: str
    group: int
    scope: str
    via: str = ""
    takes: bool = True
    state: bool = False
