"""Messages that name an intent instead of words, as the buttons of Rasa's channels send them.

``/name`` or ``/name{"entity": "value"}``; see the description of button payloads in Rasa's documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from receptionist.text_mode import MAX_TEXT, cleaned

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from engine.model import Json

_PAYLOAD = re.compile(r"/(?P<name>[^\s{}]+)\s*(?P<entities>\{.*\})?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Payload:
    """An intent by its name.

    Attributes:
        miron: The Miron.
        entities: Slot → value; only slots that the Miron has.
        start: Where the entities begin in the message.
    """

    miron: str
    entities: Mapping[str, Json] = field(default_factory=dict)
    start: int = 0


def read_payload(text: str, compiled: Compiled) -> Payload | None:
    """The intent that a message names; None if it is words, or names no Miron that can be heard."""
    found = _PAYLOAD.fullmatch(text)
    if found is None:
        return None
    name = compiled.env.find(compiled.env.tables.mirons, found["name"]) or found["name"]
    miron = next((each for each in compiled.mirons if each.name == name), None)
    if miron is None or name not in compiled.heard:
        return None
    if found["entities"] is None:
        return Payload(name, {}, len(text))
    try:
        given = json.loads(found["entities"], parse_float=Decimal, parse_constant=lambda word: None)
    except (ValueError, RecursionError):
        return None
    values = {slot: _plain(value) for slot, value in given.items() if slot in miron.slots}
    return Payload(
        name,
        {slot: value for slot, value in values.items() if value is not None},
        found.start("entities"),
    )


def write_payload(miron: str, entities: Mapping[str, Json]) -> str:
    """The message that a button sends."""
    values = {key: value if isinstance(value, (str, int)) else str(value) for key, value in entities.items()}
    return f"/{miron}{json.dumps(values, ensure_ascii=False) if values else ''}"


def _plain(value: object) -> str | int | Decimal | None:
    """A value that a visitor may give; None for all others."""
    if isinstance(value, str):
        return cleaned(value)[:MAX_TEXT]
    return value if isinstance(value, (int, Decimal)) else None
