"""Trying the sound of a machine: speak, listen, play back what was heard, and show the levels."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from receptionist.settings import SpeechSettings
from receptionist.speech.clip import SILENCE_DBFS, Clip, level_dbfs
from receptionist.speech.devices import sounddevice
from receptionist.speech.ports import SpeechUnavailable
from receptionist.speech.sound import Sound, open_sound

LISTEN_S = 4.0
SOFT_DBFS = -45.0
"""A voice softer than this is recognised badly."""
CLIPPED_DBFS = -1.0
BAR = 40
SENTENCES = {
    "en": "Please say something now.",
    "de": "Bitte sagen Sie jetzt etwas.",
    "zh": "请现在说点什么。",
}


def try_sound(
    settings: SpeechSettings, locale: str, tell: Callable[[str], None], meter: Callable[[str], None]
) -> bool:
    """Speak a sentence, record some seconds, play them back.

    Args:
        locale: Language to speak and listen in.
        tell: Is told each finding, a line each.
        meter: Shows a line in place of the one before.

    Returns:
        Whether both directions work.
    """
    for line in devices():
        tell(line)
    sound = open_sound(settings, (locale,))
    try:
        for reason in sound.missing:
            tell(reason)
        speaks = _speak(sound, locale, tell)
        hears = _listen(sound, locale, tell, meter)
    finally:
        if sound.microphone is not None:
            sound.microphone.close()
        if sound.loudspeaker is not None:
            sound.loudspeaker.close()
    return speaks and hears


def devices() -> list[str]:
    """The devices that PortAudio sees, with the channels of each, or why there are none."""
    try:
        found = sounddevice().query_devices()
    except SpeechUnavailable as error:
        return [str(error)]
    channels = [(each["name"], each["max_input_channels"], each["max_output_channels"]) for each in found]
    return [
        f"device {number}: {name} ({inputs} in, {outputs} out)"
        for number, (name, inputs, outputs) in enumerate(channels)
    ] or ["no sound device"]


def _speak(sound: Sound, locale: str, tell: Callable[[str], None]) -> bool:
    if sound.voice is None or sound.loudspeaker is None:
        tell("cannot speak here")
        return False
    clip = sound.voice.speak(SENTENCES.get(locale, SENTENCES["en"]), locale)
    try:
        done = sound.loudspeaker.play(clip).done.wait(clip.duration_ms / 1000 + 5)
    except SpeechUnavailable as error:
        tell(str(error))
        return False
    tell(f"spoke with {sound.voice.name}" if done else "the loudspeaker does not move on")
    return done


def _listen(sound: Sound, locale: str, tell: Callable[[str], None], meter: Callable[[str], None]) -> bool:
    microphone = sound.microphone
    if microphone is None:
        tell("cannot listen here")
        return False
    pieces = []
    end = time.monotonic() + LISTEN_S
    while time.monotonic() < end:
        samples = microphone.read(0.2)
        if samples is not None and len(samples):
            pieces.append(samples)
            meter(level_bar(level_dbfs(samples)))
    heard = np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
    loudest = max(
        (level_dbfs(heard[at : at + 1600]) for at in range(0, len(heard), 1600)), default=SILENCE_DBFS
    )
    tell(judged(loudest))
    recogniser = sound.recognisers.get(locale)
    if recogniser is not None and len(heard):
        recogniser.begin()
        recogniser.feed(heard)
        tell(f"{recogniser.name} heard: {recogniser.end().text or '(no words)'}")
    if sound.loudspeaker is not None and len(heard):
        sound.loudspeaker.play(Clip(heard, microphone.rate)).done.wait(LISTEN_S + 5)
    return loudest > SOFT_DBFS


def level_bar(dbfs: float) -> str:
    """A level as a line, from -60 dB to full scale."""
    filled = round(BAR * min(1.0, max(0.0, 1 + dbfs / 60)))
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {dbfs:5.0f} dBFS"


def judged(loudest: float) -> str:
    """What a level means for recognition."""
    if loudest <= SILENCE_DBFS + 10:
        return "the microphone gives silence: it is muted, or another is the system's default"
    if loudest < SOFT_DBFS:
        return f"too soft ({loudest:.0f} dBFS at most): turn the microphone up, or come nearer"
    if loudest > CLIPPED_DBFS:
        return f"too loud ({loudest:.0f} dBFS): turn the microphone down"
    return f"loud enough ({loudest:.0f} dBFS at most)"
