"""Speech by eSpeak NG through its C library: samples, word times and phoneme times in one call.

The library is found as ``libespeak-ng.so.1`` (Debian: ``libespeak-ng1`` with ``espeak-ng-data``). It is one
per process and not thread-safe; every call goes through one lock. Interface: ``speak_lib.h`` of eSpeak NG.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from receptionist.kiosk.expression import Viseme
from receptionist.speech.clip import Clip, Samples, joined
from receptionist.speech.ports import SpeechUnavailable, Style
from receptionist.speech.script import Run, runs
from receptionist.speech.visemes import viseme

LIBRARIES = ("libespeak-ng.so.1", "libespeak-ng.dylib", "libespeak-ng.dll")
VOICES = {"en": "en-us", "de": "de", "zh": "cmn-latn-pinyin"}
"""Chinese is handed over as pinyin: 1.51, which Debian 12 ships, reads characters letter by letter."""

_SYNCHRONOUS, _PHONEME_EVENTS, _PHONEMES_IN_IPA, _DO_NOT_EXIT = 2, 1, 2, 0x8000
_BY_CHARACTER, _UTF8 = 1, 1
_RATE, _PITCH = 1, 3
_END_OF_EVENTS, _WORD, _PHONEME = 0, 1, 7


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)
_Said = tuple[Samples, Sequence[tuple[int, int, int]], Sequence[tuple[int, str]]]
"""Samples, words as ``(ms, first character, end character)``, phonemes as ``(ms, IPA)``."""
_lock = threading.Lock()
_engine: _Engine | None = None


class _Engine:
    """The library, initialised once for the process."""

    def __init__(self) -> None:
        self.library = _load()
        self.rate = int(
            self.library.espeak_Initialize(
                _SYNCHRONOUS, 0, None, _PHONEME_EVENTS | _PHONEMES_IN_IPA | _DO_NOT_EXIT
            )
        )
        if self.rate <= 0:
            raise SpeechUnavailable("eSpeak NG is installed without its voices (package espeak-ng-data)")
        self._pieces: list[Samples] = []
        self._words: list[tuple[int, int, int]] = []
        self._phonemes: list[tuple[int, str]] = []
        self._callback = _Callback(self._take)  # kept: the library holds only its address
        self.library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count:
            self._pieces.append(np.ctypeslib.as_array(samples, (count,)).astype(np.int16, copy=True))
        index = 0
        while events[index].type != _END_OF_EVENTS:
            event = events[index]
            if event.type == _WORD and event.length:
                first = event.text_position - 1
                self._words.append((event.audio_position, first, first + event.length))
            elif event.type == _PHONEME:
                # A name of eight bytes is not ended by a zero and may stop in the middle of a character.
                self._phonemes.append(
                    (event.audio_position, bytes(event.id.string).decode("utf-8", "ignore"))
                )
            index += 1
        return 0

    def say(self, text: str, voice: str, style: Style) -> _Said:
        self._pieces, self._words, self._phonemes = [], [], []
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SpeechUnavailable(f"eSpeak NG has no voice '{voice}'")
        self.library.espeak_SetParameter(_RATE, style.words_per_minute, 0)
        self.library.espeak_SetParameter(_PITCH, style.pitch, 0)
        data = text.encode("utf-8")
        if self.library.espeak_Synth(data, len(data) + 1, 0, _BY_CHARACTER, 0, _UTF8, None, None) != 0:
            raise SpeechUnavailable("eSpeak NG could not speak the text")
        samples = np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.int16)
        return samples, self._words, self._phonemes


class Espeak:
    """A voice; see :class:`receptionist.speech.ports.Voice`.

    Args:
        voices: Locale → name of an eSpeak voice, where another than `VOICES` is wanted.

    Raises:
        SpeechUnavailable: The library or its data is not there.
    """

    name = "espeak-ng"

    def __init__(self, voices: dict[str, str] | None = None) -> None:
        self._voices = {**VOICES, **(voices or {})}
        global _engine
        with _lock:
            if _engine is None:
                _engine = _Engine()
            self._engine = _engine

    def speak(self, text: str, locale: str, style: Style | None = None) -> Clip:
        """Make a text audible; words of another script than the locale's are spoken by that one's voice."""
        style = style or Style()
        text = text.replace("\0", " ")
        with _lock:
            clips = [self._run(run, style) for run in runs(text, locale)]
        return joined(clips) if clips else Clip(np.zeros(0, np.int16), self._engine.rate)

    def ipa(self, text: str, locale: str) -> list[str]:
        """The phonemes of a text in IPA, pauses left out."""
        voice = self._voices.get(locale, locale)
        with _lock:
            phonemes = self._engine.say(text.replace("\0", " "), voice, Style())[2]
        return [name for _, name in phonemes if name and not name.startswith("(")]

    def _run(self, run: Run, style: Style) -> Clip:
        voice = self._voices.get(run.locale, run.locale)
        samples, words, phonemes = self._engine.say(run.spoken, voice, style)
        times = tuple(
            (at, run.source[first], run.source[min(end, len(run.source) - 1)])
            for at, first, end in words
            if 0 <= first < len(run.source) - 1
        )
        return Clip(samples, self._engine.rate, times, _shapes(phonemes))


def _shapes(phonemes: Sequence[tuple[int, str]]) -> tuple[tuple[int, Viseme], ...]:
    """Mouth shapes at their times, equal neighbours as one."""
    found: list[tuple[int, Viseme]] = []
    for at, phoneme in phonemes:
        if phoneme.startswith("("):  # a change of language, not a sound
            continue
        shape = viseme(phoneme)
        if not found or found[-1][1] is not shape:
            found.append((at, shape))
    return tuple(found)


def _load() -> Any:
    for name in LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise SpeechUnavailable("eSpeak NG is not installed (Debian: apt install libespeak-ng1 espeak-ng-data)")
