"""Checking: correct dialogues are clean, each kind of mistake is found at its line with a good answer."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from dsl.check import check, load
from dsl.commands import check_command
from dsl.reader import read, read_text
from miron.source import ModelError, Problem
from tests.dsl.golden import BAD, GOOD, rendered

REFERENCE = (Path(__file__).parents[2] / "docs" / "dsl.md").read_text(encoding="utf-8")
FRONT_DESK = (GOOD / "front_desk.yaml").read_text(encoding="utf-8")
TEA = (GOOD / "tea_timer.yaml").read_text(encoding="utf-8")
LOST = (GOOD / "lost_and_found.yaml").read_text(encoding="utf-8")
TWICE = (GOOD / "module_twice.yaml").read_text(encoding="utf-8")
INNER = (GOOD / "inner_speech.yaml").read_text(encoding="utf-8")
HOTEL = (GOOD / "hotel_zh.yaml").read_text(encoding="utf-8")


def problems(text: str, *, play: bool = True) -> list[Problem]:
    try:
        return check(read_text(text, "d.yaml"), play=play)
    except ModelError as error:
        return list(error.problems)


# Correct dialogues


@pytest.mark.parametrize("path", sorted(GOOD.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_correct_dialogue_is_clean(path: Path) -> None:
    assert check(read(path)) == []


@pytest.mark.parametrize("name", ["turn_taking", "user_model", "watchdog"])
def test_a_standard_module_is_clean(name: str) -> None:
    text = read_text(f"dialogue: d\nuse: {{{name}: {{}}}}\nrules: {{r: {{when: hear agree}}}}\n")
    found = [
        problem for problem in check(text) if problem.span and problem.span.source.endswith(f"{name}.yaml")
    ]
    assert found == []


# Errors as authors see them


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_error_is_shown_as_agreed(path: Path) -> None:
    assert rendered(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(BAD.glob("*.txt")), ids=lambda path: path.stem)
def test_every_agreed_error_belongs_to_its_code(path: Path) -> None:
    stem = path.stem.partition("~")[0]
    code = {"test-key": "unknown-key", "test-line": "unknown-miron"}.get(stem, stem)
    assert f"[{code}]" in path.read_text(encoding="utf-8")


def test_every_warning_is_in_the_reference() -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in BAD.glob("*.txt"))
    codes = set(re.findall(r"warning\[([a-z-]+)\]", shown))
    assert [code for code in sorted(codes) if f"`{code}`" not in REFERENCE] == []


PLANTED = [
    (FRONT_DESK, "say: greeting, gesture", "say: greting, gesture", "unknown-miron", "greeting"),
    (FRONT_DESK, "gesture: wave", "gesture: wafe", "unknown-miron", "wave"),
    (FRONT_DESK, "feel: happy, think", "feel: hapy, think", "unknown-miron", "happy"),
    (FRONT_DESK, "look: screen_left", "look: screen_lft", "unknown-miron", "screen_left"),
    (FRONT_DESK, "think: analyse}\n  analyse", "think: analise}\n  analyse", "unknown-miron", "analyse"),
    (FRONT_DESK, "follows: analyse", "follows: analise", "unknown-rule", "analyse"),
    (FRONT_DESK, "visit.found.visitor}", "visit.found.visiter}", "unknown-part", "visit.found.visitor"),
    (FRONT_DESK, "{call: {ring: ", "{call: {rong: ", "unknown-service", "ring"),
    (FRONT_DESK, "{ring: {whom: visit", "{ring: {who: visit", "unknown-parameter", "whom"),
    (FRONT_DESK, "{ring: {whom: visit.host}", "{ring: {whom: phase}", "wrong-type", None),
    (FRONT_DESK, "{visit.found: found}", "{visit.found: fuond}", "unknown-result", "found"),
    (FRONT_DESK, "{visit.found: found}", "{visit.fuond: found}", "unknown-memory", "visit.found"),
    (FRONT_DESK, "phase is asleep", "phase is aslep", "unknown-value", "asleep"),
    (FRONT_DESK, "{phase: talking}", "{phase: taking}", "unknown-value", "talking"),
    (FRONT_DESK, "default: asleep", "default: aslep", "unknown-value", "asleep"),
    (FRONT_DESK, "visitor.name, ask: name}", "visitor.name, ask: nmae}", "unknown-question", "name"),
    (
        FRONT_DESK,
        "visitor.name, ask: name}",
        "visitor.name, ask: who_are_you}",
        "wrong-kind",
        "say: who_are_you",
    ),
    (FRONT_DESK, "end: met}", "end: mett}", "unknown-ending", "met"),
    (FRONT_DESK, "present for 1s", "present for 1", "bad-duration", "1s"),
    (FRONT_DESK, "if: phase is asleep", "if: told visitor", "event-as-test", "told visitor within 5s"),
    (FRONT_DESK, "again: restart", "again: restrat", "bad-word", "restart"),
    (FRONT_DESK, "hear where_is", "hear where_si", "unknown-miron", "where_is"),
    (FRONT_DESK, "hear where_is", "heard where_is", "bad-condition", "hear"),
    (FRONT_DESK, "hear where_is", "where_is", "wrong-kind", "hear where_is"),
    (FRONT_DESK, "hear where_is", "hear name", "wrong-kind", "done name"),
    (FRONT_DESK, "hear where_is", "told where_is", "wrong-kind", "hear where_is"),
    (FRONT_DESK, "fills: visitor.name", "fills: visitor.nmae", "unknown-memory", "visitor.name"),
    (FRONT_DESK, "you}             #", "yuo}             #", "unknown-miron", "who_are_you"),
    (FRONT_DESK, "[, {visitor.name}]. I am", "[, {visitor.nam}]. I am", "unknown-memory", "visitor.name"),
    (FRONT_DESK, "{visitor.name}]. I am", "{visitor.name|titel}]. I am", "unknown-filter", "title"),
    (FRONT_DESK, "[, {visitor.name}]. I am", "[, {visitor.name}. I am", "unclosed-bracket", None),
    (FRONT_DESK, "calling: Thank you[", "calling: Thank you: [", "yaml-colon", None),
    (FRONT_DESK, "visitor.name: person  ", "visitor.name: persn  ", "unknown-type", "person"),
    (FRONT_DESK, "timeout: 30s", "timeout: 30", "bad-duration", "30s"),
    (FRONT_DESK, "outward: yes", "outward: yess", "bad-flag", "yes"),
    (FRONT_DESK, "rules:\n", "rule:\n", "unknown-key", "rules"),
    (FRONT_DESK, "then: give_up", "then: giveup", "unknown-rule", "give_up"),
    (FRONT_DESK, "then: give_up", "then: give_up, limit: 20s", "watchdog-too-short", None),
    (FRONT_DESK, "watchdog: {", "watchdgo: {", "unknown-module", "watchdog"),
    (FRONT_DESK, "gone_after", "gone_afer", "unknown-parameter", "gone_after"),
    (FRONT_DESK, "- bot: greeting", "- bot: greting", "unknown-miron", "greeting"),
    (FRONT_DESK, "- asks: check_name", "- asks: chekc_name", "unknown-question", "check_name"),
    (FRONT_DESK, "- end: met", "- end: meet", "unknown-ending", "met"),
    (FRONT_DESK, "- user: yes", "- usre: yes", "unknown-key", "user"),
    (FRONT_DESK, "denied:", "deneid:", "unknown-key", "denied"),
    (
        FRONT_DESK,
        "visit.found is one and visitor.name,",
        "visitor.name is one,",
        "wrong-type",
        "visitor.name is known",
    ),
    (FRONT_DESK, "dialogue:", "dialog:", "no-header", "dialogue"),
    (TEA, "when: timer tea_time and", "when: tea_time and", "wrong-kind", "timer tea_time"),
    (TEA, "{stop: tea_time", "{stop: tee_time", "unknown-timer", "tea_time"),
    (TEA, "if: brewing, do", "if: brewin, do", "unknown-memory", "brewing"),
    (TEA, "brewing: flag", "brewing: bool", "unknown-type", "flag"),
    (TEA, "- check: brewing", "- check: brewin", "unknown-memory", "brewing"),
    (TEA, "tea_time: 3min}", "tea_time: 0s}", "duration-too-short", "1ms"),
    (TWICE, "asked: ask_parking", "asked: ask_prking", "unknown-miron", "ask_parking"),
    (TWICE, "module: quick_answer, told", "module: quick_anser, told", "unknown-module", "quick_answer"),
    (TWICE, "parting.long_goodbye: G", "parting.long_godbye: G", "unknown-override", "parting.long_goodbye"),
    (TWICE, "done parting.leaving", "done parting.leavin", "unknown-miron", "parting.leaving"),
    (TWICE, "hear asked", "hear askd", "unknown-miron", "asked"),
    (TWICE, "asked: miron", "asked: mirn", "unknown-type", "miron"),
    (TWICE, "say: short_goodbye", "say: lunch_at_noon", "unknown-miron", None),
    (INNER, "when: think may_rain", "when: hear may_rain", "wrong-kind", "think may_rain"),
    (INNER, "do: {think: may_rain}", "do: {say: may_rain}", "wrong-channel", "think: may_rain"),
    (INNER, "{can: {speech: no}", "{can: {speach: no}", "unknown-channel", "speech"),
    (LOST, "list of lost_item\n", "list of lost_itm\n", "unknown-type", "lost_item"),
    (LOST, "matches is none", "matches == none", "bad-comparison", "matches is none"),
    (LOST, "shelf: matches.shelf", "shelf: matches.kind", "wrong-type", None),
    (LOST, "when: told lost", "when: told lst", "unknown-memory", "lost"),
    (LOST, "kind: item_kind, colour", "kind: item_knd, colour", "unknown-type", "item_kind"),
    (HOTEL, "ask: 问房型", "ask: 问房形", "unknown-question", "问房型"),
]


@pytest.mark.parametrize(("text", "right", "wrong", "code", "suggestion"), PLANTED)
def test_a_planted_mistake_is_found_in_its_line(
    text: str, right: str, wrong: str, code: str, suggestion: str | None
) -> None:
    if right == "module: quick_answer, told":
        right, wrong = "module: quick_answer, asked", "module: quick_anser, asked"
    if right == "you}             #":
        right, wrong = "prompt: who_are_you", "prompt: who_are_yuo"
    assert right in text
    line = text[: text.index(right)].count("\n") + 1
    errors = [problem for problem in problems(text.replace(right, wrong, 1)) if problem.severity == "error"]
    assert [(problem.code, problem.span.line) for problem in errors[:1] if problem.span] == [(code, line)]
    assert errors[0].suggestion == suggestion


def test_the_place_of_the_right_name_is_shown() -> None:
    (problem,) = problems(TEA.replace("{say: nothing_brewing}", "{say: nothing_brewin}"))
    assert problem.notes[0].span is not None
    assert TEA.split("\n")[problem.notes[0].span.line - 1].strip().startswith("nothing_brewing:")


def test_a_place_inside_a_quoted_or_folded_sentence_is_exact() -> None:
    text = (
        "dialogue: d\nmirons:\n"
        '  a: "It\\u0027s {nam}"\n'
        "  b: 'It''s {nam}'\n"
        "  c: |\n    one\n      two {nam}\n"
        "  d: first line\n    then {nam}\n"
    )
    places = [(p.span.line, p.span.column) for p in problems(text) if p.span and p.code == "unknown-memory"]
    assert places == [(3, 17), (4, 13), (7, 11), (9, 10)]


def test_without_the_user_model_its_flags_are_explained() -> None:
    (problem,) = problems("dialogue: d\nrules: {r: {when: visitor.present}}\n")
    assert problem.code == "unknown-memory"
    assert "use: {user_model: {}}" in problem.notes[0].message


def test_warnings_about_unused_names_wait_for_the_errors() -> None:
    found = problems(TEA.replace("hear start_tea", "hear start_te"))
    assert [problem.severity for problem in found] == ["error"]


def test_two_tests_of_one_name_are_reported_across_documents() -> None:
    text = "dialogue: d\ntests:\n  t:\n    - user: a\n---\ndialogue: d\ntests:\n  t:\n    - user: b\n"
    assert ("name-twice", 8) in [
        (problem.code, problem.span.line) for problem in problems(text) if problem.span
    ]


def test_a_timer_shares_the_namespace_of_the_rest() -> None:
    assert [p.code for p in problems(TEA.replace("tea_time", "steep"))] == ["name-twice"]


def test_a_language_the_standard_modules_lack_is_a_warning() -> None:
    text = "dialogue: d\nlocales: [fr]\nmirons: {hi: salut, hi_back: Salut!}\n"
    text += "rules: {r: {when: hear hi, do: {say: hi_back}}}\n"
    (problem,) = problems(text)
    assert (problem.code, problem.severity) == ("missing-sentence", "warning")


# Loading and the command


def test_loading_raises_on_errors_only() -> None:
    assert load(BAD / "unused-timer.yaml").dialogue is not None
    with pytest.raises(ModelError) as caught:
        load(BAD / "unknown-miron.yaml")
    assert [problem.code for problem in caught.value.problems] == ["unknown-miron"]


def test_the_command_fails_on_errors_and_prints_them() -> None:
    out = io.StringIO()
    assert check_command([BAD / "unknown-miron.yaml", GOOD / "hello.yaml"], out=out) == 1
    lines = out.getvalue().splitlines()
    assert "error[unknown-miron]" in lines[0]
    assert any("did you mean 'hello_back'?" in line for line in lines)
    assert lines[-1] == "1 error"


def test_the_command_does_not_fail_on_warnings() -> None:
    out = io.StringIO()
    assert check_command([BAD / "unused-timer.yaml"], out=out) == 0
    assert out.getvalue().splitlines()[-1] == "1 warning"


def test_json_holds_the_same_facts() -> None:
    out = io.StringIO()
    assert check_command([BAD / "unknown-miron.yaml"], format="json", out=out) == 1
    facts = json.loads(out.getvalue())
    assert (facts["errors"], facts["warnings"]) == (1, 0)
    (problem,) = facts["problems"]
    assert (problem["code"], problem["suggestion"], problem["span"]["line"]) == (
        "unknown-miron",
        "hello_back",
        7,
    )


def test_json_tells_where_a_file_cannot_be_read_at_all(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"dialogue: d\nmirons: {a: \xff}\n")
    out = io.StringIO()
    assert check_command([broken], format="json", out=out) == 1
    facts = json.loads(out.getvalue())
    assert facts["errors"] == len(facts["problems"]) == 1
    assert set(facts["problems"][0]) == {"code", "severity", "message", "span", "suggestion", "notes"}
    assert facts["problems"][0]["span"]["source"] == str(broken)


def test_json_shows_the_events_of_a_warning() -> None:
    out = io.StringIO()
    assert check_command([BAD / "act-together.yaml"], format="json", out=out) == 0
    (problem,) = json.loads(out.getvalue())["problems"]
    assert "it happens with: user: hello; user: where is the exit" in [
        note["message"] for note in problem["notes"]
    ]


def test_a_clean_dialogue_says_so() -> None:
    out = io.StringIO()
    assert check_command([GOOD / "hello.yaml"], out=out) == 0
    assert out.getvalue() == "no problems\n"


# Whatever an author does to a line, the answer is a list of problems


def mutants(lines: list[str], number: int) -> Iterator[list[str]]:
    """The dialogue with one line deleted, doubled, swapped with the next, or corrupted."""
    for at, line in enumerate(lines):
        yield lines[:at] + lines[at + 1 :]
        yield [*lines[:at], line, *lines[at:]]
        if at + 1 < len(lines):
            yield [*lines[:at], lines[at + 1], line, *lines[at + 2 :]]
        for turn, sign in enumerate(SIGNS[at % 3 :: 3]):
            cut = (7 * at + 13 * turn + number) % (len(line) + 1)
            yield [*lines[:at], line[:cut] + sign + line[cut + turn % 2 :], *lines[at + 1 :]]


SIGNS = [*"{}[]()<>|:;,#'\"*&!%@`-?.\t\\é：｛ ", "\x00", ": ", "- ", "\ud800"]


def survive(path: Path, step: int) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    for mutant in islice(mutants(lines, len(path.stem)), len(lines) % step, None, step):
        for problem in problems("\n".join(mutant), play=False):
            assert problem.code
            assert problem.message
            assert problem.span is not None


@pytest.mark.parametrize("path", sorted(GOOD.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_mutation_of_a_line_breaks_the_checker(path: Path) -> None:
    survive(path, step=17)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(GOOD.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_mutation_of_any_line_breaks_the_checker(path: Path) -> None:
    survive(path, step=1)
