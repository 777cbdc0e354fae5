"""Checking a dialogue: do all names mean something, does everything fit, can everything be reached?

Works on the tree alone. What is certainly wrong is an error; what is only probably wrong is a warning.
"""

from __future__ import annotations

from pathlib import Path

from dsl.check_declarations import check_declarations, check_recursion
from dsl.check_flow import (
    check_loops,
    check_memory,
    check_mirons,
    check_shipped,
    check_silent_sentences,
    check_timers,
    check_twins,
)
from dsl.check_reach import check_reachable, check_thoughts
from dsl.check_states import check_states
from dsl.check_steps import check_rules
from dsl.check_tests import check_tests
from dsl.check_texts import TextChecking
from dsl.check_together import check_together
from dsl.check_variants import check_variants
from dsl.check_waits import check_waits
from dsl.checking import Checking, Usage
from dsl.library import Library
from dsl.reader import read
from dsl.symbols import STANDARD_MODULES, World, bodies
from dsl.tree import Owner, Tree
from dsl.usage import all_steps
from miron.source import ModelError, Problem, sorted_problems


def load(path: str | Path, library: Library | None = None) -> Tree:
    """Read and check a dialogue.

    Raises:
        ModelError: With every problem found, if one of them is an error.
    """
    tree = read(path, library)
    problems = check(tree, play=False)
    if any(problem.severity == "error" for problem in problems):
        raise ModelError(problems)
    return tree


def check(tree: Tree, *, play: bool = True) -> list[Problem]:
    """All problems of a tree, sorted by place; without an error among them it can be compiled.

    Args:
        play: Also play it where rules may meet or nothing leads on, to show by which events.
    """
    world = World(tree)
    problems: list[Problem] = []
    usage = Usage()
    checkings = [Checking(world.view(owner), problems, usage) for owner in world.owners]
    # What is said, heard and written must be known of all owners before anything is called unused.
    for checking in checkings:
        check_declarations(checking)
        check_rules(checking)
        TextChecking(checking, _passed(checking.view.owner)).run()
    endings = dict(usage.endings)
    for checking in checkings:
        check_tests(checking, endings)
    has_errors = any(problem.severity == "error" for problem in problems)
    before = len(problems)
    for checking in checkings:
        _check_whole(checking)
    if has_errors:
        # A misspelt name leaves the right one unused: such warnings wait until the errors are gone.
        problems[before:] = [problem for problem in problems[before:] if problem.severity == "error"]
    if checkings:
        check_recursion(checkings[0])
    if play and tree.dialogue is not None and not any(problem.severity == "error" for problem in problems):
        check_together(checkings[0])
    return sorted_problems(_distinct(problems))


def _check_whole(checking: Checking) -> None:
    if checking.is_module and checking.owner_name in STANDARD_MODULES:
        check_shipped(checking)
        return  # what a dialogue leaves unused of the standard library is no fault of its author
    check_mirons(checking)
    check_waits(checking)
    check_silent_sentences(checking)
    check_variants(checking)
    check_reachable(checking)
    check_thoughts(checking)
    check_memory(checking)
    check_timers(checking)
    check_loops(checking)
    check_states(checking)
    check_twins(checking)


def _passed(owner: Owner) -> dict[str, set[str]]:
    """Miron → entities that some step hands over."""
    found: dict[str, set[str]] = {}
    for step in all_steps(bodies(owner)):
        for use in (*step.say, step.gesture, step.feel, step.look, step.show, step.think):
            if use is not None:
                found.setdefault(use.name.text, set()).update(entity.text for entity, _ in use.args)
    return found


def _distinct(problems: list[Problem]) -> list[Problem]:
    """Each problem once: a name may be looked at from several sides."""
    return list(dict.fromkeys(problems))
