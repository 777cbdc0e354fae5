"""What the language layer knows of each language: plain data, one module a language.

Words are written folded: lower case, without diacritics, as :func:`miron.words.fold` leaves them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Locale:
    """Data of one language.

    Attributes:
        contractions: One written word → the words it stands for.
        numbers: Number word → value, 0 to 99.
        scales: Number word that multiplies → factor (``hundred`` → 100).
        ordinals: Ordinal word → value.
        fillers: Words that mean nothing wherever they stand.
        openers: Word groups that may precede what is said (greetings, politeness).
        carriers: Word groups that may introduce a bare answer (``it is``).
        closers: Word groups that may follow what is said.
        joiners: Words that join two things said in one breath.
        droppable: Words of a sentence that a speaker or recogniser may lose (articles).
        common: Everyday words that are no part of a name when written in lower case.
        titles: Title as said → title as written.
        particles: Words within names that stay in lower case (``von``).
        surnames: First characters of names, where names are not set off by spaces.
        yes: What a flag is heard as; the first is said.
        no: The opposite of ``yes``.
        months: Month word → 1 to 12.
        weekdays: Day word → 0 (Monday) to 6.
        month_names: January to December, as said.
        weekday_names: Monday to Sunday, as said.
        relative_days: Word group → days from today.
        units: Word of a unit of time → milliseconds.
        and_word: Joins the last two of a list, with the spaces it needs.
        comma: Joins the others.
        spaced: Words are separated by spaces.
    """

    name: str
    contractions: Mapping[str, Words] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)
    ordinals: Mapping[str, int] = field(default_factory=dict)
    fillers: frozenset[str] = frozenset()
    openers: tuple[Words, ...] = ()
    carriers: tuple[Words, ...] = ()
    closers: tuple[Words, ...] = ()
    joiners: frozenset[str] = frozenset()
    droppable: frozenset[str] = frozenset()
    common: frozenset[str] = frozenset()
    titles: Mapping[str, str] = field(default_factory=dict)
    particles: frozenset[str] = frozenset()
    surnames: frozenset[str] = frozenset()
    yes: tuple[str, ...] = ("yes",)
    no: tuple[str, ...] = ("no",)
    months: Mapping[str, int] = field(default_factory=dict)
    weekdays: Mapping[str, int] = field(default_factory=dict)
    month_names: Words = ()
    weekday_names: Words = ()
    relative_days: Mapping[Words, int] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)
    and_word: str = ", "
    comma: str = ", "
    spaced: bool = True


def words(text: str) -> Words:
    """The words of a text, by white space."""
    return tuple(text.split())


def groups(lines: str) -> tuple[Words, ...]:
    """Word groups, one a line or separated by commas; longer groups first."""
    found = [tuple(group.split()) for line in lines.splitlines() for group in line.split(",")]
    return tuple(sorted((group for group in found if group), key=lambda group: -len(group)))


@lru_cache(maxsize=64)
def get(name: str) -> Locale:
    """The data of a locale: for ``en-GB`` that of ``en``; for an unknown language almost nothing."""
    base = name.replace("_", "-").split("-")[0].lower()
    if base not in ("en", "de", "zh"):
        return Locale(name)
    module = import_module(f"miron.locales.{base}")
    locale: Locale = module.LOCALE
    return locale
