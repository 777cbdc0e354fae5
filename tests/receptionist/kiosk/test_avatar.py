"""The face: pure, distinct in what it expresses, right in size, drawable everywhere."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receptionist.kiosk.avatar import (
    GESTURE_MS,
    Emotion,
    FaceState,
    Frame,
    Gaze,
    Gesture,
    Paint,
    Utterance,
    Viseme,
    frame,
)
from receptionist.kiosk.avatar.idle import blink, noise
from receptionist.kiosk.avatar.palette import ANSI_16
from receptionist.kiosk.avatar.pose import pose
from receptionist.kiosk.expression import known

AWAKE_MS = next(t for t in range(5000, 9000, 50) if blink(0, t) == 0)  # a moment without a blink


def still(emotion: Emotion = Emotion.NEUTRAL, gaze: Gaze = Gaze.VISITOR) -> FaceState:
    return FaceState(emotion=emotion, emotion_from=emotion, gaze=gaze, gaze_from=gaze)


def saying(viseme: Viseme) -> FaceState:
    return FaceState(utterance=Utterance(1, "x", duration_ms=60_000, visemes=((0, viseme),)))


def text(picture: Frame) -> str:
    return "\n".join("".join(run.text for run in row) for row in picture.rows)


states = st.builds(
    FaceState,
    emotion=st.sampled_from(Emotion),
    emotion_from=st.sampled_from(Emotion),
    emotion_at=st.integers(-20_000, 20_000),
    gaze=st.sampled_from(Gaze),
    gaze_from=st.sampled_from(Gaze),
    gaze_at=st.integers(-20_000, 20_000),
    gesture=st.none() | st.sampled_from(Gesture),
    gesture_at=st.integers(-5000, 20_000),
    distance=st.integers(-1, 1),
    distance_from=st.integers(-1, 1),
    utterance=st.none() | st.builds(Utterance, st.just(1), st.text(max_size=30)),
    utterance_at=st.integers(-5000, 20_000),
    seed=st.integers(0, 2**64),
)


@pytest.mark.parametrize("paint", [Paint.TRUE, Paint.LINES])
def test_every_emotion_looks_different(paint: Paint) -> None:
    pictures = {emotion: frame(still(emotion), AWAKE_MS, 48, 24, paint) for emotion in Emotion}
    alike = {a for a in Emotion for b in Emotion if a < b and pictures[a] == pictures[b]}
    if paint is Paint.LINES:  # letters have no shades: fine feelings may share a face, the plain ones may not
        plainly = [
            Emotion.NEUTRAL,
            Emotion.HAPPY,
            Emotion.SAD,
            Emotion.SURPRISED,
            Emotion.CONFUSED,
            Emotion.ASLEEP,
        ]
        assert len({pictures[e] for e in plainly}) == len(plainly)
    else:
        assert not alike


def test_every_gaze_looks_different() -> None:
    assert len({frame(still(gaze=gaze), AWAKE_MS, 48, 24) for gaze in Gaze}) == len(Gaze)


def test_the_pupils_follow_the_gaze_as_the_visitor_sees_it() -> None:
    left, right = (pose(still(gaze=g), AWAKE_MS).pupil_x for g in (Gaze.SCREEN_LEFT, Gaze.SCREEN_RIGHT))
    assert left < 0 < right


def test_every_viseme_but_the_closed_ones_opens_the_mouth() -> None:
    opened = {viseme: pose(saying(viseme), AWAKE_MS).mouth_open for viseme in Viseme}
    assert {viseme for viseme, opening in opened.items() if opening == 0} == {Viseme.REST, Viseme.MM}
    assert opened[Viseme.AA] == max(opened.values())


@pytest.mark.parametrize("gesture", list(Gesture))
def test_a_gesture_moves_the_figure_and_then_is_over(gesture: Gesture) -> None:
    rest = FaceState()
    moved = rest.follow(
        AWAKE_MS, emotion=Emotion.NEUTRAL, gaze=Gaze.VISITOR, gesture=gesture, gesture_seq=1, utterance=None
    )
    midway, over = AWAKE_MS + GESTURE_MS[gesture] * 3 // 10, AWAKE_MS + GESTURE_MS[gesture]
    assert pose(moved, midway) != pose(rest, midway)
    if gesture not in (Gesture.COME_FORWARD, Gesture.STEP_BACK):
        assert pose(moved, over) == pose(rest, over)


def test_come_forward_stays_until_step_back() -> None:
    state = FaceState()
    sizes = []
    for seq, gesture in enumerate([Gesture.COME_FORWARD, Gesture.COME_FORWARD, Gesture.STEP_BACK], start=1):
        state = state.follow(
            seq * 10_000,
            emotion=Emotion.NEUTRAL,
            gaze=Gaze.VISITOR,
            gesture=gesture,
            gesture_seq=seq,
            utterance=None,
        )
        sizes.append(pose(state, seq * 10_000 + 5000).size)
    assert sizes[0] == sizes[1] > sizes[2] == pose(FaceState(), 0).size


def test_the_same_gesture_number_plays_once() -> None:
    def wave(state: FaceState, t_ms: int, seq: int) -> FaceState:
        return state.follow(
            t_ms,
            emotion=Emotion.NEUTRAL,
            gaze=Gaze.VISITOR,
            gesture=Gesture.WAVE,
            gesture_seq=seq,
            utterance=None,
        )

    once = wave(FaceState(), 1000, 1)
    assert wave(once, 2000, 1).gesture_at == 1000
    assert wave(once, 2000, 2).gesture_at == 2000


def test_lids_are_closed_asleep_and_open_after_waking() -> None:
    asleep = still(Emotion.ASLEEP)
    waking = asleep.follow(
        AWAKE_MS - 2000,
        emotion=Emotion.WAKING,
        gaze=Gaze.VISITOR,
        gesture=None,
        gesture_seq=0,
        utterance=None,
    )
    assert pose(asleep, AWAKE_MS).lid_left == 20
    assert pose(waking, AWAKE_MS - 2000).lid_left == 20
    assert pose(waking, AWAKE_MS).lid_left <= 2


def test_idle_life_blinks_now_and_then_and_moves_the_eyes() -> None:
    poses = [pose(FaceState(), t) for t in range(0, 60_000, 50)]
    closed = sum(a.lid_left < 18 <= b.lid_left for a, b in pairwise(poses))
    assert 10 <= closed <= 24  # about one in four seconds, now and then two
    assert len({p.pupil_x for p in poses}) > 5
    assert len({p.breath for p in poses}) > 2


def test_a_waiting_face_is_mostly_still() -> None:
    """Every change is drawn and sent, so half an idle minute may hold only so many."""
    frames = [frame(FaceState(), t, 40, 20) for t in range(0, 30_000, 50)]
    assert sum(a is not b for a, b in pairwise(frames)) < 180


@given(states, st.integers(0, 40_000), st.integers(0, 60), st.integers(0, 30), st.sampled_from(Paint))
@settings(max_examples=60, deadline=None)
def test_any_face_fills_exactly_the_cells_asked_for(
    state: FaceState, t_ms: int, columns: int, rows: int, paint: Paint
) -> None:
    picture = frame(state, t_ms, columns, rows, paint)
    assert len(picture.rows) == (rows if columns else 0)
    assert all(sum(len(run.text) for run in row) == columns for row in picture.rows)
    if paint is Paint.LINES:
        assert text(picture).isascii()
    if paint is Paint.BASIC:
        basic = {int(r) << 16 | int(g) << 8 | int(b) for r, g, b in ANSI_16}
        assert {c for row in picture.rows for run in row for c in run[1:]} <= basic | {None}


@given(states, st.integers(0, 40_000))
@settings(max_examples=30, deadline=None)
def test_equal_moments_give_the_same_frame_object(state: FaceState, t_ms: int) -> None:
    assert frame(state, t_ms, 30, 12) is frame(state, t_ms, 30, 12)


@given(st.integers(0, 2**64), st.integers(0, 10**9), st.integers(0, 9))
def test_noise_lies_between_zero_and_one(seed: int, slot: int, channel: int) -> None:
    assert 0 <= noise(seed, slot, channel) < 1


def test_idle_life_is_the_same_in_another_process_with_another_hash_seed() -> None:
    code = (
        "from receptionist.kiosk.avatar.pose import pose\n"
        "from receptionist.kiosk.avatar import FaceState\n"
        "print([tuple(pose(FaceState(seed=7), t)) for t in range(0, 20000, 500)])"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "12"}
    )
    assert other.stdout.strip() == str([tuple(pose(FaceState(seed=7), t)) for t in range(0, 20000, 500)])


def test_a_name_the_avatar_cannot_show_is_none() -> None:
    assert known(Emotion, "happy") is Emotion.HAPPY
    assert known(Emotion, "smug") is None
