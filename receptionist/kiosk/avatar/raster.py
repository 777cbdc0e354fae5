"""Painting shapes given by signed distances onto a small grid of square pixels."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from math import cos, sin
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.floating[Any]]
"""One number for every pixel, shape (rows, columns). As a distance: negative inside, in face units."""


class Rgb(NamedTuple):
    """A colour, each part 0..255."""

    r: int
    g: int
    b: int


@dataclass(frozen=True, slots=True)
class Ink:
    """A paint: its full colour, and which of the 16 terminal colours stands for it where only those exist."""

    rgb: Rgb
    ansi: int


class Plane(NamedTuple):
    """The coordinates of every pixel's middle in some frame of reference, in face units, y downwards."""

    x: Field
    y: Field

    def moved(self, dx: float, dy: float) -> Plane:
        """Return the plane whose origin lies at (dx, dy) of this one."""
        return Plane(self.x - np.float32(dx), self.y - np.float32(dy))

    def turned(self, angle: float, about: tuple[float, float]) -> Plane:
        """Return the plane turned clockwise by ``angle`` radians about a point."""
        c, s = np.float32(cos(angle)), np.float32(sin(angle))
        x, y = self.x - np.float32(about[0]), self.y - np.float32(about[1])
        return Plane(c * x + s * y + np.float32(about[0]), c * y - s * x + np.float32(about[1]))

    def scaled(self, factor: float, about: tuple[float, float]) -> Plane:
        """Return the plane in which things are ``factor`` times as large, seen from a point that stays."""
        k = np.float32(1 / factor)
        return Plane(
            (self.x - np.float32(about[0])) * k + np.float32(about[0]),
            (self.y - np.float32(about[1])) * k + np.float32(about[1]),
        )


def ellipse(p: Plane, cx: float, cy: float, rx: float, ry: float) -> Field:
    """Return the distance to an ellipse (first order, exact at the border)."""
    x, y = (p.x - cx) / rx, (p.y - cy) / ry
    k = np.sqrt(x * x + y * y) + 1e-6
    slope = np.sqrt((x / rx) ** 2 + (y / ry) ** 2) + 1e-6
    result: Field = (k - 1) * k / slope
    return result


def box(p: Plane, cx: float, cy: float, half_width: float, half_height: float, radius: float = 0.0) -> Field:
    """Return the distance to a rectangle with rounded corners."""
    x = np.abs(p.x - cx) - (half_width - radius)
    y = np.abs(p.y - cy) - (half_height - radius)
    result: Field = np.hypot(np.maximum(x, 0), np.maximum(y, 0)) + np.minimum(np.maximum(x, y), 0) - radius
    return result


def stroke(p: Plane, ax: float, ay: float, bx: float, by: float, half_width: float) -> Field:
    """Return the distance to a straight stroke with round ends."""
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    along = np.clip(((p.x - ax) * dx + (p.y - ay) * dy) / max(length2, 1e-9), 0, 1)
    result: Field = np.hypot(p.x - ax - along * dx, p.y - ay - along * dy) - half_width
    return result


def path(p: Plane, points: tuple[tuple[float, float], ...], half_width: float) -> Field:
    """Return the distance to a line of straight strokes."""
    parts = [stroke(p, *a, *b, half_width) for a, b in pairwise(points)]
    result: Field = np.minimum.reduce(parts)
    return result


class Canvas:
    """A grid of pixels being painted, back to front.

    With ``smooth``, edges are blended by how much of a pixel they cover; otherwise a pixel is in or out and
    takes the ink's terminal colour.

    Attributes:
        pixel: Side of a pixel in face units.
        plane: Where the pixels lie.
        smooth: Whether colours blend.
        rgb: Colours so far when ``smooth``, shape (3, rows, columns).
        ansi: Terminal colours so far when not ``smooth``, shape (rows, columns).
    """

    def __init__(
        self, columns: int, rows: int, window: tuple[float, float, float, float], smooth: bool
    ) -> None:
        left, top, width, height = window
        self.pixel = max(width / columns, height / rows)
        left -= (columns * self.pixel - width) / 2
        top -= rows * self.pixel - height  # a higher place has more air above; the ground stays
        x = (left + (np.arange(columns) + 0.5) * self.pixel).astype(np.float32)
        y = (top + (np.arange(rows) + 0.5) * self.pixel).astype(np.float32)
        self.plane = Plane(*np.meshgrid(x, y))
        self.smooth = smooth
        self.rgb: npt.NDArray[np.float32] = np.zeros((3, rows, columns), np.float32)
        self.ansi: npt.NDArray[np.int16] = np.zeros((rows, columns), np.int16)

    def part(
        self, plane: Plane, left: float, top: float, right: float, bottom: float
    ) -> tuple[Canvas, Plane] | None:
        """Return the pixels around a rectangle of ``plane`` as a canvas onto this one, with their
        coordinates.

        Painting a small thing on its part only is what makes a frame cheap. None if no pixel lies there.
        """
        edge = self.pixel
        x, y = plane
        inside = (x > left - edge) & (x < right + edge) & (y > top - edge) & (y < bottom + edge)
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if not rows.size:
            return None
        cut = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        view = copy(self)
        view.plane = Plane(self.plane.x[cut], self.plane.y[cut])
        view.rgb, view.ansi = self.rgb[:, *cut], self.ansi[cut]
        return view, Plane(x[cut], y[cut])

    def coverage(self, distance: Field) -> Field:
        """Return how much of each pixel lies inside, 0..1."""
        result: Field = np.clip(0.5 - distance * np.float32(1 / self.pixel), 0, 1)
        return result

    def fill(self, distance: Field, ink: Ink, *, opacity: float = 1.0) -> None:
        """Paint the inside with one colour.

        Faint paint (opacity under one half) needs ``smooth`` to be seen.
        """
        if self.smooth:
            self._blend(self.coverage(distance) * np.float32(opacity), ink)
        elif opacity >= 0.5:
            self.ansi[distance < 0] = ink.ansi

    def glow(self, amount: Field, ink: Ink) -> None:
        """Blend in a colour by a share for each pixel, 0..1: shading, seen only with ``smooth``."""
        if self.smooth:
            self._blend(np.clip(amount, 0, 1), ink)

    def _blend(self, share: Field, ink: Ink) -> None:
        for plane, part in zip(self.rgb, ink.rgb, strict=True):
            plane += (part - plane) * share

    def at_least_a_pixel(self, half_width: float) -> float:
        """Return a stroke's half width, widened so that it does not vanish between pixels."""
        return max(half_width, self.pixel * (0.4 if self.smooth else 0.62))
