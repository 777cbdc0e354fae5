"""The standard modules, written in the dialogue language itself and shipped with the program."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from dsl.tree import Owner

IMPLIED = ("turn_taking",)
"""Modules that every dialogue uses, written or not."""


class Library:
    """Modules by name, each in a file of its name.

    Args:
        folder: Where the files lie; None for a library without modules.

    Attributes:
        cache: What the reader made of a module, by name: a library is read once in a process.
    """

    def __init__(self, folder: Path | None) -> None:
        self._files = {path.stem: path for path in sorted(folder.glob("*.yaml"))} if folder else {}
        self.cache: dict[str, Any] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The modules there are."""
        return tuple(self._files)

    def path(self, name: str) -> Path | None:
        """The file of a module, None if there is no such module."""
        return self._files.get(name)


@lru_cache(maxsize=1)
def standard() -> Library:
    """The library shipped with the program."""
    from miron.resources import assets_path

    return Library(assets_path() / "modules")


def is_standard(module: Owner) -> bool:
    """Whether a module was taken from the library shipped with the program."""
    path = standard().path(module.name.text)
    return path is not None and str(path) == module.name.span.source


EMPTY = Library(None)
"""No modules at all; for tests of the language itself."""
