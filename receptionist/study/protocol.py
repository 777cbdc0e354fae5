"""The protocol of a study: ``study.toml`` in its folder (docs/study.md)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from receptionist.study.counters import RECEPTIONIST, PatternError, Vocabulary, read_counters
from receptionist.study.sources import Source

FILE: Final = "study.toml"
ASSIGNMENT: Final = "assignment.csv"
SESSIONS: Final = "sessions"
ANSWERS: Final = "questionnaires"
TRANSCRIPTS: Final = "transcripts"
ORDERS: Final = ("latin", "all", "random", "fixed")
NAME: Final = re.compile(r"[\w][\w.-]*")
"""Of conditions, participants and tasks: they become parts of file names."""

_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "study": ("name", "about", "consent", "audio", "locale"),
    "design": ("participants", "within", "order", "seed", "sessions"),
    "questionnaires": ("use", "missing"),
    "measures": ("success", "phase", "help", "repeat", "corrections", "hand_over", "compare", "satisfaction"),
}
_CONDITION: Final = ("about", "dialogue", "changes")
_TASK: Final = ("about", "success", "values")
MAX_PARTICIPANTS: Final = 100_000


class ProtocolError(Exception):
    """A protocol with mistakes; the message lists all of them, a line each."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One way in which sessions differ on purpose.

    Attributes:
        name: What it is called in tables.
        source: Its dialogue.
        about: In words.
    """

    name: str
    source: Source
    about: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a participant is asked to do in a session.

    Attributes:
        name: What it is called in tables.
        about: As the participant is told.
        success: Endings with which it is done; empty: those of the measures.
        values: Attribute–value matrix: entry of memory → what it should hold at the end of the visit.
    """

    name: str
    about: str = ""
    success: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Protocol:
    """A study as planned.

    Attributes:
        folder: Where everything lies.
        name: Of the study.
        about: In words.
        consent: What participants agree to.
        audio: Whether sound is recorded; only with consent, and off unless it says so.
        locale: Language of the sessions.
        conditions: At least one, in the order of the file.
        participants: Their pseudonyms.
        within: Everybody meets every condition; otherwise each one only.
        order: Of conditions for one participant (`ORDERS`).
        seed: Of all chance in the assignment.
        sessions: How many each participant has with a condition.
        tasks: What is to be done, in turn; may be empty.
        questionnaires: Names of those answered after each session.
        missing: Policy for missing answers, where it is not the questionnaire's own.
        vocabulary: What journals mean.
        compare: Measures that conditions are compared by, in this order.
        satisfaction: The measure that stands for what users thought; of the PARADISE regression.
    """

    folder: Path
    name: str
    about: str
    consent: str
    audio: bool
    locale: str
    conditions: tuple[Condition, ...]
    participants: tuple[str, ...]
    within: bool
    order: str
    seed: int
    sessions: int
    tasks: tuple[Goal, ...]
    questionnaires: tuple[str, ...]
    missing: str
    vocabulary: Vocabulary
    compare: tuple[str, ...]
    satisfaction: str

    @property
    def sources(self) -> tuple[Source, ...]:
        """The dialogues of all conditions."""
        return tuple(condition.source for condition in self.conditions)

    def task(self, name: str) -> Goal | None:
        """A task by name."""
        return next((task for task in self.tasks if task.name == name), None)


COMPARED: Final = ("success", "turns", "active_s", "no_input", "not_understood", "repairs", "hand_overs")


def read_protocol(folder: Path) -> Protocol:
    """Read ``study.toml``.

    Raises:
        ProtocolError: It is not there, is no TOML, or has mistakes (all are told).
    """
    path = folder / FILE
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProtocolError(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"{path}: {error}") from None
    reader = _Reader(path, written)
    protocol = reader.protocol()
    if reader.wrong:
        raise ProtocolError("\n".join(f"{path}: {each}" for each in reader.wrong))
    return protocol


