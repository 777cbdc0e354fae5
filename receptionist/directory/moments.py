"""Dates and times of day as people write them in lists."""

from __future__ import annotations

import re
from datetime import date, time

_DATES = (
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"),
    re.compile(r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?"),
    re.compile(r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})"),
)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_TIME = re.compile(
    r"(?P<before>上午|下午|晚上)?\s*(?P<h>\d{1,2})(?:\s*[:.h点时]\s*(?P<m>\d{2}|半)?)?(?::\d{2})?\s*分?"
    r"\s*(?P<after>[ap]\.?m\.?|uhr)?",
    re.IGNORECASE,
)


def read_date(text: str) -> date:
    """A date such as 2026-03-02, 02.03.2026, 2026年3月2日.

    Raises:
        ValueError: It is none, or day and month cannot be told apart (03/02/2026).
    """
    text = text.strip()
    for form in _DATES:
        if found := form.fullmatch(text):
            return _date(text, int(found["y"]), int(found["m"]), int(found["d"]))
    if found := _SLASHED.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        if first > 12 or first == second:
            return _date(text, year, second, first)
        if second > 12:
            return _date(text, year, first, second)
        raise ValueError(f"'{text}' may be two dates; write {year}-{second:02}-{first:02} or the other one")
    raise ValueError(f"'{text}' is no date; write it like 2026-03-02")


def _date(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"there is no such day as '{text}'") from None


def read_time(text: str) -> time:
    """A time of day such as 10:30, 10.30, 10:30:00, 2:30 pm, 14 Uhr, 下午2点半.

    Raises:
        ValueError: It is none.
    """
    wrong = ValueError(f"'{text.strip()}' is no time of day; write it like 10:30")
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise wrong
    hour, minute = int(found["h"]), 30 if found["m"] == "半" else int(found["m"] or 0)
    after = (found["after"] or "").casefold().replace(".", "")
    late = after == "pm" or found["before"] in ("下午", "晚上")
    early = after == "am" or found["before"] == "上午"
    if (late or early) and not 1 <= hour <= 12:
        raise wrong
    if late or early:
        hour = hour % 12 + (12 if late else 0)
    elif found["m"] is None and not after and not re.search(r"[点时h]", text):
        raise wrong
    try:
        return time(hour, minute)
    except ValueError:
        raise wrong from None
