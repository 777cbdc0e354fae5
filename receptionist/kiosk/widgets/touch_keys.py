"""An on-screen keyboard, drawn as one widget; a key is found by where it was touched."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

BACKSPACE, ENTER, SHIFT = "backspace", "enter", "shift"

_ROWS = {
    "en": ("1234567890", "qwertyuiop", "asdfghjkl'", "zxcvbnm-.@"),
    "de": ("1234567890ß", "qwertzuiopü", "asdfghjklöä", "yxcvbnm-.@'"),
}
_KEYS = (Style.parse("#e8ecf6 on #26385c"), Style.parse("#e8ecf6 on #304872"))  # rows take turns
_SPECIAL = Style.parse("#101828 on #7ea6dc")
_GAP = Style.parse("on #101828")


class Key(NamedTuple):
    """One key: what it does (a character or a name) and the cells it covers in its row."""

    action: str
    label: str
    start: int
    end: int


def keyboard(locale: str, width: int, shifted: bool) -> list[list[Key]]:
    """Return the rows of keys for a locale across ``width`` cells.

    German has its umlauts; every other language types Latin letters (Chinese: pinyin).
    """
    rows = []
    for letters in _ROWS.get(locale.split("-")[0], _ROWS["en"]):
        shown = letters.upper() if shifted and "ß" not in letters else letters
        rows.append([(char, char) for char in shown])
    specials = [(SHIFT, "ABC" if not shifted else "abc"), (" ", "_____"), (BACKSPACE, "<--"), (ENTER, "OK")]
    return [_spread(row, width) for row in [*rows, specials]]


def _spread(row: list[tuple[str, str]], width: int) -> list[Key]:
    edges = [width * i // len(row) for i in range(len(row) + 1)]
    return [Key(action, label, edges[i], edges[i + 1]) for i, (action, label) in enumerate(row)]


class TouchKeys(Widget):
    """The keyboard for touch screens."""

    class Typed(Message):
        """A key was touched: a character, `BACKSPACE` or `ENTER`."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._locale = "en"
        self._shifted = True  # names begin with a capital

    def show(self, locale: str) -> None:
        """Show the letters of a language."""
        if locale != self._locale:
            self._locale = locale
            self.refresh()

    def restart(self) -> None:
        """Begin a new text: with a capital."""
        self._shifted = True
        self.refresh()

    def _rows(self) -> list[list[Key]]:
        return keyboard(self._locale, self.size.width, self._shifted)

    def _key_height(self) -> int:
        return max(1, self.size.height // 5)

    def render_line(self, y: int) -> Strip:
        """Return one line: keys as blocks with their label on the middle line of a row."""
        row, within = divmod(y, self._key_height())
        rows = self._rows()
        if row >= len(rows):
            return Strip.blank(self.size.width, _GAP)
        labelled = within == (self._key_height() - 1) // 2
        style = _SPECIAL if row == len(rows) - 1 else _KEYS[row % 2]
        segments = []
        for key in rows[row]:
            room = max(0, key.end - key.start - 1)
            label = key.label if labelled else ""
            segments.append(Segment(label[:room].center(room), style))
            segments.append(Segment(" " * (key.end - key.start - room), _GAP))
        return Strip(segments)

    def on_click(self, event: events.Click) -> None:
        """Find the touched key."""
        event.stop()
        rows = self._rows()
        row = event.y // self._key_height()
        key = (
            next((key for key in rows[row] if key.start <= event.x < key.end), None)
            if row < len(rows)
            else None
        )
        if key is None:
            return
        if key.action == SHIFT:
            self._shifted = not self._shifted
        else:
            self.post_message(self.Typed(key.action))
            self._shifted = key.action == " "
        self.refresh()
