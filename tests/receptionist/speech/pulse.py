"""A sound server with invented devices, a kiosk in a terminal of its own, and a visitor who speaks."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NEEDED = ("pulseaudio", "pactl", "paplay", "parec", "flite")


def missing() -> str:
    """Why this machine cannot play a spoken visit; empty: it can."""
    programs = [name for name in NEEDED if shutil.which(name) is None]
    if programs:
        return f"needs {', '.join(programs)} (Debian: apt install pulseaudio pulseaudio-utils flite)"
    for package in ("sounddevice", "pocketsphinx", "soxr"):
        try:
            __import__(package)
        except (ImportError, OSError) as error:
            return f"needs the extra speech: {error}"
    return ""


class SoundServer:
    """PulseAudio with one loudspeaker and one microphone that exist only in it.

    Args:
        folder: For its files; short, since it holds a socket.
    """

    def __init__(self, folder: Path) -> None:
        home, runtime = folder / "h", folder / "x"
        home.mkdir(parents=True, exist_ok=True)
        runtime.mkdir(mode=0o700, exist_ok=True)
        (home / ".asoundrc").write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
        self.folder = folder
        self.env = {
            **os.environ,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "PULSE_RUNTIME_PATH": str(runtime / "pulse"),
        }
        modules = (
            "module-native-protocol-unix",
            "module-null-sink sink_name=speaker rate=48000",
            "module-null-sink sink_name=micbus rate=48000",
            "module-remap-source source_name=mic master=micbus.monitor",
        )
        loads = [f"--load={module}" for module in modules]
        self._server = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", *loads],
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: self._control("info").returncode == 0, 20, "the sound server")
        for command in (("set-default-sink", "speaker"), ("set-default-source", "mic")):
            self._control(*command)

    def say(self, text: str) -> None:
        """A visitor speaks into the microphone; returns when they have finished."""
        wav = self.folder / "said.wav"
        subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", str(wav)], check=True)
        subprocess.run(["paplay", "-d", "micbus", str(wav)], env=self.env, check=True)

    @contextmanager
    def recorded(self) -> Iterator[Path]:
        """What the loudspeaker plays meanwhile, as 16 kHz mono 16-bit samples in a file."""
        path = self.folder / "played.raw"
        command = ["parec", "-d", "speaker.monitor", "--rate=16000", "--channels=1", "--format=s16le"]
        with path.open("wb") as file, subprocess.Popen(command, env=self.env, stdout=file) as process:
            yield path
            process.terminate()

    def close(self) -> None:
        """Take the devices away."""
        self._server.terminate()
        self._server.wait(10)

    def _control(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["pactl", *arguments], env=self.env, capture_output=True, check=False)


class Kiosk:
    """``miron run`` in a terminal of its own, followed through its journal."""

    def __init__(self, env: dict[str, str], home: Path, *options: str) -> None:
        self.journal = home / "visit.jsonl"
        self.screen = b""
        pid, self._terminal = pty.fork()
        if pid == 0:
            os.environ.update(env, MIRON_HOME=str(home), TERM="xterm-256color", COLUMNS="110", LINES="36")
            command = [sys.executable, "-m", "receptionist", "run", "--journal", str(self.journal), *options]
            os.execv(command[0], command)
        self.pid = pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def records(self) -> list[dict[str, Any]]:
        """All records so far."""
        if not self.journal.exists():
            return []
        lines = self.journal.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def heard(self) -> list[str]:
        """Names of what was heard, in order."""
        return [
            record["name"]
            for record in self.records()
            if record["kind"] == "percept" and record.get("source") == "other"
        ]

    def said(self, name: str, phase: str = "done") -> bool:
        """Whether this sentence was said."""
        return any(
            record["kind"] == "percept"
            and record.get("source") == "self"
            and record.get("name") == name
            and record.get("phase") == phase
            for record in self.records()
        )

    def ending(self) -> str:
        """How the first visit ended; empty: it has not."""
        return next((each["name"] for each in self.records() if each.get("channel") == "visit"), "")

    def wait(self, condition: Callable[[], object], what: str, seconds: float = 60) -> None:
        """Until something is so; else the test fails with the journal's end."""
        try:
            wait_for(condition, seconds, what)
        except AssertionError as error:
            tail = "\n".join(json.dumps(record, ensure_ascii=False) for record in self.records()[-25:])
            raise AssertionError(f"{error}\n{tail}") from None

    def close(self) -> int:
        """End it as a front desk would; its exit status."""
        os.kill(self.pid, signal.SIGTERM)
        _, status = os.waitpid(self.pid, 0)
        os.close(self._terminal)
        self._reader.join(5)
        return os.waitstatus_to_exitcode(status)

    def _read(self) -> None:
        while True:
            try:
                if select.select([self._terminal], [], [], 1.0)[0]:
                    self.screen += os.read(self._terminal, 65536)
            except (OSError, ValueError):
                return


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Look ten times a second.

    Raises:
        AssertionError: It has not come about.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.1)


@contextmanager
def sound_server(folder: Path) -> Iterator[SoundServer]:
    """A server that is gone afterwards."""
    server = SoundServer(folder)
    try:
        yield server
    finally:
        server.close()
