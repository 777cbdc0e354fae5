"""The words of the language: what a name is, what is reserved, how durations are written."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

EVENTS = ("hear", "notice", "see", "think", "told", "changed", "said", "started", "done", "failed", "cut")
"""Words that begin an event in a condition."""

TEST_WORDS = frozenset({"known", "yes", "no", "unknown", "told", "unsure", "none", "one", "several"})
"""Words after ``is`` that are no value of a choice."""

VIAS = ("voice", "key", "button")
"""What an act can be heard by."""

RESERVED = frozenset(
    {"or", "and", "for", "within", "not", "by", "is", "active", "finished", "after", "timer"}
    | set(EVENTS)
    | TEST_WORDS
)
"""The words of the grammar of conditions; none of them can be a name."""

DURATION = re.compile(r"(?P<number>\d{1,12}(?:\.\d{1,6})?)(?P<unit>ms|s|min|h)")
_UNIT_SLIPS = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("msec", "millis", "milliseconds"), "ms"),
    "": "s",
}

MAX_GATE_MS = 2**24
"""Longest ``within`` and ``cooldown``; beyond it a timer is needed."""

_UNITS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000}
_NUMBER_LIKE = re.compile(r"[\d_.]+(?:e\d+)?(?:ms|s|min|h)?")


def normal(text: str) -> str:
    """The composed form (NFC), so that equal looking names are equal."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def duration_ms(text: str) -> int | None:
    """Milliseconds of a duration such as ``1.5s``; None if they are not whole."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    value = Decimal(match["number"]) * _UNITS[match["unit"]]
    return int(value) if value == int(value) else None


def better_duration(text: str) -> str | None:
    """The duration that was probably meant: ``3`` (seconds), ``3 s``, ``3 minutes``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    if match is None:
        return None
    unit = match[2] if match[2] in _UNITS else _UNIT_SLIPS.get(match[2])
    return f"{match[1]}{unit}" if unit else None


@lru_cache(maxsize=16384)
def name_fault(text: str) -> str | None:
    """Why a text cannot be a name; None if it can."""
    if not text:
        return "it is empty"
    if len(text) > 200:
        return "it is longer than 200 characters"
    if text.isascii() and text.isidentifier() and text.islower():
        return None
    if _NUMBER_LIKE.fullmatch(text):
        return "it reads as a number; a name begins with a letter"
    for part in text.split("."):
        if not part:
            return "the parts beside a dot cannot be empty"
        if fault := _part_fault(part):
            return fault
    return None


def _part_fault(part: str) -> str | None:
    for char in normal(part):
        kind = unicodedata.category(char)
        if char != "_" and kind[0] not in "LM" and kind != "Nd":
            what = "a space" if char == " " else f"'{char}'"
            return f"{what} cannot stand in a name (letters, digits, _ and dots can)"
    if part != part.lower():
        return "names are written in lower case"
    return None
