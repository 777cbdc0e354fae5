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


def test_a_grammar_names_what_a_slot_may_hold_once():
    grammar = PHRASES.grammar(["host", "colour", "note"], "en", alone=["hue"])
    assert grammar.lines == ("i'm here to see <person>", "a <hue> one", "take a note", "now", "<hue>")
    assert grammar.values == {
        "person": ("grace hopper", "ada o'brien"),
        "hue": ("red", "crimson", "dark blue"),
    }
    assert "take" in grammar.words() and "hopper" in grammar.words()


def test_a_grammar_takes_what_may_be_said_for_a_type_from_the_caller():
    grammar = PHRASES.grammar(["note"], "en", known={"text": ["of this"]})
    assert grammar.lines == ("take a note <text> now",)


def test_what_nobody_can_pronounce_leaves_the_grammar_with_its_lines():
    grammar = PHRASES.grammar(["where", "host", "colour"], "en")
    assert grammar.keep(lambda word: word not in ("loo", "hopper", "ada", "red")).lines == (
        "where is the toilet",
        "a <hue> one",
    )
    assert grammar.keep(lambda word: word != "hopper").values["person"] == ("ada o'brien",)


def test_a_grammar_is_written_out_for_recognisers_without_rules():
    grammar = PHRASES.grammar(["where", "host"], "en")
    assert grammar.written_out(100) == [
        "where is the toilet",
        "where is the loo",
        "i'm here to see grace hopper",
        "i'm here to see ada o'brien",
        "grace hopper",
        "ada o'brien",
    ]
    assert len(grammar.written_out(3)) == 3


def test_the_grammar_is_jsgf():
    assert PHRASES.grammar(["where", "host"], "en").jsgf("en") == (
        "#JSGF V1.0 UTF-8 en;\n"
        "grammar expected;\n"
        "public <expected> = where is the toilet | where is the loo | i'm here to see <person>;\n"
        "<person> = grace hopper | ada o'brien;\n"
    )
    assert "<VOID>" in PHRASES.grammar([], "en").jsgf("en")


def test_suggestions_are_one_a_miron_with_an_ellipsis_for_a_value():
    assert PHRASES.suggestions(["where", "host", "colour", "note"], "en", most=2) == [
        "where is the toilet?",
        "I'm here to see …",
    ]
