"""Training: examples in, `Model` out. Needs torch, which is imported when training starts and never for serving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from miron.learn.augment import Varier, misspell, with_filler
from miron.learn.confidence import Confidence, signs
from miron.learn.examples import Example
from miron.learn.features import (
    Columns,
    Encoded,
    Gazetteer,
    Ids,
    SentenceEncoder,
    TokenIds,
    content,
    positions,
    token_ids,
)
from miron.learn.linear import Problem
from miron.learn.model import Model
from miron.learn.recall import Recall, slots_by_word
from miron.learn.tagger import Tagger
from miron.learn.text import Token, tokens

if TYPE_CHECKING:
    from miron.learn.network import Sample

Progress = Callable[[float], None]

_FOLDS = 5
_OUTSIDE_WEIGHT = 0.3  # weight of all out-of-scope rows against all in-scope rows in calibration


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be varied in training, the seed included; part of the content hash.

    Attributes:
        seed: where chance starts.
        steps: batches the network learns from; None chooses by the number of examples.
    """

    seed: int = 0
    steps: int | None = None


class TrainingError(ValueError):
    """The examples cannot be learned from; the message says why."""


def train(
    examples: Sequence[Example],
    *,
    settings: Settings = Settings(),
    progress: Progress | None = None,
    out_of_scope: Sequence[str] = (),
) -> Model:
    """Learn intents and slots from scratch, on one core.

    Args:
        examples: sentences of at least two intents.
        settings: the seed, and how long to learn.
        progress: told the share done (0 to 1), now and then.
        out_of_scope: sentences that mean none of the intents.

    Raises:
        TrainingError: fewer than two intents, or no words.
    """
    told = progress or (lambda share: None)
    examples = [e for e in examples if tokens(e.text)]
    intents = tuple(sorted({e.intent for e in examples}))
    if len(intents) < 2:
        raise TrainingError("training needs examples of at least two intents")
    number = {name: i for i, name in enumerate(intents)}
    rng = np.random.default_rng(settings.seed)

    sentences = [_words(e.text) for e in examples]
    encoder = SentenceEncoder.fit(sentences)
    outside = [_words(t) for t in out_of_scope if tokens(t)]
    rows = [encoder.encode(s) for s in [*sentences, *outside]]
    problem = Problem(rows, encoder.width)
    classes = [number[e.intent] for e in examples] + [-1] * len(outside)
    weights, bias = problem.weights(problem.fit(np.arange(len(rows)), np.array(classes), len(intents)))
    told(0.1)
    confidence = _calibrate(examples, rows, encoder, problem, classes, len(intents), rng)
    told(0.2)
    gazetteer = Gazetteer.fit(
        (" ".join(t.word for t in tokens(e.text[s.start : s.end])), s.entity) for e in examples for s in e.slots
    )
    tagger = _train_tagger(examples, number, gazetteer, settings, rng, lambda share: told(0.2 + 0.8 * share))
    told(1.0)
    return Model(
        intents, encoder, weights.astype(np.float16), bias, gazetteer, tagger, Recall.fit(examples), confidence
    )


def _words(text: str) -> list[str]:
    found = tokens(text)
    return content(found) or [t.word for t in found]


