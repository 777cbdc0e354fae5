"""Replaying many sessions: is each the same again, and where would another dialogue have gone elsewhere?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.journal import Journal, JournalError, Record, read
from receptionist.study.folder import fingerprint
from receptionist.study.sources import Loaded, Shelf, Source, load

if TYPE_CHECKING:
    from engine.explain import Explanation
    from engine.virtual import Services

Finding = dict[str, Any]
"""What was found about one file: plain JSON data."""


@dataclass(frozen=True, slots=True)
class Task:
    """How sessions are lived through again.

    Attributes:
        sources: Dialogues that they may have been recorded with.
        masked: Texts are not compared, whatever the journals say.
        against: Another dialogue: what would it have done?
        fixture: Answers of services where the other dialogue calls what was not called then.
        understand_again: The other dialogue understands the recorded words anew.
    """

    sources: tuple[Source, ...]
    masked: bool = False
    against: Source | None = None
    fixture: Path | None = None
    understand_again: bool = False


class _Worker:
    """What a process keeps between sessions."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.shelf = Shelf(task.sources)
        self.other = load(task.against) if task.against else None

    def services(self) -> Services:
        """Answers for one session where its path is new."""
        from engine.counterfactual import not_recorded

        if self.task.fixture is None or self.other is None:
            return not_recorded
        from dsl.fixture_file import read_fixture_file
        from receptionist.simulated import SimulatedReceptionist

        fixture = read_fixture_file(self.other.compiled.env, self.task.fixture)
        return fixture.services(SimulatedReceptionist().services(fixture))


_worker: _Worker | None = None


def prepare(task: Task) -> None:
    """Make this process ready for :func:`rerun`.

    Raises:
        ModelError: The dialogue to compare with, or the fixture, has mistakes.
    """
    global _worker
    _worker = _Worker(task)
    _worker.services()


def rerun(path: Path) -> Finding:
    """Live through one recorded session as :func:`prepare` said; raises nothing."""
    assert _worker is not None, "prepare comes first"
    finding: Finding = {"file": str(path), "content": fingerprint(path)}
    try:
        journal = read(path)
        finding |= _damage(journal)
        own = _worker.shelf.of(journal)
        finding["same_dialogue"] = journal.header.get("hash") == own.compiled.program.hash
        if _worker.other is None:
            finding |= _again(journal, own, _worker.task.masked)
        else:
            finding |= _otherwise(journal, own, _worker.other)
    except (JournalError, OSError) as fault:
        finding["trouble"] = str(fault).removeprefix(f"{path}: ")
    except Exception as fault:  # an edited journal may hold anything, and the other sessions shall go on
        finding["trouble"] = f"it cannot be lived through again ({type(fault).__name__}: {fault})"
    return finding


def _damage(journal: Journal) -> Finding:
    found: Finding = {}
    if journal.torn:
        found["torn"] = True
    if journal.broken:
        found["broken_lines"] = list(journal.broken)
    if journal.records[-1].kind != "close":
        found["no_end"] = True
    return found


def _again(journal: Journal, own: Loaded, masked: bool) -> Finding:
    from engine.replay import replay

    report = replay(
        journal,
        own.compiled.program,
        own.language,
        network=own.network,
        masked=masked or bool(journal.header.get("masked")),
    )
    found: Finding = {"identical": report.identical, "lines": report.lines, "t": journal.records[-1].t}
    if report.first_difference is not None:
        found["first_difference"] = {
            "seq": report.first_difference.seq,
            "recorded": report.first_difference.recorded,
            "replayed": report.first_difference.replayed,
        }
    return found


def _otherwise(journal: Journal, own: Loaded, other: Loaded) -> Finding:
    from engine.counterfactual import against

    assert _worker is not None
    known = journal.header.get("hash") == own.compiled.program.hash
    result = against(
        journal,
        other.compiled.program,
        other.language,
        own=(own.compiled.program, own.language) if known else None,
        services=_worker.services(),
        understand_again=_worker.task.understand_again,
        network=other.network,
    )
    then, now = (" ".join(endings) for endings in result.endings)
    found: Finding = {
        "parts": result.parting is not None,
        "lines": len(journal.records),
        "ending_recorded": then,
        "ending_now": now,
        "simulated": len(result.simulated),
        "unmatched": len(result.unmatched),
    }
    parting = result.parting
    if parting is not None:
        found |= {
            "t": parting.t,
            "cause": parting.cause,
            "seq": parting.recorded.seq if parting.recorded else None,
            "did": _deed(parting.recorded),
            "does": _deed(parting.replayed),
            "why_recorded": _short(parting.why_recorded),
            "why_now": _short(parting.why_replayed),
            "why_not": _short(parting.why_not),
        }
    return found


def _deed(record: Record | None) -> str:
    """A decision in words: what is said or done, or which rule fires."""
    if record is None:
        return "nothing"
    data = record.data
    rule = str(data.get("rule") or "").partition("/")[0]
    if record.kind == "act":
        said = f' "{data["text"]}"' if data.get("text") else ""
        return f"{rule}: {data.get('command')} {data.get('channel')} {data.get('name')}{said}"
    return f"{record.kind} {rule or data.get('channel') or data.get('code')}"


def _short(why: Explanation | str | None) -> str:
    """An explanation in one line: where the rule stands, and what made it fire or not."""
    if why is None or isinstance(why, str):
        return why or ""
    texts = [group.text for group in why.groups if group.text and (group.acted or not why.fired)]
    place = f" ({Path(why.origin).name})" if why.origin else ""
    verdict = "" if why.fired else f", {why.verdict}"
    reason = f": {' or '.join(texts)}" if texts else ""
    return f"{why.rule.partition('/')[0]}{place}{verdict}{reason}"


def whole(finding: Mapping[str, Any]) -> bool:
    """Whether the file is a complete journal, and no copy of another one."""
    return not any(
        finding.get(fault) for fault in ("trouble", "torn", "broken_lines", "no_end", "duplicate_of")
    )
