"""Scores of predictions against gold rows (see adapter.py for the form of both)."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def spans(row: Row) -> set[tuple[int, int, str]]:
    return {(s["start"], s["end"], s["entity"]) for s in row["slots"]}


def sureness(row: Row) -> float:
    return -1.0 if row["intent"] is None else float(row["confidence"])


def score(gold: Sequence[Row], predicted: Sequence[Row]) -> dict[str, float]:
    """Shares (0 to 1).

    acc: intent right, of in-scope rows; slot_f1: micro F1 of exact spans; frame: intent and all slots
    right; ece: expected calibration error of in-scope rows, ten bins. With out-of-scope rows also: auroc (a
    right sort of rows into and out of scope by confidence), rejected (out of scope below the threshold) and
    kept (in-scope rows right and not below it); the threshold is 0.5.
    """
    pairs = list(zip(gold, predicted, strict=True))
    inside = [(g, p) for g, p in pairs if g["intent"] not in ("oos", None)]
    outside = [p for g, p in pairs if g["intent"] in ("oos", None)]
    found: dict[str, float] = {}
    if inside:
        right = [g["intent"] == p["intent"] for g, p in inside]
        exact = [spans(g) == spans(p) for g, p in inside]
        found["acc"] = sum(right) / len(inside)
        hits = sum(len(spans(g) & spans(p)) for g, p in inside)
        total = sum(len(spans(g)) + len(spans(p)) for g, p in inside)
        found["slot_f1"] = 2 * hits / total if total else 1.0
        found["frame"] = sum(a and b for a, b in zip(right, exact, strict=True)) / len(inside)
        found["ece"] = _calibration_error([max(0.0, sureness(p)) for _, p in inside], right)
    if inside and outside:
        low = [sureness(p) for p in outside]
        high = [sureness(p) for _, p in inside]
        wins = sum((a > b) + 0.5 * (a == b) for a in high for b in low)
        found["auroc"] = wins / (len(low) * len(high))
        found["kept"] = sum(sureness(p) >= 0.5 and g["intent"] == p["intent"] for g, p in inside) / len(
            inside
        )
    if outside:
        found["rejected"] = sum(sureness(p) < 0.5 for p in outside) / len(outside)
    return found


def _calibration_error(sure: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    gap = 0.0
    for b in range(bins):
        rows = [(s, r) for s, r in zip(sure, right, strict=True) if min(int(s * bins), bins - 1) == b]
        gap += abs(sum(s for s, _ in rows) - sum(r for _, r in rows)) / len(sure)
    return gap
