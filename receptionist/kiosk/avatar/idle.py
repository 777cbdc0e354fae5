"""Idle life: blinks, glances and breath as functions of time alone.

Variation comes from a hash of the time slot, so the same moment always looks the same: on every machine, in
every replay and in every test.
"""

from __future__ import annotations

from math import pi, sin

_BLINK_SLOT_MS = 4200
_BLINK_MS = 190
_GLANCE_SLOT_MS = 1700
_MASK = (1 << 64) - 1


def noise(seed: int, slot: int, channel: int) -> float:
    """Return an even-looking number in [0, 1) for a time slot (splitmix64 finaliser)."""
    z = (seed * 0x9E3779B97F4A7C15 + slot * 0xBF58476D1CE4E5B9 + channel * 0x94D049BB133111EB + 1) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return float((z ^ (z >> 31)) >> 11) / float(1 << 53)


def ease(x: float) -> float:
    """Return a smooth step from 0 to 1 for x from 0 to 1, flat outside."""
    x = max(0.0, min(1.0, x))
    return x * x * (3.0 - 2.0 * x)


def blink(seed: int, t_ms: int) -> float:
    """Return how far a blink has closed the lids at ``t_ms``, 0 open to 1 closed.

    One blink in about four seconds.
    """
    slot, within = divmod(t_ms, _BLINK_SLOT_MS)
    begin = int(noise(seed, slot, 1) * (_BLINK_SLOT_MS - 3 * _BLINK_MS))
    closed = _lid(within - begin)
    if noise(seed, slot, 2) < 0.2:  # now and then twice
        closed = max(closed, _lid(within - begin - _BLINK_MS - 60))
    return closed


def _lid(since_ms: int) -> float:
    if not 0 <= since_ms < _BLINK_MS:
        return 0.0
    return min(1.0, 1.6 * sin(pi * since_ms / _BLINK_MS))


def glance(seed: int, t_ms: int, calm: bool) -> tuple[float, float]:
    """Return a small shift of the eyes, -1..1 each way; ``calm`` keeps them close to where they rest."""
    slot, within = divmod(t_ms, _GLANCE_SLOT_MS)
    x0, y0 = _target(seed, slot - 1, calm)
    x1, y1 = _target(seed, slot, calm)
    k = ease(within / 120)
    return x0 + (x1 - x0) * k, y0 + (y1 - y0) * k


def _target(seed: int, slot: int, calm: bool) -> tuple[float, float]:
    x, y = noise(seed, slot, 3) * 2 - 1, noise(seed, slot, 4) * 2 - 1
    wide = not calm and noise(seed, slot, 5) < 0.16
    return (0.75 * x, 0.35 * y) if wide else (0.14 * x, 0.1 * y)


def breath(t_ms: int, period_ms: int = 4400) -> float:
    """Return the breath at ``t_ms``, -1 out to 1 in, in five steps so that a frame lasts."""
    return round(2 * sin(2 * pi * (t_ms % period_ms) / period_ms)) / 2
