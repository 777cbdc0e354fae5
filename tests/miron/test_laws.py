"""The laws of the language layer, on random models."""

from hypothesis import given
from hypothesis import strategies as st

from miron.collide import collisions
from miron.generate import Generator
from miron.learn.sampling import sample_mirons
from miron.model import EntityType, Expectation, Forms, Guess, Miron, Slot
from miron.template import Alternative, Option, Sequence, SlotRef, Template, Text
from miron.understand import Understander
from tests.miron.build import lines, miron, unhurried

HUES = EntityType("hue", "choice", values={hue: {} for hue in ("red", "dark_blue", "green")})
TYPES = {"hue": HUES}
VALUES = {
    "who": ("person", ["Ada Lovelace", "Will May", "O'Brien", "Jürgen von Stein", "王小明"]),
    "at": ("time", ["10:30", "00:05", "14:45"]),
    "on": ("date", ["2026-11-23", "2024-02-29"]),
    "n": ("number", [0, 7, 42, 1999]),
    "hue": ("hue", ["red", "dark_blue"]),
    "tel": ("phone", ["+4930123456", "112"]),
    "long": ("duration", [600_000, 90_000]),
}
SLOTS = {name: Slot(name, kind) for name, (kind, _) in VALUES.items()}
words = st.sampled_from(
    ["bring", "take", "parcel", "lift", "upstairs", "window", "quickly", "garden", "ticket"]
)


def _row(parts):
    """Parts with spaces between, each slot between words of its own so that values do not run together."""
    nodes = []
    for part in parts:
        nodes += [Text(" "), part] if nodes else [part]
    return Sequence(tuple(nodes))


texts = words.map(Text)
slot_parts = st.tuples(st.sampled_from(sorted(VALUES)), words).map(
    lambda pair: _row([SlotRef(pair[0]), Text(pair[1])])
)
parts = st.one_of(
    texts,
    slot_parts,
    st.lists(texts.map(lambda t: Sequence((t,))), min_size=2, max_size=3).map(tuple).map(Alternative),
    st.one_of(texts.map(lambda t: Sequence((t,))), slot_parts).map(lambda row: Option((row,))),
)
templates = st.tuples(words.map(Text), st.lists(parts, min_size=1, max_size=5)).map(
    lambda pair: Template(_row([pair[0], *pair[1]]), "")
)


def _unique_slots(template):
    from miron.template import slot_refs

    names = [ref.name for ref in slot_refs(template)]
    return len(names) == len(set(names))


@unhurried
@given(templates.filter(_unique_slots), st.data())
def test_what_a_miron_says_is_heard_as_that_miron_with_the_same_values(template, data):
    one = Miron("one", forms={"en": Forms((template,))}, slots=SLOTS)
    values = {name: data.draw(st.sampled_from([None, *choices])) for name, (_, choices) in VALUES.items()}
    said = []
    mouth, ears = Generator([one], TYPES), Understander([one], TYPES)
    from miron.generate import NothingToSay

    try:
        said.append(
            mouth.say("one", values, locale="en", choose=lambda _, n: data.draw(st.integers(0, n - 1)))
        )
    except NothingToSay:
        return
    act = ears.best(said[0].text)
    assert act.miron == "one", said[0].text
    assert act.also == ()
    for name, filled in act.entities.items():
        assert filled.value == values[name], said[0].text


@unhurried
@given(templates.filter(_unique_slots), st.integers(0, 5))
def test_what_training_makes_up_is_heard_as_that_miron_with_the_same_words(template, seed):
    one = Miron("one", forms={"en": Forms((template,))}, slots=SLOTS)
    ears = Understander([one], TYPES)
    for example in sample_mirons([one], "en", TYPES, seed=seed, most=3):
        act = ears.best(example.text)
        assert act.miron == "one", example.text
        filled = {(value.start, value.end, name) for name, value in act.entities.items()}
        assert filled == {(span.start, span.end, span.entity) for span in example.slots}, example.text


