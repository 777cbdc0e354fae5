"""Protocols and plans: mistakes told together, orders that balance, the same plan from the same seed."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receptionist.study.assignment import (
    as_csv,
    assign,
    balanced_latin_square,
    orders,
    read_assignment,
    unbalanced,
)
from receptionist.study.protocol import Protocol, ProtocolError, read_protocol
from receptionist.study.tables import TableError


def protocol(folder: Path, design: str, conditions: int = 3, more: str = "") -> Protocol:
    names = "".join(f"[conditions.c{number}]\n" for number in range(conditions))
    (folder / "study.toml").write_text(f'[study]\nname = "x"\n{names}[design]\n{design}\n{more}', "utf-8")
    return read_protocol(folder)


@given(st.integers(1, 9))
def test_a_balanced_square_has_each_condition_equally_often_at_each_place_and_after_each_other(
    n: int,
) -> None:
    rows = balanced_latin_square(n)
    assert len(rows) == (2 * n if n % 2 and n > 1 else n)
    assert all(sorted(row) == list(range(n)) for row in rows)
    places = Counter((place, each) for row in rows for place, each in enumerate(row))
    assert len(set(places.values())) == 1
    follows = Counter(pair for row in rows for pair in pairwise(row))
    assert len(follows) == n * (n - 1)
    assert len(set(follows.values())) <= 1


def test_within_participants_everybody_meets_every_condition_in_balanced_orders(tmp_path: Path) -> None:
    study = protocol(tmp_path, "participants = 12\nsessions = 2\nseed = 3")
    plan = assign(study)
    assert len(plan) == 12 * 3 * 2
    assert Counter(Counter((each.participant, each.condition) for each in plan).values()) == {2: 36}
    taken = Counter(
        tuple(each.condition for each in plan if each.participant == who) for who in study.participants
    )
    assert set(taken.values()) == {2}
    assert len(taken) == len(orders(study)) == 6
    assert unbalanced(study) == ""


def test_between_participants_each_meets_one_condition_and_they_share_out_evenly(tmp_path: Path) -> None:
    plan = assign(protocol(tmp_path, "participants = 9\nwithin = false"))
    assert Counter(each.condition for each in plan) == {"c0": 3, "c1": 3, "c2": 3}
    assert len(plan) == 9


def test_a_plan_that_cannot_balance_says_how_many_participants_would(tmp_path: Path) -> None:
    assert "with 5 more they would" in unbalanced(protocol(tmp_path, "participants = 7"))


def test_tasks_meet_all_conditions(tmp_path: Path) -> None:
    study = protocol(tmp_path, "participants = 4", 2, "[tasks.a]\n[tasks.b]")
    pairs = Counter((each.condition, each.task) for each in assign(study))
    assert len(pairs) == 4
    assert set(pairs.values()) == {2}


@pytest.mark.parametrize("order", ["latin", "all", "random", "fixed"])
def test_the_same_seed_gives_the_same_plan_and_it_is_read_as_it_was_written(
    tmp_path: Path, order: str
) -> None:
    study = protocol(tmp_path, f'participants = 5\norder = "{order}"\nseed = 9')
    plan = assign(study)
    assert assign(study) == plan
    (tmp_path / "assignment.csv").write_text(as_csv(plan), "utf-8")
    assert read_assignment(study) == plan


def test_a_plan_changed_by_hand_is_checked_line_by_line(tmp_path: Path) -> None:
    study = protocol(tmp_path, "participants = 2")
    (tmp_path / "assignment.csv").write_text(
        "session,participant,position,condition,task\na,P1,1,c0,\na,P1,2,c1,\nb,P1,3,c9,\nc/d,P1,4,c0,\n",
        "utf-8",
    )
    with pytest.raises(TableError) as caught:
        read_assignment(study)
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["3", "4", "5"]


def test_all_mistakes_of_a_protocol_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        """
[study]
audio = "yes"
consnet = "…"
[conditions.a]
changes = "nowhere.yaml"
[design]
participants = ["P1", "P1", "../x"]
order = "sorted"
[questionnaires]
use = "sus"
[counters]
x = ["once upon"]
""",
        "utf-8",
    )
    with pytest.raises(ProtocolError) as caught:
        read_protocol(tmp_path)
    told = str(caught.value)
    for what in (
        "study.name is missing",
        "study.audio is true or false",
        "did you mean consent?",
        "there is no nowhere.yaml",
        "P1 stands there twice",
        "../x: a name has letters",
        "design.order is one of",
        "questionnaires.use is a list",
        "counters.x: 'once upon' counts nothing",
    ):
        assert what in told


@pytest.mark.parametrize("content", [b"", b"\xff", b"[study", b"study = 1\nconditions = 2\ndesign = []"])
def test_what_is_no_protocol_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "study.toml").write_bytes(content)
    with pytest.raises(ProtocolError, match=r"study\.toml: "):
        read_protocol(tmp_path)


def test_too_many_orders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="5,040 orders"):
        assign(protocol(tmp_path, 'participants = 2\norder = "all"', 7))
