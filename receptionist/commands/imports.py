"""``miron import``: dialogues written for other systems."""

from __future__ import annotations

from pathlib import Path

import click

from receptionist.commands.common import PATH, fail, report_problems


@click.group("import")
def imports() -> None:
    """Carry dialogues of other systems over.

    Exit status: 0 written and sound, 1 it cannot be done or the result has mistakes, 2 wrong use.
    """


@imports.command()
@click.argument("project", type=PATH)
@click.option(
    "-o", "--output", type=PATH, default=Path("."), show_default=True, help="The folder to write in."
)
@click.option("--name", default="", help="Of the dialogue; that of the project's folder by default.")
def rasa(project: Path, output: Path, name: str) -> None:
    """Make a dialogue of a Rasa PROJECT: its domain, nlu, rules and stories."""
    from dsl.check import check
    from dsl.names import name_fault
    from dsl.rasa.carry import carry
    from dsl.rasa.project import read_project
    from dsl.reader import read_text
    from miron.source import ModelError

    if name and (fault := name_fault(name)):
        raise click.UsageError(f"'{name}' cannot be the name of a dialogue: {fault}")
    try:
        found = read_project(project)
    except ModelError as error:
        report_problems(error.problems)
        fail("nothing was written")
    carried = carry(found, name)
    path = output / f"{name or found.name}.yaml"
    try:
        output.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(carried.text)
    except FileExistsError:
        fail(f"{path} stands there already; nothing was written")
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror or error}")
    for lost in carried.lost:
        click.echo(f"not carried over: {lost}")
    click.echo(f"{path} is written; next: miron check {path}")
    try:
        problems = check(read_text(carried.text, str(path)))
    except ModelError as error:
        problems = list(error.problems)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        report_problems(errors)
        fail(f"{path} has mistakes that must be mended by hand")
