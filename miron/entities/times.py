"""Times of day, as people say them.

An hour from one to six without ``am``, ``morning`` or a leading zero means the afternoon: this is what people
mean at a front desk, and :func:`miron.render.clock` says times by the same rule.
"""

from __future__ import annotations

import re

from miron.entities.found import Found, Heard
from miron.entities.numbers import read_integer
from miron.locales import get

_MORNING, _EVENING = "morning", "evening"
_Groups = dict[str, dict[tuple[str, ...], str]]

_HALVES: _Groups = {
    "en": {
        ("am",): _MORNING,
        ("a", "m"): _MORNING,
        ("in", "the", "morning"): _MORNING,
        ("pm",): _EVENING,
        ("p", "m"): _EVENING,
        ("in", "the", "afternoon"): _EVENING,
        ("in", "the", "evening"): _EVENING,
        ("at", "night"): _EVENING,
    },
    "de": {
        ("morgens",): _MORNING,
        ("fruh",): _MORNING,
        ("vormittags",): _MORNING,
        ("nachts",): _MORNING,
        ("nachmittags",): _EVENING,
        ("abends",): _EVENING,
        ("mittags",): _EVENING,
    },
}
_ZH_HALVES = {
    ("上", "午"): _MORNING,
    ("早", "上"): _MORNING,
    ("凌", "晨"): _MORNING,
    ("中", "午"): "",
    ("下", "午"): _EVENING,
    ("晚", "上"): _EVENING,
}
_NAMED: _Groups = {
    "en": {("noon",): "12:00", ("midday",): "12:00", ("midnight",): "00:00"},
    "de": {("mittag",): "12:00", ("mitternacht",): "00:00"},
    "zh": {("中", "午"): "12:00", ("正", "午"): "12:00", ("午", "夜"): "00:00"},
}
_PAST = {"past", "after", "gone", "nach"}
_TO = {"to", "before", "till", "until", "of", "vor"}

Clock = tuple[int, int, int, bool]
"""Index after it, hour, minute, and whether the hour is of 24 and not open to reading."""


def time(heard: Heard, start: int) -> list[Found]:
    """A time of day as ``HH:MM``; several readings (``ten`` and ``ten thirty``) where there are several."""
    return [Found(end, value) for end, value in sorted(_readings(heard, start), reverse=True)]


def _readings(heard: Heard, start: int) -> set[tuple[int, str]]:
    data = get(heard.locale)
    found: set[tuple[int, str]] = set()
    for group, value in _NAMED.get(data.name, {}).items():
        if _stands(heard, start, group):
            found.add((start + len(group), value))
    if data.name == "zh":
        return found | _chinese(heard, start)
    clocks = [_digital(heard, start), *_hours(heard, start)]
    if data.name == "en":
        clocks += _english(heard, start)
    elif data.name == "de":
        clocks += _german(heard, start)
    for clock in clocks:
        if clock is not None:
            found.add(_with_half(heard, clock, _HALVES.get(data.name, {})))
    return found


def _digital(heard: Heard, start: int) -> Clock | None:
    """``10:30``, ``10.30``, ``1030``."""
    text = _word(heard, start)
    match = re.fullmatch(r"(\d{1,2})([:.]?)(\d{2})(?::\d{2})?", text)  # recognisers write 1030
    if not match or int(match[1]) > 23 or int(match[3]) > 59:
        return None
    if match[2] == "." and get(heard.locale).name != "de" and not _half_follows(heard, start + 1):
        return None
    end = start + 1 + (_word(heard, start + 1) in ("uhr", "oclock"))
    return end, int(match[1]), int(match[3]), match[1].startswith("0") or int(match[1]) > 12


def _hours(heard: Heard, start: int) -> list[Clock]:
    """``ten``, ``ten o'clock``, ``ten thirty``, ``ten oh five``, ``10 Uhr 30``."""
    if _word(heard, start) == "ein" and _word(heard, start + 1) == "uhr":
        hour: tuple[int, int] | None = (start + 1, 1)
    else:
        hour = read_integer(heard.words, start, heard.locale, 0, 23)
    if not hour or hour[0] != start + 1:
        return []
    fixed = hour[1] == 0 or _word(heard, start).startswith("0") or hour[1] > 12
    at = hour[0]
    clocks = [(at, hour[1], 0, fixed)]
    named = _word(heard, at) in ("oclock", "uhr")
    if named:
        at += 1
        clocks = [(at, hour[1], 0, fixed)]
        if _word(heard, at) == "und":
            at += 1
    if _word(heard, at) in ("oh", "o"):
        at += 1
    minute = read_integer(heard.words, at, heard.locale, 0 if named else 1, 59)
    if minute and minute[0] == at + 1 and not heard.words[at].gap and (minute[1] >= 10 or at > hour[0]):
        end = minute[0] + (_word(heard, minute[0]) in ("minuten", "uhr", "hours"))
        clocks.append((end, hour[1], minute[1], fixed))
    return clocks


def _english(heard: Heard, start: int) -> list[Clock]:
    """``half past ten``, ``half ten``, ``quarter to three``, ``twenty past four``."""
    at = start + (_word(heard, start) == "a")
    if _word(heard, at) == "half":
        after = at + 1 + (_word(heard, at + 1) in _PAST)
        hour = _hour(heard, after)
        return [(hour[0], hour[1], 30, False)] if hour else []
    if _word(heard, at) == "quarter":
        minutes, at = 15, at + 1
    else:
        number = read_integer(heard.words, at, heard.locale, 1, 59)
        if not number:
            return []
        at, minutes = number
        at += _word(heard, at) in ("minute", "minutes")
    return _relative(heard, at, minutes)


