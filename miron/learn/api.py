"""The public face of the trained understanding: train, load, parse, keep."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from miron.learn.examples import Example, Parsed, SlotSpan
from miron.learn.model import FORMAT, Model, ModelError
from miron.learn.training import DEFAULTS, Settings, TrainingError, train

__all__ = [
    "Example",
    "Model",
    "ModelError",
    "Parsed",
    "Settings",
    "SlotSpan",
    "TrainingError",
    "cached",
    "content_hash",
    "train",
]


def content_hash(
    examples: Sequence[Example], settings: Settings = DEFAULTS, out_of_scope: Sequence[str] = ()
) -> str:
    """A name (32 hexadecimal digits) for all a model depends on: file format, settings, examples."""
    facts = [
        FORMAT,
        [settings.seed, settings.steps, settings.semantic],
        [[e.text, e.intent, [[s.start, s.end, s.entity] for s in e.slots]] for e in examples],
        list(out_of_scope),
    ]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()[:32]


def cached(
    examples: Sequence[Example],
    directory: str | os.PathLike[str],
    *,
    settings: Settings = DEFAULTS,
    out_of_scope: Sequence[str] = (),
    progress: Callable[[float], None] | None = None,
) -> Model:
    """The model of these examples from `directory`, trained and kept there if it is not there yet.

    A damaged file is replaced. Two processes may train the same model at once; either file is whole.

    Raises:
        TrainingError: see `train`.
        OSError: the directory cannot be written.
    """
    path = Path(directory) / f"{content_hash(examples, settings, out_of_scope)}.npz"
    try:
        return Model.load(path)
    except (FileNotFoundError, ModelError):
        model = train(examples, settings=settings, out_of_scope=out_of_scope, progress=progress)
        model.save(path)
        return model
