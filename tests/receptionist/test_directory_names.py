"""Names: when two written forms are one person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receptionist.directory.names import (
    LONGEST,
    Likeness,
    clean,
    folded,
    is_family_name,
    is_given_name,
    likeness,
    similarity,
    whole_name,
)

EQUAL = [
    ("ada lovelace", "Ada Lovelace"),
    ("Lovelace, Ada", "Ada Lovelace"),
    ("Dr. Ada  Lovelace", "Ada Lovelace"),
    ("Mueller", "Müller"),
    ("MULLER", "Müller"),
    ("Schroeder", "Schröder"),
    ("Tomas Novak", "Tomás Novák"),
    ("Siobhan OBrien", "Siobhán O’Brien"),
    ("Anna Lena Voß", "Anna-Lena Voss"),
    ("annalena voss", "Anna-Lena Voß"),
    ("Wei Wang", "Wang Wei"),
    ("小明 王", "王小明"),
    ("小明王", "王小明"),
    ("王小明先生", "王小明"),
    ("Ｇｒａｃｅ Hopper", "Grace Hopper"),
]


@pytest.mark.parametrize(("asked", "name"), EQUAL)
def test_ways_to_write_one_name_are_equal(asked: str, name: str) -> None:
    assert likeness(asked, name) is Likeness.EQUAL


@pytest.mark.parametrize(
    ("asked", "name"),
    [("Lovelace", "Ada Lovelace"), ("王", "王小明"), ("Will", "Will May"), ("May", "Will May")],
)
def test_a_part_of_a_name_is_a_part(asked: str, name: str) -> None:
    assert likeness(asked, name) is Likeness.PART


@pytest.mark.parametrize(
    ("asked", "name"),
    [("Ada Lovelase", "Ada Lovelace"), ("Hoper", "Grace Hopper"), ("kovalska", "Anna Kowalska")],
)
def test_a_slip_of_the_recogniser_is_similar(asked: str, name: str) -> None:
    assert likeness(asked, name) is Likeness.SIMILAR


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("Ada King", "Ada Lovelace"),
        ("x", "Max"),
        ("", "Ada"),
        ("...", "Ada"),
        ("李", "王小明"),
        ("Ada", "王小明"),
    ],
)
def test_other_people_are_nobody(asked: str, name: str) -> None:
    assert likeness(asked, name) is Likeness.NONE


def test_legal_forms_do_not_matter_for_companies_but_titles_do_not_vanish_there() -> None:
    assert likeness("Elbe Optics", "Elbe Optics GmbH", company=True) is Likeness.EQUAL
    assert likeness("星河科技", "星河科技有限公司", company=True) is Likeness.EQUAL
    assert likeness("Miss Sixty", "Sixty", company=True) is not Likeness.EQUAL


def test_given_and_family_names_have_their_places() -> None:
    assert is_given_name("Ada", "Ada Lovelace")
    assert not is_given_name("Lovelace", "Ada Lovelace")
    assert is_family_name("van Dyke", "Anna van Dyke")
    assert is_family_name("王", "王小明")
    assert is_given_name("小明", "王小明")


NAMES = st.text(alphabet="abcdefgäöüßéñøłÅ王李 '-.", max_size=30)


@given(NAMES)
def test_every_name_with_a_letter_equals_itself(name: str) -> None:
    expected = Likeness.EQUAL if folded(name) else Likeness.NONE
    assert likeness(name, name) is expected


@given(NAMES, NAMES)
def test_equality_goes_both_ways(one: str, other: str) -> None:
    assert (likeness(one, other) is Likeness.EQUAL) == (likeness(other, one) is Likeness.EQUAL)


@pytest.mark.parametrize(
    ("first", "last", "whole"),
    [
        ("Ada", "Lovelace", "Ada Lovelace"),
        ("Ada", "Ada Lovelace", "Ada Lovelace"),
        ("Ada Lovelace", "Lovelace", "Ada Lovelace"),
        ("Ada", "Dr. King", "Dr. Ada King"),
        ("Vincent", "van Gogh", "Vincent van Gogh"),
        ("小明", "王", "王小明"),
        ("王小明", "王", "王小明"),
    ],
)
def test_two_halves_of_a_name_become_one(first: str, last: str, whole: str) -> None:
    assert whole_name(first, last) == whole


@given(NAMES, NAMES)
def test_similarity_is_a_percentage(one: str, other: str) -> None:
    assert 0.0 <= similarity(one, other) <= 100.0


@given(st.text(max_size=12), st.integers(1, 30))
def test_clean_text_is_short_single_spaced_and_without_control_characters(text: str, times: int) -> None:
    cleaned = clean(text * times)
    assert len(cleaned) <= LONGEST
    assert cleaned == " ".join(cleaned.split())
    assert cleaned.isprintable()
    assert clean(cleaned) == cleaned


def test_a_megabyte_is_no_name_and_costs_nothing() -> None:
    assert likeness("a" * 1_000_000, "Ada Lovelace") is Likeness.NONE
