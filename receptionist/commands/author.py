"""``miron check`` and ``miron test``: the author's half."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from dsl.testing import Outcome
    from miron.model import TrainedModel


@click.command()
@click.argument("paths", nargs=-1, type=PATH)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(paths: tuple[Path, ...], form: Literal["text", "json"]) -> None:
    """Check dialogues for mistakes; without PATHS, the receptionist that comes with Miron.

    Exit status: 0 fine (warnings are allowed), 1 mistakes, 2 wrong use of the command.
    """
    from dsl.commands import check_command
    from receptionist.dialogue import default_dialogue, read_dialogue

    sys.exit(check_command(list(paths or (default_dialogue(),)), form, sys.stdout, read=read_dialogue))


@click.command()
@click.argument("paths", nargs=-1, type=PATH)
@click.option("-k", "only", default="", metavar="TEXT", help="Run tests whose name contains TEXT.")
@click.option("-v", "--verbose", is_flag=True, help="Show what happened in passed tests too.")
@click.option("--coverage", is_flag=True, help="List the rules that no test made fire.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Also write JUnit XML.")
@click.option("--seed", default=0, show_default=True, help="Of every choice among sentences.")
@click.option("--trained", is_flag=True, help="Listen with the trained model too (see miron train).")
def test(
    paths: tuple[Path, ...],
    only: str,
    verbose: bool,
    coverage: bool,
    junit: Path | None,
    seed: int,
    trained: bool,
) -> None:
    """Run the tests written beside dialogues; without PATHS, those of the receptionist.

    Exit status: 0 all passed, 1 a test failed or the dialogue has mistakes, 2 wrong use.
    """
    from dsl.testing import play_tests
    from miron.source import ModelError
    from receptionist.dialogue import default_dialogue, read_dialogue
    from receptionist.simulated import SimulatedReceptionist

    outcomes: list[tuple[Path, Outcome]] = []
    broken = False
    for path in paths or (default_dialogue(),):
        try:
            played = play_tests(
                read_dialogue(path), SimulatedReceptionist(), only, seed, _trained if trained else None
            )
        except ModelError as fault:
            report_problems(fault.problems)
            broken = True
            continue
        outcomes += [(path, outcome) for outcome in played.outcomes]
        for outcome in played.outcomes:
            _show(outcome, verbose)
        if coverage:
            from dsl.coverage import coverage as covered

            click.echo("\n".join(covered(played).report()))
    failed = sum(not outcome.passed for _, outcome in outcomes)
    click.echo(f"{len(outcomes) - failed} passed, {failed} failed")
    if junit:
        from receptionist.junit import write_junit

        write_junit(junit, outcomes)
    if not outcomes and not broken:
        fail("there is no test here; write some under 'tests:'")
    sys.exit(1 if failed or broken else 0)


def _trained(compiled: Compiled) -> TrainedModel:
    from receptionist.trained import load_guesser, models_folder

    found, missing = load_guesser(compiled, models_folder())
    if found is None or missing:
        fail(f"there is no trained model for {', '.join(missing)}; make it with miron train")
    return found


def _show(outcome: Outcome, verbose: bool) -> None:
    if outcome.passed and not verbose:
        return
    mark = click.style("ok", fg="green") if outcome.passed else click.style("FAILED", fg="red")
    click.echo(f"{mark} {outcome.name}")
    if not outcome.passed:
        click.echo(f"  {outcome.span}: {outcome.failure}")
    for line in outcome.transcript:
        click.echo(f"    {line}")
