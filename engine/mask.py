"""Pseudonyms for personal data in journals: type, parts and equality stay, the person does not."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from engine.journal import Record
from engine.model import Json, Program, Ref

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d")
_WORD = re.compile(r"\S+")
_LETTER = re.compile(r"\w")


def load_key(path: Path) -> bytes:
    """The key of a file, made at first use; who deletes it makes pseudonyms of later journals new ones.

    Raises:
        OSError: It can neither be read nor made.
        ValueError: The file is too short to be a key.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) < 16:
            raise ValueError(f"{path} is too short to be a key") from None
        return key
    with os.fdopen(descriptor, "wb") as file:
        key = os.urandom(32)
        file.write(key)
    return key


class Masker:
    """Changes records so that private values do not reach a journal.

    A private text becomes pseudonyms word by word, so that parts of names and equal values stay recognisable
    to rules and a masked journal replays; the words of utterances are blotted out. A condition that compares
    a private entry with a constant, or orders it, may come out differently when it is replayed.

    Args:
        program: Says which entries are private.
        key: Of the pseudonyms; see :func:`load_key`.
    """

    def __init__(self, program: Program, key: bytes) -> None:
        self._key = key
        self._private = {name for name, entry in program.entries.items() if entry.private}
        self._slots: dict[str, frozenset[str]] = {
            name: frozenset(slot for slot, entry in meta.writes if entry in self._private)
            for name, meta in program.mirons.items()
        }
        self._known: set[str] = set()

    def __call__(self, record: Record) -> Record:
        """The record as it may be written."""
        data = dict(record.data)
        if record.kind == "memory":
            if data.get("name") in self._private:
                for side in ("old", "new"):
                    data[side] = self._hide(data.get(side))
            else:
                for side in ("old", "new"):
                    data[side] = self._hide_known(data.get(side))
        elif record.kind in ("percept", "act"):
            self._percept(record, data)
        return replace(record, data=data)

    def _percept(self, record: Record, data: dict[str, Json]) -> None:
        if data.get("text"):
            data["text"] = _LETTER.sub("x", data["text"])
        if data.get("reason"):
            data["reason"] = data["reason"].split(":", 1)[0]  # the detail may name people
        private = set(self._slots.get(data.get("name") or "", ()))
        if record.act is not None:
            private |= self._of_act(record)
        if data.get("entities"):
            data["entities"] = self._values(data["entities"], private)
        if data.get("also"):
            data["also"] = [
                {
                    **each,
                    "entities": self._values(each.get("entities") or {}, self._slots.get(each["name"], ())),
                }
                if each.get("entities")
                else each
                for each in data["also"]
            ]

    def _of_act(self, record: Record) -> set[str]:
        """Slots, parameters and results of an act that come from or go to private entries."""
        assert record.act is not None
        spec = record.act.spec
        given = [*spec.params, *(pair for part in spec.parts for pair in part.args)]
        found = {name for name, value in given if isinstance(value, Ref) and value.entry in self._private}
        return found | {result for entry, result in spec.get if entry in self._private}

    def _values(self, values: Mapping[str, Json], private: Iterable[str]) -> dict[str, Json]:
        names = set(private) | self._private
        return {
            name: self._hide(value) if name in names else self._hide_known(value)
            for name, value in values.items()
        }

    def _hide(self, value: Json) -> Json:
        if isinstance(value, str):
            self._known.add(value)
            return self.pseudonym(value)
        if isinstance(value, list):
            return [self._hide(item) for item in value]
        if isinstance(value, dict):
            return {name: self._hide_part(item) for name, item in value.items()}
        return value

    def _hide_part(self, value: Json) -> Json:
        """A time of day in a record names nobody, and is compared with times that are not private."""
        return value if isinstance(value, str) and _TIME.fullmatch(value) else self._hide(value)

    def _hide_known(self, value: Json) -> Json:
        """What was private in one place is private in all."""
        if isinstance(value, str):
            return self.pseudonym(value) if value in self._known else value
        if isinstance(value, list):
            return [self._hide_known(item) for item in value]
        if isinstance(value, dict):
            return {name: self._hide_known(item) for name, item in value.items()}
        return value

    def pseudonym(self, text: str) -> str:
        """Another text of the same shape; equal words get equal pseudonyms."""
        return _WORD.sub(lambda match: self._word(match.group()), text)

    def _word(self, word: str) -> str:
        digest = hmac.new(self._key, word.encode(), hashlib.sha256).hexdigest()
        if _DATE.fullmatch(word):
            number = int(digest[:8], 16)
            return f"{1900 + number % 100}-{1 + number % 12:02d}-{1 + number % 28:02d}"
        if "@" in word:
            return f"{digest[:8]}@private.invalid"
        if not any(char.isalpha() for char in word):
            return "".join(
                str(int(digest[i % 64], 16) % 10) if c.isdigit() else c for i, c in enumerate(word)
            )
        return "P" + digest[:8]
