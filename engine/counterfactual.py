"""What another dialogue would have done: a recorded session lived through with changed rules.

What came from outside is given to the other dialogue at its time. A report of an effector belongs to the
n-th act of its name, whatever its number was (:mod:`engine.occurrences`); a report of an act that the other
dialogue did not ask for is ignored with a line. An act that was not performed then, or is asked for after its
recorded end, is ended by a simulated effector and, if it is a service, by fixtures. Nothing is performed.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from engine.check import Malformed
from engine.events import Command, Heard, Perceived, Phase, Report
from engine.explain import ExplainError, Explanation, explain
from engine.journal import Journal, Record, parse
from engine.language import NOT_UNDERSTOOD, Language
from engine.model import Json, Program
from engine.network import Network
from engine.occurrences import Occurrences
from engine.replay import event_of, start
from engine.session import Session
from engine.virtual import Answer, Services, lasts_ms

_DECISIONS: Final = ("fire", "suppress", "act", "gate", "fault")
_NUMBERS: Final = frozenset({"tick", "act", "groups", "consumed", "variant"})
"""Fields that may differ without another decision: numbers, and which sentence gave the same words."""


@dataclass(frozen=True, slots=True)
class Parting:
    """The first decision in which two sessions part.

    Attributes:
        t: When, in session time.
        recorded: The line of the journal; None if nothing happened there.
        replayed: The line of the other dialogue; None if nothing happens there.
        why_recorded: Why the recorded rule fired, if the journal's own dialogue was given.
        why_replayed: Why the rule of the other dialogue fired.
        why_not: Why the recorded rule did not fire in the other dialogue (or that it has none).
    """

    t: int
    recorded: Record | None
    replayed: Record | None
    why_recorded: Explanation | None = None
    why_replayed: Explanation | None = None
    why_not: Explanation | str = ""

    @property
    def cause(self) -> str:
        """What to group sessions by: the rules (and names of acts) on both sides."""
        return f"{_short(self.recorded)} → {_short(self.replayed)}"


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """How a session went with another dialogue.

    Attributes:
        parting: Where it parts from what happened, or None.
        journal: What happens now; a journal like any other.
        unmatched: Numbers of recorded lines whose act the other dialogue did not ask for.
        simulated: Acts that were ended here, as ``channel name``, in order: the path is new there.
        endings: Endings of visits as recorded, and now.
        session: As it is at the end.
    """

    parting: Parting | None
    journal: Journal
    unmatched: tuple[int, ...]
    simulated: tuple[str, ...]
    endings: tuple[tuple[str, ...], tuple[str, ...]]
    session: Session


def not_recorded(name: str, params: Mapping[str, Json]) -> Answer:
    """A service that was not called then fails now."""
    return "failed", "not recorded", 0


def against(
    journal: Journal,
    program: Program,
    language: Language,
    *,
    own: tuple[Program, Language] | None = None,
    services: Services = not_recorded,
    understand_again: bool = False,
    network: Network | None = None,
) -> Counterfactual:
    """Live through a recorded session with another dialogue.

    Args:
        journal: As read.
        program: The other dialogue.
        language: Its Mirons.
        own: The dialogue of the journal, for ``why_recorded``.
        services: Answers of services where the path is new.
        understand_again: Understand the recorded words anew. Otherwise what they meant then is kept, but for
            Mirons that the other dialogue does not have.
        network: The other program as a network, if it was made before.

    Raises:
        JournalError: A line from outside is not complete.
    """
    run = _Run(journal, program, language, services, understand_again, network)
    run.live()
    now = Journal(tuple(map(parse, run.lines)))
    masked = bool(journal.header.get("masked"))
    parting = _parting(journal.records, now.records, masked)
    if parting is not None:
        parting = _explained(parting, journal, now, own, (program, language))
    return Counterfactual(
        parting,
        now,
        tuple(run.unmatched),
        tuple(run.simulated),
        (_endings(journal.records), _endings(now.records)),
        run.session,
    )


@dataclass(slots=True)
class _Run:
    journal: Journal
    program: Program
    language: Language
    services: Services
    again: bool
    network: Network | None
    lines: list[str] = field(default_factory=list)
    unmatched: list[int] = field(default_factory=list)
    simulated: list[str] = field(default_factory=list)
    session: Session = field(init=False)
    _then: Occurrences = field(init=False)
    _now: Occurrences = field(init=False)
    _heard: set[str] = field(init=False)
    _performed: set[int] = field(init=False)
    _stopped: set[int] = field(init=False)
    _over: set[int] = field(init=False, default_factory=set)
    _due: list[tuple[int, int, Report]] = field(init=False, default_factory=list)
    _order: int = 0

    def live(self) -> None:
        records = self.journal.records
        self._then, self._now = Occurrences(records), Occurrences()
        pulses = (group.pulse for rule in self.program.rules for group in rule.groups)
        self._heard = {pulse.name for pulse in pulses if pulse and pulse.source == "other"} | {NOT_UNDERSTOOD}
        self._performed, self._stopped = _acts(records, "start"), _acts(records, "stop")
        self.session = start(
            self.journal, self.program, self.language, write=self.lines.append, network=self.network
        )
        self.session.observe(self._now.observe)
        for record in records:
            if record.kind == "open":
                self.session.open()
            elif record.cause is None:
                self._until(record.t)
                self._feed(record)
            self._serve()
        self._until(max(self.session.t, records[-1].t))

    def _feed(self, record: Record) -> None:
        if record.kind == "close":
            self.session.close(record.get("reason") or "")
            return
        event = event_of(record)
        if isinstance(event, Report):
            event = self._report(record, event)
        elif isinstance(event, Perceived):
            event = self._words(event)
        if event is not None:
            self.session.offer(event, record.t)
            self.session.run(record.t)

    def _report(self, record: Record, event: Report) -> Report | Malformed:
        if event.phase.final:
            self._over.add(event.act)
        number = self._now.number(self._then.of(event.act))
        if number is not None:
            return replace(event, act=number)
        self.unmatched.append(record.seq)
        name = record.get("name") or "an act"
        return Malformed(f"line {record.seq} tells of {name}, which was not asked for here")

    def _words(self, event: Perceived) -> Perceived | Heard:
        known = event.name in self.program.mirons or event.name in self._heard
        readable = event.source == "other" and event.text and not self.journal.header.get("masked")
        if readable and (self.again or not known):
            return Heard(event.text, event.via, event.confidence, event.id)
        return event

    def _until(self, t: int) -> None:
        """Run to a time; simulated ends are delivered at theirs."""
        while self._due and self._due[0][0] <= t:
            at, _, report = heapq.heappop(self._due)
            self.session.offer(report, at)
            self.session.run(max(at, self.session.t))
            self._serve()
        self.session.run(t)
        self._serve()

    def _serve(self) -> None:
        """Perform what was not performed then; a recorded act is ended by its own report, or never."""
        for command in self.session.take_commands():
            recorded = self._then.number(self._now.of(command.act))
            if command.kind == "stop" and recorded not in self._stopped:
                self._due = [each for each in self._due if each[2].act != command.act]
                heapq.heapify(self._due)
                self._later(0, Report(command.act, Phase.CANCELLED))
            elif command.kind == "start" and (recorded not in self._performed or recorded in self._over):
                self.simulated.append(f"{command.channel} {command.name}")
                self._later(0, Report(command.act, Phase.STARTED))
                self._end(command)

    def _end(self, command: Command) -> None:
        if command.channel != "service":
            self._later(lasts_ms(command), Report(command.act, Phase.DONE))
            return
        kind, value, delay = self.services(command.name, command.params)
        if kind == "done":
            self._later(delay, Report(command.act, Phase.DONE, values=value))
        elif kind == "failed":
            self._later(delay, Report(command.act, Phase.FAILED, reason=str(value)))

    def _later(self, ms: int, report: Report) -> None:
        self._order += 1
        heapq.heappush(self._due, (self.session.t + ms, self._order, report))


def _acts(records: Sequence[Record], command: str) -> set[int]:
    return {
        record.data["act"]
        for record in records
        if record.kind == "act" and record.get("command") == command and record.get("act") is not None
    }


def _endings(records: Sequence[Record]) -> tuple[str, ...]:
    return tuple(
        record.data["name"] for record in records if record.kind == "act" and record.get("channel") == "visit"
    )


def _short(record: Record | None) -> str:
    if record is None:
        return "nothing"
    if record.kind == "act":
        return f"{_authors(record.get('rule'))} {record.get('command')} {record.get('name')}"
    return f"{record.kind} {record.get('rule') or record.get('channel') or record.get('code')}"


def _authors(rule: Json) -> str:
    """The rule that an author wrote; its hidden parts carry numbers, which shift with every change."""
    return str(rule or "").partition("/")[0]


def _is_decision(record: Record) -> bool:
    """What hidden parts decide shows in acts and in what they make the author's rules do."""
    if record.kind in ("fire", "suppress"):
        rule = str(record.get("rule"))
        return "/" not in rule and not rule.startswith("~")
    return record.kind in _DECISIONS


