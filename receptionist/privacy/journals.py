"""Persons in session journals: finding the visits that are theirs, and making them nobody's."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.journal import JournalError, Record, read
from engine.mask import Masker
from receptionist.directory.names import folded

if TYPE_CHECKING:
    from engine.model import Program


@dataclass(frozen=True, slots=True)
class Mention:
    """A visit in a journal in which a person is named.

    Attributes:
        first: Sequence number of its first line.
        last: That of its last line.
    """

    file: Path
    first: int
    last: int


def in_use(file: Path) -> bool:
    """Whether a session is writing a file just now."""
    try:
        with file.open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


class JournalSearch:
    """Finds a person in journals, in clear and by pseudonym.

    Args:
        name: The person.
        masker: With the key of the kiosk's pseudonyms; None when it has none.
    """

    def __init__(self, name: str, masker: Masker | None) -> None:
        words = [word for word in re.split(r"[\s,]+", name) if len(word) > 1] or [name]
        self.forms = [self._forms(word, masker) for word in words]

    @staticmethod
    def _forms(word: str, masker: Masker | None) -> frozenset[str]:
        """How a word of the name may stand in a journal."""
        clear = {word, word.lower(), word.upper(), word.title(), word.casefold()}
        return frozenset({*clear, *(masker.pseudonym(form) for form in clear)} if masker else clear)

    def mentions(self, file: Path) -> Iterator[Mention]:
        """The visits of a journal in which every word of the name occurs.

        Raises:
            JournalError: It is no journal.
        """
        for segment in _visits(read(file).records):
            text = "\n".join(record.line for record in segment)
            plain = folded(text)
            if all(any(form in text or folded(form) in plain for form in forms) for forms in self.forms):
                yield Mention(file, segment[0].seq, segment[-1].seq)


def make_nobodys(mentions: Sequence[Mention], search: JournalSearch, program: Program) -> None:
    """Rewrite one journal so that these visits of it are about nobody.

    Private values get new pseudonyms whose key is forgotten at once, so that the visit stays a visit (it can
    be counted and replayed) and the person cannot be found in it; the words of utterances are blotted out.

    Args:
        mentions: Visits of one file.
        search: What they were found by.
        program: The dialogue; says what is private.

    Raises:
        JournalError: It is no journal.
        OSError: It cannot be written; it is as it was.
    """
    file = mentions[0].file
    lines: list[str] = []
    for segment in _visits(read(file).records):
        theirs = any(segment[0].seq == mention.first for mention in mentions)
        change = _forgetting(segment, search, program) if theirs else _line
        lines += [change(record) for record in segment]
    rest = file.with_name(f"{file.name}.new")
    rest.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    os.utime(rest, (file.stat().st_atime, file.stat().st_mtime))  # its age decides when it is deleted
    rest.replace(file)


def _line(record: Record) -> str:
    return record.line


def _forgetting(
    segment: Sequence[Record], search: JournalSearch, program: Program
) -> Callable[[Record], str]:
    masker = Masker(program, os.urandom(32))
    for record in segment:
        masker(record)  # so that it knows what is private anywhere in the visit, also before that is written
    forms = sorted({form for forms in search.forms for form in forms}, key=len, reverse=True)
    left_over = re.compile("|".join(rf"(?<!\w){re.escape(json.dumps(form)[1:-1])}(?!\w)" for form in forms))
    in_text = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms))

    def change(record: Record) -> str:
        line = masker(record).line
        for pattern in (in_text, left_over):
            line = pattern.sub(lambda found: masker.pseudonym(found.group()), line)
        return line

    return change


def _visits(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """A journal cut after each visit: what its end leads to, such as forgetting, is still a part of it."""
    begin, over = 0, False
    for place, record in enumerate(records):
        if over and record.cause is None:
            yield records[begin:place]
            begin, over = place, False
        if record.kind == "act" and record.get("channel") == "visit" and record.get("command") == "start":
            over = True
    yield records[begin:]


__all__ = ["JournalError", "JournalSearch", "Mention", "in_use", "make_nobodys"]
