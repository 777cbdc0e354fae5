"""Measures of one recorded session, read off its journal alone (docs/study.md says what each means)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.journal import Journal, JournalError, Record
from engine.language import NOT_UNDERSTOOD
from receptionist.study.counters import RECEPTIONIST, Vocabulary, as_text, mirons_of
from receptionist.study.statistics import percentile, word_errors

Value = float | int | str | bool | None
"""A cell of a table; None: not measured."""

_REACTIONS = {
    "silent": "no_input",
    "noise": "noise",
    "not_understood": "repairs_not_understood",
    "repeat": "repairs_repeat",
    "help": "repairs_help",
}
"""Counters that every question keeps in memory, as ``question/counter``."""


@dataclass(slots=True)
class _Seen:
    """What has been met so far."""

    counts: Counter[str] = field(default_factory=Counter)
    endings: list[str] = field(default_factory=list)
    phases: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    confidences: list[float] = field(default_factory=list)
    system_latencies: list[int] = field(default_factory=list)
    user_latencies: list[int] = field(default_factory=list)
    phase: str = ""
    phase_since: int = 0
    speaking: set[int] = field(default_factory=set)
    said_at: int | None = None
    heard_at: int | None = None
    heard_in_visit: bool = False
    utterances: set[int] = field(default_factory=set)
    unclear: set[int] = field(default_factory=set)
    last_t: int = 0


def session_metrics(
    journal: Journal,
    vocabulary: Vocabulary = RECEPTIONIST,
    transcript: Sequence[str] | None = None,
) -> dict[str, Value]:
    """Measure a session.

    Args:
        journal: As read.
        vocabulary: What the names of its dialogue mean.
        transcript: What the other really said, an utterance each, in the order of the journal's.

    Returns:
        Measure → value, in a fixed order. Times are in seconds, latencies in milliseconds.

    Raises:
        JournalError: A line lacks a field or has one of the wrong type.
    """
    seen = _Seen()
    for record in journal.records:
        try:
            _take(seen, record, vocabulary)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise JournalError(f"line {record.seq}: not a complete {record.kind} line ({error})") from error
    seen.phases[seen.phase] += seen.last_t - seen.phase_since
    return _table(seen, journal, vocabulary, transcript)


def heard_texts(journal: Journal) -> tuple[str, ...]:
    """The words of each utterance of the other as recognised, in order; buttons are none."""
    return tuple(
        str(record.get("text") or "")
        for record in journal.records
        if _is_utterance(record) and record.get("via") != "button" and record.get("text")
    )


def _is_utterance(record: Record) -> bool:
    return (
        record.kind == "percept"
        and record.cause is None
        and record.get("source") == "other"
        and record.get("name") not in (None, "noise")
    )


def _take(seen: _Seen, record: Record, vocabulary: Vocabulary) -> None:
    seen.last_t = record.t
    data = record.data
    if _is_utterance(record):
        _utterance(seen, record, vocabulary)
    elif record.kind == "percept" and data.get("source") == "self":
        _report(seen, record)
    elif record.kind == "percept" and data.get("name") == NOT_UNDERSTOOD and record.cause in seen.utterances:
        assert record.cause is not None
        seen.unclear.add(record.cause)  # it was words, but nobody waited for them
    elif record.kind == "percept" and data.get("name") == "visit_started":
        seen.counts["visits"] += 1
        seen.heard_in_visit = record.cause in seen.utterances
    elif record.kind == "memory":
        _memory(seen, record, vocabulary)
    elif record.kind == "act" and data.get("channel") == "visit":
        seen.endings.append(str(data.get("name")))
        seen.counts["no_reaction"] += not seen.heard_in_visit
        seen.said_at = seen.heard_at = None
    elif record.kind == "fault":
        seen.counts["faults"] += 1
    for name, patterns in vocabulary.counters.items():
        seen.counts[f"counter {name}"] += any(pattern.matches(record) for pattern in patterns)


def _utterance(seen: _Seen, record: Record, vocabulary: Vocabulary) -> None:
    data, names = record.data, set(mirons_of(record))
    seen.utterances.add(record.seq)
    seen.heard_in_visit = True
    seen.counts["user_turns"] += 1
    seen.counts[f"via {data.get('via') or 'voice'}"] += 1
    if NOT_UNDERSTOOD in names:
        seen.unclear.add(record.seq)
    seen.counts["help"] += vocabulary.help in names
    seen.counts["repeat_asked"] += vocabulary.repeat in names
    seen.counts["corrections"] += bool(names & set(vocabulary.corrections))
    if data.get("confidence") is not None and NOT_UNDERSTOOD not in names:
        seen.confidences.append(float(data["confidence"]))
    if seen.speaking:
        seen.counts["barge_ins"] += 1
    elif seen.said_at is not None:
        seen.user_latencies.append(record.t - seen.said_at)
    seen.said_at, seen.heard_at = None, record.t


def _report(seen: _Seen, record: Record) -> None:
    """What an effector tells of an act."""
    data = record.data
    phase, act = data.get("phase"), int(data.get("act") or 0)
    seen.counts["timeouts"] += phase == "timed_out"
    if data.get("channel") == "service":
        seen.counts["service_failures"] += phase in ("failed", "timed_out")
    if data.get("channel") != "speech":
        return
    if phase == "started":
        seen.counts["system_turns"] += 1
        seen.speaking.add(act)
        if seen.heard_at is not None:
            seen.system_latencies.append(record.t - seen.heard_at)
        seen.heard_at = None
    elif phase in ("done", "failed", "cancelled", "timed_out"):
        seen.speaking.discard(act)
        seen.said_at = record.t
        seen.counts["cut_off"] += phase == "cancelled"


def _memory(seen: _Seen, record: Record, vocabulary: Vocabulary) -> None:
    data = record.data
    name, old, new = str(data.get("name")), data.get("old"), data.get("new")
    if name == vocabulary.phase:
        seen.phases[seen.phase] += record.t - seen.phase_since
        seen.phase, seen.phase_since = as_text(new), record.t
    reaction = _REACTIONS.get(name.rpartition("/")[2]) if "/" in name else None
    if reaction and isinstance(new, int) and new > int(old or 0):
        seen.counts[reaction] += 1


def _table(
    seen: _Seen, journal: Journal, vocabulary: Vocabulary, transcript: Sequence[str] | None
) -> dict[str, Value]:
    counts = seen.counts
    ended = len(seen.endings)
    succeeded = sum(ending in vocabulary.success for ending in seen.endings)
    first, last = journal.records[0].t, journal.records[-1].t
    table: dict[str, Value] = {
        "success": None if not ended else int(succeeded == ended),
        "visits": counts["visits"] or ended,
        "completed": ended,
        "ending": " ".join(seen.endings),
        "hand_overs": sum(ending in vocabulary.hand_over for ending in seen.endings),
        "no_reaction": counts["no_reaction"],
        "turns": counts["user_turns"] + counts["system_turns"],
        "user_turns": counts["user_turns"],
        "system_turns": counts["system_turns"],
        "by_voice": counts["via voice"],
        "by_key": counts["via key"],
        "by_button": counts["via button"],
        "duration_s": (last - first) / 1000,
        "active_s": _active(seen, last - first),
    }
    table |= {f"phase_{name}_s": ms / 1000 for name, ms in sorted(seen.phases.items()) if name}
    table |= {
        "system_latency_p50_ms": percentile(seen.system_latencies, 50),
        "system_latency_p95_ms": percentile(seen.system_latencies, 95),
        "user_latency_p50_ms": percentile(seen.user_latencies, 50),
        "user_latency_p95_ms": percentile(seen.user_latencies, 95),
        "no_input": counts["no_input"],
        "noise": counts["noise"],
        "not_understood": len(seen.unclear),
        "repairs": sum(counts[name] for name in _REACTIONS.values()),
        "help": counts["help"],
        "repeat_asked": counts["repeat_asked"],
        "corrections": counts["corrections"],
        "barge_ins": counts["barge_ins"],
        "cut_off": counts["cut_off"],
        "timeouts": counts["timeouts"],
        "service_failures": counts["service_failures"],
        "faults": counts["faults"],
        "nlu_confidence_mean": _mean(seen.confidences),
        "nlu_confidence_min": min(seen.confidences, default=None),
        "word_error_rate": _word_error_rate(journal, transcript),
    }
    table |= {name: counts[f"counter {name}"] for name in vocabulary.counters}
    return table


def _active(seen: _Seen, whole: int) -> float:
    """Time in which a visit was on; all of it where the dialogue knows no phase ``asleep``."""
    return (whole - seen.phases.get("asleep", 0)) / 1000


def _mean(values: Iterable[float]) -> float | None:
    values = list(values)
    return sum(values) / len(values) if values else None


def _word_error_rate(journal: Journal, transcript: Sequence[str] | None) -> float | None:
    """Errors per word said, over all utterances; those that one side lacks count as inserted or deleted."""
    if transcript is None or journal.header.get("masked"):
        return None
    heard = heard_texts(journal)
    length = max(len(heard), len(transcript))
    errors = words = 0
    for index in range(length):
        said = transcript[index] if index < len(transcript) else ""
        wrong, count = word_errors(said, heard[index] if index < len(heard) else "")
        errors, words = errors + wrong, words + count
    return errors / words if words else None


def final_values(journal: Journal) -> Mapping[str, Any]:
    """The last value of each entry of memory before the first visit ended (or the journal did)."""
    values: dict[str, Any] = {}
    for record in journal.records:
        if record.kind == "act" and record.get("channel") == "visit":
            break
        if record.kind == "memory":
            values[str(record.get("name"))] = record.get("new")
    return values