def _parting(then: Sequence[Record], now: Sequence[Record], masked: bool) -> Parting | None:
    """The first decision that differs, within the time that was recorded."""
    old = [record for record in then if _is_decision(record)]
    end = then[-1].t
    new = [record for record in now if _is_decision(record) and record.t <= end]
    for left, right in zip(old, new, strict=False):
        if _essence(left, masked) != _essence(right, masked):
            if left.t != right.t:  # what comes first is what happens on one side alone
                return Parting(left.t, left, None) if left.t < right.t else Parting(right.t, None, right)
            return Parting(left.t, left, right)
    if len(old) > len(new):
        return Parting(old[len(new)].t, old[len(new)], None)
    if len(new) > len(old):
        return Parting(new[len(old)].t, None, new[len(old)])
    return None


def _essence(record: Record, masked: bool) -> str:
    leave = _NUMBERS | ({"text", "entities"} if masked else set())
    data = {
        name: _authors(value) if name in ("rule", "by") else value
        for name, value in record.data.items()
        if name not in leave
    }
    return Record(0, record.t, record.kind, None, data).line


def _explained(
    parting: Parting,
    journal: Journal,
    now: Journal,
    own: tuple[Program, Language] | None,
    other: tuple[Program, Language],
) -> Parting:
    fired = _firing(journal, parting.recorded)
    fires = _firing(now, parting.replayed)
    why_not: Explanation | str = ""
    if fired is not None and (fires is None or fires.get("rule") != fired.get("rule")):
        rule = str(fired.get("rule"))
        event = _event_at(now, fired, journal)
        if _authors(rule) not in {each.name for each in other[0].rules}:
            why_not = f"the other dialogue has no rule {_authors(rule)}"
        elif event is not None and "/" not in rule:  # a part of this number may be another one there
            why_not = _why(now, *other, event.seq, rule) or ""
    return replace(
        parting,
        why_recorded=_why(journal, *own, fired.seq) if own and fired else None,
        why_replayed=_why(now, *other, fires.seq) if fires else None,
        why_not=why_not,
    )


def _why(
    journal: Journal, program: Program, language: Language, at: int, rule: str | None = None
) -> Explanation | None:
    try:
        return explain(journal, program, language, at, rule)
    except ExplainError:
        return None


def _firing(journal: Journal, record: Record | None) -> Record | None:
    """The firing that a decision follows from."""
    lines = {each.seq: each for each in journal.records}
    while record is not None and record.kind not in ("fire", "suppress"):
        record = None if record.cause is None else lines.get(record.cause)
    return record


def _event_at(now: Journal, fired: Record, journal: Journal) -> Record | None:
    """The line of the other run that is the event which the recorded firing answered."""
    lines = {each.seq: each for each in journal.records}
    event: Record | None = fired
    while event is not None and event.kind in ("fire", "act", "suppress"):
        event = None if event.cause is None else lines.get(event.cause)
    if event is None:
        return None
    same = [
        each
        for each in now.records
        if each.kind == event.kind and each.t == event.t and each.get("name") == event.get("name")
    ]
    return same[-1] if same else None
