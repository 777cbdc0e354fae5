"""Recorded sessions of a folder, each worked on by itself, in several processes where there are many."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Final, TypeVar

_WORTH_A_PROCESS: Final = 8
"""Sessions for which another process pays: it has to load the dialogue first."""

T = TypeVar("T")
R = TypeVar("R")


class WorkersDied(Exception):
    """A process was ended from outside, most often because memory ran out; the message says so."""


def journals(paths: Iterable[Path]) -> list[Path]:
    """Journal files: those named, and all ``*.jsonl`` files in folders, in the order of their names."""
    found: dict[Path, None] = {}
    for path in paths:
        found.update(dict.fromkeys(sorted(path.glob("**/*.jsonl")) if path.is_dir() else [path]))
    return list(found)


def processes(wanted: int, sessions: int) -> int:
    """How many processes to work with; ``wanted`` 0: as many as there are cores and work for them."""
    if wanted > 0:
        return min(wanted, max(sessions, 1))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, sessions // _WORTH_A_PROCESS))


def each(
    work: Callable[[T], R],
    items: Sequence[T],
    jobs: int,
    prepare: Callable[..., None],
    prepared_with: tuple[Any, ...] = (),
) -> Iterator[R]:
    """Results of some work on each item, in order.

    Args:
        work: A function of a module, which raises nothing.
        items: What it is done on; they travel to the processes.
        jobs: How many processes; with 1 all is done here.
        prepare: Called once in each process before.
        prepared_with: Its arguments.

    Raises:
        WorkersDied: A process came to an end by itself.
    """
    if jobs == 1:
        prepare(*prepared_with)
        yield from map(work, items)
        return
    chunk = max(1, min(32, len(items) // (4 * jobs)))
    with ProcessPoolExecutor(jobs, initializer=prepare, initargs=prepared_with) as pool:
        try:
            yield from pool.map(work, items, chunksize=chunk)
        except BrokenProcessPool:
            raise WorkersDied(
                "a process that worked on the sessions was ended (was there too little memory?); "
                "try again with fewer of them: --jobs 1"
            ) from None
        except (KeyboardInterrupt, GeneratorExit):
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def fingerprint(path: Path) -> str:
    """A hash of a file's content; empty if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


class Duplicates:
    """Tells which files are copies of earlier ones."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def of(self, file: str, content: str) -> str:
        """The earlier file with the same content; empty if there is none, or nothing is known of it."""
        first = self._first.setdefault(content, file) if content else file
        return "" if first == file else first
