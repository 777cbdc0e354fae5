"""Learns how sure to be, by cross-validation of the linear classifiers with whole intents held out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miron.learn.augment import misspell, with_filler
from miron.learn.confidence import SHARPNESS, Confidence, log_softmax, signs
from miron.learn.encoder import Encoder
from miron.learn.examples import Example
from miron.learn.features import Columns, Encoded, Floats, SentenceEncoder, content
from miron.learn.linear import Problem, softmax
from miron.learn.model import BESIDE_MEANING
from miron.learn.semantics import View, opinion
from miron.learn.spelling import Speller
from miron.learn.text import Token, tokens

_FOLDS = 5
_MANY = 2500  # examples; beyond, one round of cross-validation says enough
_VARIED = 80  # sentences judged with a slip or a filler, each round
_OUTSIDE_WEIGHT = 0.3  # weight of all out-of-scope rows against all in-scope rows in calibration


@dataclass(frozen=True, slots=True)
class Reader:
    """What the sentence encoder makes of the training material.

    Attributes:
        encoder, view: make features of words.
        features: of all rows (rows, numbers).
    """

    encoder: Encoder
    view: View
    features: Floats

    def fit(self, chosen: Columns, labels: Columns, classes: int) -> tuple[Floats, Floats]:
        """Train on some of the rows; the class after the last is what is outside (label -1)."""
        return softmax(self.features[chosen], np.where(labels < 0, classes, labels), classes + 1)


@dataclass(slots=True)
class Judge:
    """Finds the signs of doubt in sentences that were not trained on.

    What is judged in each round: held-out sentences, as they are and with a slip or a filler; sentences of
    the held-out intents; held-out sentences that are out of scope.

    Attributes:
        examples: they are the first of the rows.
        rows: of the n-gram machine: the examples, what is outside, the names of the intents.
        classes: intent of each row, -1 outside.
        names: how many rows at the end are names: trained on, never judged.
        encoder, speller, problem: of the n-gram machine.
        reader: of the sentence encoder, if it is used.
        n_intents: number of intents.
        rng: where chance comes from.
    """

    examples: Sequence[Example]
    rows: Sequence[Encoded]
    classes: Columns
    names: int
    encoder: SentenceEncoder
    speller: Speller
    problem: Problem
    reader: Reader | None
    n_intents: int
    rng: np.random.Generator

    def calibrate(self) -> Confidence:
        """Cross-validate."""
        count, rng = len(self.examples), self.rng
        fold = rng.permutation(len(self.rows)) % _FOLDS
        fold[len(self.rows) - self.names :] = -1
        group = rng.permutation(self.n_intents) % _FOLDS
        if self.n_intents <= 3:
            group[:] = -1
        found: list[list[float]] = []
        right: list[bool] = []
        inside: list[bool] = []
        for k in range(_FOLDS) if count <= _MANY else range(1):
            unmet = (self.classes >= 0) & (group[self.classes] == k)
            for row_signs, hit, own in self._round(fold == k, unmet):
                found.append(row_signs)
                right.append(hit)
                inside.append(own)
        share = _OUTSIDE_WEIGHT * sum(inside) / max(1, len(inside) - sum(inside))
        return Confidence.fit(found, right, [1.0 if i else share for i in inside])

    def _round(
        self, held: NDArray[np.bool_], unmet: NDArray[np.bool_]
    ) -> list[tuple[list[float], bool, bool]]:
        """Signs of each judged sentence, whether it was understood, whether its intent had been met."""
        chosen = np.flatnonzero(~unmet & ~held)
        labels = self.classes[chosen]
        weights, bias = self.problem.weights(self.problem.fit(chosen, labels, self.n_intents))
        meant = self.reader.fit(chosen, labels, self.n_intents) if self.reader else None
        met = np.zeros(self.encoder.width, bool)
        for i in chosen.tolist():
            met[self.rows[i].columns] = True

        judged = np.flatnonzero(held | unmet)
        judged = judged[judged < len(self.rows) - self.names]
        wanted = np.where(unmet, -1, self.classes)
        cases = [(self.rows[i], 0.0, int(wanted[i])) for i in judged.tolist()]
        features = self.reader.features[judged] if self.reader else None
        own = judged[(judged < len(self.examples)) & ~unmet[judged]]
        own = self.rng.permutation(own)[:_VARIED]
        varied = [self._varied(i) for i in own.tolist()]
        for i, (words, corrected) in zip(own.tolist(), varied, strict=True):
            row = self.encoder.encode(content(words) or [t.word for t in words])
            cases.append((row, corrected / max(1, len(words)), int(wanted[i])))
        if self.reader and features is not None and varied:
            read = self.reader.encoder.read_many([[t.word for t in words] for words, _ in varied])
            meanings = np.stack([meaning.sentence for meaning in read])
            features = np.concatenate([features, self.reader.view.features(meanings)])

        out = []
        for number, (row, slips, want) in enumerate(cases):
            scores = row.values @ weights[row.columns] + bias
            said = None
            best = int(scores.argmax())
            if meant and features is not None:
                said = opinion(features[number] @ meant[0] + meant[1], np.empty(0, np.float32))
                best = int((said.intents + BESIDE_MEANING * log_softmax(SHARPNESS * scores)).argmax())
            marks = signs(scores, best, self.encoder.covered(row, met), slips)
            out.append((marks + (said.signs(best) if said else []), best == want, want >= 0))
        return out

    def _varied(self, i: int) -> tuple[list[Token], int]:
        change = misspell if self.rng.random() < 0.5 else with_filler
        return self.speller.correct(tokens(change(self.examples[i], self.rng).text))
