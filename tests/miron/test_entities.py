from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miron.entities import Heard, Lexicon, recogniser
from miron.model import EntityType
from miron.render import clock, date, duration, ordinal
from miron.words import words_of
from tests.miron.build import lines, unhurried

NOW = datetime(2026, 11, 22, 9, 0)  # a Sunday
TYPES = {
    "hue": EntityType(
        "hue",
        "choice",
        values={"red": {"en": lines("red\ncrimson")}, "dark_blue": {}, "blue": {"en": lines("blue")}},
    ),
    "room": EntityType("room", "live"),
}
LEXICON = Lexicon({"room": ["Turing Room", "Lovelace Hall"], "person": ["Grace Hopper", "Wei Zhang"]})


def read(kind, text, locale="en", now=NOW):
    """The value that covers the whole text; None if there is none."""
    words = words_of(text, locale)
    find = recogniser(kind, TYPES, LEXICON, {})
    for found in find(Heard(text, words, locale, now), 0):
        if found.end == len(words):
            return found.value
    return None


@pytest.mark.parametrize(
    ("locale", "said", "value"),
    [
        ("en", "half past ten", "10:30"),
        ("en", "half ten", "10:30"),
        ("en", "quarter to three", "14:45"),
        ("en", "a quarter past nine in the evening", "21:15"),
        ("en", "quarter to one", "12:45"),
        ("en", "ten thirty", "10:30"),
        ("en", "ten oh five", "10:05"),
        ("en", "10:30", "10:30"),
        ("en", "1030", "10:30"),
        ("en", "10.30 am", "10:30"),
        ("en", "3 pm", "15:00"),
        ("en", "3pm", "15:00"),
        ("en", "3 a.m.", "03:00"),
        ("en", "three o'clock", "15:00"),
        ("en", "03:15", "03:15"),
        ("en", "noon", "12:00"),
        ("en", "midnight", "00:00"),
        ("en", "twenty to four", "15:40"),
        ("en", "twenty-five past eleven", "11:25"),
        ("de", "halb elf", "10:30"),
        ("de", "halb eins", "12:30"),
        ("de", "Viertel nach zehn", "10:15"),
        ("de", "drei viertel elf", "10:45"),
        ("de", "fünf vor halb elf", "10:25"),
        ("de", "14 Uhr 30", "14:30"),
        ("de", "10.30 Uhr", "10:30"),
        ("de", "ein Uhr", "13:00"),
        ("de", "sieben Uhr abends", "19:00"),
        ("zh", "十点半", "10:30"),
        ("zh", "下午三点一刻", "15:15"),
        ("zh", "十点二十分", "10:20"),
        ("zh", "晚上八点", "20:00"),
        ("zh", "１０：３０", "10:30"),
        ("en", "25:00", None),
        ("en", "half past green", None),
    ],
)
def test_times_are_understood_as_people_say_them(locale, said, value):
    assert read("time", said, locale) == value


@pytest.mark.parametrize(
    ("locale", "said", "value"),
    [
        ("en", "today", "2026-11-22"),
        ("en", "tomorrow", "2026-11-23"),
        ("en", "the day after tomorrow", "2026-11-24"),
        ("en", "Monday", "2026-11-23"),
        ("en", "next Sunday", "2026-11-29"),
        ("en", "the twenty-third", "2026-11-23"),
        ("en", "the twenty-first", "2026-12-21"),
        ("en", "the twenty-third of May", "2027-05-23"),
        ("en", "May 23rd, 2026", "2026-05-23"),
        ("en", "23 November 2026", "2026-11-23"),
        ("en", "11/23/2026", "2026-11-23"),
        ("en", "23/11/2026", "2026-11-23"),
        ("en", "2026-11-23", "2026-11-23"),
        ("en", "29 February", "2028-02-29"),
        ("en", "30 February 2027", None),
        ("de", "übermorgen", "2026-11-24"),
        ("de", "dreiundzwanzigster Mai", "2027-05-23"),
        ("de", "23.11.2026", "2026-11-23"),
        ("zh", "明天", "2026-11-23"),
        ("zh", "十一月二十三日", "2026-11-23"),
        ("zh", "星期三", "2026-11-25"),
    ],
)
def test_dates_are_understood_from_today(locale, said, value):
    assert read("date", said, locale) == value


def test_words_that_depend_on_today_need_a_today():
    assert read("date", "tomorrow", now=None) is None
    assert read("date", "23 November 2026", now=None) == "2026-11-23"


