"""Rules that meet: reported only with events that really make them, and never where they are kept apart."""

from __future__ import annotations

import pytest

from dsl.check import check
from dsl.check_together import MAX_PAIRS, MAX_PLAYED
from dsl.compiler import compile_tree
from dsl.reader import read_text
from dsl.testing import play_tests
from dsl.witness import Search
from miron.source import Problem
from tests.dsl.golden import BAD

MEETING = (BAD / "act-together.yaml").read_text(encoding="utf-8")
START = "it happens with: "


def problems(text: str) -> list[Problem]:
    return check(read_text(text, "d.yaml"))


def codes(text: str) -> list[str]:
    return [problem.code for problem in problems(text)]


def witness(problem: Problem) -> list[str]:
    """The lines shown as the way there."""
    (note,) = [note.message for note in problem.notes if note.message.startswith(START)]
    return note.removeprefix(START).split("; ")


@pytest.mark.parametrize(
    ("name", "fired"),
    [
        ("act-together", {"begin", "point", "wave"}),
        ("act-together~speech", {"greet"}),  # the other one is dropped
        ("dead-end", {"begin"}),
    ],
)
def test_the_events_shown_lead_there_when_they_are_played_as_a_test(name: str, fired: set[str]) -> None:
    text = (BAD / f"{name}.yaml").read_text(encoding="utf-8")
    (problem,) = problems(text)
    lines = "".join(f"    - {line}\n" for line in witness(problem))
    tests = f"tests:\n  witness:\n    - strict: no\n{lines}"
    (outcome,) = play_tests(read_text(text + tests, "d.yaml")).outcomes
    assert {rule for rule in outcome.fired if rule.isalpha()} == fired


def test_the_events_shown_are_a_shortest_way() -> None:
    (problem,) = problems(MEETING)
    assert len(witness(problem)) == 2


def test_the_same_events_are_found_each_time() -> None:
    assert problems(MEETING) == problems(MEETING)


KEPT_APART = {
    "different priorities": (
        "if: phase is open, do: {gesture",
        "priority: 1, if: phase is open, do: {gesture",
    ),
    "other states of one choice": ("hear ask_way, do", "hear ask_way, unless: phase is open, do"),
    "the same gesture": ("{gesture: wave}", "{gesture: point_left}"),
    "other words": ("wave: {when: hear ask_way,", "wave: {when: hear come_in,"),
    "another moment": ("do: {gesture: wave}}", "do: [{wait: 1s}, {gesture: wave}]}"),
    "a state that never comes": ("set: {phase: open}, say", "say"),
}


@pytest.mark.parametrize("how", KEPT_APART)
def test_rules_that_are_kept_apart_are_not_reported(how: str) -> None:
    right, wrong = KEPT_APART[how]
    assert right in MEETING
    assert "act-together" not in codes(MEETING.replace(right, wrong, 1))


def test_speech_that_waits_for_its_turn_is_no_conflict_where_two_things_were_told() -> None:
    text = (BAD / "act-together~speech.yaml").read_text(encoding="utf-8")
    assert codes(text.replace("on_busy: drop, ", "")) == []


def test_two_answers_to_one_sentence_are_reported() -> None:
    text = (
        "dialogue: d\nmirons: {hello: hello, first: Hello!, second: Good day!}\nrules:\n"
        "  greet: {when: hear hello, do: {say: first}}\n  welcome: {when: hear hello, do: {say: second}}\n"
    )
    (problem,) = problems(text)
    assert problem.message == "'greet' and 'welcome' both answer 'hello' in one moment, one after the other"
    assert witness(problem) == ["user: hello"]


WAITING = (BAD / "dead-end.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "way_out",
    [
        "  more: {when: hear come_in, if: phase is waiting, do: {end: gone}}\n",
        "  more: {when: phase is waiting for 1min, do: {end: gone}}\n",
        "  more: {when: hear help, do: {end: gone}}\n",
    ],
)
def test_a_state_that_something_leads_out_of_is_no_dead_end(way_out: str) -> None:
    assert codes(WAITING) == ["dead-end"]
    assert "dead-end" not in codes(WAITING + way_out)


def test_a_dialogue_without_endings_has_no_dead_ends() -> None:
    text = WAITING.replace("endings: [gone]\n", "").replace(", {end: gone}", "")
    assert "dead-end" not in codes(text)


@pytest.mark.parametrize("name", ["endless-loop", "endless-loop~memory", "endless-loop~counting"])
def test_a_loop_that_is_reported_is_one_when_it_is_played(name: str) -> None:
    tree = read_text((BAD / f"{name}.yaml").read_text(encoding="utf-8"), "d.yaml")
    assert tree.dialogue is not None
    found = Search(compile_tree(tree), tree.dialogue.rules, [("no", "such pair")], dead_ends=False).run()
    assert found.loop is not None
    lines, rules = found.loop
    assert len(lines) <= 1  # counting begins with the default, at the start
    (problem,) = [each for each in check(tree) if each.code == "endless-loop"]
    assert all(rule in problem.message for rule in rules)


def test_a_loop_that_only_playing_shows_is_reported_with_its_events() -> None:
    text = (
        "dialogue: d\nmemory: {n: number}\nmirons: {hello: hello, hi: Hi!, ho: Ho!}\nrules:\n"
        "  greet: {when: hear hello, do: {say: hi, set: {n: 1}}}\n"
        "  answer: {when: hear hello, do: {say: ho}}\n"
        "  up: {when: n > 0, do: {set: {n: n - 1}}}\n  down: {when: n < 1, do: {set: {n: n + 1}}}\n"
    )
    (problem,) = [each for each in problems(text) if each.code == "endless-loop"]
    assert "up" in problem.message
    assert "down" in problem.message
    assert witness(problem) == ["user: hello"]


def test_a_large_dialogue_is_told_what_is_plain_to_see() -> None:
    rules = "".join(f"  r{n}: {{when: see s{n}, do: {{gesture: nod}}}}\n" for n in range(MAX_PLAYED))
    signals = "".join(f"  s{n}: {{channel: signal}}\n" for n in range(MAX_PLAYED))
    text = (
        f"dialogue: d\nmirons:\n{signals}  hello: hello\nrules:\n{rules}"
        "  a: {when: hear hello, do: {gesture: wave}}\n  b: {when: hear hello, do: {gesture: bow}}\n"
        "  c: {when: hear hello, if: active a, do: {gesture: shake}}\n"
    )
    (problem,) = problems(text)
    assert witness(problem) == ["press: hello"]


def test_so_many_pairs_are_reported_and_no_more() -> None:
    rules = "".join(
        f"  r{n}: {{when: see left, do: {{gesture: {'wave' if n % 2 else 'nod'}}}}}\n" for n in range(40)
    )
    text = f"dialogue: d\nuse: {{user_model: {{}}}}\nrules:\n{rules}"
    assert 0 < codes(text).count("act-together") <= MAX_PAIRS
