"""``miron study``: user studies, from the protocol to the report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from receptionist.study.protocol import Protocol
    from receptionist.study.results import Results

TEMPLATE = '''\
# A user study. `miron study check` says what is still missing; docs/study.md explains each line.
[study]
name = "My study"
about = """
What is asked, and why.
"""
consent = """
What participants agree to, in their words.
"""
audio = false            # sound is recorded only if this is true, and only with consent
locale = "en"

# Conditions: each a dialogue. Without `dialogue` it is the receptionist that comes with Miron, without
# `changes` nothing is changed in it.
[conditions.plain]
about = "The receptionist as it is."

[conditions.brief]
about = "Two attempts at a question instead of four."
changes = "brief.yaml"

[design]
participants = 12        # how many, or a list of pseudonyms
within = true            # everybody meets every condition; false: one each
order = "latin"          # latin, all, random, fixed
seed = 1
sessions = 1             # of each participant with each condition

# Tasks go round. `values` is what the receptionist should have understood at the end.
[tasks.appointment]
about = "You are Ada Lovelace. You have an appointment with Grace Hopper."
success = ["met", "host_comes_later"]
values = {"visitor.name" = "Ada Lovelace", "visit.host" = "Grace Hopper"}

[questionnaires]
use = ["sus"]            # sus, ueq-s, ueq, godspeed, or a file of your own in questionnaires/

[measures]
compare = ["success", "turns", "active_s", "no_input", "not_understood", "repairs", "hand_overs"]
satisfaction = "sus"

# Further counters: fire RULE, hear MIRON, say MIRON, call SERVICE, end ENDING, set ENTRY is VALUE
[counters]
gave_up = ["fire turn_taking.give_up"]
'''
CHANGES = """\
# The condition "brief".
dialogue: receptionist
questions:
  all: {steps: 2}
