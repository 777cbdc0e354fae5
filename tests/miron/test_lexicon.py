"""Known names: found exactly and nearly, among few and among many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miron.entities import Heard, Lexicon, recogniser
from miron.model import EntityType
from miron.words import texts_of, words_of
from tests.miron.build import unhurried

TYPES = {"room": EntityType("room", "live")}


def test_a_name_that_begins_another_is_found_at_the_end_of_what_is_said():
    lexicon = Lexicon({"room": ["Turing", "Turing Room", "Turing Room Annex"]})
    find = recogniser("room", TYPES, lexicon, {})
    for said in ("turing", "turing room", "turing room annex"):
        heard = Heard(said, words_of(said, "en"), "en")
        values = {found.end: found.value for found in find(heard, 0)}
        assert values[len(heard.words)].lower() == said
        assert len(values) == len(heard.words)


@unhurried
@given(
    st.lists(st.sampled_from(["Ada", "don't", "twenty", "three", "O'Neill's", "Ünal", "小明", "a.b", "23"]))
    .map(" ".join)
    .flatmap(lambda text: st.sampled_from([text, text.lower(), text.replace(" ", "  ")]))
    | st.text(max_size=20),
    st.sampled_from(["en", "de", "zh", "fr"]),
)
def test_the_short_way_to_the_words_of_a_name_gives_the_same_words(text, locale):
    assert texts_of(text, locale) == [word.text for word in words_of(text, locale)]


@pytest.mark.parametrize("others", [0, 4_000])
def test_a_misheard_name_is_found_among_few_and_among_many(others):
    syllables = [consonant + vowel for consonant in "bdfklmnrst" for vowel in "aeiou"]
    many = [f"{syllables[n % 50]}{syllables[n // 50 % 50]} {syllables[n * 7 % 50]}zov" for n in range(others)]
    names = Lexicon({"person": ["Gwendolyn Przybylski", *many]}).names("person", "en")
    assert [near.value for near in names.near("gwendolin pschibilski")] == ["Gwendolyn Przybylski"]
    assert [near.value for near in names.near_part("gwendolin")] == ["gwendolyn"]
