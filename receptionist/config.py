"""The kiosk's settings: one TOML file, every setting with a default.

`TEMPLATE` is the whole file with its defaults as comments; `docs/configuration.md` explains it.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from receptionist.settings import (
    ActionServers,
    AnswerPage,
    BadgeSettings,
    Listening,
    Retention,
    Setting,
    SpeechSettings,
    read_answers,
    read_badge,
    read_channels,
    read_retention,
    read_sensors,
    read_services,
    read_speech,
    read_texts,
    read_web,
)

HOME_VARIABLE = "MIRON_HOME"
"""Environment variable naming the one folder that then holds settings and data."""

TEMPLATE = """\
# Settings of a Miron kiosk. Every line is optional; what stands here as a comment is the default.
# Relative paths start at the folder of this file. Durations: "500ms", "5s", "2min", "1h".

# locale = "en"                    # language of the first greeting and of messages to hosts
# dialogue = ""                    # folder of your own dialogue; empty: the receptionist that comes along

[directory]
# database = ""                    # a file, or a URL such as "postgresql+psycopg://user@server/miron"; empty:
#                                  # "directory.sqlite3" in the data folder
# demo = true                      # fill an empty directory with invented people, expected today
# timeout = "2s"                   # longest wait for a database that another program keeps busy

[journal]
# folder = ""                      # where session journals go; empty: "journal" in the data folder
# mask = true                      # write pseudonyms instead of names and other personal values

[privacy]
# retention = 90                   # days until personal data is deleted; 0: keep for ever
#                                  # one class on its own: visits, messages, consents, journals or badges
#   journals = 30

[notify]
# channel = "local"                # a name of [channels]; local: one line of JSON a message, in this file:
# file = ""                        # empty: "outbox.jsonl" in the data folder
# timeout = "10s"                  # longest time that a service may take for one message
# front_desk = "Front desk"        # who is told when a visitor needs a person
# front_desk_channel = "local"     # and through which channel
# answer_within = "25s"            # how long to wait for a host's answer; less than the dialogue's 30 s
# counts_for = "30min"             # a visitor who comes again within this time is not announced a second time

# Other ways to reach people, as addresses of Apprise (https://appriseit.com): one, or several of which one
# is enough. {address} stands for the host's own e-mail or phone number. A host may also have such an address
# of their own. Nothing leaves this machine unless it is written here or there.
[channels]
#   mail = "mailtos://user:password@example.org?to={address}"
#   phones = ["slack://…", "msteams://…"]

# A small web page on which hosts answer by the link in their message.
[answers]
# listen = ""                      # address and port, such as "127.0.0.1:8077"; empty: no page, no links
# url = ""                         # where hosts reach it, such as "http://reception.lan:8077"; empty: there
# valid_for = "2h"                 # how long a link is good

# Services run in this program unless a Rasa action server is named here.
[services]
# url = ""                         # server of all services, such as "http://localhost:5055"
# timeout = "10s"                  # longest wait for an answer
[services.at]                      # a server for single services; "": in this program
#   ask_way = "http://localhost:5055"

[badge]
# organisation = ""                # printed at the top
# size = "86x54"                   # width x height in millimetres
# font = ""                        # a TrueType font; empty: one of the system that has all letters
# print = []                       # such as ["lp", "-d", "badges", "{file}"]; empty: only the PDF is made
# folder = ""                      # where the PDFs lie; empty: "badges" in the data folder

[understanding]
# trained = "auto"                 # auto: also with a model trained on the dialogue, made beside the visits
#                                  # where torch is installed; off: only with the dialogue's own sentences

[speech]
# voice = "auto"                   # espeak-ng, pyttsx3, auto (the first that works) or off
# pace = 160                       # words a minute
# recogniser = "auto"              # vosk, pocketsphinx (English), auto or off
# vosk = {}                        # folders of Vosk models by language: {de = "models/de"}
# output = ""                      # name of the loudspeaker; empty: the system's default
# input = ""                       # name of the microphone; empty: the system's default
# echo_cancelled = false           # true: the microphone does not hear the loudspeaker (an echo-cancelling
#                                  # source of PipeWire or PulseAudio), so visitors may interrupt by voice

