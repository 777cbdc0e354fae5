"""Replay: feed what came from outside to a session again, and compare what follows (docs/journal.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.check import Malformed
from engine.events import (
    Assert,
    ClockChange,
    Event,
    Gate,
    Heard,
    HeardValue,
    Perceived,
    Phase,
    Report,
    Signal,
)
from engine.journal import Journal, JournalError, Record, parse
from engine.language import Language
from engine.model import Json, Program
from engine.network import Executor, Network
from engine.session import Session

_FREE = {"open": ("engine", "hash", "masked")}
"""Fields of lines that may differ without the session being another one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first line in which two sessions part.

    Attributes:
        seq: Its number.
        recorded: The line of the journal; empty if the journal ends before.
        replayed: The line now; empty if the replay ends before.
    """

    seq: int
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay found.

    Attributes:
        identical: Every intact line but notes came out the same.
        lines: How many lines were compared.
        first_difference: Where they part, or None.
        regenerated: Lines that followed the last intact one (a crash lost them).
        torn: The journal ends in a torn line.
        broken: Numbers of unreadable lines.
        same_program: The journal was made by this very dialogue.
        session: The session as it is at the end.
    """

    identical: bool
    lines: int
    first_difference: Difference | None
    regenerated: tuple[str, ...]
    torn: bool
    broken: tuple[int, ...]
    same_program: bool
    session: Session


