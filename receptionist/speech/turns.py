"""Taking turns by voice: when the visitor begins, when they have finished, and when they interrupt us.

A pure machine: it is told what happens, with times, and answers with decisions. The delays follow what others
measured: a start needs some hundred milliseconds of voice, an end most of a second of silence (LiveKit agents
and pipecat ship 0.2 to 0.5 s and 0.5 to 0.8 s). One set of thresholds for all questions is too hasty for
names and too slow for "yes", so the silence that ends a turn depends on what is expected. Back-channel
("mm-hm") is no interruption, and a false interruption is taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Profile(StrEnum):
    """What is expected, as far as it matters for how long a pause may be."""

    SHORT = "short"  # yes, no, one of a few phrases
    FREE = "free"  # a sentence
    NAME = "name"  # people hesitate inside their own and others' names
    DIGITS = "digits"  # and even more inside numbers that they read off


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """The thresholds, all in milliseconds.

    Attributes:
        start: Voice needed, within twice this time, before the visitor counts as speaking.
        pre_roll: Sound from before that moment that still belongs to the utterance.
        end: Silence that ends the turn, by profile.
        longest: An utterance longer than this is cut and taken as it is.
        tail: How long after our own voice the room may still echo (half duplex).
        interrupt: Voice needed over our own before we hold our breath.
        resume: Silence after a false interruption before we go on.
    """

    start: int = 150
    pre_roll: int = 300
    end: dict[Profile, int] = field(
        default_factory=lambda: {
            Profile.SHORT: 400,
            Profile.FREE: 700,
            Profile.NAME: 1000,
            Profile.DIGITS: 1200,
        }
    )
    longest: int = 15_000
    tail: int = 300
    interrupt: int = 500
    resume: int = 600


class Decision(StrEnum):
    """What is to be done now."""

    BEGIN = "begin"  # an utterance begins, pre-roll included
    END = "end"  # it is over: ask the recogniser
    CUT = "cut"  # it is too long: ask the recogniser, though the sound goes on
    DROP = "drop"  # it was nothing: forget it
    HOLD = "hold"  # our own voice pauses: the visitor is talking to us
    RESUME = "resume"  # it goes on: the visitor was not


class TurnTaker:
    """Decides on turns; the caller feeds it frames in order and carries the decisions out.

    Args:
        settings: The thresholds.
        echo_cancelled: Whether the microphone does not hear our own voice. If it does, nothing is listened to
            while we speak and for a short tail after it (half duplex); touch and keys still interrupt.
        fillers: Back-channel words, lower case, which never interrupt.
    """

    def __init__(
        self,
        settings: TurnSettings | None = None,
        *,
        echo_cancelled: bool = False,
        fillers: frozenset[str] = frozenset(),
    ) -> None:
        self.settings = settings or TurnSettings()
        self.profile = Profile.FREE
        self._echo_cancelled = echo_cancelled
        self._fillers = fillers
        self._speaking = False  # ourselves
        self._deaf_until = 0
        self._held = False
        self._in_utterance = False
        self._begun = 0
        self._voiced = 0
        self._recent: list[tuple[int, int, bool]] = []
        self._last_voice = 0
        self._words = ""

    @property
    def in_utterance(self) -> bool:
        """Whether the visitor has the floor."""
        return self._in_utterance

    def we_speak(self, t: int) -> list[Decision]:
        """Our own voice begins at ``t`` ms."""
        self._speaking = True
        if self._in_utterance and not self._echo_cancelled:
            self._in_utterance = False
            return [Decision.END] if self._words else [Decision.DROP]
        return []

    def we_end(self, t: int) -> None:
        """Our own voice has ended, by itself or because it was stopped."""
        self._speaking = self._held = False
        self._deaf_until = t + self.settings.tail

    def words(self, text: str) -> None:
        """What the recogniser makes of the utterance so far."""
        self._words = text

    def frame(self, t: int, length: int, voice: bool) -> list[Decision]:
        """A frame of sound has ended at ``t``.

        Args:
            t: Time in ms, never falling.
            length: Of the frame, in ms.
            voice: Whether it holds a voice.
        """
        if not self._echo_cancelled and (self._speaking or t < self._deaf_until):
            self._recent.clear()
            return []
        if self._in_utterance:
            return self._go_on(t, length, voice)
        return self._wait(t, length, voice)

    def understood(self, t: int, useful: bool) -> list[Decision]:
        """The utterance that ended last was useful to somebody, or not.

        If not, and we hold our breath, we go on where we were.
        """
        if self._held and not useful:
            self._held = False
            return [Decision.RESUME]
        return []

    def _wait(self, t: int, length: int, voice: bool) -> list[Decision]:
        window = 2 * self.settings.start
        self._recent.append((t, length, voice))
        while self._recent and self._recent[0][0] <= t - window:
            self._recent.pop(0)
        if voice and sum(size for _, size, loud in self._recent if loud) >= self.settings.start:
            self._in_utterance, self._begun, self._last_voice = True, self._recent[0][0], t
            self._voiced, self._words = self.settings.start, ""
            self._recent.clear()
            return [Decision.BEGIN]
        return []

    def _go_on(self, t: int, length: int, voice: bool) -> list[Decision]:
        found: list[Decision] = []
        if voice:
            self._last_voice = t
            self._voiced += length
        if self._speaking and not self._held and self._voiced >= self.settings.interrupt and self._telling():
            self._held = True
            found.append(Decision.HOLD)
        silent = t - self._last_voice
        if t - self._begun >= self.settings.longest:
            self._in_utterance = False
            found.append(Decision.CUT)
        elif silent >= self.settings.end[self.profile]:
            self._in_utterance = False
            backchannel = self._speaking and not self._telling()
            found.append(Decision.DROP if backchannel else Decision.END)
            if backchannel and self._held:
                self._held = False
                found.append(Decision.RESUME)
        elif self._held and not self._telling() and silent >= self.settings.resume:
            self._held = False
            found.append(Decision.RESUME)
        return found

    def _telling(self) -> bool:
        """Whether there are words that are more than back-channel."""
        return any(word not in self._fillers for word in self._words.lower().split())
