"""The effector for speech: aloud where there is a voice and a loudspeaker, else in silence at its pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from engine.events import Command, Phase, Report
from engine.virtual import MS_PER_WORD, SHORTEST_MS, said_until, words
from receptionist.speech.clip import Clip
from receptionist.speech.devices import Playback
from receptionist.speech.ports import SpeechUnavailable, Style, Voice
from receptionist.threads import in_daemon_thread

Begun = Callable[[Command, Clip | None], None]
"""Is told when an utterance becomes audible: with its clip, or with None when it passes in silence."""


class Loudspeaker(Protocol):
    """Plays clips, one at a time.

    Attributes:
        latency_ms: From handing over a sample to hearing it.
    """

    latency_ms: int

    def play(self, clip: Clip) -> Playback:
        """Start a clip, cutting the one before it."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


class SilentVoice:
    """Speech without sound: words pass at the pace of speaking, and can be cut at any of them.

    Args:
        ms_per_word: The pace, in milliseconds.
        begun: See `Begun`.
    """

    def __init__(self, ms_per_word: int = MS_PER_WORD, begun: Begun | None = None) -> None:
        self.ms_per_word = ms_per_word
        self._begun = begun or (lambda _command, _clip: None)
        self._cuts: dict[int, asyncio.Event] = {}

    def duration_ms(self, text: str) -> int:
        """How long a text takes to say, in milliseconds."""
        return max(min(SHORTEST_MS, self.ms_per_word), self.ms_per_word * len(words(text)))

    async def start(self, command: Command, report: Callable[[Report], None]) -> None:
        """Let the words pass; report how far they came if they are cut."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        cut = self._cuts[command.act] = asyncio.Event()
        self._begun(command, None)
        try:
            await asyncio.wait_for(cut.wait(), self.duration_ms(command.text) / 1000)
        except TimeoutError:
            return
        finally:
            del self._cuts[command.act]
        count = int(1000 * (loop.time() - begun)) // self.ms_per_word
        report(Report(command.act, Phase.CANCELLED, said_until(command.text, count)))

    def stop(self, command: Command) -> None:
        """Cut the words."""
        cut = self._cuts.get(command.act)
        if cut is not None:
            cut.set()


class Mouth:
    """Speaks aloud.

    When the voice or the loudspeaker fails, the utterance passes in silence, so that the conversation goes on
    in writing, and the reason is told.

    Args:
        voice: Makes the sound.
        loudspeaker: Plays it.
        silent: Takes over where there is no sound.
        begun: See `Begun`.
        spoken: Is told when sound begins (True) and ends (False).
        trouble: Is told why something could not be said aloud.
        style: How everything is said.
    """

    def __init__(
        self,
        voice: Voice,
        loudspeaker: Loudspeaker,
        silent: SilentVoice,
        *,
        begun: Begun,
        spoken: Callable[[bool], None] = lambda _yes: None,
        trouble: Callable[[str], None] = lambda _reason: None,
        style: Style | None = None,
    ) -> None:
        self._voice, self._loudspeaker, self._silent = voice, loudspeaker, silent
        self._begun, self._spoken, self._trouble = begun, spoken, trouble
        self._style = style
        self._playing: tuple[int, Playback] | None = None
        self._stopped: set[int] = set()

    def duration_ms(self, text: str) -> int:
        """An estimate; the clip knows better once it is made."""
        return self._silent.duration_ms(text)

    async def start(self, command: Command, report: Callable[[Report], None]) -> None:
        """Say it; what was said before a cut is reported word by word."""
        try:
            clip = await in_daemon_thread(
                lambda: self._voice.speak(command.text, command.locale, self._style)
            )
            playback = None if command.act in self._stopped else self._loudspeaker.play(clip)
        except SpeechUnavailable as error:
            self._trouble(str(error))
            await self._silent.start(command, report)
            return
        if playback is None:
            self._stopped.discard(command.act)
            report(Report(command.act, Phase.CANCELLED, ""))
            return
        self._playing = (command.act, playback)
        self._spoken(True)
        self._begun(command, clip)
        try:
            await in_daemon_thread(playback.done.wait)
        finally:
            self._playing = None
            self._spoken(False)
        if command.act in self._stopped:
            self._stopped.discard(command.act)
            heard_ms = playback.played_ms - self._loudspeaker.latency_ms
            report(Report(command.act, Phase.CANCELLED, command.text[: clip.said_until(heard_ms)]))
        elif not playback.over:
            self._trouble("the loudspeaker went away")

    def stop(self, command: Command) -> None:
        """Cut the sound with the next block."""
        self._silent.stop(command)
        self._stopped.add(command.act)
        if self._playing is not None and self._playing[0] == command.act:
            self._playing[1].abort()

    def hold(self, yes: bool) -> None:
        """Hold our breath, or go on."""
        if self._playing is not None:
            self._playing[1].hold(yes)
