"""What this machine has, what is missing, and what follows from it.

Every check answers with a row and none raises. What native libraries do (print, hang, crash) happens in a
process of its own with a time limit; everything else is looked up without importing it.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from receptionist.config import Config
from receptionist.settings import ActionServers

_LEAST_FREE_BYTES = 200 * 1024 * 1024
_PROBE_LIMIT_S = 4.0
_ESPEAK_FILES = (
    "libespeak-ng.so.1",
    "libespeak-ng.so",
    "libespeak-ng.1.dylib",
    "espeak-ng.dll",
    "libespeak-ng.dll",
)
_SOUND_PROBE = """
import sounddevice
devices = sounddevice.query_devices()
print(sum(d["max_input_channels"] > 0 for d in devices), sum(d["max_output_channels"] > 0 for d in devices))
"""


class State(StrEnum):
    """How a thing is."""

    OK = "ok"
    MISSING = "missing"
    """Not there; Miron runs without it."""
    BROKEN = "broken"
    """There, or needed, and does not work."""


@dataclass(frozen=True, slots=True)
class Row:
    """One finding.

    Attributes:
        name: What was looked at.
        state: How it is.
        detail: What was found.
        follows: What that means for the kiosk, or what to do; empty when there is nothing to say.
    """

    name: str
    state: State
    detail: str
    follows: str = ""


def examine(
    config: Config, *, env: Mapping[str, str] = os.environ, screen: TextIO | None = None
) -> tuple[Row, ...]:
    """All findings, in the order in which they are best read.

    Args:
        config: The settings to check.
        env: Environment, for what it says of the terminal.
        screen: Where the kiosk would be drawn; None takes standard output.
    """
    return (
        python(),
        yaml_reader(),
        database(config),
        data_folder(config.data),
        channels(config),
        *action_servers(config.services),
        sound(),
        *recognisers(config.speech.vosk),
        *voices(),
        torch(),
        understanding(config),
        terminal(screen or sys.stdout, env),
    )


def python() -> Row:
    """The interpreter's version."""
    version = platform.python_version()
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Row("Python", State.OK, version)
    return Row("Python", State.BROKEN, version, "Miron is made for Python 3.11 to 3.13.")


def yaml_reader() -> Row:
    """Whether PyYAML has libyaml, without which dialogues are not read."""
    import yaml

    if getattr(yaml, "__with_libyaml__", False):
        return Row("YAML reader", State.OK, f"PyYAML {yaml.__version__} with libyaml")
    return Row(
        "YAML reader",
        State.BROKEN,
        f"PyYAML {yaml.__version__} without libyaml",
        "Dialogues cannot be read. Install PyYAML from its wheel: pip install --force-reinstall pyyaml",
    )


def database(config: Config) -> Row:
    """Whether the directory can be opened and written, and is sound; a new one is not begun."""
    from receptionist.directory import DirectoryError, Trouble
    from receptionist.directory.store import Database

    name = config.database
    if "://" not in name and not Path(name).exists():
        return Row("Directory", State.OK, f"{name} does not exist yet", "It is created at the first start.")
    try:
        opened = Database(name, create=False, timeout_s=config.database_timeout_s)
        fault = opened.sound()
        with opened.write() as session:
            session.connection()
    except DirectoryError as error:
        hint = "Try again in a moment." if error.kind is Trouble.LOCKED else "The kiosk cannot start with it."
        return Row("Directory", State.BROKEN, error.message, hint)
    if fault is not None:
        return Row("Directory", State.BROKEN, f"{opened.name}: {fault}", "Restore a copy of the file.")
    return Row("Directory", State.OK, opened.name)


