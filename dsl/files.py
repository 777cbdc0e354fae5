"""Finding and opening the files of a dialogue, with limits; the only I/O of this package."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from dsl.yaml import SourceFile
from miron.source import Note, Problem, Span

MAX_FILE = 4 * 1024 * 1024
"""Bytes of one file."""

MAX_TOTAL = 20 * 1024 * 1024
"""Bytes of one dialogue."""

MAX_FILES = 2_000
"""Files of one dialogue."""


def read_files(path: Path, problems: list[Problem]) -> list[SourceFile]:
    """The files of a dialogue: the file itself, or every ``*.yaml`` below the folder, sorted by name."""
    try:
        is_folder = path.is_dir()
        paths = list(_below(path, problems)) if is_folder else [path]
    except OSError as error:
        problems.append(_problem(path, "unreadable", f"cannot be read: {_reason(error)}"))
        return []
    if is_folder and not paths and not problems:
        problems.append(_problem(path, "no-files", "there is no .yaml file in this folder"))
    if len(paths) > MAX_FILES:
        problems.append(_problem(path, "too-big", f"more than {MAX_FILES} files"))
        return []
    _report_case_clashes(paths, problems)
    total, found = 0, []
    for one in paths:
        data = _bytes(one, problems)
        if data is None:
            continue
        total += len(data)
        if total > MAX_TOTAL:
            problems.append(
                _problem(one, "too-big", f"the files together are larger than {MAX_TOTAL >> 20} MB")
            )
            break
        if (file := decode(str(one), data, problems)) is not None:
            found.append(file)
    return found


def _below(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """YAML files below a folder; links are followed, but not in circles."""
    stack: list[tuple[Path, tuple[tuple[int, int], ...]]] = [(folder, ())]
    found: list[Path] = []
    while stack:
        here, above = stack.pop()
        status = here.stat()
        identity = (status.st_dev, status.st_ino)
        if identity in above:
            problems.append(_problem(here, "link-loop", "this link leads back to a folder above it"))
            continue
        for entry in sorted(os.listdir(here)):
            path = here / entry
            if entry.startswith("."):
                continue
            if path.is_dir():
                stack.append((path, (*above, identity)))
            elif entry.endswith(".yaml"):
                found.append(path)
        if len(found) > MAX_FILES:
            break
    return iter(sorted(found, key=lambda path: path.as_posix()))


def _report_case_clashes(paths: list[Path], problems: list[Problem]) -> None:
    seen: dict[str, Path] = {}
    for path in paths:
        first = seen.setdefault(path.as_posix().casefold(), path)
        if first is not path:
            message = (
                "on some machines this file and another one are the same; names must differ in more than case"
            )
            problems.append(_problem(path, "case-clash", message, Note(f"the other one is {first}")))


def _bytes(path: Path, problems: list[Problem]) -> bytes | None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            problems.append(_problem(path, "unreadable", "is not a file"))
            return None
        if status.st_size > MAX_FILE:
            message = f"is larger than {MAX_FILE >> 20} MB; split it over several files"
            problems.append(_problem(path, "too-big", message))
            return None
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        problems.append(_problem(path, "unreadable", f"cannot be read: {_reason(error)}"))
        return None
    if len(data) > MAX_FILE:
        problems.append(_problem(path, "too-big", f"is larger than {MAX_FILE >> 20} MB"))
        return None
    return data


def decode(name: str, data: bytes, problems: list[Problem]) -> SourceFile | None:
    """Bytes as a text with ``\\n`` line ends; a byte order mark at the beginning is dropped."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = "this is not UTF-8 text; save the file as UTF-8"
        problems.append(Problem("not-utf8", message, Span(name, line, column, line, column + 1)))
        return None
    return SourceFile(name, text.replace("\r\n", "\n").replace("\r", "\n"))


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _problem(path: Path, code: str, message: str, *notes: Note) -> Problem:
    return Problem(code, message, Span(str(path), 1, 1, 1, 1), notes=notes)


def read_sources(path: Path) -> dict[str, str]:
    """The texts of a dialogue's files as far as they can be read, to show lines beside problems."""
    return {file.name: file.text for file in read_files(path, [])}
