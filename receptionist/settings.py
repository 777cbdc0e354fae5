"""Groups of settings: what each is, and how it is read from its table of the settings file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit


class TableReader(Protocol):
    """Reads values of one settings file and collects what is wrong with them."""

    @property
    def base(self) -> Path:
        """The folder where relative paths start."""
        ...

    def value(self, table: str, key: str, default: Any) -> Any:
        """A value as it stands."""
        ...

    def problem(self, table: str, key: str, what: str) -> None:
        """Note a mistake."""
        ...

    def text(self, table: str, key: str, default: str) -> str:
        """A text."""
        ...

    def duration(self, table: str, key: str, default: str) -> float:
        """A duration, in seconds."""
        ...

    def days(self, table: str, key: str, default: int) -> int:
        """A number of days."""
        ...

    def path(self, table: str, key: str) -> Path | None:
        """An absolute path; None when nothing is set."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """The page on which hosts answer.

    Attributes:
        host: Address to listen at; empty when there is no page.
        port: Port of it.
        url: Where hosts reach it, without a slash at its end.
        valid_for_s: How long a link is good, in seconds.
    """

    host: str = ""
    port: int = 0
    url: str = ""
    valid_for_s: float = 7200.0


@dataclass(frozen=True, slots=True)
class ActionServers:
    """Where services run that do not run here.

    Attributes:
        default: Base URL of the server of all services that `at` does not name; empty: they run here.
        at: Service to base URL; empty: it runs here whatever `default` says.
        timeout_s: Longest wait for one answer, for services that set no limit of their own.
    """

    default: str = ""
    at: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 10.0

    def of(self, service: str) -> str:
        """Base URL of the server of a service; empty when it runs here."""
        return self.at.get(service, self.default)


@dataclass(frozen=True, slots=True)
class Retention:
    """Age, in days, at which each class of personal data is deleted; 0 keeps it."""

    visits: int = 90
    messages: int = 90
    consents: int = 90
    journals: int = 90
    badges: int = 90


@dataclass(frozen=True, slots=True)
class BadgeSettings:
    """Visitors' badges.

    Attributes:
        organisation: Printed at the top; empty for nothing.
        size_mm: Width and height.
        font: TrueType font file; None looks for one on the system when a name needs it.
        printer: Command that prints, as arguments; `{file}` stands for the PDF. Empty: only the file is made.
        folder: Where the PDFs lie.
    """

    organisation: str
    size_mm: tuple[float, float]
    font: Path | None
    printer: tuple[str, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Setting:
    """A value as it stands in the settings file, and where: line and column, from 1."""

    value: Any
    line: int
    column: int


def read_texts(table: Mapping[str, Any], problem: Callable[[str, str], None]) -> dict[str, dict[str, str]]:
    """`[places]` or `[faq]`: topic to text by locale, other words for a topic (`also`) like topics.

    Args:
        table: As it is written.
        problem: Called with a topic and what is wrong with it.
    """
    texts: dict[str, dict[str, str]] = {}
    for topic, written in table.items():
        by_locale = {"": written} if isinstance(written, str) else dict(written) if _is_map(written) else {}
        also = by_locale.pop("also", [])
        words = [also] if isinstance(also, str) else also
        sound = by_locale and all(isinstance(text, str) and text.strip() for text in by_locale.values())
        if not sound or not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            problem(topic, 'is a text, or one per language: {en = "…", de = "…", also = ["…"]}')
            continue
        for word in (topic, *words):
            texts.setdefault(word, by_locale)
    return texts


def _is_map(value: object) -> bool:
    return isinstance(value, dict)


def read_channels(reader: TableReader, table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """`[channels]`: name to Apprise URLs. Whether a service exists is left to `miron doctor`."""
    channels: dict[str, tuple[str, ...]] = {}
    for name, value in table.items():
        urls = [value] if isinstance(value, str) else value
        if name in ("local", "direct"):
            reader.problem("channels", name, "is taken: every kiosk has a channel of this name")
        elif not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
            reader.problem("channels", name, 'is an address such as "mailtos://…", or a list of them')
        elif not all("://" in url for url in urls):
            reader.problem("channels", name, 'has the form "service://…", as Apprise documents it')
        else:
            channels[name] = tuple(urls)
    return channels


def read_answers(reader: TableReader) -> AnswerPage:
    """`[answers]`."""
    listen, url = reader.text("answers", "listen", ""), reader.text("answers", "url", "").rstrip("/")
    valid_for = reader.duration("answers", "valid_for", "2h")
    if not listen:
        if url:
            reader.problem("answers", "url", "is of no use without answers.listen")
        return AnswerPage(valid_for_s=valid_for)
    found = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s\[\]]+):(\d{1,5})", listen)
    if not found or not 0 < int(found[2]) < 65536:
        reader.problem("answers", "listen", f'is address and port, such as "127.0.0.1:8077", not {listen!r}')
        return AnswerPage(valid_for_s=valid_for)
    host = found[1].strip("[]")
    if not url and host in ("0.0.0.0", "::"):
        reader.problem("answers", "listen", "is every address of this machine; say in answers.url which")
    if url and not _is_http(url):
        reader.problem("answers", "url", f'is an address such as "http://reception.lan:8077", not {url!r}')
    return AnswerPage(host, int(found[2]), url or f"http://{listen}", valid_for)


def read_services(reader: TableReader) -> ActionServers:
    """`[services]`."""
    default = reader.text("services", "url", "").rstrip("/")
    if default and not _is_http(default):
        reader.problem("services", "url", f'is an address such as "http://localhost:5055", not {default!r}')
    at = reader.value("services", "at", {})
    if not isinstance(at, dict):
        reader.problem("services", "at", "is a table: write [services.at]")
        at = {}
    servers: dict[str, str] = {}
    for name, url in at.items():
        if isinstance(url, str) and (not url or _is_http(url)):
            servers[name] = url.rstrip("/")
        else:
            reader.problem("services.at", name, 'is an address such as "http://localhost:5055", or ""')
    return ActionServers(default, servers, reader.duration("services", "timeout", "10s"))


def read_retention(reader: TableReader) -> Retention:
    """`[privacy]`: one number for all, and others for single classes."""
    general = reader.days("privacy", "retention", 90)
    own = {name for name in Retention.__slots__ if reader.value("privacy", name, None) is not None}
    return Retention(
        **{name: reader.days("privacy", name, 0) if name in own else general for name in Retention.__slots__}
    )


def read_badge(reader: TableReader, data: Path) -> BadgeSettings:
    """`[badge]`."""
    size = reader.text("badge", "size", "86x54")
    found = re.fullmatch(r"(\d{2,3})\s*[x×]\s*(\d{2,3})", size)
    if not found or not all(40 <= int(side) <= 300 for side in found.groups()):
        reader.problem("badge", "size", f'is width x height in mm, 40 to 300, such as "86x54", not {size!r}')
    printer = reader.value("badge", "print", [])
    if not isinstance(printer, list) or not all(isinstance(part, str) and part for part in printer):
        reader.problem("badge", "print", 'is a list of arguments such as ["lp", "-d", "badges", "{file}"]')
        printer = []
    elif printer and not any("{file}" in part for part in printer):
        reader.problem("badge", "print", "names the file to be printed nowhere: write {file} for it")
    return BadgeSettings(
        organisation=reader.text("badge", "organisation", ""),
        size_mm=(float(found[1]), float(found[2])) if found else (86.0, 54.0),
        font=reader.path("badge", "font"),
        printer=tuple(printer),
        folder=reader.path("badge", "folder") or data / "badges",
    )


@dataclass(frozen=True, slots=True)
class Listening:
    """Where something is served.

    Attributes:
        host: Address to listen at; empty: nothing is served.
        port: Port; 0 lets the system choose.
        token: What callers must show; empty: nothing.
    """

    host: str = ""
    port: int = 0
    token: str = ""


def read_web(reader: TableReader) -> Listening:
    """`[web]`."""
    return _listening(reader, "web", "127.0.0.1:8080")


def read_sensors(reader: TableReader) -> Listening:
    """`[sensors]`."""
    found = _listening(reader, "sensors", "")
    token = reader.text("sensors", "token", "")
    if found.host and len(token) < 16:
        reader.problem("sensors", "token", "is a secret of at least 16 characters that sensors show")
    return replace(found, token=token)


def listening(value: str) -> Listening | None:
    """Address and port as they are written, such as ``127.0.0.1:8080``; None if they are not."""
    host, colon, port = value.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        return None
    return Listening(host.strip("[]"), int(port))


def _listening(reader: TableReader, table: str, default: str) -> Listening:
    value = reader.text(table, "listen", default)
    if not value:
        return Listening()
    found = listening(value)
    if found is None:
        reader.problem(table, "listen", f'is ADDRESS:PORT such as "127.0.0.1:8080", not {value!r}')
        return Listening()
    return found


VOICES = ("auto", "espeak-ng", "pyttsx3", "off")
RECOGNISERS = ("auto", "vosk", "pocketsphinx", "off")


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """What the kiosk speaks and listens with.

    Attributes:
        voice: One of `VOICES`.
        words_per_minute: Pace of the voice.
        recogniser: One of `RECOGNISERS`.
        vosk: Locale → folder of a Vosk model.
        output: Name of the loudspeaker; empty: the system's default.
        input: Name of the microphone; empty: the system's default.
        echo_cancelled: The microphone does not hear the loudspeaker, so visitors may interrupt by voice.
        recording: A WAV file that plays the visitor in place of the microphone.
    """

    voice: str = "auto"
    words_per_minute: int = 160
    recogniser: str = "auto"
    vosk: Mapping[str, Path] = field(default_factory=dict)
    output: str = ""
    input: str = ""
    echo_cancelled: bool = False
    recording: Path | None = None


def read_speech(reader: TableReader) -> SpeechSettings:
    """`[speech]`."""

    def one_of(key: str, known: tuple[str, ...]) -> str:
        value = reader.text("speech", key, known[0])
        if value not in known:
            reader.problem("speech", key, f"is one of {', '.join(known)}, not {value!r}")
        return value

    pace = reader.value("speech", "pace", 160)
    if type(pace) is not int or not 80 <= pace <= 400:
        reader.problem("speech", "pace", f"is between 80 and 400 words a minute, not {pace!r}")
        pace = 160
    models = reader.value("speech", "vosk", {})
    if not isinstance(models, dict) or not all(isinstance(folder, str) for folder in models.values()):
        reader.problem("speech", "vosk", 'names a folder for each language: {de = "models/de"}')
        models = {}
    cancelled = reader.value("speech", "echo_cancelled", False)
    if not isinstance(cancelled, bool):
        reader.problem("speech", "echo_cancelled", f"is true or false, not {cancelled!r}")
    return SpeechSettings(
        voice=one_of("voice", VOICES),
        words_per_minute=pace,
        recogniser=one_of("recogniser", RECOGNISERS),
        vosk={locale: reader.base / Path(folder).expanduser() for locale, folder in models.items()},
        output=reader.text("speech", "output", ""),
        input=reader.text("speech", "input", ""),
        echo_cancelled=cancelled is True,
    )


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
