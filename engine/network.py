"""The behaviour network: a compiled program as integer ids, and what every executor of it must offer.

The network is recurrent. Its state is a vector of **levels** (bits that hold until changed); what happens
lives one tick as **pulses**; ``P within T`` is a **gate** that fades by itself. A **group** is an AND of such
inputs with integer weights and a half-integer threshold, a **rule** an OR of groups. With ``H(z) = [z > 0]``,
levels ``x``, levels of the tick before ``x̂``, and every rule looking at the state the tick began with:

```
rise  r↑ = H(x − x̂ − ½) or fired again,   fall  r↓ = H(x̂ − x − ½)
(1) pulse group   γ = H( u_p + Σ⁺ − Σ⁻ − k + ½ )                k = number of positive inputs with the pulse
    test group    γ = H( Σ rises + m·Σ⁺ − m·Σ⁻ − m·k − ½ )       m = number of its levels
(2) eligible      ε = H( ½ − unless − spent − cooling − running )      γ¹ = H( γ + ε − 3/2 )
(3) scope         γ² = H( γ¹ − Σ γ¹ of taking groups of scopes strictly inside − ½ )    taking groups only
(4) candidate     c = H( Σ γ² − ½ )
(5) winner        w = H( c − Σ L w_earlier − held channels − ½ )    one forward substitution by turn
(6) group acted   κ = H( γ² + w − 3/2 )
(7) in force      a′ = H( K w + a − Σ eats κ − Σ leave w − ½ )         leaving a rule leaves its parts
(8) flags         p′ = H( p + K yes − no − forget − ½ ),   n′ = H( n + K no − K² yes − forget − ½ )
(9) written keys  ω = H( w − Σ w of higher rank with the same key − ½ )
```

An executor owns the bits: it evaluates (1)–(9) and keeps levels, gates, ``once`` and ``cooldown``. Whoever
drives it owns the values: memory entries, acts, timers, queue and journal. The driver's cycle for one event::

    executor.set_level(...)            # intake: what the event changed
    closing = executor.close()         # clocks to arm or cancel, rules that ended, pulses for the tick
    while True:
        tick = executor.tick(pulses + closing.pulses, now)
        if not tick.winners: break         # also when nothing is left to look at
        ...                            # commit: tick.left, tick.firings, tick.writes, acts
        executor.set_level(...)        # tests of changed entries, Busy, Ended, Failed, TimerOut
        closing = executor.close()
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from engine.model import After, Held, Level, Program, Pulse

NONE = -1
"""No such unit, where an id may be absent."""


class NetworkError(ValueError):
    """A program that cannot become a network; the message names the rule and its place in the source."""


@dataclass(frozen=True, slots=True)
class Spent:
    """A level of the network's own: the ``once`` rule has fired."""

    rule: str


@dataclass(frozen=True, slots=True)
class Holds:
    """A level of the network's own: the condition under which a clock bit is counting."""

    of: After | Held


class Wires(NamedTuple):
    """The inputs of an AND, but for a pulse: levels and gates, plain (plus) and negated (minus)."""

    plus: tuple[int, ...] = ()
    minus: tuple[int, ...] = ()
    gates_plus: tuple[int, ...] = ()
    gates_minus: tuple[int, ...] = ()


class AndGroup(NamedTuple):
    """One AND of a rule.

    Attributes:
        rule: Its rule's id.
        number: Its place within the rule, from 0.
        pulse: Pulse id, or NONE for a test group, which acts when it becomes true.
        wires: What must hold.
        eats: Rules it consumes.
        takes: It takes the other's percept, and silences taking groups of the scopes around it.
    """

    rule: int
    number: int
    pulse: int
    wires: Wires
    eats: tuple[int, ...]
    takes: bool


