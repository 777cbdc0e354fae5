"""Events as they may be taken in: right types, exact numbers, sound texts, bounded sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.events import (
    Assert,
    ClockChange,
    Event,
    Gate,
    Heard,
    HeardValue,
    Perceived,
    Phase,
    Report,
    Signal,
)
from engine.memory import normal
from engine.model import Json

MAX_TEXT = 4000
"""Characters of an utterance that are looked at; nobody speaks that long at a desk."""

_VIA = frozenset({"", "voice", "key", "button"})


@dataclass(frozen=True, slots=True)
class Malformed:
    """An event that could not be taken in; the reason becomes an ``ignored`` line."""

    reason: str


def checked(event: Event | Malformed) -> Event | Malformed:
    """The event with normalised values, or why it is none."""
    if isinstance(event, Malformed):
        return Malformed(text(event.reason))
    try:
        return _checked(event)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        return Malformed(f"malformed {type(event).__name__}: {error}"[:300])


def _checked(event: Event) -> Event:
    match event:
        case Heard():
            return replace(
                event,
                text=text(event.text),
                via=_via(event.via),
                confidence=_share(event.confidence),
                id=_id(event.id),
            )
        case Perceived():
            return replace(
                event,
                name=_name(event.name),
                via=_via(event.via),
                source=event.source if event.source == "inner" else "other",
                text=text(event.text),
                entities={_name(slot): _heard(value) for slot, value in event.entities.items()},
                confidence=_share(event.confidence),
                locale=text(event.locale),
                also=tuple(act for act in map(_checked, event.also) if isinstance(act, Perceived)),
                id=_id(event.id),
                reason=text(event.reason),
            )
        case Signal():
            return replace(event, name=_name(event.name), entities=_values(event.entities), id=_id(event.id))
        case Assert():
            return replace(event, entry=_name(event.entry), value=_value(event.value), id=_id(event.id))
        case Report():
            return replace(
                event,
                act=_whole(event.act),
                phase=Phase(event.phase),
                said=None if event.said is None else text(event.said),
                values=_values(event.values),
                reason=text(event.reason),
                id=_id(event.id),
            )
        case Gate():
            return Gate(_name(event.channel), bool(event.open))
        case ClockChange():
            return ClockChange(_whole(event.offset_ms), text(event.zone))
    raise ValueError("no such event")


def text(value: str) -> str:
    """A text of bounded length that UTF-8 can hold."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8")


def _name(value: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no name")
    return text(value)


def _via(value: str) -> str:
    if value not in _VIA:
        raise ValueError(f"{value!r} is no modality")
    return value


def _share(value: float | None) -> float | None:
    if value is None:
        return None
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(f"confidence {value!r} is not between 0 and 1")
    return number


def _whole(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no whole number")
    return value


def _id(value: tuple[str, int] | None) -> tuple[str, int] | None:
    if value is None:
        return None
    driver, counter = value
    return _name(driver), _whole(counter)


def _value(value: Json) -> Json:
    value = normal(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {text(key): _value(item) for key, item in value.items()}
    return value


def _values(values: Mapping[str, Json]) -> dict[str, Json]:
    return {_name(name): _value(value) for name, value in values.items()}


def _heard(heard: HeardValue) -> HeardValue:
    if not isinstance(heard, HeardValue):
        raise ValueError(f"{heard!r} is no heard value")
    return replace(heard, value=_value(heard.value), text=text(heard.text), sure=bool(heard.sure))
