"""Training: examples in, `Model` out. Needs torch, which serving never imports."""

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
    told_ids,
)
from miron.learn.frames import Frames
from miron.learn.linear import Problem
from miron.learn.model import Model
from miron.learn.recall import Recall, slots_by_word
from miron.learn.spelling import Speller
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


DEFAULTS = Settings()


class TrainingError(ValueError):
    """The examples cannot be learned from; the message says why."""


def train(
    examples: Sequence[Example],
    *,
    settings: Settings = DEFAULTS,
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

    speller = _speller(examples, out_of_scope)
    encoder = SentenceEncoder.fit([_words(e.text) for e in examples])
    outside = [t for t in (*out_of_scope, *_background()) if tokens(t)]
    rows = [encoder.encode(_words(text)) for text in [*(e.text for e in examples), *outside]]
    problem = Problem(rows, encoder.width)
    classes = np.array([number[e.intent] for e in examples] + [-1] * len(outside))
    weights, bias = problem.weights(problem.fit(np.arange(len(rows)), classes, len(intents)))
    told(0.1)
    judge = _Judge(examples, rows, classes, encoder, speller, problem, len(intents), rng)
    confidence = judge.calibrate()
    told(0.2)
    gazetteer = Gazetteer.fit(
        (" ".join(t.word for t in tokens(e.text[s.start : s.end])), s.entity)
        for e in examples
        for s in e.slots
    )
    tagger = _train_tagger(
        examples, number, gazetteer, speller, settings, rng, lambda share: told(0.2 + 0.8 * share)
    )
    told(1.0)
    return Model(
        intents,
        encoder,
        weights.astype(np.float16),
        bias,
        gazetteer,
        tagger,
        speller,
        Recall.fit(examples),
        Frames.fit(examples),
        confidence,
    )


def _speller(examples: Sequence[Example], out_of_scope: Sequence[str]) -> Speller:
    words = Counter(t.word for e in examples for t in tokens(e.text))
    foreign = {t.word for text in (*_background(), *out_of_scope) for t in tokens(text)}
    return Speller(dict(words), frozenset(foreign - words.keys()))


def _words(text: str) -> list[str]:
    found = tokens(text)
    return content(found) or [t.word for t in found]


@cache
def _background() -> tuple[str, ...]:
    lines = (files(__package__) / "background.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@dataclass(slots=True)
class _Judge:
    """Cross-validates the n-gram machine with whole intents held out, to learn when it errs.

    What is judged in each round: held-out sentences, as they are and with a slip or a filler; sentences of
    the held-out intents; held-out sentences that are out of scope. Rows beyond the examples are out of scope.
    """

    examples: Sequence[Example]
    rows: Sequence[Encoded]
    classes: Columns
    encoder: SentenceEncoder
    speller: Speller
    problem: Problem
    n_intents: int
    rng: np.random.Generator

    def calibrate(self) -> Confidence:
        count, label, rng = len(self.examples), self.classes, self.rng
        fold = rng.permutation(len(self.rows)) % _FOLDS
        group = (
            rng.permutation(self.n_intents) % _FOLDS if self.n_intents > 3 else np.full(self.n_intents, -1)
        )
        found: list[list[float]] = []
        right: list[bool] = []
        inside: list[bool] = []
        for k in range(_FOLDS) if count <= 2500 else range(1):
            unmet = np.zeros(len(label), bool)
            unmet[:count] = group[label[:count]] == k
            held = fold == k
            chosen = np.flatnonzero(~unmet & ~held)
            weights, bias = self.problem.weights(self.problem.fit(chosen, label[chosen], self.n_intents))
            met = np.zeros(self.encoder.width, bool)
            for i in chosen.tolist():
                met[self.rows[i].columns] = True
            judged = [
                (self.rows[i], 0.0, -1 if unmet[i] else int(label[i]))
                for i in np.flatnonzero(held | unmet).tolist()
            ]
            judged += [
                (*self._varied(i), int(label[i])) for i in np.flatnonzero(held & ~unmet).tolist() if i < count
            ]
            for row, slips, want in judged:
                scores = row.values @ weights[row.columns] + bias
                best = int(scores.argmax())
                found.append(signs(scores, best, self.encoder.covered(row, met), slips))
                right.append(best == want)
                inside.append(want >= 0)
        share = _OUTSIDE_WEIGHT * sum(inside) / max(1, len(inside) - sum(inside))
        return Confidence.fit(found, right, [1.0 if i else share for i in inside])

    def _varied(self, i: int) -> tuple[Encoded, float]:
        change = misspell if self.rng.random() < 0.5 else with_filler
        words, slips = self.speller.correct(tokens(change(self.examples[i], self.rng).text))
        return self.encoder.encode(content(words) or [t.word for t in words]), slips / max(1, len(words))


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Turns examples into network samples."""

    deep: Ids
    wide: Ids
    gazetteer: Gazetteer
    speller: Speller
    intents: Mapping[str, int]
    labels: Mapping[str, int]

    def sample(self, example: Example) -> Sample:
        from miron.learn.network import Sample

        ids, words = _features(example, self.gazetteer, self.speller)
        labels = np.zeros(len(words), np.int64)
        for a, b, entity in slots_by_word(words, example.slots):
            labels[a] = self.labels[f"B-{entity}"]
            labels[a + 1 : b] = self.labels[f"I-{entity}"]
        return Sample(
            positions(self.deep, ids.words) + 1,
            *_known(self.deep, ids.parts, ids.parts_at),
            *_known(self.deep, ids.values, ids.values_at),
            *_known(self.wide, ids.near, ids.near_at),
            *_known(self.wide, told_ids(ids, example.intent), ids.seen_at),
            self.intents[example.intent],
            labels,
        )


def _known(known: Ids, ids: Ids, at: Columns) -> tuple[Columns, Columns]:
    where = positions(known, ids)
    return where[where >= 0] + 1, at[where >= 0]


def _features(example: Example, gazetteer: Gazetteer, speller: Speller) -> tuple[TokenIds, list[Token]]:
    words, _ = speller.correct(tokens(example.text))
    folded = [t.word for t in words]
    own = Counter((" ".join(folded[a:b]), entity) for a, b, entity in slots_by_word(words, example.slots))
    return token_ids(example.text, words, gazetteer.features(folded, own)), words


def _train_tagger(
    examples: Sequence[Example],
    intents: Mapping[str, int],
    gazetteer: Gazetteer,
    speller: Speller,
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
    deep, wide = _vocabulary(examples, gazetteer, speller)
    sampler = _Sampler(deep, wide, gazetteer, speller, intents, {name: i for i, name in enumerate(labels)})
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


def _vocabulary(examples: Sequence[Example], gazetteer: Gazetteer, speller: Speller) -> tuple[Ids, Ids]:
    """Features met often enough to learn about: sorted hashes of the deep and of the wide half."""
    deep: Counter[int] = Counter()
    wide: Counter[int] = Counter()
    for e in examples:
        ids, _ = _features(e, gazetteer, speller)
        for part in (ids.words, ids.parts, ids.values):
            deep.update(part.tolist())
        wide.update(ids.near.tolist())
        wide.update(told_ids(ids, e.intent).tolist())
    least = 1 if len(examples) < 3000 else 2

    def often(counts: Counter[int]) -> Ids:
        return np.array(sorted(i for i, n in counts.items() if n >= least), np.uint32)

    return often(deep), often(wide)
