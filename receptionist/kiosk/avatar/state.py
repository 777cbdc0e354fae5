"""What the face is to show, with the moments at which each part began."""

from __future__ import annotations

from dataclasses import dataclass, replace

from receptionist.kiosk.expression import Emotion, Gaze, Gesture, Utterance


@dataclass(frozen=True, slots=True)
class FaceState:
    """The input of `receptionist.kiosk.avatar.frame`: everything but the time.

    Attributes:
        emotion: The expression shown, reached from ``emotion_from`` since ``emotion_at``.
        gaze: Where the eyes rest, moved from ``gaze_from`` since ``gaze_at``.
        gesture: The newest gesture, begun at ``gesture_at``; over after its `GESTURE_MS`.
        distance: -1 stepped back, 0 in place, 1 come forward; moved from ``distance_from`` with the gesture.
        utterance: What is being said since ``utterance_at``, or None.
        seed: Chooses among equally good idle lives (moments of blinks and glances).

    All moments are milliseconds on the clock whose time is given to ``frame``.
    """

    emotion: Emotion = Emotion.NEUTRAL
    emotion_from: Emotion = Emotion.NEUTRAL
    emotion_at: int = -10_000
    gaze: Gaze = Gaze.VISITOR
    gaze_from: Gaze = Gaze.VISITOR
    gaze_at: int = -10_000
    gesture: Gesture | None = None
    gesture_seq: int = 0
    gesture_at: int = -10_000
    distance: int = 0
    distance_from: int = 0
    utterance: Utterance | None = None
    utterance_at: int = 0
    seed: int = 0

    def follow(
        self,
        t_ms: int,
        *,
        emotion: Emotion,
        gaze: Gaze,
        gesture: Gesture | None,
        gesture_seq: int,
        utterance: Utterance | None,
    ) -> FaceState:
        """Return the state after being told at ``t_ms`` what to show; what is unchanged keeps its moment."""
        state = self
        if emotion is not state.emotion:
            state = replace(state, emotion=emotion, emotion_from=state.emotion, emotion_at=t_ms)
            if emotion is Emotion.ASLEEP:
                state = replace(state, distance=0, distance_from=0)
        if gaze is not state.gaze:
            state = replace(state, gaze=gaze, gaze_from=state.gaze, gaze_at=t_ms)
        if gesture is not None and gesture_seq != state.gesture_seq:
            step = {Gesture.COME_FORWARD: 1, Gesture.STEP_BACK: -1}.get(gesture, 0)
            distance = max(-1, min(1, state.distance + step))
            state = replace(
                state,
                gesture=gesture,
                gesture_seq=gesture_seq,
                gesture_at=t_ms,
                distance=distance,
                distance_from=state.distance,
            )
        if utterance is None:
            return replace(state, utterance=None) if state.utterance is not None else state
        if state.utterance is None or state.utterance.seq != utterance.seq:
            return replace(state, utterance=utterance, utterance_at=t_ms)
        return state if state.utterance == utterance else replace(state, utterance=utterance)