[web]
# listen = "127.0.0.1:8080"        # where miron run --web shows the kiosk

[sensors]
# listen = ""                      # where sensors report presence, such as "127.0.0.1:8081"; empty: nowhere
# token = ""                       # the secret that they show, at least 16 characters

# What the receptionist answers to "where is ...": a text, or one per language. With demo = true and none
# given, invented places are used.
[places]
# cafeteria = "On the first floor, next to the lift."
# toilet = {en = "Second door on the left.", de = "Zweite Tür links.", also = ["restroom", "WC"]}

# What it answers to other questions, likewise; the key and `also` are what visitors ask about.
[faq]
# parking = {en = "Visitors park on level two.", also = ["car park", "where can I park"]}

# Settings of the dialogue: its memory entries whose names begin with "settings.", without that beginning.
# A duration is written like the others, a choice as a text.
[settings]
"""
"""A settings file with everything in it and nothing set."""


class ConfigError(Exception):
    """A settings file cannot be used.

    Attributes:
        problems: One line per problem, each `FILE:LINE:COLUMN: what is wrong`.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, checked, paths absolute.

    Attributes:
        file: Where they were read from; None if there is no file and all are defaults.
        data: Folder of databases, journals and the outbox.
        dialogue: The organisation's own dialogue; None means the built-in receptionist.
        database: Path or SQLAlchemy URL.
        demo: Whether an empty directory is filled with invented people.
        database_timeout_s: Longest wait for a busy database.
        mask_journal: Whether personal values are written as pseudonyms.
        retention: Age at which each class of personal data is deleted.
        channels: Apprise URLs by channel.
        notify_timeout_s: Longest time that a service may take for one message.
        answer_within_s: How long to wait for a host's answer.
        counts_for_s: How long an announcement stands for later ones of the same visit.
        trained: Whether trained understanding is used.
        places: Directions by place and locale; the locale `""` serves all others.
        faq: Answers to other questions by topic and locale, likewise.
        settings: Entries `settings.NAME` of the dialogue's memory, as they are set.
    """

    file: Path | None
    data: Path
    locale: str
    dialogue: Path | None
    database: str
    demo: bool
    database_timeout_s: float
    journal: Path
    mask_journal: bool
    retention: Retention
    notify_channel: str
    outbox_file: Path
    channels: Mapping[str, tuple[str, ...]]
    notify_timeout_s: float
    front_desk: str
    front_desk_channel: str
    answer_within_s: float
    counts_for_s: float
    answers: AnswerPage
    services: ActionServers
    badge: BadgeSettings
    speech: SpeechSettings
    web: Listening
    sensors: Listening
    trained: bool
    places: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    faq: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)


def load_config(file: Path | None = None, env: Mapping[str, str] = os.environ) -> Config:
    """Read the settings.

    Args:
        file: The settings file; None looks for `config.toml` in the settings folder and takes the defaults
            where there is none.
        env: Environment; `MIRON_HOME` replaces the user's settings and data folders.

    Raises:
        ConfigError: The file is missing though named, unreadable, or has mistakes; all of them are listed.
    """
    settings_folder, data = folders(env)
    path = file if file is not None else settings_folder / "config.toml"
    if file is None and not path.is_file():
        return _Reader(None, "", {}, data).config()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((f"{path}: cannot be read: {error}",)) from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        last = text.count("\n") + 1, len(text) - text.rfind("\n")
        line, column = (place[1], place[2]) if place else last
        reason = re.sub(r" \(at [^)]*\)$", "", str(error))
        raise ConfigError((f"{path}:{line}:{column}: {reason}",)) from None
    except RecursionError:
        raise ConfigError((f"{path}:1:1: nested too deeply",)) from None
    return _Reader(path, text, table, data).config()


def folders(env: Mapping[str, str] = os.environ) -> tuple[Path, Path]:
    """The folders of the settings file and of the data; neither is created."""
    if home := env.get(HOME_VARIABLE):
        folder = Path(home).expanduser().absolute()
        return folder, folder
    import platformdirs

    return (
        Path(platformdirs.user_config_dir("miron", appauthor=False)),
        Path(platformdirs.user_data_dir("miron", appauthor=False)),
    )


def seconds(text: str) -> float:
    """A duration such as `500ms`, `5s`, `2min` or `1h`, in seconds.

    Raises:
        ValueError: It is none.
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|min|h)", text.strip())
    if not found:
        raise ValueError("is a duration such as 5s, 500ms or 2min")
    return float(found[1]) * {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}[found[2]]


