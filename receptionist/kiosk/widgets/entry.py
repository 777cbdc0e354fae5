"""The input line: takes typed, pasted and touched text, cleaned and bounded."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.widgets import Input

from receptionist.kiosk.plain import plain
from receptionist.kiosk.ports import MAX_TEXT


class Entry(Input):
    """One line of text."""

    class Cut(Message):
        """Text was longer than the line takes; the rest was dropped."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, max_length=MAX_TEXT, select_on_focus=False)

    def insert_text_at_cursor(self, text: str) -> None:
        """Insert as much of a text as has room."""
        room = MAX_TEXT - len(self.value)
        # Cleaning looks at no more than can be kept: a paste may be megabytes.
        clean = plain(text[: room + 1], room + 1)
        if len(text) > room:
            self.post_message(self.Cut())
            clean = clean[:room]
        super().insert_text_at_cursor(clean)

    def restricted(self) -> None:
        """Say that the line is full, instead of ringing the bell."""
        self.post_message(self.Cut())

    def _on_paste(self, event: events.Paste) -> None:
        # The base class takes the first line only; a visitor who pastes several means them all.
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(event.text)
