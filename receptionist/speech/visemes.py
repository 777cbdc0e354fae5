"""From the sounds of the International Phonetic Alphabet to the nine mouth shapes of the avatar."""

from __future__ import annotations

from receptionist.kiosk.expression import Viseme

_SHAPES: dict[Viseme, str] = {
    Viseme.MM: "p b m ɓ pf",
    Viseme.FF: "f v ʋ ɱ",
    Viseme.TT: "θ ð t d n l s z ɾ ts ɬ ɫ ɖ ʈ ɳ",
    Viseme.CH: "ʃ ʒ tʃ dʒ ɕ ʑ tɕ ʂ ʐ tʂ",
    Viseme.KK: "k ɡ g ŋ h j x χ ç ʔ ʁ ɣ",
    Viseme.OO: "ɹ r w u ʊ o ɔ y ʏ ø œ ɒ",
    Viseme.EE: "i ɪ e ɛ ɨ",
    Viseme.AA: "æ a ɑ ʌ ə ɐ ɜ ɚ ɝ ɤ",
}
_BY_SOUND = {sound: shape for shape, sounds in _SHAPES.items() for sound in sounds.split()}


def viseme(phoneme: str) -> Viseme:
    """The mouth shape of one phoneme in IPA; `Viseme.REST` for a pause or an unknown sign.

    Length, stress and tone marks do not matter; of a diphthong the first vowel counts.
    """
    bare = phoneme.strip("ˈˌː012345˥˦˧˨˩ʰʲ̩̯ ")
    for length in (2, 1):
        shape = _BY_SOUND.get(bare[:length])
        if shape is not None:
            return shape
    return Viseme.REST
