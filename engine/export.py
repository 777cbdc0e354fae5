"""Weights in a file and back: numpy's ``.npz`` with the names of all units, their source lines and a state.

A matrix M stands as ``M.row``, ``M.column``, ``M.weight`` (and ``M.units``, the kinds of its rows and
columns), a vector under its name, the names of a kind of unit as ``names.KIND``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np

from engine.model import Pulse
from engine.network import State
from engine.weights import Matrix, Weights

FORMAT: Final = 1
"""Version of the file."""


class ExportError(Exception):
    """The file does not hold weights of this format; the message says why."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What a file holds.

    Attributes:
        weights: Of the network.
        state: Of an executor, if one was saved with them.
    """

    weights: Weights
    state: State | None


def save(path: Path, weights: Weights, state: State | None = None) -> None:
    """Write weights, and the state of an executor if it is given.

    Raises:
        OSError: The file cannot be written.
    """
    arrays: dict[str, Any] = {"format": np.array(FORMAT)}
    for kind, names in weights.names.items():
        arrays[f"names.{kind}"] = _texts(names)
    arrays["origins"] = _texts(weights.origins)
    arrays["turn"] = np.array(weights.turn, dtype=np.int64)
    for name, values in weights.vectors.items():
        arrays[name] = np.array(values, dtype=np.float32)
    for name, matrix in weights.matrices.items():
        arrays[f"{name}.units"] = _texts((matrix.rows, matrix.columns))
        arrays[f"{name}.row"] = np.array([entry[0] for entry in matrix.entries], dtype=np.int64)
        arrays[f"{name}.column"] = np.array([entry[1] for entry in matrix.entries], dtype=np.int64)
        arrays[f"{name}.weight"] = np.array([entry[2] for entry in matrix.entries], dtype=np.float32)
    if state is not None:
        pulses = [(p.source, p.name, p.phase, p.via) for p, _ in state.seen]
        arrays["state.on"] = _texts(state.on)
        arrays["state.pulses"] = _texts(pulses).reshape(-1, 4)
        arrays["state.seen"] = np.array([t for _, t in state.seen], dtype=np.int64)
        arrays["state.rules"] = _texts([name for name, _ in state.fired])
        arrays["state.fired"] = np.array([t for _, t in state.fired], dtype=np.int64)
    with open(path, "wb") as file:
        np.savez_compressed(file, **arrays)


def load(path: Path) -> Exported:
    """Read what :func:`save` wrote; nothing in the file is run.

    Raises:
        ExportError: It is no such file.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _read({name: arrays[name] for name in arrays.files})
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, BadZipFile) as error:
        raise ExportError(f"{path} holds no exported weights: {error}") from error


def _read(arrays: dict[str, Any]) -> Exported:
    version = int(arrays["format"])
    if version != FORMAT:
        raise ValueError(f"format {version} is not known (this version reads {FORMAT})")
    matrices = {}
    for key, units in arrays.items():
        name, dot, rest = key.rpartition(".")
        if dot and rest == "units":
            places = zip(
                *(arrays[f"{name}.{part}"].tolist() for part in ("row", "column", "weight")), strict=True
            )
            matrices[name] = Matrix(str(units[0]), str(units[1]), tuple(places))
    vectors = {
        name: tuple(array.tolist())
        for name, array in arrays.items()
        if "." not in name and name not in ("format", "origins", "turn")
    }
    names = {
        name.removeprefix("names."): tuple(array.tolist())
        for name, array in arrays.items()
        if name.startswith("names.")
    }
    weights = Weights(
        names, tuple(arrays["origins"].tolist()), matrices, vectors, tuple(arrays["turn"].tolist())
    )
    return Exported(weights, _state(arrays) if "state.on" in arrays else None)


def _state(arrays: dict[str, Any]) -> State:
    pulses = [Pulse(*each) for each in arrays["state.pulses"].tolist()]
    return State(
        tuple(arrays["state.on"].tolist()),
        tuple(zip(pulses, arrays["state.seen"].tolist(), strict=True)),
        tuple(zip(arrays["state.rules"].tolist(), arrays["state.fired"].tolist(), strict=True)),
    )


def _texts(texts: Any) -> Any:
    return np.array(list(texts), dtype=str)
