"""How alike two names sound and look.

A coarse key in the manner of Metaphone, made for names of several European languages: what recognisers and
typists mix up maps to one letter. Coarse on purpose: it only proposes, :func:`likeness` decides.
"""

from __future__ import annotations

import re
from functools import lru_cache

_RULES = (
    (r"ae", "a"),
    (r"oe", "o"),
    (r"ue", "u"),
    (r"^(kn|gn|pn)", "n"),
    (r"^wr", "r"),
    (r"^wh", "v"),
    (r"tsch|tch|sch|sh|ch(?=[aeiouy])", "s"),
    (r"ph|pf", "f"),
    (r"bh", "v"),
    (r"ght|gh(?=t)|gh$", "t"),
    (r"gh", "g"),
    (r"^th|dt|dh", "t"),
    (r"th", "s"),
    (r"ck|kh|q", "k"),
    (r"c(?=[eiy])", "s"),
    (r"c|ch", "k"),
    (r"x", "ks"),
    (r"tz|ts|z", "s"),
    (r"w", "v"),
    (r"d", "t"),
    (r"b", "p"),
    (r"g", "k"),
    (r"v", "f"),
    (r"m", "n"),
    (r"j", "y"),
    (r"(?<=.)[aeiouyh]", ""),
    (r"^[aeiouy]", "a"),
    (r"(.)\1+", r"\1"),
)


@lru_cache(maxsize=1)
def _compiled() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), replacement) for pattern, replacement in _RULES)


@lru_cache(maxsize=65536)
def key(word: str) -> str:
    """The sound of a folded word, roughly; other scripts are left as they are."""
    if not word.isascii():
        return word
    sound = re.sub(r"[^a-z]", "", word)
    for pattern, replacement in _compiled():
        sound = pattern.sub(replacement, sound)
    return sound or word


def likeness(said: str, entry: str) -> float:
    """0 to 100: how well a folded name heard fits a folded name known; 100 only for the same letters."""
    from rapidfuzz import fuzz
    from rapidfuzz.distance import JaroWinkler

    if said == entry:
        return 100.0
    ratio = max(fuzz.ratio(said, entry), 100.0 * JaroWinkler.similarity(said, entry) - 5.0)
    sound = fuzz.ratio(_keys(said), _keys(entry))
    return min(99.0, max(ratio, (ratio + sound) / 2))


def _keys(name: str) -> str:
    return " ".join(key(word) for word in name.split())
