"""What a test or scripted run presupposes: memory, answers of services, live values, a directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from dsl.binding import Env, error
from dsl.names import duration_ms
from dsl.tree import Name, Text
from dsl.types import Type
from engine.model import Json
from engine.virtual import Answer, Services

KEYS = (
    *("hosts", "visits", "in_building", "places", "faq"),
    *("settings", "memory", "services", "types", "now"),
)
"""What a ``given`` may hold: the directory of an application, then what the dialogue itself knows."""
SETTINGS = "settings."
"""Entries of memory whose names begin so hold what the organisation has set; they last with the kiosk."""
ANSWER_MS = 100
"""How long a simulated service takes."""
FAILURES = ("failed", "timed_out")


@dataclass(frozen=True, slots=True)
class Fixture:
    """A ``given``, read against the types of its dialogue.

    Attributes:
        memory: Entry → value.
        answers: Service → its answers in order (the last repeats): values, or ``failed`` / ``timed_out``.
        lexicons: Live type → values.
        rest: What only an application understands (``hosts``, ``visits`` …), as plain JSON data.
        now: When it takes place.
    """

    memory: Mapping[str, Json] = field(default_factory=dict)
    answers: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    lexicons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rest: Mapping[str, Json] = field(default_factory=dict)
    now: datetime | None = None

    def services(self, otherwise: Services) -> Services:
        """The services of the fixture; those it does not answer are asked ``otherwise``."""
        calls: dict[str, int] = {}

        def answer(name: str, params: Mapping[str, Json]) -> Answer:
            answers = self.answers.get(name)
            if answers is None:
                return otherwise(name, params)
            index = calls.get(name, 0)
            calls[name] = index + 1
            chosen = answers[min(index, len(answers) - 1)]
            if chosen == "timed_out":
                return "timed_out", "", 0
            if chosen == "failed":
                return "failed", "failed", ANSWER_MS
            return "done", chosen, ANSWER_MS

        return answer


def read_fixture(env: Env, *givens: Any) -> Fixture:
    """Read the ``given`` of a dialogue and of a test; the later one wins key by key.

    Args:
        env: Names as the dialogue sees them.
        givens: Plain data as the reader keeps it (texts with their places), or None.

    Raises:
        ModelError: A name nobody declared, or a value of the wrong type.
    """
    memory: dict[str, Json] = {}
    answers: dict[str, tuple[Json, ...]] = {}
    lexicons: dict[str, tuple[str, ...]] = {}
    rest: dict[str, Json] = {}
    now: datetime | None = None
    for given in givens:
        for key, value in (given or {}).items():
            match str(key):
                case "memory":
                    for name, written in value.items():
                        ref, kind = env.entry(name)
                        memory[ref.entry] = typed(written, kind)
                case "settings":
                    for name, written in value.items():
                        ref, kind = env.entry(Name(SETTINGS + name.text, name.span))
                        memory[ref.entry] = typed(written, kind)
                case "services":
                    for name, written in value.items():
                        answers[_service(env, name)] = _answers(env, name, written)
                case "types":
                    lexicons.update({str(name): tuple(map(_word, values)) for name, values in value.items()})
                case "now":
                    now = datetime.fromisoformat(_word(value))
                case other:
                    rest[other] = plain(value)
    return Fixture(memory, answers, lexicons, rest, now)


def _service(env: Env, name: Name) -> str:
    found = env.find(env.tables.services, name.text)
    if found is None:
        raise error("unknown-service", f"no service is called '{name.text}'", name.span)
    return found


def _answers(env: Env, name: Name, written: Any) -> tuple[Json, ...]:
    gives = {
        param.name.text: env.tables.types.resolve(param.type)
        for param in env.tables.services[_service(env, name)].gives
    }

    def one(answer: Any) -> Json:
        if isinstance(answer, Text) and answer.text in FAILURES:
            return answer.text
        if not isinstance(answer, dict):
            raise error(
                "bad-answer",
                f"an answer of '{name.text}' is its results ({{result: value}}), 'failed' or 'timed_out'",
                name.span,
            )
        return {str(key): typed(value, gives.get(str(key))) for key, value in answer.items()}

    return tuple(map(one, written)) if isinstance(written, list) else (one(written),)


def typed(value: Any, kind: Type | None) -> Json:
    """Plain data as a value of a type."""
    if kind is None:
        return plain(value)
    if kind.kind == "list" and kind.element is not None:
        items = value if isinstance(value, list) else [value]
        return [typed(item, kind.element) for item in items]
    if kind.kind == "record" and isinstance(value, dict):
        fields = dict(kind.fields)
        return {str(key): typed(item, fields.get(str(key))) for key, item in value.items()}
    if not isinstance(value, (Text, Name)):
        return plain(value)
    reader = _READERS.get(kind.kind)
    if reader is None:
        return value.text
    try:
        return reader(value.text)
    except (ValueError, InvalidOperation):
        raise error("bad-value", f"'{value.text}' is no {kind.kind}", value.span) from None


def _flag(text: str) -> bool:
    if text not in ("yes", "no", "true", "false", "on", "off"):
        raise ValueError(text)
    return text in ("yes", "true", "on")


def _number(text: str) -> int | Decimal:
    return int(text) if text.lstrip("+-").isdigit() else Decimal(text)


_READERS: Mapping[str, Callable[[str], Json]] = {
    "flag": _flag,
    "number": _number,
    "ordinal": _number,
    "duration": duration_ms,
}


def plain(value: Any) -> Json:
    """Data of the reader without places."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.text if isinstance(value, (Text, Name)) else value


def _word(value: Any) -> str:
    return value.text if isinstance(value, (Text, Name)) else str(value)
