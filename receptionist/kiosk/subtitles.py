"""How far the voice has come in the line being said."""

from __future__ import annotations

from typing import NamedTuple

from receptionist.kiosk.avatar import FaceState
from receptionist.kiosk.avatar.speech import timeline
from receptionist.kiosk.ports import Line


class Heard(NamedTuple):
    """How much of a line has been said: the end in characters, and the current word's start and end."""

    end: int
    word: tuple[int, int] | None = None


def heard(lines: tuple[Line, ...], face: FaceState, t_ms: int) -> dict[int, Heard]:
    """Return, by line id, how far lines have been said; lines said in full are absent.

    A line's own ``spoken`` counts before what the timing of the current utterance says.
    """
    result = {line.id: Heard(line.spoken) for line in lines if line.spoken is not None}
    utterance = face.utterance
    if utterance is None or utterance.line is None:
        return result
    timing = timeline(utterance)
    since = t_ms - face.utterance_at
    if since >= timing.duration_ms:
        return result
    i = timing.word_at(since)
    word = timing.words[i][1:] if i >= 0 else None
    by_time = Heard(word[1] if word else 0, word)
    told = result.get(utterance.line)
    if told is None:
        result[utterance.line] = by_time
    elif word is not None and word[1] <= told.end:
        result[utterance.line] = Heard(told.end, word)
    return result
