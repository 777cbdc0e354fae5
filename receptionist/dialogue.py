"""Finding, reading and compiling the dialogue a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from dsl.tree import Tree


def default_dialogue() -> Path:
    """The receptionist that comes with Miron."""
    from miron.resources import assets_path

    return assets_path() / "dialogues" / "receptionist"


OVERRIDES = "overrides.yaml"
"""A file of this name, alone or in a folder, holds changes to the receptionist that comes with Miron."""


def read_dialogue(path: Path | None = None) -> Tree:
    """Read a dialogue.

    Args:
        path: A file or folder; None: the receptionist that comes with Miron. A file :data:`OVERRIDES`, or a
            folder with one, is that receptionist with the changes.

    Raises:
        ModelError: With all problems found.
    """
    from dsl.overrides import read_over
    from dsl.reader import read

    if path is None:
        return read(default_dialogue())
    if path.name == OVERRIDES:
        return read_over(default_dialogue(), path)
    if (path / OVERRIDES).is_file():
        return read_over(default_dialogue(), path / OVERRIDES)
    return read(path)


def load_dialogue(path: Path | None = None, *, watch: bool = False) -> Compiled:
    """Read and compile a dialogue.

    Args:
        path: See :func:`read_dialogue`.
        watch: Watch its ``never`` conditions.

    Raises:
        ModelError: With all problems found.
    """
    from dsl.compiler import compile_tree

    return compile_tree(read_dialogue(path), watch=watch)
