"""A terminal driver for places with strangers at the keyboard and cables that come loose."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TextIO

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

_log = logging.getLogger(__name__)


class SteadyDriver(LinuxDriver):
    """The Linux driver, minus the ways in which a terminal can take the application down or hang it.

    - Bytes that are no UTF-8 end Textual's reading thread with an exception; here what was read with them is
      dropped and reading goes on.
    - A terminal that is gone ends Textual's writing thread, and the next writes wait for ever; here the
      application is told to end.
    - SIGCONT without a stop before it (the kernel sends one after a hang-up) starts a second set of threads;
      here it does nothing.
    - In kiosk mode the terminal's stop signal does nothing.
    """

    def __init__(
        self,
        app: App[int],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        if self._file is not None:
            self._file = _Output(self._file, self._lost)  # type: ignore[assignment]

    def _lost(self) -> None:
        self._loop.call_soon_threadsafe(self._app.exit, 0)

    def _sigtstp_application(self, *_: object) -> None:
        if not getattr(self._app, "locked", False):
            super()._sigtstp_application()

    def _sigcont_application(self, *_: object) -> None:
        if self._must_signal_resume:
            super()._sigcont_application()

    def _run_input_thread(self) -> None:
        while True:
            try:
                self.run_input_thread()
            except UnicodeDecodeError:
                _log.warning("dropped input that is not UTF-8")
                continue
            except OSError as error:
                _log.warning("the terminal cannot be read: %s", error)
                self._lost()
            return


class _Output:
    """Writes until writing fails; from then on says so once and drops everything."""

    def __init__(self, file: TextIO, lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost
        self._gone = False

    def write(self, text: str) -> int:
        self._attempt(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        self._attempt(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def _attempt(self, act: Callable[[], object]) -> None:
        if self._gone:
            return
        try:
            act()
        except OSError as error:
            self._gone = True
            _log.warning("the terminal cannot be written: %s", error)
            self._lost()
