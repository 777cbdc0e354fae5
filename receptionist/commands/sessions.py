"""``miron why``: the reasons of a recorded session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.explain import Explanation
    from engine.journal import Journal


@click.command()
@click.argument("file", type=PATH)
@click.option("--at", "at", type=int, required=True, metavar="SEQ", help="Number of a line of the journal.")
@click.option("--rule", help="Which rule; without it, the one that fired in that line.")
@click.option("--dialogue", type=PATH, help="The dialogue it was made with, if not the receptionist's.")
def why(file: Path, at: int, rule: str | None, dialogue: Path | None) -> None:
    """Say why a rule fired, or did not, at a line of a recorded session.

    Exit status: 0 answered, 1 the journal cannot be read or knows no such line or rule.
    """
    from dsl.language import MironLanguage
    from engine.explain import ExplainError, explain
    from engine.journal import JournalError, read
    from miron.source import ModelError
    from receptionist.dialogue import load_dialogue

    try:
        compiled = load_dialogue(dialogue)
        journal = read(file)
        explanation = explain(journal, compiled.program, MironLanguage(compiled), at, rule)
        click.echo(str(explanation))
        for line in _understandings(journal, explanation):
            click.echo(line)
    except ModelError as fault:
        report_problems(fault.problems)
        fail("this dialogue has mistakes, so nothing can be explained with it")
    except (ExplainError, JournalError, OSError) as fault:
        fail(str(fault))


def _understandings(journal: Journal, explanation: Explanation) -> Iterator[str]:
    """How the words were understood that an explanation leads back to."""
    lines = {each.line for group in explanation.groups for each in group.inputs}
    for record in journal.records:
        reason = record.get("reason") if record.get("source") == "other" else None
        if reason and record.seq in lines:
            yield f"line {record.seq} was understood by {reason} ({record.get('confidence')})"
