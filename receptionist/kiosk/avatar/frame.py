"""The picture of the face at one moment, as rows of terminal cells."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from receptionist.kiosk.avatar.line_art import drawing
from receptionist.kiosk.avatar.palette import ANSI_16, nearest_256
from receptionist.kiosk.avatar.portrait import WINDOW, draw
from receptionist.kiosk.avatar.pose import Pose, pose
from receptionist.kiosk.avatar.raster import Canvas
from receptionist.kiosk.avatar.state import FaceState


class Paint(Enum):
    """How a face can be drawn on the terminal at hand."""

    TRUE = "true colour"  # half blocks in 16 million colours
    INDEXED = "256 colours"
    BASIC = "16 colours"
    LINES = "lines"  # plain ASCII, no colour: terminals without Unicode, NO_COLOR


class Run(NamedTuple):
    """Neighbouring cells of one row that look alike; colours are 0xRRGGBB, None is the terminal's own."""

    text: str
    front: int | None
    back: int | None


class Frame(NamedTuple):
    """A finished picture: one tuple of runs a row, together as wide as asked for.

    Equal rows are one object.
    """

    rows: tuple[tuple[Run, ...], ...]


_SMALLEST = (12, 6)


def frame(state: FaceState, t_ms: int, columns: int, rows: int, paint: Paint = Paint.TRUE) -> Frame:
    """Return the face at ``t_ms`` in ``columns`` × ``rows`` cells: equal arguments give equal frames, always.

    Frames of equal poses are the same object, so "nothing to redraw" is an identity test.
    """
    return render(_coarse(pose(state, t_ms), columns, rows), columns, rows, paint)


def _coarse(still: Pose, columns: int, rows: int) -> Pose:
    """Round movements to half a pixel, so that fewer pictures differ."""
    pixel = max(WINDOW[2] / max(1, columns), WINDOW[3] / (2 * max(1, rows)))  # in face units
    step = max(1, round(50 * pixel))
    if step == 1:
        return still
    small = {name: round(getattr(still, name) / step) * step for name in _MOVEMENTS}
    return still._replace(**small)


_MOVEMENTS = (
    "x", "y", "turn", "pitch", "tilt", "mouth_width", "mouth_open",
    "brow_in_left", "brow_in_right", "brow_out_left", "brow_out_right",
)  # fmt: skip


@lru_cache(maxsize=512)
def render(still: Pose, columns: int, rows: int, paint: Paint) -> Frame:
    """Return the picture of one pose; the newest 512 are kept."""
    if columns <= 0 or rows <= 0:
        return Frame(())
    if paint is Paint.LINES or columns < _SMALLEST[0] or rows < _SMALLEST[1]:
        return Frame(tuple((Run(line, None, None),) for line in drawing(still, columns, rows)))
    canvas = Canvas(columns, 2 * rows, WINDOW, smooth=paint is not Paint.BASIC)
    draw(still, canvas)
    if paint is Paint.BASIC:
        colours = ANSI_16[canvas.ansi]
    else:
        colours = np.rint(canvas.rgb.transpose(1, 2, 0)).astype(np.uint8)
        # In true colour, steps too small to see would only split runs.
        colours = nearest_256(colours) if paint is Paint.INDEXED else colours & np.uint8(0xFC)
    code = colours.astype(np.int32) @ np.array((1 << 16, 1 << 8, 1), np.int32)
    return Frame(tuple(_row(code[2 * row : 2 * row + 2].tobytes()) for row in range(rows)))


@lru_cache(maxsize=8192)
def _row(codes: bytes) -> tuple[Run, ...]:
    """Return the runs of one row of cells, given its upper and lower pixels; equal rows are one object."""
    upper, lower = np.frombuffer(codes, np.int32).reshape(2, -1)
    new = np.flatnonzero((np.diff(upper) != 0) | (np.diff(lower) != 0)) + 1
    starts = np.concatenate(([0], new))
    lengths = np.diff(np.concatenate((starts, [upper.size]))).tolist()
    pairs = zip(upper[starts].tolist(), lower[starts].tolist(), lengths, strict=True)
    return tuple(Run((" " if front == back else "▀") * length, front, back) for front, back, length in pairs)
