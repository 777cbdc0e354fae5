"""Speech, measured: a synthetic visitor is recognised with and without expectations, and turns are timed.

    python benchmarks/speech/run.py

Needs the extra ``speech`` and flite; the parts with devices need PulseAudio too and are left out without it.
The visitor's voice is flite's slt: eSpeak NG, the kiosk's own, is a poor proxy of a person for PocketSphinx.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from miron.template import SlotRef, parse  # noqa: E402
from miron.wordgraph import WordGraph, WordGraphBuilder  # noqa: E402
from receptionist.settings import SpeechSettings  # noqa: E402
from receptionist.speech.clip import Samples, read_wav, resampled  # noqa: E402
from receptionist.speech.detector import FRAME_MS, voice_detector  # noqa: E402
from receptionist.speech.ports import Recogniser  # noqa: E402
from receptionist.speech.sound import open_recognisers  # noqa: E402
from receptionist.speech.turns import Decision, Profile, TurnTaker  # noqa: E402

RATE = 16_000
PEOPLE = ("ada lovelace", "grace hopper", "alan turing", "wei nguyen", "siobhan kowalczyk", "emma fischer")
TEMPLATES = (
    "(hello|good morning|good afternoon)",
    "(my name is|i am|this is) {person}",
    "i (have|had) an appointment with {person}[ at (ten thirty|noon|two o'clock|half past nine)]",
    "i am here to (see|meet) {person}",
    "{person}",
    "(yes|no)[ please| thank you]",
    "i have a (parcel|delivery|package) for {person}",
    "where (is|are) the (toilet|lift|cafeteria|meeting room)",
    "(can|could) you (repeat|say) that[ again] please",
    "i would like to speak to a (human|person)",
    "i (am leaving|want to check out)[ now]",
    "what is the (password for the wireless network|wifi password)",
)
SENTENCES = (
    "good morning", "my name is ada lovelace", "i am grace hopper", "this is wei nguyen",
    "i have an appointment with alan turing", "i have an appointment with emma fischer at ten thirty",
    "i had an appointment with grace hopper at noon", "i am here to see siobhan kowalczyk",
    "i am here to meet alan turing", "emma fischer", "grace hopper", "yes please", "no thank you", "yes",
    "no", "i have a parcel for emma fischer", "i have a delivery for wei nguyen", "where is the toilet",
    "where is the meeting room", "could you repeat that please", "i would like to speak to a human",
    "i am leaving now", "i want to check out", "what is the wifi password",
)  # fmt: skip
UNEXPECTED = (
    "the weather is rather nice today", "my dog does not like the rain", "please turn the music down",
    "i forgot my umbrella on the train", "how much does a ticket cost", "the coffee machine is broken again",
    "we should paint this wall green", "she plays the piano every evening",
)  # fmt: skip


def spoken(text: str, folder: Path) -> Samples:
    """A sentence in the visitor's voice, with a second of silence around it."""
    path = folder / "said.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", str(path)], check=True)
    clip = read_wav(path)
    quiet = np.random.default_rng(0).normal(0, 8, RATE).astype(np.int16)
    return np.concatenate([quiet, resampled(clip.samples, clip.rate, RATE), quiet, quiet])


def expected() -> WordGraph:
    """What the sentences are a part of."""

    def kind(slot: SlotRef) -> str:
        return slot.name

    builder = WordGraphBuilder({}, kind)
    for template in TEMPLATES:
        builder.add(parse(template))
    return builder.graph({"person": PEOPLE})


