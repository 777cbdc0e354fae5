"""Which words of a text which voice should speak, and Chinese as pinyin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LETTER = re.compile(r"[^\W\d_]")
_PAUSES = str.maketrans("，。！？；：、（）「」《》", ',.!?;:,()""""')


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a text for one voice.

    Attributes:
        spoken: What the voice is given.
        locale: Whose voice.
        source: For each character of ``spoken``, and once more for its end, the place in the text.
    """

    spoken: str
    locale: str
    source: tuple[int, ...]


def runs(text: str, locale: str) -> Iterator[Run]:
    """Stretches of a text by voice: the locale's own; Chinese in between by the Chinese one; in Chinese texts
    words in Latin letters by the English one.
    """
    if not _CHINESE.search(text):
        if text.strip():
            yield Run(text, "en" if locale == "zh" else locale, tuple(range(len(text) + 1)))
        return
    other = "en" if locale == "zh" else locale
    voices: list[str] = []
    for char in text:
        if _CHINESE.match(char):
            voices.append("zh")
        elif _LETTER.match(char):
            voices.append(other)
        else:  # digits and marks go with what they follow; at the beginning with the locale
            voices.append(voices[-1] if voices else locale)
    for voice, group in groupby(enumerate(voices), key=lambda pair: pair[1]):
        places = [index for index, _ in group]
        piece = text[places[0] : places[-1] + 1]
        if voice == "zh":
            yield _pinyin(piece, places[0])
        elif piece.strip():
            yield Run(piece, voice, tuple(range(places[0], places[-1] + 2)))


def _pinyin(text: str, begin: int) -> Run:
    """Characters as syllables with tone numbers, one a word, each knowing the character it came from."""
    from pypinyin import Style, lazy_pinyin

    spoken: list[str] = []
    source: list[int] = []
    for chinese, group in groupby(enumerate(text, begin), key=lambda pair: bool(_CHINESE.match(pair[1]))):
        places = list(group)
        if not chinese:
            spoken += [char.translate(_PAUSES) for _, char in places]
            source += [place for place, _ in places]
            continue
        run = "".join(char for _, char in places)
        for (place, _), syllable in zip(
            places, lazy_pinyin(run, style=Style.TONE3, neutral_tone_with_five=True), strict=True
        ):
            spoken.append(f"{syllable} ")
            source += [place] * len(syllable) + [place + 1]  # the space belongs to what follows
    return Run("".join(spoken), "zh", (*source, begin + len(text)))
