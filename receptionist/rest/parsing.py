"""What is understood of a text, as Rasa's ``/model/parse`` tells it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from engine.journal import encode
from receptionist.rest.payload import read_payload

if TYPE_CHECKING:
    from dsl.language import MironLanguage
    from engine.model import Json
    from miron.model import Act

FALLBACK: Final = "nlu_fallback"
"""Rasa's name of the intent of what was not understood."""
EXTRACTOR: Final = "miron"


def parse(language: MironLanguage, text: str, now: datetime) -> dict[str, Any]:
    """The intent of a text with its entities, and its rivals; nothing is expected, as before any question.

    Entities are those of all acts of the text, each named after its slot; ``start`` and ``end`` count
    characters of the text, ``end`` is exclusive.

    Args:
        now: For words that depend on today.
    """
    named = read_payload(text.strip(), language.compiled)
    if named is not None:
        start, end = text.find("/") + named.start, len(text.rstrip())
        entities = [_entity(slot, value, start, end, 1.0) for slot, value in named.entities.items()]
        return _result(text, [(named.miron, 1.0)], entities)
    acts = language.understander.understand(text, now=now, typed=True)
    found = {
        (slot, filled.start): _entity(slot, filled.value, filled.start, filled.end, filled.confidence)
        for act in (acts[0].sequence if acts else ())
        for slot, filled in act.entities.items()
    }
    return _result(
        text, _ranked(acts), [found[key] for key in sorted(found, key=lambda key: (key[1], key[0]))]
    )


def _ranked(acts: Sequence[Act]) -> list[tuple[str, float]]:
    best: dict[str, float] = {}
    for act in acts:
        best.setdefault(act.miron, round(act.confidence, 3))
    return list(best.items())


def _entity(slot: str, value: Json, start: int, end: int, confidence: float) -> dict[str, Any]:
    return {
        "entity": slot,
        "start": start,
        "end": end,
        "value": json.loads(encode(value)),
        "confidence_entity": round(confidence, 3),
        "extractor": EXTRACTOR,
    }


def _result(text: str, ranked: list[tuple[str, float]], entities: list[dict[str, Any]]) -> dict[str, Any]:
    ranking = [{"name": name, "confidence": confidence} for name, confidence in ranked]
    intent = ranking[0] if ranking else {"name": FALLBACK, "confidence": 0.0}
    return {"text": text, "intent": intent, "entities": entities, "intent_ranking": ranking or [intent]}
