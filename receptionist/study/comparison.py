"""Conditions compared: differences and effect sizes with bootstrap intervals, paired where the design is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import mean, median, stdev
from typing import Any, Final

RESAMPLES: Final = 5000
LEVEL: Final = 0.95
Interval = tuple[float, float] | None
Statistic = Callable[..., Any]
"""A function of samples along an axis (the last, unless ``axis`` says another)."""


class ExtraMissing(Exception):
    """The extra ``study`` is not installed; the message says so."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A measure under one condition: of participants, whose sessions are averaged first."""

    measure: str
    condition: str
    n: int
    mean: float | None
    sd: float | None
    median: float | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure under two conditions.

    Attributes:
        measure: Its name.
        first: A condition.
        second: Another; differences are this one minus the first.
        paired: Participants met both, and are compared with themselves.
        n: Participants: pairs, or of both conditions together.
        difference: Of the means.
        interval: Of the difference, 95 %, BCa bootstrap over participants.
        effect: Paired: mean over standard deviation of the differences (d_z). Otherwise the difference over
            the pooled standard deviation (d). Both with Hedges' correction for small samples.
        effect_interval: 95 %, percentile bootstrap over participants.
    """

    measure: str
    first: str
    second: str
    paired: bool
    n: int
    difference: float | None
    interval: Interval
    effect: float | None
    effect_interval: Interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything compared, in the order of the measures."""

    summaries: tuple[Summary, ...]
    differences: tuple[Difference, ...]


def compare(
    rows: Iterable[Mapping[str, Any]],
    measures: Sequence[str],
    conditions: Sequence[str],
    *,
    paired: bool,
    seed: int = 0,
) -> Comparison:
    """Compare conditions.

    Args:
        rows: One a session, with ``participant`` and ``condition``.
        measures: Columns to compare; rows without a number there do not count for it.
        conditions: In the order of the tables.
        paired: Participants are compared with themselves; who lacks a condition is left out of that pair.
        seed: Of the resampling.

    Raises:
        ExtraMissing: SciPy is not installed.
    """
    rows = list(rows)
    summaries, differences = [], []
    for measure in measures:
        values = {name: by_participant(rows, measure, name) for name in conditions}
        summaries += [_summary(measure, name, list(values[name].values()), seed) for name in conditions]
        differences += [
            _difference(measure, first, second, values[first], values[second], paired, seed)
            for first, second in combinations(conditions, 2)
        ]
    return Comparison(tuple(summaries), tuple(differences))


def by_participant(rows: Iterable[Mapping[str, Any]], measure: str, condition: str) -> dict[str, float]:
    """The mean of a measure over each participant's sessions with a condition; no entry without a number."""
    found: dict[str, list[float]] = {}
    for row in rows:
        value = row.get(measure)
        if row.get("condition") == condition and isinstance(value, (int, float)) and math.isfinite(value):
            found.setdefault(str(row["participant"]), []).append(float(value))
    return {participant: mean(values) for participant, values in sorted(found.items())}


def _summary(measure: str, condition: str, values: Sequence[float], seed: int) -> Summary:
    if not values:
        return Summary(measure, condition, 0, None, None, None, None)
    spread = stdev(values) if len(values) > 1 else None
    interval = bootstrap((values,), _mean, seed)
    return Summary(measure, condition, len(values), mean(values), spread, median(values), interval)


def _difference(
    measure: str,
    first: str,
    second: str,
    left: Mapping[str, float],
    right: Mapping[str, float],
    paired: bool,
    seed: int,
) -> Difference:
    samples: tuple[list[float], ...]
    statistic: Statistic
    effect: Statistic
    if paired:
        both = [who for who in left if who in right]
        samples = ([right[who] - left[who] for who in both],)
        n = len(both)
        statistic, effect = _mean, _paired
    else:
        samples = (list(left.values()), list(right.values()))
        n = len(left) + len(right)
        statistic, effect = _mean_difference, _independent
    if not all(samples):
        return Difference(measure, first, second, paired, n, None, None, None, None)
    size = _told(effect, samples)
    return Difference(
        measure,
        first,
        second,
        paired,
        n,
        float(statistic(*samples)),
        bootstrap(samples, statistic, seed),
        size,
        bootstrap(samples, effect, seed, method="percentile") if size is not None else None,
    )