def event_of(record: Record) -> Event | Malformed | None:
    """The event that an exogenous line tells of; None for ``open``, ``close`` and ``reload``.

    Raises:
        JournalError: The line lacks a field or has one of the wrong type.
    """
    try:
        return _event_of(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JournalError(f"line {record.seq}: not a complete {record.kind} line ({error})") from error


def _event_of(record: Record) -> Event | Malformed | None:
    data = record.data
    driver = data.get("id")
    number = (driver[0], driver[1]) if driver else None
    match record.kind:
        case "percept" if data["source"] == "self":
            return Report(
                data["act"],
                Phase(data["phase"]),
                data.get("text"),
                data.get("entities") or {},
                data.get("reason") or "",
                number,
            )
        case "percept" if data["source"] == "world":
            return Signal(data["name"], data.get("entities") or {}, number)
        case "percept" if "name" not in data:  # delivered twice, so it was never understood
            confidence = data.get("confidence")
            return Heard(
                data.get("text") or "",
                data.get("via") or "",
                None if confidence is None else float(confidence),
                number,
            )
        case "percept":
            return _perceived(data, number)
        case "memory":
            return Assert(data["name"], data.get("new"), number)
        case "gate":
            return Gate(data["channel"], data["on"])
        case "clock":
            return ClockChange(data["offset"], data.get("zone") or "")
        case "ignored":
            return Malformed(data["reason"])
    return None


def _perceived(data: Mapping[str, Json], number: tuple[str, int] | None) -> Perceived:
    confidence = data.get("confidence")
    return Perceived(
        data["name"],
        _entities(data),
        data.get("via") or "",
        source=data["source"],
        text=data.get("text") or "",
        confidence=None if confidence is None else float(confidence),
        locale=data.get("locale") or "",
        also=tuple(
            Perceived(each["name"], _entities(each), data.get("via") or "") for each in data.get("also") or ()
        ),
        id=number,
        reason=data.get("reason") or "",
    )


def _entities(data: Mapping[str, Json]) -> dict[str, HeardValue]:
    unsure = data.get("unsure") or ()
    return {
        slot: HeardValue(value, sure=slot not in unsure)
        for slot, value in (data.get("entities") or {}).items()
    }


def start(
    journal: Journal,
    program: Program,
    language: Language,
    *,
    write: Callable[[str], None] | None = None,
    executor: Callable[[Network], Executor] | None = None,
    network: Network | None = None,
    mask: Callable[[Record], Record] | None = None,
) -> Session:
    """A session that begins as the journal's did; engine name and wall time are taken from it.

    Raises:
        JournalError: The ``open`` line is not complete.
    """
    header = journal.header.data
    try:
        return Session(
            program,
            language,
            seed=header["seed"],
            locale=header["locale"],
            wall_start=datetime.fromisoformat(header["wall"]),
            journal=write,
            executor=executor,
            network=network,
            engine=header["engine"],
            role=header["role"],
            queue_limit=max(header["limits"]["queue"], 1),
            mask=mask,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"the 'open' line is not complete ({error})") from error


def feed(session: Session, record: Record) -> None:
    """Let the session live through one exogenous line or note of a journal, at its time."""
    if record.kind == "note":
        session.run(record.t)
        session.note(**record.data)
        return
    if record.cause is not None:
        return
    if record.kind == "open":
        session.open()
        return
    event = event_of(record)
    if record.kind == "close":
        session.run(record.t)
        session.close(record.get("reason") or "")
    elif event is not None:
        session.offer(event, record.t)
        session.run(record.t)


def replay(
    journal: Journal,
    program: Program,
    language: Language,
    *,
    executor: Callable[[Network], Executor] | None = None,
    network: Network | None = None,
    mask: Callable[[Record], Record] | None = None,
    masked: bool = False,
    since: Mapping[str, Json] | None = None,
) -> ReplayReport:
    """Replay a journal; no effector is started.

    Args:
        journal: As read.
        program: The dialogue, the journal's own or another.
        language: Its Mirons.
        executor: Makes the executor; None: the live one.
        network: The program as a network, if it was made before.
        mask: The same masking as when the journal was written, if it is to be compared masked.
        masked: The journal holds pseudonyms: texts are not compared. Also if its ``open`` line says so.
        since: A checkpoint of the same session, see :func:`checkpoints`: only what comes after it is lived
            through and compared.

    Raises:
        JournalError: An exogenous line is not complete.
        ValueError: ``since`` is no snapshot of this format.
    """
    lines: list[str] = []
    session = start(
        journal, program, language, write=lines.append, executor=executor, network=network, mask=mask
    )
    records = journal.records
    if since is not None:
        session.restore(dict(since))
        records = tuple(record for record in records if record.seq >= since["seq"])
    for record in records:
        feed(session, record)
    session.run(max(session.t, journal.records[-1].t))
    now = {record.seq: record for record in map(parse, lines)}
    difference = _compare(
        records, now, masked or bool(journal.header.get("masked")), broken=bool(journal.broken)
    )
    last = journal.records[-1].seq
    later = tuple(record.line for seq, record in now.items() if seq > last)
    return ReplayReport(
        identical=difference is None,
        lines=len(records),
        first_difference=difference,
        regenerated=later,
        torn=journal.torn,
        broken=journal.broken,
        same_program=journal.header.get("hash") == program.hash,
        session=session,
    )


def checkpoints(
    journal: Journal,
    program: Program,
    language: Language,
    *,
    executor: Callable[[Network], Executor] | None = None,
    network: Network | None = None,
) -> Iterator[dict[str, Json]]:
    """The state after each line from outside: snapshots that :func:`replay` can begin with.

    Raises:
        JournalError: An exogenous line is not complete.
    """
    session = start(journal, program, language, executor=executor, network=network)
    for record in journal.records:
        feed(session, record)
        if record.cause is None:
            yield session.snapshot()


def _compare(
    records: Sequence[Record], now: Mapping[int, Record], masked: bool, *, broken: bool
) -> Difference | None:
    then = {record.seq: record for record in records}
    last = max(then, default=-1)
    for seq in sorted(then.keys() | {seq for seq in now if seq <= last}):
        old, new = then.get(seq), now.get(seq)
        if old is None and broken:
            continue
        if old is None:
            return Difference(seq, "", new.line if new else "")
        if new is None:
            return Difference(seq, old.line, "")
        if old.kind != new.kind or (old.kind != "note" and _essence(old, masked) != _essence(new, masked)):
            return Difference(seq, old.line, new.line)
    return None


def _essence(record: Record, masked: bool) -> str:
    leave = _FREE.get(record.kind, ())
    data = {
        name: value
        for name, value in record.data.items()
        if name not in leave and not (masked and name == "text")
    }
    return Record(record.seq, record.t, record.kind, record.cause, data).line
