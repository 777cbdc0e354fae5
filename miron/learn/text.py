"""Words of a sentence with their places."""

import re
import unicodedata
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

MAX_TOKENS = 96
"""Words beyond this many are not looked at: nobody says them in one breath, and time stays bounded."""

MAX_WORD = 32
"""Characters of one word that are looked at."""

# Scripts written without spaces are read character by character.
_UNSPACED = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+|[^\w\s]")


class Token(NamedTuple):
    """One word or sign: its folded form and its place in the text (end exclusive)."""

    word: str
    start: int
    end: int


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """Fold case, width and diacritics away: ``Café`` and ``CAFE`` become ``cafe``."""
    if word.isascii():
        return word.lower()[:MAX_WORD]
    decomposed = unicodedata.normalize("NFKD", word[: 2 * MAX_WORD].casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return (bare or word)[:MAX_WORD]


def tokens(text: str) -> list[Token]:
    """Split into words and signs, at most `MAX_TOKENS`, each folded."""
    return [
        Token(fold(text[m.start() : min(m.end(), m.start() + 2 * MAX_WORD)]), m.start(), m.end())
        for m in islice(_TOKEN.finditer(text), MAX_TOKENS)
    ]


def is_word(token: str) -> bool:
    """Whether a token is a word or number, not a sign."""
    return token[:1].isalnum() or token[:1] == "_"
