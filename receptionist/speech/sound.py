"""The sound of a kiosk: voice, loudspeaker, microphone and recognisers, and why one is not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from receptionist.settings import SpeechSettings
from receptionist.speech.mouth import Loudspeaker
from receptionist.speech.ports import Microphone, Recogniser, SpeechUnavailable, Voice

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Sound:
    """What there is.

    Attributes:
        voice: And its loudspeaker, or both None.
        microphone: None without a recogniser too.
        recognisers: Locale → recogniser.
        missing: Why something wanted is not there, for people.
    """

    voice: Voice | None = None
    loudspeaker: Loudspeaker | None = None
    microphone: Microphone | None = None
    recognisers: dict[str, Recogniser] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def open_sound(settings: SpeechSettings, locales: tuple[str, ...]) -> Sound:
    """Open what there is; blocks for up to some seconds, and never raises for want of anything."""
    missing: list[str] = []
    voice = loudspeaker = microphone = None
    if settings.voice != "off":
        loudspeaker = _attempt(missing, lambda: _loudspeaker(settings))
        voice = _attempt(missing, lambda: open_voice(settings.voice)) if loudspeaker is not None else None
    recognisers: dict[str, Recogniser] = {}
    if settings.recogniser != "off":
        microphone = _attempt(missing, lambda: _microphone(settings))
        if microphone is not None:
            recognisers = open_recognisers(settings, locales, missing)
            if not recognisers:
                microphone.close()
                microphone = None
    return Sound(voice, loudspeaker, microphone, recognisers, tuple(dict.fromkeys(missing)))


def open_voice(name: str) -> Voice:
    """A voice by the name of its driver; ``auto`` takes the first that works.

    Raises:
        SpeechUnavailable: There is none.
    """
    from receptionist.speech.espeak import Espeak
    from receptionist.speech.pyttsx import Pyttsx

    drivers: dict[str, Callable[[], Voice]] = {"espeak-ng": Espeak, "pyttsx3": Pyttsx}
    reasons: list[str] = []
    for driver in drivers if name == "auto" else (name,):
        try:
            return drivers[driver]()
        except SpeechUnavailable as error:
            reasons.append(str(error))
    raise SpeechUnavailable("; ".join(reasons))


def open_recognisers(
    settings: SpeechSettings, locales: tuple[str, ...], missing: list[str]
) -> dict[str, Recogniser]:
    """Vosk where a model is given, PocketSphinx for English else."""
    found: dict[str, Recogniser] = {}
    for locale in locales:
        model = settings.vosk.get(locale)
        opener: Callable[[], Recogniser] | None = None
        if model is not None and settings.recogniser in ("auto", "vosk"):
            opener = _vosk(model)
        elif locale == "en" and settings.recogniser in ("auto", "pocketsphinx"):
            opener = _pocketsphinx
        recogniser = _attempt(missing, opener) if opener is not None else None
        if recogniser is not None:
            found[locale] = recogniser
    return found


def _vosk(model: Path) -> Callable[[], Recogniser]:
    def opened() -> Recogniser:
        from receptionist.speech.vosk_driver import Vosk

        return Vosk(model)

    return opened


def _pocketsphinx() -> Recogniser:
    from receptionist.speech.espeak import Espeak
    from receptionist.speech.pocket import PocketSphinx
    from receptionist.speech.pronounce import arpabet

    try:
        voice = Espeak()
    except SpeechUnavailable:  # then names outside the dictionary cannot be recognised, all else can
        return PocketSphinx()
    return PocketSphinx(lambda word: arpabet(voice.ipa(word, "en")))


def _loudspeaker(settings: SpeechSettings) -> Loudspeaker:
    from receptionist.speech.devices import SoundLoudspeaker

    return SoundLoudspeaker(settings.output or None)


def _microphone(settings: SpeechSettings) -> Microphone:
    if settings.recording is not None:
        from receptionist.speech.files import FileMicrophone

        try:
            return FileMicrophone(settings.recording)
        except (OSError, ValueError) as error:
            raise SpeechUnavailable(str(error)) from None
    from receptionist.speech.devices import SoundMicrophone

    return SoundMicrophone(settings.input or None, echo_cancelled=settings.echo_cancelled)


def _attempt(missing: list[str], opener: Callable[[], _T]) -> _T | None:
    try:
        return opener()
    except SpeechUnavailable as error:
        missing.append(str(error))
        return None
