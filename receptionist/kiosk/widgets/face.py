"""The place on the screen where the avatar's picture is shown."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from receptionist.kiosk.avatar import Frame, Run


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
        width = self.size.width
        if y >= len(self._frame.rows):
            return Strip.blank(width, self.rich_style)
        row = self._frame.rows[y]
        if row and row[0].front is None:
            return Strip([Segment(run.text, self.rich_style) for run in row]).adjust_cell_length(width)
        return _strip(row, width)


_kept: dict[tuple[int, int], tuple[tuple[Run, ...], Strip]] = {}
_MOST_KEPT = 8192


def _strip(row: tuple[Run, ...], width: int) -> Strip:
    """Return a row's strip, kept by the row's identity: equal rows are one object."""
    key = (id(row), width)
    found = _kept.get(key)
    if found is not None:
        return found[1]
    strip = Strip([Segment(text, _style(front or 0, back or 0)) for text, front, back in row])
    strip = strip.adjust_cell_length(width)
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    _kept[key] = (row, strip)  # the row is kept too: its identity stays its own
    return strip


@lru_cache(maxsize=16384)
def _style(front: int, back: int) -> Style:
    return Style(color=_color(front), bgcolor=_color(back))


@lru_cache(maxsize=4096)
def _color(code: int) -> Color:
    return Color.from_rgb(code >> 16, code >> 8 & 255, code & 255)
