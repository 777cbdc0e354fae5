from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miron.check import phrase_problems
from miron.source import ModelError, Span
from miron.template import (
    MAX_DEPTH,
    Alternative,
    Mark,
    Option,
    Permutation,
    RuleRef,
    Sequence,
    SlotRef,
    Template,
    Text,
    count,
    expand,
    parse,
    sample,
    show,
    slot_refs,
)
from tests.miron.build import unhurried

names = st.sampled_from(["visitor.name", "at", "visit.host", "größe", "房型"])
texts = st.text(st.sampled_from("ab I'm,.!? ()[]{}<>|;\\你ü"), min_size=1, max_size=6)
leaves = st.one_of(
    texts.map(Text),
    names.map(RuleRef),
    st.builds(SlotRef, names, st.sampled_from(["", "person", "time"]), st.sampled_from([(), ("clock",)])),
    st.builds(Mark, st.sampled_from(["gesture", "feel", "look"]), names),
)


def _rows(nodes):
    return st.lists(nodes, min_size=1, max_size=3).map(tuple).map(Sequence)


nodes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(_rows(inner), min_size=1, max_size=3).map(tuple).map(Alternative),
        st.lists(_rows(inner), min_size=1, max_size=3).map(tuple).map(Option),
        st.lists(_rows(inner), min_size=2, max_size=3).map(tuple).map(Permutation),
    ),
    max_leaves=8,
)
templates = _rows(nodes).map(lambda root: Template(root, ""))


@unhurried
@given(templates)
def test_parsing_what_was_printed_prints_the_same(template):
    printed = show(template)
    assert show(parse(printed)) == printed
    assert parse(show(parse(printed))) == parse(printed)


@unhurried
@given(templates)
def test_the_count_is_the_number_of_expansions(template):
    written_out = sum(1 for _ in islice(expand(template), 2001))
    assert written_out == min(count(template), 2001)


@unhurried
@given(st.text(st.sampled_from("ab ()[]{}<>|;\\:.（"), max_size=30))
def test_any_text_is_a_template_or_reported_with_a_place(text):
    try:
        template = parse(text, span=Span("f.yaml", 1, 1, 1, len(text) + 1))
    except ModelError as error:
        for problem in error.problems:
            assert problem.span is not None
            assert 1 <= problem.span.column <= len(text) + 1
            assert problem.render(text)
    else:
        assert show(template) == show(parse(show(template)))


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("(a|b", "unclosed-bracket", 1),
        ("say [a", "unclosed-bracket", 5),
        ("{visitor.name", "unclosed-bracket", 1),
        ("a <greet", "unclosed-bracket", 3),
        ("a)", "unopened-bracket", 2),
        ("a]", "unopened-bracket", 2),
        ("a}", "unopened-bracket", 2),
        ("a>", "unopened-bracket", 2),
        ("(a]", "wrong-bracket", 3),
        ("[a)", "wrong-bracket", 3),
        ("a|b", "bar-outside-brackets", 2),
        ("(a|b;c)", "mixed-separators", 5),
        ("()", "empty-brackets", 1),
        ("[]", "empty-brackets", 1),
        ("{}", "bad-slot", 1),
        ("{Visitor Name}", "bad-slot", 1),
        ("{feel:happy|upper}", "bad-slot", 1),
        ("<Hello There>", "bad-phrase-name", 1),
        ("a\\", "dangling-backslash", 2),
        ("a\x07b", "control-character", 2),
        ("(a;b;c;d;e;f;g)", "too-many-parts", 1),
        ("[" * 5000, "template-too-deep", MAX_DEPTH + 1),
        ("a" * 300_000, "template-too-long", 1),
    ],
)
def test_a_mistake_is_reported_at_its_place(text, code, column):
    with pytest.raises(ModelError) as caught:
        parse(text, span=Span("f.yaml", 1, 1, 1, len(text) + 1))
    problem = caught.value.problems[0]
    assert (problem.code, problem.span.column) == (code, column)


