"""The expected answers as large buttons, as many rows as they need."""

from __future__ import annotations

from rich.cells import cell_len
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button

from receptionist.kiosk import ports
from receptionist.kiosk.plain import plain

_LONGEST = 60  # characters of a label
_MOST = 24
_AROUND = 6  # cells a button needs beside its label


class ChoiceButton(Button):
    """One answer."""

    def __init__(self, choice: ports.Button) -> None:
        label = Content(plain(choice.label, _LONGEST) or "?")
        super().__init__(label, classes="choice strong" if choice.strong else "choice")
        self.styles.line_pad = 0  # padding wider than the button makes Textual divide by zero
        self.choice = choice


class Choices(VerticalScroll, can_focus=False):
    """The row (or rows) of buttons."""

    class Chosen(Message):
        """A button was touched."""

        def __init__(self, id: str) -> None:
            super().__init__()
            self.id = id

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown: tuple[tuple[ports.Button, ...], int] | None = None

    def show(self, buttons: tuple[ports.Button, ...], width: int) -> bool:
        """Show exactly these buttons within ``width`` cells; return whether anything changed."""
        buttons = buttons[:_MOST]
        if self._shown == (buttons, width):
            return False
        self._shown = (buttons, width)
        self.remove_children()
        self.display = bool(buttons)
        if buttons:
            self.mount_all(Horizontal(*map(ChoiceButton, row), classes="row") for row in pack(buttons, width))
        return True

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Say which answer was chosen."""
        event.stop()
        if isinstance(event.button, ChoiceButton):
            self.post_message(self.Chosen(event.button.choice.id))


def pack(buttons: tuple[ports.Button, ...], width: int) -> list[list[ports.Button]]:
    """Return the buttons in rows such that each fits its label, in order; a row has at least one."""
    rows: list[list[ports.Button]] = []
    widest = 0
    for button in buttons:
        need = cell_len(plain(button.label, _LONGEST)) + _AROUND
        # Buttons of a row share its width evenly, so the widest decides.
        if rows and max(widest, need) * (len(rows[-1]) + 1) <= width:
            rows[-1].append(button)
            widest = max(widest, need)
        else:
            rows.append([button])
            widest = need
    return rows
