"""Finding the way: directions that the organisation wrote down."""

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
        texts = desk.places[place]
        locale = given.text("locale") or desk.locale
        text = next((texts[key] for key in (locale, locale[:2], "", "en") if key in texts), None)
        return {"directions": text or next(iter(texts.values())), "known_as": place}
