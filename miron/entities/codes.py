"""Codes of letters and digits, such as those of invitations: written, scanned, or spelt."""

from __future__ import annotations

import re

from miron.entities.found import Found, Heard
from miron.entities.numbers import read_number

SHORTEST, LONGEST = 4, 32
"""Letters and digits of a code."""

_PLAIN_DIGITS = 5
"""Digits alone are a code from this many on; four may be a year or a time."""

_SPELT_LETTERS = 2
"""A code that is spelt has at least this many single letters, since `a ten` is none."""

_WRITTEN = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_SPACED = re.compile(r"[A-Z]{2,8} [0-9]{3,12}(?![\w:.-])")
_ZH = {char: str(value) for value, char in enumerate("零一二三四五六七八九")} | {"〇": "0"}
_DASHES = frozenset({"dash", "hyphen", "minus", "strich", "bindestrich", "杠"})


def code(heard: Heard, start: int) -> list[Found]:
    """A code: ``ADA-1030``, ``ada1030``, ``ADA 1030``, ``A D A ten thirty``; in capitals, without signs.

    What stands for a code holds a digit, so that no word is one, and does not look like a date or a time.
    """
    written = _written(heard, start)
    return [written] if written else _spelt(heard, start)


def _written(heard: Heard, start: int) -> Found | None:
    """A code without blanks, or capitals, a blank and digits."""
    first = heard.words[start]
    if heard.text[first.start - 1 : first.start].isalnum() and first.start:
        return None
    for pattern in (_SPACED, _WRITTEN):
        match = pattern.match(heard.text, first.start)
        if match is None or not _is_code(match.group()):
            continue
        end = start + 1
        while end < len(heard.words) and heard.words[end].start < match.end():
            end += 1
        if heard.words[end - 1].end == match.end():
            return Found(end, _bare(match.group()))
    return None


def _is_code(text: str) -> bool:
    bare = _bare(text)
    if not SHORTEST <= len(bare) <= LONGEST or not any(char.isdigit() for char in bare):
        return False
    if any(char.isalpha() for char in bare):
        return not re.fullmatch(r"\d+[A-Z]{1,2}", bare)  # 2nd, 1030h, 1015am
    return text == bare and len(bare) >= _PLAIN_DIGITS


def _spelt(heard: Heard, start: int) -> list[Found]:
    """Single letters and numbers, in words or digits, each joined to what stands before."""
    words, at, value = heard.words, start, ""
    while at < len(words) and len(value) < LONGEST and not (at > start and words[at].gap):
        word = words[at].spoken
        if value and word in _DASHES:
            at += 1
        elif word in ("oh", "o") and value[-1:].isdigit():
            value, at = value + "0", at + 1
        elif len(word) == 1 and word.isascii() and word.isalpha():
            value, at = value + word, at + 1
        elif digits := _digits(heard, at):
            value, at = value + digits[1], digits[0]
        else:
            break
    letters = sum(char.isalpha() for char in value)
    if letters < _SPELT_LETTERS or letters == len(value) or len(value) < SHORTEST:
        return []
    return [Found(at, value.upper())]


def _digits(heard: Heard, at: int) -> tuple[int, str] | None:
    """The number at a word: (index after it, its digits)."""
    found = read_number(heard.words, at, heard.locale)
    if found is None or not isinstance(found[1], int):
        return None
    written = heard.said(at, found[0])
    if len(written) == found[0] - at and all(char in _ZH for char in written):
        return found[0], "".join(_ZH[char] for char in written)  # digit by digit, zeros in front too
    return found[0], written if written.isascii() and written.isdigit() else str(found[1])


def _bare(text: str) -> str:
    return "".join(char for char in text if char.isalnum()).upper()
