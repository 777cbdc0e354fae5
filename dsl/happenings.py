"""What happens while a dialogue test is played, as its checks ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.journal import Record


@dataclass(slots=True)
class Utterance:
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
class Window:
    """What has happened since the last input."""

    said: list[Utterance] = field(default_factory=list)
    acts: list[tuple[str, str]] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)


class Happenings:
    """Observes a session.

    Args:
        on_end: Called when a visit ends, while its memory is still there.

    Attributes:
        window: Since the last input.
        transcript: What was heard, fired, said and done, a line each.
        fired: Rules that fired, hidden parts too.
        over: Numbers of utterances that have ended.
        values: Miron → the values it was said with last.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        self.window = Window()
        self.transcript: list[str] = []
        self.fired: set[str] = set()
        self.over: set[int] = set()
        self.values: dict[str, Mapping[str, Any]] = {}
        self._spoken: set[int] = set()
        self._on_end = on_end

    def __call__(self, record: Record) -> None:
        """Take in one record."""
        line = _noted(record)
        if line:
            self.transcript.append("  " + line)
        match record.kind:
            case "fire":
                self.fired.add(str(record.get("rule")))
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
            self._on_end()
            return
        if act is None or record.get("command") != "start":
            return
        if act.channel == "speech":
            self.values.update({name: dict(act.entities) for name in act.mirons})
            question = act.spec.question
            self.window.said.append(Utterance(act.number, list(act.mirons), question, act.step))
            self._spoken.add(act.number)
        else:
            self.window.acts += [(act.channel, name) for name in act.mirons or (act.name,)]
        self.window.acts += [(mark.channel, mark.name) for mark in act.marks]

    def _reported(self, record: Record) -> None:
        act = record.act
        if act is None or act.number not in self._spoken or record.get("phase") == "started":
            return
        self.over.add(act.number)
        if record.get("phase") != "cancelled":
            return
        for utterance in self.window.said:
            if utterance.act == act.number:
                utterance.cut = True
                return
        self.window.said.append(Utterance(act.number, list(act.mirons), cut=True, echo=True))


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
        case "memory" if "/" not in str(get("name")) and get("origin") != "default":
            return f"memory {get('name')} = {get('new')!r} ({get('origin')})"
    return ""
