"""From what the face is to express and the time to the geometry of the face: one `Pose`."""

from __future__ import annotations

from math import pi, sin
from typing import NamedTuple

from receptionist.kiosk.avatar.idle import blink, breath, ease, glance, noise
from receptionist.kiosk.avatar.speech import timeline
from receptionist.kiosk.avatar.state import FaceState
from receptionist.kiosk.expression import GESTURE_MS, Emotion, Gaze, Gesture, Viseme

_CHANGE_MS = 260
_GAZE_MS = 160
_WAKE_MS = 1400
_MOUTH_MS = 70
_LIMB_MS = 280


class Pose(NamedTuple):
    """The geometry of one frame.

    Lengths are hundredths of half the head's height, angles hundredths of a radian, openings 0..20 or
    -20..20. Whole numbers, so that equal-looking poses are equal and a drawn frame can be kept.
    """

    x: int  # head to the right of the middle
    y: int  # head below its rest
    turn: int  # features moved sideways in the head, as when it turns
    pitch: int  # features moved down in the head
    tilt: int  # roll, clockwise
    size: int  # hundredths; 100 in place
    breath: int  # shoulders up
    brow_in_left: int
    brow_out_left: int
    brow_in_right: int
    brow_out_right: int
    lid_left: int  # 0 open .. 20 closed
    lid_right: int
    squint: int  # lower lids, 0 .. 20
    eye: int  # size of the eyes in hundredths
    pupil_x: int  # -20 .. 20
    pupil_y: int
    smile: int  # -20 .. 20
    mouth_width: int  # hundredths
    mouth_open: int  # 0 .. 40
    teeth: int  # 0 or 1
    blush: int  # 0 .. 4
    light: int  # ear light: 0 off, 1 dim, 2 on, 3 bright
    hand: str  # "", "wave", "point_left", "point_right"
    hand_up: int  # 0 .. 10
    hand_swing: int  # -4 .. 4
    mark: str  # "", "z", "dots", "question", "sweat"
    mark_step: int


class _Look(NamedTuple):
    """An emotion as offsets from the resting face, in face units."""

    brow_in: float = 0.0
    brow_out: float = 0.0
    brow_skew: float = 0.0
    lid: float = 0.06
    squint: float = 0.0
    eye: float = 1.0
    smile: float = 0.42
    mouth_width: float = 0.23
    mouth_open: float = 0.0
    tilt: float = 0.0
    y: float = 0.0
    pitch: float = 0.0
    pupil_x: float = 0.0
    pupil_y: float = 0.0
    blush: float = 1.0


_LOOKS: dict[Emotion, _Look] = {
    Emotion.NEUTRAL: _Look(),
    Emotion.HAPPY: _Look(
        brow_in=-0.05, brow_out=-0.05, squint=0.36, smile=0.72, mouth_width=0.27, mouth_open=0.1, blush=3.0
    ),
    Emotion.CURIOUS: _Look(
        brow_in=-0.07, brow_out=-0.04, brow_skew=0.05, lid=0.0, eye=1.06, smile=0.35, tilt=0.11
    ),
    Emotion.THINKING: _Look(
        brow_in=0.0, brow_out=-0.06, brow_skew=0.03, lid=0.14, smile=-0.12, mouth_width=0.17,
        tilt=-0.06, pupil_x=0.55, pupil_y=-0.75,
    ),
    Emotion.CONFUSED: _Look(
        brow_in=-0.01, brow_out=0.02, brow_skew=0.11, lid=0.1, squint=0.12, smile=-0.38, mouth_width=0.2,
        tilt=-0.12,
    ),
    Emotion.SAD: _Look(
        brow_in=-0.13, brow_out=0.05, lid=0.34, smile=-0.75, mouth_width=0.22, y=0.05, pitch=0.04,
        pupil_y=0.4, blush=0.0,
    ),
    Emotion.SURPRISED: _Look(
        brow_in=-0.14, brow_out=-0.13, lid=0.0, eye=1.2, smile=0.0, mouth_width=0.13, mouth_open=0.24, y=-0.04
    ),
    Emotion.APOLOGETIC: _Look(
        brow_in=-0.12, brow_out=0.03, lid=0.2, squint=0.15, smile=0.3, mouth_width=0.2, tilt=0.09, y=0.05,
        pitch=0.03, blush=4.0,
    ),
    Emotion.LISTENING: _Look(
        brow_in=-0.05, brow_out=-0.05, lid=0.0, eye=1.04, smile=0.4, mouth_width=0.24, tilt=0.05, y=0.01
    ),
    Emotion.ASLEEP: _Look(
        brow_in=0.02, brow_out=0.04, lid=1.0, smile=0.2, mouth_width=0.18, tilt=0.12, y=0.12, pitch=0.05,
        blush=2.0
    ),
    Emotion.WAKING: _Look(brow_in=-0.08, brow_out=-0.07, lid=0.0, eye=1.03, smile=0.3, mouth_width=0.22),
}  # fmt: skip

