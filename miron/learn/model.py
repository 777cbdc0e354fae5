"""The trained understanding, served in numpy."""

import json
import os
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miron.learn.confidence import SHARPNESS, Confidence, log_softmax, signs
from miron.learn.encoder import Encoder, EncoderMissing
from miron.learn.examples import Parsed
from miron.learn.features import Floats, Gazetteer, SentenceEncoder, content, token_ids
from miron.learn.frames import Frames
from miron.learn.recall import Labels, Recall, spans_of
from miron.learn.semantics import Semantics, View
from miron.learn.spelling import Speller
from miron.learn.tagger import Tagger
from miron.learn.text import tokens

FORMAT = 2
"""Version of the file format and of the features; other versions are not read."""

_NEURAL = 0.5  # weight of the network's log share beside that of the n-gram machine
BESIDE_MEANING = 0.75  # weight of the n-gram machine's log share beside that of the sentence encoder
_SURE = 0.995  # confidence in what was met in training word for word
_SLIP = 0.97  # and for each slip of the finger in it
_LISTED = 10  # intents in a ranking

NOTHING = Parsed(None, 0.0, (), (), "nothing")


class ModelError(ValueError):
    """A file is no trained model, or one of another version."""


@dataclass(frozen=True, slots=True)
class Model:
    """Everything `parse` needs. Made by `miron.learn.train` or `Model.load`; never changes.

    Attributes:
        intents: names, in the order of the classes.
        encoder, weights, bias: the n-gram machine; weights (features, intents) in half precision.
        gazetteer: slot values met in training.
        tagger: the network.
        speller: corrects slips of the finger.
        recall: exact sentences and patterns.
        frames: which entities go with which intent.
        confidence: how sure to be.
        semantics: the sentence encoder and what was learned from it, if it was asked for in training.
    """

    intents: tuple[str, ...]
    encoder: SentenceEncoder
    weights: NDArray[np.floating]
    bias: Floats
    gazetteer: Gazetteer
    tagger: Tagger
    speller: Speller
    recall: Recall
    frames: Frames
    confidence: Confidence
    semantics: Semantics | None = None

    def parse(self, text: str, allowed: Collection[str] | None = None) -> Parsed:
        """Understand one sentence.

        Args:
            text: what was said; any text at all.
            allowed: only these intents are possible (all, where None).
        """
        heard = tokens(text)
        choice = [i for i, name in enumerate(self.intents) if allowed is None or name in allowed]
        if not heard or not choice:
            return NOTHING
        words, slips = self.speller.correct(heard)
        folded = [t.word for t in words]
        known = self.recall.find(folded, self.gazetteer)
        if known and (allowed is None or known[0] in allowed):
            sure = _SURE * _SLIP**slips
            return Parsed(known[0], sure, spans_of(words, known[1]), ((known[0], 1.0),), known[2])

        encoded = self.encoder.encode(content(words) or folded)
        scores = encoded.values @ self.weights[encoded.columns].astype(np.float32) + self.bias
        ids = token_ids(text, words, self.gazetteer.features(folded))
        opinion = self.semantics.read(folded) if self.semantics else None
        reading = self.tagger.read(ids, opinion.words if opinion else None)
        fused = log_softmax(SHARPNESS * scores)
        if opinion:
            fused = BESIDE_MEANING * fused + opinion.intents
        fused = fused + _NEURAL * log_softmax(reading.intents)
        if allowed is not None:
            barred = np.ones(len(fused), bool)
            barred[choice] = False
            fused[barred] = -np.inf
        share = np.exp(log_softmax(fused)).astype(np.float32)
        order = np.argsort(-share, kind="stable")[:_LISTED]
        best = int(order[0])
        labels = by_word(self.tagger.decode(reading, ids, self.intents[best], share))
        found = signs(scores, best, self.encoder.covered(encoded), slips / len(words))
        if opinion:
            found += opinion.signs(best)
        sure = self.confidence.of(found, self.frames.odds(self.intents[best], labels))
        return Parsed(
            self.intents[best] if sure >= self.confidence.reject_below else None,
            sure,
            spans_of(words, labels),
            tuple((self.intents[i], float(share[i])) for i in order if share[i] > 0),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to one file; a reader sees the old file or the new one, never half of it.

        The sentence encoder, where there is one, is kept in the same folder, once for all models.
        """
        target = Path(path)
        arrays: dict[str, NDArray[Any]] = {
            f"net.{name}": array for name, array in self.tagger.weights.items()
        }
        arrays |= {"known": self.encoder.known, "idf": self.encoder.idf, "view": self.encoder.view}
        arrays |= {
            "weights": self.weights,
            "bias": self.bias,
            "deep": self.tagger.deep,
            "wide": self.tagger.wide,
        }
        sure = self.confidence
        arrays |= {"sure.centre": sure.centre, "sure.scale": sure.scale, "sure.weights": sure.weights}
        if self.semantics:
            self.semantics.encoder.save(target.parent)
            view = self.semantics.view
            arrays |= {"meaning.centre": view.centre, "meaning.scale": view.scale}
            arrays |= {"meaning.weights": self.semantics.weights, "meaning.bias": self.semantics.bias}
        facts = {
            "format": FORMAT,
            "intents": self.intents,
            "labels": self.tagger.labels,
            "values": self.gazetteer.values,
            "longest": self.gazetteer.longest,
            "sentences": self.recall.sentences,
            "patterns": self.recall.patterns,
            "words": self.speller.words,
            "foreign": sorted(self.speller.foreign),
            "frames": self.frames.counts,
            "sure": [sure.bias, sure.reject_below],
        }
        arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
                file.flush()
                os.fsync(file.fileno())
            os.replace(half, target)
        except BaseException:
            os.unlink(half)
            raise

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Model":
        """Read a saved model.

        Raises:
            ModelError: the file is damaged, something else, or of another version; or it needs the sentence
                encoder, which is neither beside it nor installed (the message names the extra).
            OSError: the file cannot be read.
        """
        try:
            with open(path, "rb") as stored, np.load(stored, allow_pickle=False) as file:
                arrays: dict[str, NDArray[Any]] = {name: file[name] for name in file.files}
            facts = json.loads(arrays["facts"].tobytes())
            if facts["format"] != FORMAT:
                raise ModelError(
                    f"{path}: model of version {facts['format']}, this program reads version {FORMAT}"
                )
            return cls._from(arrays, facts, Path(path).parent)
        except (OSError, ModelError):
            raise
        except EncoderMissing as error:
            raise ModelError(f"{path}: {error}") from error
        except Exception as error:
            raise ModelError(f"{path}: not a trained model") from error

    @classmethod
    def _from(cls, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any], folder: Path) -> "Model":
        semantics = None
        if "meaning.weights" in arrays:
            view = View(arrays["meaning.centre"], arrays["meaning.scale"])
            encoder = Encoder.beside(folder)
            semantics = Semantics(encoder, view, arrays["meaning.weights"], arrays["meaning.bias"])
        net = {name[4:]: array for name, array in arrays.items() if name.startswith("net.")}
        sentences = {
            key: (intent, tuple((a, b, entity) for a, b, entity in labels))
            for key, (intent, labels) in facts["sentences"].items()
        }
        return cls(
            tuple(facts["intents"]),
            SentenceEncoder(arrays["known"], arrays["idf"], arrays["view"]),
            arrays["weights"],
            arrays["bias"],
            Gazetteer(facts["values"], facts["longest"]),
            Tagger.of(arrays["deep"], arrays["wide"], facts["labels"], net),
            Speller(facts["words"], frozenset(facts["foreign"])),
            Recall(sentences, facts["patterns"]),
            Frames(facts["frames"]),
            Confidence(arrays["sure.centre"], arrays["sure.scale"], arrays["sure.weights"], *facts["sure"]),
            semantics,
        )


def by_word(labels: list[str]) -> Labels:
    """Read ``O B-x I-x`` labels as ranges of words."""
    out: list[tuple[int, int, str]] = []
    for i, label in enumerate(labels):
        if label.startswith("B-"):
            out.append((i, i + 1, label[2:]))
        elif label.startswith("I-"):
            out[-1] = (out[-1][0], i + 1, out[-1][2])
    return tuple(out)
