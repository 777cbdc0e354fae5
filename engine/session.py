"""A session: the behaviour network with its memory, acts, timers and journal, in virtual time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from engine import cascade, effects, intake, state
from engine.acts import Verdict
from engine.adjacency import Tables
from engine.check import Malformed, checked
from engine.core import INTERNAL_LIMIT, Core, Imagine, Inner, Internal, Pulses
from engine.events import (
    Command,
    Event,
    Expected,
    Phase,
    Report,
)
from engine.expect import gate_open
from engine.handling import Handler
from engine.journal import FORMAT, Record
from engine.language import Language
from engine.live import LiveExecutor
from engine.model import EntityRef, Json, Level, Program, Ref, Test, Within
from engine.network import Executor, Network


@lru_cache(maxsize=4)
def _tables(network: Network) -> Tables:
    """Sessions of one network share what is looked up in it."""
    return Tables(network)


def _live(network: Network) -> Executor:
    return LiveExecutor(network, _tables(network))


class _Queued(NamedTuple):
    stamp: int
    event: Event | Malformed


class Session:
    """One running dialogue. Synchronous; it reads no clock: time is what ``run`` is given.

    Args:
        program: The compiled dialogue.
        language: Its Mirons, both directions.
        seed: Of every choice the session makes.
        locale: Language to begin with; empty: the first of the program.
        wall_start: Wall time at session time 0, for texts and for understanding dates; None: 2000-01-01.
        journal: Receives each line, without newline; if it has a method ``flush``, that is called before the
            commands of a cascade become available.
        executor: Makes the executor of the network; None: the live one.
        network: The program as a network, if it was made before.
        engine: Name of the executor, for the journal.
        role: Who is played, for the journal.
        queue_limit: How many events may wait.
        mask: Changes records before they are written, to keep personal data out of the journal.
    """

    def __init__(
        self,
        program: Program,
        language: Language,
        *,
        seed: int = 0,
        locale: str = "",
        wall_start: datetime | None = None,
        journal: Callable[[str], None] | None = None,
        executor: Callable[[Network], Executor] | None = None,
        network: Network | None = None,
        engine: str = "live",
        role: str = "self",
        queue_limit: int = 4096,
        mask: Callable[[Record], Record] | None = None,
    ) -> None:
        self._make = executor or _live
        self.program = program
        self.language = language
        self.role = role
        self._engine = engine
        self._core = core = Core(program, self._make(network or Network.compile(program)), language, seed)
        core.locale = core.first_locale = locale or core.locale
        core.wall_start = wall_start or core.wall_start
        core.keep_lines = journal is not None
        core.mask = mask
        self._journal = journal
        self._queue: deque[_Queued] = deque()
        self._limit = queue_limit
        self._commands: list[Command] = []
        self._spins = 0
        self._spun_at = 0
        self._handler = Handler(core)
        self._opened = False

    @property
    def t(self) -> int:
        """Session time in milliseconds."""
        return self._core.t

    @property
    def opened(self) -> bool:
        """Whether it has been opened, or goes on from a snapshot."""
        return self._opened

    @property
    def seq(self) -> int:
        """Number of the next journal line."""
        return self._core.seq

    @property
    def ended(self) -> list[str]:
        """The endings of the visits so far."""
        return self._core.ended

    @property
    def visit_open(self) -> bool:
        """Whether a visit is going on."""
        return self._core.visit_open

    @property
    def locale(self) -> str:
        """The language in use; it follows the language heard."""
        return self._core.locale

    @property
    def network(self) -> Network:
        """The program as a network."""
        return self._core.network

    @property
    def executor(self) -> Executor:
        """What evaluates the network; for looking, not for changing."""
        return self._core.executor

    @property
    def busy(self) -> bool:
        """Whether the bot has not finished: some act runs or waits, a gesture as well as a service."""
        return bool(self._core.fifo) or bool(self._core.acts.acts)

    def value(self, entry: str) -> Json:
        """The value of a memory entry, or None."""
        return self._core.memory.value(entry)

    def origin(self, entry: str) -> str:
        """Where a value comes from: ``told set looked_up default world``; empty if there is none."""
        return self._core.memory.cell(entry).origin

    def read(self, ref: Ref | EntityRef) -> Json:
        """The value of an entry, of an entity of an act, or of a part of it; None if there is none."""
        return self._core.memory.read(ref)

    def holds(self, of: Level | Within) -> bool:
        """Whether a level or gate holds now; beside tests of memory only those that some rule asks for do."""
        if isinstance(of, Test):
            return self._core.memory.test(of)
        network = self.network
        if isinstance(of, Within):
            return any(
                network.pulses[gate.pulse] == of.pulse and gate.ms == of.ms and gate_open(self._core, number)
                for number, gate in enumerate(network.gates)
            )
        level = network.level_id(of)
        return level is not None and self._core.executor.level(level)

    def active(self) -> tuple[str, ...]:
        """The rules in force, by rank."""
        return tuple(
            unit.name
            for unit in self.network.units
            if unit.active >= 0 and self._core.executor.level(unit.active)
        )

    def observe(self, callback: Callable[[Record], None]) -> None:
        """Have every record passed to ``callback`` as it happens, unmasked."""
        self._core.observers.append(callback)

    def open(self) -> None:
        """Write the defaults, and let ``session_started`` happen at time 0.

        Raises:
            RuntimeError: The session is open already.
        """
        if self._opened:
            raise RuntimeError("the session is open already")
        self._opened = True
        core = self._core
        header: dict[str, Json] = {
            "format": FORMAT,
            "dialogue": self.program.name,
            "hash": self.program.hash,
            "engine": self._engine,
            "locale": core.locale,
            "seed": core.seed,
            "wall": core.wall_start.isoformat(timespec="milliseconds"),
            "role": self.role,
            "masked": True if core.mask else None,
            "limits": {"ticks": self.program.max_ticks, "internal": INTERNAL_LIMIT, "queue": self._limit},
        }
        cause = core.emit("open", None, header)
        pulses = Pulses(core.network)
        pulses.add("world", "session_started", cause)
        intake.write_defaults(core, cause, pulses, kiosk=True)
        for entry in self.program.entries:
            core.refresh(entry)  # tests of what stays empty hold from here on (``is none``)
        self._finish(cascade.run(core, pulses, cause))
        self.run(0)

    def offer(self, event: Event | Malformed, at: int | None = None) -> bool:
        """Queue an event.

        Args:
            event: What happened.
            at: When, in session time; not before anything that was queued or processed. None: now.

        Returns:
            False if it is refused because the queue is full.
        """
        stamp = max(self.t if at is None else at, self._queue[-1].stamp if self._queue else self.t)
        sound = checked(event)
        if isinstance(sound, Report) and sound.phase is Phase.PROGRESS and self._queue:
            last = self._queue[-1].event
            if isinstance(last, Report) and last.phase is Phase.PROGRESS and last.act == sound.act:
                self._queue[-1] = _Queued(stamp, sound)
                return True
        if len(self._queue) >= self._limit:
            return False
        self._queue.append(_Queued(stamp, sound))
        return True

    def next_due(self) -> int | None:
        """When something happens by itself next (queued event or deadline), or None."""
        due = self._core.timers.next()
        times = [self.t] if self._core.fifo else []
        times += [due.deadline] if due else []
        times += [self._queue[0].stamp] if self._queue else []
        return min(times, default=None)

    def run(self, until_ms: int) -> None:
        """Process everything due up to ``until_ms``; afterwards ``t`` is at least that."""
        core = self._core
        while True:
            if core.fifo:
                self._internal()
                continue
            due = core.timers.next()
            stamp = self._queue[0].stamp if self._queue else None
            if due is not None and due.deadline <= until_ms and (stamp is None or due.deadline <= stamp):
                core.t = max(core.t, due.deadline)
                pulses, cause = intake.timer(core, core.timers.pop())
                self._finish(cascade.run(core, pulses, cause))
            elif stamp is not None and stamp <= until_ms:
                core.t = max(core.t, stamp)
                self._finish(self._handler.handle(self._queue.popleft().event))
            else:
                break
        core.t = max(core.t, until_ms)

    def take_commands(self) -> list[Command]:
        """The commands since the last call, in order; their lines are written."""
        commands, self._commands = self._commands, []
        return commands

    def expectations(self) -> list[Expected]:
        """What the other could express now that some rule would react to, most preferred first."""
        return self._handler.expectations()

    def note(self, **fields: Json) -> None:
        """Write a remark (latency, audio file); it is never compared."""
        self._core.note(**fields)
        self._flush()

    def close(self, reason: str = "closed") -> None:
        """Write the last line."""
        self._core.emit("close", None, {"reason": reason})
        self._flush()

    def recover(self, error: Exception) -> None:
        """After an exception out of :meth:`run`: a line says so, and the session can go on."""
        core = self._core
        core.fault("internal", max(0, core.seq - 1), reason=f"{type(error).__name__}: {error}"[:500])
        core.executor.settle()
        self._finish(effects.dispatch(core))

    def snapshot(self) -> dict[str, Json]:
        """The whole state as data, for :meth:`restore`; queued external events are not part of it."""
        return state.snapshot(self._core)

    def restore(self, snapshot: dict[str, Json]) -> list[str]:
        """Continue from a snapshot instead of :meth:`open`.

        Returns:
            Names of what the snapshot holds and this program lacks.

        Raises:
            ValueError: It is no snapshot of this format.
        """
        lacking = state.restore(self._core, snapshot)
        self._opened = True
        return lacking

    def reload(
        self,
        program: Program,
        language: Language | None = None,
        *,
        mask: Callable[[Record], Record] | None = None,
    ) -> list[str]:
        """Go on with a changed dialogue, between cascades; nothing rises by it.

        Args:
            program: The changed dialogue.
            language: Its Mirons; None: those in use.
            mask: For the entries of the new program; None: as before.

        Returns:
            Names of what was left or dropped because the new program lacks it.

        Raises:
            NetworkError: The program cannot become a network; the session goes on as it was.
        """
        old = self._core
        self.language = language or self.language
        core = Core(program, self._make(Network.compile(program)), self.language, old.seed)
        core.observers, core.keep_lines, core.mask = old.observers, old.keep_lines, mask or old.mask
        lacking = state.restore(core, state.snapshot(old))
        self.program, self._core, self._handler = program, core, Handler(core)
        left: list[Json] = [name.removeprefix("active ") for name in lacking if name.startswith("active ")]
        dropped: list[Json] = [name for name in lacking if not name.startswith("active ")]
        core.emit("reload", None, {"hash": program.hash, "left": left or None, "dropped": dropped or None})
        core.acts.leave([act for act in core.acts.acts.values() if act.rule not in core.network.rule_ids])
        self._finish(effects.dispatch(core))
        return lacking

    def fork(self) -> Session:
        """An independent copy that goes on from here, without journal, observers and queued events."""
        twin = Session(
            self.program,
            self.language,
            seed=self._core.seed,
            executor=self._make,
            network=self.network,
            engine=self._engine,
            role=self.role,
            queue_limit=self._limit,
        )
        twin.restore(self.snapshot())
        return twin

    def _finish(self, commands: list[Command]) -> None:
        self._flush()
        self._commands += commands

    def _flush(self) -> None:
        lines, self._core.lines = self._core.lines, []
        if self._journal is None:
            return
        for line in lines:
            self._journal(line)
        flush = getattr(self._journal, "flush", None)
        if flush is not None:
            flush()

    def _internal(self) -> None:
        core = self._core
        if core.t > self._spun_at:
            self._spun_at, self._spins = core.t, 0
        self._spins += 1
        event = core.fifo.popleft()
        if self._spins > INTERNAL_LIMIT:
            self._too_many(event)
            return
        core.in_fault = isinstance(event, Inner) and event.name == "fault"
        match event:
            case Verdict():
                pulses, cause = intake.verdict(core, event)
            case Imagine():
                if not event.act.live:
                    return
                pulses, cause = intake.imagine(core, event)
            case Inner():
                pulses, cause = intake.inner_signal(core, event)
                if event.name == "visit_ended":
                    state.end_visit(core, cause, pulses)
        self._finish(cascade.run(core, pulses, cause))
        core.in_fault = False

    def _too_many(self, event: Internal) -> None:
        """A loop through the internal queue: it is emptied, and what it held ends without a word."""
        core = self._core
        dropped = [event, *core.fifo]
        core.fifo.clear()
        acts = [
            each.act for each in dropped if not isinstance(each, Inner) and each.act.number in core.acts.acts
        ]
        if self._spins == INTERNAL_LIMIT + 1:
            core.fault("internal queue", max(0, core.seq - 1), rules=sorted({act.rule for act in acts}))
        pulses = Pulses(core.network)
        for act in acts:
            if act.number in core.acts.acts:
                intake.finish(core, act, Phase.CANCELLED, {}, None, pulses)
        if any(isinstance(each, Inner) and each.name == "visit_ended" for each in dropped):
            state.end_visit(core, max(0, core.seq - 1), pulses)
        core.close(None)
        core.executor.settle()
        self._finish(effects.dispatch(core))
