"""Phone numbers and e-mail addresses, written and spelt out."""

from __future__ import annotations

import re

from miron.entities.found import Found, Heard

MIN_DIGITS = 3
"""Shorter groups of digits are no phone number."""

_REPEAT = {"double": 2, "triple": 3, "treble": 3, "doppel": 2, "doppelt": 2}
_ZH = {char: str(value) for value, char in enumerate("零一二三四五六七八九")} | {"〇": "0", "幺": "1"}
_DOTS = {"dot", "punkt", "point", "点"}
_AT = {"at", "klammeraffe", "ät"}
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


def phone(heard: Heard, start: int) -> list[Found]:
    """A phone number as digits, with ``+`` in front if said: ``030 12 34``, ``double four two``."""
    digits, at = "", start
    plus = heard.words[start].text == "plus"
    at += plus
    plus = plus or heard.text[: heard.words[start].start].endswith("+")
    while at < len(heard.words) and (at == start or heard.words[at].gap < 2):
        word = heard.words[at].text
        repeat = _REPEAT.get(word, 1)
        digit_at = at + (repeat > 1)
        digit = _digits(heard, digit_at)
        if not digit or (repeat > 1 and len(digit) > 1):
            break
        digits, at = digits + digit * repeat, digit_at + 1
    if len(digits) < MIN_DIGITS:
        return []
    return [Found(at, ("+" if plus else "") + digits)]


def _digits(heard: Heard, at: int) -> str:
    if at >= len(heard.words):
        return ""
    word = heard.words[at].text
    if word in ("oh", "o"):
        return "0"
    return _ZH.get(word) or (word if word.isascii() and word.isdigit() else "")


def email(heard: Heard, start: int) -> list[Found]:
    """An address: written, or spelt (``ada dot lovelace at example dot org``)."""
    written = heard.said(start, start + 1)
    if _ADDRESS.fullmatch(written):
        return [Found(start + 1, written.lower())]
    found: list[Found] = []
    address, at, seen_at = "", start, False
    while at < len(heard.words) and (at == start or not heard.words[at].gap):
        word = heard.words[at].text
        if word in _DOTS:
            address += "."
        elif word in _AT and not seen_at:
            address, seen_at = address + "@", True
        elif re.fullmatch(r"[a-z0-9]+", word):
            # After the host name only a dot goes on; before the @ spelt words are run together.
            if seen_at and address[-1] not in ".@":
                break
            address += word
        else:
            break
        at += 1
        if _ADDRESS.fullmatch(address):
            found.append(Found(at, address))
    return found
