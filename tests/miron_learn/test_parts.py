"""The parts of the trained understanding that have laws of their own."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miron.learn.augment import misspell, replace, with_filler
from miron.learn.confidence import Confidence, calibration_error
from miron.learn.examples import Example, SlotSpan
from miron.learn.features import Gazetteer, SentenceEncoder
from miron.learn.frames import Frames
from miron.learn.lexicon import classes
from miron.learn.recall import Recall, slots_by_word, spans_of
from miron.learn.spelling import Speller
from miron.learn.tagger import viterbi
from miron.learn.text import tokens

SEE_ADA = Example("see ada lovelace at noon", "visit", (SlotSpan(4, 16, "person"), SlotSpan(20, 24, "time")))


@given(st.text())
def test_tokens_lie_in_order_inside_the_text(text: str) -> None:
    found = tokens(text)
    assert all(0 <= t.start < t.end <= len(text) for t in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_tokens_fold_case_width_and_accents() -> None:
    assert [t.word for t in tokens("Café ＡＢＣ Straße")] == ["cafe", "abc", "strasse"]


def test_unspaced_scripts_are_split_into_characters() -> None:
    assert [t.word for t in tokens("去library吧")] == ["去", "library", "吧"]


def test_word_classes_see_through_endings() -> None:
    assert set(classes("cancelled")) == set(classes("cancel"))
    assert "act.remove" in classes("deleting")
    assert classes("1999") == ("digits4",)
    assert classes("zyxwvut") == ()


def test_slots_and_words_are_inverse() -> None:
    words = tokens(SEE_ADA.text)
    assert spans_of(words, slots_by_word(words, SEE_ADA.slots)) == SEE_ADA.slots


@given(st.integers(0, 2**32 - 1))
def test_variations_keep_the_slots_around_their_words(seed: int) -> None:
    rng = np.random.default_rng(seed)
    polite = with_filler(SEE_ADA, rng)
    assert [polite.text[s.start : s.end] for s in polite.slots] == ["ada lovelace", "noon"]
    slipped = misspell(SEE_ADA, rng)
    assert [s.entity for s in slipped.slots] == ["person", "time"]
    assert slipped.text[slipped.slots[0].end] == " "
    assert slipped.text[slipped.slots[0].start - 1] == " "


def test_replacing_a_value_moves_what_follows() -> None:
    longer = replace(SEE_ADA, 4, 16, "grace brewster hopper")
    assert [longer.text[s.start : s.end] for s in longer.slots] == ["grace brewster hopper", "noon"]


def test_gazetteer_does_not_show_training_its_own_answer() -> None:
    from collections import Counter

    gazetteer = Gazetteer.fit([("ada", "person"), ("noon", "time"), ("noon", "time")])
    own = Counter({("ada", "person"): 1, ("noon", "time"): 1})
    assert gazetteer.features(["ada", "noon"]) == [["gB1person"], ["gB1time"]]
    assert gazetteer.features(["ada", "noon"], own) == [[], ["gB1time"]]


def test_recall_forgets_what_is_ambiguous() -> None:
    recall = Recall.fit([Example("stop", "a"), Example("stop", "b"), Example("go", "a"), SEE_ADA])
    gazetteer = Gazetteer.fit([("ada lovelace", "person"), ("noon", "time"), ("nine", "time")])
    assert recall.find(["stop"], gazetteer) is None
    assert recall.find(["go"], gazetteer) == ("a", (), "exact")
    found = recall.find(["see", "ada", "lovelace", "at", "nine"], gazetteer)
    assert found == ("visit", ((1, 3, "person"), (4, 5, "time")), "pattern")


def test_recall_is_bounded_where_every_word_is_a_value() -> None:
    gazetteer = Gazetteer.fit((w, e) for w in "abcdefgh" for e in ("x", "y", "z"))
    assert Recall.fit([SEE_ADA]).find(list("abcdefgh") * 10, gazetteer) is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [("lbrary", "library"), ("librarry", "library"), ("libarry", "library"), ("libxary", "library"),
     ("cancel", "cancel"),      ("ab", "ab"), ("liverpool", "liverpool")],
)  # fmt: skip
def test_one_slip_in_an_unknown_word_is_corrected(said: str, meant: str) -> None:
    speller = Speller({"library": 3, "cancer": 1, "abc": 1}, frozenset({"liverpool"}))
    words, slips = speller.correct(tokens(said))
    assert [t.word for t in words] == [meant]
    assert slips == (said != meant)


def test_frames_speak_loudly_only_where_new_ones_are_rare() -> None:
    steady = Frames.fit([SEE_ADA] * 200)
    assert steady.odds("visit", ((1, 3, "person"), (4, 5, "time"))) > 0
    assert steady.odds("visit", ()) < -3
    loose = Frames.fit(Example(f"t{i}", f"i{i}") for i in range(50))
    assert loose.odds("visit", ()) == pytest.approx(0)


@given(st.integers(0, 10_000))
def test_viterbi_finds_the_best_path(seed: int) -> None:
    rng = np.random.default_rng(seed)
    emissions, follow, start = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)

    def value(path: tuple[int, ...]) -> float:
        steps = sum(follow[a, b] for a, b in pairwise(path))
        return float(start[path[0]] + steps + sum(emissions[t, y] for t, y in enumerate(path)))

    best = max(product(range(3), repeat=4), key=value)
    assert value(tuple(viterbi(emissions, follow, start))) == pytest.approx(value(best))


def test_confidence_learns_from_signs_and_is_calibrated() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4000, 2))
    right = rng.random(4000) < 1 / (1 + np.exp(-2 * rows[:, 0]))
    confidence = Confidence.fit(rows.tolist(), right.tolist(), [1.0] * 4000)
    sure = [confidence.of(r) for r in rows]
    assert calibration_error(sure, right.tolist()) < 0.03
    assert confidence.of([2.0, 0.0]) > 0.9 > 0.1 > confidence.of([-2.0, 0.0])


def test_unknown_letters_lower_coverage() -> None:
    encoder = SentenceEncoder.fit([["where", "is", "the", "library"], ["call", "a", "taxi"]])
    assert encoder.covered(encoder.encode(["call", "the", "library"])) > 0.9
    assert encoder.covered(encoder.encode(["zyx", "qwv"])) == 0
