"""Typed values in utterances: one recogniser a type, built in or declared."""

from __future__ import annotations

from collections.abc import Mapping

from miron.entities.choices import ChoiceRecogniser, ListRecogniser, LiveRecogniser, flag
from miron.entities.codes import code
from miron.entities.contacts import email, phone
from miron.entities.dates import date, duration
from miron.entities.found import EXACT, FREE, GRAMMAR, NAME, Found, Heard, Recogniser
from miron.entities.lexicon import Lexicon
from miron.entities.names import NameRecogniser
from miron.entities.numbers import number, ordinal
from miron.entities.times import time
from miron.model import EntityType
from miron.template import Template

__all__ = [
    "EXACT",
    "FREE",
    "GRAMMAR",
    "NAME",
    "Found",
    "Heard",
    "Lexicon",
    "NameRecogniser",
    "Recogniser",
    "recogniser",
]

_BUILTIN: Mapping[str, Recogniser] = {
    "flag": flag,
    "number": number,
    "ordinal": ordinal,
    "date": date,
    "time": time,
    "duration": duration,
    "phone": phone,
    "email": email,
    "code": code,
}


def recogniser(
    type_name: str,
    types: Mapping[str, EntityType],
    lexicon: Lexicon,
    phrases: Mapping[str, Mapping[str, Template]],
) -> Recogniser | None:
    """The recogniser of a type; None for ``text``, which is anything, and for types that are never heard."""
    if type_name in _BUILTIN:
        return _BUILTIN[type_name]
    if type_name in ("person", "company"):
        return NameRecogniser(type_name, lexicon)
    if type_name.startswith("list of "):
        element = recogniser(type_name.removeprefix("list of "), types, lexicon, phrases)
        return ListRecogniser(element) if element else None
    entity = types.get(type_name)
    if entity is None or entity.kind == "record":
        return None
    if entity.kind == "choice":
        return ChoiceRecogniser(entity, phrases)
    if entity.kind == "list":
        element = recogniser(entity.element, types, lexicon, phrases)
        return ListRecogniser(element) if element else None
    return LiveRecogniser(type_name, lexicon) if entity.kind == "live" else None