"""


@click.group()
def study() -> None:
    """User studies: plan, measure, compare, report."""


@study.command()
@click.argument("folder", type=PATH)
def new(folder: Path) -> None:
    """Write the beginning of a study into FOLDER; nothing that stands there is overwritten."""
    from receptionist.study.protocol import FILE, SESSIONS

    files = {folder / FILE: TEMPLATE, folder / "brief.yaml": CHANGES}
    there = [path for path in files if path.exists()]
    if there:
        fail(f"{', '.join(map(str, there))}: already there, nothing was written")
    with _writing(folder):
        (folder / SESSIONS).mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
    click.echo(f"{folder / FILE}: change it, then: miron study check {folder}")


@study.command()
@click.argument("folder", type=PATH)
def check(folder: Path) -> None:
    """Check the protocol, the dialogues of the conditions, questionnaires and plan.

    Exit status: 0 all is well, 1 there are mistakes.
    """
    from miron.source import ModelError
    from receptionist.study.assignment import assign, read_assignment, unbalanced
    from receptionist.study.folder import journals
    from receptionist.study.protocol import ASSIGNMENT, SESSIONS
    from receptionist.study.results import questionnaires

    protocol = _protocol(folder)
    good = True
    for condition in protocol.conditions:
        try:
            compiled = condition.source.load()
            click.echo(f"condition {condition.name}: dialogue {compiled.program.hash[:8]}")
        except ModelError as fault:
            report_problems(fault.problems)
            good = False
    with _told():
        for each in questionnaires(protocol):
            click.echo(f"questionnaire {each.name}: {len(each.items)} items, {len(each.scales)} scales")
        planned = assign(protocol)
        click.echo(f"{len(protocol.participants)} participants, {len(planned)} sessions")
        if unbalanced(protocol):
            click.echo(f"note: {unbalanced(protocol)}")
        if not (folder / ASSIGNMENT).exists():
            click.echo(f"not assigned yet: miron study assign {folder}")
        else:
            names = {each.session for each in read_assignment(protocol)}
            there = {path.stem for path in journals([folder / SESSIONS])}
            click.echo(f"{len(names & there)} of {len(names)} sessions are recorded")
            for name in sorted(there - names):
                click.echo(f"{SESSIONS}/{name}.jsonl is no session of the plan")
                good = False
    sys.exit(0 if good else 1)


@study.command()
@click.argument("folder", type=PATH)
@click.option("--again", is_flag=True, help="Replace the plan that is there.")
def assign(folder: Path, again: bool) -> None:
    """Say who meets which condition when: writes assignment.csv."""
    from receptionist.study.assignment import as_csv, unbalanced
    from receptionist.study.assignment import assign as plan_sessions
    from receptionist.study.protocol import ASSIGNMENT

    protocol = _protocol(folder)
    path = folder / ASSIGNMENT
    if path.exists() and not again:
        fail(f"{path}: there is a plan already; --again replaces it")
    with _told(), _writing(path):
        planned = plan_sessions(protocol)
        path.write_text(as_csv(planned), encoding="utf-8")
        click.echo(f"{path}: {len(planned)} sessions of {len(protocol.participants)} participants")
        if unbalanced(protocol):
            click.echo(f"note: {unbalanced(protocol)}")


@study.command()
@click.argument("folder", type=PATH)
@click.option("-o", "--output", type=PATH, help="The table, as CSV; without it, it is printed.")
@click.option("--jobs", type=click.IntRange(0), default=0, help="Processes; 0: as many as help.")
def metrics(folder: Path, output: Path | None, jobs: int) -> None:
    """Measure every session of FOLDER: a study, or any folder of journals.

    Exit status: 0 all were measured, 1 some could not be (the others were).
    """
    from receptionist.study.protocol import FILE
    from receptionist.study.results import measure_folder
    from receptionist.study.tables import columns_of, csv_text

    if (folder / FILE).is_file():
        results = _results(_protocol(folder), jobs)
    elif folder.exists():
        results = measure_folder([folder], jobs)
    else:
        fail(f"{folder}: there is no such folder")
    columns = columns_of(results.rows)
    table = csv_text(columns, ([row.get(name) for name in columns] for row in results.rows))
    if output is None:
        click.echo(table, nl=False)
    else:
        with _writing(output):
            output.write_text(table, encoding="utf-8")
        click.echo(f"{output}: {len(results.rows)} sessions, {len(columns)} columns")
    _tell(results)
    sys.exit(1 if results.troubles or not results.rows else 0)


@study.command()
@click.argument("folder", type=PATH)
@click.option("--jobs", type=click.IntRange(0), default=0, help="Processes; 0: as many as help.")
def compare(folder: Path, jobs: int) -> None:
    """Compare the conditions of a study: differences, effect sizes, intervals."""
    from receptionist.study.report import compared
    from receptionist.study.tables import csv_text

    protocol = _protocol(folder)
    results = _results(protocol, jobs)
    with _told():
        comparison = compared(protocol, results)
    rows = [
        [
            *(each.measure, each.first, each.second, each.n, each.difference),
            *(each.interval or (None, None)),
            *(each.effect, *(each.effect_interval or (None, None))),
        ]
        for each in comparison.differences
    ]
    columns = ["measure", "first", "second", "n", "difference", "low", "high"]
    columns += ["effect", "effect_low", "effect_high"]
    click.echo(csv_text(columns, rows), nl=False)
    _tell(results)


@study.command()
@click.argument("folder", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="The HTML file.")
@click.option("--jobs", type=click.IntRange(0), default=0, help="Processes; 0: as many as help.")
def report(folder: Path, output: Path, jobs: int) -> None:
    """Write the report of a study: one HTML file that needs nothing else, and the table as CSV beside it."""
    from receptionist.study.report import html_report
    from receptionist.study.tables import columns_of, write_csv

    protocol = _protocol(folder)
    results = _results(protocol, jobs)
    if not results.rows:
        _tell(results)
        fail(f"{folder}: no session is recorded yet, so there is nothing to report")
    with _told():
        html = html_report(protocol, results)
    with _writing(output):
        output.write_text(html, encoding="utf-8")
        columns = columns_of(results.rows)
        table = output.with_suffix(".csv")
        write_csv(table, columns, ([row.get(name) for name in columns] for row in results.rows))
    click.echo(f"{output}: {len(results.rows)} sessions; all measures in {table}")
    _tell(results)


@study.command()
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option("--to", "folder", type=PATH, required=True, help="Folder of the files that are written.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["eaf", "srt", "vtt"]),
    default="eaf",
    show_default=True,
    help="Annotations for ELAN, or subtitles.",
)
def export(paths: tuple[Path, ...], folder: Path, form: str) -> None:
    """Write sessions for other tools: PATHS are journals, or folders of them.

    Sound files of the same name beside a journal are linked. Exit status: 1 if some could not be read.
    """
    from engine.journal import JournalError, read
    from receptionist.study.exports import subtitles, write_eaf
    from receptionist.study.folder import journals

    good = True
    written = 0
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path in journals(paths):
            target = folder / f"{path.stem}.{form}"
            try:
                journal = read(path)
                if form == "eaf":
                    write_eaf(target, journal, sorted(path.parent.glob(f"{path.stem}*.wav")))
                else:
                    target.write_text(subtitles(journal, form), encoding="utf-8")
                written += 1
            except JournalError as fault:
                click.echo(str(fault), err=True)
                good = False
            except ImportError:
                fail("annotations for ELAN need pympi-ling: pip install 'miron[study]'")
            except (KeyError, TypeError, ValueError, AttributeError) as fault:
                click.echo(f"{path}: it holds a line that is not complete ({fault})", err=True)
                good = False
    click.echo(f"{folder}: {written} sessions")
    sys.exit(0 if good and written else 1)


def _protocol(folder: Path) -> Protocol:
    from receptionist.study.protocol import ProtocolError, read_protocol

    try:
        return read_protocol(folder)
    except ProtocolError as fault:
        fail(str(fault))


def _results(protocol: Protocol, jobs: int) -> Results:
    from receptionist.study.protocol import ASSIGNMENT
    from receptionist.study.results import measure_study

    if not (protocol.folder / ASSIGNMENT).exists():
        fail(f"nobody is assigned yet: miron study assign {protocol.folder}")
    with _told():
        return measure_study(protocol, jobs)


def _tell(results: Results) -> None:
    for trouble in results.troubles:
        click.echo(trouble, err=True)
    if results.missing:
        click.echo(f"{len(results.missing)} planned sessions are not recorded", err=True)


@contextmanager
def _told() -> Iterator[None]:
    """Faults of a study are told in their own words."""
    from receptionist.study.comparison import ExtraMissing
    from receptionist.study.folder import WorkersDied
    from receptionist.study.questionnaire import QuestionnaireError
    from receptionist.study.tables import TableError

    try:
        yield
    except (ExtraMissing, QuestionnaireError, TableError, WorkersDied, ValueError) as fault:
        fail(str(fault))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        fail(f"{fault.filename or path}: {fault.strerror or fault}")
