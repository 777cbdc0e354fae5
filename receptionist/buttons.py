"""Buttons from expectations: what could be said now, one touch each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl.compiler import Compiled, QuestionInfo
from engine.model import Json
from engine.session import Session
from receptionist.kiosk.ports import Button, Prompt

MOST = 8
"""More buttons than this are no help."""
BARE = "/value"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a button stands for."""

    id: str
    label: str
    miron: str
    entities: Mapping[str, Json] = field(default_factory=dict)
    strong: bool = False


class Answers:
    """The buttons of a session at any moment; pure looks at it."""

    def __init__(self, compiled: Compiled, session: Session) -> None:
        self._compiled, self._session = compiled, session
        self._mirons = {miron.name: miron for miron in compiled.mirons}

    def all(self) -> list[Answer]:
        """Expected answers, most likely first: values to choose from, then Mirons that have a label."""
        answers: list[Answer] = []
        question = self.question()
        if question is not None:
            answers += self._values(question)
        for expected in self._session.expectations():
            label = self._label(expected.miron)
            if label and all(answer.miron != expected.miron for answer in answers):
                strong = question is not None and expected.miron.endswith((".agree", ".disagree"))
                answers.append(Answer(expected.miron, label, expected.miron, strong=strong))
        return sorted(answers, key=lambda answer: not answer.strong)[:MOST]

    def find(self, button_id: str) -> Answer | None:
        """The answer of a button, if it is still expected."""
        return next((answer for answer in self.all() if answer.id == button_id), None)

    def buttons(self) -> tuple[Button, ...]:
        """The buttons for the screen."""
        return tuple(Button(answer.id, answer.label, answer.strong) for answer in self.all())

    def prompt(self) -> Prompt:
        """How the input line presents itself."""
        question = self.question()
        if question is None:
            return Prompt()
        step = self._session.value(f"{question.name}/step")
        number = max(1, int(step)) if isinstance(step, int) else 1
        return Prompt(keyboard=question.by[min(number, len(question.by)) - 1] == "keyboard")

    def question(self) -> QuestionInfo | None:
        """The question that is being asked."""
        for expected in self._session.expectations():
            if expected.miron.endswith(BARE) and expected.state:
                return self._compiled.questions.get(expected.miron.removesuffix(BARE))
        return None

    def _values(self, question: QuestionInfo) -> list[Answer]:
        if question.offers is not None:
            found = self._session.read(question.offers)
            values = [(str(value), str(value)) for value in found] if isinstance(found, list) else []
        else:
            entity = self._compiled.types.get(question.type)
            if entity is None or entity.kind != "choice":
                return []
            values = [(name, name.replace("_", " ")) for name in entity.values]
        slot = next(iter(self._mirons[question.name + BARE].slots), question.entry)
        name = question.name + BARE
        return [Answer(f"{name}={value}", label, name, {slot: value}, True) for value, label in values]

    def _label(self, name: str) -> str:
        miron = self._mirons.get(name)
        forms = miron.forms.get(self._session.locale) if miron else None
        return (forms.label or "") if forms else ""
