"""Making text from anywhere safe to put on a terminal: it stays readable and can do nothing."""

from __future__ import annotations

import unicodedata

_DIRECTION = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MOST_MARKS = 4  # combining marks on one letter; real scripts stay below
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def plain(text: str, limit: int, *, lines: bool = False) -> str:
    """Return ``text`` without anything a terminal could obey or be garbled by, at most ``limit`` characters.

    Control characters (escape sequences begin with one), direction overrides and invisible tags vanish, white
    space and line ends become blanks, lone surrogates become the replacement character, and piles of
    combining marks are capped. Markup and escapes such as ``[link=…]`` are ordinary letters and stay as they
    are.

    Args:
        text: Any text.
        limit: Most characters to return; an ellipsis ends a text that was cut.
        lines: Whether line ends are kept.
    """
    cut = len(text) > limit
    kept: list[str] = []
    marks = 0
    for char in text[: limit + 1]:
        category = unicodedata.category(char)
        if category in ("Mn", "Me"):
            marks += 1
            if marks > _MOST_MARKS:
                continue
        else:
            marks = 0
        if char == "\n" and lines:
            kept.append(char)
        elif char in "\t\n\r\v\f\x85" or category in ("Zl", "Zp"):
            kept.append(" ")
        elif category == "Cs":
            kept.append(_REPLACEMENT)
        elif category == "Cc" or char in _DIRECTION or "\U000e0000" <= char <= "\U000e007f":
            continue
        else:
            kept.append(char)
    if cut:
        return "".join(kept)[: max(0, limit - 1)] + "…"
    return "".join(kept)
