"""Dates and durations, as people say them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from miron.entities.found import Found, Heard
from miron.entities.numbers import read_integer, read_number, read_ordinal
from miron.locales import get

_NEXT = {"next", "nachsten", "nachste", "nachster", "kommenden", "下"}
_THIS = {"this", "on", "diesen", "diesem", "这"}


def date(heard: Heard, start: int) -> list[Found]:
    """A date as ``YYYY-MM-DD``: ``tomorrow``, ``next Monday``, ``the twenty-third of May``, ``23.11.2026``,
    ``明天``.

    Words that depend on today are understood only where ``heard.now`` is given.
    """
    readers: tuple[Callable[[Heard, int], tuple[int, Date] | None], ...] = (
        _written,
        _relative,
        _weekday,
        _chinese if get(heard.locale).name == "zh" else _day_month,
    )
    found = [reader(heard, start) for reader in readers]
    return [Found(reading[0], reading[1].isoformat()) for reading in found if reading]


def duration(heard: Heard, start: int) -> list[Found]:
    """A length of time in milliseconds: ``ten minutes``, ``half an hour``, ``eine Stunde``, ``半小时``."""
    total, at = Decimal(0), start
    while at < len(heard.words):
        part = _amount(heard, at)
        if part is None:
            break
        at, total = part[0], total + part[1]
        joint = _word(heard, at)
        if joint in ("and", "und") and _amount(heard, at + 1):
            at += 1
    return [Found(at, int(total))] if at > start else []


def _amount(heard: Heard, start: int) -> tuple[int, Decimal] | None:
    words, data = heard.words, get(heard.locale)
    half = _half_amount(heard, start)
    if half:
        return half
    if _word(heard, start) in ("a", "an", "one", "eine", "einen", "ein", "einer") and not _unit(heard, start):
        number: tuple[int, int | Decimal] | None = (start + 1, 1)
    else:
        number = read_number(words, start, heard.locale)
    if not number:
        return None
    at, amount = number
    if data.name == "zh" and _word(heard, at) == "个" and _word(heard, at + 1) == "半":
        unit = _unit(heard, at + 2)
        return (unit[0], (Decimal(amount) + Decimal("0.5")) * unit[1]) if unit else None
    if _said(heard, at, "and a half"):
        unit = _unit(heard, at + 3)
        return (unit[0], (Decimal(amount) + Decimal("0.5")) * unit[1]) if unit else None
    unit = _unit(heard, at)
    if not unit:
        return None
    end, value = unit[0], Decimal(amount) * unit[1]
    if _said(heard, end, "and a half"):
        return end + 3, value + Decimal(unit[1]) / 2
    return end, value


_HALVES = (
    ("half an", "0.5"),
    ("half a", "0.5"),
    ("a half", "0.5"),
    ("a quarter of an", "0.25"),
    ("quarter of an", "0.25"),
    ("three quarters of an", "0.75"),
    ("eine halbe", "0.5"),
    ("einer halben", "0.5"),
    ("halbe", "0.5"),
    ("anderthalb", "1.5"),
    ("eineinhalb", "1.5"),
    ("半 个", "0.5"),
    ("半", "0.5"),
)


def _half_amount(heard: Heard, start: int) -> tuple[int, Decimal] | None:
    for words, factor in _HALVES:
        unit = _unit(heard, start + len(words.split())) if _said(heard, start, words) else None
        if unit:
            return unit[0], Decimal(factor) * unit[1]
    return None


def _unit(heard: Heard, at: int) -> tuple[int, int] | None:
    data = get(heard.locale)
    if data.spaced:
        value = data.units.get(_word(heard, at))
        return (at + 1, value) if value and not (at < len(heard.words) and heard.words[at].gap) else None
    for size in (3, 2, 1):
        word = "".join(_word(heard, at + offset) for offset in range(size))
        if word in data.units and at + size <= len(heard.words):
            return at + size, data.units[word]
    return None


def _written(heard: Heard, start: int) -> tuple[int, Date] | None:
    """``2026-11-23``, ``23.11.2026``, ``11/23/2026`` (or ``23/11/2026`` where only that can be)."""
    text = _word(heard, start)
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    if iso:
        return _at(start + 1, int(iso[1]), int(iso[2]), int(iso[3]))
    other = re.fullmatch(r"(\d{1,2})([./])(\d{1,2})\2(\d{2}|\d{4})", text)
    if not other:
        return None
    first, second, year = int(other[1]), int(other[3]), int(other[4])
    year += 2000 if year < 100 else 0
    month_first = other[2] == "/" and get(heard.locale).name == "en" and first <= 12
    return _at(start + 1, year, first if month_first else second, second if month_first else first)


def _relative(heard: Heard, start: int) -> tuple[int, Date] | None:
    if heard.now is None:
        return None
    for group, days in sorted(get(heard.locale).relative_days.items(), key=lambda item: -len(item[0])):
        if _said(heard, start, " ".join(group)):
            return start + len(group), heard.now.date() + timedelta(days=days)
    return None


def _weekday(heard: Heard, start: int) -> tuple[int, Date] | None:
    if heard.now is None:
        return None
    data = get(heard.locale)
    later = _word(heard, start) in _NEXT
    at = start + (later or _word(heard, start) in _THIS)
    today = heard.now.date()
    for size in (1,) if data.spaced else (3, 2):
        day = data.weekdays.get("".join(_word(heard, at + offset) for offset in range(size)))
        if day is not None:
            ahead = (day - today.weekday()) % 7
            return at + size, today + timedelta(days=ahead or (7 if later else 0))
    return None


def _day_month(heard: Heard, start: int) -> tuple[int, Date] | None:
    """``the twenty-third of May``, ``May 23rd, 2026``, ``23 May``, ``dreiundzwanzigster Mai``, ``the
    23rd``.
    """
    data = get(heard.locale)
    month = data.months.get(_word(heard, start))
    if month:
        at = start + 1 + (_word(heard, start + 1) == "the")
        day = _day(heard, at)
        return _completed(heard, day[0], month, day[1]) if day else None
    day = _day(heard, start)
    if not day:
        return None
    at = day[0] + (_word(heard, day[0]) == "of")
    month = data.months.get(_word(heard, at))
    if month:
        return _completed(heard, at + 1, month, day[1])
    if heard.now is None or read_ordinal(heard, start) is None:
        return None
    return _coming_day(heard.now.date(), day[0], day[1])


def _day(heard: Heard, at: int) -> tuple[int, int] | None:
    found = read_ordinal(heard, at) or read_integer(heard.words, at, heard.locale, 1, 31)
    return found if found and 1 <= found[1] <= 31 else None


def _coming_day(today: Date, end: int, day: int) -> tuple[int, Date] | None:
    year, month = today.year, today.month
    for _ in range(12):
        candidate = _at(end, year, month, day)
        if candidate and candidate[1] >= today:
            return candidate
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


def _completed(heard: Heard, end: int, month: int, day: int) -> tuple[int, Date] | None:
    """With the year said, or the next year in which the day comes."""
    year = _word(heard, end)
    if re.fullmatch(r"(19|20)\d\d", year):
        return _at(end + 1, int(year), month, day)
    if heard.now is None:
        return None
    today = heard.now.date()
    for candidate in range(today.year, today.year + 9):
        found = _at(end, candidate, month, day)
        if found and found[1] >= today:
            return found
    return None


def _chinese(heard: Heard, start: int) -> tuple[int, Date] | None:
    """``十一月二十三日``, ``2026年11月23日``."""
    year, at = None, start
    found = read_number(heard.words, at, heard.locale)
    if found and _word(heard, found[0]) == "年" and isinstance(found[1], int):
        year, at = found[1], found[0] + 1
    month = read_integer(heard.words, at, heard.locale, 1, 12)
    if not month or _word(heard, month[0]) != "月":
        return None
    day = read_integer(heard.words, month[0] + 1, heard.locale, 1, 31)
    if not day:
        return None
    end = day[0] + (_word(heard, day[0]) in ("日", "号", "號"))
    return _at(end, year, month[1], day[1]) if year else _completed(heard, end, month[1], day[1])


def _at(end: int, year: int, month: int, day: int) -> tuple[int, Date] | None:
    try:
        return end, Date(year, month, day)
    except ValueError:
        return None


def _word(heard: Heard, at: int) -> str:
    return heard.words[at].text if 0 <= at < len(heard.words) else ""


def _said(heard: Heard, at: int, words: str) -> bool:
    return all(_word(heard, at + offset) == word for offset, word in enumerate(words.split()))