def data_folder(folder: Path) -> Row:
    """Whether journals and messages can be written, and whether there is room for them."""
    existing = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return Row(
            "Data folder",
            State.BROKEN,
            f"{folder} cannot be written",
            "Journals and messages would be lost. Change the rights, or set MIRON_HOME to another folder.",
        )
    try:
        free = shutil.disk_usage(existing).free
    except OSError as error:
        return Row("Data folder", State.BROKEN, f"{folder}: {error}", "Journals may not be written.")
    detail = f"{folder}, {free / 1024**3:.1f} GiB free"
    if free < _LEAST_FREE_BYTES:
        return Row("Data folder", State.BROKEN, detail, "Make room, or journals will stop being written.")
    return Row("Data folder", State.OK, detail)


def channels(config: Config) -> Row:
    """Whether Apprise knows the ways to reach people; nothing is sent."""
    name = "Channels"
    if not config.channels:
        return Row(name, State.OK, "the local outbox only; nothing leaves this machine")
    from receptionist.notify.apprise_channel import faulty

    wrong = [
        f"{channel}: {trouble}"
        for channel, urls in config.channels.items()
        for url in urls
        if (trouble := faulty(url))
    ]
    if wrong:
        return Row(name, State.BROKEN, "; ".join(wrong), "Messages to these people will fail.")
    return Row(name, State.OK, f"local, {', '.join(config.channels)}")


def action_servers(servers: ActionServers) -> tuple[Row, ...]:
    """Whether the action servers of the settings answer."""
    from receptionist.actions.remote import RemoteActions
    from receptionist.services import ServiceFailure

    rows: list[Row] = []
    for url in sorted({servers.default, *servers.at.values()} - {""}):
        try:
            RemoteActions(url, servers.timeout_s).warm()
        except ServiceFailure as failure:
            follows = "The visitor hears an apology where its services are needed."
            rows.append(Row("Action server", State.BROKEN, failure.detail, follows))
        else:
            rows.append(Row("Action server", State.OK, url))
    return tuple(rows)


