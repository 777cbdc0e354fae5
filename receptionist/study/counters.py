"""What is counted in a session, as data: a name, and the journal lines that count (docs/study.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.journal import Record
from engine.model import Json

KINDS: Final = ("fire", "hear", "say", "call", "end", "set")


class PatternError(ValueError):
    """A counter that is not written as one; the message says how it is."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Journal lines of one kind.

    Attributes:
        kind: One of :data:`KINDS`: a rule fires, a Miron is heard, said, a service is called, a visit ends,
            an entry of memory gets a value.
        name: Of the rule, Miron, service, ending or entry.
        value: For ``set``: the value as text (``yes`` and ``no`` for flags); None: any.
    """

    kind: str
    name: str
    value: str | None = None

    def matches(self, record: Record) -> bool:
        """Whether a line is one of these."""
        data = record.data
        match self.kind:
            case "fire":
                return record.kind == "fire" and data.get("rule") == self.name
            case "hear":
                heard = record.kind == "percept" and data.get("source") == "other"
                return heard and self.name in mirons_of(record)
            case "say" | "call" | "end":
                channel = {"say": "speech", "call": "service", "end": "visit"}[self.kind]
                started = record.kind == "act" and data.get("command") == "start"
                return started and data.get("channel") == channel and data.get("name") == self.name
        changed = record.kind == "memory" and data.get("name") == self.name and "new" in data
        return changed and (self.value is None or as_text(data["new"]) == self.value)


def read_pattern(text: str) -> Pattern:
    """Read ``KIND NAME`` or ``set ENTRY is VALUE``.

    Raises:
        PatternError: It is neither.
    """
    kind, _, rest = text.strip().partition(" ")
    name, _, value = rest.strip().partition(" is ")
    if kind not in KINDS or not name or " " in name or (value and kind != "set"):
        raise PatternError(
            f"{text!r} counts nothing: write one of {', '.join(KINDS)} and a name, or 'set ENTRY is VALUE'"
        )
    return Pattern(kind, name, value.strip() or None)


def mirons_of(record: Record) -> tuple[str, ...]:
    """The Mirons of a line that tells what was heard: the first, and those heard in the same words."""
    also = record.get("also") or ()
    return (str(record.get("name") or ""), *(str(each["name"]) for each in also))


def as_text(value: Json) -> str:
    """A value as counters and tables write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def read_counters(written: Mapping[str, Iterable[str]]) -> dict[str, tuple[Pattern, ...]]:
    """Counters by name.

    Raises:
        PatternError: See :func:`read_pattern`.
    """
    return {name: tuple(read_pattern(text) for text in texts) for name, texts in written.items()}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the lines of a dialogue's journals mean to a study; the defaults are the receptionist's.

    Attributes:
        success: Endings of visits that reached what the visitor came for.
        phase: The entry of memory that holds the phase of a visit.
        help: Miron with which the other asks for help.
        repeat: Miron with which the other asks to hear it again.
        corrections: Mirons with which the other takes something back.
        hand_over: Endings of visits that hand over to a person.
        counters: Further counters.
    """

    success: tuple[str, ...]
    phase: str
    help: str
    repeat: str
    corrections: tuple[str, ...]
    hand_over: tuple[str, ...]
    counters: Mapping[str, tuple[Pattern, ...]]


RECEPTIONIST: Final = Vocabulary(
    success=("met", "host_comes_later", "delivered", "checked_out"),
    phase="phase",
    help="turn_taking.help",
    repeat="turn_taking.repeat",
    corrections=("turn_taking.correct", "correction"),
    hand_over=("sent_to_human",),
    counters=read_counters(
        {
            "registered": ["fire expected", "fire by_code"],
            "not_registered": ["fire unexpected"],
            "host_reached": ["say on_the_way", "say a_few_minutes"],
            "deputy_reached": ["say deputy_on_the_way", "say deputy_in_minutes"],
            "nobody_reached": ["fire leave_word"],
            "messages_sent": ["call notify_host", "call notify_team", "call leave_message"],
            "consent_yes": ["set consent.given is yes"],
            "consent_no": ["set consent.given is no"],
            "walked_away": ["end walked_away"],
        }
    ),
)
