"""How sure to be: a small logistic regression over signs of doubt, learned by cross-validation.

In each round some sentences are held out and some whole intents are: what the machine then says about
sentences of an intent it never met is what it would say about sentences that are out of scope.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miron.learn.features import Floats

SHARPNESS = 3.0
"""Scores of the support vector machine times this, through softmax, are shares of the intents."""

_LOST = 0.002  # share of rightly understood sentences that outright rejection may cost


def log_softmax(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Logarithms of shares along the last axis."""
    shifted = scores - scores.max(-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)))


def signs(scores: Floats, best: int, covered: float, corrected: float) -> list[float]:
    """Signs for class `best`: its score, its lead, its share, known letters, corrected words."""
    others = np.delete(scores, best)
    second = float(others.max()) if len(others) else -1.0
    top = float(scores[best])
    share = float(log_softmax(SHARPNESS * scores)[best])
    return [top, top - second, share, covered, covered * covered, corrected]


@dataclass(frozen=True, slots=True)
class Confidence:
    """Weights of the signs (after scaling) and the level below which a sentence is rejected outright."""

    centre: Floats
    scale: Floats
    weights: Floats
    bias: float
    reject_below: float

    def of(self, found: Sequence[float], odds: float = 0.0) -> float:
        """Probability that the intent is right; `odds` is other evidence, as log odds."""
        z = float(((np.array(found) - self.centre) / self.scale) @ self.weights) + self.bias + odds
        return float(1 / (1 + np.exp(-np.clip(z, -30, 30))))

    @classmethod
    def fit(
        cls, rows: Sequence[Sequence[float]], right: Sequence[bool], weight: Sequence[float]
    ) -> "Confidence":
        """Weighted, slightly regularised maximum likelihood by Newton's method."""
        x = np.array(rows, float)
        y = np.array(right, float)
        w = np.array(weight, float)
        centre, scale = x.mean(0), x.std(0) + 1e-6
        z = np.concatenate([(x - centre) / scale, np.ones((len(x), 1))], 1)
        beta = np.zeros(z.shape[1])
        ridge = np.diag([1.0] * (z.shape[1] - 1) + [1e-3])
        for _ in range(30):
            p = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
            gradient = z.T @ (w * (y - p)) - ridge @ beta
            hessian = (z * (w * p * (1 - p) + 1e-9)[:, None]).T @ z + ridge
            step = np.linalg.solve(hessian, gradient)
            beta += step
            if np.abs(step).max() < 1e-6:
                break
        sure = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
        level = float(np.quantile(sure[y > 0], _LOST)) if (y > 0).any() else 0.0
        return cls(
            centre.astype(np.float32),
            scale.astype(np.float32),
            beta[:-1].astype(np.float32),
            float(beta[-1]),
            min(level, 0.5) / 2,
        )


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error: mean gap between confidence and accuracy over equal-width bins (0 to 1)."""
    sure, hit = np.array(confidence, float), np.array(right, float)
    which = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(sure[which == b].mean() - hit[which == b].mean()) * (which == b).mean()
        for b in set(which.tolist())
    ]
    return float(sum(gaps))
