"""Training: examples in, `Model` out. Needs torch, which serving never imports."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from miron.learn.encoder import Encoder, Meaning
from miron.learn.examples import Example
from miron.learn.features import Gazetteer, SentenceEncoder, content
from miron.learn.frames import Frames
from miron.learn.judging import Judge, Reader
from miron.learn.linear import Problem
from miron.learn.model import Model
from miron.learn.recall import Recall
from miron.learn.semantics import Semantics, View
from miron.learn.spelling import Speller
from miron.learn.tagging import Material, train_tagger
from miron.learn.text import tokens

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be varied in training, the seed included; part of the content hash.

    Attributes:
        seed: where chance starts.
        steps: batches the network learns from; None chooses by the number of examples.
        semantic: use the sentence encoder too (extra ``semantic``).
    """

    seed: int = 0
    steps: int | None = None
    semantic: bool = False


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
        EncoderMissing: the sentence encoder is asked for and the extra ``semantic`` is not installed.
    """
    told = progress or (lambda share: None)
    transformer = Encoder.of_package() if settings.semantic else None
    examples = [e for e in examples if tokens(e.text)]
    intents = tuple(sorted({e.intent for e in examples}))
    if len(intents) < 2:
        raise TrainingError("training needs examples of at least two intents")
    number = {name: i for i, name in enumerate(intents)}
    rng = np.random.default_rng(settings.seed)

    speller = _speller(examples, out_of_scope)
    encoder = SentenceEncoder.fit([_words(e.text) for e in examples])
    outside = [t for t in (*out_of_scope, *_background()) if tokens(t)]
    names = {i: words for i, name in enumerate(intents) if tokens(words := _name(name))}
    texts = [*(e.text for e in examples), *outside, *names.values()]
    classes = np.array([number[e.intent] for e in examples] + [-1] * len(outside) + list(names))
    rows = [encoder.encode(_words(text)) for text in texts]
    every = np.arange(len(rows))
    problem = Problem(rows, encoder.width)
    weights, bias = problem.weights(problem.fit(every, classes, len(intents)))
    told(0.1)
    semantics = reader = None
    readings: list[Meaning] = []
    if transformer:
        readings = transformer.read_many([[t.word for t in tokens(text)] for text in texts])
        read = np.stack([reading.sentence for reading in readings])
        view = View.fit(read[: len(examples)])
        reader = Reader(transformer, view, view.features(read))
        meant, lean = reader.fit(every, classes, len(intents))
        semantics = Semantics(transformer, view, meant.astype(np.float16), lean)
    judge = Judge(examples, rows, classes, len(names), encoder, speller, problem, reader, len(intents), rng)
    confidence = judge.calibrate()
    told(0.2)
    gazetteer = Gazetteer.fit(
        (" ".join(t.word for t in tokens(e.text[s.start : s.end])), s.entity)
        for e in examples
        for s in e.slots
    )
    tagger = train_tagger(
        Material(examples, number, gazetteer, speller, transformer, readings[: len(examples)]),
        settings.steps,
        settings.seed,
        rng,
        lambda share: told(0.2 + 0.8 * share),
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
        semantics,
    )


def _name(intent: str) -> str:
    """The words in the name of an intent, which often say what it is about: ``GetWeather``, ``alarm_set``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[^\w]|_", " ", intent).strip()


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