class Unit(NamedTuple):
    """A rule. Its id is its rank: the lower, the higher.

    Attributes:
        name: Qualified name.
        groups: Ids of its groups.
        unless: Masks that inhibit it, each while all its wires hold.
        spent: Level of ``once``, or NONE.
        cooldown: Milliseconds, or NONE.
        running: Level that inhibits it (``again: ignore``), or NONE.
        active: Level "in force", or NONE for a momentary rule: it has no act that takes time, no parts and no
            followers, and nobody asks for its state, so it is over when it has fired.
        ended: Level "own acts have ended", or NONE.
        end: Level that ends the rule by itself: ``ended`` of its end part or its own; NONE if momentary.
        failed: Level "an own act failed", or NONE if nobody asks.
        lasts: Firing starts acts whose end is reported later; without, ``ended`` is true at once.
        followed: It stays in force until consumed or left.
        scope: Scope id.
        ancestors: The rules it is a part of, nearest first.
        parts: All rules that are parts of it, at any depth, by rank.
        channels: Exclusive channels (ids) its acts need.
        drop: It does not fire when one of them is held or claimed by a higher rank.
        leave: Rules it leaves. leave_all: it leaves all.
        yes: Flags it sets. no: Flags it denies. forget: Flags it makes unknown.
        keys: Keys it writes, see :attr:`Network.keys`.
        thinks: Pulses asked for that its thoughts are.
        fired: Pulses that its firing is, for those who ask. finished: likewise the rise of ``ended``.
            took: likewise its firing by a taking group. Each NONE if nobody asks.
    """

    name: str
    groups: tuple[int, ...]
    unless: tuple[Wires, ...] = ()
    spent: int = NONE
    cooldown: int = NONE
    running: int = NONE
    active: int = NONE
    ended: int = NONE
    end: int = NONE
    failed: int = NONE
    lasts: bool = False
    followed: bool = False
    scope: int = 0
    ancestors: tuple[int, ...] = ()
    parts: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    drop: bool = False
    leave: tuple[int, ...] = ()
    leave_all: bool = False
    yes: tuple[int, ...] = ()
    no: tuple[int, ...] = ()
    forget: tuple[int, ...] = ()
    keys: tuple[int, ...] = ()
    thinks: tuple[int, ...] = ()
    fired: int = NONE
    finished: int = NONE
    took: int = NONE


class Gate(NamedTuple):
    """``pulse within ms``: seen in an earlier tick, at most so long ago."""

    pulse: int
    ms: int


class Flag(NamedTuple):
    """A flag entry and its two bits, never both on; unknown is neither. A bit nobody asks for is NONE."""

    entry: str
    yes: int
    no: int


class Clock(NamedTuple):
    """A clock bit (``after T``, ``TEST for T``).

    Attributes:
        of: What the author asked for.
        level: The bit. The driver sets it when the time is up; the executor clears it.
        holds: The level under which it counts. wires: masks of which one must hold for that.
        ms: How long.
        rule: Of ``after``: the rule whose firing again restarts the count; else NONE.
    """

    of: After | Held
    level: int
    holds: int
    wires: tuple[Wires, ...]
    ms: int
    rule: int


