"""The JSON of a call to a Rasa action and of its answer, the same in process and over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any


def action_call(name: str, params: Mapping[str, Any], session: str) -> dict[str, Any]:
    """The call of an action: parameters as slots of the tracker, the visit as its sender."""
    return {
        "next_action": name,
        "sender_id": session,
        "version": version("rasa-sdk"),
        "tracker": {
            "sender_id": session,
            "slots": dict(params),
            "latest_message": {"text": None, "intent": {}, "entities": []},
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": None,
            "stack": [],
        },
        "domain": {},
    }


def values_of(events: Iterable[Any]) -> dict[str, Any]:
    """The slots that an action set, by name; other events mean nothing here."""
    return {
        str(event["name"]): event.get("value")
        for event in events
        if isinstance(event, Mapping) and event.get("event") == "slot" and "name" in event
    }