def hedges_correction(freedom: int) -> float:
    """The factor that takes the bias of small samples out of a standardised difference.

    Hedges, Distribution theory for Glass's estimator of effect size and related estimators, Journal of
    Educational Statistics 6 (1981).
    """
    if freedom < 2:
        return 1.0
    return math.exp(
        math.lgamma(freedom / 2) - math.log(math.sqrt(freedom / 2)) - math.lgamma((freedom - 1) / 2)
    )


def paired_effect(differences: Sequence[float]) -> float | None:
    """Cohen's d_z of differences, corrected; None where they do not vary or are fewer than two."""
    return _told(_paired, (differences,))


def independent_effect(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Hedges' g of two groups: second minus first over the pooled standard deviation; None without spread."""
    return _told(_independent, (left, right))


def _told(effect: Statistic, samples: tuple[Sequence[float], ...]) -> float | None:
    if any(len(sample) < 2 for sample in samples) or not any(max(s) > min(s) for s in samples):
        return None
    return float(effect(*samples))


def _mean(values: Any, axis: int = -1) -> Any:
    import numpy

    return numpy.mean(values, axis=axis)


def _mean_difference(left: Any, right: Any, axis: int = -1) -> Any:
    return _mean(right, axis) - _mean(left, axis)


def _paired(differences: Any, axis: int = -1) -> Any:
    import numpy

    spread = numpy.std(differences, axis=axis, ddof=1)
    n = numpy.shape(differences)[axis]
    return hedges_correction(n - 1) * _ratio(_mean(differences, axis), spread)


def _independent(left: Any, right: Any, axis: int = -1) -> Any:
    import numpy

    n_left, n_right = numpy.shape(left)[axis], numpy.shape(right)[axis]
    freedom = n_left + n_right - 2
    squares = numpy.var(left, axis=axis) * n_left + numpy.var(right, axis=axis) * n_right
    return hedges_correction(freedom) * _ratio(
        _mean_difference(left, right, axis), numpy.sqrt(squares / freedom)
    )


def _ratio(difference: Any, spread: Any) -> Any:
    """Their quotient; 0 without a difference, NaN where a difference has no spread to measure it by."""
    import numpy

    flat = spread <= 1e-12 * numpy.maximum(1.0, numpy.abs(difference))
    without = numpy.where(numpy.abs(difference) <= 1e-12, 0.0, math.nan)
    return numpy.where(flat, without, difference / numpy.where(flat, 1.0, spread))


def bootstrap(
    samples: tuple[Sequence[float], ...], statistic: Statistic, seed: int, method: str = "BCa"
) -> Interval:
    """A 95 % interval of a statistic, resampling each sample; None where it cannot be told.

    Efron and Tibshirani, An Introduction to the Bootstrap (1993); the resampling is SciPy's.

    Args:
        samples: Values of participants.
        statistic: Of the samples, along an axis.
        seed: Of the resampling.
        method: ``BCa`` or ``percentile``; where the first cannot be told, the second is.

    Raises:
        ExtraMissing: SciPy is not installed.
    """
    if any(len(sample) < 2 for sample in samples):
        return None
    if all(max(sample) == min(sample) for sample in samples):
        value = float(statistic(*samples))
        return None if math.isnan(value) else (value, value)
    try:
        import numpy
        from scipy import stats
    except ImportError:
        raise ExtraMissing("comparing conditions needs SciPy: pip install 'miron[study]'") from None
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a degenerate sample gives NaN, which is looked at below
        found = stats.bootstrap(
            samples,
            statistic,
            vectorized=True,
            n_resamples=RESAMPLES,
            confidence_level=LEVEL,
            method=method,
            rng=numpy.random.default_rng(seed),
        )
    low, high = found.confidence_interval
    if math.isnan(low) or math.isnan(high):
        sound = found.bootstrap_distribution[~numpy.isnan(found.bootstrap_distribution)]
        if len(sound) < RESAMPLES / 2:
            return None
        low, high = numpy.percentile(sound, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return float(low), float(high)