class Running(NamedTuple):
    """The derived level ``level`` = ``active`` and not ``end``."""

    level: int
    active: int
    end: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Network:
    """A compiled program. Ids are positions in these tuples.

    Attributes:
        program: What it was compiled from.
        pulses: Pulses asked for by some group or gate.
        levels: Stored levels, as far as somebody asks for them.
        level_names: Their names, unique and stable: for snapshots and people.
        gates: Gates asked for.
        groups: All groups, by rule.
        units: All rules, by rank.
        flags: Flag entries, whose bits (8) the executor writes.
        keys: What only one rule can write in a tick, as (kind, name); kind is ``entry`` (also flags given
            a computed value), ``timer``, ``gate`` or ``channel`` (where the newer act replaces the older).
        clocks: Clock bits to arm and cancel.
        running: Derived levels ``Running``.
        channels: Exclusive channels. busy: their levels ``Busy``.
        enclosing: Per scope id, the scopes around it.
        turn: Rules whose winning depends on others, in the order of (5); all others come before them.
        tests_by_entry: Test levels to evaluate again when a memory entry has changed.
        tests_by_miron: Test levels that read an entity of a Miron's latest act.
    """

    program: Program
    pulses: tuple[Pulse, ...]
    levels: tuple[Level | Spent | Holds, ...]
    level_names: tuple[str, ...]
    gates: tuple[Gate, ...]
    groups: tuple[AndGroup, ...]
    units: tuple[Unit, ...]
    flags: tuple[Flag, ...]
    keys: tuple[tuple[str, str], ...]
    clocks: tuple[Clock, ...]
    running: tuple[Running, ...]
    channels: tuple[str, ...]
    busy: tuple[int, ...]
    enclosing: tuple[tuple[int, ...], ...]
    turn: tuple[int, ...]
    tests_by_entry: Mapping[str, tuple[int, ...]]
    tests_by_miron: Mapping[str, tuple[int, ...]]
    pulse_ids: Mapping[Pulse, int]
    level_ids: Mapping[Level | Spent | Holds, int]
    rule_ids: Mapping[str, int]
    flag_ids: Mapping[str, int]

    @staticmethod
    def compile(program: Program, instant: Collection[str] = ()) -> Network:
        """Lower a program.

        Args:
            program: The compiled dialogue.
            instant: Channels whose acts are over when requested; nobody reports their end.

        Raises:
            NetworkError: The program names what does not exist, or breaks a bound of the network.
        """
        from engine.conditions import lower

        return lower(program, frozenset(instant))

    def pulse_id(self, pulse: Pulse) -> int | None:
        """The id of a pulse; None if nobody asks for it, so that it need not be told to the executor."""
        return self.pulse_ids.get(pulse)

    def level_id(self, level: Level) -> int | None:
        """The id of a level; None if nobody asks for it."""
        return self.level_ids.get(level)


class Firing(NamedTuple):
    """One rule's firing: indices of its groups that acted, rules these consumed."""

    rule: int
    groups: tuple[int, ...]
    consumed: tuple[int, ...]


class Suppressed(NamedTuple):
    """A candidate that may not fire.

    Attributes:
        rule: The candidate.
        busy: The exclusive channel (id) that is held; NONE if it lost.
        by: The winner to which it lost; NONE if busy.
    """

    rule: int
    busy: int
    by: int


