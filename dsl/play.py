"""Playing one dialogue test: its inputs go to the very session that a kiosk runs, on the virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dsl.binding import Env
from dsl.checklines import Checks, check_condition
from dsl.compiler import NEVER, Compiled
from dsl.fixtures import Fixture, read_fixture, typed
from dsl.happenings import Happenings, Window
from dsl.language import MironLanguage
from dsl.linevalues import Failure, as_duration, as_name, as_text, name_and_details, part_of, shown
from dsl.module_tests import CALL, GIVEN, given_by
from dsl.testlines import FIRST_KEYS, INPUT_KEYS
from dsl.tree import Name, TestDecl, TestLine, Text
from dsl.types import FLAG
from dsl.verdicts import Verdicts
from dsl.visitor import noise, seen
from engine.events import Assert, Heard, Pressed, Thought
from engine.journal import Record
from engine.memory import single
from engine.model import Ended, Program
from engine.network import Network
from engine.session import Session
from engine.virtual import Services, VirtualRun, no_services
from miron.model import Miron
from miron.source import ModelError, Span

START = datetime(2026, 1, 5, 9, 0)
"""When tests take place: a Monday morning."""


class Application(Protocol):
    """What an application (with a directory of its own) brings to the tests of its dialogues."""

    def services(self, fixture: Fixture) -> Services:
        """The services for a test's ``given``."""
        ...

    def lexicons(self, fixture: Fixture) -> Mapping[str, Sequence[str]]:
        """Live type (``person``, ``company`` …) → the names that would be known."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """What the tests of one dialogue share.

    Attributes:
        program: With the levels that check lines look at.
        env: Names as the tests see them.
        checks: The conditions of check lines.
    """

    compiled: Compiled
    program: Program
    network: Network
    language: MironLanguage
    env: Env
    checks: Checks


class Play:
    """One test.

    Args:
        application: Services beyond the fixtures.
        journal: Receives the lines of the session.

    Attributes:
        seen: What has happened.
        fault: Why it failed.
        since: Number of the first journal line after the last input.

    Raises:
        ModelError: What is ``given`` does not fit the dialogue.
    """

    def __init__(
        self,
        stage: Stage,
        test: TestDecl,
        application: Application | None,
        seed: int,
        journal: Callable[[str], None] | None = None,
    ) -> None:
        self.stage, self.test = stage, test
        self.compiled, self.env = stage.compiled, stage.env
        dialogue = stage.compiled.tree.dialogue
        assert dialogue is not None
        settings = {line.key: line.value for line in test.lines if line.key in FIRST_KEYS}
        self.lines = [line for line in test.lines if line.key not in FIRST_KEYS]
        strict = "strict" not in settings or bool(typed(settings["strict"], FLAG))
        fixture = read_fixture(self.env, dialogue.given, settings.get("given"))
        lexicons = {**(application.lexicons(fixture) if application else {}), **fixture.lexicons}
        self.language = stage.language
        self.language.know(lexicons)
        services = fixture.services(application.services(fixture) if application else no_services)
        locale = settings.get("locale")
        self.session = Session(
            stage.program,
            self.language,
            seed=seed,
            locale=locale.text if isinstance(locale, (Text, Name)) else "",
            wall_start=fixture.now or START,
            journal=journal,
            network=stage.network,
        )
        self.virtual = VirtualRun(self.session, services)
        self.fixture = fixture
        self.seen = Happenings(self._visit_ends)
        self.verdicts = Verdicts(self.env, self.seen, strict)
        self.where: Span = test.name.span
        self.fault: Failure | None = None
        self.since = 0
        self._checks_before_end: list[TestLine] = []
        self._judged: dict[Span, Failure | ModelError | None] = {}
        self._acted = 0
        self.session.observe(self.seen)
        self.session.observe(self._note_end)

    def run(self) -> None:
        """Play the lines; the first one that is not as expected ends the test and becomes ``fault``."""
        try:
            self._play()
        except Failure as fault:
            self.fault = fault
        except ModelError as error:
            spans = [problem.span for problem in error.problems if problem.span]
            message = "; ".join(problem.message for problem in error.problems)
            self.fault = Failure(message, spans[0] if spans else self.where)

    def _play(self) -> None:
        self.virtual.open()
        self._settle()
        for entry, value in self.fixture.memory.items():
            self.virtual.offer(Assert(entry, value))
        self._settle()
        self.seen.window = Window()
        for index, line in enumerate(self.lines):
            self.where = line.span
            if line.key in INPUT_KEYS:
                self._next_input(index, line)
            elif line.key == "check":
                self._condition(line)
            elif line.key == "returns":
                self._returns(line)
            else:
                self.verdicts.check(line)
        self.verdicts.leftover(self.lines[-1].span if self.lines else self.where)

    def _next_input(self, index: int, line: TestLine) -> None:
        still = self.verdicts.leftover(line.span, going_on=line.key == "barge_in")
        self.seen.window = Window(still)
        self.seen.transcript.append(f"> {line.key}: {shown(line.value)}")
        self.since = self.session.seq
        self._checks_before_end = self._before_end(index)
        following = next((later for later in self.lines[index + 1 :] if later.key in INPUT_KEYS), None)
        self._input(line, following)

    def _before_end(self, index: int) -> list[TestLine]:
        """The checks between an input and the ending it leads to: they look at the visit still open."""
        checks: list[TestLine] = []
        for line in self.lines[index + 1 :]:
            if line.key in INPUT_KEYS:
                return []
            if line.key == "end":
                return checks
            if line.key == "check":
                checks.append(line)
        return []

    def _visit_ends(self) -> None:
        for line in self._checks_before_end:
            try:
                check_condition(self.session, self.stage.checks, line, self._idle_ms)
            except (Failure, ModelError) as fault:
                self._judged[line.span] = fault
            else:
                self._judged[line.span] = None

    def _condition(self, line: TestLine) -> None:
        if line.span not in self._judged:
            check_condition(self.session, self.stage.checks, line, self._idle_ms)
        elif (fault := self._judged.pop(line.span)) is not None:
            raise fault

    def _note_end(self, record: Record) -> None:
        if record.kind == "percept" and record.get("source") == "self":
            self._acted = record.t

    def _idle_ms(self) -> int:
        return 0 if self.session.busy else self.session.t - self._acted

    def _input(self, line: TestLine, following: TestLine | None) -> None:
        match line.key:
            case "user":
                self.virtual.offer(Heard(as_text(line.value), via="voice"))
            case "type":
                self.virtual.offer(Heard(as_text(line.value), via="key"))
            case "barge_in":
                value = line.value
                text = part_of(value, "user") if isinstance(value, dict) else value
                self.virtual.offer(Heard(as_text(text), via="voice"))
            case "press":
                self._press(line)
            case "see":
                self._see(line)
            case "think":
                name = as_name(line.value, line)
                self.virtual.offer(Thought(self.env.find_rule(name.text) or self.env.miron(name)))
            case "noise":
                noise(self.virtual, self.env.other, as_duration(line))
            case "wait":
                self.virtual.advance(as_duration(line))
            case "call":
                self._call(line)
        if following is not None and following.key == "barge_in":
            value = following.value
            after = part_of(value, "after") if isinstance(value, dict) else None
            self.virtual.until_word(_words(after, following) if after is not None else 1)
            self._watch()
        else:
            self._settle()

    def _call(self, line: TestLine) -> None:
        """Call the module under test; a module without a body only begins to be watched."""
        for key, value in given_by(self.test).items():
            entry = self.compiled.env.find(self.env.tables.entries, GIVEN + key.text)
            if entry is not None:
                self.virtual.offer(Assert(entry, typed(value, self.env.tables.entries[entry][1])))
        if CALL in self.compiled.rules:
            self.virtual.offer(Thought(CALL))

    def _returns(self, line: TestLine) -> None:
        rule = next((unit for unit in self.compiled.program.rules if unit.name == CALL), None)
        if rule is not None and not self.session.holds(Ended(rule.end_part or CALL)):
            raise Failure("the module has not returned yet", line.span)
        for key, value in line.value.items() if isinstance(line.value, dict) else ():
            ref, kind = self.compiled.env.entry(key)
            if (actual := single(self.session.read(ref))) != single(typed(value, kind)):
                raise Failure(f"expected {key.text}: {shown(value)}, but it was {actual!r}", key.span)

    def _press(self, line: TestLine) -> None:
        name, args = name_and_details(line.value, line)
        known = self.env.find(self.env.tables.mirons, name.text)
        if known is not None:
            kinds = {slot.name: slot.type for slot in _miron(self.compiled, known).slots.values()}
            types = self.env.tables.types
            given = {
                key.text: typed(value, types.named(kinds.get(key.text, "text")))
                for key, value in args.items()
            }
            self.virtual.offer(Pressed(known, given))
            return
        for expected in self.session.expectations():
            question = self.compiled.questions.get(expected.miron.removesuffix("/value"))
            if question is not None and expected.miron.endswith("/value"):
                slot, declared = next(iter(_miron(self.compiled, expected.miron).slots.items()))
                value = typed(name, self.env.tables.types.named(declared.type))
                self.virtual.offer(Pressed(expected.miron, {slot: value}))
                return
        raise Failure(f"there is no button '{name.text}'", name.span)

    def _see(self, line: TestLine) -> None:
        self.virtual.offer(seen(self.env, as_name(line.value, line)))

    def _settle(self) -> None:
        if not self.virtual.settle():
            raise Failure("the bot does not come to an end within ten minutes", self.where)
        self._watch()

    def _watch(self) -> None:
        met = next((name for name in sorted(self.seen.fired) if name.startswith(NEVER)), None)
        if met is not None:
            rule = next(rule for rule in self.compiled.program.rules if rule.name == met)
            raise Failure(f"what must never happen has happened: {rule.origin}", self.where)


def _words(after: object, line: TestLine) -> int:
    text = as_text(after)
    if not text.isdecimal():
        raise Failure(f"'{text}' is no number of words", line.span)
    return int(text)


def _miron(compiled: Compiled, name: str) -> Miron:
    return next((miron for miron in compiled.mirons if miron.name == name), Miron(name))
