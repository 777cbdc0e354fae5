"""The mouth and the subtitles in time with the words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from receptionist.kiosk.avatar import FaceState, Utterance, Viseme
from receptionist.kiosk.avatar.speech import timeline
from receptionist.kiosk.ports import Line, Who
from receptionist.kiosk.subtitles import Heard, heard

TEXT = "Good morning, Ada."
LINES = (Line(7, Who.SELF, TEXT),)


def speaking(text: str = TEXT, **more: object) -> FaceState:
    return FaceState(utterance=Utterance(1, text, line=7, **more), utterance_at=1000)  # type: ignore[arg-type]


def words(text: str) -> list[str]:
    return [text[a:b] for _, a, b in timeline(Utterance(1, text)).words]


def test_words_are_found_between_blanks_and_punctuation() -> None:
    assert words("Good morning, Ada.") == ["Good", "morning", "Ada"]
    assert words("Grüß Gott, Frau Öztürk-Meier!") == ["Grüß", "Gott", "Frau", "Öztürk-Meier"]


def test_chinese_is_timed_by_character() -> None:
    assert words("您好，Ada") == ["您", "好", "Ada"]


def test_a_voice_that_knows_its_length_stretches_the_estimate() -> None:
    timing = timeline(Utterance(1, TEXT, duration_ms=9000))
    assert timing.duration_ms == 9000
    assert timing.words[-1][0] > timeline(Utterance(1, TEXT)).words[-1][0]


def test_a_voice_that_knows_its_mouth_shapes_is_believed() -> None:
    shapes = ((0, Viseme.MM), (120, Viseme.AA))
    timing = timeline(Utterance(1, "ma", duration_ms=300, visemes=shapes))
    assert timing.viseme_at(130)[0] is Viseme.AA
    assert timing.viseme_at(300)[0] is Viseme.REST


@given(st.text(max_size=80))
def test_times_rise_and_words_lie_in_order_inside_the_text(text: str) -> None:
    timing = timeline(Utterance(1, text))
    starts = [at for at, _ in timing.visemes]
    assert starts == sorted(starts)
    assert all(at <= timing.duration_ms for at in starts)
    edges = [edge for _, a, b in timing.words for edge in (a, b)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)
    assert all(a < b for _, a, b in timing.words)


def test_the_subtitle_follows_the_voice_word_by_word() -> None:
    face = speaking()
    begins = [at for at, _, _ in timeline(face.utterance).words] if face.utterance else []
    said = [heard(LINES, face, 1000 + at + 1)[7] for at in begins]
    assert [TEXT[slice(*s.word)] if s.word else "" for s in said] == ["Good", "morning", "Ada"]
    assert said[1] == Heard(12, (5, 12))


def test_a_line_said_to_its_end_is_shown_in_full() -> None:
    assert heard(LINES, speaking(), 60_000) == {}


def test_what_was_cut_stays_unsaid() -> None:
    assert heard((Line(7, Who.SELF, TEXT, spoken=4),), FaceState(), 60_000) == {7: Heard(4)}


def test_the_session_knows_better_than_the_estimate_how_far_the_voice_is() -> None:
    late = heard((Line(7, Who.SELF, TEXT, spoken=4),), speaking(), 1000 + 900)
    assert late[7].end == 4
