"""The files of a dialogue as they are, changes to them, and saving without ever leaving half a file.

A change is a list of splices. It is bound to the version of the files that it was made for, and applying it
gives the change that undoes it, byte for byte.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dsl.files import read_files
from dsl.reader import read_sources
from dsl.tree import Tree
from dsl.yaml import SourceFile
from miron.source import ModelError, Problem, Span

_BREAK = re.compile(r"\r\n|\r|\n")
_BOM = "\ufeff"


class EditError(Exception):
    """An edit that cannot be made; says why.

    Attributes:
        problems: What would be wrong in the dialogue after it, if that is the reason.
    """

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class StaleError(EditError):
    """The files are no longer those that the edit was made for."""


@dataclass(frozen=True, slots=True)
class Splice:
    """In a file, at a character of its text as stored, ``old`` becomes ``new``."""

    file: str
    at: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """Splices that do not overlap, and the versions of the files they are for."""

    splices: tuple[Splice, ...]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a dialogue.

    Attributes:
        texts: File name as shown in errors → its text as stored: line ends and a byte order mark are kept.
    """

    texts: Mapping[str, str]

    @classmethod
    def load(cls, path: Path) -> Sources:
        """Read a file, or every YAML file below a folder.

        Raises:
            ModelError: A file cannot be read.
        """
        problems: list[Problem] = []
        files = read_files(path, problems)
        if problems:
            raise ModelError(problems)
        texts = {}
        for file in files:
            text = _stored(Path(file.name))
            if _normal(text) != file.text:
                raise StaleError(f"{file.name} changes while it is read")
            texts[file.name] = text
        return cls(texts)

    def below(self, root: Path) -> Sources:
        """The same files, named relative to a folder (or to that of a file), with ``/``."""
        folder = root if root.is_dir() else root.parent
        return Sources({Path(name).relative_to(folder).as_posix(): text for name, text in self.texts.items()})

    def version(self, file: str) -> str:
        """The SHA-256 of a file's bytes."""
        return hashlib.sha256(self.texts[file].encode()).hexdigest()

    def file(self, name: str) -> SourceFile:
        """A file as the reader sees it: ``\\n`` line ends, no byte order mark."""
        return SourceFile(name, _normal(self.texts[name]))

    def tree(self) -> Tree:
        """Read the dialogue.

        Raises:
            ModelError: With every problem of all files.
        """
        return read_sources(self.file(name) for name in self.texts)

    def change(self, splices: Iterable[Splice]) -> Change:
        """Bind splices to the files as they are here."""
        ordered = tuple(sorted(splices, key=lambda each: (each.file, each.at)))
        return Change(ordered, {each.file: self.version(each.file) for each in ordered})

    def apply(self, change: Change) -> tuple[Sources, Change]:
        """The files after a change, and the change that undoes it.

        Raises:
            StaleError: These are not the files that the change was made for.
        """
        for file, version in change.versions.items():
            if file not in self.texts or self.version(file) != version:
                raise StaleError(f"{file} has changed since; look at it again")
        texts, undo = dict(self.texts), []
        for file in change.versions:
            shift = 0
            text = self.texts[file]
            pieces, position = [], 0
            for each in (one for one in change.splices if one.file == file):
                if each.at < position or not text.startswith(each.old, each.at):
                    raise StaleError(f"{file} does not hold what is to be replaced")
                pieces += [text[position : each.at], each.new]
                position = each.at + len(each.old)
                undo.append(Splice(file, each.at + shift, each.new, each.old))
                shift += len(each.new) - len(each.old)
            texts[file] = "".join([*pieces, text[position:]])
        after = Sources(texts)
        return after, after.change(undo)

    def save(self, before: Sources) -> None:
        """Write the files that differ from ``before``, each at once or not at all.

        Args:
            before: What the files on disk must still be.

        Raises:
            StaleError: A file has been changed on disk meanwhile; nothing was written.
            OSError: A file could not be written; it is as it was.
        """
        changed = [name for name, text in self.texts.items() if before.texts.get(name) != text]
        for name in changed:
            if name in before.texts and _stored(Path(name)) != before.texts[name]:
                raise StaleError(f"{name} has been changed on disk meanwhile")
        for name in changed:
            write_atomically(Path(name), self.texts[name].encode())


def write_atomically(path: Path, data: bytes) -> None:
    """Put a file in the place of another: written beside it, flushed to the disk, then renamed.

    Raises:
        OSError: It could not be written; the old file is as it was.
    """
    target = path.resolve()
    name = target.parent / f".{target.name}.{os.getpid()}"
    try:
        with name.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileNotFoundError):
            os.chmod(name, target.stat().st_mode)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            name.unlink()
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Lines:
    """From positions as the reader counts them to characters of a text as stored."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._bom = len(_BOM) if text.startswith(_BOM) else 0
        self._starts = [0, *(match.end() for match in _BREAK.finditer(text))]
        match = _BREAK.search(text)
        self.newline = match.group() if match else "\n"

    def at(self, line: int, column: int) -> int:
        """The character at a 0-based line and column."""
        if line >= len(self._starts):
            return len(self.text)
        return min(self._starts[line] + (self._bom if line == 0 else 0) + column, len(self.text))

    def range(self, span: Span) -> tuple[int, int]:
        """The characters of a span."""
        return self.at(span.line - 1, span.column - 1), self.at(span.end_line - 1, span.end_column - 1)

    def line_of(self, at: int) -> int:
        """The 0-based line of a character."""
        return bisect_right(self._starts, at) - 1

    def start_of(self, line: int) -> int:
        """The first character of a 0-based line; the end of the text beyond the last."""
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def with_ends(self, text: str) -> str:
        """A text with the line ends of this file."""
        return text.replace("\n", self.newline) if self.newline != "\n" else text


def _stored(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise StaleError(f"{path} is no UTF-8 text any more: {error.reason}") from error


def _normal(text: str) -> str:
    return _BREAK.sub("\n", text.removeprefix(_BOM))
