from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miron.model import EntityType, Expectation, Forms, Guess, Miron
from miron.source import ModelError
from miron.template import parse
from miron.understand import Understander
from tests.miron.build import lines, miron, slots, unhurried

PEOPLE = (
    "Grace Hopper",
    "Ada Lovelace",
    "Alan Smith",
    "Will May",
    "Wei Zhang",
    "Siobhan Murphy",
    "Thomas Nguyen",
)
TYPES = {
    "item": EntityType(
        "item",
        "choice",
        values={"umbrella": {"en": lines("umbrella")}, "keys": {"en": lines("(keys|key ring)")}},
    ),
    "hue": EntityType("hue", "choice", values={hue: {} for hue in ("red", "blue", "black")}),
}
MIRONS = [
    miron(
        "name_self",
        "(I'm|my name is) {visitor.name}[, (and|) I have an appointment with {visit.host} [at {time:at}]]",
        visitor__name="person",
        visit__host="person",
        at="time",
    ),
    miron(
        "name_host",
        "I'm here (for|to see) {visit.host}\n{visit.host} (is expecting|expects) me",
        visit__host="person",
    ),
    miron("from_company", "I (come|am) from {visitor.company}", visitor__company="company"),
    miron("hello", "(hello|hi|good morning)"),
    miron("where_is", "where is the (toilet|loo)"),
    miron("i_lost", "I (lost|have lost) (my|a) [{lost.hue}] {lost.item}", lost__hue="hue", lost__item="item"),
    miron("door", "[un]lock(s|ed|ing|) the door"),
    miron("note", "take a note {words}", words="text"),
    miron("ask_time", "(what time is it;now)"),
    miron("bare_name", "{visitor.name}", gated=True, visitor__name="person"),
    miron("bare_host", "{visit.host}", gated=True, visit__host="person"),
    miron("agree", "(yes|yeah|that is right)", gated=True),
    miron("bye", "(bye|goodbye)"),
]


def ears(mirons=MIRONS, people=PEOPLE, **more):
    understander = Understander(mirons, TYPES, **more)
    understander.update("person", people)
    return understander


EARS = ears()


def hear(text, *expected, understander=EARS, **more):
    return understander.best(text, [Expectation(name) for name in expected], **more)


def values(act):
    return {name: filled.value for name, filled in act.entities.items()}


@pytest.mark.parametrize(
    "text",
    [
        "Hi, I'm Ada Lovelace, I have an appointment with Grace Hopper at half past ten",
        "hi im ada lovelace i have an appointment with grace hopper at half past ten",
        "HELLO THERE. MY NAME IS ADA LOVELACE, AND I HAVE AN APPOINTMENT WITH GRACE HOPPER AT 10:30!",
        "good morning my name is Ada Lovelace um I have an appointment with with Grace Hopper at ten thirty",
    ],
)
def test_a_visitor_says_it_all_at_once_in_many_ways(text):
    act = hear(text)
    assert act.miron == "name_self"
    assert values(act) == {"visitor.name": "Ada Lovelace", "visit.host": "Grace Hopper", "at": "10:30"}
    assert all(filled.sure for filled in act.entities.values())
    assert act.also == ()


def test_two_sentences_are_two_acts_in_the_order_said():
    act = hear("My name is Ada Lovelace. I'm here to see Grace Hopper")
    assert [(part.miron, values(part)) for part in act.sequence] == [
        ("name_self", {"visitor.name": "Ada Lovelace"}),
        ("name_host", {"visit.host": "Grace Hopper"}),
    ]


def test_two_sentences_without_punctuation_are_two_acts():
    act = hear("my name is ada lovelace and i'm here to see grace hopper please")
    assert [part.miron for part in act.sequence] == ["name_self", "name_host"]


def test_a_greeting_before_what_is_said_is_passed_over_and_alone_it_counts():
    assert [part.miron for part in hear("hello, where is the loo?").sequence] == ["where_is"]
    assert hear("hello").miron == "hello"


def test_an_expected_yes_before_what_is_said_counts():
    assert [part.miron for part in hear("yes, I'm Ada", "agree").sequence] == ["agree", "name_self"]


def test_gated_mirons_are_understood_only_when_expected():
    assert hear("yes").miron == "not_understood"
    assert hear("yes", "agree").miron == "agree"
    assert hear("Grace Hopper").miron == "not_understood"
    assert values(hear("uh it's Grace Hopper please", "bare_host")) == {"visit.host": "Grace Hopper"}


