"""What the optional sentence encoder says of a sentence: which intent, and whether any."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from miron.learn.confidence import log_softmax
from miron.learn.encoder import DIMENSIONS, LAYERS, Encoder
from miron.learn.features import Floats

_SHARES = np.repeat(np.array([0.4, 0.6, 1.0], np.float32), DIMENSIONS)  # how much each of the layers counts


class Opinion(NamedTuple):
    """The encoder's reading of one sentence.

    Attributes:
        intents: log shares of the intents, none left out.
        scores: what they are made of; the last belongs to sentences outside.
        words: the encoder's view of each word (T, 384).
    """

    intents: Floats
    scores: Floats
    words: Floats

    def signs(self, best: int) -> list[float]:
        """Signs of doubt in intent `best`: its share, its score, its lead over the outside."""
        top = float(self.scores[best])
        return [float(self.intents[best]), top, top - float(self.scores[-1])]


@dataclass(frozen=True, slots=True)
class View:
    """Makes features of the encoder's sentence means: each layer at length one, centred, scaled.

    Attributes:
        centre, scale: of each number (3 x 384).
    """

    centre: Floats
    scale: Floats

    @classmethod
    def fit(cls, sentences: NDArray[np.floating]) -> "View":
        """From the means of the training sentences (N, 3 x 384)."""
        even = _even(sentences)
        centre = even.mean(0)
        lengths = np.linalg.norm((even - centre).reshape(-1, len(LAYERS), DIMENSIONS), axis=2).mean(0)
        scale = _SHARES / np.repeat(np.maximum(lengths, 1e-6), DIMENSIONS)
        return cls(centre.astype(np.float32), scale.astype(np.float32))

    def features(self, sentences: NDArray[np.floating]) -> Floats:
        """Features of sentence means (N, 3 x 384)."""
        found: Floats = ((_even(sentences) - self.centre) * self.scale).astype(np.float32)
        return found


def _even(sentences: NDArray[np.floating]) -> NDArray[np.floating]:
    layers = sentences.reshape(-1, len(LAYERS), DIMENSIONS)
    return np.asarray(layers / np.linalg.norm(layers, axis=2, keepdims=True)).reshape(len(sentences), -1)


def opinion(scores: Floats, words: Floats) -> Opinion:
    """From the scores of the intents and of the outside."""
    return Opinion(log_softmax(scores[:-1]).astype(np.float32), scores, words)


@dataclass(frozen=True, slots=True)
class Semantics:
    """The encoder and a linear classifier over its features.

    Attributes:
        encoder: reads words.
        view: makes features of what it read.
        weights, bias: of the intents and, last, of what is outside.
    """

    encoder: Encoder
    view: View
    weights: NDArray[np.floating]
    bias: Floats

    def read(self, words: Sequence[str]) -> Opinion:
        """The opinion on a sentence of at least one folded word."""
        meaning = self.encoder.read(words)
        features = self.view.features(meaning.sentence[None])[0]
        return opinion(features @ self.weights.astype(np.float32) + self.bias, meaning.words)
