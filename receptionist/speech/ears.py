"""Listening in one thread: microphone, detector, the taking of turns, recogniser."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from miron.wordgraph import WordGraph
from receptionist.speech.clip import Samples, level_dbfs
from receptionist.speech.detector import FRAME_MS, VoiceDetector
from receptionist.speech.ports import Microphone, Recogniser, SpeechUnavailable, Transcript
from receptionist.speech.turns import Decision, Profile, TurnTaker

_LOG = logging.getLogger(__name__)
LEVEL_FRAMES = 4
"""The level is told once in so many frames."""
QUIET_MS = 700
"""After an utterance that was cut, the visitor counts as silent when no voice was heard for so long."""


class Listener(Protocol):
    """Who is told what the ears hear. Called in the ears' thread; must return at once and not raise."""

    def sounding(self, yes: bool) -> None:
        """The visitor begins to speak, or has ended."""
        ...

    def said(self, transcript: Transcript) -> None:
        """The words of one utterance; never empty."""
        ...

    def hold(self, yes: bool) -> None:
        """Our own voice is to pause, because the visitor speaks to us, or to go on."""
        ...

    def level_changed(self, dbfs: float) -> None:
        """How loud it is, in dB relative to full scale."""
        ...

    def deaf(self, reason: str) -> None:
        """The ears have ended, and why."""
        ...


class Ears:
    """Hears visitors until it is closed, or the microphone or recogniser fails.

    Time is counted in sound heard, so a recording gives the same turns however fast it is played.

    Args:
        microphone: Where sound comes from; closed at the end.
        recognisers: Locale → who understands it; in other locales nothing is listened to.
        detector: Tells voice from other sound.
        turns: Decides when it is whose turn.
        listener: Is told.
        locale: The language to begin with.
    """

    def __init__(
        self,
        microphone: Microphone,
        recognisers: Mapping[str, Recogniser],
        detector: VoiceDetector,
        turns: TurnTaker,
        listener: Listener,
        locale: str = "en",
    ) -> None:
        self._microphone = microphone
        self._recognisers = dict(recognisers)
        self._recogniser = self._recognisers.get(locale)
        self._detector = detector
        self._turns = turns
        self._listener = listener
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._frame = microphone.rate * FRAME_MS // 1000
        self._rest: Samples = np.zeros(0, np.int16)
        self._before: deque[Samples] = deque(maxlen=max(1, turns.settings.pre_roll // FRAME_MS))
        self._grammar: WordGraph | None = None
        self._t = 0
        self._last_voice = 0
        self._sounding = False
        self._frames = 0
        self._thread = threading.Thread(target=self._run, name="miron-ears", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self, wait_s: float = 1.0) -> None:
        """Stop listening and give the microphone back; callable from any thread."""
        self._closed.set()
        self._microphone.close()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(wait_s)

    def expect(self, grammar: WordGraph, profile: Profile, locale: str) -> None:
        """What may be said from the next utterance on."""

        def order() -> None:
            self._turns.profile = profile
            self._grammar = grammar
            chosen = self._recognisers.get(locale)
            if chosen is not self._recogniser and not self._turns.in_utterance:
                self._recogniser = chosen

        self._orders.put(order)

    def we_speak(self) -> None:
        """Our own voice begins."""
        self._orders.put(lambda: self._carry_out(self._turns.we_speak(self._t)))

    def we_end(self) -> None:
        """Our own voice has ended, or was stopped."""
        self._orders.put(lambda: self._turns.we_end(self._t))

    def understood(self, useful: bool) -> None:
        """What was said last was useful to somebody, or not."""
        self._orders.put(lambda: self._carry_out(self._turns.understood(self._t, useful)))

    def _run(self) -> None:
        reason = "closed"
        try:
            while not self._closed.is_set():
                samples = self._microphone.read(0.1)
                while not self._orders.empty():
                    self._orders.get()()
                if samples is not None:
                    self._hear(samples)
        except SpeechUnavailable as error:
            reason = str(error)
        except Exception as error:  # a recogniser that crashes must not take the visit with it
            _LOG.exception("listening failed")
            reason = f"listening failed: {type(error).__name__}: {error}"
        self._microphone.close()
        self._sound(False)
        self._listener.deaf(reason)

    def _hear(self, samples: Samples) -> None:
        sound = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        whole = len(sound) // self._frame * self._frame
        self._rest = sound[whole:]
        for at in range(0, whole, self._frame):
            self._one_frame(sound[at : at + self._frame])

    def _one_frame(self, frame: Samples) -> None:
        self._t += FRAME_MS
        self._frames += 1
        if self._frames % LEVEL_FRAMES == 0:
            self._listener.level_changed(level_dbfs(frame))
        if self._recogniser is None:
            return
        voice = self._detector(frame)
        if voice:
            self._last_voice = self._t
        listening = self._turns.in_utterance
        if listening:
            self._turns.words(self._recogniser.feed(frame))
        else:
            self._before.append(frame)
        self._carry_out(self._turns.frame(self._t, FRAME_MS, voice))
        if self._sounding and not self._turns.in_utterance and self._t - self._last_voice >= QUIET_MS:
            self._sound(False)

    def _carry_out(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            match decision:
                case Decision.BEGIN:
                    self._begin()
                case Decision.END:
                    self._end()
                    self._sound(False)
                case Decision.CUT:
                    self._end()
                case Decision.DROP:
                    if self._recogniser is not None:
                        self._recogniser.end()
                    self._sound(False)
                case Decision.HOLD:
                    self._listener.hold(True)
                case Decision.RESUME:
                    self._listener.hold(False)

    def _begin(self) -> None:
        if self._recogniser is None:
            return
        if self._grammar is not None:
            self._recogniser.expect(self._grammar)
        self._recogniser.begin()
        for frame in self._before:
            self._recogniser.feed(frame)
        self._before.clear()
        self._sound(True)

    def _end(self) -> None:
        if self._recogniser is None:
            return
        transcript = self._recogniser.end()
        if transcript.text.strip():
            self._listener.said(transcript)
        else:
            self._carry_out(self._turns.understood(self._t, False))

    def _sound(self, yes: bool) -> None:
        if yes != self._sounding:
            self._sounding = yes
            self._listener.sounding(yes)
