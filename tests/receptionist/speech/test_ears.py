"""From sound to words, with a recogniser that is told what it hears."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from miron.wordgraph import WordGraph
from receptionist.speech.clip import Samples
from receptionist.speech.detector import LevelDetector
from receptionist.speech.ears import Ears
from receptionist.speech.ports import SpeechUnavailable, Transcript
from receptionist.speech.turns import Profile, TurnTaker

RATE = 16_000
RNG = np.random.default_rng(1)


def voice(ms: int) -> Samples:
    return RNG.normal(0, 6000, RATE * ms // 1000).clip(-32768, 32767).astype(np.int16)


def quiet(ms: int) -> Samples:
    return RNG.normal(0, 20, RATE * ms // 1000).astype(np.int16)


class Tape:
    """A microphone that plays pieces as fast as they are read, then tells that it is over."""

    rate = RATE
    echo_cancelled = False

    def __init__(self, *pieces: Samples) -> None:
        sound = np.concatenate(pieces)
        self._blocks = [sound[at : at + 1600] for at in range(0, len(sound), 1600)]
        self.closed = False

    def read(self, seconds: float) -> Samples | None:
        if not self._blocks:
            raise SpeechUnavailable("the tape is over")
        return self._blocks.pop(0)

    def close(self) -> None:
        self.closed = True


class Told:
    """A recogniser that answers with what it was told, and notes how much it heard."""

    name = "told"
    rate = RATE

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.heard_ms: list[int] = []
        self.grammars: list[WordGraph] = []

    def expect(self, grammar: WordGraph) -> None:
        self.grammars.append(grammar)

    def begin(self) -> None:
        self.heard_ms.append(0)

    def feed(self, samples: Samples) -> str:
        self.heard_ms[-1] += 1000 * len(samples) // RATE
        return self._answers[0] if self._answers else ""

    def end(self) -> Transcript:
        return Transcript(self._answers.pop(0) if self._answers else "")


class Noted:
    """A listener that notes everything in order."""

    def __init__(self) -> None:
        self.notes: list[object] = []
        self.levels: list[float] = []
        self.over = threading.Event()

    def sounding(self, yes: bool) -> None:
        self.notes.append("begins" if yes else "ends")

    def said(self, transcript: Transcript) -> None:
        self.notes.append(transcript.text)

    def hold(self, yes: bool) -> None:
        self.notes.append("hold" if yes else "go on")

    def level_changed(self, dbfs: float) -> None:
        self.levels.append(dbfs)

    def deaf(self, reason: str) -> None:
        self.notes.append(f"deaf: {reason}")
        self.over.set()


def listen(tape: Tape, told: Told, prepare: Callable[[Ears], None] = lambda _ears: None) -> Noted:
    noted = Noted()
    ears = Ears(tape, {"en": told}, LevelDetector(), TurnTaker(), noted)
    prepare(ears)
    ears.start()
    assert noted.over.wait(20)
    assert tape.closed
    return noted


def test_an_utterance_becomes_words_between_its_beginning_and_its_end():
    told = Told("hello there")
    noted = listen(Tape(quiet(1000), voice(1200), quiet(1500)), told)
    assert noted.notes == ["begins", "hello there", "ends", "deaf: the tape is over"]
    assert told.heard_ms[0] >= 1200  # the sound before the decision is not lost
    assert max(noted.levels) > -20 > min(noted.levels)


def test_a_cough_without_words_is_nothing_said():
    noted = listen(Tape(quiet(500), voice(400), quiet(1500)), Told())
    assert noted.notes == ["begins", "ends", "deaf: the tape is over"]


def test_sound_without_end_is_one_long_sounding():
    noted = listen(Tape(quiet(500), voice(35_000), quiet(1500)), Told())
    assert noted.notes == ["begins", "ends", "deaf: the tape is over"]


def test_what_is_expected_reaches_the_recogniser_with_the_next_utterance():
    told = Told("yes")
    grammar = WordGraph({0: {"yes": 1}}, frozenset({1}))
    listen(
        Tape(quiet(500), voice(500), quiet(1500)),
        told,
        lambda ears: ears.expect(grammar, Profile.SHORT, "en"),
    )
    assert told.grammars == [grammar]


def test_a_language_without_recogniser_is_not_listened_to():
    noted = listen(
        Tape(quiet(500), voice(500), quiet(1500)),
        Told("hello"),
        lambda ears: ears.expect(WordGraph(), Profile.FREE, "de"),
    )
    assert noted.notes == ["deaf: the tape is over"]


def test_a_recogniser_that_crashes_ends_the_listening_with_a_reason():
    class Broken(Told):
        def feed(self, samples: Samples) -> str:
            raise RuntimeError("decoder died")

    noted = listen(Tape(quiet(500), voice(500), quiet(500)), Broken("x"))
    assert noted.notes[-1] == "deaf: listening failed: RuntimeError: decoder died"


def test_closing_ends_the_thread_at_once():
    class Endless(Tape):
        def read(self, seconds: float) -> Samples | None:
            time.sleep(0.01)
            return quiet(10)

    noted = Noted()
    ears = Ears(Endless(quiet(1)), {"en": Told()}, LevelDetector(), TurnTaker(), noted)
    ears.start()
    ears.close()
    assert noted.over.wait(5)
    assert noted.notes == ["deaf: closed"]


def test_while_we_speak_nothing_is_heard():
    noted = listen(Tape(quiet(300), voice(800), quiet(1500)), Told("echo"), lambda ears: ears.we_speak())
    assert noted.notes == ["deaf: the tape is over"]


@pytest.mark.parametrize("hum", [100, 1000])
def test_a_steady_hum_is_taken_for_a_voice_at_most_once(hum: int):
    steady = RNG.normal(0, hum, RATE * 60).astype(np.int16)
    noted = listen(Tape(steady), Told(*["nonsense"] * 9))
    assert noted.notes.count("nonsense") <= 1
    assert noted.notes[-2:-1] in ([], ["ends"])
