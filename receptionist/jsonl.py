"""The receptionist for programs: a JSON object a line in, a JSON object a line out, on the virtual clock.

For integration tests and other front ends; docs/jsonl.md describes every field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TextIO

from dsl.binding import Env
from dsl.tree import Name
from dsl.visitor import leave, noise, seen
from engine.events import Event, Heard, Pressed, Signal
from engine.journal import Record, encode
from engine.virtual import Answer, Services, VirtualRun
from miron.source import ModelError, Span
from receptionist.buttons import Answers
from receptionist.directory import DirectoryError
from receptionist.jsonl_input import BadLine, Input
from receptionist.reception import Reception
from receptionist.text_mode import NAMES_WAIT_S, real_services

if TYPE_CHECKING:
    from receptionist.notify.message import Message
    from receptionist.notify.outbox import Outbox

DOES: Final[Mapping[str, str]] = {
    "speech": "say",
    "emotion": "feel",
    "gaze": "look",
    "screen": "show",
    "service": "call",
}
"""Channel → what an act on it does, in the words of dialogues; others keep their name."""
SILENT: Final = frozenset({"wait", "fail", "visit"})
"""Channels that nobody outside perceives."""
MESSAGES: Final = 100
"""So many of the newest messages are watched."""


def run_jsonl(
    reception: Reception,
    inputs: Iterable[Input | BadLine],
    out: TextIO,
    *,
    services: Services | None = None,
    begin: Iterable[Event] = (),
) -> None:
    """Hold conversations, one input at a time, until the inputs end.

    Args:
        reception: Not yet opened.
        inputs: What visitors do.
        out: Where the lines go; flushed after each.
        services: What the services answer; None: the real ones.
        begin: What happens before the first input.
    """
    _Scripted(reception, out, services or real_services(reception)).run(inputs, begin)


class _Scripted:
    def __init__(self, reception: Reception, out: TextIO, services: Services) -> None:
        self._reception, self._out = reception, out
        self._session = reception.session
        self._env: Env = reception.compiled.env
        self._signals = {pulse.name for pulse in self._session.network.pulses if pulse.source == "world"}
        self._answers = Answers(reception.compiled, self._session)
        self._notifications = _Notifications(lambda: reception.desk().outbox, reception.start)
        self._asked = ""
        self._step: int | None = None
        self._serve = services
        self._virtual = VirtualRun(self._session, self._call)
        self._session.observe(self._observe)

    def run(self, inputs: Iterable[Input | BadLine], begin: Iterable[Event]) -> None:
        self._reception.learn_names_aside()
        self._virtual.open()
        for event in begin:
            self._virtual.offer(event)
        self._virtual.settle()
        for each in inputs:
            self._reception.await_names(NAMES_WAIT_S)
            try:
                if isinstance(each, BadLine):
                    raise each
                self._take(each)
            except BadLine as bad:
                self._write("error", {"line": bad.line, "code": bad.code, "message": bad.message})
            self._tell_troubles()
            self._write("waiting", self._waiting())
        self._leave()
        self._tell_troubles()
        self._session.close("end of input")

    # Inputs

    def _take(self, given: Input) -> None:
        match given.kind:
            case "user":
                self._virtual.offer(Heard(given.text, via="voice"))
            case "type":
                self._virtual.offer(Heard(given.text, via="key"))
            case "press":
                self._virtual.offer(self._button(given))
            case "see":
                self._virtual.offer(self._sight(given))
            case "silence":
                self._virtual.advance(given.ms)
            case "noise":
                noise(self._virtual, self._env.other, given.ms)
            case "leave":
                self._leave()
        if not self._virtual.settle():
            raise BadLine(
                given.line, "endless", "the receptionist does not come to an end within ten minutes"
            )
        self._notify()

    def _button(self, given: Input) -> Event:
        """A button as it is shown, else any Miron, by its label or its name."""
        shown = self._answers.all()
        wanted = given.text.casefold()
        for answer in shown:
            if wanted in (answer.label.casefold(), answer.id.casefold()):
                return Pressed(answer.miron, answer.entities)
        for miron in self._reception.compiled.mirons:
            if any((forms.label or "").casefold() == wanted for forms in miron.forms.values()):
                return Pressed(miron.name)
        known = self._env.find(self._env.tables.mirons, given.text)
        if known is not None:
            return Pressed(known)
        labels = ", ".join(answer.label for answer in shown) or "none"
        message = f"there is no button and no Miron '{given.text}'; buttons: {labels}"
        raise BadLine(given.line, "unknown", message)

    def _sight(self, given: Input) -> Event:
        try:
            event = seen(self._env, Name(given.text, Span("<line>", given.line, 1, given.line, 1)))
        except ModelError as fault:
            message = "; ".join(problem.message for problem in fault.problems)
            raise BadLine(given.line, "unknown", message) from None
        if isinstance(event, Signal) and event.name not in self._signals:
            known = ", ".join(sorted(self._signals - {"session_started"}))
            raise BadLine(given.line, "unknown", f"no signal '{event.name}' is known; known are {known}")
        return event

    def _leave(self) -> None:
        if not self._session.visit_open:
            return
        leave(self._virtual, self._env)
        self._notify()

    # Outputs

    def _call(self, name: str, params: Mapping[str, Any]) -> Answer:
        answer = self._serve(name, params)
        self._notify()
        return answer

    def _notify(self) -> None:
        for fields in self._notifications.news():
            self._write("notification", fields)

    def _observe(self, record: Record) -> None:
        if record.kind != "act":
            return
        if record.get("channel") == "visit":
            self._asked, self._step = "", None
            self._write("ending", {"name": record.get("name")})
        elif record.get("channel") not in SILENT and record.act is not None:
            if record.get("command") == "start":
                self._act(record)
            elif record.get("command") == "stop":
                self._write("act", {"does": "stop", "act": record.act.number})

    def _act(self, record: Record) -> None:
        act = record.act
        assert act is not None
        does = DOES.get(act.channel, act.channel)
        fields: dict[str, Any] = {"does": does, "act": act.number, "name": act.name}
        if does == "say":
            fields |= {"text": act.text, "locale": act.locale, "mirons": list(act.mirons)}
            if act.spec.question:
                self._asked, self._step = act.spec.question.partition("/")[0], act.step
                fields |= {"question": act.spec.question, "step": act.step}
        elif does == "call":
            fields["with"] = {key: value for key, value in act.params.items() if value is not None}
        elif act.text:
            fields |= {"text": act.text, "locale": act.locale}
        if act.entities and does != "call":
            fields["values"] = dict(act.entities)
        if act.marks:
            fields["at_words"] = [
                {"word": mark.word, "does": DOES.get(mark.channel, mark.channel), "name": mark.name}
                for mark in act.marks
            ]
        self._write("act", fields)

    def _waiting(self) -> dict[str, Any]:
        session = self._session
        asks = self._question()
        info = self._reception.compiled.questions.get(asks or "")
        step = self._step or 1
        return {
            "asks": asks,
            "step": step if asks else None,
            "by": info.by[min(step, len(info.by)) - 1] if info else None,
            "expects": list(dict.fromkeys(each.miron for each in session.expectations())),
            "buttons": [answer.label for answer in self._answers.all()],
            "visit": session.visit_open,
            "locale": session.locale,
        }

    def _question(self) -> str | None:
        """The question that has begun and has no answer yet: the one that was asked last."""
        begun = [name for name in self._reception.compiled.questions if self._session.value(f"{name}/begun")]
        if self._asked in begun:
            return self._asked
        return begun[-1] if begun else None

    def _tell_troubles(self) -> None:
        while self._reception.troubles:
            self._write("trouble", {"message": self._reception.troubles.pop(0)})

    def _write(self, kind: str, fields: Mapping[str, Any]) -> None:
        print(encode({kind: {"t": self._session.t, **fields}}), file=self._out, flush=True)


class _Notifications:
    """What is new in the outbox: every message of this run, and every change of its state or answer."""

    def __init__(self, outbox: Callable[[], Outbox], since: datetime) -> None:
        self._outbox, self._since = outbox, since
        self._known: dict[int, tuple[str, str | None]] = {}

    def news(self) -> Iterator[dict[str, Any]]:
        """The changes since the last time; none while the database cannot be read."""
        try:
            messages = self._outbox().messages(MESSAGES)
        except DirectoryError:
            return
        for message in reversed(messages):
            state = (message.state.value, message.answer.value if message.answer else None)
            if message.created >= self._since and self._known.get(message.id) != state:
                self._known[message.id] = state
                yield _notification(message)


def _notification(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "to": message.recipient,
        "about": message.visitor,
        "company": message.company,
        "reason": message.reason,
        "through": message.channel,
        "state": message.state.value,
        "answer": message.answer.value if message.answer else None,
        "text": message.text,
        "detail": message.detail,
    }
