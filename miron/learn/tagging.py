"""Trains the network: examples and their variations into samples, samples into a `Tagger`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from miron.learn.augment import Varier
from miron.learn.encoder import DIMENSIONS, Encoder, Meaning
from miron.learn.examples import Example
from miron.learn.features import Columns, Gazetteer, Ids, TokenIds, positions, token_ids, told_ids
from miron.learn.recall import slots_by_word
from miron.learn.spelling import Speller
from miron.learn.tagger import Tagger
from miron.learn.text import Token, tokens

if TYPE_CHECKING:
    from miron.learn.network import Sample


@dataclass(frozen=True, slots=True)
class Material:
    """What the network learns from.

    Attributes:
        examples: sentences.
        intents: class number of each intent.
        gazetteer, speller: as they will be in serving.
        transformer: the sentence encoder, if it is used.
        readings: what it made of each example, then.
    """

    examples: Sequence[Example]
    intents: Mapping[str, int]
    gazetteer: Gazetteer
    speller: Speller
    transformer: Encoder | None = None
    readings: Sequence[Meaning | None] = ()


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Turns examples into network samples."""

    material: Material
    deep: Ids
    wide: Ids
    labels: Mapping[str, int]

    def samples(self, examples: Sequence[Example]) -> list[Sample]:
        """Samples of sentences that the sentence encoder has not read yet."""
        transformer = self.material.transformer
        if not transformer:
            return [self.sample(e) for e in examples]
        heard = [self.material.speller.correct(tokens(e.text))[0] for e in examples]
        readings = transformer.read_many([[t.word for t in words] for words in heard])
        return [self.sample(e, reading) for e, reading in zip(examples, readings, strict=True)]

    def sample(self, example: Example, reading: Meaning | None = None) -> Sample:
        """One sample."""
        from miron.learn.network import Sample

        ids, words = _features(example, self.material)
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
            self.material.intents[example.intent],
            labels,
            reading.words.astype(np.float16) if reading else None,
        )


def _known(known: Ids, ids: Ids, at: Columns) -> tuple[Columns, Columns]:
    where = positions(known, ids)
    return where[where >= 0] + 1, at[where >= 0]


def _features(example: Example, material: Material) -> tuple[TokenIds, list[Token]]:
    words, _ = material.speller.correct(tokens(example.text))
    folded = [t.word for t in words]
    own = Counter((" ".join(folded[a:b]), entity) for a, b, entity in slots_by_word(words, example.slots))
    return token_ids(example.text, words, material.gazetteer.features(folded, own)), words


def train_tagger(
    material: Material,
    steps: int | None,
    seed: int,
    rng: np.random.Generator,
    progress: Callable[[float], None],
) -> Tagger:
    """Train the network; `steps` batches, or as many as suit the number of examples."""
    from miron.learn import network

    examples = material.examples
    values: dict[str, set[str]] = {}
    for e in examples:
        for s in e.slots:
            values.setdefault(s.entity, set()).add(e.text[s.start : s.end])
    labels = ["O", *(f"{sign}-{entity}" for entity in sorted(values) for sign in "BI")]
    deep, wide = _vocabulary(material)
    sampler = _Sampler(material, deep, wide, {name: i for i, name in enumerate(labels)})
    varier = Varier({entity: sorted(texts) for entity, texts in values.items()}, rng)
    readings = material.readings or [None] * len(examples)
    plain = [sampler.sample(e, reading) for e, reading in zip(examples, readings, strict=True)]
    kept: list[Sample] = []
    turn = 0

    def varied() -> list[Sample]:
        found = [varier.vary(e) for e in examples]
        fresh = iter(sampler.samples([v for e, v in zip(examples, found, strict=True) if v is not e]))
        return [p if v is e else next(fresh) for e, v, p in zip(examples, found, plain, strict=True)]

    def draw() -> list[Sample]:
        """Fresh variations each time; with the encoder, which takes its time, one set and none in turns."""
        nonlocal kept, turn
        if not material.transformer:
            return varied()
        turn += 1
        if turn % 2:
            return plain
        kept = kept or varied()
        return kept

    few = len(examples) < 3000
    batch, rate, wide_rate = (24, 5e-3, 0.12) if few else (32, 4e-3, 0.1)
    if steps is None:
        steps = int(np.clip((12 if few else 15) * len(examples) / batch, 250, 400 if few else 3000))
    size = network.Size(
        batch=batch,
        steps=steps,
        rate=rate,
        wide_rate=wide_rate,
        meaning=DIMENSIONS if material.transformer else 0,
    )
    weights = network.fit(
        draw,
        len(deep) + 1,
        len(wide) + 1,
        len(material.intents),
        labels,
        size,
        seed=seed,
        progress=progress,
    )
    return Tagger.of(deep, wide, labels, weights)


def _vocabulary(material: Material) -> tuple[Ids, Ids]:
    """Features met often enough to learn about: sorted hashes of the deep and of the wide half."""
    deep: Counter[int] = Counter()
    wide: Counter[int] = Counter()
    for e in material.examples:
        ids, _ = _features(e, material)
        for part in (ids.words, ids.parts, ids.values):
            deep.update(part.tolist())
        wide.update(ids.near.tolist())
        wide.update(told_ids(ids, e.intent).tolist())
    least = 1 if len(material.examples) < 3000 else 2

    def often(counts: Counter[int]) -> Ids:
        return np.array(sorted(i for i, n in counts.items() if n >= least), np.uint32)

    return often(deep), often(wide)