class _Guessing:
    """A trained model that may say anything."""

    version = "any"

    def __init__(self, guesses):
        self.guesses = guesses

    def guess(self, text, locales, allowed=None, lexicon=None):
        return self.guesses


guesses = st.lists(
    st.builds(
        Guess,
        st.sampled_from(["one", "yes", "hi", "nobody", ""]),
        st.floats(0, 1),
        st.lists(
            st.tuples(st.sampled_from(["who", "at", "none"]), st.integers(0, 30), st.integers(0, 40))
        ).map(tuple),
        st.sampled_from(["en", ""]),
    ),
    max_size=4,
)
PRIMED = [
    miron("one", "I am here for {who}", who="person"),
    miron("yes", "(yes|sure)", gated=True),
    miron("hi", "hello there"),
]
PRIMED_EARS, GUESSING_EARS = Understander(PRIMED), Understander(PRIMED)


def _with_model(guessed):
    GUESSING_EARS.model = _Guessing(guessed)
    return GUESSING_EARS


@unhurried
@given(guesses, st.sampled_from(["hello there", "I am here for Ada Lovelace", "a b c", "here is Ada 10:30"]))
def test_no_model_overrides_a_sentence_that_fits_or_opens_what_is_not_expected(guessed, text):
    exact = PRIMED_EARS.understand(text)
    acts = _with_model(guessed).understand(text)
    assert all(act.miron in ("one", "hi") and 0 <= act.confidence <= 1 for act in acts)
    assert all("who" in act.entities for act in acts if act.miron == "one")
    if exact and exact[0].reason.method == "template":
        assert acts == exact


@unhurried
@given(guesses, st.floats(0, 1))
def test_an_expectation_never_makes_the_expected_less_likely(guessed, weight):
    ears = _with_model(guessed)
    before = {act.miron: act.confidence for act in ears.understand("a b c")}
    after = {
        act.miron: act.confidence for act in ears.understand("a b c", [Expectation("hi", weight=weight)])
    }
    assert before.get("hi", 0.0) <= after.get("hi", 0.0)
    assert {name: value for name, value in before.items() if name != "hi"} == {
        name: value for name, value in after.items() if name != "hi"
    }


def test_a_model_without_shared_sentences_has_no_collisions():
    mirons = [
        miron(
            "name_self",
            "(I'm|my name is) {who}[, (and|) I have an appointment at {at|clock}]",
            who="person",
            at="time",
        ),
        miron("parcel", "[I have] (a parcel|{n} parcels) for {who}", who="person", n="number"),
        miron("colour", "the {hue} one", hue="hue"),
        miron("call", "call me (at;{tel})", tel="phone"),
        miron("bare", "{who}", gated=True, who="person"),
    ]
    assert collisions(Understander(mirons, TYPES), mirons, TYPES) == []


def test_a_shared_sentence_is_reported_with_both_mirons():
    mirons = [miron("leave", "(goodbye|see you[ later])"), miron("part", "(farewell|see you)")]
    (found,) = collisions(Understander(mirons), mirons)
    assert (found.miron, found.sentence, found.heard_as) == ("part", "see you", "leave")


def test_a_value_swallowed_by_another_slot_is_reported():
    mirons = [miron("note", "note {first} {second}", first="text", second="text")]
    found = collisions(Understander(mirons), mirons)
    assert [one.heard_as for one in found] == ["note"]
    assert found[0].values != found[0].heard_values


def test_gated_mirons_are_checked_as_if_expected():
    mirons = [miron("agree", "(yes|sure)", gated=True)]
    ears = Understander(mirons)
    assert collisions(ears, mirons) == []
    assert ears.understand("yes") == []
    assert ears.understand("yes", [Expectation("agree")])


def test_all_languages_of_a_miron_are_checked():
    both = Miron("hi", forms={"en": Forms(lines("hello")), "de": Forms(lines("servus miteinander"))})
    other = Miron("bye", forms={"de": Forms(lines("servus miteinander"))})
    found = collisions(Understander([both, other], locales=("en", "de")), [both, other], locales=("en", "de"))
    assert [(one.miron, one.locale) for one in found] == [("bye", "de")]
