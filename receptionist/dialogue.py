"""Finding, reading and compiling the dialogue a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsl.compiler import Compiled


def default_dialogue() -> Path:
    """The receptionist that comes with Miron."""
    from miron.resources import assets_path

    return assets_path() / "dialogues" / "receptionist"


def load_dialogue(path: Path | None = None, *, watch: bool = False) -> Compiled:
    """Read and compile a dialogue.

    Args:
        path: A file or folder; None: the receptionist that comes with Miron.
        watch: Watch its ``never`` conditions.

    Raises:
        ModelError: With all problems found.
    """
    from dsl.compiler import compile_tree
    from dsl.reader import read

    return compile_tree(read(path or default_dialogue()), watch=watch)
