"""From text to folded words with their places: case, punctuation, diacritics and white space do not matter.

The same function prepares templates and utterances, so both meet in one form.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from miron.locales import Locale, get

NO_BREAK, COMMA, STOP = 0, 1, 2
"""What stands between a word and the one before: nothing, a comma or the like, the end of a sentence."""

# Scripts written without spaces: each character is a word.
_UNSPACED = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(
    rf"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail
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


@dataclass(frozen=True, slots=True)
class Word:
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


def words_of(text: str, locale: str) -> list[Word]:
    """The folded words of a text, in order."""
    data = get(locale)
    found: list[Word] = []
    last_end = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        raw = match.group()
        gap = _gap(text, last_end, start, found, data) if found else STOP
        last_end = end
        capital = raw[0].isupper()
        folded = fold(raw)
        meant = data.contractions.get(folded)
        if meant is None and len(folded) > 2 and folded.endswith("'s"):
            found.append(_word(folded[:-2], start, end - 2, gap, capital, data))
            found.append(Word("'s", end - 2, end, NO_BREAK, False, "'s"))
        elif meant is None:
            word = _word(folded, start, end, gap, capital, data)
            if not _joins_tens(found, word, gap, data):
                found.append(word)
        else:
            for index, part in enumerate(meant):
                found.append(Word(part, start, end, gap if index == 0 else NO_BREAK, capital, part))
    return found


def _word(folded: str, start: int, end: int, gap: int, capital: bool, data: Locale) -> Word:
    value = data.numbers.get(folded)
    return Word(folded if value is None else str(value), start, end, gap, capital, folded)


def _joins_tens(found: list[Word], word: Word, gap: int, data: Locale) -> bool:
    """Whether ``twenty`` + ``three`` became one word, 23, at the end of ``found``."""
    if not found or gap != NO_BREAK:
        return False
    tens, unit = data.numbers.get(found[-1].spoken), data.numbers.get(word.spoken)
    if tens is None or unit is None or not 20 <= tens <= 90 or not 1 <= unit <= 9 or tens % 10:
        return False
    before = found.pop()
    spoken = f"{before.spoken} {word.spoken}"
    found.append(Word(str(tens + unit), before.start, word.end, before.gap, before.capital, spoken))
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
