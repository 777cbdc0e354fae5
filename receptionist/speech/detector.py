"""Whether a frame of sound holds a voice."""

from __future__ import annotations

from typing import Protocol

from receptionist.speech.clip import SILENCE_DBFS, Samples, level_dbfs
from receptionist.speech.ports import SpeechUnavailable

FRAME_MS = 30
"""Length of a frame; one of those that WebRTC's detector takes."""


class VoiceDetector(Protocol):
    """Tells voice from other sound, frame by frame of `FRAME_MS`."""

    def __call__(self, frame: Samples) -> bool:
        """Whether this frame holds a voice."""
        ...


class WebRtcDetector:
    """The detector of the WebRTC project, through the package ``webrtcvad-wheels``.

    Args:
        rate: Samples per second: 8000, 16000, 32000 or 48000.
        aggressiveness: 0 … 3: how surely it must be a voice.
        floor_dbfs: Anything softer is silence, whatever it sounds like.

    Raises:
        SpeechUnavailable: The package is not installed.
    """

    def __init__(self, rate: int, aggressiveness: int = 2, floor_dbfs: float = -55.0) -> None:
        try:
            import webrtcvad
        except ImportError:
            raise SpeechUnavailable("webrtcvad-wheels is not installed (extra: speech)") from None
        self._vad = webrtcvad.Vad(aggressiveness)
        self._rate = rate
        self._floor = floor_dbfs

    def __call__(self, frame: Samples) -> bool:
        """Whether this frame holds a voice."""
        return level_dbfs(frame) > self._floor and bool(self._vad.is_speech(frame.tobytes(), self._rate))


class LevelDetector:
    """Louder than the room: voice is what rises so many dB above a slowly following floor.

    For machines without the other detector. The floor falls at once and rises by a tenth of a dB a frame, so
    that a fan that starts is learned within seconds, and a sentence is not.

    Args:
        above_db: How far above the floor a voice is.
    """

    def __init__(self, above_db: float = 12.0) -> None:
        self._above = above_db
        self._floor = SILENCE_DBFS + 40

    def __call__(self, frame: Samples) -> bool:
        """Whether this frame holds a voice."""
        level = level_dbfs(frame)
        self._floor = min(level, self._floor + 0.1) if level > self._floor else level
        self._floor = max(self._floor, SILENCE_DBFS + 30)
        return level > self._floor + self._above


def voice_detector(rate: int) -> VoiceDetector:
    """The best detector that is installed."""
    try:
        return WebRtcDetector(rate)
    except SpeechUnavailable:
        return LevelDetector()
