"""What was said, as bubbles; the line being spoken shows how far the voice has come."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from receptionist.kiosk.plain import plain
from receptionist.kiosk.ports import Line, Who
from receptionist.kiosk.subtitles import Heard

_LONGEST = 4000  # characters shown of one line
_MOST = 120  # lines kept on the screen


class Bubble(Static):
    """One line of the transcript."""

    def __init__(self, line: Line, prefix: str) -> None:
        super().__init__(classes=f"bubble {line.who.value}", markup=False)
        self._prefix = prefix
        self._shown: tuple[str, Heard | None] | None = None
        self.show(line, None)

    def show(self, line: Line, heard: Heard | None) -> None:
        """Show the line; ``heard`` None means it has been said in full."""
        if self._shown == (line.text, heard):
            return
        self._shown = (line.text, heard)
        text = plain(line.text, _LONGEST)
        content = Content(text)
        # Positions count the raw text; where cleaning changed it they would point at other letters.
        if heard is not None and text == line.text:
            content = content.stylize("dim", heard.end, len(text))
            if heard.word is not None:
                content = content.stylize("bold underline", *heard.word)
        self.update(Content(self._prefix) + content)


class Transcript(VerticalScroll, can_focus=False):
    """The visit's lines, the newest in sight."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._bubbles: dict[int, Bubble] = {}
        self._lines: dict[int, Line] = {}

    def on_mount(self) -> None:
        """Keep the newest line in sight until somebody scrolls."""
        self.anchor()

    def show(self, lines: tuple[Line, ...], prefixes: dict[Who, str]) -> None:
        """Show exactly these lines (the newest of very many)."""
        wanted = {line.id: line for line in lines[-_MOST:]}
        for gone in self._bubbles.keys() - wanted.keys():
            self._bubbles.pop(gone).remove()
        fresh = []
        for line in wanted.values():
            known = self._lines.get(line.id)
            if line.id in self._bubbles and known is not None and known.who is not line.who:
                self._bubbles.pop(line.id).remove()
            if line.id not in self._bubbles:
                self._bubbles[line.id] = Bubble(line, prefixes.get(line.who, ""))
                fresh.append(self._bubbles[line.id])
            elif line != known:
                self._bubbles[line.id].show(line, None)
        self._lines = wanted
        if fresh:
            self.mount_all(fresh)
            self.anchor()

    def follow(self, heard: dict[int, Heard]) -> None:
        """Show how far the lines being said have come; all others are shown in full."""
        for id_, bubble in self._bubbles.items():
            bubble.show(self._lines[id_], heard.get(id_))
