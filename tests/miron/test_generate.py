import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miron.generate import Generator, NothingToSay
from miron.jinja_forms import jinja_problems
from miron.model import EntityType, Forms, Miron
from miron.parts import part, person_parts
from miron.source import ModelError
from tests.miron.build import lines, miron, slots, unhurried

TYPES = {
    "hue": EntityType("hue", "choice", values={"red": {"en": lines("(red|crimson)")}, "dark_blue": {}}),
    "visit": EntityType("visit", "record", fields={"host": "person", "at": "time"}),
}
MIRONS = [
    miron("greeting", "Hello[, {visitor.name}]! [Welcome.]", visitor__name="person"),
    miron(
        "calling",
        "Thank you[, {visitor.name|first}]. {gesture:nod}I am calling {visit.host}.",
        visitor__name="person",
        visit__host="person",
    ),
    miron("meet", "You meet at {at|clock}[ on {on|day}, {on}].", at="time", on="date"),
    miron("hosts", "[{visit.found|count} visits: ]{visit.found.host|list}", visit__found="list of visit"),
    miron("colour", "It is {hue:colour}.", colour="hue"),
    miron("name_parts", "{visitor.name.last}, {visitor.name.first|upper}", visitor__name="person"),
    miron("spelt", "{visitor.name|first|spell}", visitor__name="person"),
    miron("ordered", "(red;green;blue)"),
    miron("lots", "".join(f"[{letter}]" for letter in "abcdefghijklmnopqrst") + "z"),
    miron("yes", "(yes|that is right)", label="Yes"),
    miron("question", "where is the (toilet|loo)"),
    miron("heard_only", heard="what I hear"),
]
MOUTH = Generator(MIRONS, TYPES)


def say(name, pick=0, *, mouth=MOUTH, locale="en", **values):
    named = {key.replace("__", "."): value for key, value in values.items()}
    return mouth.say(name, named, locale=locale, choose=lambda _, n: min(pick, n - 1))


def variants(name, **values):
    sizes = []

    def choose(_, n):
        sizes.append(n)
        return 0

    MOUTH.say(
        name, {key.replace("__", "."): value for key, value in values.items()}, locale="en", choose=choose
    )
    return {say(name, pick, **values).text for pick in range(sizes[0] if sizes else 1)}


def test_the_fullest_variant_comes_first_and_values_present_are_used():
    assert say("greeting").text == "Hello! Welcome."
    assert variants("greeting") == {"Hello! Welcome.", "Hello!"}
    assert variants("greeting", visitor__name="Ada") == {"Hello, Ada! Welcome.", "Hello, Ada!"}


def test_a_sentence_that_needs_an_absent_value_is_not_said():
    with pytest.raises(NothingToSay) as caught:
        say("calling", visitor__name="Ada")
    assert caught.value.missing == ("visit.host",)
    assert pickle.loads(pickle.dumps(caught.value)).missing == ("visit.host",)
    with pytest.raises(NothingToSay):
        say("calling", visit__host="")
    with pytest.raises(NothingToSay):
        say("heard_only")


def test_spaces_and_punctuation_close_up_where_a_part_is_left_out():
    assert say("calling", visit__host="Grace Hopper").text == "Thank you. I am calling Grace Hopper."


def test_marks_stand_at_their_word():
    utterance = say("calling", visit__host="Grace", visitor__name="Ada Lovelace")
    assert utterance.text == "Thank you, Ada. I am calling Grace."
    assert utterance.marks == ((16, "gesture", "nod"),)
    assert utterance.text[16:].startswith("I am")
    assert [utterance.text[start:end] for start, end in utterance.words][:3] == ["Thank", "you", "Ada"]


@pytest.mark.parametrize(
    "name", ["{{7*7}}", "{visit.host}", "[x|y]", "<b>", "%s", "{0.__class__}", "\\", "a , b !", "\x00\x01"]
)
def test_values_are_put_in_literally(name):
    assert say("greeting", 1, visitor__name=name).text == f"Hello, {name}!"