@pytest.mark.parametrize(
    ("kind", "locale", "said", "value"),
    [
        ("number", "en", "twelve", 12),
        ("number", "en", "twenty one", 21),
        ("number", "en", "two hundred and five", 205),
        ("number", "en", "two thousand and twenty six", 2026),
        ("number", "en", "1,250", 1250),
        ("number", "en", "3.5", Decimal("3.5")),
        ("number", "en", "three point five", Decimal("3.5")),
        ("number", "en", "minus four", -4),
        ("number", "de", "zweihundertfünfzig", 250),
        ("number", "de", "einundzwanzig", 21),
        ("number", "de", "3,5", Decimal("3.5")),
        ("number", "zh", "两百零五", 205),
        ("number", "zh", "一万二千", 12000),
        ("number", "en", "9" * 40, Decimal("9" * 40)),
        ("ordinal", "en", "the twenty-third", 23),
        ("ordinal", "en", "1st", 1),
        ("ordinal", "de", "dritte", 3),
        ("ordinal", "zh", "第三", 3),
        ("duration", "en", "half an hour", 1_800_000),
        ("duration", "en", "one hour and twenty minutes", 4_800_000),
        ("duration", "en", "an hour and a half", 5_400_000),
        ("duration", "de", "eine halbe Stunde", 1_800_000),
        ("duration", "zh", "一个半小时", 5_400_000),
        ("phone", "en", "+49 30 12-34", "+49301234"),
        ("phone", "en", "double four two oh five", "44205"),
        ("phone", "en", "(030) 123456", "030123456"),
        ("phone", "en", "twelve", None),
        ("email", "en", "Ada@Example.org", "ada@example.org"),
        ("email", "en", "ada dot lovelace at example dot org", "ada.lovelace@example.org"),
        ("email", "en", "ada at home", None),
        ("flag", "en", "of course", True),
        ("flag", "de", "nein", False),
        ("hue", "en", "crimson", "red"),
        ("hue", "en", "dark blue", "dark_blue"),
        ("hue", "en", "green", None),
        ("room", "en", "turing room", "Turing Room"),
        ("list of hue", "en", "red, blue and dark blue", ["red", "blue", "dark_blue"]),
    ],
)
def test_values_are_normalised(kind, locale, said, value):
    assert read(kind, said, locale) == value


@pytest.mark.parametrize("locale", ["en", "de", "zh"])
def test_every_minute_of_the_day_is_heard_as_it_is_said(locale):
    for minute in range(24 * 60):
        value = f"{minute // 60:02d}:{minute % 60:02d}"
        assert read("time", clock(value, locale), locale) == value
        assert read("time", value, locale) == value


@unhurried
@given(st.dates(), st.sampled_from(["en", "de", "zh"]))
def test_every_date_is_heard_as_it_is_said(day, locale):
    if 1900 <= day.year <= 2099:
        assert read("date", date(day.isoformat(), locale), locale, now=None) == day.isoformat()


@unhurried
@given(st.integers(0, 10**9), st.sampled_from(["en", "de", "zh"]))
def test_every_duration_and_ordinal_is_heard_as_it_is_said(number, locale):
    assert read("duration", duration(number, locale), locale) == number
    assert read("ordinal", ordinal(number % 10**6 + 1, locale), locale) == number % 10**6 + 1


def test_a_live_list_changes_while_running():
    lexicon = Lexicon({"room": ["Turing Room"]})
    find = recogniser("room", TYPES, lexicon, {})
    heard = Heard("hopper room", words_of("hopper room", "en"), "en")
    assert find(heard, 0) == []
    lexicon.update("room", ["Hopper Room"])
    assert [found.value for found in find(heard, 0)] == ["Hopper Room"]


@unhurried
@given(st.text(max_size=40), st.sampled_from(["en", "de", "zh", "fr"]))
def test_no_text_makes_a_recogniser_fail(text, locale):
    words = words_of(text, locale)
    kinds = [
        "number",
        "ordinal",
        "date",
        "time",
        "duration",
        "phone",
        "email",
        "flag",
        "person",
        "company",
        "hue",
    ]
    for kind in kinds:
        find = recogniser(kind, TYPES, LEXICON, {})
        for start in range(len(words)):
            for found in find(Heard(text, words, locale, NOW), start):
                assert start < found.end <= len(words)


@pytest.mark.parametrize(
    ("locale", "said", "value"),
    [
        ("en", "ADA-1030", "ADA1030"),
        ("en", "ada1030", "ADA1030"),
        ("en", "ADA 1030", "ADA1030"),
        ("en", "A D A ten thirty", "ADA1030"),
        ("en", "A-D-A dash one zero three zero", "ADA1030"),
        ("en", "k 7 m 4 q 2", "K7M4Q2"),
        ("en", "84312", "84312"),
        ("de", "A D A zehn dreißig", "ADA1030"),
        ("de", "K sieben M vier Q zwei", "K7M4Q2"),
        ("zh", "XM-1100", "XM1100"),
        ("zh", "X M 零一零零", "XM0100"),
    ],
)
def test_codes_written_and_spelt(locale, said, value):
    assert read("code", said, locale) == value


@pytest.mark.parametrize(
    "said",
    [
        *("10:30", "1030", "3pm", "2nd", "2026-11-23", "23.11.2026", "ada@example.org", "3.5", "1,000"),
        *("Ada Lovelace", "a ten", "room 12", "ten thirty", "A D A"),
    ],
)
def test_no_code_is_what_is_a_word_a_date_a_time_or_a_number(said):
    assert read("code", said) is None