class _Reader:
    def __init__(self, path: Path, written: Mapping[str, Any]) -> None:
        self._folder = path.parent
        self._written = written
        self.wrong: list[str] = []

    def protocol(self) -> Protocol:
        self._unknown("", self._written, (*_TABLES, "conditions", "tasks", "counters"))
        for table, keys in _TABLES.items():
            self._unknown(f"{table}.", self._table(self._written, table), keys)
        order = self._get("design", "order", str, "latin")
        if order not in ORDERS:
            self.wrong.append(f"design.order is one of {', '.join(ORDERS)}, not {order!r}")
        sessions = self._get("design", "sessions", int, 1)
        if not 1 <= sessions <= 1000:
            self.wrong.append(f"design.sessions is a number from 1 to 1000, not {sessions}")
        return Protocol(
            folder=self._folder,
            name=self._get("study", "name", str, "") or self._missing("study.name"),
            about=self._get("study", "about", str, "").strip(),
            consent=self._get("study", "consent", str, "").strip(),
            audio=self._get("study", "audio", bool, False),
            locale=self._get("study", "locale", str, "en"),
            conditions=self._conditions(),
            participants=self._participants(),
            within=self._get("design", "within", bool, True),
            order=order,
            seed=self._get("design", "seed", int, 0),
            sessions=sessions,
            tasks=self._tasks(),
            questionnaires=self._names("questionnaires", "use"),
            missing=self._get("questionnaires", "missing", str, ""),
            vocabulary=self._vocabulary(),
            compare=self._names("measures", "compare") or COMPARED,
            satisfaction=self._get("measures", "satisfaction", str, ""),
        )

    def _table(self, within: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        table = within.get(name, {})
        if not isinstance(table, dict):
            self.wrong.append(f"{name} is a table: write [{name}]")
            return {}
        return table

    def _unknown(self, prefix: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
        from miron.source import suggest

        for key in table:
            if key not in known:
                near = suggest(key, list(known))
                self.wrong.append(f"{prefix}{key} is not known" + (f"; did you mean {near}?" if near else ""))

    def _missing(self, what: str) -> str:
        self.wrong.append(f"{what} is missing")
        return ""

    def _get(self, table: str, key: str, kind: type, default: Any) -> Any:
        value = self._table(self._written, table).get(key, default)
        if type(value) is not kind:
            kinds = {str: "a text", int: "a whole number", bool: "true or false"}
            self.wrong.append(f"{table}.{key} is {kinds[kind]}, not {value!r}")
            return default
        return value

    def _names(self, table: str, key: str) -> tuple[str, ...]:
        return self._list(f"{table}.{key}", self._table(self._written, table).get(key, []))

    def _list(self, where: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            self.wrong.append(f"{where} is a list of names, not {value!r}")
            return ()
        twice = sorted({each for each in value if value.count(each) > 1})
        if twice:
            self.wrong.append(f"{where}: {', '.join(twice)} stands there twice")
        return tuple(value)

    def _named(self, what: str, keys: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for name, given in self._table(self._written, what).items():
            if not NAME.fullmatch(name):
                self.wrong.append(f"{what}.{name}: a name has letters, digits, '.', '-' and '_'")
            elif not isinstance(given, dict):
                self.wrong.append(f"{what}.{name} is a table: write [{what}.{name}]")
            else:
                self._unknown(f"{what}.{name}.", given, keys)
                found[name] = given
        return found

    def _text(self, where: str, value: object) -> str:
        if not isinstance(value, str):
            self.wrong.append(f"{where} is a text, not {value!r}")
            return ""
        return value.strip()

    def _conditions(self) -> tuple[Condition, ...]:
        found = []
        for name, given in self._named("conditions", _CONDITION).items():
            paths: dict[str, Path | None] = {"dialogue": None, "changes": None}
            for key in paths:
                text = self._text(f"conditions.{name}.{key}", given.get(key, ""))
                if text:
                    paths[key] = self._folder / Path(text).expanduser()
                    if not (self._folder / Path(text).expanduser()).exists():
                        self.wrong.append(f"conditions.{name}.{key}: there is no {text}")
            about = self._text(f"conditions.{name}.about", given.get("about", ""))
            found.append(Condition(name, Source(paths["dialogue"], paths["changes"]), about))
        if not found and "conditions" not in {each.partition(" ")[0] for each in self.wrong}:
            self.wrong.append("there is no condition: write [conditions.NAME]")
        return tuple(found)

    def _participants(self) -> tuple[str, ...]:
        given = self._table(self._written, "design").get("participants", 0)
        if type(given) is int and 0 < given <= MAX_PARTICIPANTS:
            width = max(2, len(str(given)))
            return tuple(f"P{number:0{width}d}" for number in range(1, given + 1))
        if isinstance(given, list) and given:
            names = self._list("design.participants", given)
            bad = [name for name in names if not NAME.fullmatch(name)]
            if bad:
                self.wrong.append(
                    f"design.participants: {', '.join(bad)}: a name has letters, digits, '.', '-' and '_'"
                )
            return names
        self.wrong.append(
            f"design.participants is how many there are, or a list of pseudonyms, not {given!r}"
        )
        return ()

    def _tasks(self) -> tuple[Goal, ...]:
        found = []
        for name, given in self._named("tasks", _TASK).items():
            values = given.get("values", {})
            if not isinstance(values, dict) or not all(isinstance(each, str) for each in values.values()):
                self.wrong.append(f'tasks.{name}.values names entries: {{"visit.host" = "Grace Hopper"}}')
                values = {}
            success = self._list(f"tasks.{name}.success", given.get("success", []))
            about = self._text(f"tasks.{name}.about", given.get("about", ""))
            found.append(Goal(name, about, success, values))
        return tuple(found)

    def _vocabulary(self) -> Vocabulary:
        given = self._table(self._written, "measures")
        changed: dict[str, Any] = {}
        for key in ("success", "corrections", "hand_over"):
            if key in given:
                changed[key] = self._names("measures", key)
        for key in ("phase", "help", "repeat"):
            if key in given:
                changed[key] = self._get("measures", key, str, "")
        counters = dict(RECEPTIONIST.counters)
        for name, patterns in self._table(self._written, "counters").items():
            try:
                counters |= read_counters({name: self._list(f"counters.{name}", patterns)})
            except PatternError as error:
                self.wrong.append(f"counters.{name}: {error}")
        return replace(RECEPTIONIST, **changed, counters=counters)
