"""The dialogues that sessions were recorded with: found by their hash, which the journal holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from dsl.language import MironLanguage
    from engine.journal import Journal
    from engine.network import Network


@dataclass(frozen=True, slots=True)
class Source:
    """Where a dialogue is read from.

    Attributes:
        dialogue: A file or folder; None: the receptionist that comes with Miron.
        changes: A file of changes to it, see :mod:`dsl.overrides`.
    """

    dialogue: Path | None = None
    changes: Path | None = None

    def load(self) -> Compiled:
        """Read and compile it.

        Raises:
            ModelError: With all problems found.
        """
        from receptionist.dialogue import default_dialogue, load_dialogue

        if self.changes is None:
            return load_dialogue(self.dialogue)
        from dsl.compiler import compile_tree
        from dsl.overrides import read_over

        return compile_tree(read_over(self.dialogue or default_dialogue(), self.changes))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A dialogue ready to live through sessions."""

    compiled: Compiled
    language: MironLanguage
    network: Network


def load(source: Source) -> Loaded:
    """Load a dialogue.

    Raises:
        ModelError: With all problems found.
    """
    from dsl.language import MironLanguage
    from engine.network import Network

    compiled = source.load()
    return Loaded(compiled, MironLanguage(compiled), Network.compile(compiled.program))


class Shelf:
    """Dialogues by hash. Each is loaded when the ones before it are not the one looked for.

    Args:
        sources: In the order in which they are tried.
    """

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self._sources = list(dict.fromkeys(sources))
        self._loaded: list[Loaded] = []

    def of(self, journal: Journal) -> Loaded:
        """The dialogue that a journal was recorded with; if it is not here, the first.

        Raises:
            ModelError: A dialogue has mistakes.
        """
        wanted = journal.header.get("hash")
        for loaded in self._loaded:
            if loaded.compiled.program.hash == wanted:
                return loaded
        while self._sources:
            self._loaded.append(load(self._sources.pop(0)))
            if self._loaded[-1].compiled.program.hash == wanted:
                return self._loaded[-1]
        return self._loaded[0]
