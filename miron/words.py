"""From text to folded words with their places: case, punctuation, diacritics and white space do not matter.

The same function prepares templates and utterances, so both meet in one form.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from miron.locales import Locale, get

NO_BREAK, COMMA, STOP = 0, 1, 2
"""What stands between a word and the one before: nothing, a comma or the like, the end of a sentence."""

# Scripts written without spaces: each character is a word.
_UNSPACED = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(
    r"[a-zA-Z]++(?=\.?(?:[\s,!?;]|\Z))"  # most words; no form below fits more of them
    rf"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail
    rf"|\d{{4}}-\d{{1,2}}-\d{{1,2}}(?!\d)|\d{{1,2}}([./])\d{{1,2}}\1\d{{2,4}}(?!\d)"  # 2026-11-23, 23.11.2026
    rf"|\d{{1,4}}(?:[:：]\d{{2}})(?::\d{{2}})?(?!\d)"  # 10:30
    rf"|\d{{1,3}}(?:,\d{{3}})+(?!\d)"  # 1,000
    rf"|\d+[.,]\d+(?!\d)"  # 3.5
    rf"|\d+"
    rf"|[{_UNSPACED}]"
    rf"|'s(?!\w)|’s(?!\w)"
    rf"|[^\W\d_{_UNSPACED}]+(?:['’ʼ`´][^\W\d_{_UNSPACED}]+)*"
    rf"|&"
)
_STOPS = frozenset(".!?;。！？；…")
_COMMAS = frozenset(',，、:：()[]（）"“”„«»–—')
_APOSTROPHES = str.maketrans("’ʼ`´", "''''")
_MARKS = re.compile("[\u0300-\u036f]")


class Word(NamedTuple):
    """A word of an utterance.

    Attributes:
        text: Folded: lower case, no diacritics, contraction resolved, number word as digits.
        start: Place in the utterance; ``end`` is exclusive. Words of one contraction share their place.
        gap: ``NO_BREAK``, ``COMMA`` or ``STOP`` before it.
        capital: It begins with a capital letter.
        spoken: Folded, before number words became digits.
    """

    text: str
    start: int
    end: int
    gap: int = NO_BREAK
    capital: bool = False
    spoken: str = ""


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case without diacritics, compatibility forms resolved, one kind of apostrophe."""
    text = text.translate(_APOSTROPHES)
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed))


class _Form(NamedTuple):
    """What a written word stands for, wherever it stands.

    Attributes:
        parts: Folded text, and the same before number words became digits, of each word.
        own: It is written as one word with a genitive ``'s``, which has a place of its own.
        value: The number meant by its last part.
    """

    parts: tuple[tuple[str, str], ...]
    capital: bool
    own: bool = False
    value: int | None = None


@lru_cache(maxsize=16384)
def _form(raw: str, locale: str) -> _Form:
    data = get(locale)
    folded, capital = fold(raw), raw[0].isupper()
    meant = data.contractions.get(folded)
    if meant is not None:
        return _Form(tuple((part, part) for part in meant), capital)
    own = len(folded) > 2 and folded.endswith("'s")
    stem = folded[:-2] if own else folded
    value = data.numbers.get(stem)
    return _Form(((stem if value is None else str(value), stem),), capital, own, None if own else value)


def words_of(text: str, locale: str) -> list[Word]:
    """The folded words of a text, in order."""
    found: list[Word] = []
    last_end = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        parts, capital, own, value = _form(match.group(), locale)
        if not found:
            gap = STOP
        elif start - last_end < 2 and text[last_end:start] in (" ", ""):
            gap = NO_BREAK
        else:
            gap = _gap(text, last_end, start, found, get(locale))
        last_end = end
        if own:
            found.append(Word(parts[0][0], start, end - 2, gap, capital, parts[0][1]))
            found.append(Word("'s", end - 2, end, NO_BREAK, False, "'s"))
        elif value is None or not _joins_tens(found, value, start, end, gap, parts[0][1], get(locale)):
            for folded, spoken in parts:
                found.append(Word(folded, start, end, gap, capital, spoken))
                gap = NO_BREAK
    return found


def texts_of(text: str, locale: str) -> list[str]:
    """The texts of :func:`words_of`; faster where the words are plain, as most names are."""
    data = get(locale)
    if text.isascii() and text.replace(" ", "").isalpha():
        plain = text.lower().split()
        if data.contractions.keys().isdisjoint(plain) and data.numbers.keys().isdisjoint(plain):
            return plain
    return [word.text for word in words_of(text, locale)]


def _joins_tens(
    found: list[Word], unit: int, start: int, end: int, gap: int, spoken: str, data: Locale
) -> bool:
    """Whether ``twenty`` + ``three`` became one word, 23, at the end of ``found``."""
    if not found or gap != NO_BREAK or not 1 <= unit <= 9:
        return False
    before = found[-1]
    tens = data.numbers.get(before.spoken)
    if tens is None or not 20 <= tens <= 90 or tens % 10:
        return False
    found[-1] = before._replace(text=str(tens + unit), end=end, spoken=f"{before.spoken} {spoken}")
    return True


def _gap(text: str, start: int, end: int, found: list[Word], data: Locale) -> int:
    between = text[start:end]
    if between in ("", " "):
        return NO_BREAK
    signs = set(between)
    if signs & _STOPS:
        before = found[-1]
        abbreviated = before.text in data.titles or (len(before.text) == 1 and before.text.isalpha())
        if between.strip() == "." and (abbreviated or not between.endswith((" ", "\n"))):
            return NO_BREAK
        return STOP
    if signs & _COMMAS or "\n" in signs:
        return COMMA
    return NO_BREAK
