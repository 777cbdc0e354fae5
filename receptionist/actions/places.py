"""What the organisation wrote down for visitors: ways to places, and answers to other questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from receptionist.actions.base import Parameters, Refusal, ServiceAction
from receptionist.actions.desk import Desk
from receptionist.directory.names import Likeness, likeness


class AskWay(ServiceAction):
    """How to get to a place."""

    service = "ask_way"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        asked = given.needed("place")
        ranked = sorted(((likeness(asked, place), place) for place in desk.places), reverse=True)
        if not ranked or ranked[0][0] is Likeness.NONE:
            raise Refusal("not_found", f"no directions to {asked!r} are written down")
        place = ranked[0][1]
        return {"directions": _in_language(desk.places[place], given, desk), "known_as": place}


class AskFaq(ServiceAction):
    """What the organisation answers to a question."""

    service = "ask_faq"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        asked = given.needed("question")
        ranked = sorted(((_bearing(asked, topic), len(topic), topic) for topic in desk.faq), reverse=True)
        if not ranked or ranked[0][0] is Likeness.NONE:
            raise Refusal("not_found", f"no answer to {asked!r} is written down")
        topic = ranked[0][2]
        return {"answer": _in_language(desk.faq[topic], given, desk), "known_as": topic}


def _bearing(asked: str, topic: str) -> Likeness:
    """How a question bears on a topic: it is the topic, a part of it, or has it in it."""
    return max(likeness(asked, topic), min(likeness(topic, asked), Likeness.PART))


def _in_language(texts: Mapping[str, str], given: Parameters, desk: Desk) -> str:
    locale = given.text("locale") or desk.locale
    text = next((texts[key] for key in (locale, locale[:2], "", "en") if key in texts), None)
    return text or next(iter(texts.values()))