_GAZES: dict[Gaze, tuple[float, float]] = {
    Gaze.VISITOR: (0.0, 0.0),
    Gaze.SCREEN_LEFT: (-0.9, 0.15),
    Gaze.SCREEN_RIGHT: (0.9, 0.15),
    Gaze.AWAY: (0.6, -0.65),
    Gaze.DOWN: (0.0, 0.95),
}

_MOUTHS: dict[Viseme, tuple[float, float, int]] = {  # width, opening, teeth seen
    Viseme.REST: (0.23, 0.0, 0),
    Viseme.MM: (0.22, 0.0, 0),
    Viseme.FF: (0.22, 0.05, 1),
    Viseme.TT: (0.23, 0.1, 1),
    Viseme.CH: (0.15, 0.12, 1),
    Viseme.KK: (0.22, 0.12, 0),
    Viseme.OO: (0.12, 0.19, 0),
    Viseme.EE: (0.3, 0.11, 1),
    Viseme.AA: (0.21, 0.25, 0),
}


def _mix(a: float, b: float, k: float) -> float:
    return a + (b - a) * k


def pose(state: FaceState, t_ms: int) -> Pose:
    """Return the pose of the face at ``t_ms``; equal arguments give equal poses, always."""
    look, waking = _expression(state, t_ms)
    asleep = state.emotion is Emotion.ASLEEP
    speaking = (
        state.utterance is not None and 0 <= t_ms - state.utterance_at < timeline(state.utterance).duration_ms
    )
    x = turn = 0.0
    y, pitch, tilt = look.y, look.pitch, look.tilt
    lid = max(look.lid, waking)
    if not asleep:
        lid = max(lid, blink(state.seed, t_ms))

    gaze_x, gaze_y = _gaze(state, t_ms, calm=speaking or state.emotion in _ATTENTIVE)
    turn += 0.05 * gaze_x
    pupil_x = gaze_x + look.pupil_x
    pupil_y = gaze_y + look.pupil_y
    pitch += 0.03 * gaze_y

    hand, hand_up, hand_swing = "", 0.0, 0.0
    since = t_ms - state.gesture_at
    if state.gesture is not None and 0 <= since < GESTURE_MS[state.gesture]:
        k = since / GESTURE_MS[state.gesture]
        swell = sin(pi * k)
        match state.gesture:
            case Gesture.NOD:
                dip = max(0.0, sin(2 * pi * 2 * k - pi / 2) * 0.5 + 0.5) * swell
                y, pitch = y + 0.09 * dip, pitch + 0.1 * dip
            case Gesture.SHAKE:
                swing = sin(2 * pi * 2.5 * k) * swell
                turn, x, pupil_x = turn + 0.14 * swing, x + 0.04 * swing, pupil_x - 0.5 * swing
            case Gesture.BOW:
                y, pitch = y + 0.26 * swell, pitch + 0.2 * swell
                lid = max(lid, min(1.0, 1.5 * swell))
            case Gesture.WAVE:
                hand, hand_up = "wave", _limb(since, GESTURE_MS[state.gesture])
                hand_swing, tilt = sin(2 * pi * 3.5 * k), tilt + 0.06 * swell
            case Gesture.POINT_LEFT | Gesture.POINT_RIGHT:
                side = -1.0 if state.gesture is Gesture.POINT_LEFT else 1.0
                hand, hand_up = state.gesture.value, _limb(since, GESTURE_MS[state.gesture])
                turn, pupil_x = turn + 0.08 * side * hand_up, pupil_x + 0.9 * side * hand_up
                tilt += 0.05 * side * hand_up
            case Gesture.COME_FORWARD | Gesture.STEP_BACK:
                pass  # the size, below
    size = 1 + 0.1 * _mix(state.distance_from, state.distance, ease(since / 700))

    width, opening, teeth = (
        look.mouth_width,
        look.mouth_open,
        1 if look.mouth_open > 0 and look.smile > 0.6 else 0,
    )
    smile = look.smile
    if speaking and state.utterance is not None:
        line = timeline(state.utterance)
        ms = t_ms - state.utterance_at
        now, before, shaped = line.viseme_at(ms)
        k = ease(shaped / _MOUTH_MS)
        (w0, o0, _), (w1, o1, teeth) = _MOUTHS[before], _MOUTHS[now]
        width = _mix(w0, w1, k) + 0.25 * (look.mouth_width - 0.23)
        opening = _mix(o0, o1, k)
        smile = 0.6 * smile
        sway_x, sway_y, sway_tilt = _sway(state.seed, line.word_at(ms), line.words, ms)
        turn, y, tilt = turn + sway_x, y + sway_y, tilt + sway_tilt

    air = breath(t_ms, 6000 if asleep else 4400)
    mark, step = _mark(state, t_ms)
    return Pose(
        x=_hundredths(x),
        y=_hundredths(y),
        turn=_hundredths(turn),
        pitch=_hundredths(pitch),
        tilt=_hundredths(tilt),
        size=round(size * 50) * 2,
        breath=round(air * 2),
        brow_in_left=_hundredths(look.brow_in),
        brow_out_left=_hundredths(look.brow_out),
        brow_in_right=_hundredths(look.brow_in - look.brow_skew),
        brow_out_right=_hundredths(look.brow_out - look.brow_skew),
        lid_left=_twentieths(lid),
        lid_right=_twentieths(lid),
        squint=_twentieths(look.squint),
        eye=_hundredths(look.eye),
        pupil_x=max(-20, min(20, _twentieths(pupil_x))),
        pupil_y=max(-20, min(20, _twentieths(pupil_y))),
        smile=_twentieths(smile),
        mouth_width=_hundredths(width),
        mouth_open=_hundredths(opening),
        teeth=teeth,
        blush=round(look.blush),
        light=_light(state, t_ms, speaking),
        hand=hand,
        hand_up=round(10 * hand_up),
        hand_swing=round(4 * hand_swing),
        mark=mark,
        mark_step=step,
    )


