"""Effect sizes, intervals and the PARADISE regression."""

from __future__ import annotations

import math
from typing import Any

import pytest

from receptionist.study.comparison import (
    bootstrap,
    compare,
    hedges_correction,
    independent_effect,
    paired_effect,
)
from receptionist.study.paradise import regress

pytest.importorskip("scipy")

Rows = list[dict[str, Any]]


def rows(first: list[float | None], second: list[float | None]) -> Rows:
    return [
        {"participant": f"P{who}", "condition": name, "m": value}
        for name, values in (("a", first), ("b", second))
        for who, value in enumerate(values)
    ]


def test_paired_effects_are_those_of_each_participants_difference() -> None:
    found = compare(rows([1, 2, 3, 4], [2, 4, 4, 6]), ["m"], ["a", "b"], paired=True).differences[0]
    assert (found.n, found.difference) == (4, 1.5)
    assert found.effect == pytest.approx(hedges_correction(3) * 1.5 / math.sqrt(1 / 3))
    assert found.interval is not None
    assert found.interval[0] <= 1.5 <= found.interval[1]


def test_who_lacks_a_condition_is_left_out_of_the_pair_but_not_of_the_mean() -> None:
    found = compare(rows([1, 2, 9], [2, 4, None]), ["m"], ["a", "b"], paired=True)
    assert found.differences[0].n == 2
    assert [each.n for each in found.summaries] == [3, 2]
    assert found.summaries[0].mean == 4


def test_independent_effects_are_in_units_of_the_pooled_spread() -> None:
    effect = independent_effect([1, 2, 3], [3, 4, 5, 6])
    pooled = math.sqrt((2 + 5) / 5)
    assert effect == pytest.approx(hedges_correction(5) * 2.5 / pooled)


def test_the_correction_for_small_samples_equals_the_published_one() -> None:
    """Hedges 1981, table 1: c(2) = 0.5642, c(10) = 0.9228, c(30) = 0.9748, to its rounding."""
    for freedom, published in {2: 0.5642, 10: 0.9228, 30: 0.9748}.items():
        assert hedges_correction(freedom) == pytest.approx(published, abs=2e-4)


def test_what_does_not_vary_has_no_effect_size_but_a_difference() -> None:
    found = compare(rows([1, 2, 3], [2, 3, 4]), ["m"], ["a", "b"], paired=True).differences[0]
    assert (found.difference, found.interval, found.effect) == (1.0, (1.0, 1.0), None)
    assert paired_effect([0, 0, 0]) is None


def test_without_values_there_is_nothing_to_tell_and_no_fault() -> None:
    found = compare(rows([None], [None]), ["m"], ["a", "b"], paired=False)
    assert found.summaries[0].mean is None
    assert found.differences[0].difference is None


def test_the_same_seed_gives_the_same_interval() -> None:
    from receptionist.study.comparison import _mean

    values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]
    first = bootstrap((values,), _mean, 1)
    assert first == bootstrap((values,), _mean, 1)
    assert first is not None
    assert min(values) < first[0] < sum(values) / 8 < first[1] < max(values)


def test_regression_finds_the_weights_that_made_the_data() -> None:
    data = [
        {
            "participant": str(n),
            "success": n % 2,
            "cost": (n * 7) % 11,
            "sus": 10 * (n % 2) - 2 * ((n * 7) % 11),
        }
        for n in range(40)
    ]
    found = regress(data, "sus", ("success", "cost"))
    assert found.r_squared == pytest.approx(1)
    assert found.weights["success"] > 0 > found.weights["cost"]
    assert found.warnings == ()


def test_regression_warns_of_what_should_not_be_believed() -> None:
    data: Rows = [{"participant": "P1", "success": 1, "a": n, "b": 2 * n + 1, "sus": n * n} for n in range(8)]
    found = regress([*data, {"sus": 1}], "sus", ("success", "a", "b"))
    told = " ".join(found.warnings)
    for what in ("1 of 9 sessions lack", "same in all sessions: success", "few for 2", "r = 1.00", "several"):
        assert what in told


def test_regression_over_nothing_says_so() -> None:
    assert regress([], "sus").r_squared is None
