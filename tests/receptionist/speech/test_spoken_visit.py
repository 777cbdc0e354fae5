"""A visit that is spoken from the first word to the last, through the real command and real sound streams."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.receptionist.speech.pulse import Kiosk, SoundServer, missing, sound_server

pytestmark = [pytest.mark.audio, pytest.mark.slow]
if missing():
    pytest.skip(missing(), allow_module_level=True)


@pytest.fixture
def server() -> Iterator[SoundServer]:
    with tempfile.TemporaryDirectory(prefix="snd") as folder, sound_server(Path(folder) / "s") as found:
        yield found


def ready(kiosk: Kiosk) -> None:
    """Up, with a microphone: the meter is drawn."""
    kiosk.wait(lambda: "▯".encode() in kiosk.screen or "▮".encode() in kiosk.screen, "the meter")


def test_a_visitor_is_received_by_voice_alone(server: SoundServer, tmp_path: Path):
    kiosk = Kiosk(server.env, tmp_path)
    try:
        ready(kiosk)
        with server.recorded() as played:
            server.say("Hello there")
            kiosk.wait(lambda: kiosk.said("who_are_you"), "the question for the name")
            server.say("My name is Ada Lovelace")
            kiosk.wait(lambda: kiosk.said("on_the_way"), "the good news")
            kiosk.wait(kiosk.ending, "the end")
        sound = np.fromfile(played, "<i2")
    finally:
        assert kiosk.close() == 0
    assert "hello" in kiosk.heard()
    assert kiosk.ending() == "met"
    assert np.abs(sound).max() > 3000  # it was really said aloud
    replayed = subprocess.run(
        [sys.executable, "-m", "receptionist", "replay", str(kiosk.journal)],
        env={**server.env, "MIRON_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


def test_without_devices_the_kiosk_goes_on_in_writing_and_speaks_when_they_come(tmp_path: Path):
    with tempfile.TemporaryDirectory(prefix="snd") as folder:
        place = Path(folder) / "s"
        with sound_server(place) as server:
            kiosk = Kiosk(server.env, tmp_path)
            ready(kiosk)
        try:
            kiosk.wait(lambda: b"No sound on this machine" in kiosk.screen, "the notice", 90)
            kiosk.screen = b""
            with sound_server(place):
                ready(kiosk)
        finally:
            assert kiosk.close() == 0
