"""Dialogue tests: scripted visitors on the virtual clock, and what the agent must do about them.

What the author writes is described in docs/dsl.md. A test runs the very session that a kiosk runs; only
time and effectors are simulated (:class:`engine.virtual.VirtualRun`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dsl.binding import Env
from dsl.checklines import read_checks
from dsl.compiler import Compiled, compile_tree
from dsl.language import MironLanguage
from dsl.library import is_standard
from dsl.module_tests import stand_in
from dsl.play import START, Application, Play, Stage
from dsl.reasons import reasons
from dsl.tree import Owner, RuleDecl, TestDecl, Tree
from engine.network import Network
from miron.model import TrainedModel
from miron.source import Span

__all__ = ["START", "Application", "Outcome", "Played", "play_tests", "run_tests"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test went.

    Attributes:
        failure: What was not as expected; empty if it passed.
        span: The line of the test that failed.
        transcript: What was heard, fired, said and done, a line each; of a failure also the reasons why
            what was expected did not happen.
        fired: Rules that fired, hidden parts too.
    """

    name: str
    failure: str
    span: Span
    transcript: tuple[str, ...]
    fired: frozenset[str]

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.failure


@dataclass(frozen=True, slots=True)
class Played:
    """All tests of a dialogue and of its modules.

    Attributes:
        rules: Author's rules by name, for coverage; of the dialogue if there is one.
        steps: Unit of the network → the author's step that it does.
    """

    outcomes: tuple[Outcome, ...]
    rules: Mapping[str, RuleDecl]
    steps: Mapping[str, Span]


def run_tests(
    compiled: Compiled,
    application: Application | None = None,
    only: str = "",
    seed: int = 0,
    trained: TrainedModel | None = None,
) -> list[Outcome]:
    """Run the tests of a dialogue, in the order written.

    Args:
        compiled: Compiled with ``watch=True`` if ``never`` is to be watched.
        application: Services beyond the fixtures.
        only: Run those whose name contains this.
        trained: Trained understanding, besides the templates.
    """
    dialogue = compiled.tree.dialogue
    assert dialogue is not None
    tests = [test for test in dialogue.tests if only in test.name.text]
    stage = _stage(compiled, compiled.env, tests, trained)
    return [_played(stage, test, application, seed) for test in tests]


def play_tests(
    tree: Tree,
    application: Application | None = None,
    only: str = "",
    seed: int = 0,
    trained: Callable[[Compiled], TrainedModel | None] | None = None,
) -> Played:
    """Run the tests of a dialogue, then those of the modules beside it, or of a module alone.

    Args:
        trained: Finds the trained understanding of the dialogue; None: only the templates listen.

    Raises:
        ModelError: The dialogue, or a module under test, has mistakes.
    """
    outcomes: list[Outcome] = []
    rules: Mapping[str, RuleDecl] = {}
    steps: Mapping[str, Span] = {}
    if tree.dialogue is not None:
        compiled = compile_tree(tree, watch=True)
        rules, steps = compiled.rules, compiled.steps
        outcomes += run_tests(compiled, application, only, seed, trained(compiled) if trained else None)
    for module in tree.modules.values():
        for test in module.tests:
            if only in test.name.text and not (tree.dialogue and is_standard(module)):
                compiled = compile_tree(stand_in(tree, module, test), watch=True)
                stage = _stage(compiled, _inside(compiled, module), [test])
                outcomes.append(_played(stage, test, application, seed))
                rules, steps = rules or compiled.rules, steps or compiled.steps
    return Played(tuple(outcomes), rules, steps)


def _stage(
    compiled: Compiled, env: Env, tests: Iterable[TestDecl], trained: TrainedModel | None = None
) -> Stage:
    program, checks = read_checks(compiled, env, tests)
    language = MironLanguage(compiled, trained=trained)
    return Stage(compiled, program, Network.compile(program), language, env, checks)


def _played(stage: Stage, test: TestDecl, application: Application | None, seed: int) -> Outcome:
    play = Play(stage, test, application, seed)
    play.run()
    transcript, fault = play.seen.transcript, play.fault
    if fault is None:
        return Outcome(test.name.text, "", play.where, tuple(transcript), frozenset(play.seen.fired))
    transcript += reasons(stage, test, application, seed, fault.wanted)
    return Outcome(test.name.text, str(fault), fault.span, tuple(transcript), frozenset(play.seen.fired))


def _inside(compiled: Compiled, module: Owner) -> Env:
    """Names as the module under test sees them."""
    prefix = f"{module.name.text}."
    sites = [name for name in compiled.program.scopes if name.endswith(f":{module.name.text}")]
    rules = f"{sites[0]}." if sites else None
    return Env(module, prefix, compiled.env.tables, compiled.env.other, rule_prefix=rules)
