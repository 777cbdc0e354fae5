"""Templates as graphs of words."""

from hypothesis import given, settings
from hypothesis import strategies as st

from miron.template import count, expand, parse
from miron.wordgraph import WordGraph, WordGraphBuilder


def graph(*templates: str, values: dict[str, tuple[str, ...]] | None = None) -> WordGraph:
    builder = WordGraphBuilder({}, lambda slot: slot.name if values and slot.name in values else None)
    for template in templates:
        builder.add(parse(template))
    return builder.graph(values or {})


def said(template: str) -> set[str]:
    """The same the slow way: every variant written out."""
    texts = ("".join(getattr(leaf, "text", "") for leaf in leaves) for leaves in expand(parse(template), {}))
    return {" ".join(text.lower().split()) for text in texts} - {""}


def test_words_are_what_spaces_and_punctuation_leave():
    assert graph("Hello, there!").sentences(9) == ["hello there"]
    assert graph("I\u2019m here").sentences(9) == ["i'm here"]


def test_alternatives_inside_words_stay_inside_words():
    assert set(graph("colo[u]r(s|)").sentences(9)) == {"color", "colour", "colors", "colours"}


def test_parts_in_any_order():
    assert set(graph("(now;please) go").sentences(9)) == {"now please go", "please now go"}


def test_many_options_cost_states_and_not_sentences():
    options = "".join(f"[w{number} ]" for number in range(20)) + "end"
    found = graph(options)
    assert len(found.edges) <= 21
    assert len(found.sentences(50)) == 50


def test_equal_ends_are_shared():
    one = graph("the red car drives fast")
    two = graph("the red car drives fast", "the blue car drives fast")
    assert len(two.edges) == len(one.edges)


def test_values_are_paths_of_words():
    found = graph("see {who}", values={"who": ("ada lovelace", "alan")})
    states, steps = found.transitions()
    assert {word for _, _, word in steps} == {"see", "ada", "lovelace", "alan"}
    assert states == 4
    assert found.sentences(9) == ["see ada lovelace", "see alan"]


def test_what_cannot_be_pronounced_is_left_out_with_what_it_leads_to():
    found = graph("(red|blue) {who}", "{who} only", values={"who": ("ada", "bob")})
    assert found.keep(lambda word: word != "blue").sentences(9) == [
        "ada only",
        "bob only",
        "red ada",
        "red bob",
    ]
    assert set(found.keep(lambda word: word != "ada").values["who"]) == {"bob"}
    assert not found.keep(lambda word: word in ("red", "blue", "only"))


def test_a_whole_sentence_is_accepted_and_a_part_is_not():
    found = graph("see {who}[ now]", values={"who": ("ada lovelace", "alan")})
    assert all(found.accepts(text) for text in found.sentences(9))
    assert not any(found.accepts(text) for text in ("", "see", "see ada", "see alan now now", "alan"))


WORDS = st.sampled_from(["a", "bb", " c", "d ", " ", "e f"])
TEMPLATES = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        inner.map(lambda part: f"[{part}]"),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(TEMPLATES.map(lambda text: f"x {text} y"))
def test_a_graph_says_exactly_what_its_template_says(template: str):
    wanted = said(template)
    assert count(parse(template), {}) <= 5000
    assert set(graph(template).sentences(10_000)) == wanted
