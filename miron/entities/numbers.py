"""Numbers and ordinals, in digits and words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from miron.entities.found import Found, Heard
from miron.locales import Locale, get
from miron.words import Word

_ZH_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
_ZH_DIGITS |= {"〇": 0, "两": 2, "兩": 2}
_ZH_SCALES = {"十": 10, "百": 100, "千": 1000}
_ZH_GROUPS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_EN_SUFFIX = {"st", "nd", "rd", "th"}


def number(heard: Heard, start: int) -> list[Found]:
    """A number: ``12``, ``twelve``, ``two hundred and five``, ``3.5``, ``minus four``, ``十二``."""
    found = read_number(heard.words, start, heard.locale)
    return [Found(found[0], found[1])] if found else []


def ordinal(heard: Heard, start: int) -> list[Found]:
    """An ordinal: ``first``, ``the twenty-third``, ``23rd``, ``dritte``, ``第三``."""
    found = read_ordinal(heard, start)
    return [Found(*found)] if found else []


def read_number(words: Sequence[Word], start: int, locale: str) -> tuple[int, int | Decimal] | None:
    """The longest number at a word: (index after it, value)."""
    if start >= len(words):
        return None
    data = get(locale)
    if words[start].text in ("minus", "负", "負"):
        rest = read_number(words, start + 1, locale)
        return (rest[0], -rest[1]) if rest else None
    if data.name == "zh" and not words[start].text[0].isdigit():
        return _chinese(words, start)
    return _scaled(words, start, data)


def read_integer(
    words: Sequence[Word], start: int, locale: str, low: int, high: int
) -> tuple[int, int] | None:
    """A whole number in a range, in digits or simple words: (index after it, value)."""
    found = read_number(words, start, locale)
    if found and isinstance(found[1], int) and low <= found[1] <= high:
        return found[0], found[1]
    return None


def _plain(text: str, data: Locale) -> int | Decimal | None:
    """The value of one word, written in digits or as a compound number word."""
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= 18 else Decimal(text)
    if not text[0].isdigit():
        return _german(text, data) if data.name == "de" else None
    decimal_comma = data.name == "de"
    if re.fullmatch(r"\d{1,3}(,\d{3})+", text) and not decimal_comma:
        return int(text.replace(",", ""))
    if re.fullmatch(r"\d{1,3}\.\d{3}", text) and decimal_comma:
        return int(text.replace(".", ""))
    if re.fullmatch(r"\d+[.,]\d+", text):
        return Decimal(text.replace(",", "."))
    return None


def _german(text: str, data: Locale) -> int | None:
    """``zweihundertfünfzig`` and the like; None for other words."""
    if text in data.numbers:
        return data.numbers[text]
    for scale in ("tausend", "hundert"):
        before, found, after = text.partition(scale)
        if found:
            factor = 1 if before in ("", "ein") else _german(before, data)
            rest = 0 if not after else _german(after.removeprefix("und"), data)
            return None if factor is None or rest is None else factor * data.scales[scale] + rest
    return None


def _scaled(words: Sequence[Word], start: int, data: Locale) -> tuple[int, int | Decimal] | None:
    total = 0
    current: int | None = None
    room = 1  # what may still be added to ``current`` is below this
    at = start
    if (
        words[at].text in ("a", "an", "ein", "eine")
        and at + 1 < len(words)
        and words[at + 1].text in data.scales
    ):
        current, at = 1, at + 1
    while at < len(words):
        word = words[at]
        if at > start and word.gap:
            break
        scale = data.scales.get(word.text)
        if scale is not None and current is not None:
            if scale == 100:
                current *= 100
            else:
                total, current = total + current * scale, 0
            room, at = scale, at + 1
            continue
        joined = word.text == "and" and room > 1 and at + 1 < len(words) and not words[at + 1].gap
        value = _plain(words[at + 1].text if joined else word.text, data)
        if value is None:
            break
        if isinstance(value, Decimal):
            return (at + 1, value) if current is None else None
        if current is not None and not (0 < value < room):
            break
        current, room = (current or 0) + value, 1
        at += 2 if joined else 1
    if current is None:
        return None
    return _with_fraction(words, at, total + current, data)


def _with_fraction(words: Sequence[Word], at: int, whole: int, data: Locale) -> tuple[int, int | Decimal]:
    """Adds ``point five``."""
    if at + 1 < len(words) and words[at].text in ("point", "komma") and not words[at].gap:
        digits, end = "", at + 1
        while end < len(words) and re.fullmatch(r"\d", words[end].text):
            digits, end = digits + words[end].text, end + 1
        if digits:
            return end, Decimal(f"{whole}.{digits}")
    return at, whole


def _chinese(words: Sequence[Word], start: int) -> tuple[int, int] | None:
    total, section, digit, at = 0, 0, None, start
    digits: list[int] = []
    while at < len(words) and (at == start or not words[at].gap):
        char = words[at].text
        if char in _ZH_DIGITS:
            digit = _ZH_DIGITS[char]
            digits.append(digit)
        elif char in _ZH_SCALES:
            section, digit = section + (1 if digit is None else digit) * _ZH_SCALES[char], None
            digits = []
        elif char in _ZH_GROUPS:
            total, section, digit = (total + section + (digit or 0)) * _ZH_GROUPS[char], 0, None
            digits = []
        else:
            break
        at += 1
    if at == start:
        return None
    if total == section == 0 and len(digits) > 1:  # digit by digit, as in 二〇二六
        return at, int("".join(map(str, digits)))
    return at, total + section + (digit or 0)


def read_ordinal(heard: Heard, start: int) -> tuple[int, int] | None:
    """The ordinal at a word: (index after it, value)."""
    words, data = heard.words, get(heard.locale)
    at = start
    if at < len(words) and words[at].text in ("the", "der", "die", "das", "den", "dem"):
        at += 1
    if at >= len(words):
        return None
    text = words[at].text
    if text == "第":
        found = read_number(words, at + 1, heard.locale)
        return (found[0], found[1]) if found and isinstance(found[1], int) else None
    if text in data.ordinals:
        return at + 1, data.ordinals[text]
    if not text.isdigit() or len(text) > 9:
        return None
    value = int(text)
    after = words[at + 1].text if at + 1 < len(words) and not words[at + 1].gap else ""
    if value % 10 == 0 and 20 <= value <= 90 and 1 <= data.ordinals.get(after, 0) <= 9:
        return at + 2, value + data.ordinals[after]
    if after in _EN_SUFFIX and words[at + 1].start == words[at].end:
        return at + 2, value
    if data.name == "de" and heard.text[words[at].end : words[at].end + 1] == ".":
        return at + 1, value
    return None
