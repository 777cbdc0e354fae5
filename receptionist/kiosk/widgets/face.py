"""The place on the screen where the avatar's picture is shown."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from receptionist.kiosk.avatar import Frame


class FaceView(Widget):
    """Shows frames; a row is redrawn only when it changed."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._frame = Frame(())

    def show(self, frame: Frame) -> None:
        """Replace the picture."""
        old, self._frame = self._frame, frame
        if old is frame:
            return
        if len(old.rows) != len(frame.rows):
            self.refresh()
            return
        changed = [y for y, row in enumerate(frame.rows) if row is not old.rows[y]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """Return one row of the picture; blank where the picture has none."""
        if y >= len(self._frame.rows):
            return Strip.blank(self.size.width, self.rich_style)
        base = self.rich_style
        segments = [
            Segment(text, base if front is None or back is None else _style(front, back))
            for text, front, back in self._frame.rows[y]
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)


@lru_cache(maxsize=16384)
def _style(front: int, back: int) -> Style:
    return Style(color=_color(front), bgcolor=_color(back))


@lru_cache(maxsize=4096)
def _color(code: int) -> Color:
    return Color.from_rgb(code >> 16, code >> 8 & 255, code & 255)
