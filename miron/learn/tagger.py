"""The neural half served in numpy: intent scores and slots of one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miron.learn.features import Columns, Floats, Ids, TokenIds, positions, told_ids

_HALF = ("embed.weight", "wide.weight")  # large tables, kept in half precision


@dataclass(frozen=True, slots=True)
class Reading:
    """One sentence after the first pass: intent scores, and what the second pass needs."""

    intents: Floats  # (intents)
    mixed: Floats  # (T, hidden), before the intent is told
    wide: Floats  # (T, labels)


@dataclass(frozen=True, slots=True)
class Tagger:
    """Weights as trained by `network.fit`, and the features they belong to.

    Attributes:
        deep, wide: known feature hashes, sorted; column = position + 1.
        labels: label names, ``O B-x I-x …``.
        weights: by the names of `network.Network`.
    """

    deep: Ids
    wide: Ids
    labels: tuple[str, ...]
    weights: Mapping[str, NDArray[np.floating]]

    @classmethod
    def of(
        cls, deep: Ids, wide: Ids, labels: Sequence[str], weights: Mapping[str, NDArray[np.floating]]
    ) -> "Tagger":
        """Take weights over, the large tables in half precision."""
        kept: dict[str, NDArray[np.floating]] = {
            name: array.astype(np.float16 if name in _HALF else np.float32, copy=False)
            for name, array in weights.items()
        }
        return cls(deep, wide, tuple(labels), kept)

    def read(self, ids: TokenIds, meaning: Floats | None = None) -> Reading:
        """First pass: everything that does not depend on the intent.

        Args:
            ids: features of the words.
            meaning: the sentence encoder's view of each word, where the weights have been trained with it.
        """
        w, count = self.weights, len(ids.words)
        deep = np.concatenate([ids.words, ids.parts, ids.values])
        at = np.concatenate([np.arange(count), ids.parts_at, ids.values_at])
        x = _sum_rows(w["embed.weight"], positions(self.deep, deep), at, count)
        if meaning is not None:
            x += meaning @ w["meaning.weight"].T
        x = np.tanh(x)
        h1 = np.maximum(_window(x, 1) @ w["near.weight"].T + w["near.bias"], 0)
        h2 = np.maximum(_window(h1, 2) @ w["far.weight"].T + w["far.bias"], 0)
        h = np.concatenate([h1 + h2, x], 1)
        intents = w["intent.weight"] @ h.max(0) + w["intent.bias"]
        wide = _sum_rows(w["wide.weight"], positions(self.wide, ids.near), ids.near_at, count)
        return Reading(intents, h @ w["mix.weight"].T + w["mix.bias"], wide)

    def decode(self, reading: Reading, ids: TokenIds, intent: str, shares: Floats) -> list[str]:
        """Second pass: the best label sequence, given the likeliest intent and the shares of all."""
        w = self.weights
        z = np.maximum(reading.mixed + w["told.weight"] @ shares, 0)
        told = positions(self.wide, told_ids(ids, intent))
        wide = reading.wide + _sum_rows(w["wide.weight"], told, ids.seen_at, len(ids.words))
        path = viterbi(z @ w["emit.weight"].T + w["emit.bias"] + wide, w["follow"], w["start"])
        return [self.labels[i] for i in path]


def _sum_rows(table: NDArray[np.floating], columns: Columns, at: Columns, count: int) -> Floats:
    """Sum the rows of a table that belong to each of `count` words (column = position + 1; 0 is unknown)."""
    known = columns >= 0
    belongs = at[known] == np.arange(count)[:, None]  # (T, features)
    found: Floats = belongs.astype(np.float32) @ table[columns[known] + 1].astype(np.float32)
    return found


def _window(x: Floats, reach: int) -> Floats:
    pad = np.zeros((reach, x.shape[1]), x.dtype)
    before = np.concatenate([pad, x])[: len(x)]
    after = np.concatenate([x, pad])[reach:]
    return np.concatenate([before, x, after], 1)


def viterbi(emissions: Floats, follow: NDArray[np.floating], start: NDArray[np.floating]) -> list[int]:
    """The sequence of labels with the greatest sum of emissions (T, labels) and transitions."""
    best = start + emissions[0]
    back = []
    index = np.arange(len(best))
    into = follow.T
    for row in emissions[1:]:
        scores = into + best
        choice = scores.argmax(1)
        back.append(choice)
        best = scores[index, choice] + row
    path = [int(best.argmax())]
    for choice in reversed(back):
        path.append(int(choice[path[-1]]))
    return path[::-1]
