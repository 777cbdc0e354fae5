"""``miron replay``: the researcher's half."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsl.language import MironLanguage
    from engine.explain import Explanation
    from engine.journal import Journal
    from engine.model import Program
    from engine.network import Network


@click.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option("--dialogue", type=PATH, help="Replay with this dialogue instead of the receptionist's.")
@click.option("--masked", is_flag=True, help="The journals hold pseudonyms: texts are not compared.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def replay(files: tuple[Path, ...], dialogue: Path | None, masked: bool, form: str) -> None:
    """Re-run recorded sessions and compare every line; FILES are journals, or folders of them.

    Exit status: 0 all identical, 1 some differ or cannot be read, 2 wrong use.
    """
    from dsl.language import MironLanguage
    from engine.network import Network
    from miron.source import ModelError
    from receptionist.dialogue import load_dialogue

    try:
        compiled = load_dialogue(dialogue)
    except ModelError as fault:
        report_problems(fault.problems)
        fail("this dialogue has mistakes, so nothing can be replayed with it")
    language = MironLanguage(compiled)
    network = Network.compile(compiled.program)
    journals = [found for path in files for found in _journals(path)]
    if not journals:
        fail("there is no journal here (*.jsonl)")
    good = True
    for path in journals:
        finding = _replayed(path, compiled.program, language, network, masked)
        good = good and finding["identical"] is True and not finding.get("broken_lines")
        click.echo(json.dumps(finding, ensure_ascii=False) if form == "json" else _words(finding))
    if len(journals) > 1 and form == "text":
        click.echo(f"{len(journals)} sessions, {'all identical' if good else 'not all identical'}")
    sys.exit(0 if good else 1)


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


def _journals(path: Path) -> list[Path]:
    return sorted(path.glob("**/*.jsonl")) if path.is_dir() else [path]


def _replayed(
    path: Path, program: Program, language: MironLanguage, network: Network, masked: bool
) -> dict[str, object]:
    from engine.journal import JournalError, read
    from engine.replay import replay as run_again

    try:
        journal = read(path)
        report = run_again(
            journal, program, language, network=network, masked=masked or bool(journal.header.get("masked"))
        )
    except (JournalError, OSError) as fault:
        trouble = str(fault).removeprefix(f"{path}: ")
        return {"file": str(path), "identical": False, "trouble": trouble}
    finding: dict[str, object] = {
        "file": str(path),
        "identical": report.identical,
        "lines": report.lines,
        "same_dialogue": report.same_program,
    }
    if report.torn:
        finding["torn"] = True
    if report.broken:
        finding["broken_lines"] = list(report.broken)
    difference = report.first_difference
    if difference is not None:
        finding["first_difference"] = {
            "seq": difference.seq,
            "recorded": difference.recorded,
            "replayed": difference.replayed,
        }
    return finding


def _words(finding: dict[str, object]) -> str:
    head = f"{finding['file']}: "
    if "trouble" in finding:
        return head + str(finding["trouble"])
    extra = ", the last line is torn" if finding.get("torn") else ""
    if finding.get("broken_lines"):
        extra += f", unreadable lines: {', '.join(map(str, finding['broken_lines']))}"  # type: ignore[call-overload]
    if not finding["same_dialogue"]:
        extra += ", recorded with another version of the dialogue"
    if finding["identical"]:
        return f"{head}identical ({finding['lines']} lines{extra})"
    difference = finding["first_difference"]
    assert isinstance(difference, dict)
    return (
        f"{head}differs from line {difference['seq']} on{extra}\n"
        f"  recorded: {difference['recorded'] or '(nothing)'}\n"
        f"  replayed: {difference['replayed'] or '(nothing)'}"
    )