_KEYS = {
    "": ("locale", "dialogue"),
    "directory": ("database", "demo", "timeout"),
    "journal": ("folder", "mask"),
    "privacy": ("retention", *Retention.__slots__),
    "notify": (
        "channel",
        "file",
        "timeout",
        "front_desk",
        "front_desk_channel",
        "answer_within",
        "counts_for",
    ),
    "answers": ("listen", "url", "valid_for"),
    "services": ("url", "timeout", "at"),
    "badge": ("organisation", "size", "font", "print", "folder"),
    "understanding": ("trained",),
    "web": ("listen",),
    "sensors": ("listen", "token"),
    "speech": ("voice", "pace", "recogniser", "vosk", "output", "input", "echo_cancelled"),
}
_FREE = ("channels", "places", "faq", "settings")
"""Tables whose keys are names of the organisation's own."""


class _Reader:
    """Reads one settings table, collecting every problem with its line."""

    def __init__(self, path: Path | None, text: str, table: Mapping[str, Any], data: Path) -> None:
        self._path = path
        self._places = _key_places(text)
        self._table = table
        self._data = data
        self.base = path.absolute().parent if path else data
        self._problems: list[str] = []

    def config(self) -> Config:
        self._check_names()
        dialogue = self.text("", "dialogue", "")
        database = self.text("directory", "database", "")
        if database and "://" not in database:
            database = str(self.base / Path(database).expanduser())
        own = self._table.get("channels")
        channels = read_channels(self, own if isinstance(own, dict) else {})
        config = Config(
            file=self._path,
            data=self._data,
            locale=self._locale(),
            dialogue=self.base / Path(dialogue).expanduser() if dialogue else None,
            database=database or str(self._data / "directory.sqlite3"),
            demo=self._flag("directory", "demo", True),
            database_timeout_s=self.duration("directory", "timeout", "2s"),
            journal=self._file("journal", "folder", "journal"),
            mask_journal=self._flag("journal", "mask", True),
            retention=read_retention(self),
            notify_channel=self._channel("channel", channels),
            outbox_file=self._file("notify", "file", "outbox.jsonl"),
            channels=channels,
            notify_timeout_s=self.duration("notify", "timeout", "10s"),
            front_desk=self.text("notify", "front_desk", "Front desk"),
            front_desk_channel=self._channel("front_desk_channel", channels),
            answer_within_s=self.duration("notify", "answer_within", "25s"),
            counts_for_s=self.duration("notify", "counts_for", "30min"),
            answers=read_answers(self),
            services=read_services(self),
            badge=read_badge(self, self._data),
            trained=self._trained(),
            speech=read_speech(self),
            web=read_web(self),
            sensors=read_sensors(self),
            places=read_texts(self._free("places"), partial(self.problem, "places")),
            faq=read_texts(self._free("faq"), partial(self.problem, "faq")),
            settings={
                name: Setting(value, *self._place("settings", name))
                for name, value in self._free("settings").items()
            },
        )
        if self._problems:
            raise ConfigError(tuple(self._problems))
        return config

    def _check_names(self) -> None:
        tables = [*(name for name in _KEYS if name), *_FREE]
        for name, value in self._table.items():
            if name in tables:
                if not isinstance(value, dict):
                    self.problem("", name, f"is a table: write [{name}]")
                elif name not in _FREE:
                    for key in value:
                        self._known(name, key, _KEYS[name])
            else:
                self._known("", name, (*_KEYS[""], *tables))

    def _known(self, table: str, key: str, known: tuple[str, ...]) -> None:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            self.problem(table, key, f"is no setting; {hint}")

    def problem(self, table: str, key: str, what: str) -> None:
        line, column = self._place(table, key)
        name = f"{table}.{key}" if table else key
        self._problems.append(f"{self._path}:{line}:{column}: {name} {what}")

    def _place(self, table: str, key: str) -> tuple[int, int]:
        return self._places.get((table, key)) or self._places.get((key, "")) or (1, 1)

    def _free(self, table: str) -> Mapping[str, Any]:
        """A table whose keys are names of the organisation's own."""
        found = self._table.get(table, {})
        return found if isinstance(found, dict) else {}

    def value(self, table: str, key: str, default: Any) -> Any:
        section = self._table.get(table, {}) if table else self._table
        return section.get(key, default) if isinstance(section, dict) else default

    def _typed(self, table: str, key: str, default: Any, kind: type, name: str) -> Any:
        value = self.value(table, key, default)
        if type(value) is not kind:
            self.problem(table, key, f"is {name}, not {value!r}")
            return default
        return value

    def text(self, table: str, key: str, default: str) -> str:
        return str(self._typed(table, key, default, str, 'a text in "quotation marks"'))

    def _flag(self, table: str, key: str, default: bool) -> bool:
        return bool(self._typed(table, key, default, bool, "true or false"))

    def days(self, table: str, key: str, default: int) -> int:
        value = int(self._typed(table, key, default, int, "a whole number of days"))
        if not 0 <= value <= 36500:
            self.problem(table, key, f"is between 0 and 36500 days, not {value}")
        return value

    def duration(self, table: str, key: str, default: str) -> float:
        value = self.text(table, key, default)
        try:
            return seconds(value)
        except ValueError as error:
            self.problem(table, key, f"{error}, not {value!r}")
            return seconds(default)

    def path(self, table: str, key: str) -> Path | None:
        value = self.text(table, key, "")
        return self.base / Path(value).expanduser() if value else None

    def _channel(self, key: str, channels: Mapping[str, tuple[str, ...]]) -> str:
        value = self.text("notify", key, "local")
        known = ("local", *channels)
        if value not in known:
            self.problem("notify", key, f"is one of {', '.join(known)}, not {value!r}")
        return value

    def _file(self, table: str, key: str, default: str) -> Path:
        value = self.text(table, key, "")
        return self.base / Path(value).expanduser() if value else self._data / default

    def _trained(self) -> bool:
        value = self.text("understanding", "trained", "auto")
        if value not in ("auto", "off"):
            self.problem("understanding", "trained", f"is auto or off, not {value!r}")
        return value == "auto"

    def _locale(self) -> str:
        value = self.text("", "locale", "en")
        if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", value):
            self.problem("", "locale", f"is a language such as en, de or zh, not {value!r}")
        return value


def _key_places(text: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Line and column (from 1) of `(table, key)` and of `(table, "")` headings, as far as one look tells."""
    places: dict[tuple[str, str], tuple[int, int]] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        column = len(line) - len(line.lstrip()) + 1
        if heading := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = heading[1].strip("\"'")
            places.setdefault((table, ""), (number, column))
        elif assignment := re.match(r"\s*(\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)\s*[.=]", line):
            places.setdefault((table, assignment[1].strip("\"'")), (number, column))
    return places
