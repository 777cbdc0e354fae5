"""When the visitor begins, has finished, and interrupts."""

import pytest

from receptionist.speech.turns import Decision, Profile, TurnSettings, TurnTaker

FRAME = 30


class Room:
    """Plays frames into a turn taker and keeps its decisions with their times."""

    def __init__(self, **options: object) -> None:
        self.turns = TurnTaker(TurnSettings(), **options)  # type: ignore[arg-type]
        self.t = 0
        self.heard: list[tuple[int, Decision]] = []

    def sound(self, ms: int, voice: bool = True) -> list[Decision]:
        before = len(self.heard)
        for _ in range(ms // FRAME):
            self.t += FRAME
            self.heard += [(self.t, each) for each in self.turns.frame(self.t, FRAME, voice)]
        return [each for _, each in self.heard[before:]]

    def silence(self, ms: int) -> list[Decision]:
        return self.sound(ms, voice=False)


def test_a_click_is_no_beginning():
    room = Room()
    assert room.sound(90) == []
    assert room.silence(600) == []


def test_voice_begins_a_turn_and_silence_ends_it():
    room = Room()
    assert room.sound(600) == [Decision.BEGIN]
    assert room.silence(1500) == [Decision.END]


@pytest.mark.parametrize(
    ("profile", "pause"),
    [(Profile.SHORT, 400), (Profile.FREE, 700), (Profile.NAME, 1000), (Profile.DIGITS, 1200)],
)
def test_how_long_a_pause_may_be_depends_on_what_is_expected(profile: Profile, pause: int):
    room = Room()
    room.turns.profile = profile
    room.sound(300)
    assert room.silence(pause - 2 * FRAME) == []
    assert room.sound(FRAME) == []  # going on in time keeps the turn
    assert room.silence(pause + 2 * FRAME) == [Decision.END]


def test_a_visitor_who_never_stops_is_cut_and_may_begin_anew():
    room = Room()
    found = room.sound(40_000)
    assert found[:3] == [Decision.BEGIN, Decision.CUT, Decision.BEGIN]
    times = [t for t, each in room.heard if each is Decision.CUT]
    assert times[0] <= TurnSettings().longest + 300


def test_with_an_open_microphone_our_own_voice_and_its_echo_are_not_heard():
    room = Room()
    room.turns.we_speak(room.t)
    assert room.sound(2000) == []
    room.turns.we_end(room.t)
    assert room.sound(270) == []
    assert room.sound(300) == [Decision.BEGIN]


def test_we_take_the_floor_only_from_who_has_said_nothing():
    room = Room()
    room.sound(300)
    assert room.turns.we_speak(room.t) == [Decision.DROP]
    room.turns.we_end(room.t)
    room.silence(300)
    room.sound(300)
    room.turns.words("my name is")
    assert room.turns.we_speak(room.t) == [Decision.END]


def test_words_over_our_voice_make_us_hold_our_breath():
    room = Room(echo_cancelled=True)
    room.turns.we_speak(room.t)
    assert room.sound(300) == [Decision.BEGIN]
    room.turns.words("no")
    assert room.sound(450) == [Decision.HOLD]
    assert room.silence(900) == [Decision.END]
    assert room.turns.understood(room.t, useful=False) == [Decision.RESUME]


def test_back_channel_and_coughs_do_not_interrupt():
    room = Room(echo_cancelled=True, fillers=frozenset({"mm", "hm"}))
    room.turns.we_speak(room.t)
    room.sound(300)
    room.turns.words("mm hm")
    assert room.sound(600) == []
    assert room.silence(900) == [Decision.DROP]
    assert room.sound(600) == [Decision.BEGIN]  # no words at all
    assert room.silence(900) == [Decision.DROP]


def test_what_was_useful_is_no_false_interruption():
    room = Room(echo_cancelled=True)
    room.turns.we_speak(room.t)
    room.sound(300)
    room.turns.words("stop please")
    room.sound(450)
    room.silence(900)
    assert room.turns.understood(room.t, useful=True) == []


@pytest.mark.parametrize("echo_cancelled", [False, True])
@pytest.mark.parametrize("voice", [False, True])
def test_no_state_lasts_for_ever(echo_cancelled: bool, voice: bool):
    """Ten minutes of anything leave the machine able to hear a turn."""
    room = Room(echo_cancelled=echo_cancelled)
    room.sound(600_000, voice)
    room.silence(2000)
    assert not room.turns.in_utterance
    assert room.sound(300) == [Decision.BEGIN]