@unhurried
@given(st.text(min_size=1), st.text(min_size=1))
def test_values_never_change_the_sentence_around_them(visitor, host):
    text = say("calling", visitor__name=visitor, visit__host=host).text
    assert text.endswith(f" I am calling {host}.")


def test_values_are_said_by_their_type_and_filters():
    assert (
        say("meet", at="10:30", on="2026-11-23").text
        == "You meet at half past ten on Monday, 23 November 2026."
    )
    assert say("colour", colour="red").text == "It is red."
    assert say("colour", colour="dark_blue").text == "It is dark blue."
    assert say("name_parts", visitor__name="Dr Ludwig van Beethoven").text == "van Beethoven, LUDWIG"
    assert say("spelt", visitor__name="Ada Lovelace").text == "A D A"
    found = [{"host": "Grace Hopper"}, {"host": "Alan Smith"}, {"host": "Grace Hopper"}]
    assert say("hosts", visit__found=found).text == "3 visits: Grace Hopper and Alan Smith"


def test_a_part_that_the_value_does_not_have_is_absent():
    with pytest.raises(NothingToSay):
        say("name_parts", visitor__name="Ada")


def test_all_orders_are_variants():
    assert len(variants("ordered")) == 6


def test_a_million_variants_are_not_written_out():
    sizes = []
    MOUTH.say("lots", {}, locale="en", choose=lambda _, n: sizes.append(n) or n - 1)
    assert sizes == [2**20]
    assert say("lots", 0).text == "abcdefghijklmnopqrstz"
    assert len({say("lots", pick).text for pick in range(0, 2**20, 9973)}) == len(range(0, 2**20, 9973))


def test_variation_is_only_what_the_caller_chooses():
    assert say("greeting", 1) == say("greeting", 1)
    with pytest.raises(ValueError, match="2 variants"):
        MOUTH.say("greeting", {}, locale="en", choose=lambda _, n: n)
    with pytest.raises(KeyError):
        say("nobody")


def test_another_locale_is_used_where_a_sentence_is_missing():
    both = Miron("hi", forms={"en": Forms(lines("hello")), "de": Forms(lines("hallo"))})
    mouth = Generator([both, miron("only", "just English")], locales=("en", "de"))
    assert say("hi", mouth=mouth, locale="de-AT").text == "hallo"
    spoken = say("only", mouth=mouth, locale="de")
    assert (spoken.text, spoken.locale) == ("just English", "en")


def test_chinese_has_no_spaces_of_ours():
    zh = Miron("好", forms={"zh": Forms(lines("(你好;欢迎)，{客人}[，请坐]。"))}, slots=slots(客人="person"))
    mouth = Generator([zh], locales=("zh",))
    utterance = mouth.say("好", {"客人": "王小明"}, locale="zh", choose=lambda _, n: 0)
    assert utterance.text == "你好欢迎，王小明，请坐。"
    assert len(utterance.words) == 9


def test_labels_are_given_or_the_shortest_sentence():
    assert MOUTH.label("yes", "en") == "Yes"
    assert MOUTH.label("question", "en") == "where is the loo"
    assert MOUTH.label("greeting", "en") == "Hello!"
    assert Generator([Miron("no_words")]).label("no_words", "en") == "no words"


def test_an_unknown_phrase_is_an_error_of_the_model():
    with pytest.raises(ModelError):
        Generator([miron("greet", "<hello> there")])


JINJA = Generator(
    [
        miron(
            "mail",
            jinja=("{% if visitor_name %}Dear {{ visitor_name|last }}, {% endif %}come {{ at|clock }}",),
            visitor__name="person",
            at="time",
        ),
        miron("each", jinja=("{% for one in found %}{{ one|first }} {% endfor %}",), found="list of person"),
        miron("evil", jinja=("{{ visitor_name.__class__ }}",), visitor__name="person"),
    ]
)


