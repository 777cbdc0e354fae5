"""What `miron doctor --audio` makes of levels."""

import pytest

from receptionist.speech.trial import BAR, judged, level_bar


@pytest.mark.parametrize(
    ("loudest", "said"),
    [(-96, "gives silence"), (-50, "too soft"), (-20, "loud enough"), (-0.5, "too loud")],
)
def test_a_level_is_judged_in_words(loudest: float, said: str):
    assert said in judged(loudest)


@pytest.mark.parametrize(("dbfs", "filled"), [(-96, 0), (-60, 0), (-30, BAR // 2), (0, BAR), (3, BAR)])
def test_the_bar_runs_from_60_db_below_full_scale(dbfs: float, filled: int):
    assert level_bar(dbfs).count("#") == filled
