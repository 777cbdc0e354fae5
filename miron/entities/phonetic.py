"""How alike two names sound and look.

A coarse key in the manner of Metaphone, made for names of several European languages: what recognisers and
typists mix up maps to one letter. Coarse on purpose: it only proposes, :func:`likeness` decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

# Applied in order, each only to words that hold its first entry, which is much faster to find out.
_RULES = (
    ("ae", r"ae", "a"),
    ("oe", r"oe", "o"),
    ("ue", r"ue", "u"),
    ("n", r"^(kn|gn|pn)", "n"),
    ("wr", r"^wr", "r"),
    ("wh", r"^wh", "v"),
    ("h", r"tsch|tch|sch|sh|ch(?=[aeiouy])", "s"),
    ("p", r"ph|pf", "f"),
    ("bh", r"bh", "v"),
    ("gh", r"ght|gh(?=t)|gh$", "t"),
    ("gh", r"gh", "g"),
    ("th", r"^th", "t"),
    ("d", r"dt|dh", "t"),
    ("th", r"th", "s"),
    ("k", r"ck|kh", "k"),
    ("q", r"q", "k"),
    ("c", r"c(?=[eiy])", "s"),
    ("c", r"c", "k"),
    ("x", r"x", "ks"),
    ("t", r"tz|ts", "s"),
    ("z", r"z", "s"),
)
_COMPILED = tuple((held, re.compile(pattern), replacement) for held, pattern, replacement in _RULES)
_ALIKE = str.maketrans("wdbgvmj", "ftpkfny")
_FIRST = str.maketrans("eiouy", "aaaaa")
_SILENT = str.maketrans("", "", "aeiouyh")
_REPEATED = re.compile(r"(.)\1+")


@lru_cache(maxsize=65536)
def key(word: str) -> str:
    """The sound of a folded word, roughly; other scripts are left as they are."""
    if not word.isascii():
        return word
    sound = re.sub(r"[^a-z]", "", word)
    for held, pattern, replacement in _COMPILED:
        if held in sound:
            sound = pattern.sub(replacement, sound)
    sound = sound.translate(_ALIKE)
    sound = sound[:1].translate(_FIRST) + sound[1:].translate(_SILENT)
    return _REPEATED.sub(r"\1", sound) or word


def likeness(said: str, entry: str) -> float:
    """0 to 100: how well a folded name heard fits a folded name known; 100 only for the same letters."""
    if said == entry:
        return 100.0
    share, similarity = _compared()
    ratio = max(share(said, entry), 100.0 * similarity(said, entry) - 5.0)
    sound = share(_keys(said), _keys(entry))
    return min(99.0, max(ratio, (ratio + sound) / 2))


@cache
def _compared() -> tuple[Callable[[str, str], float], Callable[[str, str], float]]:
    """Loaded late, as starting a command needs neither."""
    from rapidfuzz import fuzz
    from rapidfuzz.distance import JaroWinkler

    return fuzz.ratio, JaroWinkler.similarity


@lru_cache(maxsize=65536)
def _keys(name: str) -> str:
    return " ".join(key(word) for word in name.split())
