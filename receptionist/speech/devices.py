"""Sound hardware through PortAudio: one stream out, one in, and clear words when there is none."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

import numpy as np

from receptionist.speech.clip import Clip, Samples, resampled
from receptionist.speech.ports import SpeechUnavailable

INPUT_RATE = 16_000
OUTPUT_LATENCY_S = 0.08
"""Of the output: long enough for a busy machine, short enough that a cut is heard as one."""
SILENT_S = 2.0
"""An input without a block for so long has died and is opened again."""


def sounddevice() -> Any:
    """The package, with a reason where it cannot be used.

    Raises:
        SpeechUnavailable: It, or PortAudio, is not installed, or there is no device at all.
    """
    try:
        import sounddevice as found
    except ImportError:
        raise SpeechUnavailable("sounddevice is not installed (extra: speech)") from None
    except OSError:
        raise SpeechUnavailable("PortAudio is not installed (Debian: apt install libportaudio2)") from None
    return found


def rescan() -> None:
    """Look for devices again: PortAudio lists those that were there when it started. Ends all streams."""
    found = sounddevice()
    found._terminate()
    found._initialize()


class Playback:
    """One clip on its way out.

    Attributes:
        done: Set when nothing more will be heard of it.

    Args:
        samples: At the stream's rate.
        rate: Of the stream.
    """

    def __init__(self, samples: Samples, rate: int) -> None:
        self._samples = samples
        self._rate = rate
        self._position = 0
        self._held = False
        self.done = threading.Event()

    @property
    def over(self) -> bool:
        """Whether all has been handed to the device."""
        return self._position >= len(self._samples)

    @property
    def played_ms(self) -> int:
        """What has been handed to the device, in ms from the beginning of the clip."""
        return 1000 * self._position // self._rate

    def hold(self, held: bool = True) -> None:
        """Pause, or go on."""
        self._held = held

    def abort(self) -> None:
        """Say nothing more, from the next block on."""
        self._samples = self._samples[: self._position]
        self.done.set()

    def fill(self, out: Samples) -> None:
        """Write the next samples, silence after the last."""
        piece = self._samples[self._position : self._position + (0 if self._held else len(out))]
        out[: len(piece)] = piece
        out[len(piece) :] = 0
        self._position += len(piece)


class SoundLoudspeaker:
    """One output stream, which runs only while something is played; a clip can be cut at any block.

    Args:
        device: Name or number; None: the system's default.

    Raises:
        SpeechUnavailable: There is no output that can be opened.
    """

    def __init__(self, device: str | int | None = None) -> None:
        self._device = device
        self._lock = threading.Lock()
        self._playing: Playback | None = None
        self._stream: Any = None
        self.rate = 0
        self.latency_ms = 0
        self._open()

    def play(self, clip: Clip) -> Playback:
        """Start a clip; what was playing is cut.

        Raises:
            SpeechUnavailable: The device has gone.
        """
        library = sounddevice()
        with self._lock:
            if self._playing is not None:
                self._playing.abort()
            playback = Playback(resampled(clip.samples, clip.rate, self.rate), self.rate)
            if not len(clip.samples):
                playback.done.set()
                return playback
            try:
                self._stream.abort()  # tells the clip before that it has finished
                self._playing = playback
                self._stream.start()
            except library.PortAudioError as error:
                raise SpeechUnavailable(f"the loudspeaker cannot be used any more: {error}") from None
        return playback

    def close(self) -> None:
        """Give the device back."""
        with self._lock:
            if self._playing is not None:
                self._playing.abort()
            self._stream.close()

    def _open(self) -> None:
        library = sounddevice()
        try:
            info = library.query_devices(self._device, "output")
            self.rate = int(info["default_samplerate"])
            self._stream = library.OutputStream(
                samplerate=self.rate,
                channels=1,
                dtype="int16",
                device=self._device,
                latency=OUTPUT_LATENCY_S,
                callback=self._block,
                finished_callback=self._finished,
            )
        except (library.PortAudioError, ValueError) as error:
            raise SpeechUnavailable(f"no loudspeaker can be used: {error}") from None
        self.latency_ms = int(1000 * self._stream.latency)

    def _block(self, out: Any, frames: int, _time: Any, _status: Any) -> None:
        playback = self._playing
        if playback is None or playback.over:
            out[:] = 0
            raise sounddevice().CallbackStop
        playback.fill(out[:, 0])

    def _finished(self) -> None:
        """The device has played everything it was given, or has gone."""
        if self._playing is not None:
            self._playing.done.set()


class SoundMicrophone:
    """One input stream at 16 kHz, opened again when it has died.

    Args:
        device: Name or number; None: the system's default.
        echo_cancelled: See :class:`receptionist.speech.ports.Microphone`.

    Raises:
        SpeechUnavailable: There is no input that can be opened.
    """

    rate = INPUT_RATE

    def __init__(self, device: str | int | None = None, *, echo_cancelled: bool = False) -> None:
        self.echo_cancelled = echo_cancelled
        self._device = device
        self._blocks: queue.SimpleQueue[Samples | None] = queue.SimpleQueue()
        self._stream: Any = None
        self._closed = False
        self._last = time.monotonic()
        self._resampler: Any = None
        self._open()

    def read(self, seconds: float) -> Samples | None:
        """The next samples.

        Raises:
            SpeechUnavailable: The device has gone and cannot be opened again.
        """
        if self._closed:
            return None
        try:
            block = self._blocks.get(timeout=seconds)
        except queue.Empty:
            if time.monotonic() - self._last > SILENT_S:
                self._reopen()
            return None
        self._last = time.monotonic()
        return block

    def close(self) -> None:
        """Give the device back."""
        self._closed = True
        self._blocks.put(None)
        if self._stream is not None:
            self._stream.close()

    def _reopen(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._last = time.monotonic()
        self._open()

    def _open(self) -> None:
        library = sounddevice()
        try:
            info = library.query_devices(self._device, "input")
            rates = dict.fromkeys((INPUT_RATE, int(info["default_samplerate"])))
        except (library.PortAudioError, ValueError) as error:
            raise SpeechUnavailable(f"no microphone can be used: {error}") from None
        reason: Exception | None = None
        for rate in rates:  # a device that cannot do 16 kHz is read at its own rate
            try:
                stream = library.InputStream(
                    samplerate=rate, channels=1, dtype="int16", device=self._device, callback=self._block
                )
                self._resampler = _resampler(rate)
                stream.start()
            except (library.PortAudioError, ValueError) as error:
                reason = error
                continue
            self._stream = stream
            return
        raise SpeechUnavailable(f"no microphone can be used: {reason}")

    def _block(self, data: Any, _frames: int, _time: Any, _status: Any) -> None:
        samples = data[:, 0].copy()
        if self._resampler is not None:
            samples = np.asarray(self._resampler.resample_chunk(samples), dtype=np.int16)
        self._blocks.put(samples)


def _resampler(rate: int) -> Any:
    if rate == INPUT_RATE:
        return None
    import soxr

    return soxr.ResampleStream(rate, INPUT_RATE, 1, dtype="int16")
