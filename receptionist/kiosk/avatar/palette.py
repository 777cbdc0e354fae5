"""The fixed colours of terminals with 16 or 256 of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""Colours, last axis red, green, blue."""

ANSI_16: Pixels = np.array(
    [
        (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170,
        170, 170), (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255),
        (85, 255, 255), (255, 255, 255),
    ],
    np.uint8,
)  # fmt: skip
"""What stands for each of the 16 colours; must be what the terminal library maps back to that colour."""

_LEVELS = np.array([0, 95, 135, 175, 215, 255], np.int16)  # of xterm's 6×6×6 cube


def nearest_256(colours: Pixels) -> Pixels:
    """Return each colour's nearest neighbour among xterm's colour cube and grey ramp."""
    wide = colours.astype(np.int16)
    cube = _LEVELS[np.abs(wide[..., None] - _LEVELS).argmin(axis=-1)]
    grey = np.clip((wide.mean(axis=-1) - 3) // 10, 0, 23) * 10 + 8
    grey = np.repeat(grey[..., None], 3, axis=-1).astype(np.int16)
    far_cube = ((wide - cube).astype(np.int32) ** 2).sum(axis=-1)
    far_grey = ((wide - grey).astype(np.int32) ** 2).sum(axis=-1)
    result: Pixels = np.where((far_cube <= far_grey)[..., None], cube, grey).astype(np.uint8)
    return result
