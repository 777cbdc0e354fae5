"""Values that stand for all values of a type when sentences are made up for training."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from miron.model import Value

_VALUES: Mapping[str, tuple[Value, ...]] = {
    "number": (1, 2, 3, 4, 5, 7, 12, 15, 20, 42, 100, 205),
    "ordinal": (1, 2, 3, 4, 5, 10, 21),
    "date": ("2026-11-23", "2027-02-01", "2026-12-24", "2027-05-03", "2027-08-19"),
    "time": tuple(f"{hour:02}:{minute:02}" for hour in range(8, 18) for minute in (0, 15, 30, 45)),
    "duration": (600_000, 300_000, 1_800_000, 3_600_000, 5_400_000, 7_200_000),
    "phone": ("030123456", "+4930123456", "5551234", "112"),
    "email": ("ada@example.org", "g.hopper@example.com", "info@example.net"),
    "code": ("ADA1030", "XM1100", "K7M4Q2"),
}


@cache
def typical(type_name: str, locale: str) -> tuple[Value, ...]:
    """Values of a built-in type, or of a type of which only the name is known; never none."""
    base = locale.replace("_", "-").split("-")[0]
    if type_name == "person":
        return _persons(base)
    if type_name == "company":
        return _written("company", base)
    return _VALUES.get(type_name) or _written("text", base)


@cache
def _lists() -> Mapping[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in (files(__package__) / "typical.txt").read_text(encoding="utf-8").splitlines():
        head, colon, values = line.partition(":")
        if colon and not line.startswith("#"):
            locale, kind = head.split()
            found[locale, kind] = (*found.get((locale, kind), ()), *(v.strip() for v in values.split("|")))
    return found


def _written(kind: str, locale: str) -> tuple[str, ...]:
    return _lists().get((locale, kind)) or _lists()["*", kind]


def _persons(locale: str) -> tuple[str, ...]:
    """First names, last names with a title, and both."""
    first, last, titles = (_written(kind, locale) for kind in ("first", "last", "title"))
    if locale == "zh":
        full = [last[index % len(last)] + given for index, given in enumerate(first * 2)]
        return (*full, *(name + titles[index % len(titles)] for index, name in enumerate(last)))
    full = [f"{given} {last[(7 * index + 3) % len(last)]}" for index, given in enumerate(first * 2)]
    titled = [f"{titles[index % len(titles)]} {name}" for index, name in enumerate(last[::2])]
    return (*full, *first[::3], *titled)
