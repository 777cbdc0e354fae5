"""When two written names are the same person, and how alike two names are.

Equal after folding comes first: case, accents, apostrophes, hyphens, spaces, titles, German transcriptions
(Müller, Mueller, Muller) and the order of the parts (Wang Wei, Wei Wang, 王伟) make no difference. Only what
is not equal is compared by similarity (normalised InDel, `rapidfuzz.fuzz.ratio`), because recognisers and
typists err by letters, not by meaning.
"""

from __future__ import annotations

import unicodedata
from enum import IntEnum
from functools import lru_cache

LONGEST = 120
"""Longest name, in characters, that is stored or compared; more is not a name."""

_TITLES = frozenset(
    (
        "dr",
        "doctor",
        "doktor",
        "prof",
        "professor",
        "professorin",
        "mr",
        "mrs",
        "ms",
        "miss",
        "mister",
        "herr",
        "frau",
    )
)
_LEGAL_FORMS = frozenset(
    (
        "ltd",
        "limited",
        "inc",
        "llc",
        "plc",
        "corp",
        "corporation",
        "co",
        "company",
        "gmbh",
        "ag",
        "kg",
        "se",
        "sa",
        "bv",
    )
)
_CJK_TITLES = ("先生", "女士", "小姐", "博士", "教授", "老师", "经理")
_CJK_FORMS = ("股份有限公司", "有限公司", "公司", "集团")
_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_TRANSCRIBED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_APOSTROPHES = "'’‘`´ʼ＇"


class Likeness(IntEnum):
    """How a name meets what was asked for, worst first."""

    NONE = 0
    SIMILAR = 1
    PART = 2
    EQUAL = 3


def clean(text: str) -> str:
    """Text as it may be stored: no control characters, single spaces, at most `LONGEST` characters."""
    kept = (" " if unicodedata.category(char)[0] in "CZ" else char for char in text[: 4 * LONGEST])
    return " ".join("".join(kept).split())[:LONGEST].rstrip()


def _is_cjk(text: str) -> bool:
    return bool(text) and all("\u3400" <= char <= "\u9fff" for char in text)


@lru_cache(maxsize=4096)
def _tokens(name: str, transcribe: bool, company: bool) -> tuple[str, ...]:
    text = unicodedata.normalize("NFC", clean(name)).casefold()
    if transcribe:
        text = text.translate(_TRANSCRIBED)
    text = unicodedata.normalize("NFKD", text.translate(_UNDECOMPOSED))
    text = "".join(char for char in text if not unicodedata.combining(char) and char not in _APOSTROPHES)
    words = "".join(char if char.isalnum() else " " for char in text).split()
    if words and _is_cjk("".join(words)):
        words = [_without_ending("".join(words), _CJK_FORMS if company else _CJK_TITLES)]
    else:
        dropped = _LEGAL_FORMS if company else _TITLES
        words = [word for word in words if word not in dropped] or words
    return tuple(words)


def _without_ending(text: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if text.endswith(ending) and len(text) > len(ending):
            return text.removesuffix(ending)
    return text


def _readings(name: str, company: bool) -> tuple[tuple[str, ...], ...]:
    plain, transcribed = _tokens(name, False, company), _tokens(name, True, company)
    return (plain,) if plain == transcribed else (plain, transcribed)


def folded(name: str) -> str:
    """One key for all ways to write a name; equal keys mean equal names (the reverse need not hold)."""
    tokens = _tokens(name, False, False)
    return " ".join(sorted(tokens))


def likeness(asked: str, name: str, *, company: bool = False, similar_from: float = 75.0) -> Likeness:
    """How `name` meets `asked`, which may be a whole name or a part of one.

    Args:
        asked: What was said or typed.
        name: A name from the directory.
        company: Ignore legal forms instead of personal titles.
        similar_from: Least similarity (0 to 100) that still counts as `SIMILAR`.
    """
    best = max(
        (_compare(a, n) for a in _readings(asked, company) for n in _readings(name, company)),
        default=Likeness.NONE,
    )
    if best is Likeness.NONE and similarity(asked, name, company=company) >= similar_from:
        return Likeness.SIMILAR
    return best


def _compare(asked: tuple[str, ...], name: tuple[str, ...]) -> Likeness:
    if not asked or not name:
        return Likeness.NONE
    a, n = "".join(asked), "".join(name)
    if a == n or sorted(asked) == sorted(name):
        return Likeness.EQUAL
    if _is_cjk(a) and _is_cjk(n):
        if len(a) == len(n) <= 4 and any(a == n[cut:] + n[:cut] for cut in (1, 2)):
            return Likeness.EQUAL
        return Likeness.PART if n.startswith(a) or n.endswith(a) else Likeness.NONE
    rest = list(name)
    for word in asked:
        if word not in rest:
            return Likeness.NONE
        rest.remove(word)
    return Likeness.PART


def is_given_name(asked: str, name: str) -> bool:
    """Whether `asked` stands where the given name stands: first, or after the family name in Chinese."""
    return any(
        n[-1].endswith(a[0]) if _is_cjk("".join(n)) else n[: len(a)] == a
        for a in _readings(asked, False)
        for n in _readings(name, False)
        if a and n
    )


def is_family_name(asked: str, name: str) -> bool:
    """Whether `asked` stands where the family name stands: last, or first in Chinese."""
    return any(
        n[0].startswith(a[0]) if _is_cjk("".join(n)) else n[len(n) - len(a) :] == a
        for a in _readings(asked, False)
        for n in _readings(name, False)
        if a and n
    )


def whole_name(first: str, last: str) -> str:
    """A first and a last name as one name: Chinese family names come first, titles before everything.

    A part that holds the other one already is the whole name.
    """
    if likeness(last, first) >= Likeness.PART:
        return first
    if likeness(first, last) >= Likeness.PART:
        return last
    if _is_cjk(first) and _is_cjk(last):
        return last + first
    words = last.split()
    titles = 0
    while titles < len(words) - 1 and words[titles].casefold().rstrip(".") in _TITLES:
        titles += 1
    return " ".join((*words[:titles], first, *words[titles:]))


def similarity(asked: str, name: str, *, company: bool = False) -> float:
    """How alike two names are, 0 to 100, in any order of their parts.

    A single word is also held against each part of the name. Words of one or two letters resemble too much
    and score 0 unless equal.
    """
    from rapidfuzz.fuzz import ratio

    best = 0.0
    for a in _readings(asked, company):
        for n in _readings(name, company):
            if len("".join(a)) < 3 or not n:
                continue
            pairs = [("".join(a), "".join(n)), (" ".join(sorted(a)), " ".join(sorted(n)))]
            if len(a) == 1:
                pairs += [(a[0], part) for part in n if len(part) >= 3]
            best = max(best, max(ratio(left, right) for left, right in pairs))
    return best
