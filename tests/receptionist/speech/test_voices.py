"""The drivers that make sound, where this machine has them."""

import pytest

from receptionist.kiosk.expression import Viseme
from receptionist.speech.ports import SpeechUnavailable, Style, Voice


@pytest.fixture(scope="module")
def espeak() -> Voice:
    from receptionist.speech.espeak import Espeak

    try:
        return Espeak()
    except SpeechUnavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("text", "locale", "words"),
    [
        ("Hello, Ada Lovelace.", "en", ["Hello", "Ada", "Lovelace"]),
        ("Grüß Gott, schöne Frau.", "de", ["Grüß", "Gott", "schöne", "Frau"]),
    ],
)
def test_every_word_has_its_time(espeak: Voice, text: str, locale: str, words: list[str]):
    clip = espeak.speak(text, locale)
    assert [text[first:end] for _, first, end in clip.words] == words
    times = [at for at, _, _ in clip.words]
    assert times == sorted(times)
    assert times[-1] < clip.duration_ms
    assert len({shape for _, shape in clip.visemes}) > 3


def test_chinese_is_spoken_syllable_by_syllable(espeak: Voice):
    pytest.importorskip("pypinyin")
    text = "您好，Ada，请坐。"
    clip = espeak.speak(text, "zh")
    assert [text[first:end] for _, first, end in clip.words] == ["您", "好", "Ada", "请", "坐"]


def test_the_same_words_are_said_in_the_same_way(espeak: Voice):
    """Within some milliseconds: the breath in it is made of random numbers."""
    one, two = (espeak.speak("Please take a seat.", "en") for _ in range(2))
    assert [word[1:] for word in one.words] == [word[1:] for word in two.words]
    assert [shape for _, shape in one.visemes] == [shape for _, shape in two.visemes]
    assert abs(one.duration_ms - two.duration_ms) < 10


def test_markup_is_read_out_and_not_obeyed(espeak: Voice):
    plain = espeak.speak("a", "en").duration_ms
    assert espeak.speak('<break time="60s"/>', "en").duration_ms < 10_000
    assert espeak.speak("[[a]] \0 {{7*7}} %s", "en").duration_ms > plain


def test_nothing_to_say_is_silence(espeak: Voice):
    assert espeak.speak("", "en").duration_ms == 0


def test_faster_is_shorter(espeak: Voice):
    text = "Please tell me your first and last name."
    slow, fast = (espeak.speak(text, "en", Style(words_per_minute=pace)).duration_ms for pace in (120, 240))
    assert fast < slow


def test_a_voice_that_is_not_there_says_so(espeak: Voice):
    with pytest.raises(SpeechUnavailable, match="no voice 'xx-none'"):
        espeak.speak("hello", "xx-none")


def test_lips_close_for_an_m(espeak: Voice):
    assert Viseme.MM in {shape for _, shape in espeak.speak("mama", "en").visemes}


def test_the_second_driver_speaks_from_a_process_of_its_own():
    from receptionist.speech.pyttsx import Pyttsx

    try:
        voice = Pyttsx()
    except SpeechUnavailable as error:
        pytest.skip(str(error))
    try:
        first = voice.speak("Hello there, Ada", "en")
        second = voice.speak("Guten Tag", "de")
    finally:
        voice.close()
    assert first.duration_ms > second.duration_ms > 300
    assert ["Hello there, Ada"[begin:end] for _, begin, end in first.words] == ["Hello", "there,", "Ada"]
