"""The kiosk on a real (pseudo) terminal: it ends cleanly, whoever ends it, and restores the terminal."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import time
from collections.abc import Iterator

import pytest

pty = pytest.importorskip("pty")

PROGRAM = """
import asyncio, sys
from receptionist.kiosk.options import KioskOptions
from receptionist.kiosk.run import run_kiosk
from tests.receptionist.kiosk.fake import FakeBackend
from tests.receptionist.kiosk.screens import VISIT
sys.exit(asyncio.run(run_kiosk(FakeBackend(VISIT), KioskOptions(locked="locked" in sys.argv))))
"""
READY = b"human"  # the last button's label


class Terminal:
    """A child process on its own terminal, and what it wrote there."""

    def __init__(self, pid: int, fd: int) -> None:
        self.pid, self.fd, self.output, self.status = pid, fd, b"", None

    def read_until(self, wanted: bytes, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while wanted not in self.output:
            assert time.monotonic() < end, self.output[-2000:]
            self._read(0.1)

    def _read(self, seconds: float) -> None:
        if select.select([self.fd], [], [], seconds)[0]:
            with contextlib.suppress(OSError):  # Linux reports the end of a terminal as an error
                self.output += os.read(self.fd, 65536)

    def wait(self, seconds: float = 20.0) -> int:
        """Return the exit status; the output is read on meanwhile, or the child could not finish writing."""
        end = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._read(0)
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < end, "still running"
            self._read(0.05)

    def is_running_after(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._read(0.05)
        return os.waitpid(self.pid, os.WNOHANG)[0] == 0


@contextlib.contextmanager
def kiosk_process(*args: str) -> Iterator[Terminal]:
    pid, fd = pty.fork()
    if pid == 0:
        env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
        os.execvpe(sys.executable, [sys.executable, "-c", PROGRAM, *args], env)
    terminal = Terminal(pid, fd)
    try:
        terminal.read_until(READY)
        yield terminal
    finally:
        if terminal.pid:
            os.kill(terminal.pid, signal.SIGKILL)
            os.waitpid(terminal.pid, 0)
        os.close(fd)


@pytest.mark.slow
def test_control_z_and_stray_bytes_do_nothing_and_control_c_restores_the_terminal() -> None:
    with kiosk_process() as t:
        before_exit = termios.tcgetattr(t.fd)[3]
        assert not before_exit & termios.ICANON
        os.write(t.fd, b"\x1a\xff\xfe\x80\x1b[999~")
        assert t.is_running_after(0.5)  # what is read together with stray bytes goes with them
        os.write(t.fd, b"\x1b[200~" + b"pasted " * 3 + b"\x1b[201~")
        t.read_until(b"pasted")
        os.write(t.fd, b"\x03")
        assert t.wait() == 0
        assert b"\x1b[?1049l" in t.output  # back from the alternate screen
        assert b"\x1b[?25h" in t.output  # cursor shown
        assert termios.tcgetattr(t.fd)[3] & termios.ICANON
        assert b"Traceback" not in t.output


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_end_the_kiosk_cleanly(number: signal.Signals) -> None:
    with kiosk_process() as t:
        os.kill(t.pid, number)
        assert t.wait() == 0
        assert b"\x1b[?1049l" in t.output
        assert b"Traceback" not in t.output


@pytest.mark.slow
def test_kiosk_mode_ignores_control_c_and_stop_signals() -> None:
    with kiosk_process("locked") as t:
        os.write(t.fd, b"\x03\x11\x1a\x1c")
        os.kill(t.pid, signal.SIGTSTP)
        assert t.is_running_after(1.0)
        os.write(t.fd, b"still here")
        t.read_until(b"here")
        os.kill(t.pid, signal.SIGTERM)
        assert t.wait() == 0


@pytest.mark.slow
def test_a_closed_terminal_ends_the_process() -> None:
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(sys.executable, [sys.executable, "-c", PROGRAM], {**os.environ, "TERM": "xterm"})
    terminal = Terminal(pid, fd)
    terminal.read_until(READY)
    os.close(fd)
    end = time.monotonic() + 20
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            pytest.fail("still running without a terminal")
        time.sleep(0.05)
