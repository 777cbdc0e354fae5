"""A terminal driver for places with strangers at the keyboard."""

from __future__ import annotations

import logging

from textual.drivers.linux_driver import LinuxDriver

_log = logging.getLogger(__name__)


class SteadyDriver(LinuxDriver):
    """Reads the keyboard on after bytes that are no text; in kiosk mode ignores the terminal's stop signal.

    Textual decodes strictly and ends the application on the first stray byte (a key of a terminal in another
    character set, noise on a line); here the byte is dropped.
    """

    def _sigtstp_application(self, *_: object) -> None:
        if not getattr(self._app, "locked", False):
            super()._sigtstp_application()

    def _run_input_thread(self) -> None:
        while True:
            try:
                self.run_input_thread()
            except UnicodeDecodeError:
                _log.warning("dropped input that is not UTF-8")
                continue
            except OSError as error:  # the terminal is gone; the hang-up signal ends the application
                _log.warning("the terminal cannot be read: %s", error)
            return
