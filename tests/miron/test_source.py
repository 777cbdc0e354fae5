import pickle

from hypothesis import given
from hypothesis import strategies as st

from miron.source import ModelError, Note, Problem, Span, suggest
from tests.miron.build import unhurried

TEXT = "rules:\n  when: heard greet\n  do: say ask_nmae\n"
PLACE = Span("assets/desk.yaml", 3, 11, 3, 19)


def test_a_problem_shows_its_place_the_line_before_and_a_mark():
    problem = Problem("unknown-miron", "no Miron named 'ask_nmae'", PLACE, suggestion="ask_name")
    assert problem.render(TEXT).splitlines() == [
        "assets/desk.yaml:3:11: error[unknown-miron]: no Miron named 'ask_nmae'",
        "    2 |   when: heard greet",
        "    3 |   do: say ask_nmae",
        "      |           ^^^^^^^^ did you mean 'ask_name'?",
    ]


def test_wide_characters_move_the_mark_by_two_columns():
    mark = Problem("x", "m", Span("f", 1, 3, 1, 5)).render("你好世界").splitlines()[-1]
    assert mark == "      |     ^^^^"


def test_a_long_line_is_cut_around_the_mark():
    text = "a" * 5000 + "HERE" + "b" * 5000
    shown = Problem("x", "m", Span("f", 1, 5001, 1, 5005)).render(text)
    assert max(map(len, shown.splitlines())) < 200
    body, mark = shown.splitlines()[-2:]
    assert body[mark.index("^") : mark.index("^") + 4] == "HERE"


def test_escape_sequences_of_a_file_do_not_reach_the_terminal():
    shown = Problem("x", "bad \x1b[31m", Span("a\x1b.yaml", 1, 1, 1, 2)).render("\x1b[2Jx\u202e")
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_errors_are_sorted_by_place_and_survive_pickling():
    later = Problem("b", "second", Span("f", 9, 1, 9, 2))
    sooner = Problem("a", "first", Span("f", 2, 1, 2, 2), notes=(Note("see", PLACE),))
    error = pickle.loads(pickle.dumps(ModelError([later, sooner])))
    assert error.problems == (sooner, later)
    assert error.problems[0].as_json()["notes"][0]["span"]["line"] == 3


def test_a_suggestion_is_the_nearest_name_and_none_when_nothing_is_near():
    assert suggest("ask_nmae", ["ask_name", "ask_age", "greeting"]) == "ask_name"
    assert suggest("visitr", ["visitor", "visit"]) in ("visitor", "visit")
    assert suggest("zzz", ["visitor", "visit"]) is None
    assert suggest("name", []) is None


@unhurried
@given(st.text(), st.integers(-2, 40), st.integers(-2, 40), st.text(max_size=60))
def test_rendering_never_fails(message, line, column, text):
    assert Problem("c", message, Span("f", line, column, line, column + 3)).render(text)
