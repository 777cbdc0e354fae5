"""Which voice speaks which words."""

import pytest

from receptionist.kiosk.expression import Viseme
from receptionist.speech.pronounce import arpabet
from receptionist.speech.script import runs
from receptionist.speech.visemes import viseme


def test_a_text_of_one_script_is_one_run():
    (run,) = runs("Guten Tag, Frau Groß!", "de")
    assert (run.spoken, run.locale) == ("Guten Tag, Frau Groß!", "de")
    assert run.source == tuple(range(len(run.spoken) + 1))


def test_nothing_to_say_is_no_run():
    assert list(runs("  ", "en")) == []


def test_latin_words_in_a_chinese_sentence_are_spoken_in_english():
    pytest.importorskip("pypinyin")
    text = "您好，Ada Lovelace，三点见。"
    found = list(runs(text, "zh"))
    assert [run.locale for run in found] == ["zh", "en", "zh"]
    assert found[0].spoken.split() == ["nin2", "hao3", ","]
    assert found[1].spoken.startswith("Ada Lovelace")
    for run in found:
        assert len(run.source) == len(run.spoken) + 1
        assert list(run.source) == sorted(run.source)


def test_every_chinese_syllable_knows_its_character():
    pytest.importorskip("pypinyin")
    text = "请问贵姓"
    (run,) = runs(text, "zh")
    begins = [index for index, char in enumerate(run.spoken) if index == 0 or run.spoken[index - 1] == " "]
    assert [text[run.source[index]] for index in begins if index < len(run.spoken)] == list(text)


@pytest.mark.parametrize(
    ("sound", "shape"),
    [
        ("p", Viseme.MM),
        ("f", Viseme.FF),
        ("ʃ", Viseme.CH),
        ("uː", Viseme.OO),
        ("aʊ", Viseme.AA),
        ("", Viseme.REST),
    ],
)
def test_a_sound_has_a_mouth_shape(sound: str, shape: Viseme):
    assert viseme(sound) is shape


def test_sounds_become_the_phonemes_of_the_dictionary():
    assert arpabet(["tʃ", "ɑː", "ɹ", "l", "z"]) == "CH AA R L Z"
    assert arpabet(["ʔ", "?!"]) == ""