def test_the_expected_miron_wins_between_equals():
    acts = EARS.understand("Grace Hopper", [Expectation("bare_name", weight=0.5), Expectation("bare_host")])
    assert [act.miron for act in acts] == ["bare_host", "bare_name"]
    assert acts[0].reason.expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I'm Will May", "Will May"),
        ("i'm will may", "Will May"),
        ("I'm Mark Will", "Mark Will"),
        ("I'm O'Brien-Smith", "O'Brien-Smith"),
        ("my name is sinéad o'connor", "Sinéad O'Connor"),
        ("my name is ludwig van beethoven", "Ludwig van Beethoven"),
        ("I'm Jürgen Müller-Lüdenscheidt", "Jürgen Müller-Lüdenscheidt"),
        ("i'm angus mcdonald", "Angus McDonald"),
        ("I'm J. R. Smith", "J. R. Smith"),
        ("I'm Dr. Eva Stone", "Dr Eva Stone"),
        ("My name is 王小明", "王小明"),
        ("I'm " + "Ab" * 30, "Ab" * 30),
    ],
)
def test_names_of_all_kinds_are_names(text, name):
    act = hear(text)
    assert (act.miron, values(act)) == ("name_self", {"visitor.name": name})


@pytest.mark.parametrize(
    "text", ["I'm lost", "i'm here", "I'm fine, thanks", "I'm late for my meeting", "I'm not sure"]
)
def test_everyday_words_are_no_name(text):
    assert hear(text).miron == "not_understood"


def test_a_name_does_not_swallow_the_words_of_the_sentence():
    assert values(hear("i'm ada lovelace i have an appointment with grace hopper")) == {
        "visitor.name": "Ada Lovelace",
        "visit.host": "Grace Hopper",
    }
    assert values(hear("Grace Hopper is expecting me")) == {"visit.host": "Grace Hopper"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("grace hoper", "Grace Hopper"),
        ("shivon murphy", "Siobhan Murphy"),
        ("way chang", "Wei Zhang"),
        ("doctor smiss", "Dr Smith"),
        ("alan smyth", "Alan Smith"),
    ],
)
def test_a_name_near_a_known_one_is_that_name_but_unsure(said, meant):
    filled = hear(f"i'm here to see {said}").entities["visit.host"]
    assert filled.value == meant
    assert not filled.sure
    assert filled.rivals


def test_a_name_far_from_all_known_ones_is_sure():
    filled = hear("i'm here to see Ramanujan Iyengar").entities["visit.host"]
    assert (filled.value, filled.sure, filled.rivals) == ("Ramanujan Iyengar", True, ())


def test_typed_words_are_sure():
    filled = hear("I'm here to see Grace Hoper", typed=True).entities["visit.host"]
    assert (filled.value, filled.sure, filled.rivals) == ("Grace Hoper", True, ("Grace Hopper",))


def test_two_known_names_that_sound_alike_are_unsure_when_spoken():
    two = ears(people=("Jon Smith", "John Smith"))
    filled = hear("I'm here to see Jon Smith", understander=two).entities["visit.host"]
    assert (filled.value, filled.sure, filled.rivals) == ("Jon Smith", False, ("John Smith",))
    assert hear("I'm here to see Jon Smith", understander=two, typed=True).entities["visit.host"].sure


def test_a_surname_of_two_contacts_stays_as_it_was_said():
    two = ears(people=("Anna Berg", "Otto Berg"))
    filled = hear("i'm here to see berg", understander=two).entities["visit.host"]
    assert (filled.value, filled.sure) == ("Berg", True)


def test_choices_are_heard_by_synonym_and_optional_values_may_be_absent():
    assert values(hear("I have lost my black key ring")) == {"lost.hue": "black", "lost.item": "keys"}
    assert values(hear("I lost my umbrella")) == {"lost.item": "umbrella"}


@pytest.mark.parametrize(
    "text", ["unlock the door", "locked the door", "unlocking the door", "Lock the door!"]
)
def test_brackets_inside_words_are_matched(text):
    assert hear(text).miron == "door"


@pytest.mark.parametrize("text", ["what time is it now", "now what time is it"])
def test_parts_in_any_order_are_matched(text):
    assert hear(text).miron == "ask_time"


