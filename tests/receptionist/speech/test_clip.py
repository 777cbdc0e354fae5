"""Sound as data."""

from pathlib import Path

import numpy as np
import pytest

from receptionist.speech.clip import SILENCE_DBFS, Clip, joined, level_dbfs, read_wav, write_wav


def tone(ms: int, rate: int = 16_000, amplitude: int = 8000) -> np.ndarray:
    return (amplitude * np.sin(np.arange(rate * ms // 1000) * 0.3)).astype(np.int16)


def test_a_file_is_read_as_it_was_written(tmp_path: Path):
    clip = Clip(tone(200), 16_000)
    write_wav(tmp_path / "a.wav", clip)
    again = read_wav(tmp_path / "a.wav")
    assert again.rate == 16_000
    assert np.array_equal(again.samples, clip.samples)


def test_what_is_no_wav_file_says_so(tmp_path: Path):
    (tmp_path / "a.wav").write_bytes(b"no sound")
    with pytest.raises(ValueError, match="not a WAV file"):
        read_wav(tmp_path / "a.wav")


def test_levels_are_relative_to_full_scale():
    assert level_dbfs(np.full(100, -32768, np.int16)) == pytest.approx(0.0)
    assert level_dbfs(np.full(100, 3277, np.int16)) == pytest.approx(-20, abs=0.1)
    assert level_dbfs(np.zeros(100, np.int16)) == SILENCE_DBFS
    assert level_dbfs(np.zeros(0, np.int16)) == SILENCE_DBFS


def test_clips_are_joined_with_their_times():
    one = Clip(tone(100), 16_000, ((0, 0, 2),))
    two = Clip(tone(50), 16_000, ((10, 3, 5),))
    both = joined([one, two])
    assert both.duration_ms == 150
    assert both.words == ((0, 0, 2), (110, 3, 5))


def test_what_was_said_before_a_cut_ends_with_a_whole_word():
    clip = Clip(tone(1000), 16_000, ((0, 0, 5), (400, 6, 9), (700, 10, 15)))
    assert [clip.said_until(ms) for ms in (-5, 0, 399, 400, 650, 700, 999, 1000)] == [0, 0, 0, 5, 5, 9, 9, 15]


def test_another_rate_keeps_the_length_and_the_pitch():
    soxr = pytest.importorskip("soxr")
    assert soxr
    from receptionist.speech.clip import resampled

    samples = tone(1000)
    assert abs(len(resampled(samples, 16_000, 48_000)) - 48_000) < 100
    assert resampled(samples, 16_000, 16_000) is samples
