"""Acts and their channels: who speaks now, who waits, who is stopped (docs/semantics.md §5).

An act goes ``queued → requested → running → stopping → ended``. A requested act holds its channel; it is
dispatched when the cascade is over. The table decides; the session writes lines, sets deadlines, reports.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from engine.events import Command, Mark, Phase
from engine.model import ActSpec, Json

QUEUE_LIMIT: Final = 16
STOPPING_MS: Final = 500
"""How long a stopping act may keep its channel without a word from its effector."""


class State(StrEnum):
    """Where an act is."""

    QUEUED = "queued"
    REQUESTED = "requested"
    """It holds its channel and will be dispatched when the cascade is over."""
    RUNNING = "running"
    STOPPING = "stopping"
    """It keeps its channel until its effector reports, or half a second has passed."""
    ENDED = "ended"


@dataclass(slots=True)
class Act:
    """One act of ours, from request to end; changing.

    Attributes:
        number: 1, 2, …
        rule: Who asked for it.
        spec: What was asked for.
        priority: Of the rule.
        moment: Number of the tick that asked for it.
        mirons: What it expresses, in order; empty for services and waits.
        entities: Values of its Mirons' slots.
        params: Parameters of a service.
        text: Words.
        variants: Which sentences were chosen.
        marks: Body acts within the words.
        locale: Language of the words.
        step: Step of its question, or None.
        state: Where it is.
        outcome: How it ended, once decided.
        said: Words really said, once reported.
        line: Sequence number of its latest journal line.
        inner: It went to the inner effector.
        owned: It counts for its rule: the rule was not left and did not fire again since.
        begun: Its effector has started.
        sent: A command went to an effector.
    """

    number: int
    rule: str
    spec: ActSpec
    priority: int
    moment: int
    mirons: tuple[str, ...] = ()
    entities: Mapping[str, Json] = field(default_factory=dict)
    params: Mapping[str, Json] = field(default_factory=dict)
    text: str = ""
    variants: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()
    locale: str = ""
    step: int | None = None
    state: State = State.REQUESTED
    outcome: Phase | None = None
    said: str | None = None
    line: int | None = None
    inner: bool = False
    owned: bool = True
    begun: bool = False
    sent: bool = False

    @property
    def channel(self) -> str:
        """Its channel."""
        return self.spec.channel

    @property
    def name(self) -> str:
        """Its name in the journal and in perception."""
        return self.spec.name

    @property
    def live(self) -> bool:
        """Whether its end is not decided yet."""
        return self.state is not State.ENDED

    def command(self, kind: str, deadline_ms: int = 0) -> Command:
        """The command for its effector."""
        return Command(
            kind,
            self.number,
            self.channel,
            self.name,
            text=self.text,
            marks=self.marks,
            mirons=self.mirons,
            entities=self.entities,
            params=self.params,
            deadline_ms=deadline_ms,
            rule=self.rule,
            question=self.spec.question,
            step=self.step,
            locale=self.locale,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """An end that the table decided itself; it becomes an internal report."""

    act: Act
    phase: Phase
    reason: str = ""


class ActTable:
    """All acts that have not ended, and who holds which channel.

    What happened since the session last looked is left in ``log`` (act, journal command) and ``verdicts``.

    Args:
        exclusive: Channels with one act at a time and a queue.
        replacing: Channels on which the newer act replaces the older.
    """

    def __init__(self, exclusive: Collection[str], replacing: Collection[str]) -> None:
        self.exclusive = frozenset(exclusive)
        self.replacing = frozenset(replacing)
        self.number = 0
        self.acts: dict[int, Act] = {}
        self.holder: dict[str, Act] = {}
        self.queues: dict[str, list[Act]] = {}
        self.shown: dict[str, Act] = {}
        self.log: list[tuple[Act, str]] = []
        self.verdicts: list[Verdict] = []
        self.to_start: list[Act] = []
        self.to_stop: list[Act] = []

    def next_number(self) -> int:
        """A number for a new act."""
        self.number += 1
        return self.number

    def request(self, act: Act, *, interrupt: bool = False) -> None:
        """Take in a new act: it gets its channel, or waits, or fails because the queue is full."""
        self.acts[act.number] = act
        channel = act.channel
        if channel in self.exclusive:
            if interrupt:
                self._make_room(act)
            if channel in self.holder:
                self._queue(act)
                return
        elif channel in self.replacing and channel in self.holder:
            self._replace(self.holder[channel])
        self._hold(act)
        self.log.append((act, "request"))

    def refuse(self, act: Act) -> None:
        """Take in an act that lost its channel to a higher rank in the same tick: it is dropped at once."""
        self.acts[act.number] = act
        self._drop(act)

    def _make_room(self, act: Act) -> None:
        for waiting in list(self.queues.get(act.channel, ())):
            if self._yields(waiting, act):
                self._drop(waiting)
        holder = self.holder.get(act.channel)
        if holder is not None and self._yields(holder, act):
            self.stop(holder)

    @staticmethod
    def _yields(old: Act, new: Act) -> bool:
        return old.priority <= new.priority and old.moment < new.moment

    def _queue(self, act: Act) -> None:
        queue = self.queues.setdefault(act.channel, [])
        if len(queue) >= QUEUE_LIMIT:
            self._decide(act, Phase.FAILED, "queue full")
            self.log.append((act, "drop"))
            return
        act.state = State.QUEUED
        queue.append(act)
        queue.sort(key=lambda each: (-each.priority, each.number))
        self.log.append((act, "queue"))

    def _hold(self, act: Act) -> None:
        act.state = State.REQUESTED
        if act.channel in self.exclusive or act.channel in self.replacing:
            self.holder[act.channel] = act
        self.to_start.append(act)

    def _replace(self, old: Act) -> None:
        if old.state is State.RUNNING:
            self.to_stop.append(old)
            self.log.append((old, "stop"))
        else:
            self.log.append((old, "drop"))
        self._decide(old, Phase.CANCELLED)

    def _drop(self, act: Act) -> None:
        if act.state is State.QUEUED:
            self.queues[act.channel].remove(act)
        self.log.append((act, "drop"))
        self._decide(act, Phase.CANCELLED)

    def _decide(self, act: Act, phase: Phase, reason: str = "") -> None:
        """End an act whose effector has no say; the channel is free, the report follows."""
        act.outcome = phase
        act.state = State.ENDED
        self.verdicts.append(Verdict(act, phase, reason))
        self._free(act)

    def _free(self, act: Act) -> None:
        if self.holder.get(act.channel) is not act:
            return
        del self.holder[act.channel]
        queue = self.queues.get(act.channel)
        if queue:
            self._hold(queue.pop(0))

    def stop(self, act: Act) -> None:
        """Break an act off, wherever it is; what was never dispatched is dropped."""
        match act.state:
            case State.QUEUED | State.REQUESTED:
                self._drop(act)
            case State.RUNNING if act.channel in self.exclusive and not act.inner:
                act.state = State.STOPPING
                self.to_stop.append(act)
                self.log.append((act, "stop"))
            case State.RUNNING:
                self._replace(act)

    def stop_channel(self, channel: str) -> None:
        """Stop what a channel does, and drop what waits for it."""
        for act in [each for each in self.acts.values() if each.channel == channel and each.live]:
            if act.state is State.QUEUED:
                self._drop(act)
        for act in [each for each in self.acts.values() if each.channel == channel and each.live]:
            self.stop(act)
        self._hide(channel)

    def cut(self, rules: Collection[str], moment: int) -> None:
        """Break off the acts that rules requested in an earlier tick."""
        for act in [each for each in self.acts.values() if each.rule in rules and each.live]:
            if act.moment < moment:
                self.stop(act)

    def barge_in(self, kind: str) -> None:
        """The other is heard (``understood``, or some ``sound``): speech under way may end."""
        for channel in self.exclusive:
            act = self.holder.get(channel)
            if act is not None and act.state is State.RUNNING and act.spec.parts:
                allowed = ("yes", "any_sound") if kind == "understood" else ("any_sound",)
                if act.spec.barge_in in allowed:
                    self.stop(act)

    def leave(self, acts: Iterable[Act]) -> None:
        """Their rule was left: waiting acts, services and waits end; what holds a channel goes on."""
        for act in acts:
            if act.state is State.QUEUED or (act.live and act.channel not in self.holder_channels):
                self.stop(act)

    @property
    def holder_channels(self) -> frozenset[str]:
        """Channels on which an act that has begun goes on when its rule is left."""
        return self.exclusive | self.replacing

    def hide_screen(self, rules: Collection[str]) -> None:
        """Take away the screens that rules have shown."""
        for channel in [each for each, act in self.shown.items() if act.rule in rules]:
            self._hide(channel)

    def _hide(self, channel: str) -> None:
        act = self.shown.pop(channel, None)
        if act is not None and not act.live:
            self.to_stop.append(act)
            self.log.append((act, "stop"))

    def end(self, act: Act, phase: Phase) -> None:
        """The effector (or a deadline) ended the act: its channel goes to the next in the same step."""
        act.outcome = phase
        act.state = State.ENDED
        self.acts.pop(act.number, None)
        if act.channel == "screen" and phase is Phase.DONE:
            self.shown["screen"] = act
        self._free(act)

    def forget(self, act: Act) -> None:
        """The report of an act that the table ended has been heard."""
        self.acts.pop(act.number, None)

    def busy(self, channel: str) -> bool:
        """Whether an act holds the channel."""
        return channel in self.holder
