"""``miron replay``: recorded sessions again, as they were or with another dialogue."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from receptionist.study.rerun import Finding, Task
    from receptionist.study.sources import Source

COLUMNS = (
    *("file", "parts", "t", "seq", "cause", "did", "does", "ending_recorded", "ending_now"),
    *("why_recorded", "why_now", "why_not", "simulated", "unmatched", "same_dialogue", "trouble"),
)
"""Of the table that ``--against`` writes."""

REASONS = {
    "then": "did",
    "now": "does",
    "then because of": "why_recorded",
    "now because of": "why_now",
    "not now because": "why_not",
}
"""How a cause is told, of the first session that has it."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option(
    "--dialogue",
    "dialogues",
    type=PATH,
    multiple=True,
    help="Recorded with this dialogue instead of the receptionist's; several times if there were several.",
)
@click.option("--against", type=PATH, help="What would this dialogue have done? Shows where sessions part.")
@click.option("--fixture", type=PATH, help="With --against: answers of services that were not called then.")
@click.option("--understand-again", is_flag=True, help="With --against: understand the words anew.")
@click.option("--masked", is_flag=True, help="The journals hold pseudonyms: texts are not compared.")
@click.option("--jobs", type=click.IntRange(0), default=0, help="Processes; 0: as many as help.")
@click.option("-o", "--output", type=PATH, help="With --against: also write the table as CSV.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def replay(
    files: tuple[Path, ...],
    dialogues: tuple[Path, ...],
    against: Path | None,
    fixture: Path | None,
    understand_again: bool,
    masked: bool,
    jobs: int,
    output: Path | None,
    form: str,
) -> None:
    """Re-run recorded sessions and compare every line; FILES are journals, or folders of them.

    Exit status: 0 all identical (with --against: all could be compared), 1 some differ, cannot be read or,
    in a folder, are not whole, 2 wrong use.
    """
    from receptionist.study.folder import journals
    from receptionist.study.rerun import Task
    from receptionist.study.sources import Source

    if against is None and (fixture or understand_again or output):
        raise click.UsageError("--fixture, --understand-again and --output go with --against")
    for path in (*dialogues, *([against] if against else []), *([fixture] if fixture else [])):
        if not path.exists():
            fail(f"{path}: there is no such file or folder")
    paths = journals(files)
    if not paths:
        fail("there is no journal here (*.jsonl)")
    sources = tuple(Source(path) for path in dialogues) or (*_of_studies(files), Source())
    task = Task(sources, masked, Source(against) if against else None, fixture, understand_again)
    many = len(paths) > 1 or any(path.is_dir() for path in files)
    findings = _rerun(paths, task, jobs, bar=many and form == "text")
    if against is not None:
        good = _parted(findings, form)
        if output is not None:
            _write_table(output, findings)
    else:
        good = _identical(findings, form, many)
    sys.exit(0 if good else 1)


def _of_studies(files: Iterable[Path]) -> Iterator[Source]:
    """The dialogues of the conditions, where a folder is that of a study."""
    from receptionist.study.protocol import FILE, ProtocolError, read_protocol

    for folder in dict.fromkeys(each for path in files for each in (path, path.parent)):
        if (folder / FILE).is_file():
            try:
                yield from read_protocol(folder).sources
            except ProtocolError as fault:
                fail(str(fault))


def _rerun(paths: Sequence[Path], task: Task, jobs: int, *, bar: bool) -> list[Finding]:
    from miron.source import ModelError
    from receptionist.study.folder import Duplicates, WorkersDied, each, processes
    from receptionist.study.rerun import prepare, rerun

    try:
        prepare(task)  # here, so that mistakes are told once; and where processes are forked they have it
        _load_own(task)
        results = each(rerun, paths, processes(jobs, len(paths)), prepare, (task,))
        if bar and sys.stderr.isatty():
            with click.progressbar(results, length=len(paths), label="sessions", file=sys.stderr) as shown:
                findings = list(shown)
        else:
            findings = list(results)
    except ModelError as fault:
        report_problems(fault.problems)
        fail("this dialogue has mistakes, so nothing can be replayed with it")
    except WorkersDied as fault:
        fail(str(fault))
    duplicates = Duplicates()
    for finding in findings:
        copy_of = duplicates.of(finding["file"], finding.pop("content"))
        if copy_of:
            finding["duplicate_of"] = copy_of
    return findings


def _load_own(task: Task) -> None:
    """Read the dialogues of the journals once here, for their mistakes.

    Raises:
        ModelError: One has some.
    """
    for source in task.sources:
        source.load()


