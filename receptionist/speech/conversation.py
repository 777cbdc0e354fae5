"""Speech at the kiosk: the session's words become sound, the visitor's sound becomes words.

Sound may be missing at the start, go away and come back; the conversation goes on in writing meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from engine.events import Assert, Command, Event, Heard, Report
from miron.locales import get
from receptionist.settings import SpeechSettings
from receptionist.speech.detector import voice_detector
from receptionist.speech.ears import Ears
from receptionist.speech.expectations import Expectations
from receptionist.speech.mouth import Begun, Mouth, SilentVoice
from receptionist.speech.ports import Style, Transcript
from receptionist.speech.sound import Sound, open_sound
from receptionist.speech.turns import TurnTaker
from receptionist.threads import in_daemon_thread

_LOG = logging.getLogger(__name__)
RETRY_S = 10.0
"""How often a missing device is looked for."""
UNDERSTOOD_S = 0.4
"""What was heard while we spoke and has not stopped us by then was not for us: we go on."""
SOFTEST_DBFS = -60.0
"""Shown as nothing on the microphone's meter."""
NO_SOUND = "No sound on this machine: type or touch."
NO_EARS = "I cannot hear on this machine: type or touch."
NO_VOICE = "I have no voice on this machine: please read along."


class Conversation:
    """Effector for speech, and source of what visitors say.

    Args:
        settings: What is wanted; None: no sound at all.
        expectations: What the session expects, looked at after every change.
        locales: Those of the dialogue.
        locale: Tells the session's language.
        other: Name of the visitor in the dialogue's memory.
        offer: Delivers events to the session; called from other threads too.
        begun: Is told when an utterance begins.
        changed: Is told when notices or the level have changed.
        ms_per_word: Pace of writing where there is no sound.
    """

    def __init__(
        self,
        settings: SpeechSettings | None,
        expectations: Expectations,
        *,
        locales: tuple[str, ...],
        locale: Callable[[], str],
        other: str,
        offer: Callable[[Event], bool],
        begun: Begun,
        changed: Callable[[], None],
        ms_per_word: int,
    ) -> None:
        self._settings, self._expectations = settings, expectations
        self._locales, self._locale, self._other = locales, locale, other
        self._offer, self._changed = offer, changed
        self._silent = SilentVoice(ms_per_word, begun)
        self._begun = begun
        self._sound = Sound()
        self._mouth: Mouth | None = None
        self._ears: Ears | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lost = asyncio.Event()
        self._expect = asyncio.Event()
        self.notice = NO_SOUND
        """What people at the kiosk should know about its sound; empty: all is there."""
        self.level: float | None = None
        """Of the microphone, 0 … 1, or None where nothing listens."""

    def duration_ms(self, text: str) -> int:
        """About how long a text takes to say, in milliseconds."""
        return self._silent.duration_ms(text)

    async def start(self, command: Command, report: Callable[[Report], None]) -> None:
        """Say something; see :class:`engine.agent.Effector`."""
        await (self._mouth or self._silent).start(command, report)

    def stop(self, command: Command) -> None:
        """Say no more."""
        (self._mouth or self._silent).stop(command)

    def refresh(self) -> None:
        """The session has changed: other things may be expected."""
        self._expect.set()

    async def run(self, closing: asyncio.Event) -> None:
        """Open what sound there is, and again when it was lost, until closing."""
        if self._settings is None:
            return
        self._loop = asyncio.get_running_loop()
        listening = asyncio.create_task(self._keep_expecting())
        try:
            while not closing.is_set():
                if self._mouth is None or (self._ears is None and self._settings.recogniser != "off"):
                    await self._open(self._settings)
                self._lost.clear()
                waits = [asyncio.ensure_future(each.wait()) for each in (closing, self._lost)]
                await asyncio.wait(waits, timeout=RETRY_S, return_when=asyncio.FIRST_COMPLETED)
                for each in waits:
                    each.cancel()
        finally:
            listening.cancel()
            await in_daemon_thread(self._close)

    async def _open(self, settings: SpeechSettings) -> None:
        await in_daemon_thread(self._close)
        self._sound = sound = await in_daemon_thread(lambda: open_sound(settings, self._locales))
        if sound.voice is not None and sound.loudspeaker is not None:
            self._mouth = Mouth(
                sound.voice,
                sound.loudspeaker,
                self._silent,
                begun=self._begun,
                spoken=self._we_speak,
                trouble=self._voice_failed,
                style=Style(settings.words_per_minute),
            )
        if sound.microphone is not None:
            self._ears = Ears(
                sound.microphone,
                sound.recognisers,
                voice_detector(sound.microphone.rate),
                TurnTaker(
                    echo_cancelled=sound.microphone.echo_cancelled,
                    fillers=get(self._locale()).fillers | {"okay", "ok", "yeah", "right", "ja", "genau"},
                ),
                self,
                self._locale(),
            )
            self._ears.start()
            self.refresh()
        for reason in sound.missing:
            _LOG.info("%s", reason)
        self._tell()

    def _close(self) -> None:
        sound, self._sound = self._sound, Sound()
        ears, self._ears, self._mouth = self._ears, None, None
        if ears is not None:
            ears.close()
        if sound.loudspeaker is not None:
            sound.loudspeaker.close()
        for driver in (sound.voice, *sound.recognisers.values()):
            close = getattr(driver, "close", None)
            if close is not None:
                close()

    def _tell(self) -> None:
        wants_ears = self._settings is not None and self._settings.recogniser != "off"
        deaf = wants_ears and self._ears is None
        if self._mouth is None:
            self.notice = NO_VOICE if self._ears is not None else NO_SOUND
        else:
            self.notice = NO_EARS if deaf else ""
        self.level = None if self._ears is None else 0.0
        self._changed()

    async def _keep_expecting(self) -> None:
        """What is expected reaches the ears soon after every change, once for many changes."""
        while True:
            await self._expect.wait()
            self._expect.clear()
            if self._ears is not None:
                expected = self._expectations
                self._ears.expect(expected.grammar(), expected.profile(), self._locale())
            await asyncio.sleep(0.02)

    def _we_speak(self, yes: bool) -> None:
        if self._ears is not None:
            if yes:
                self._ears.we_speak()
            else:
                self._ears.we_end()

    def _voice_failed(self, reason: str) -> None:
        _LOG.warning("%s", reason)
        self._mouth = None
        self._tell()
        self._lost.set()

    # Called by the ears, in their thread

    def sounding(self, yes: bool) -> None:
        """While somebody speaks, silence is no silence."""
        self._offer(Assert(f"{self._other}.speaking", yes))

    def said(self, transcript: Transcript) -> None:
        """Words go to the session; if they do not stop us, they were not meant to."""
        self._offer(Heard(transcript.text, via="voice", confidence=transcript.confidence))
        self._in_loop(lambda loop: loop.call_later(UNDERSTOOD_S, self._not_for_us))

    def hold(self, yes: bool) -> None:
        """We hold our breath, or go on."""
        mouth = self._mouth
        if mouth is not None:
            mouth.hold(yes)

    def level_changed(self, dbfs: float) -> None:
        """The meter follows."""
        level = min(1.0, max(0.0, 1 - dbfs / SOFTEST_DBFS))
        if self.level is None or abs(level - self.level) > 0.05:
            self.level = level
            self._in_loop(lambda _loop: self._changed())

    def deaf(self, reason: str) -> None:
        """The ears have ended; they are opened again if that was not wanted."""

        def lost(_loop: asyncio.AbstractEventLoop) -> None:
            if reason != "closed":
                _LOG.warning("%s", reason)
                self._ears = None
                self._tell()
                self._lost.set()

        self._in_loop(lost)

    def _not_for_us(self) -> None:
        if self._ears is not None:
            self._ears.understood(False)

    def _in_loop(self, act: Callable[[asyncio.AbstractEventLoop], object]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(act, loop)
