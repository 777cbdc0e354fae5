"""Pronunciations for words that a recogniser's dictionary lacks: IPA to ARPAbet.

ARPAbet as the CMU Pronouncing Dictionary uses it, 39 phonemes without stress. Sounds that English lacks
become their nearest neighbours, as an English speaker would say them.
"""

from __future__ import annotations

from collections.abc import Iterable

_ARPABET = {
    "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "ɡ": "G", "g": "G", "tʃ": "CH", "dʒ": "JH", "f": "F",
    "v": "V", "θ": "TH", "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "h": "HH", "x": "K", "χ": "K",
    "ç": "SH", "m": "M", "n": "N", "ŋ": "NG", "l": "L", "ɫ": "L", "ɹ": "R", "r": "R", "ʁ": "R", "ɾ": "T",
    "j": "Y", "w": "W", "ʔ": "", "ts": "T S", "pf": "F",
    "iː": "IY", "i": "IY", "ɪ": "IH", "ᵻ": "IH", "eɪ": "EY", "e": "EH", "ɛ": "EH", "eː": "EY", "æ": "AE",
    "a": "AA", "aː": "AA", "ɑ": "AA", "ɑː": "AA", "ɒ": "AA", "ɔ": "AO", "ɔː": "AO", "oʊ": "OW", "əʊ": "OW",
    "o": "OW", "oː": "OW", "ʊ": "UH", "u": "UW", "uː": "UW", "ʌ": "AH", "ə": "AH", "ɐ": "AH", "ɜː": "ER",
    "ɜ": "ER", "ɚ": "ER", "ɝ": "ER", "aɪ": "AY", "aʊ": "AW", "ɔɪ": "OY", "y": "UW", "yː": "UW", "ʏ": "UH",
    "ø": "ER", "øː": "ER", "œ": "ER", "əl": "AH L", "ɪə": "IH R", "eə": "EH R", "ʊə": "UH R", "aɪə": "AY AH",
    "aɪɚ": "AY ER", "ɔːɹ": "AO R", "ɑːɹ": "AA R", "oːɹ": "AO R", "ɛɹ": "EH R", "ɪɹ": "IH R", "ʊɹ": "UH R",
    "iə": "IY AH",
}  # fmt: skip


def arpabet(ipa: Iterable[str]) -> str:
    """ARPAbet phonemes, separated by spaces, for phonemes in IPA; unknown signs are left out."""
    found: list[str] = []
    for phoneme in ipa:
        rest = phoneme.strip("ˈˌ ")
        while rest:
            length = next((size for size in (3, 2, 1) if rest[:size] in _ARPABET), 0)
            if length:
                found += _ARPABET[rest[:length]].split()
            rest = rest[length or 1 :]
    return " ".join(found)
