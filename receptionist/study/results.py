"""All that is measured in a study, brought together: one row a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.journal import Journal, JournalError, read
from receptionist.study.assignment import Planned, read_assignment
from receptionist.study.counters import RECEPTIONIST, Vocabulary, as_text
from receptionist.study.folder import each, journals, processes
from receptionist.study.metrics import final_values, session_metrics
from receptionist.study.protocol import ANSWERS, SESSIONS, TRANSCRIPTS, Protocol
from receptionist.study.questionnaire import Questionnaire, find, read_answers
from receptionist.study.statistics import cohen_kappa
from receptionist.study.tables import TableError

Row = dict[str, Any]
KEYS: Final = ("session", "participant", "condition", "task", "position")


@dataclass(frozen=True, slots=True)
class Job:
    """A journal to be measured.

    Attributes:
        path: Its file.
        vocabulary: What its names mean.
        row: What is known of the session.
        success: Endings that count, where its task says so.
        values: Attribute–value matrix of its task.
        transcript: What was really said, a line each; the file may be missing.
    """

    path: Path
    vocabulary: Vocabulary
    row: Mapping[str, Any]
    success: tuple[str, ...] = ()
    values: Mapping[str, str] | None = None
    transcript: Path | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a journal: its row, pairs of expected and found values, and what is wrong with it."""

    row: Row
    pairs: tuple[tuple[str, str], ...]
    trouble: str


@dataclass(frozen=True, slots=True)
class Results:
    """A study so far.

    Attributes:
        rows: One a session.
        troubles: Files and cells that could not be used, a sentence each.
        missing: Planned sessions without a journal.
        scales: Questionnaire scales: name → title.
        reliability: Scale → Cronbach's alpha.
        kappa: Condition → agreement of what the visitor wanted with what the agent took it for.
    """

    rows: tuple[Row, ...]
    troubles: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    scales: Mapping[str, str] | None = None
    reliability: Mapping[str, float | None] | None = None
    kappa: Mapping[str, float | None] | None = None


def nothing() -> None:
    """Metrics need no preparation."""


def measure(job: Job) -> Measured:
    """Measure one session; raises nothing."""
    row: Row = dict(job.row)
    try:
        journal = read(job.path)
        transcript = _transcript(job.transcript)
        row |= session_metrics(journal, job.vocabulary, transcript)
        if job.success and row["completed"]:
            row["success"] = int(all(ending in job.success for ending in row["ending"].split()))
        pairs = _pairs(journal, job.values or {})
        if pairs:
            row["values_right"] = sum(wanted == found for wanted, found in pairs) / len(pairs)
    except (JournalError, OSError, UnicodeDecodeError) as fault:
        return Measured(row, (), f"{job.path}: {str(fault).removeprefix(f'{job.path}: ')}")
    damage = []
    if journal.torn:
        damage.append("its last line is torn")
    elif journal.records[-1].kind != "close":
        damage.append("it has no end")
    if journal.broken:
        damage.append(f"{len(journal.broken)} lines are unreadable")
    return Measured(
        row, pairs, f"{job.path}: {', '.join(damage)}; what is there is measured" if damage else ""
    )


def _transcript(path: Path | None) -> list[str] | None:
    if path is None or not path.is_file():
        return None
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _pairs(journal: Journal, wanted: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Expected and found values; pseudonyms can be compared with nothing."""
    if journal.header.get("masked"):
        return ()
    found = final_values(journal)
    return tuple(
        (f"{name}={value.casefold()}", f"{name}={as_text(found.get(name)).casefold()}")
        for name, value in wanted.items()
    )


def measure_folder(paths: Sequence[Path], jobs: int) -> Results:
    """Measure journals that belong to no study."""
    todo = [Job(path, RECEPTIONIST, {"session": str(path)}) for path in journals(paths)]
    done = list(each(measure, todo, processes(jobs, len(todo)), nothing))
    rows = tuple(one.row for one in done if "turns" in one.row)
    return Results(rows, tuple(one.trouble for one in done if one.trouble))


def measure_study(protocol: Protocol, jobs: int = 0) -> Results:
    """Measure all sessions of a study, with the scores of its questionnaires.

    Raises:
        TableError: The assignment cannot be read.
        QuestionnaireError: A questionnaire of the protocol is unknown.
    """
    plan = read_assignment(protocol)
    there = {path.stem: path for path in journals([protocol.folder / SESSIONS])}
    todo = [_job(protocol, planned, there[planned.session]) for planned in plan if planned.session in there]
    done = list(each(measure, todo, processes(jobs, len(todo)), nothing))
    rows = [one.row for one in done if "turns" in one.row]
    troubles = [one.trouble for one in done if one.trouble]
    planned_names = {planned.session for planned in plan}
    troubles += [
        f"{path}: no session of the plan" for name, path in there.items() if name not in planned_names
    ]
    scales, reliability, wrong = _answers(protocol, rows)
    return Results(
        tuple(rows),
        (*troubles, *wrong),
        tuple(planned.session for planned in plan if planned.session not in there),
        scales,
        reliability,
        _kappas(done),
    )


def _job(protocol: Protocol, planned: Planned, path: Path) -> Job:
    task = protocol.task(planned.task)
    return Job(
        path,
        protocol.vocabulary,
        {name: getattr(planned, name) for name in KEYS},
        task.success if task else (),
        task.values if task else None,
        protocol.folder / TRANSCRIPTS / f"{planned.session}.txt",
    )


def _kappas(done: Sequence[Measured]) -> dict[str, float | None]:
    pairs: dict[str, list[tuple[str, str]]] = {}
    for one in done:
        if one.pairs:
            pairs.setdefault(str(one.row["condition"]), []).extend(one.pairs)
    return {condition: cohen_kappa(those) for condition, those in pairs.items()}


def questionnaires(protocol: Protocol) -> list[Questionnaire]:
    """Those that the protocol names.

    Raises:
        QuestionnaireError: One is unknown or has mistakes.
    """
    return [find(name, protocol.folder) for name in protocol.questionnaires]


def _answers(
    protocol: Protocol, rows: Sequence[Row]
) -> tuple[dict[str, str], dict[str, float | None], list[str]]:
    """Add scores to the rows."""
    scales: dict[str, str] = {}
    reliability: dict[str, float | None] = {}
    wrong: list[str] = []
    for questionnaire in questionnaires(protocol):
        scales |= {scale.name: scale.title for scale in questionnaire.scales}
        path = protocol.folder / ANSWERS / f"{questionnaire.name}.csv"
        try:
            answers = read_answers(path, questionnaire)
        except TableError as fault:
            wrong.append(str(fault))
            continue
        wrong += answers.wrong
        known = {row["session"] for row in rows}
        wrong += [f"{path}: there is no session {name}" for name in answers.by_session if name not in known]
        for row in rows:
            given = answers.by_session.get(row["session"])
            row |= questionnaire.scores(given or {}, protocol.missing)
        reliability |= questionnaire.reliability(list(answers.by_session.values()))
    return scales, reliability, wrong