@dataclass(slots=True, eq=False)
class Tick:
    """What one tick decided. Not to be changed, and shared: executors may hand out the same object again.

    Attributes:
        network: Whose ids these are.
        groups: Groups with γ² = 1, ascending.
        winners: Rules that fire, by rank.
        suppressed: Candidates held back in (5), by rank.
        consumed: Rules consumed by winners (also those that fire anew), by rank.
        left: Rules left, by rank: consumed, left by an effect, parts of those and parts of winners; without
            the winners themselves, whose earlier firing is over as well. Only rules that were in force, or
            had ended and not been left since.
        taken: Some group took the percept (γ² of a taking group, even if its rule was held back in (5)).
        thinks: Pulses asked for that the winners' thoughts are in the next tick, ascending.
    """

    network: Network = field(repr=False)
    groups: tuple[int, ...] = ()
    winners: tuple[int, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    consumed: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    taken: bool = False
    thinks: tuple[int, ...] = ()

    @property
    def yes(self) -> tuple[int, ...]:
        """Flags that some winner set, ascending (8). The executor has written their bits, changed or not."""
        units = self.network.units
        return tuple(sorted({flag for rule in self.winners for flag in units[rule].yes}))

    @property
    def no(self) -> tuple[int, ...]:
        """Flags that some winner denied and none set, ascending."""
        units = self.network.units
        return tuple(sorted({flag for rule in self.winners for flag in units[rule].no}.difference(self.yes)))

    @property
    def unknown(self) -> tuple[int, ...]:
        """Flags that some winner made unknown and none set or denied, ascending."""
        units = self.network.units
        forgotten = {flag for rule in self.winners for flag in units[rule].forget}
        return tuple(sorted(forgotten.difference(self.yes, self.no)))

    @property
    def writes(self) -> tuple[tuple[int, int], ...]:
        """Who writes each contested key (9): (key, rule), by key."""
        units = self.network.units
        first: dict[int, int] = {}
        for rule in self.winners:
            for key in units[rule].keys:
                first.setdefault(key, rule)
        return tuple(sorted(first.items()))

    @property
    def firings(self) -> tuple[Firing, ...]:
        """Winners with the groups that acted (6) and what these consumed, by rank."""
        acted: dict[int, list[AndGroup]] = {rule: [] for rule in self.winners}
        for g in self.groups:
            group = self.network.groups[g]
            if group.rule in acted:
                acted[group.rule].append(group)
        return tuple(
            Firing(rule, tuple(g.number for g in by), tuple(sorted({eaten for g in by for eaten in g.eats})))
            for rule, by in acted.items()
        )


@dataclass(frozen=True, slots=True)
class Closing:
    """What the closing steps of an intake or a commit found.

    Attributes:
        ended: Rules that ended by themselves, with their parts, by rank. Their ``ended`` bits stay.
        arm: Clocks whose condition begins to hold, or begins anew: (re)start their deadlines.
        cancel: Clocks whose condition no longer holds: their deadlines are void.
        pulses: ``fired``, ``finished`` and ``took`` pulses for the coming tick.
        edges: A level that some test group asks for has risen or fallen: the coming tick may have winners
            even if it has no pulses.
    """

    ended: tuple[int, ...] = ()
    arm: tuple[int, ...] = ()
    cancel: tuple[int, ...] = ()
    pulses: tuple[int, ...] = ()
    edges: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """An executor's state between cascades, by names, so that it fits a changed program too.

    Attributes:
        on: Names of the levels that are on, sorted.
        seen: When pulses asked for by gates were last seen, as (pulse, milliseconds) in order of ids.
        fired: When rules with a cooldown last fired, as (rule, milliseconds) by rank.
    """

    on: tuple[str, ...] = ()
    seen: tuple[tuple[Pulse, int], ...] = ()
    fired: tuple[tuple[str, int], ...] = ()


class Executor(Protocol):
    """An evaluation of the network for one session. All of them give the same answers, bit for bit."""

    @property
    def network(self) -> Network:
        """What it executes."""

    def level(self, level: int) -> bool:
        """Whether a level holds now."""

    def on(self) -> list[int]:
        """The levels that hold now, ascending."""

    def set_level(self, level: int, on: bool) -> None:
        """Change a level, in an intake or in the closing steps of a commit; to what it is already: no effect.

        For tests of memory, ``Busy``, ``Ended``, ``Failed``, ``TimerOut`` and clock bits. ``Active``,
        ``Running``, ``Spent`` and ``Holds`` are the executor's own.
        """

    def leave(self, rules: Sequence[int]) -> tuple[int, ...]:
        """Leave rules from outside a tick (at the end of a visit); returns those left, parts too, by rank."""

    def close(self) -> Closing:
        """End rules by themselves, derive levels, find clocks to arm; after all ``set_level``."""

    def tick(self, pulses: Sequence[int], now: int) -> Tick:
        """Evaluate one tick and write its levels; pulses without repetition, ``now`` in milliseconds."""

    def settle(self) -> None:
        """Forget the edges: after a cascade that was stopped, and after a reload; then nothing rises."""

    def reset(self) -> None:
        """Back to the zero state: all levels off, nothing seen, nothing fired."""

    def last_seen(self, pulse: int) -> int | None:
        """When a pulse asked for by a gate was last seen, in milliseconds."""

    def last_fired(self, rule: int) -> int | None:
        """When a rule with a cooldown last fired, in milliseconds."""

    def snapshot(self) -> State:
        """The state between cascades; pulses and edges are not part of it."""

    def restore(self, state: State) -> tuple[str, ...]:
        """Take over a state; returns names of levels, pulses and rules that this network lacks.

        Then call :meth:`close` for clocks to arm (a changed program), and :meth:`settle`: nothing rises.
        """
