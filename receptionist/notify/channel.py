"""Where messages go: the port every channel implements, and the local file channel."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from receptionist.notify.message import Message


class DeliveryError(Exception):
    """A channel did not deliver, and knows it.

    Anything else that a channel raises means that the message may have gone out.

    Attributes:
        retry: Whether trying again later may help.
    """

    def __init__(self, message: str, *, retry: bool) -> None:
        super().__init__(message)
        self.retry = retry


class Channel(Protocol):
    """A way to reach people. Implementations may block; they are called from worker threads."""

    @property
    def timeout_s(self) -> float:
        """Longest time, in seconds, that `send` may take; after it a sender counts as dead."""
        ...

    def send(self, message: Message) -> None:
        """Send one message.

        Raises:
            DeliveryError: It was certainly not sent.
        """
        ...

    def delivered(self, message: Message) -> bool | None:
        """Whether an earlier, interrupted `send` went out; None when the channel cannot know."""
        ...


class LocalChannel:
    """Appends each message as one line of JSON to a file, for the front desk to read.

    A line is written by one call and flushed to the disk, so several kiosks can share the file, and a line
    torn by a crash never spoils the next one.
    """

    timeout_s = 5.0

    def __init__(self, file: Path) -> None:
        self.file = file

    def send(self, message: Message) -> None:
        """Append the message's line; a full disk or missing rights can be tried again later."""
        fields = {
            "at": message.changed.isoformat(timespec="seconds"),
            "to": message.recipient,
            "address": message.address,
            "reason": message.reason,
            "visitor": message.visitor,
            "company": message.company,
            "text": message.text,
            "answer": message.link,
            "key": message.key,
        }
        line = json.dumps(fields, ensure_ascii=False).encode("utf-8", errors="replace") + b"\n"
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            handle = self._locked()
            try:
                if _is_torn(handle):
                    line = b"\n" + line
                written = os.write(handle, line)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise DeliveryError(f"{self.file} cannot be written: {error}", retry=True) from error
        if written < len(line):
            raise DeliveryError(f"{self.file} took only a part of the line", retry=True)

    def keep(self, wanted: Callable[[Mapping[str, Any]], bool], *, dry: bool = False) -> int:
        """Take out lines; those that are no message stay.

        Args:
            wanted: Whether a line, as it was written, stays.
            dry: Only count.

        Returns:
            How many lines were, or would be, taken out.

        Raises:
            OSError: The file cannot be read or written; it is as it was.
        """
        if not self.file.exists():
            return 0
        handle = self._locked()
        try:
            lines = self.file.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if (fields := _fields(line)) is None or wanted(fields)]
            if not dry and len(kept) < len(lines):
                rest = self.file.with_name(f"{self.file.name}.new")
                rest.touch(0o600)
                rest.write_bytes(b"".join(kept))
                rest.replace(self.file)
            return len(lines) - len(kept)
        finally:
            os.close(handle)

    def _locked(self) -> int:
        """The file, open for appending and ours alone; opened again if it was replaced while we waited."""
        while True:
            handle = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(handle), os.stat(self.file)):
                    return handle
            except OSError:
                os.close(handle)
                raise
            os.close(handle)

    def delivered(self, message: Message) -> bool | None:
        """Whether the file has the message's whole line."""
        try:
            with self.file.open("rb") as lines:
                return any(_has_key(line, message.key) for line in lines)
        except FileNotFoundError:
            return False
        except OSError:
            return None


def _is_torn(handle: int) -> bool:
    """Whether the file ends within a line."""
    if os.lseek(handle, 0, os.SEEK_END) == 0:
        return False
    os.lseek(handle, -1, os.SEEK_END)
    return os.read(handle, 1) != b"\n"


def _has_key(line: bytes, key: str) -> bool:
    fields = _fields(line)
    return fields is not None and fields.get("key") == key


def _fields(line: bytes) -> dict[str, Any] | None:
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None