def test_free_text_takes_the_rest_as_it_was_written():
    assert values(hear("take a note Call {{7*7}}, 'Bob'")) == {"words": "Call {{7*7}}, 'Bob"}


@pytest.mark.parametrize(
    "text",
    [
        "where is teh toilet",
        "were is the toilet",
        "where is toilet",
        "where is the toylet",
        "where, like, is the toilet",
    ],
)
def test_a_slip_is_forgiven_with_less_confidence(text):
    act = hear(text)
    assert act.miron == "where_is"
    assert act.reason.method == "tolerant"
    assert act.confidence < 0.96


@pytest.mark.parametrize(
    "text",
    [
        "where is the library",
        "bananas are yellow",
        "what is the weather tomorrow",
        "play some music by the beatles",
        "set an alarm for six",
        "I would like to book a flight to Paris",
        "?!",
        "",
    ],
)
def test_what_no_sentence_means_is_not_understood(text):
    assert hear(text, "bare_name", "bare_host", "agree").miron == "not_understood"
    assert EARS.understand(text) == []


def test_the_reason_names_the_template_and_the_words_of_each_slot():
    reason = hear("hi, I'm Ada, I have an appointment with Grace Hopper").reason
    assert reason.method == "template"
    assert reason.template == MIRONS[0].forms["en"].both[0].text
    assert reason.slots == (("visitor.name", "Ada"), ("visit.host", "Grace Hopper"))
    assert reason.skipped == ("hi",)


def test_a_correction_of_spelling_is_in_the_reason():
    assert hear("where is teh toilet").reason.corrected == (("teh", "the"),)


def test_places_of_values_are_those_of_the_utterance():
    text = "  Well, I'm  Ada   Lovelace!"
    filled = hear(text).entities["visitor.name"]
    assert text[filled.start : filled.end] == filled.text == "Ada   Lovelace"
    assert filled.value == "Ada Lovelace"


def test_relative_dates_use_the_now_that_is_given():
    when = miron("when", "I come {date:on}", on="date")
    act = ears([when]).best("I come tomorrow", now=datetime(2026, 12, 31, 8))
    assert values(act) == {"on": "2027-01-01"}


LANGUAGES = [
    Miron(
        "room",
        forms={
            "en": Forms(lines("I want a room for {visit.host}")),
            "de": Forms(lines("Ich (möchte|hätte gern) ein Zimmer für {visit.host}")),
            "zh": Forms(lines("(我要|我想要)[一个]房间给{visit.host}")),
        },
        slots=slots(visit__host="person"),
    ),
    Miron("thanks", forms={"en": Forms(lines("thank you so much")), "de": Forms(lines("besten Dank auch"))}),
]


@pytest.mark.parametrize(
    ("text", "locale", "host"),
    [
        ("i want a room for Eva Stone", "en", "Eva Stone"),
        ("Guten Tag, ich hätte gern ein Zimmer für Eva Stein", "de", "Eva Stein"),
        ("ich hatte gern ein zimmer fuer eva stein bitte", "de", "Eva Stein"),
        ("你好，我想要一个房间给王小明", "zh", "王小明"),
        ("我要房间给李雷谢谢", "zh", "李雷"),
    ],
)
def test_all_languages_listen_at_once(text, locale, host):
    three = Understander(LANGUAGES, locales=("en", "de", "zh"))
    for spoken in ("en", "de", "zh"):
        act = three.best(text, locale=spoken)
        assert (act.miron, act.locale, values(act)) == ("room", locale, {"visit.host": host})


class _Model:
    version = "test"

    def __init__(self, *guesses):
        self.guesses = guesses
        self.asked = []

    def guess(self, text, locales, allowed=None, lexicon=None):
        self.asked.append(text)
        return self.guesses


def test_the_trained_model_is_asked_only_when_no_template_fits():
    model = _Model(Guess("name_host", 0.9, (("visit.host", 14, 26),), "en"))
    trained = ears(model=model)
    assert hear("where is the loo", understander=trained).reason.method == "template"
    assert model.asked == []
    act = hear("could I visit Grace Hopper now", understander=trained)
    assert (act.miron, act.confidence, act.reason.method) == ("name_host", 0.9, "model")
    assert values(act) == {"visit.host": "Grace Hopper"}


def test_the_trained_model_cannot_open_what_is_gated():
    trained = ears(model=_Model(Guess("agree", 0.9), Guess("", 0.5), Guess("no such", 0.9)))
    assert trained.understand("absolutely so") == []
    assert hear("absolutely so", "agree", understander=trained).miron == "agree"


