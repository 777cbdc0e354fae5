"""Filling a directory from a file: the demo people, and the fixtures of tests and integrations.

The shape (every text is a plain string; `docs/directory.md` has an example):

    hosts:  list of NAME, or {name, also, email, phone, channel, team, deputy, reachable, locale}
    visits: list of {host, visitor, company, at: "HH:MM", code}
    in_building: list of VISITOR, or {visitor, host, company}
    places: {PLACE: {LOCALE: directions}}     (read by the wayfinding service, not stored)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from miron.resources import assets_path
from receptionist.directory.errors import DirectoryError, Trouble
from receptionist.directory.records import Reply, Source

if TYPE_CHECKING:
    from receptionist.directory.directory import Directory

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_HOST_KEYS = ("name", "also", "email", "phone", "channel", "team", "deputy", "reachable", "locale")
_VISIT_KEYS = ("visitor", "company", "host", "at", "code")
_INSIDE_KEYS = ("visitor", "company", "host")


def read_demo() -> dict[str, Any]:
    """The demo directory that comes with Miron: hosts, visits and places."""
    return read_file(assets_path() / "demo" / "directory.yaml")


def read_file(path: Path) -> dict[str, Any]:
    """Read a directory file; every scalar stays text, so `10:30` is not a number.

    Raises:
        DirectoryError: The file cannot be read or is no YAML map.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(Trouble.BAD_DATA, f"{path} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise DirectoryError(Trouble.BAD_DATA, f"{path}: {error}") from None
    if not isinstance(data, dict):
        raise DirectoryError(Trouble.BAD_DATA, f"{path}: expected the sections hosts and visits")
    return data


def fill(directory: Directory, data: Mapping[str, Any], *, demo: bool = False) -> None:
    """Add the hosts, visits (of today) and people in the building that `data` lists.

    Hosts that are only mentioned, by a visit or as a deputy, are added with nothing but their name.

    Args:
        directory: What to fill.
        data: See the module's description; other sections are not looked at.
        demo: Mark the directory as the demo one, so that these visits stay "today". A directory that holds
            any host already is then left as it is.

    Raises:
        DirectoryError: `data` does not have the shape, which is checked before anything is written; or the
            database failed.
    """
    hosts = [_host_entry(entry, f"hosts[{i}]") for i, entry in enumerate(_entries(data, "hosts"))]
    visits = [_visit_entry(entry, f"visits[{i}]") for i, entry in enumerate(_entries(data, "visits"))]
    inside = [
        _record(
            {"visitor": entry} if isinstance(entry, str) else entry,
            f"in_building[{i}]",
            _INSIDE_KEYS,
            "visitor",
        )
        for i, entry in enumerate(_entries(data, "in_building"))
    ]
    with directory.database.write():
        if demo:
            if directory.hosts():
                return
            directory.start_demo()
        ids: dict[str, int] = {}
        for entry, _ in hosts:
            ids.setdefault(str(entry["name"]), directory.add_host(**entry).id)
        for entry, deputy in hosts:
            if deputy is not None:
                if deputy not in ids:
                    ids[deputy] = directory.add_host(deputy).id
                directory.set_deputy(ids[str(entry["name"])], ids[deputy])
        for visit in visits:
            source = Source.DEMO if demo else Source.GIVEN
            directory.add_visit(**visit, day=directory.today(), source=source)
        for stay in inside:
            directory.check_in(**stay)


def _entries(data: Mapping[str, Any], section: str) -> Sequence[Any]:
    entries = data.get(section) or []
    if not isinstance(entries, list | tuple):
        raise DirectoryError(Trouble.BAD_DATA, f"{section}: expected a list")
    return entries


def _record(entry: Any, where: str, keys: Sequence[str], required: str) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise DirectoryError(Trouble.BAD_DATA, f"{where}: expected {{{', '.join(keys)}}}")
    for key in entry:
        if key not in keys:
            near = get_close_matches(str(key), keys, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(keys)}"
            raise DirectoryError(Trouble.BAD_DATA, f"{where}: unknown key {key!r}; {hint}")
    if not entry.get(required):
        raise DirectoryError(Trouble.BAD_DATA, f"{where}: {required!r} is missing")
    return {key: value for key, value in entry.items() if value not in (None, "")}


def _host_entry(entry: Any, where: str) -> tuple[dict[str, Any], str | None]:
    record = _record({"name": entry} if isinstance(entry, str) else entry, where, _HOST_KEYS, "name")
    record["aliases"] = record.pop("also", ())
    if isinstance(record["aliases"], str):
        record["aliases"] = (record["aliases"],)
    if "reachable" in record:
        try:
            record["reachable"] = Reply(record["reachable"])
        except ValueError:
            raise DirectoryError(
                Trouble.BAD_DATA,
                f"{where}: reachable is one of {', '.join(Reply)}, not {record['reachable']!r}",
            ) from None
    deputy = record.pop("deputy", None)
    return record, str(deputy) if deputy is not None else None


def _visit_entry(entry: Any, where: str) -> dict[str, Any]:
    record = _record(entry, where, _VISIT_KEYS, "host")
    if "at" in record:
        try:
            hour, minute = str(record["at"]).split(":")
            record["at"] = time(int(hour), int(minute))
        except ValueError:
            raise DirectoryError(
                Trouble.BAD_DATA, f"{where}: at is a time such as 10:30, not {record['at']!r}"
            ) from None
    return record
