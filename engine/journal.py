"""The session journal: JSON Lines, append-only, readable after any crash (docs/journal.md)."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import IO, Final

from engine.acts import Act
from engine.model import Json

FORMAT: Final = 1
"""Version of the line format, in the ``open`` line."""

_escape = json.encoder.encode_basestring
_MAX_LINE: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Record:
    """One fact of a session: a journal line, and what observers receive.

    Attributes:
        seq: 0, 1, ….
        t: Session time in ms.
        kind: See docs/journal.md.
        cause: Sequence number of the line that led here; None: it came from outside.
        data: The fields of its kind, in the order they are written; None fields are left out.
        act: The act that an ``act`` line, or a ``percept`` line of an own act, is about; not written.
    """

    seq: int
    t: int
    kind: str
    cause: int | None
    data: Mapping[str, Json] = field(default_factory=dict)
    act: Act | None = None

    def get(self, name: str) -> Json:
        """A field, or None."""
        return self.data.get(name)

    @property
    def line(self) -> str:
        """The journal line, without newline."""
        body = "".join(f',"{name}":{encode(value)}' for name, value in self.data.items() if value is not None)
        cause = "null" if self.cause is None else self.cause
        return f'{{"seq":{self.seq},"t":{self.t},"kind":"{self.kind}","cause":{cause}{body}}}'


def encode(value: Json) -> str:
    """Canonical JSON without spaces; Decimals keep their digits, keys their order, texts are UTF-8.

    Raises:
        TypeError: The value is no JSON value.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = _escape(value)
        return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(encode, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{encode(str(key))}:{encode(item)}" for key, item in value.items()) + "}"
    raise TypeError(f"{type(value).__name__} is no JSON value")


class JournalError(Exception):
    """A journal that cannot be read at all; the message says why."""


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as read.

    Attributes:
        records: The intact lines, in order.
        torn: The last line is incomplete (a crash while writing) and was left out.
        broken: Line numbers (from 1) of other lines that are no records.
    """

    records: tuple[Record, ...]
    torn: bool = False
    broken: tuple[int, ...] = ()

    @property
    def header(self) -> Record:
        """The ``open`` line."""
        return self.records[0]


def parse(line: str) -> Record:
    """Read one line.

    Raises:
        ValueError: It is no record.
    """
    try:
        data = json.loads(line, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("a line is a JSON object")
    seq, t, kind, cause = (data.pop(name, None) for name in ("seq", "t", "kind", "cause"))
    whole = all(isinstance(number, int) and not isinstance(number, bool) for number in (seq, t))
    if not whole or seq < 0 or not isinstance(kind, str) or not (cause is None or isinstance(cause, int)):
        raise ValueError("seq, t, kind or cause is missing or has the wrong type")
    return Record(seq, t, kind, cause, data)


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is no number of JSON")


def read(path: Path) -> Journal:
    """Read a journal file; a torn last line and broken lines are reported, not fatal.

    Raises:
        JournalError: It is no journal: unreadable, empty, binary, or of an unknown version.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror or error}") from error
    try:
        return parse_all(content)
    except JournalError as error:
        raise JournalError(f"{path}: {error}") from None


def parse_all(content: bytes) -> Journal:
    """Read the bytes of a journal.

    Raises:
        JournalError: See :func:`read`.
    """
    if not content.strip():
        raise JournalError("the journal is empty")
    records: list[Record] = []
    broken: list[int] = []
    torn = False
    lines = content.split(b"\n")
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            if len(raw) > _MAX_LINE:
                raise ValueError("longer than any line we write")
            record = parse(raw.decode("utf-8"))
            if not records and record.kind != "open":
                raise JournalError("this is no journal: its first line is not an 'open' line")
            records.append(record)
        except ValueError:
            if not records:
                raise JournalError("this is no journal: its first line is no record") from None
            if number == len(lines):
                torn = True
            else:
                broken.append(number)
    version = records[0].get("format")
    if version != FORMAT:
        raise JournalError(f"journal format {version!r} is not known here (this version reads {FORMAT})")
    return Journal(tuple(records), torn, tuple(broken))


class JournalWriter:
    """Appends lines to a file, and keeps the session going when the disk does not.

    Lines that cannot be written wait in memory (at most ``keep``) and are tried again with the next flush.

    Args:
        path: The file; created, never overwritten: lines are appended.
        on_trouble: Called once when writing begins to fail, with a sentence for the operator, and once with
            an empty string when it works again.
        sync: Also ask the operating system to write to the disk at every flush (power loss).
        keep: How many lines are kept while the disk refuses; the oldest are given up first.
    """

    def __init__(
        self,
        path: Path,
        on_trouble: Callable[[str], None] | None = None,
        *,
        sync: bool = False,
        keep: int = 100_000,
    ) -> None:
        self.path = path
        self.lost = 0
        self._on_trouble = on_trouble or (lambda _message: None)
        self._sync = sync
        self._keep = keep
        self._waiting: deque[bytes] = deque()
        self._file: IO[bytes] | None = None
        self._troubled = False
        self._begun = False
        self._unsynced = False

    def __call__(self, line: str) -> None:
        """Add a line; it is written by the next :meth:`flush`."""
        self._waiting.append(line.encode("utf-8") + b"\n")
        if len(self._waiting) > self._keep:
            del self._waiting[1 if self._begun and len(self._waiting) > 1 else 0]
            self.lost += 1

    def flush(self) -> bool:
        """Write what waits.

        Returns:
            Whether everything is in the hands of the operating system.
        """
        if not self._waiting and not self._unsynced:
            return True
        try:
            self._write()
        except OSError as error:
            if not self._troubled:
                self._troubled = True
                self._on_trouble(f"the session log cannot be written: {error.strerror or error}")
            return False
        if self._troubled:
            self._troubled = False
            self._on_trouble("")
        return True

    def _write(self) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = open(self.path, "ab", buffering=0)  # noqa: SIM115 (lives as long as the session)
            # Held as long as the session writes, so that others can tell; who refuses locks has none to tell.
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            try:
                torn = _ends_within_a_line(self.path)
            except OSError:
                file.close()
                raise
            self._file = file
            if torn and self._waiting:  # a new line first, so that what follows the torn one is readable
                self._waiting[0] = b"\n" + self._waiting[0]
        while self._waiting:
            block = self._waiting[0]
            written = self._file.write(block) or 0
            if written < len(block):
                self._waiting[0] = block[written:]  # the rest of the line goes where it stopped
                self._begun = self._begun or written > 0
                raise OSError(28, "no space left on the device")
            self._begun = False
            self._unsynced = self._sync
            self._waiting.popleft()
        if self._sync:
            os.fsync(self._file.fileno())
            self._unsynced = False

    def close(self) -> None:
        """Flush and close the file."""
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None


def _ends_within_a_line(path: Path) -> bool:
    with open(path, "rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def exogenous(journal: Journal) -> Iterator[Record]:
    """The lines that came from outside; everything else follows from them."""
    return (record for record in journal.records if record.cause is None)