def test_a_sentence_of_optional_parts_is_not_heard_in_silence():
    only = ears([miron("maybe", "[please] [now]")])
    assert only.understand("") == only.understand("...") == []
    assert only.best("now").miron == "maybe"


def test_twenty_options_in_a_word_and_in_a_row_are_matched_at_once():
    letters = "abcdefghijklmnopqrst"
    glued = miron("glued", "".join(f"[{letter}]" for letter in letters) + "z")
    spaced = miron("spaced", " ".join(f"[{letter}x]" for letter in letters) + " end")
    both = ears([glued, spaced])
    assert both.best("acz").miron == "glued"
    assert both.best("bx dx tx end").miron == "spaced"
    assert both.understand("caz") == []


def test_ten_thousand_words_and_deep_nesting_are_no_trouble():
    words = " ".join(f"word{number}" for number in range(10_000))
    both = ears([miron("long", words), miron("deep", "[a " * 100 + "b" + "]" * 100)])
    assert both.best("a " * 100 + "b").miron == "deep"
    assert both.understand(words) == []  # 60 KB are no utterance


def test_phrases_that_multiply_are_refused_not_compiled():
    phrases = {"en": {f"p{i}": parse(f"<p{i + 1}> x <p{i + 1}>") for i in range(30)} | {"p30": parse("y")}}
    with pytest.raises(ModelError) as caught:
        Understander([miron("boom", "<p0>")], phrases=phrases)
    assert caught.value.problems[0].code == "template-too-large"


def test_an_unknown_phrase_is_an_error_of_the_model():
    with pytest.raises(ModelError):
        Understander([miron("greet", "<hello> there")])


NASTY = [
    "{{7*7}}",
    "%s %n",
    "<script>alert(1)</script>",
    "[link=x]y[/link]",
    "\x1b[2J",
    "\u202eabc",
    "👩‍👩‍👧",
    "\x00",
    "\ud800",
    "a" * 100_000,
    "hi " * 40_000,
    "我" * 30_000,
    "1" * 5000,
    "' ' '",
    "I'm " * 500,
]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nasty_text_is_only_text(text):
    three = ears(locales=("en", "de", "zh"))
    for act in three.understand(text, [Expectation("bare_name")]):
        assert act.miron in {one.name for one in MIRONS}


@unhurried
@given(st.text(max_size=60), st.sampled_from([None, "en", "de", "xx"]))
def test_no_text_makes_understanding_fail(text, locale):
    for act in EARS.understand(text, [Expectation("bare_name"), Expectation("nobody")], locale=locale):
        assert 0.0 <= act.confidence <= 1.0


WORDS = (
    "hi i'm ada grace hopper lovelace my name is here to see where the toilet at ten half uh please and . ,"
)


@unhurried
@given(st.lists(st.sampled_from(WORDS.split()), max_size=25))
def test_no_row_of_words_makes_understanding_fail(words):
    for act in EARS.understand(" ".join(words), [Expectation("bare_name")]):
        for part in act.sequence:
            for filled in part.entities.values():
                assert 0 <= filled.start < filled.end


def test_words_of_another_language_are_no_name():
    bare = Miron(
        "bare",
        forms={locale: Forms(lines("{visitor.name}")) for locale in ("en", "de")},
        slots=slots(visitor__name="person"),
    )
    hello = Miron("hello", forms={"en": Forms(lines("hello")), "de": Forms(lines("hallo"))})
    ear = Understander([bare, hello], locales=("en", "de"))
    assert ear.best("Hallo", locale="en").miron == "hello"
    assert ear.best("Ada Lovelace", locale="de").locale == "de"


@pytest.mark.parametrize(
    ("said", "locale"),
    [("where can I park", "en"), ("keine Ahnung", "de"), ("wie lange dauert das", "en")],
)
def test_everyday_words_of_a_language_listened_to_are_no_name_in_any(said, locale):
    bare = Miron(
        "bare",
        forms={each: Forms(lines("{visitor.name}")) for each in ("en", "de")},
        slots=slots(visitor__name="person"),
    )
    ear = Understander([bare], locales=("en", "de"))
    assert ear.understand(said, locale=locale) == []
    assert ear.best("Rosa Parks", locale=locale).entities["visitor.name"].value == "Rosa Parks"
