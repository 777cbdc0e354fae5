"""The data of the language layer: intent modules (Mirons), entity types, and what was understood.

Values are plain data that JSON can hold: ``text person company phone email`` are strings; ``number`` and
``ordinal`` are ``int`` or ``Decimal``; ``time`` is ``"HH:MM"``, ``date`` is ``"YYYY-MM-DD"``, ``duration`` is
an ``int`` of milliseconds, ``flag`` is a ``bool``, a choice is the name of its value, a record is a ``dict``,
a list is a ``list``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from miron.source import Span
from miron.template import Template

if TYPE_CHECKING:
    from miron.entities.lexicon import Lexicon

Value = str | int | bool | Decimal | dict[str, Any] | list[Any]

BUILTIN_TYPES: tuple[str, ...] = (
    "flag",
    "text",
    "number",
    "ordinal",
    "date",
    "time",
    "duration",
    "phone",
    "email",
    "code",
    "person",
    "company",
)

NOT_UNDERSTOOD = "not_understood"
"""Name of the Miron that stands for an utterance nothing was made of."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A typed place for a value in the sentences of a Miron.

    Attributes:
        name: As written in the sentence: a memory entry (``visitor.name``) or an entity of the act (``at``).
        type: Name of a built-in or declared entity type, or ``list of TYPE``.
        memory: The name is a memory entry: read when said, filled when heard. Parts of entries
            (``visitor.name.first``) are only said; they need no slot of their own.
    """

    name: str
    type: str
    memory: bool = False


@dataclass(frozen=True, slots=True)
class EntityType:
    """A kind of value.

    Attributes:
        kind: ``builtin``; ``choice`` (named values with sentences); ``live`` (values supplied while running);
            ``record`` (fields); ``list`` (of ``element``).
        values: Of a choice: value name → locale → sentences that mean it, the first is the one said. A value
            without sentences is said and heard by its name, underscores as spaces.
        fields: Of a record: field name → type name.
        element: Of a list: the type name of its elements.
    """

    name: str
    kind: Literal["builtin", "choice", "live", "record", "list"] = "builtin"
    values: Mapping[str, Mapping[str, tuple[Template, ...]]] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    element: str = ""


@dataclass(frozen=True, slots=True)
class Forms:
    """The sentences of a Miron in one locale.

    Attributes:
        both: Understood and said.
        heard: Understood, never said.
        said: Said, never understood.
        jinja: Said only; Jinja2 sources, rendered in a sandbox.
        label: Words of its button; None: the shortest sentence.
    """

    both: tuple[Template, ...] = ()
    heard: tuple[Template, ...] = ()
    said: tuple[Template, ...] = ()
    jinja: tuple[str, ...] = ()
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Miron:
    """One intent, for both directions.

    Attributes:
        channel: ``speech`` has a language; Mirons of other channels need no sentences and are not heard in
            text.
        forms: Locale → sentences.
        slots: Slot name → slot, for every slot its sentences hold. A sentence with a slot that is not listed
            here is not understood (it can still be said).
        gated: Understood only when expected, as a bare value is (``{visit.host}`` alone).
        origin: Where it was written, ``file:line:column``.
    """

    name: str
    channel: str = "speech"
    forms: Mapping[str, Forms] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    gated: bool = False
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A value found in an utterance.

    Attributes:
        value: Normalised.
        text: The words said, as in the utterance.
        start: First character in the utterance, 0-based; ``end`` is exclusive.
        confidence: 0 to 1.
        sure: False when a dialogue should ask back: heard badly, or with a near rival.
        rivals: Other values it may have been, best first.
    """

    value: Value
    text: str
    start: int
    end: int
    confidence: float = 1.0
    sure: bool = True
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an utterance was understood as it was.

    Attributes:
        method: ``template`` (exact), ``tolerant`` (with misspelt or unknown words), ``model`` (trained).
        template: The sentence template, as the author wrote it; empty for the model.
        span: Its place.
        literal: Words matched literally.
        slots: Slot name and the words that filled it.
        skipped: Words that were passed over (greetings, fillers, unknown words).
        corrected: Words taken for others: (said, taken for).
        expected: The Miron was expected, which raised or allowed it.
        model: Version of the trained model, if it was the model.
    """

    method: Literal["template", "tolerant", "model"]
    template: str = ""
    span: Span | None = None
    literal: tuple[str, ...] = ()
    slots: tuple[tuple[str, str], ...] = ()
    skipped: tuple[str, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()
    expected: bool = False
    model: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """A dialogue act: a Miron with its values, as understood.

    Attributes:
        entities: Slot name → value found.
        confidence: 0 to 1.
        locale: The language heard.
        text: The part of the utterance this act covers.
        also: Further acts of the same utterance, in the order said ("I'm Ada. I'm here to see Grace").
    """

    miron: str
    entities: Mapping[str, Filled] = field(default_factory=dict)
    confidence: float = 1.0
    locale: str = ""
    reason: Reason = Reason("template")
    text: str = ""
    also: tuple[Act, ...] = ()

    @property
    def sequence(self) -> tuple[Act, ...]:
        """This act and the further ones, in the order said."""
        return (self, *self.also)


@dataclass(frozen=True, slots=True)
class Expectation:
    """A Miron that could be reacted to now.

    Attributes:
        entry: The memory entry that is asked for, if a question runs.
        weight: How strongly it is expected, 0 to 1; a running question is 1.
    """

    miron: str
    entry: str | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Guess:
    """What a trained model makes of an utterance.

    Attributes:
        miron: Name of the Miron; empty for out of scope.
        confidence: Calibrated, 0 to 1.
        spans: (slot name, start, end) in the utterance, end exclusive.
        locale: The language of the sentences it resembles.
    """

    miron: str
    confidence: float
    spans: tuple[tuple[str, int, int], ...] = ()
    locale: str = ""


@runtime_checkable
class TrainedModel(Protocol):
    """What :class:`miron.understand.Understander` asks of trained understanding."""

    @property
    def version(self) -> str:
        """What tells this model from others, short."""
        ...

    def guess(
        self,
        text: str,
        locales: Sequence[str],
        allowed: Collection[str] | None = None,
        lexicon: Lexicon | None = None,
    ) -> Sequence[Guess]:
        """Guesses for an utterance, best first; never raises on any text.

        Args:
            locales: Languages listened to, the one spoken so far first.
            allowed: Only these Mirons; None: all.
            lexicon: Live values.
        """
        ...