def recognised(recogniser: Recogniser, samples: Samples) -> str:
    """What the recogniser makes of it, fed as a microphone would."""
    recogniser.begin()
    for at in range(0, len(samples), RATE // 10):
        recogniser.feed(samples[at : at + RATE // 10])
    return recogniser.end().text


def errors(wanted: Sequence[str], found: Sequence[str]) -> tuple[float, int]:
    """Word error rate, and how many sentences are right as a whole."""
    wrong = sum(Levenshtein.distance(a.split(), b.split()) for a, b in zip(wanted, found, strict=True))
    return wrong / sum(len(a.split()) for a in wanted), sum(
        a == b for a, b in zip(wanted, found, strict=True)
    )


def recognition(console: Console, recordings: dict[str, Samples]) -> None:
    """With expectations against without, in one run."""
    recogniser = open_recognisers(SpeechSettings(), ("en",), []).get("en")
    if recogniser is None:
        console.print("no recogniser: pip install 'miron[speech]'")
        return
    table = Table(title=f"{recogniser.name}, {len(SENTENCES)} sentences, voice flite slt")
    for column in (
        "expectations",
        "word error rate",
        "exact",
        "believed of 8 unexpected",
        "CPU s / s of sound",
    ):
        table.add_column(column, justify="right")
    seconds = sum(len(recordings[text]) for text in SENTENCES) / RATE
    for name, graph in (("off", WordGraph()), ("on", expected())):
        recogniser.expect(graph)
        begun = time.process_time()
        found = [recognised(recogniser, recordings[text]) for text in SENTENCES]
        cpu = time.process_time() - begun
        rate, exact = errors(SENTENCES, found)
        believed = 0
        for text in UNEXPECTED:
            recogniser.begin()
            recogniser.feed(recordings[text])
            believed += recogniser.end().expected
        table.add_row(
            name, f"{rate:.3f}", f"{exact} of {len(SENTENCES)}", f"{believed}", f"{cpu / seconds:.2f}"
        )
    console.print(table)


def endpoints(console: Console, recordings: dict[str, Samples]) -> None:
    """From the last voiced frame to the decision that the turn is over, counted in sound."""
    table = Table(title="endpointing: silence until the turn is over, ms of sound")
    for column in ("profile", "median", "largest", "turns split"):
        table.add_column(column, justify="right")
    for profile in Profile:
        delays: list[int] = []
        split = 0
        for text in SENTENCES:
            taken = turns(recordings[text], profile)
            delays += taken[:1]
            split += len(taken) != 1
        table.add_row(
            profile.value, f"{np.median(delays):.0f}", f"{max(delays)}", f"{split} of {len(SENTENCES)}"
        )
    console.print(table)


def turns(samples: Samples, profile: Profile) -> list[int]:
    """For each turn taken, how long after the last voice its end was decided, in ms."""
    detector, taker = voice_detector(RATE), TurnTaker()
    taker.profile = profile
    size, last, found = RATE * FRAME_MS // 1000, 0, []
    for number in range(len(samples) // size):
        t = (number + 1) * FRAME_MS
        voice = detector(samples[number * size : (number + 1) * size])
        last = t if voice else last
        if Decision.END in taker.frame(t, FRAME_MS, voice):
            found.append(t - last)
    return found


def devices(console: Console) -> None:
    """Through a sound server: how soon it answers, and what the kiosk costs."""
    from tests.receptionist.speech.pulse import Kiosk, missing, sound_server

    if missing():
        console.print(f"left out with devices: {missing()}")
        return
    table = Table(title="with devices (PulseAudio null sinks)")
    table.add_column("what")
    table.add_column("measured", justify="right")
    with tempfile.TemporaryDirectory(prefix="snd") as folder, sound_server(Path(folder) / "s") as server:
        kiosk = Kiosk(server.env, Path(folder))
        try:
            kiosk.wait(lambda: "▯".encode() in kiosk.screen, "the meter")
            time.sleep(20)
            table.add_row("CPU of the idle kiosk, listening", _share(kiosk.pid, 10))
            server.say("hello there")
            heard = time.monotonic()
            kiosk.wait(lambda: kiosk.said("greeting", "started"), "the greeting")
            answer = time.monotonic() - heard
            table.add_row("end of speech → answer begins, endpoint included", f"{1000 * answer:.0f} ms")
            table.add_row("CPU of the kiosk, talking", _share(kiosk.pid, 6))
        finally:
            kiosk.close()
    console.print(table)


def _share(pid: int, seconds: float) -> str:
    path = Path(f"/proc/{pid}/stat")

    def ticks() -> int:
        fields = path.read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    time.sleep(seconds)
    return f"{(ticks() - before) / os.sysconf('SC_CLK_TCK') / seconds:.1%} of a core"


def main() -> None:
    """Everything that this machine can do."""
    console = Console(width=110)
    if shutil.which("flite") is None:
        console.print("flite is not installed (Debian: apt install flite)")
        return
    with tempfile.TemporaryDirectory() as folder:
        recordings = {text: spoken(text, Path(folder)) for text in (*SENTENCES, *UNEXPECTED)}
    recognition(console, recordings)
    endpoints(console, recordings)
    devices(console)


if __name__ == "__main__":
    main()
