"""Sentences made up from Mirons, and the form in which the trained understanding reads them."""

from hypothesis import given
from hypothesis import strategies as st

from miron.entities import Lexicon
from miron.learn import Example, SlotSpan
from miron.learn.guesses import known_replaced
from miron.learn.sampling import EACH, MOST, Plain, plain_example, sample_mirons
from miron.learn.typical import typical
from miron.model import BUILTIN_TYPES, EntityType, Forms, Miron, Slot
from miron.needs import can_be_bare, needed_slots
from miron.template import parse
from miron.words import words_of
from tests.miron.build import lines, miron, slots, unhurried

HUES = EntityType("hue", "choice", values={"red": {"en": lines("(red|scarlet)")}, "dark_blue": {}})
TYPES = {"hue": HUES}
VISIT = miron("visit", "I'm here to see {host}[ at {at}]", host="person", at="time")
COLOUR = miron("colour", "the {hue} one [please]", hue="hue")


def test_the_same_seed_makes_the_same_sentences_and_another_one_others():
    first, again, other = (sample_mirons([VISIT, COLOUR], "en", TYPES, seed=seed) for seed in (0, 0, 1))
    assert first == again != other


def test_what_a_miron_gives_does_not_depend_on_the_others():
    alone = sample_mirons([VISIT], "en", TYPES)
    among = sample_mirons([COLOUR, VISIT, miron("bye", "goodbye")], "en", TYPES)
    assert [example for example in among if example.intent == "visit"] == alone


def test_slots_are_filled_with_values_in_the_words_of_the_matcher():
    for example in sample_mirons([VISIT], "en"):
        values = {span.entity: example.text[span.start : span.end] for span in example.slots}
        persons = {Plain.of(str(name), "en").text for name in typical("person", "en")}
        assert example.text.startswith(f"i am here to see {values['host']}")
        assert values["host"] in persons


def test_choices_are_said_by_all_their_words():
    said = {e.text[s.start : s.end] for e in sample_mirons([COLOUR], "en", TYPES) for s in e.slots}
    assert said == {"red", "scarlet", "dark blue"}


def test_a_template_of_a_million_variants_gives_a_bounded_number():
    wide = miron("wide", "go " + " ".join(f"(a{n}|b{n}|c{n})" for n in range(30)))
    many = miron("many", "\n".join(f"word{n} (now|then)" for n in range(200)))
    found = sample_mirons([wide, many], "en")
    assert EACH <= sum(example.intent == "wide" for example in found) <= MOST
    assert sum(example.intent == "many" for example in found) == MOST


def test_bare_values_are_left_to_the_matcher_and_shared_sentences_to_nobody():
    bare = miron("bare", "{who}\nit's {who}", who="person")
    found = sample_mirons([bare, miron("a", "(hello|hi)"), miron("b", "(hi|hey)")], "en")
    assert {(example.intent, example.text) for example in found} == {("a", "hello"), ("b", "hey")}


def test_chinese_and_german_sentences_are_made_of_their_own_values():
    both = Miron(
        "visit",
        forms={"de": Forms(lines("Ich möchte zu {host}")), "zh": Forms(lines("我找{host}"))},
        slots=slots(host="person"),
    )
    (german, *_), (chinese, *_) = (sample_mirons([both], locale) for locale in ("de", "zh"))
    assert german.text.startswith("ich mochte zu ")
    assert chinese.text.startswith("我 找 ")
    (span,) = chinese.slots
    assert chinese.text[span.start : span.end] == chinese.text.removeprefix("我 找 ")


def test_every_type_has_typical_values_in_every_language():
    for name in (*BUILTIN_TYPES, "made_up"):
        for locale in ("en", "de", "zh", "fi"):
            assert typical(name, locale)


def test_contractions_numbers_and_accents_are_read_as_the_matcher_reads_them():
    text = "I'm Zoë, room twenty-three!"
    read = plain_example(Example(text, "x", (SlotSpan(4, 7, "name"), SlotSpan(14, 26, "room"))), "en")
    assert read.text == "i am zoe room 23"
    assert [(read.text[s.start : s.end], s.entity) for s in read.slots] == [("zoe", "name"), ("23", "room")]


@unhurried
@given(st.text(max_size=60), st.sampled_from(["en", "de", "zh"]))
def test_places_go_from_plain_text_to_what_was_said_and_back(text, locale):
    plain = Plain.of(text, locale)
    start = 0
    for word in plain.words:
        end = start + len(word.text)
        said = plain.there(start, end)
        assert 0 <= said[0] <= said[1] <= len(text)
        here = plain.here(*said)
        assert here[0] <= start <= end <= here[1]  # words of one contraction share their place
        start = end + 1


def test_known_names_are_replaced_by_names_that_models_met_at_their_own_places():
    text = "is Zyxwv Qwop in, or Zyxwv?"
    words = known_replaced(words_of(text, "en"), Lexicon({"person": ["Zyxwv Qwop"]}), "en")
    plain = Plain.of_words(words)
    met = Plain.of(str(typical("person", "en")[0]), "en").text
    assert plain.text == f"is {met} in or zyxwv"
    at = plain.text.index(met)
    assert text[slice(*plain.there(at, at + len(met)))] == "Zyxwv Qwop"


def test_needed_slots_are_those_that_no_variant_is_without():
    template = parse("(a {x}|b {x} {y}) [{z}] <p>")
    assert needed_slots(template, {"p": parse("to {w}")}) == {"x", "w"}
    assert needed_slots(parse("({x};now)"), {}) == {"x"}


def test_a_sentence_is_bare_if_some_variant_is_only_values():
    assert can_be_bare(parse("[it's ]{x}"), {})
    assert can_be_bare(parse("({x}|hello)"), {})
    assert not can_be_bare(parse("[it's ]hello"), {})
    assert not can_be_bare(parse("(for|to) {x}"), {})


def test_a_slot_of_a_record_type_makes_no_sentence():
    record = EntityType("visit", "record", fields={"host": "person"})
    one = Miron("one", forms={"en": Forms(lines("show {v} now"))}, slots={"v": Slot("v", "visit")})
    assert sample_mirons([one], "en", {"visit": record}) == []