@cache
def _background() -> tuple[str, ...]:
    lines = (files(__package__) / "background.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def _calibrate(
    examples: Sequence[Example],
    rows: Sequence[Encoded],
    encoder: SentenceEncoder,
    problem: Problem,
    classes: Sequence[int],
    n_intents: int,
    rng: np.random.Generator,
) -> Confidence:
    """Cross-validate the n-gram machine with whole intents held out, and learn when it errs.

    What is judged in each round: held-out sentences, as they are and with a slip or a filler; sentences of the
    held-out intents; held-out sentences given as out of scope; and the background.
    """
    count = len(examples)
    fold = rng.permutation(len(rows)) % _FOLDS
    group = rng.permutation(n_intents) % _FOLDS if n_intents > 3 else np.full(n_intents, -1)
    label = np.array(classes)
    background = [encoder.encode(_words(t)) for t in _background()]
    found: list[list[float]] = []
    right: list[bool] = []
    inside: list[bool] = []
    for k in range(_FOLDS) if count <= 2500 else range(1):
        unmet = np.zeros(len(rows), bool)
        unmet[:count] = group[label[:count]] == k
        held = fold == k
        chosen = np.flatnonzero(~unmet & ~held)
        weights, bias = problem.weights(problem.fit(chosen, label[chosen], n_intents))
        met = np.zeros(encoder.width, bool)
        for i in chosen:
            met[rows[i].columns] = True
        judged = [(rows[i], -1 if unmet[i] else int(label[i])) for i in np.flatnonzero(held | unmet)]
        judged += [(row, -1) for row in background]
        for i in np.flatnonzero(held & ~unmet & (np.arange(len(rows)) < count)):
            change = misspell if rng.random() < 0.5 else with_filler
            judged.append((encoder.encode(_words(change(examples[i], rng).text)), int(label[i])))
        for row, want in judged:
            scores = row.values @ weights[row.columns] + bias
            best = int(scores.argmax())
            found.append(signs(scores, best, encoder.covered(row, met)))
            right.append(best == want)
            inside.append(want >= 0)
    share = _OUTSIDE_WEIGHT * sum(inside) / max(1, len(inside) - sum(inside))
    return Confidence.fit(found, right, [1.0 if i else share for i in inside])


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Turns examples into network samples."""

    deep: Ids
    wide: Ids
    gazetteer: Gazetteer
    intents: Mapping[str, int]
    labels: Mapping[str, int]

    def sample(self, example: Example) -> Sample:
        from miron.learn.network import Sample

        ids, words = _features(example, self.gazetteer)
        labels = np.zeros(len(words), np.int64)
        for a, b, entity in slots_by_word(words, example.slots):
            labels[a] = self.labels[f"B-{entity}"]
            labels[a + 1 : b] = self.labels[f"I-{entity}"]
        return Sample(
            positions(self.deep, ids.words) + 1,
            *_known(self.deep, ids.parts, ids.parts_at),
            *_known(self.deep, ids.values, ids.values_at),
            *_known(self.wide, ids.near, ids.near_at),
            self.intents[example.intent],
            labels,
        )


def _known(known: Ids, ids: Ids, at: Columns) -> tuple[Columns, Columns]:
    where = positions(known, ids)
    return where[where >= 0] + 1, at[where >= 0]


def _features(example: Example, gazetteer: Gazetteer) -> tuple[TokenIds, list[Token]]:
    words = tokens(example.text)
    folded = [t.word for t in words]
    own = Counter(
        (" ".join(folded[a:b]), entity) for a, b, entity in slots_by_word(words, example.slots)
    )
    return token_ids(example.text, words, gazetteer.features(folded, own)), words


def _train_tagger(
    examples: Sequence[Example],
    intents: Mapping[str, int],
    gazetteer: Gazetteer,
    settings: Settings,
    rng: np.random.Generator,
    progress: Progress,
) -> Tagger:
    from miron.learn import network

    values: dict[str, set[str]] = {}
    for e in examples:
        for s in e.slots:
            values.setdefault(s.entity, set()).add(e.text[s.start : s.end])
    labels = ["O", *(f"{sign}-{entity}" for entity in sorted(values) for sign in "BI")]
    deep, wide = _vocabulary(examples, gazetteer)
    sampler = _Sampler(deep, wide, gazetteer, intents, {name: i for i, name in enumerate(labels)})
    varier = Varier({entity: sorted(texts) for entity, texts in values.items()}, rng)
    plain = [sampler.sample(e) for e in examples]

    def draw() -> list[Sample]:
        varied = [varier.vary(e) for e in examples]
        return [p if v is e else sampler.sample(v) for e, v, p in zip(examples, varied, plain, strict=True)]

    batch = 16 if len(examples) < 3000 else 32
    steps = settings.steps or int(np.clip(15 * len(examples) / batch, 300, 600 if batch == 16 else 3000))
    size = network.Size(batch=batch, steps=steps)
    weights = network.fit(
        draw, len(deep) + 1, len(wide) + 1, len(intents), labels, size, seed=settings.seed, progress=progress
    )
    return Tagger.of(deep, wide, labels, weights)


def _vocabulary(examples: Sequence[Example], gazetteer: Gazetteer) -> tuple[Ids, Ids]:
    """Features met often enough to learn about: sorted hashes of the deep and of the wide half."""
    deep: Counter[int] = Counter()
    wide: Counter[int] = Counter()
    for e in examples:
        ids, _ = _features(e, gazetteer)
        for part in (ids.words, ids.parts, ids.values):
            deep.update(part.tolist())
        wide.update(ids.near.tolist())
    least = 1 if len(examples) < 3000 else 2

    def often(counts: Counter[int]) -> Ids:
        return np.array(sorted(i for i, n in counts.items() if n >= least), np.uint32)

    return often(deep), often(wide)
