"""The PARADISE regression: what of success and costs predicts satisfaction, and how far to believe it.

Walker, Litman, Kamm and Abella, PARADISE: a framework for evaluating spoken dialogue agents (1997). Limits:
Hajdinjak and Mihelič, The PARADISE evaluation framework: issues and findings, Computational Linguistics 32
(2006).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

COSTS: Final = ("active_s", "user_turns", "no_input", "not_understood", "repairs", "help", "barge_ins")
"""Predictors beside success."""
PER_PREDICTOR: Final = 10
CORRELATED: Final = 0.8


@dataclass(frozen=True, slots=True)
class Regression:
    """A linear model of satisfaction.

    Attributes:
        satisfaction: The measure predicted.
        n: Sessions.
        weights: Predictor → weight; all measures are z-normalised, so weights can be compared.
        r_squared: Share of variance explained.
        adjusted: The same, less what so many predictors explain by chance; None with too few sessions.
        warnings: Why not to believe it, a sentence each.
    """

    satisfaction: str
    n: int
    weights: Mapping[str, float]
    r_squared: float | None
    adjusted: float | None
    warnings: tuple[str, ...]


def regress(
    rows: Iterable[Mapping[str, Any]], satisfaction: str, predictors: Sequence[str] = ("success", *COSTS)
) -> Regression:
    """Fit satisfaction by least squares on z-normalised predictors.

    Args:
        rows: One a session; those that lack a value are left out.
        satisfaction: Name of the measure predicted.
        predictors: Names of the others; those that do not vary are left out, with a warning.
    """
    import numpy

    every = list(rows)
    whole = [row for row in every if all(_number(row.get(name)) for name in (satisfaction, *predictors))]
    warnings = []
    if len(whole) < len(every):
        warnings.append(f"{len(every) - len(whole)} of {len(every)} sessions lack a value and are left out.")
    n = len(whole)
    table = {name: numpy.array([float(row[name]) for row in whole]) for name in (satisfaction, *predictors)}
    varying = [name for name in predictors if n > 1 and table[name].std() > 0]
    still = [name for name in predictors if name not in varying]
    if still and n > 1:
        warnings.append(f"Left out, because it is the same in all sessions: {', '.join(still)}.")
    if n < 3 or not varying or table[satisfaction].std() == 0:
        warnings.append("There is too little that varies for a regression.")
        return Regression(satisfaction, n, {}, None, None, tuple(warnings))
    normal = {
        name: (table[name] - table[name].mean()) / table[name].std() for name in (satisfaction, *varying)
    }
    matrix = numpy.column_stack([normal[name] for name in varying])
    weights, _, rank, _ = numpy.linalg.lstsq(matrix, normal[satisfaction], rcond=None)
    residual = normal[satisfaction] - matrix @ weights
    r_squared = float(1 - (residual @ residual) / (normal[satisfaction] @ normal[satisfaction]))
    freedom = n - len(varying) - 1
    adjusted = 1 - (1 - r_squared) * (n - 1) / freedom if freedom > 0 else None
    if n < PER_PREDICTOR * len(varying):
        warnings.append(
            f"{n} sessions are few for {len(varying)} predictors: with fewer than {PER_PREDICTOR} for each, "
            "weights and R² describe these sessions and little else."
        )
    if rank < len(varying):
        warnings.append("Some predictors follow from others, so single weights mean nothing.")
    for first, second in combinations(varying, 2):
        r = float(numpy.corrcoef(table[first], table[second])[0, 1])
        if abs(r) > CORRELATED:
            warnings.append(
                f"{first} and {second} go together (r = {r:.2f}): their weights cannot be told apart."
            )
    people = [str(row.get("participant")) for row in whole if row.get("participant")]
    if len(set(people)) < len(people):
        warnings.append("Participants had several sessions, which are not independent of each other.")
    return Regression(
        satisfaction,
        n,
        {name: float(weight) for name, weight in zip(varying, weights, strict=True)},
        r_squared,
        adjusted,
        tuple(warnings),
    )


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and value == value