def _identical(findings: Sequence[Finding], form: str, many: bool) -> bool:
    from receptionist.study.rerun import whole

    same = [each.get("identical") is True and not each.get("broken_lines") for each in findings]
    sound = [a and (not many or whole(each)) for a, each in zip(same, findings, strict=True)]
    for finding, fine in zip(findings, sound, strict=True):
        if form == "json":
            click.echo(json.dumps({"identical": False, **finding}, ensure_ascii=False))
        elif not many or not fine or finding.get("same_dialogue") is False:
            click.echo(_words(finding))
    if many and form == "text":
        click.echo(_summary(findings, sum(same)))
    return all(sound)


def _summary(findings: Sequence[Finding], identical: int) -> str:
    total = len(findings)
    head = f"{total} sessions, {'all' if identical == total else identical} identical"
    counts = {
        "that differ": sum(each.get("identical") is False for each in findings),
        "that cannot be replayed": sum("trouble" in each for each in findings),
        "torn": sum("torn" in each for each in findings),
        "with unreadable lines": sum("broken_lines" in each for each in findings),
        "without an end": sum("no_end" in each and "torn" not in each for each in findings),
        "twice here": sum("duplicate_of" in each for each in findings),
        "of another version of the dialogue": sum(each.get("same_dialogue") is False for each in findings),
    }
    return "; ".join([head, *(f"{count} {name}" for name, count in counts.items() if count)])


def _words(finding: Finding) -> str:
    head = f"{finding['file']}: "
    extra = _damage(finding)
    if "trouble" in finding:
        return head + str(finding["trouble"]) + extra
    if finding["identical"]:
        return f"{head}identical ({finding['lines']} lines{extra})"
    difference = finding["first_difference"]
    return (
        f"{head}differs from line {difference['seq']} on{extra}\n"
        f"  recorded: {difference['recorded'] or '(nothing)'}\n"
        f"  replayed: {difference['replayed'] or '(nothing)'}"
    )


def _damage(finding: Finding) -> str:
    said = []
    if finding.get("torn"):
        said.append("the last line is torn")
    elif finding.get("no_end"):
        said.append("it has no end: the recording broke off, or still goes on")
    if finding.get("broken_lines"):
        said.append(f"unreadable lines: {', '.join(map(str, finding['broken_lines']))}")
    if finding.get("same_dialogue") is False:
        said.append("recorded with another version of the dialogue")
    if finding.get("duplicate_of"):
        said.append(f"a copy of {finding['duplicate_of']}")
    return "".join(f", {each}" for each in said)


def _parted(findings: Sequence[Finding], form: str) -> bool:
    if form == "json":
        for finding in findings:
            click.echo(json.dumps(finding, ensure_ascii=False))
        return not any("trouble" in finding for finding in findings)
    parted = [finding for finding in findings if finding.get("parts")]
    causes = Counter(str(finding["cause"]) for finding in parted)
    for cause, count in sorted(causes.items(), key=lambda pair: (-pair[1], pair[0])):
        click.echo(f"{count} × {cause}")
        those = [finding for finding in parted if finding["cause"] == cause]
        for label, key in REASONS.items():
            said = next((str(each[key]) for each in those if each[key]), "")
            if said:
                click.echo(f"    {label}: {said}")
        for finding in those:
            click.echo(f"    {_where(finding)}{_damage(finding)}")
    for finding in findings:
        if "trouble" in finding:
            click.echo(f"{finding['file']}: {finding['trouble']}{_damage(finding)}")
    troubled = sum("trouble" in finding for finding in findings)
    click.echo(
        f"{len(findings)} sessions: {len(parted)} part, {len(findings) - len(parted) - troubled} do not"
        + (f", {troubled} cannot be compared" if troubled else "")
    )
    return not troubled


def _where(finding: Finding) -> str:
    then, now = finding["ending_recorded"] or "no ending", finding["ending_now"] or "no ending"
    ending = f"ends {then} as before" if then == now else f"ended {then}, ends {now}"
    return f"{finding['file']}  at {finding['t'] / 1000:.1f} s; {ending}"


def _write_table(path: Path, findings: Iterable[dict[str, Any]]) -> None:
    from receptionist.study.tables import write_csv

    try:
        write_csv(path, COLUMNS, ([finding.get(name) for name in COLUMNS] for finding in findings))
    except OSError as fault:
        fail(f"{path}: {fault.strerror or fault}")
