"""Sound as data: mono 16-bit samples with the times of what is said in them."""

from __future__ import annotations

import math
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from receptionist.kiosk.expression import Viseme

Samples = NDArray[np.int16]
"""Mono samples, shape (n,)."""

SILENCE_DBFS = -96.0
"""Level of digital silence: the smallest step of 16 bits lies about there."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Something spoken, ready to be played.

    Attributes:
        samples: Mono, shape (n,).
        rate: Samples per second.
        words: ``(start_ms, first character, end character)`` of each word of the text, rising.
        visemes: Mouth shapes with their start in ms, rising; empty where the driver does not tell.
    """

    samples: Samples
    rate: int
    words: tuple[tuple[int, int, int], ...] = ()
    visemes: tuple[tuple[int, Viseme], ...] = ()

    @property
    def duration_ms(self) -> int:
        """Length in milliseconds."""
        return 1000 * len(self.samples) // self.rate

    def said_until(self, ms: float) -> int:
        """Characters whose words had been said completely after so many milliseconds."""
        said = 0
        for index, (_, _, end) in enumerate(self.words):
            over = self.words[index + 1][0] if index + 1 < len(self.words) else self.duration_ms
            if over > ms:
                break
            said = end
        return said


def joined(clips: list[Clip]) -> Clip:
    """Clips of one rate one after the other, as one."""
    words: list[tuple[int, int, int]] = []
    visemes: list[tuple[int, Viseme]] = []
    begin = 0
    for clip in clips:
        words += [(begin + at, first, end) for at, first, end in clip.words]
        visemes += [(begin + at, shape) for at, shape in clip.visemes]
        begin += clip.duration_ms
    samples = np.concatenate([clip.samples for clip in clips])
    return Clip(samples, clips[0].rate, tuple(words), tuple(visemes))


def level_dbfs(samples: Samples) -> float:
    """Root mean square in dB relative to full scale; `SILENCE_DBFS` for silence or nothing."""
    if not len(samples):
        return SILENCE_DBFS
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return SILENCE_DBFS if power < 1 else 10 * math.log10(power / 32768.0**2)


def read_wav(path: Path) -> Clip:
    """Read a 16-bit PCM file; several channels are mixed down.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no 16-bit PCM WAV file.
    """
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2:
                raise ValueError(f"{path}: {8 * file.getsampwidth()} bits a sample; 16 are needed")
            channels, rate = file.getnchannels(), file.getframerate()
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path}: not a WAV file: {error}") from None
    if channels > 1:
        samples = samples[: len(samples) // channels * channels].reshape(-1, channels).mean(axis=1)
    return Clip(samples.astype(np.int16), rate)


def write_wav(path: Path, clip: Clip) -> None:
    """Write a clip as a 16-bit mono WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(clip.rate)
        file.writeframes(clip.samples.astype("<i2").tobytes())


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """The same sound at another rate, band-limited."""
    if rate == wanted:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, rate, wanted), dtype=np.int16)