def test_jinja_lines_see_values_by_underscore_and_only_our_filters():
    assert (
        say("mail", mouth=JINJA, at="10:30", visitor__name="Ada Lovelace").text
        == "Dear Lovelace, come half past ten"
    )
    assert say("mail", mouth=JINJA, at="10:30").text == "come half past ten"
    assert say("each", mouth=JINJA, found=["Ada Lovelace", "Grace Hopper"]).text == "Ada Grace"
    with pytest.raises(NothingToSay):
        say("mail", mouth=JINJA)


def test_values_in_jinja_lines_are_not_templates():
    assert say("mail", mouth=JINJA, at="10:30", visitor__name="Ada {{7*7}}").text.startswith("Dear {{7*7}},")


@pytest.mark.parametrize(
    "source",
    [
        "{{ visitor_name.__class__ }}",
        "{{ visitor_name['x'] }}",
        "{{ visitor_name() }}",
        "{{ '%s' % visitor_name }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 7 * 7 }}",
        "{{ range(10) }}",
        "{{ cycler }}",
        "{% include 'x' %}",
        "{% set x = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{{ ().__class__.__mro__ }}",
        "{{ visitor_name|attr('x') }}",
        "{{ visitor_name|format('x') }}",
        "{{ self }}",
        "{% if %}",
        "{{ unknown_name }}",
        "{{ visitor_name is divisibleby 3 }}",
        "{{" * 5000,
    ],
)
def test_what_a_jinja_line_may_not_hold_is_reported_and_never_said(source):
    assert jinja_problems(source, ("visitor.name",))
    mouth = Generator([miron("evil", jinja=(source,), visitor__name="person")])
    with pytest.raises(NothingToSay):
        say("evil", mouth=mouth, visitor__name="Ada")


def test_a_good_jinja_line_has_no_problems():
    assert (
        jinja_problems("{% if visitor_name %}Dear {{ visitor_name|last }}{% endif %}", ("visitor.name",))
        == []
    )
    assert jinja_problems("{{ visitor_name_first }}", ("visitor.name",)) == []


@pytest.mark.parametrize(
    ("name", "title", "first", "last"),
    [
        ("Ada Lovelace", "", "Ada", "Lovelace"),
        ("Dr. Grace Hopper", "Dr.", "Grace", "Hopper"),
        ("Prof. Dr. Eva Müller", "Prof. Dr.", "Eva", "Müller"),
        ("Ludwig van Beethoven", "", "Ludwig", "van Beethoven"),
        ("Maria de la Cruz", "", "Maria", "de la Cruz"),
        ("Martin Luther King Jr.", "", "Martin Luther", "King"),
        ("Lovelace, Ada", "", "Ada", "Lovelace"),
        ("Ms Lovelace", "Ms", "", "Lovelace"),
        ("Ada", "", "Ada", ""),
        ("王小明", "", "小明", "王"),
        ("欧阳修", "", "修", "欧阳"),
        ("王先生", "先生", "", "王"),
    ],
)
def test_names_have_parts(name, title, first, last):
    assert person_parts(name) == (title, first, last)


@unhurried
@given(st.text(max_size=30))
def test_no_name_makes_the_splitter_fail(name):
    assert len(person_parts(name)) == 3


def test_parts_of_other_values():
    assert part("time", "10:30", "hour") == 10
    assert part("date", "2026-11-23", "day") == 23
    assert part("visit", {"host": "Grace"}, "host") == "Grace"
    assert part("list of visit", [{"host": "Grace"}, {"host": "Grace"}], "host") == "Grace"
    assert part("list of visit", [{"host": "Grace"}, {"host": "Alan"}], "host") == ["Grace", "Alan"]
    assert part("person", "Ada", "last") is None
    assert part("number", 3, "first") is None
