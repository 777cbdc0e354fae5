"""Sound from and to files in place of devices: a recorded visitor, and a voice that is kept."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np

from receptionist.speech.clip import Samples, read_wav, resampled

RATE = 16_000


class FileMicrophone:
    """A recording plays the visitor, at the pace of time; silence follows it.

    Args:
        path: A 16-bit PCM WAV file.
        pace: Seconds of sound per second; 0 hands it out as fast as it is read.
        echo_cancelled: A recording does not hear us, so it may be listened to while we speak.
    """

    rate = RATE

    def __init__(self, path: Path, pace: float = 1.0, *, echo_cancelled: bool = True) -> None:
        clip = read_wav(path)
        self.echo_cancelled = echo_cancelled
        self._samples = resampled(clip.samples, clip.rate, RATE)
        self._position = 0
        self._pace = pace
        self._closed = threading.Event()
        self._begun = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether all of the recording has been handed out."""
        return self._position >= len(self._samples)

    def read(self, seconds: float) -> Samples | None:
        """The next 100 ms."""
        size = RATE // 10
        if self._pace:
            due = self._begun + (self._position + size) / RATE / self._pace
            wait = due - time.monotonic()
            if wait > seconds:
                self._closed.wait(seconds)
                return None
            self._closed.wait(max(0.0, wait))
        if self._closed.is_set():
            return None
        piece = self._samples[self._position : self._position + size]
        self._position += size
        return np.concatenate([piece, np.zeros(size - len(piece), np.int16)])

    def close(self) -> None:
        """Stop handing out."""
        self._closed.set()
