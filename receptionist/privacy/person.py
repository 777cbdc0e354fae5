"""What a person can ask for: everything known about them, and its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.journal import JournalError
from engine.mask import Masker, load_key
from receptionist.badge import person_mark
from receptionist.directory.names import folded
from receptionist.notify.channel import LocalChannel
from receptionist.privacy.audit import note
from receptionist.privacy.journals import JournalSearch, Mention, in_use, make_nobodys

if TYPE_CHECKING:
    from engine.model import Program
    from receptionist.config import Config
    from receptionist.directory.store import Database


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did.

    Attributes:
        counts: How much was, or would be, deleted or made nobody's, by class.
        kept: What could not be erased, and why, in sentences.
    """

    counts: Mapping[str, int]
    kept: tuple[str, ...]


def export_person(config: Config, database: Database, program: Program, name: str) -> dict[str, Any]:
    """All that is known about a person, as JSON values.

    Of journals, the visits in which the person is named are listed; they hold pseudonyms unless the settings
    say otherwise.

    Raises:
        DirectoryError: The database failed.
        OSError: A file could not be read.
    """
    from receptionist.directory import persons

    outbox: list[Mapping[str, Any]] = []

    def collect(line: Mapping[str, Any]) -> bool:
        if _about(line, name):
            outbox.append({key: value for key, value in line.items() if key not in ("answer", "key")})
        return True

    LocalChannel(config.outbox_file).keep(collect, dry=True)
    mentions, unread = _mentions(config, program, _search(config, program, name))
    return {
        "person": name,
        **persons.export(database, name),
        "outbox": outbox,
        "badges": [file.name for file in _badges(config, name)],
        "journals": [
            {"file": mention.file.name, "lines": [mention.first, mention.last]}
            for found in mentions.values()
            for mention in found
        ],
        "not_searched": list(unread),
    }


def erase_person(
    config: Config, database: Database, program: Program, name: str, *, host: bool = False, dry: bool = False
) -> Erased:
    """Delete a person from database, outbox file and badges, and make their visits in journals nobody's.

    Args:
        config: The settings.
        database: Where visits and messages lie.
        program: The dialogue; says what is private in a journal.
        name: The person.
        host: Also as a host.
        dry: Only count.

    Raises:
        DirectoryError: The database failed; nothing was erased.
        OSError: A file could not be changed.
    """
    from receptionist.directory import persons

    found, kept = persons.erase(database, name, host=host, dry=dry)
    counts = dict(found)
    wanted: Callable[[Mapping[str, Any]], bool] = lambda line: not _about(line, name)  # noqa: E731
    counts["outbox"] = LocalChannel(config.outbox_file).keep(wanted, dry=dry)
    badges = _badges(config, name)
    counts["badges"] = len(badges)
    for file in badges if not dry else ():
        file.unlink(missing_ok=True)
    search = _search(config, program, name)
    mentions, unread = _mentions(config, program, search)
    counts["journals"] = 0
    busy: list[str] = []
    for file, visits in mentions.items():
        if in_use(file):
            busy.append(f"{file.name} is being written; end the kiosk and erase again")
            continue
        counts["journals"] += len(visits)
        if not dry:
            make_nobodys(visits, search, program)
    if not dry:
        note(config, "erase", counts)
    return Erased(counts, (*kept, *busy, *unread))


def _search(config: Config, program: Program, name: str) -> JournalSearch:
    key = config.data / "pseudonyms.key"
    masker = Masker(program, load_key(key)) if key.exists() else None
    return JournalSearch(name, masker)


def _mentions(
    config: Config, program: Program, search: JournalSearch
) -> tuple[dict[Path, list[Mention]], tuple[str, ...]]:
    mentions: dict[Path, list[Mention]] = {}
    unread: list[str] = []
    for file in sorted(config.journal.glob("**/*.jsonl")):
        try:
            found = list(search.mentions(file))
        except JournalError as error:
            unread.append(f"not searched: {error}")
            continue
        if found:
            mentions[file] = found
    return mentions, tuple(unread)


def _badges(config: Config, name: str) -> list[Path]:
    return sorted(config.badge.folder.glob(f"*-{person_mark(name)}.pdf"))


def _about(line: Mapping[str, Any], name: str) -> bool:
    whole = folded(name)
    names = (str(line.get("visitor") or ""), str(line.get("to") or ""))
    return any(folded(other) == whole for other in names) or whole in folded(str(line.get("text") or ""))
