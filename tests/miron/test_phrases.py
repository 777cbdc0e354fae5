from miron.entities import Lexicon
from miron.model import EntityType
from miron.phrases import Phrases
from tests.miron.build import lines, miron

PHRASES = Phrases(
    [
        miron("where", "where is the (toilet|loo)?"),
        miron("host", "I'm here to see {visit.host}", visit__host="person"),
        miron("colour", "a {hue:colour} one", colour="hue"),
        miron("note", "take a note {words} now", words="text"),
        miron("lots", "".join(f"[w{number} ]" for number in range(20)) + "end"),
    ],
    {"hue": EntityType("hue", "choice", values={"red": {"en": lines("(red|crimson)")}, "dark_blue": {}})},
    lexicon=Lexicon({"person": ["Grace Hopper", "Ada O'Brien"]}),
)


def test_sentences_become_lower_case_words_with_the_known_values():
    assert PHRASES.spoken(["where", "host", "colour", "nobody"], "en") == [
        "where is the toilet",
        "where is the loo",
        "i'm here to see grace hopper",
        "i'm here to see ada o'brien",
        "a red one",
        "a crimson one",
        "a dark blue one",
    ]


def test_an_open_slot_leaves_its_pieces():
    assert PHRASES.spoken(["note"], "en") == ["take a note", "now"]


def test_very_many_variants_are_cut_off():
    assert 1 < len(PHRASES.spoken(["lots"], "en")) <= 200


def test_a_graph_says_what_the_templates_say_with_the_known_values():
    graph = PHRASES.graph(["where", "host", "colour"], "en")
    assert sorted(graph.sentences(100)) == sorted(PHRASES.spoken(["where", "host", "colour"], "en"))


def test_a_bare_value_may_be_an_answer():
    assert PHRASES.graph([], "en", alone=["hue"]).sentences(9) == ["red", "crimson", "dark blue"]


def test_around_a_slot_of_which_nothing_is_known_the_rest_can_be_said():
    assert sorted(PHRASES.graph(["note"], "en").sentences(9)) == ["now", "take a note"]
    graph = PHRASES.graph(["note"], "en", known={"text": ["of this"]})
    assert graph.sentences(9) == ["take a note of this now"]


def test_nothing_expected_is_an_empty_graph():
    assert not PHRASES.graph([], "en")
    assert not PHRASES.graph(["nobody"], "en")


def test_suggestions_are_one_a_miron_with_an_ellipsis_for_a_value():
    assert PHRASES.suggestions(["where", "host", "colour", "note"], "en", most=2) == [
        "where is the toilet?",
        "I'm here to see …",
    ]
