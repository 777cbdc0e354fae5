"""A simulated visitor: a seeded partner of a session who says what could be said (docs/semantics.md §5).

The visitor is a swapped run (:mod:`engine.roles`): its expectations are its choices. Which words and values
they become is behind :class:`Voice`. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from engine.chance import Chance
from engine.events import Assert, Event, Heard, Perceived, Pressed
from engine.intake import NO_ACT
from engine.journal import Record
from engine.language import NOT_UNDERSTOOD
from engine.model import Program
from engine.roles import SwappedRun
from engine.virtual import VirtualRun

WALKING_OFF_MS: Final = 300_000
"""After this long without anybody a visit must be over."""
_SILENCE_MS: Final = (3_000, 9_000, 20_000)
_NOISE_MS: Final = 15_000
_GARBLED: Final = ("mmbl grf", "wurra zop nint", "", "?!", "zzz zzz zzz")


class Voice(Protocol):
    """Turns what a visitor wants to express into words."""

    def express(self, miron: str, locale: str, chance: Chance) -> str | None:
        """A sentence that means the Miron, with values that this visitor would give.

        Returns:
            None if it has no sentence that can be said.
        """
        ...


@dataclass(frozen=True, slots=True)
class Habits:
    """What a visitor tends to do, in percent of turns; in all other turns it says what is expected.

    Attributes:
        silent: Says nothing for a while.
        astray: Says something that could be said some time, but is not what is asked (of what it says).
        garbled: Says what means nothing.
        noisy: Makes noise, as far as the dialogue has ears for it.
        presses: Presses a button instead of speaking.
        barges_in: Does not wait until the other has finished.
        leaves: Walks off.
        turns: After so many it walks off.
    """

    silent: int = 8
    astray: int = 10
    garbled: int = 6
    noisy: int = 3
    presses: int = 10
    barges_in: int = 15
    leaves: int = 4
    turns: int = 30


@dataclass(frozen=True, slots=True)
class Visit:
    """How a visit went.

    Attributes:
        seed: Of the visitor.
        ending: Of the visit; empty if it did not end.
        turns: How often the visitor did something.
        t: When it was over, session time in ms.
        fired: Rules that fired.
        faults: ``fault`` lines of the session.
        restless: The session did not come to rest (an act without end).
        surprises: What the visitor's own run of the dialogue did not foresee.
        transcript: Who said what, a line each.
    """

    seed: int
    ending: str
    turns: int
    t: int
    fired: frozenset[str]
    faults: tuple[str, ...]
    restless: bool
    surprises: tuple[str, ...]
    transcript: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """It ended by name, and nothing went wrong."""
        return bool(self.ending) and not self.faults and not self.restless


@dataclass(slots=True)
class _Seen:
    fired: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    transcript: list[str] = field(default_factory=list)

    def __call__(self, record: Record) -> None:
        if record.kind == "fire":
            self.fired.add(record.data["rule"])
        elif record.kind == "fault":
            self.faults.append(record.line)
        elif record.kind == "act" and record.get("command") == "start":
            said = record.act.text if record.act is not None else ""
            self.transcript.append(
                f"{record.t} {record.data['channel']} {record.data['name']} {said}".rstrip()
            )


class SimulatedVisitor:
    """Visits a session.

    Args:
        run: The partner, not yet opened.
        swapped: The same dialogue with exchanged roles, not yet opened.
        voice: The visitor's words.
        seed: Of everything the visitor does.
        habits: What it tends to do.
    """

    def __init__(
        self, run: VirtualRun, swapped: SwappedRun, voice: Voice, seed: int, habits: Habits | None = None
    ) -> None:
        self._run = run
        self._swapped = swapped
        self._voice = voice
        self._seed = seed
        self._habits = habits or Habits()
        self._chance = Chance(seed)
        self._seen = _Seen()
        self._restless = False
        program = run.session.program
        self._presence = _flag(program, "present")
        self._speaking = _flag(program, "speaking")
        self._sayable = tuple(
            name for name, meta in sorted(program.mirons.items()) if meta.channel == "speech"
        )

    def visit(self, before: Sequence[Event] = ()) -> Visit:
        """Come, talk, and leave when it is over or enough.

        Args:
            before: Events before the visitor comes (what is known then).
        """
        session = self._run.session
        session.observe(self._seen)
        self._swapped.open()
        session.observe(self._swapped.follow)
        self._run.open()
        for event in before:
            self._run.offer(event)
        self._rest()
        done = len(session.ended)
        self._do(Assert(self._presence, True) if self._presence else Pressed("hello"), "arrives")
        turns = 0
        while len(session.ended) == done and turns < self._habits.turns and not self._restless:
            turns += 1
            if self._chance.happens("leaves", self._habits.leaves):
                break
            self._turn()
        self._leave(done)
        return Visit(
            self._seed,
            session.ended[done] if len(session.ended) > done else "",
            turns,
            session.t,
            frozenset(self._seen.fired),
            tuple(self._seen.faults),
            self._restless,
            tuple(f"{each.t} {each.channel} {each.name}" for each in self._swapped.surprises),
            tuple(self._seen.transcript),
        )

    def _turn(self) -> None:
        chance, habits = self._chance, self._habits
        if not (
            chance.happens("barges_in", habits.barges_in)
            and self._run.until_word(1 + chance.below("word", 5))
        ):
            self._rest()
        kind = chance.below("kind", 100)
        if kind < habits.silent:
            ms = _SILENCE_MS[chance.below("silence", len(_SILENCE_MS))]
            self._seen.transcript.append(f"{self._run.session.t} > (silent for {ms} ms)")
            self._run.advance(ms)
        elif kind < habits.silent + habits.garbled:
            self._say(_GARBLED[chance.below("garbled", len(_GARBLED))])
        elif kind < habits.silent + habits.garbled + habits.noisy and self._speaking:
            self._noise()
        else:
            self._express(astray=chance.happens("astray", habits.astray))
        self._rest()

    def _noise(self) -> None:
        """Sound in which nothing is said; without end for fifteen seconds it is noise."""
        self._do(Assert(self._speaking, True), "(noise)")
        if self._chance.happens("long noise", 50):
            self._run.advance(_NOISE_MS)
            self._run.offer(Pressed("noise", via="voice"))
        self._run.advance(_SILENCE_MS[0])
        self._run.offer(Assert(self._speaking, False))

    def _express(self, astray: bool) -> None:
        miron = self._choice(astray)
        if miron is None:
            self._run.advance(_SILENCE_MS[0])
            return
        presses = not astray and self._chance.happens("presses", self._habits.presses)
        text = None if presses else self._voice.express(miron, self._run.session.locale, self._chance)
        if text is not None:
            self._say(text)
        elif not astray:
            self._do(Pressed(miron), f"[{miron}]")

    def _choice(self, astray: bool) -> str | None:
        """What to express: mostly what a state in force waits for."""
        self._swapped.advance(self._run.session.t)
        expected = [
            each
            for each in self._swapped.expectations()
            if each.miron not in NO_ACT and each.miron != NOT_UNDERSTOOD and each.miron in self._sayable
        ]
        asked = list(dict.fromkeys(each.miron for each in expected if each.state))
        names = list(dict.fromkeys(each.miron for each in expected))
        if astray:
            names = list(self._sayable)
        elif asked and self._chance.happens("answers", 75):
            names = asked
        return names[self._chance.below("miron", len(names))] if names else None

    def _say(self, text: str) -> None:
        via = "key" if self._chance.happens("types", 15) else "voice"
        self._do(Heard(text, via), f'"{text}"')

    def _do(self, event: Event | Perceived, shown: str) -> None:
        self._seen.transcript.append(f"{self._run.session.t} > {shown}")
        self._run.offer(event)

    def _rest(self) -> None:
        if not self._run.settle():
            self._restless = True

    def _leave(self, done: int) -> None:
        if self._presence:
            self._do(Assert(self._presence, False), "leaves")
        session = self._run.session
        end = session.t + WALKING_OFF_MS
        while len(session.ended) == done and session.t < end:
            self._run.advance(1_000)
        self._rest()


def _flag(program: Program, name: str) -> str:
    """The flag of that name about the other; empty if the dialogue has none."""
    found = (
        full
        for full, entry in program.entries.items()
        if entry.other and entry.kind == "flag" and full.rpartition(".")[2] == name
    )
    return next(found, "")