def _german(heard: Heard, start: int) -> list[Clock]:
    """``halb elf``, ``Viertel nach zehn``, ``drei viertel elf``, ``fünf vor halb elf``."""
    word = _word(heard, start)
    if word == "halb":
        hour = _hour(heard, start + 1)
        return [(hour[0], (hour[1] - 1) % 24, 30, False)] if hour else []
    if word == "dreiviertel" or (word == "3" and _word(heard, start + 1) == "viertel"):
        hour = _hour(heard, start + (1 if word == "dreiviertel" else 2))
        return [(hour[0], (hour[1] - 1) % 24, 45, False)] if hour else []
    if word == "viertel":
        minutes, at = 15, start + 1
        if _word(heard, at) not in _PAST | _TO:
            hour = _hour(heard, at)
            return [(hour[0], (hour[1] - 1) % 24, 15, False)] if hour else []
    else:
        number = read_integer(heard.words, start, heard.locale, 1, 59)
        if not number:
            return []
        at, minutes = number
        at += _word(heard, at) in ("minute", "minuten")
    if _word(heard, at) in _PAST | _TO and _word(heard, at + 1) == "halb":
        hour = _hour(heard, at + 2)
        sign = 1 if _word(heard, at) in _PAST else -1
        return [(hour[0], (hour[1] - 1) % 24, 30 + sign * minutes, False)] if hour and minutes < 30 else []
    return _relative(heard, at, minutes)


def _relative(heard: Heard, at: int, minutes: int) -> list[Clock]:
    word = _word(heard, at)
    hour = _hour(heard, at + 1) if word in _PAST | _TO else None
    if not hour:
        return []
    if word in _PAST:
        return [(hour[0], hour[1], minutes, False)]
    return [(hour[0], (hour[1] - 1) % 24, 60 - minutes, False)]


def _hour(heard: Heard, at: int) -> tuple[int, int] | None:
    hour = read_integer(heard.words, at, heard.locale, 0, 23)
    if not hour or hour[0] != at + 1:
        return None
    return hour[0] + (_word(heard, hour[0]) in ("oclock", "uhr")), hour[1]


def _half_follows(heard: Heard, at: int) -> bool:
    return any(_stands(heard, at, group) for group in _HALVES.get(get(heard.locale).name, {}))


def _with_half(heard: Heard, clock: Clock, halves: dict[tuple[str, ...], str]) -> tuple[int, str]:
    end, hour, minute, fixed = clock
    for group, half in halves.items():
        if _stands(heard, end, group):
            return end + len(group), _written(_in_half(hour, half), minute)
    return end, _written(hour if fixed else _office(hour), minute)


def _in_half(hour: int, half: str) -> int:
    if half == _MORNING:
        return 0 if hour == 12 else hour
    if half == _EVENING and hour < 12:
        return hour + 12
    return hour


def _office(hour: int) -> int:
    """The hour meant without a word for the half of the day; 0 comes from ``quarter to one``."""
    return hour + 12 if 0 <= hour <= 6 else hour


def _chinese(heard: Heard, start: int) -> set[tuple[int, str]]:
    """``十点半``, ``下午三点一刻``, ``十点二十分``, ``10:30``."""
    half, at = None, start
    for group, named in _ZH_HALVES.items():
        if _stands(heard, start, group):
            half, at = named, start + 2
    digital = _digital(heard, at)
    if digital:
        hour = digital[1] if half is None else _in_half(digital[1], half)
        return {(digital[0], _written(hour if half or digital[3] else _office(hour), digital[2]))}
    found = read_integer(heard.words, at, heard.locale, 0, 23)
    if not found or _word(heard, found[0]) not in ("点", "點", "时", "時"):
        return set()
    end, fixed = found[0] + 1, half is not None or found[1] > 12 or found[1] == 0
    hour = _in_half(found[1], half or "") if fixed else _office(found[1])
    if _word(heard, end) in ("钟", "整"):
        return {(end + 1, _written(hour, 0))}
    readings = {(end, _written(hour, 0))}
    if _word(heard, end) == "半":
        readings.add((end + 1, _written(hour, 30)))
    quarters = {"一": 15, "三": 45}
    if _word(heard, end + 1) == "刻" and _word(heard, end) in quarters:
        readings.add((end + 2, _written(hour, quarters[_word(heard, end)])))
    else:
        skip = end + (_word(heard, end) in ("零", "〇", "过"))
        minute = read_integer(heard.words, skip, heard.locale, 0, 59)
        if minute:
            readings.add((minute[0] + (_word(heard, minute[0]) == "分"), _written(hour, minute[1])))
    return readings


def _written(hour: int, minute: int) -> str:
    return f"{hour % 24:02d}:{minute:02d}"


def _word(heard: Heard, at: int) -> str:
    return heard.words[at].text if 0 <= at < len(heard.words) else ""


def _stands(heard: Heard, at: int, group: tuple[str, ...]) -> bool:
    return all(_word(heard, at + offset) == word for offset, word in enumerate(group))