_ATTENTIVE = frozenset({Emotion.LISTENING, Emotion.SURPRISED, Emotion.CURIOUS, Emotion.HAPPY})


def _hundredths(value: float) -> int:
    return round(value * 100)


def _twentieths(value: float) -> int:
    return round(value * 20)


def _expression(state: FaceState, t_ms: int) -> tuple[_Look, float]:
    """Return the blended look and how far waking still keeps the lids closed."""
    since = t_ms - state.emotion_at
    k = ease(since / _CHANGE_MS)
    look = _Look(*map(_mix, _LOOKS[state.emotion_from], _LOOKS[state.emotion], [k] * len(_Look._fields)))
    if state.emotion is not Emotion.WAKING or since >= _WAKE_MS:
        return look, 0.0
    # Lids come up half way, fall once more, then open.
    w = since / _WAKE_MS
    lid = _mix(1.0, 0.45, ease(w / 0.35)) if w < 0.5 else _mix(0.9, 0.0, ease((w - 0.5) / 0.4))
    return look, lid


def _gaze(state: FaceState, t_ms: int, *, calm: bool) -> tuple[float, float]:
    k = ease((t_ms - state.gaze_at) / _GAZE_MS)
    (x0, y0), (x1, y1) = _GAZES[state.gaze_from], _GAZES[state.gaze]
    if state.emotion is Emotion.ASLEEP:
        return 0.0, 0.0
    dx, dy = glance(state.seed, t_ms, calm or state.gaze is not Gaze.VISITOR)
    return _mix(x0, x1, k) + dx, _mix(y0, y1, k) + dy


def _limb(since_ms: int, whole_ms: int) -> float:
    return min(ease(since_ms / _LIMB_MS), ease((whole_ms - since_ms) / _LIMB_MS))


def _sway(
    seed: int, word: int, words: tuple[tuple[int, int, int], ...], ms: int
) -> tuple[float, float, float]:
    """Return the small head movements of talk: sideways, down, roll.

    Each longer word sets a new aim, reached within 200 ms and held: a head that never rests looks nervous.
    """
    stressed = [w for w in range(word + 1) if words[w][2] - words[w][1] > 4]
    if not stressed:
        return 0.0, 0.0, 0.0
    aims = [(0.0, 0.0, 0.0)] * (len(stressed) < 2) + [
        (noise(seed, w, 7) - 0.5, noise(seed, w, 9), noise(seed, w, 8) - 0.5) for w in stressed[-2:]
    ]
    k = ease((ms - words[stressed[-1]][0]) / 200)
    (x0, y0, r0), (x1, y1, r1) = aims
    return 0.06 * _mix(x0, x1, k), 0.025 * _mix(y0, y1, k), 0.05 * _mix(r0, r1, k)


def _mark(state: FaceState, t_ms: int) -> tuple[str, int]:
    """Return the small sign beside the head, with its step of animation."""
    since = t_ms - state.emotion_at
    if since < _CHANGE_MS:
        return "", 0
    match state.emotion:
        case Emotion.ASLEEP:
            return "z", since // 700 % 4
        case Emotion.THINKING:
            return "dots", since // 350 % 4
        case Emotion.CONFUSED:
            return "question", 0
        case Emotion.APOLOGETIC:
            return "sweat", 0
        case _:
            return "", 0


def _light(state: FaceState, t_ms: int, speaking: bool) -> int:
    if state.emotion is Emotion.ASLEEP:
        return 0
    if state.emotion is Emotion.LISTENING:
        return 3 if (t_ms - state.emotion_at) // 500 % 2 == 0 else 2
    return 2 if speaking else 1
