"""The trained understanding of a dialogue: what it is trained on, where it is kept, how it is loaded.

Files lie in the models folder, one a language, named by a hash of all that training depends on but the
author's extra data. Beside each lies a JSON file that says what it is.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from receptionist.config import HOME_VARIABLE

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from miron.learn import Example, Model
    from miron.learn.guesses import Guesser
    from miron.model import EntityType, Miron
    from miron.template import Template

SAMPLING = 1
"""Version of how sentences are made up; other versions train anew."""

STEPS = 100
"""Batches the network learns from. Sampled sentences repeat themselves: with 60 batches as much of
tests/understanding/paraphrases.yml was understood as with 600.
"""

LEAST_MIRONS = 3
"""A language with fewer Mirons is left to the templates."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What is known of a trained model.

    Attributes:
        locale: Its language.
        sentences: How many it was trained on, and of them how many were the author's data.
        accuracy: Share of held-out sentences whose Miron was found.
        frames: Share of those with all values right, too.
        seconds: How long training took; 0 where it was there already.
        size: Bytes of the file.
        version: First digits of the hash of the file.
    """

    locale: str
    sentences: int
    extra: int
    accuracy: float
    frames: float
    seconds: float
    size: int
    version: str
    content: str = ""


def models_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Where trained models are kept; not created."""
    if home := env.get(HOME_VARIABLE):
        return Path(home).expanduser().absolute() / "models"
    import platformdirs

    return Path(platformdirs.user_cache_dir("miron", appauthor=False)) / "models"


def heard_mirons(compiled: Compiled) -> list[Miron]:
    """The Mirons that visitors may say, of which training sentences are made."""
    return [miron for miron in compiled.mirons if miron.name in compiled.heard and miron.channel == "speech"]


def model_file(compiled: Compiled, locale: str, folder: Path) -> Path:
    """Where the model of a language of a dialogue is, or would be."""
    facts = [
        SAMPLING,
        locale,
        [_miron_facts(miron, locale) for miron in heard_mirons(compiled)],
        [_type_facts(entity, locale) for _, entity in sorted(compiled.types.items())],
        _texts(compiled.phrases.get(locale, {})),
    ]
    digest = hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()[:32]
    return folder / f"{compiled.program.name}-{locale}-{digest}.npz"


def _miron_facts(miron: Miron, locale: str) -> list[object]:
    forms = miron.forms.get(locale)
    texts = [template.text for template in (*forms.both, *forms.heard)] if forms else []
    return [miron.name, texts, [[slot.name, slot.type] for slot in miron.slots.values()]]


def _type_facts(entity: EntityType, locale: str) -> list[object]:
    values = {name: [said.text for said in by.get(locale, ())] for name, by in entity.values.items()}
    return [entity.name, entity.kind, values, entity.element]


def _texts(phrases: Mapping[str, Template]) -> dict[str, str]:
    return {name: template.text for name, template in sorted(phrases.items())}


def load_guesser(compiled: Compiled, folder: Path) -> tuple[Guesser | None, list[str]]:
    """The models of a dialogue that are there; torch is not needed.

    Returns:
        The models, or None if there is none; and the languages that could be trained but are not.
    """
    files = {locale: model_file(compiled, locale, folder) for locale in trainable(compiled)}
    there = {locale: path for locale, path in files.items() if path.is_file()}
    if not there:
        return None, list(files)
    from miron.learn import Model, ModelError
    from miron.learn.guesses import Guesser

    models: dict[str, Model] = {}
    digest = hashlib.sha256()
    for locale, path in there.items():
        try:
            models[locale] = Model.load(path)
            digest.update(_version(path).encode())
        except (ModelError, OSError):
            continue  # as if it were not there: it is trained again
    missing = [locale for locale in files if locale not in models]
    if not models:
        return None, missing
    return Guesser(models, digest.hexdigest()[:8]), missing


def trainable(compiled: Compiled) -> list[str]:
    """The languages with enough Mirons to train on, in the order of the dialogue."""
    mirons = heard_mirons(compiled)
    return [
        locale
        for locale in compiled.locales
        if sum(bool((f := m.forms.get(locale)) and (f.both or f.heard)) for m in mirons) >= LEAST_MIRONS
    ]


def train_language(
    compiled: Compiled,
    locale: str,
    folder: Path,
    *,
    extra: Sequence[Example] = (),
    out_of_scope: Sequence[str] = (),
    again: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Trained:
    """Train the model of one language, or say what is known of it if it is there already.

    Args:
        extra: Sentences of the author besides those made up, in the form of the model.
        out_of_scope: Sentences that mean nothing to the dialogue, in the same form.
        again: Train even if it is there.
        progress: Told the share done, from 0 to 1.

    Raises:
        miron.learn.TrainingError: There is nothing to learn from.
        ImportError: torch is not installed.
        OSError: The folder cannot be written.
    """
    import time

    from miron.learn import Settings, content_hash, train

    settings = Settings(steps=STEPS)
    path = model_file(compiled, locale, folder)
    examples = [*_samples(compiled, locale, seed=0), *extra]
    content = content_hash(examples, settings, out_of_scope)
    known = _about(path)
    if known is not None and known.content == content and not again:
        return known
    begun = time.monotonic()
    model = train(examples, settings=settings, out_of_scope=out_of_scope, progress=progress)
    seconds = time.monotonic() - begun
    accuracy, frames = _held_out(model, compiled, locale, {example.text for example in examples})
    model.save(path)
    made = Trained(
        locale,
        len(examples),
        len(extra),
        accuracy,
        frames,
        round(seconds, 1),
        path.stat().st_size,
        _version(path),
        content,
    )
    path.with_suffix(".json").write_text(json.dumps(asdict(made)) + "\n", encoding="utf-8")
    return made


def _samples(compiled: Compiled, locale: str, *, seed: int, most: int | None = None) -> list[Example]:
    from miron.learn.sampling import MOST, sample_mirons

    phrases = compiled.phrases.get(locale, {})
    return sample_mirons(
        heard_mirons(compiled), locale, compiled.types, phrases, seed=seed, most=most or MOST
    )


def _held_out(model: Model, compiled: Compiled, locale: str, met: set[str]) -> tuple[float, float]:
    """Shares of right Mirons and of right values too, over sentences that were not trained on."""
    fresh = [e for e in _samples(compiled, locale, seed=1, most=20) if e.text not in met]
    right = frames = 0
    for example in fresh:
        parsed = model.parse(example.text)
        right += parsed.intent == example.intent
        frames += parsed.intent == example.intent and parsed.spans == example.slots
    return right / max(1, len(fresh)), frames / max(1, len(fresh))


def _about(path: Path) -> Trained | None:
    try:
        facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return Trained(**{**facts, "seconds": 0.0}) if _version(path) == facts["version"] else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
