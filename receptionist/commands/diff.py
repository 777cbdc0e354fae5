"""``miron diff``: what two dialogues differ in, and what a visitor must do to notice."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from dsl.diff import Difference
    from dsl.parting import Compared
    from dsl.tree import Tree


@click.command()
@click.argument("first", type=PATH)
@click.argument("second", type=PATH)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--length", default=4, show_default=True, help="Most events in a row to try.")
@click.option("--limit", default=300, show_default=True, help="Most sequences of events to try.")
@click.option("--most", default=5, show_default=True, help="Sequences to show.")
@click.option("--text-only", is_flag=True, help="Compare what is written, do not try it.")
def diff(first: Path, second: Path, form: str, length: int, limit: int, most: int, text_only: bool) -> None:
    """Say what is different in the dialogue SECOND: in meaning, and in what it does.

    Exit status: 0 nothing, 1 something, 2 one of them cannot be read, or wrong use of the command.
    """
    from dsl.diff import differences

    trees = _read(first), _read(second)
    found = differences(*trees)
    compared = None if text_only or not found else _tried(*trees, length, limit, most)
    if form == "json":
        click.echo(json.dumps(_data(found, compared), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_lines(found, compared, (first, second))))
    sys.exit(1 if found else 0)


def _read(path: Path) -> Tree:
    from miron.source import ModelError
    from receptionist.dialogue import read_dialogue

    try:
        return read_dialogue(path)
    except ModelError as fault:
        report_problems(fault.problems)
        fail(f"{path} has mistakes", 2)


def _tried(first: Tree, second: Tree, length: int, limit: int, most: int) -> Compared | None:
    from dsl.compiler import compile_tree
    from dsl.diff import renames
    from dsl.parting import partings
    from miron.source import ModelError
    from receptionist.simulated import SimulatedReceptionist

    if first.dialogue is None or second.dialogue is None:
        return None
    try:
        compiled = compile_tree(first), compile_tree(second)
    except ModelError as fault:
        report_problems(fault.problems)
        fail("one of them has mistakes; --text-only compares what is written", 2)
    names = renames(first.dialogue, second.dialogue)
    return partings(*compiled, SimulatedReceptionist(), names=names, length=length, limit=limit, most=most)


def _lines(found: tuple[Difference, ...], compared: Compared | None, paths: tuple[Path, Path]) -> list[str]:
    if not found:
        return ["no difference in meaning"]
    lines = [str(each) for each in found]
    if compared is None:
        return lines
    lines.append("")
    for parting in compared.partings:
        lines += ["they act differently after", *(f"  - {deed}" for deed in parting.deeds or ("the start",))]
        for path, acts in zip(paths, (parting.first, parting.second), strict=True):
            lines.append(f"  {path}: {', '.join(acts) or 'nothing'}")
    if not compared.partings:
        lines.append("no sequence of events tried shows a difference in what they do")
    extent = "all that are long enough" if compared.complete else "the limit; --limit tries more"
    lines.append(f"({compared.tried} sequences of events tried: {extent})")
    return lines


def _data(found: tuple[Difference, ...], compared: Compared | None) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "differences": [asdict(each) for each in found],
        "partings": [
            {
                "deeds": [{deed.key: deed.value} for deed in parting.deeds],
                "first": parting.first,
                "second": parting.second,
            }
            for parting in (compared.partings if compared else ())
        ],
        "tried": compared.tried if compared else 0,
        "complete": bool(compared and compared.complete),
    }
