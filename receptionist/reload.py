"""Taking over a dialogue that is edited while it runs: between visits, and only if it is sound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.language import MironLanguage
from miron.source import ModelError
from receptionist.dialogue import OVERRIDES, default_dialogue, read_dialogue

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from dsl.tree import Tree
    from receptionist.reception import Reception

_Print = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Ready:
    compiled: Compiled
    language: MironLanguage


class Reloader:
    """Watches the files of a reception's dialogue.

    :meth:`look` may run in a thread; :meth:`switch` belongs where the session runs.

    Attributes:
        notice: What is wrong with the files as they are now, for the screen; empty if nothing is. The version
            that was sound goes on running.
    """

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._path = reception.dialogue or default_dialogue()
        self._hash = reception.compiled.tree.hash
        self._seen = self._now = _print(self._path)
        self._ready: _Ready | None = None
        self.notice = ""

    def look(self, *, settled: bool = False) -> None:
        """See whether files have changed, and make the new version ready, or say why it cannot be used.

        Args:
            settled: Read at once. Otherwise files are read when they have been the same at two looks, so that
                a program that saves again and again does not keep us busy.
        """
        found = _print(self._path)
        before, self._now = self._now, found
        if found == self._seen or not (settled or found == before):
            return
        self._seen = found
        self._ready, self.notice = None, ""
        try:
            tree = read_dialogue(self._reception.dialogue)
            if tree.hash != self._hash:
                self._ready = self._made(tree)
        except ModelError as error:
            first = error.problems[0]
            more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
            place = f"{Path(first.span.source).name}:{first.span.line}: " if first.span else ""
            self.notice = f"The changed dialogue is not used: {place}{first.message}{more}"

    def _made(self, tree: Tree) -> _Ready:
        from dsl.check import check
        from dsl.compiler import compile_tree
        from receptionist.dialogue_settings import settings_events

        problems = check(tree, play=False)
        if any(problem.severity == "error" for problem in problems):
            raise ModelError(problem for problem in problems if problem.severity == "error")
        compiled = compile_tree(tree)
        settings_events(self._reception.config, compiled)
        language = MironLanguage(compiled)
        self._reception.teach(language)
        return _Ready(compiled, language)

    def switch(self) -> bool:
        """Go on with the new version, if there is one and nobody is being served.

        Returns:
            True if it was done.
        """
        session = self._reception.session
        if self._ready is None or session.visit_open or session.busy:
            return False
        ready, self._ready = self._ready, None
        self._hash = ready.compiled.tree.hash
        self._reception.use_dialogue(ready.compiled, ready.language)
        return True


def _print(path: Path) -> _Print:
    """What tells one version of the files from another without reading them."""
    found = []
    for file in _files(path):
        try:
            status = file.stat()
        except OSError:
            continue
        found.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(sorted(found))


def _files(path: Path) -> Iterator[Path]:
    if path.name == OVERRIDES or (path / OVERRIDES).is_file():
        yield path if path.name == OVERRIDES else path / OVERRIDES
        path = default_dialogue()
    if not path.is_dir():
        yield path
        return
    for folder, _, names in os.walk(path):
        yield from (Path(folder) / name for name in names if name.endswith(".yaml"))