def test_all_mistakes_of_a_sentence_are_reported_in_order():
    with pytest.raises(ModelError) as caught:
        parse("{A} (b] c|d", span=Span("f.yaml", 4, 10, 4, 20))
    assert [(p.code, p.span.line, p.span.column) for p in caught.value.problems] == [
        ("bad-slot", 4, 10),
        ("wrong-bracket", 4, 16),
        ("bar-outside-brackets", 4, 19),
    ]


def test_a_mistake_suggests_the_right_form():
    with pytest.raises(ModelError) as caught:
        parse("I am {Visitor.Name }")
    assert caught.value.problems[0].suggestion == "{visitor.name}"


def test_full_width_brackets_are_text_with_a_warning():
    template = parse("您好（先生）", span=Span("f", 1, 1, 1, 7))
    assert [(w.code, w.suggestion) for w in template.warnings] == [
        ("full-width-bracket", "("),
        ("full-width-bracket", ")"),
    ]
    assert template.root.items == (Text("您好（先生）"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("turn(s|ed|ing)", ["turns", "turned", "turning"]),
        ("[please ]go", ["please go", "go"]),
        ("(a|)b", ["ab", "b"]),
        ("[a|b]c", ["ac", "bc", "c"]),
        ("(a;b)", ["a b", "b a"]),
        (r"\(a\|b\)\\", ["(a|b)\\"]),
        ("1; 2", ["1; 2"]),
    ],
)
def test_expansions_are_those_of_hassil_fullest_first(text, said):
    assert ["".join(leaf.text for leaf in leaves) for leaves in expand(parse(text))] == said


def test_the_types_filters_and_marks_of_references_are_kept():
    template = parse("{time:at|clock} {visitor.name} {gesture:wave}{feel:happy}")
    assert [node for node in template.root.items if not isinstance(node, Text)] == [
        SlotRef("at", "time", ("clock",)),
        SlotRef("visitor.name"),
        Mark("gesture", "wave"),
        Mark("feel", "happy"),
    ]
    assert Mark("feel", "happy").channel == "emotion"


def test_every_node_knows_its_place():
    template = parse("Hi {visitor.name}", span=Span("f.yaml", 7, 12, 7, 29))
    (ref,) = slot_refs(template)
    assert str(template.span(ref)) == "f.yaml:7:15"


def test_a_million_variants_are_counted_and_sampled_without_expanding():
    template = parse("".join(f"[{letter}]" for letter in "abcdefghijklmnopqrst") * 3)
    assert count(template) == 2**60
    assert len(sample(template, lambda n: n - 1)) == 0
    assert len(sample(template, lambda n: 0)) == 60


def test_a_hundred_nested_options_and_ten_thousand_words_are_fine():
    deep = parse("[a " * 100 + "b" + "]" * 100)
    assert count(deep) == 101
    assert show(parse(show(deep))) == show(deep)
    assert count(parse("word " * 10_000 + "[end]")) == 2


def test_phrases_stand_in_for_their_name():
    phrases = {"greet": parse("(hi|hello)"), "who": parse("<greet> you")}
    assert count(parse("<who> there"), phrases) == 2
    assert [leaf.text for leaf in next(expand(parse("<who> there"), phrases))] == ["hi", " you", " there"]


def test_a_phrase_within_itself_is_reported_with_the_cycle():
    phrases = {"a": parse("x <b>"), "b": parse("y <c>"), "c": parse("<a> z")}
    (problem,) = phrase_problems([], phrases)
    assert problem.code == "phrase-cycle"
    assert "<a> → <b> → <c> → <a>" in problem.message


def test_an_unknown_phrase_is_reported_with_the_nearest():
    (problem,) = phrase_problems([parse("<gret> you")], {"greet": parse("hi")})
    assert (problem.code, problem.suggestion) == ("unknown-phrase", "greet")


def test_diamonds_of_phrases_are_checked_in_no_time():
    phrases = {f"p{i}": parse(f"<p{i + 1}> <p{i + 1}>") for i in range(39)} | {"p39": parse("x")}
    assert phrase_problems([], phrases) == []
    assert phrase_problems([], {f"p{i}": parse(f"<p{i + 1}>") for i in range(200)} | {"p200": parse("x")})
