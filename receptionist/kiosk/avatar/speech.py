"""When each word and mouth shape of an utterance comes: estimated if the voice does not tell."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from receptionist.kiosk.expression import Utterance, Viseme

_LETTER_MS = 68  # about 160 words a minute
_IDEOGRAPH_MS = 210
_PAUSES_MS = {
    ",": 180, ";": 220, ":": 220, ".": 320, "!": 320, "?": 320, "–": 200,
    "，": 180, "、": 160, "；": 220, "：": 220, "。": 320, "！": 320, "？": 320, "…": 350,
}  # fmt: skip
_DIGRAPHS = {
    "th": Viseme.TT, "sh": Viseme.CH, "ch": Viseme.CH, "ph": Viseme.FF, "qu": Viseme.OO, "oo": Viseme.OO,
    "ee": Viseme.EE, "ea": Viseme.EE, "ou": Viseme.OO, "ow": Viseme.OO, "ei": Viseme.AA, "ie": Viseme.EE,
}  # fmt: skip
_LETTERS = {
    **dict.fromkeys("mbp", Viseme.MM),
    **dict.fromkeys("fv", Viseme.FF),
    **dict.fromkeys("tdnlsz0179ñß", Viseme.TT),
    **dict.fromkeys("jçž", Viseme.CH),
    **dict.fromkeys("kgchqx", Viseme.KK),
    **dict.fromkeys("owruöü24óôúû", Viseme.OO),
    **dict.fromkeys("eiyä36éèêíîy", Viseme.EE),
    **dict.fromkeys("a58áàâåæ", Viseme.AA),
}
_SYLLABLES = (
    (Viseme.TT, Viseme.AA), (Viseme.KK, Viseme.EE), (Viseme.CH, Viseme.OO), (Viseme.MM, Viseme.AA),
    (Viseme.TT, Viseme.EE), (Viseme.FF, Viseme.OO), (Viseme.KK, Viseme.AA),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Timeline:
    """An utterance laid out in time.

    Attributes:
        duration_ms: Length of the whole.
        visemes: ``(start_ms, shape)``, rising.
        words: ``(start_ms, first character, end character)``, rising.
    """

    duration_ms: int
    visemes: tuple[tuple[int, Viseme], ...]
    words: tuple[tuple[int, int, int], ...]

    def viseme_at(self, ms: int) -> tuple[Viseme, Viseme, int]:
        """Return the shape at ``ms``, the one before it, and for how many ms the shape has been on."""
        if ms < 0 or ms >= self.duration_ms:
            return Viseme.REST, Viseme.REST, 10_000
        i = bisect_right(self.visemes, ms, key=_start) - 1
        if i < 0:
            return Viseme.REST, Viseme.REST, 10_000
        before = self.visemes[i - 1][1] if i else Viseme.REST
        return self.visemes[i][1], before, ms - self.visemes[i][0]

    def word_at(self, ms: int) -> int:
        """Return the index of the newest word begun at ``ms``, or -1 before the first."""
        return bisect_right(self.words, ms, key=_start) - 1


def _start(entry: tuple[int, object] | tuple[int, int, int]) -> int:
    return entry[0]


@lru_cache(maxsize=32)
def timeline(utterance: Utterance) -> Timeline:
    """Return the timing of an utterance: the voice's own where given, else estimated from the letters."""
    visemes, words, duration = _estimate(utterance.text)
    wanted = utterance.duration_ms
    if wanted is not None and duration:
        visemes = tuple((at * wanted // duration, shape) for at, shape in visemes)
        words = tuple((at * wanted // duration, a, b) for at, a, b in words)
        duration = wanted
    if utterance.visemes:
        visemes = utterance.visemes
        duration = wanted if wanted is not None else visemes[-1][0] + 2 * _LETTER_MS
    return Timeline(duration, visemes, utterance.words or words)


def _is_ideograph(char: str) -> bool:
    return "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3"


def _estimate(text: str) -> tuple[tuple[tuple[int, Viseme], ...], tuple[tuple[int, int, int], ...], int]:
    visemes: list[tuple[int, Viseme]] = []
    words: list[tuple[int, int, int]] = []
    at = 0
    i = 0
    word: tuple[int, int] | None = None  # start in ms and in characters
    lower = text.lower()
    if len(lower) != len(text):  # a few letters change length when folded; positions must stay the text's
        lower = text
    while i < len(text):
        char = lower[i]
        if char.isspace() or char in _PAUSES_MS:
            if word is not None:
                words.append((*word, i))
                word = None
            if char in _PAUSES_MS:
                visemes.append((at, Viseme.REST))
                at += _PAUSES_MS[char]
            else:
                at += _LETTER_MS // 2
            i += 1
            continue
        if word is not None and _is_ideograph(char):
            words.append((*word, i))
            word = None
        if word is None:
            word = (at, i)
        if _is_ideograph(char):
            onset, core = _SYLLABLES[ord(char) % len(_SYLLABLES)]
            visemes += [(at, onset), (at + _IDEOGRAPH_MS // 3, core)]
            at += _IDEOGRAPH_MS
            i += 1
            continue
        pair = _DIGRAPHS.get(lower[i : i + 2])
        shape = pair or _LETTERS.get(char, Viseme.KK)
        if not visemes or visemes[-1][1] is not shape:
            visemes.append((at, shape))
        at += _LETTER_MS
        i += 2 if pair else 1
    if word is not None:
        words.append((*word, len(text)))
    return tuple(visemes), tuple(words), at
