"""What rules and questions become: parts, groups and errors that know their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.compiler import Compiled, compile_tree
from dsl.reader import read
from engine.model import Active, Ended, Lit, Pulse, Rule
from engine.network import Network
from miron.source import ModelError

HEAD = """
dialogue: d
memory: {visitor.name: person}
mirons: {hi: hi, one_: One., two_: Two., who: Who?}
questions: {ask_name: {fills: visitor.name, prompt: who}}
rules:
"""


def compiled(tmp_path: Path, rules: str) -> Compiled:
    path = tmp_path / "d.yaml"
    path.write_text(HEAD + rules, encoding="utf-8")
    return compile_tree(read(path))


def rule(program: Compiled, name: str) -> Rule:
    return next(each for each in program.program.rules if each.name == name)


def test_a_rule_of_one_step_is_one_unit_that_can_also_be_thought(tmp_path: Path) -> None:
    program = compiled(tmp_path, "  r: {when: hear hi, do: {say: one_}}\n")
    assert [each.name for each in program.program.rules if each.name.startswith("r")] == ["r"]
    assert [group.pulse for group in rule(program, "r").groups] == [Pulse("other", "hi"), Pulse("inner", "r")]


def test_a_second_step_follows_the_first_when_its_acts_have_ended(tmp_path: Path) -> None:
    program = compiled(tmp_path, "  r: {when: hear hi, do: [{say: one_}, {say: two_}]}\n")
    (group,) = rule(program, "r/2").groups
    assert group.pulse is None
    assert set(group.lits) == {Lit(Active("r")), Lit(Ended("r"))}
    assert rule(program, "r").end_part == "r/end"


def test_alternatives_times_followed_rules_are_groups(tmp_path: Path) -> None:
    rules = """
  a: {when: hear hi, do: {say: one_}}
  b: {do: {say: one_}}
  r: {when: [hear hi, said two_], follows: [a, b], do: {say: two_}}
"""
    groups = [
        group for group in rule(compiled(tmp_path, rules), "r").groups if group.pulse != Pulse("inner", "r")
    ]
    assert [group.eats for group in groups] == [("a",), ("b",), ("a",), ("b",)]


def test_hundreds_of_rules_that_may_interrupt_a_question_fit_into_the_network(tmp_path: Path) -> None:
    many = "".join(f"  r{i}: {{when: hear hi, do: {{say: one_}}}}\n" for i in range(300))
    program = compiled(tmp_path, "  asking: {when: hear hi, do: {ask: ask_name}}\n" + many)
    assert Network.compile(program.program).units


@pytest.mark.parametrize(
    ("rules", "line", "word"),
    [
        ("  r: {when: hear hi and said one_, do: {say: one_}}\n", 7, "never meets"),
        ("  r: {when: hear hullo, do: {say: one_}}\n", 7, "hullo"),
        ("  r: {when: hear hi, do: {ask: ask_nam}}\n", 7, "ask_nam"),
    ],
)
def test_an_author_error_knows_its_line(tmp_path: Path, rules: str, line: int, word: str) -> None:
    with pytest.raises(ModelError) as caught:
        compiled(tmp_path, rules)
    problem = caught.value.problems[0]
    assert problem.span is not None
    assert problem.span.line == line
    assert word in problem.message