def sound() -> Row:
    """The sound library and its devices."""
    follows = "Visitors type or press buttons; nothing is heard or spoken aloud."
    if not _installed("sounddevice"):
        return Row(
            "Sound", State.MISSING, "sounddevice is not installed", f"{follows} pip install 'miron[speech]'"
        )
    try:
        probe = subprocess.run(
            [sys.executable, "-c", _SOUND_PROBE],
            capture_output=True,
            text=True,
            timeout=_PROBE_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Row("Sound", State.BROKEN, "the sound system does not answer", follows)
    except OSError as error:
        return Row("Sound", State.BROKEN, f"cannot be examined: {error}", follows)
    counts = probe.stdout.split()
    if probe.returncode != 0 or len(counts) != 2:
        if "PortAudio" in probe.stderr:
            return Row(
                "Sound",
                State.MISSING,
                "PortAudio is not installed",
                f"{follows} On Debian and Ubuntu: apt install libportaudio2",
            )
        reason = probe.stderr.strip().splitlines()[-1] if probe.stderr.strip() else f"exit {probe.returncode}"
        return Row("Sound", State.BROKEN, f"sounddevice fails: {reason}", follows)
    inputs, outputs = (int(count) for count in counts)
    detail = f"{inputs} input{'s' * (inputs != 1)}, {outputs} output{'s' * (outputs != 1)}"
    if inputs and outputs:
        return Row("Sound", State.OK, detail)
    return Row("Sound", State.MISSING, detail, follows)


def recognisers(models: Mapping[str, Path]) -> tuple[Row, ...]:
    """Speech recognisers, and the models that Vosk needs."""
    vosk = _package("Recogniser vosk", "vosk", "Visitors type or press buttons.")
    if vosk.state is State.OK:
        lost = [str(folder) for folder in models.values() if not folder.is_dir()]
        if not models:
            vosk = Row(
                vosk.name,
                State.MISSING,
                f"{vosk.detail}, no model",
                "Languages other than English need one: name its folder in the settings, [speech] vosk",
            )
        elif lost:
            vosk = Row(
                vosk.name,
                State.BROKEN,
                f"{vosk.detail}, no folder {', '.join(lost)}",
                "Correct [speech] vosk.",
            )
        else:
            vosk = Row(vosk.name, State.OK, f"{vosk.detail}, models for {', '.join(models)}")
    return vosk, _package("Recogniser pocketsphinx", "pocketsphinx", "English is not recognised.")


def voices() -> tuple[Row, ...]:
    """Speech synthesisers."""
    espeak = _espeak()
    pyttsx3 = _package("Voice pyttsx3", "pyttsx3", "")
    if pyttsx3.state is State.OK and espeak.state is not State.OK and sys.platform.startswith("linux"):
        detail = f"{pyttsx3.detail}, which needs espeak-ng here"
        pyttsx3 = Row(pyttsx3.name, State.MISSING, detail)
    return espeak, pyttsx3


def torch() -> Row:
    """Whether understanding can be trained here; it is served without torch."""
    return _package("Training (torch)", "torch", "Only training needs it: pip install 'miron[train]'")


def understanding(config: Config) -> Row:
    """Whether the dialogue's trained models are there."""
    from miron.source import ModelError
    from receptionist.dialogue import load_dialogue
    from receptionist.trained import model_file, models_folder, trainable

    name = "Understanding"
    if not config.trained:
        return Row(name, State.OK, "the sentences of the dialogue; trained = off in the settings")
    try:
        compiled = load_dialogue(config.dialogue)
    except ModelError as fault:
        return Row(name, State.BROKEN, "the dialogue has mistakes", f"miron check shows them ({fault})"[:200])
    folder = models_folder()
    files = {locale: model_file(compiled, locale, folder) for locale in trainable(compiled)}
    missing = [locale for locale, path in files.items() if not path.is_file()]
    if not missing:
        return Row(name, State.OK, f"trained for {', '.join(files) or 'no language'}")
    follows = (
        "The kiosk trains it beside the visits; miron train does it now."
        if _installed("torch")
        else "What no sentence of the dialogue says is not understood. With miron[train]: miron train"
    )
    return Row(name, State.MISSING, f"not trained for {', '.join(missing)}", follows)


def terminal(screen: TextIO, env: Mapping[str, str]) -> Row:
    """Whether the kiosk's screen can be drawn here: a terminal, colours, Unicode, size."""
    if not screen.isatty():
        return Row(
            "Terminal",
            State.MISSING,
            "output is not a terminal",
            "Use miron run --text; the kiosk needs one.",
        )
    size = shutil.get_terminal_size()
    kind = env.get("TERM", "")
    encoding = (getattr(screen, "encoding", None) or "unknown").lower()
    if env.get("NO_COLOR"):
        colours = "no colours (NO_COLOR)"
    elif env.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        colours = "true colour"
    else:
        colours = "256 colours" if "256" in kind else "few colours"
    detail = f"{kind or 'unknown'}, {size.columns}×{size.lines}, {colours}, {encoding}"
    if kind in ("", "dumb"):
        return Row("Terminal", State.BROKEN, detail, "Use miron run --text, or another terminal.")
    if "utf" not in encoding:
        return Row("Terminal", State.BROKEN, detail, "The avatar needs Unicode: set LANG=C.UTF-8 or similar.")
    if size.columns < 60 or size.lines < 20:
        return Row("Terminal", State.BROKEN, detail, "Enlarge the window to 60×20 or more.")
    return Row("Terminal", State.OK, detail)


def _espeak() -> Row:
    for name in _ESPEAK_FILES:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return Row("Voice espeak-ng", State.OK, name)
    return Row(
        "Voice espeak-ng",
        State.MISSING,
        "the library is not installed",
        "The avatar's words are shown, not spoken. On Debian and Ubuntu: apt install espeak-ng",
    )


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _package(name: str, module: str, follows: str) -> Row:
    if not _installed(module):
        return Row(name, State.MISSING, "not installed", follows)
    try:
        return Row(name, State.OK, f"{module} {importlib.metadata.version(module)}")
    except importlib.metadata.PackageNotFoundError:
        return Row(name, State.OK, f"{module}, version unknown")
