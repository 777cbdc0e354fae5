"""Dialogue tests: scripted visitors on the virtual clock, and what the agent must do about them.

What the author writes is described in docs/dsl.md. A test runs the very session that a kiosk runs; only
time and effectors are simulated (:class:`engine.virtual.VirtualRun`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from dsl.binding import Env, slot_type
from dsl.compiler import NEVER, Compiled, compile_tree
from dsl.conditions import Conditions
from dsl.expressions import ExpressionError, parse_expr
from dsl.fixtures import Fixture, plain, read_fixture, typed
from dsl.language import MironLanguage
from dsl.module_tests import CALL, GIVEN, given_by, stand_in
from dsl.names import duration_ms
from dsl.tree import Name, Owner, RuleDecl, TestDecl, TestLine, Text, Tree
from dsl.types import FLAG
from dsl.visitor import noise, seen
from engine.conditions import value_name
from engine.events import Assert, Heard, Pressed, Thought
from engine.journal import Record
from engine.memory import single
from engine.model import Active, Ended, Lit, Mask, Test
from engine.network import Network
from engine.session import Session
from engine.virtual import Services, VirtualRun, no_services
from miron.model import Miron, TrainedModel
from miron.source import ModelError, Span

INPUTS = frozenset({"user", "barge_in", "type", "press", "see", "think", "noise", "wait", "call"})
FIRST = ("given", "locale", "strict")
"""What stands before the first input."""
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
class Outcome:
    """How one test went.

    Attributes:
        failure: What was not as expected; empty if it passed.
        span: The line of the test that failed.
        transcript: What was heard, fired, said and done, a line each.
        fired: Author's rules that fired.
    """

    name: str
    failure: str
    span: Span
    transcript: tuple[str, ...]
    fired: frozenset[str]

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.failure


class _Failure(Exception):
    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


def run_tests(
    compiled: Compiled,
    application: Application | None = None,
    only: str = "",
    seed: int = 0,
    trained: TrainedModel | None = None,
) -> list[Outcome]:
    """Run the tests of a dialogue, in the order written.

    Args:
        compiled: Compiled with ``watch=True`` if ``never`` is to be watched.
        application: Services beyond the fixtures.
        only: Run those whose name contains this.
        trained: Trained understanding, besides the templates.
    """
    dialogue = compiled.tree.dialogue
    assert dialogue is not None
    tests = [test for test in dialogue.tests if only in test.name.text]
    shared = MironLanguage(compiled, trained=trained)
    network = Network.compile(compiled.program)
    return [_Play(compiled, test, application, shared, network, seed).run() for test in tests]


@dataclass(frozen=True, slots=True)
class Played:
    """All tests of a dialogue and of its modules.

    Attributes:
        rules: Author's rules by name, for coverage; of the dialogue if there is one.
    """

    outcomes: tuple[Outcome, ...]
    rules: Mapping[str, RuleDecl]


def play_tests(
    tree: Tree,
    application: Application | None = None,
    only: str = "",
    seed: int = 0,
    trained: Callable[[Compiled], TrainedModel | None] | None = None,
) -> Played:
    """Run the tests of a dialogue, then those of the modules beside it, or of a module alone.

    Args:
        trained: Finds the trained understanding of the dialogue; None: only the templates listen.

    Raises:
        ModelError: The dialogue, or a module under test, has mistakes.
    """
    outcomes: list[Outcome] = []
    rules: Mapping[str, RuleDecl] = {}
    if tree.dialogue is not None:
        compiled = compile_tree(tree, watch=True)
        rules = compiled.rules
        outcomes += run_tests(compiled, application, only, seed, trained(compiled) if trained else None)
    for module in tree.modules.values():
        for test in module.tests:
            if only in test.name.text:
                compiled = compile_tree(stand_in(tree, module, test), watch=True)
                language, network = MironLanguage(compiled), Network.compile(compiled.program)
                outcomes.append(_Play(compiled, test, application, language, network, seed, module).run())
                rules = rules or compiled.rules
    return Played(tuple(outcomes), rules)


@dataclass(slots=True)
class _Utterance:
    """Something said that the test has not listed yet.

    Attributes:
        act: Its number.
        mirons: What is left to be listed.
        question: The question it asks, with ``/confirm`` when it repeats a value; else empty.
        cut: It was broken off.
        echo: It was listed before it was broken off; that it was may be listed too.
    """

    act: int
    mirons: list[str]
    question: str = ""
    step: int | None = None
    cut: bool = False
    echo: bool = False

    def __str__(self) -> str:
        if self.question:
            name, _, confirm = self.question.partition("/")
            return f"question {name} ({confirm or f'step {self.step}'})"
        return " + ".join(self.mirons) + (" (cut)" if self.cut else "")


@dataclass(slots=True)
class _Window:
    """What has happened since the last input."""

    said: list[_Utterance] = field(default_factory=list)
    acts: list[tuple[str, str]] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)


class _Play:
    def __init__(
        self,
        compiled: Compiled,
        test: TestDecl,
        application: Application | None,
        language: MironLanguage,
        network: Network,
        seed: int,
        module: Owner | None = None,
    ) -> None:
        self.compiled, self.test = compiled, test
        dialogue = compiled.tree.dialogue
        assert dialogue is not None
        self.env: Env = compiled.env if module is None else _inside(compiled, module)
        self.settings = {line.key: line.value for line in test.lines if line.key in FIRST}
        self.lines = [line for line in test.lines if line.key not in FIRST]
        self.strict = "strict" not in self.settings or typed(self.settings["strict"], FLAG)
        fixture = read_fixture(self.env, dialogue.given, self.settings.get("given"))
        lexicons = {**(application.lexicons(fixture) if application else {}), **fixture.lexicons}
        language = MironLanguage(compiled, lexicons, language.trained) if lexicons else language
        services = fixture.services(application.services(fixture) if application else no_services)
        locale = self.settings.get("locale")
        self.session = Session(
            compiled.program,
            language,
            seed=seed,
            locale=locale.text if isinstance(locale, (Text, Name)) else "",
            wall_start=fixture.now or START,
            network=network,
        )
        self.virtual = VirtualRun(self.session, services)
        self.fixture = fixture
        self.window = _Window()
        self.transcript: list[str] = []
        self.fired: set[str] = set()
        self.before_end: list[TestLine] = []
        self.verdicts: dict[Span, _Failure | None] = {}
        self.spoken: set[int] = set()
        self.over: set[int] = set()
        self.values: dict[str, Mapping[str, Any]] = {}
        self.where = test.name.span
        self.session.observe(self._observe)

    def run(self) -> Outcome:
        """Play the lines; the first one that is not as expected ends the test."""
        failure = ""
        try:
            self._play()
        except _Failure as fault:
            failure, self.where = str(fault), fault.span
        except ModelError as fault:
            failure = "; ".join(problem.message for problem in fault.problems)
        return Outcome(
            self.test.name.text, failure, self.where, tuple(self.transcript), frozenset(self.fired)
        )

    def _play(self) -> None:
        self.virtual.open()
        self._settle()
        for entry, value in self.fixture.memory.items():
            self.virtual.offer(Assert(entry, value))
        self._settle()
        self.window = _Window()
        for index, line in enumerate(self.lines):
            self.where = line.span
            if line.key in INPUTS:
                still = self._leftover(line.span, going_on=line.key == "barge_in")
                self.window = _Window(still)
                self.transcript.append(f"> {line.key}: {_shown(line.value)}")
                self.before_end = self._before_end(index)
                following = next((later for later in self.lines[index + 1 :] if later.key in INPUTS), None)
                self._input(line, following)
            else:
                self._check(line)
        self._leftover(self.lines[-1].span if self.lines else self.where)

    def _leftover(self, span: Span, going_on: bool = False) -> list[_Utterance]:
        """What was said and not listed is a failure; what is still being said can be listed as ``cut``."""
        rest = [each for each in self.window.said if not each.echo]
        still = [each for each in rest if going_on and each.act not in self.over]
        if self.strict and len(still) < len(rest):
            names = ", ".join(str(each) for each in rest if each not in still)
            raise _Failure(f"the bot also said {names}", span)
        return still

    def _before_end(self, index: int) -> list[TestLine]:
        """The checks between an input and the ending it leads to: they look at the visit still open."""
        checks: list[TestLine] = []
        for line in self.lines[index + 1 :]:
            if line.key in INPUTS:
                return []
            if line.key == "end":
                return checks
            if line.key == "check":
                checks.append(line)
        return []

    # Inputs

    def _input(self, line: TestLine, following: TestLine | None) -> None:
        match line.key:
            case "user":
                self.virtual.offer(Heard(_text(line.value), via="voice"))
            case "type":
                self.virtual.offer(Heard(_text(line.value), via="key"))
            case "barge_in":
                value = line.value
                text = _field(value, "user") if isinstance(value, dict) else value
                self.virtual.offer(Heard(_text(text), via="voice"))
            case "press":
                self._press(line)
            case "see":
                self._see(line)
            case "think":
                name = _name(line.value)
                self.virtual.offer(Thought(self.env.find_rule(name.text) or self.env.miron(name)))
            case "noise":
                noise(self.virtual, self.env.other, _duration(line))
            case "wait":
                self.virtual.advance(_duration(line))
            case "call":
                self._call(line)
        if following is not None and following.key == "barge_in":
            value = following.value
            after = _field(value, "after") if isinstance(value, dict) else None
            self.virtual.until_word(int(_text(after)) if after is not None else 1)
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
        if rule is not None and not self._lit(Lit(Ended(_end_of(self.compiled, CALL)))):
            raise _Failure("the module has not returned yet", line.span)
        for key, value in line.value.items() if isinstance(line.value, dict) else ():
            ref, kind = self.compiled.env.entry(key)
            if (actual := single(self.session.read(ref))) != single(typed(value, kind)):
                raise _Failure(f"expected {key.text}: {_shown(value)}, but it was {actual!r}", key.span)

    def _press(self, line: TestLine) -> None:
        name, args = _one(line.value)
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
                slot = next(iter(_miron(self.compiled, expected.miron).slots))
                self.virtual.offer(Pressed(expected.miron, {slot: name.text}))
                return
        raise _Failure(f"there is no button '{name.text}'", name.span)

    def _see(self, line: TestLine) -> None:
        self.virtual.offer(seen(self.env, _name(line.value)))

    def _settle(self) -> None:
        if not self.virtual.settle():
            raise _Failure("the bot does not come to an end within ten minutes", self.where)
        self._watch()

    def _watch(self) -> None:
        met = next((name for name in sorted(self.fired) if name.startswith(NEVER)), None)
        if met is not None:
            rule = next(rule for rule in self.compiled.program.rules if rule.name == met)
            raise _Failure(f"what must never happen has happened: {rule.origin}", self.where)

    # Checks

    def _check(self, line: TestLine) -> None:
        match line.key:
            case "bot":
                items = line.value if isinstance(line.value, list) else [line.value]
                for item in items:
                    self._said(item, line)
            case "asks":
                self._asks(line)
            case "gesture" | "feel" | "look" | "show":
                channel = {"feel": "emotion", "look": "gaze", "show": "screen"}.get(line.key, line.key)
                self._happened(line, [name for kind, name in self.window.acts if kind == channel])
            case "thinks":
                self._happened(line, self.window.thoughts)
            case "calls":
                modules = [name.removeprefix("started ") for name in self.window.thoughts]
                self._happened(
                    line, [*(name for kind, name in self.window.acts if kind == "service"), *modules]
                )
            case "end":
                self._happened(line, self.window.endings)
            case "check" if line.span in self.verdicts:
                if (fault := self.verdicts.pop(line.span)) is not None:
                    raise fault
            case "check":
                self._condition(line)
            case "returns":
                self._returns(line)

    def _said(self, item: Any, line: TestLine) -> None:
        name, args = _one(item)
        wanted = self.env.miron(name)
        cut = isinstance(item, dict) and _word(next(iter(item.values()))) == "cut"
        while self.window.said:
            first = self.window.said[0]
            if wanted in first.mirons and cut and (first.echo or first.question):
                self.window.said.pop(0)
            elif first.mirons[0] == wanted and not (first.echo or first.question):
                first.mirons.pop(0)
                if not first.mirons:
                    self.window.said.pop(0)
            elif first.echo or not self.strict:
                self.window.said.pop(0)
                continue
            else:
                raise _Failure(f"expected the bot to say {name.text}, but it said {first}", name.span)
            if cut and not first.cut:
                raise _Failure(
                    f"expected {name.text} to be broken off, but it was said to its end", name.span
                )
            if first.cut and not cut and not first.mirons:
                raise _Failure(f"{name.text} was broken off; that is written {{{name.text}: cut}}", name.span)
            self._entities(wanted, args)
            return
        raise _Failure(f"expected the bot to say {name.text}, but it said nothing more", name.span)

    def _entities(self, miron: str, args: Mapping[Name, Any]) -> None:
        said = self.values.get(miron, {})
        for key, value in args.items():
            kind = slot_type(self.env.tables, miron, key.text)
            wanted = typed(value, kind.element if kind and kind.kind == "list" else kind)
            if single(said.get(key.text)) != single(wanted):
                raise _Failure(
                    f"expected {key.text} to be {_shown(value)}, but it was {said.get(key.text)!r}", key.span
                )

    def _asks(self, line: TestLine) -> None:
        name, _ = _one(line.value)
        question = self.env.find(self.env.tables.questions, name.text)
        if question is None:
            raise _Failure(f"no question is called '{name.text}'", name.span)
        detail = ""
        if isinstance(line.value, dict):
            detail = _word(next(iter(line.value.values())))
        wanted = f"{question}/confirm" if detail == "confirm" else question
        while self.window.said:
            first = self.window.said.pop(0)
            if first.question == wanted and not first.echo:
                if detail.isdigit() and first.step != int(detail):
                    raise _Failure(
                        f"expected step {detail} of {name.text}, but it was step {first.step}", name.span
                    )
                return
            if self.strict and not first.echo:
                raise _Failure(f"expected the question {name.text}, but it said {first}", name.span)
        raise _Failure(f"expected the question {name.text}, but it asked nothing more", name.span)

    def _happened(self, line: TestLine, names: Sequence[str]) -> None:
        items = line.value if isinstance(line.value, list) else [line.value]
        for item in items:
            name, _ = _one(item)
            wanted = self._qualified(line.key, name)
            if wanted not in names:
                seen = ", ".join(names) or "nothing"
                raise _Failure(f"expected {line.key}: {name.text}, but there was {seen}", name.span)

    def _qualified(self, key: str, name: Name) -> str:
        tables = self.env.tables
        if key == "calls":
            return self.env.find(tables.services, name.text) or name.text
        if key == "thinks":
            if self.env.is_miron(name.text) or self.env.find_rule(name.text):
                return self.env.find_rule(name.text) or self.env.miron(name)
            return f"started {self.env.prefix}{name.text}"
        if key == "end":
            return name.text
        return self.env.miron(name)

    def _condition(self, line: TestLine) -> None:
        text = _text(line.value)
        try:
            expr = parse_expr(text, lambda start, end: line.span)
        except ExpressionError as fault:
            raise ModelError((fault.problem,)) from None
        masks = Conditions(self.env, lambda rule: _end_of(self.compiled, rule)).masks(expr)
        if not any(self._holds(mask) for mask in masks):
            raise _Failure(f"expected {text}{self._seen(masks)}", line.span)

    def _holds(self, mask: Mask) -> bool:
        return all(self._lit(lit) == lit.positive for lit in mask.lits)

    def _lit(self, lit: Lit) -> bool:
        level = lit.of
        if isinstance(level, Test):
            return self.session.holds(level)
        if isinstance(level, Active):
            return level.rule in self.session.active()
        unit = None if not isinstance(level, Ended) else self.session.network.level_id(level)
        return unit is not None and self.session.executor.level(unit)

    def _seen(self, masks: Iterable[Mask]) -> str:
        tested = {
            value_name(lit.of.ref): lit.of.ref
            for mask in masks
            for lit in mask.lits
            if isinstance(lit.of, Test)
        }
        values = ", ".join(f"{name} is {self.session.read(ref)!r}" for name, ref in sorted(tested.items()))
        return f", but {values}" if values else ""

    # Watching

    def _observe(self, record: Record) -> None:
        self._note(record)
        match record.kind:
            case "fire":
                rule = str(record.get("rule"))
                if rule in self.compiled.rules or rule.startswith(NEVER):
                    self.fired.add(rule)
            case "percept":
                if record.get("source") == "inner":
                    self.window.thoughts.append(str(record.get("name")))
                elif record.get("source") == "self" and record.act is not None:
                    self._reported(record)
            case "act":
                self._acted(record)
            case "fault":
                self.transcript.append(f"  fault: {record.get('code')} {record.get('rules') or ''}")

    def _acted(self, record: Record) -> None:
        act = record.act
        if record.get("channel") == "visit":
            self.window.endings.append(str(record.get("name")))
            for line in self.before_end:
                try:
                    self._condition(line)
                except _Failure as fault:
                    self.verdicts[line.span] = fault
                else:
                    self.verdicts[line.span] = None
            return
        if act is None or record.get("command") != "start":
            return
        if act.channel == "speech":
            self.values.update({name: dict(act.entities) for name in act.mirons})
            question = act.spec.question
            self.window.said.append(_Utterance(act.number, list(act.mirons), question, act.step))
            self.spoken.add(act.number)
        else:
            names = act.mirons or (act.name,)
            self.window.acts += [(act.channel, name) for name in names]
        for mark in act.marks:
            self.window.acts.append((mark.channel, mark.name))

    def _reported(self, record: Record) -> None:
        act = record.act
        if act is None or act.number not in self.spoken or record.get("phase") == "started":
            return
        self.over.add(act.number)
        if record.get("phase") != "cancelled":
            return
        for utterance in self.window.said:
            if utterance.act == act.number:
                utterance.cut = True
                return
        self.window.said.append(_Utterance(act.number, list(act.mirons), cut=True, echo=True))

    def _note(self, record: Record) -> None:
        line = _noted(record)
        if line:
            self.transcript.append("  " + line)


def _noted(record: Record) -> str:
    """A record in words, for people who read why a test failed; empty for what would only be noise."""
    get = record.get
    match record.kind:
        case "percept" if get("source") == "other":
            entities = f" {get('entities')}" if get("entities") else ""
            return f"heard {get('name')}{entities}"
        case "percept" if get("source") == "inner":
            return f"thought {get('name')}"
        case "fire" if "/" not in str(get("rule")) and "~" not in str(get("rule")):
            return f"fired {get('rule')}"
        case "act" if get("command") == "start" and record.act is not None:
            text = f": {record.act.text}" if record.act.text else ""
            return f"{get('channel')} {get('name')}{text}"
        case "act" if get("channel") == "visit":
            return f"ended {get('name')}"
        case "memory" if "/" not in str(get("name")):
            return f"memory {get('name')} = {get('new')!r} ({get('origin')})"
    return ""


def _one(value: Any) -> tuple[Name, dict[Name, Any]]:
    """``NAME`` or ``{NAME: {key: value}}``."""
    if isinstance(value, dict):
        key, inner = next(iter(value.items()))
        return key, inner if isinstance(inner, dict) else {}
    return _name(value), {}


def _name(value: Any) -> Name:
    return value if isinstance(value, Name) else Name(value.text, value.span)


def _word(value: Any) -> str:
    return value.text if isinstance(value, (Text, Name)) else ""


def _text(value: Any) -> str:
    return value.text if isinstance(value, (Text, Name)) else str(plain(value))


def _shown(value: Any) -> str:
    return str(plain(value))


def _field(value: dict[Name, Any], key: str) -> Any:
    return next((item for name, item in value.items() if name.text == key), None)


def _duration(line: TestLine) -> int:
    try:
        ms = duration_ms(_text(line.value))
    except ValueError:
        ms = None
    if ms is None:
        raise _Failure(f"'{_text(line.value)}' is no duration; for example 5s", line.span)
    return ms


def _miron(compiled: Compiled, name: str) -> Miron:
    return next((miron for miron in compiled.mirons if miron.name == name), Miron(name))


def _inside(compiled: Compiled, module: Owner) -> Env:
    """Names as the module under test sees them."""
    prefix = f"{module.name.text}."
    sites = [name for name in compiled.program.scopes if name.endswith(f":{module.name.text}")]
    rules = f"{sites[0]}." if sites else None
    return Env(module, prefix, compiled.env.tables, compiled.env.other, rule_prefix=rules)


def _end_of(compiled: Compiled, rule: str) -> str:
    return next((unit.end_part or rule for unit in compiled.program.rules if unit.name == rule), rule)
