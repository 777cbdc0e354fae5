"""Questionnaires: published worked examples, reversed items, missing answers, tables, mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receptionist.study.questionnaire import QuestionnaireError, find, read_answers, read_questionnaire
from receptionist.study.tables import TableError


def answers(name: str, values: list[int]) -> dict[str, float | None]:
    return dict(zip((item.id for item in find(name).items), values, strict=True))


@pytest.mark.parametrize(
    ("given", "score"),
    [
        # Tullis and Albert, Measuring the User Experience, figure 6.8 (4 1 1 4 1 2 1 1 4 3 make 22).
        ([5, 4, 2, 1, 2, 3, 2, 4, 5, 2], 55.0),
        # besthub.dev, "Understanding the System Usability Scale" (contributions 4 3 3 4 4 3 4 4 3 3: 35).
        ([5, 2, 4, 1, 5, 2, 5, 1, 4, 2], 87.5),
    ],
)
def test_sus_equals_the_worked_examples(given: list[int], score: float) -> None:
    assert find("sus").scores(answers("sus", given)) == {"sus": score}


def test_ueq_turns_the_items_whose_good_word_stands_left() -> None:
    """Order and poles of the questionnaire at ueq-online.org: these thirteen have the good word left."""
    reversed_items = {3, 4, 5, 9, 10, 12, 17, 18, 19, 21, 23, 24, 25}
    best = [1 if number in reversed_items else 7 for number in range(1, 27)]
    assert set(find("ueq").scores(answers("ueq", best)).values()) == {3.0}


def test_ueq_scales_are_means_of_their_own_items() -> None:
    """Handbook of the UEQ: attractiveness has items 1 12 14 16 24 25, of which 12, 24 and 25 are turned."""
    given = [4] * 26
    for number, value in {1: 7, 12: 2, 14: 6, 16: 5, 24: 1, 25: 3}.items():
        given[number - 1] = value
    scores = find("ueq").scores(answers("ueq", given))
    assert scores["ueq_attractiveness"] == pytest.approx((3 + 2 + 2 + 1 + 3 + 1) / 6)
    assert [score for name, score in scores.items() if name != "ueq_attractiveness"] == [0.0] * 5


def test_ueq_s_has_a_pragmatic_and_a_hedonic_half() -> None:
    scores = find("ueq-s").scores(answers("ueq-s", [7, 6, 7, 6, 1, 2, 3, 4]))
    assert scores == {"ueqs_pragmatic": 2.5, "ueqs_hedonic": -1.5, "ueqs_overall": 0.5}


def test_godspeed_has_five_scales_and_surprise_is_the_unsafe_side() -> None:
    scores = find("godspeed").scores(answers("godspeed", [1] * 5 + [2] * 6 + [3] * 5 + [4] * 5 + [5, 5, 1]))
    assert list(scores.values()) == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_each_policy_for_missing_answers_does_what_it_says() -> None:
    given = answers("ueq-s", [7, 7, 7, 7, 7, 7, 7, 7]) | {"ueqs1": None}
    ueqs = find("ueq-s")
    assert ueqs.scores(given)["ueqs_pragmatic"] == 3.0
    assert ueqs.scores(given, "none")["ueqs_pragmatic"] is None
    assert ueqs.scores(given, "middle")["ueqs_pragmatic"] == 2.25
    assert ueqs.scores(given | {"ueqs2": None})["ueqs_pragmatic"] is None
    assert ueqs.scores({}) == {"ueqs_pragmatic": None, "ueqs_hedonic": None, "ueqs_overall": None}


@given(st.lists(st.integers(1, 5), min_size=10, max_size=10))
def test_sus_lies_between_0_and_100_and_mirrors(given: list[int]) -> None:
    score = find("sus").scores(answers("sus", given))["sus"]
    mirrored = find("sus").scores(answers("sus", [6 - value for value in given]))["sus"]
    assert score is not None
    assert mirrored == 100 - score
    assert 0 <= score <= 100


def test_answers_are_read_from_what_spreadsheets_write(tmp_path: Path) -> None:
    items = ";".join(f"ueqs{number}" for number in range(1, 9))
    table = tmp_path / "ueq-s.csv"
    table.write_bytes(
        f"\ufeffsession;who;{items}\r\nP1-1;x;1;2;3;4;5;6;7;NA\r\n\r\nP2-1;y;9;a;;;;;;\r\n".encode()
    )
    found = read_answers(table, find("ueq-s"))
    assert list(found.by_session["P1-1"].values()) == [1, 2, 3, 4, 5, 6, 7, None]
    assert set(found.by_session["P2-1"].values()) == {None}
    assert [each.split(": ", 1)[1] for each in found.wrong] == [
        "ueqs1 is '9', no answer from 1 to 7: left out",
        "ueqs2 is 'a', no answer from 1 to 7: left out",
    ]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"session,sus1\n1,2\n", b'session,"\n'])
def test_a_table_that_is_none_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sus.csv").write_bytes(content)
    with pytest.raises(TableError, match=r"sus\.csv: "):
        read_answers(tmp_path / "sus.csv", find("sus"))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "a: [",
        "questionnaire: x",
        "{questionnaire: x, answers: {from: 5, to: 1}, items: [], scales: {}}",
        "{questionnaire: x, answers: {from: 1, to: 5}, items: [{id: a, text: A}],"
        " scales: {s: {score: sum, items: [b]}}}",
    ],
)
def test_a_questionnaire_with_mistakes_is_refused_in_words(tmp_path: Path, content: str) -> None:
    (tmp_path / "own.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(QuestionnaireError, match=r"own\.yaml: "):
        read_questionnaire(tmp_path / "own.yaml")


def test_a_study_may_bring_its_own_questionnaire(tmp_path: Path) -> None:
    (tmp_path / "questionnaires").mkdir()
    (tmp_path / "questionnaires" / "own.yaml").write_text(
        "{questionnaire: own, answers: {from: 0, to: 10}, items: [{id: a, text: 'How was it?'}],"
        " scales: {own: {score: mean, items: [a]}}}",
        encoding="utf-8",
    )
    assert find("own", tmp_path).scores({"a": 7}) == {"own": 7.0}
    with pytest.raises(QuestionnaireError, match="known are godspeed, own, sus"):
        find("other", tmp_path)
