"""Saying things aloud, cutting them, and going on in silence."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from engine.events import Command, Phase, Report
from receptionist.speech.clip import Clip
from receptionist.speech.devices import Playback
from receptionist.speech.mouth import Mouth, SilentVoice
from receptionist.speech.ports import SpeechUnavailable, Style

RATE = 1000
TEXT = "Good morning, dear Ada."
CLIP = Clip(np.ones(400, np.int16), RATE, ((0, 0, 4), (100, 5, 13), (200, 14, 18), (300, 19, 23)))


class Voice:
    name = "test"

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken

    def speak(self, text: str, locale: str, style: Style | None = None) -> Clip:
        if self.broken:
            raise SpeechUnavailable("no voice today")
        return CLIP


class Speaker:
    """Plays when told to."""

    latency_ms = 0

    def __init__(self) -> None:
        self.playing: Playback | None = None

    def play(self, clip: Clip) -> Playback:
        self.playing = Playback(clip.samples, clip.rate)
        return self.playing

    def close(self) -> None:
        pass

    def advance(self, ms: int) -> np.ndarray:
        out = np.zeros(ms * RATE // 1000, np.int16)
        assert self.playing is not None
        if not self.playing.done.is_set():
            self.playing.fill(out)
        if self.playing.over:
            self.playing.done.set()
        return out


def speak(
    voice: Voice, then: Callable[[Mouth, Speaker, Command], Awaitable[None]]
) -> tuple[list[object], list[Report]]:
    told: list[object] = []
    reports: list[Report] = []
    command = Command("start", 7, "speech", "greeting", TEXT, locale="en")

    async def run() -> None:
        speaker = Speaker()
        mouth = Mouth(
            voice,
            speaker,
            SilentVoice(ms_per_word=1, begun=lambda _command, clip: told.append(clip)),
            begun=lambda _command, clip: told.append(clip),
            spoken=told.append,
            trouble=told.append,
        )
        act = asyncio.create_task(mouth.start(command, reports.append))
        await then(mouth, speaker, command)
        await asyncio.wait_for(act, 5)

    asyncio.run(run())
    return told, reports


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110  # what is waited for happens in a thread
        await asyncio.sleep(0.001)


def test_a_sentence_is_done_when_its_last_sample_is_out():
    async def play(_mouth: Mouth, speaker: Speaker, _command: Command) -> None:
        await until(lambda: speaker.playing)
        speaker.advance(399)
        assert speaker.playing is not None
        assert not speaker.playing.done.is_set()
        speaker.advance(10)

    told, reports = speak(Voice(), play)
    assert told == [True, CLIP, False]
    assert reports == []  # returning is done


def test_a_cut_sentence_reports_what_was_heard_of_it():
    async def cut(mouth: Mouth, speaker: Speaker, command: Command) -> None:
        await until(lambda: speaker.playing)
        speaker.advance(250)
        mouth.stop(command)
        assert not speaker.advance(50).any()  # silent from the next block on

    _, reports = speak(Voice(), cut)
    assert reports == [Report(7, Phase.CANCELLED, "Good morning,")]


def test_a_sentence_stopped_before_its_sound_was_made_is_not_said_at_all():
    async def stop(mouth: Mouth, speaker: Speaker, command: Command) -> None:
        mouth.stop(command)

    told, reports = speak(Voice(), stop)
    assert reports in ([Report(7, Phase.CANCELLED, "")],)
    assert True not in told


def test_holding_our_breath_loses_no_sample():
    async def hold(mouth: Mouth, speaker: Speaker, _command: Command) -> None:
        await until(lambda: speaker.playing)
        speaker.advance(100)
        mouth.hold(True)
        assert not speaker.advance(500).any()
        mouth.hold(False)
        assert speaker.advance(300).all()

    _, reports = speak(Voice(), hold)
    assert reports == []


def test_without_a_voice_the_sentence_passes_in_silence_and_the_reason_is_told():
    async def wait(*_: object) -> None:
        return

    told, reports = speak(Voice(broken=True), wait)
    assert told == ["no voice today", None]
    assert reports == []
