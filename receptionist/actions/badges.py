"""The service that makes and prints a visitor's badge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from receptionist.actions.base import Parameters, Refusal, ServiceAction
from receptionist.actions.desk import Desk
from receptionist.badge import Badge, BadgeError, print_badge
from receptionist.directory.names import folded


class PrintBadge(ServiceAction):
    """Makes a badge and prints it where a printer is configured."""

    service = "print_badge"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        visitor, locale = given.needed("visitor"), given.text("locale") or desk.locale
        if desk.badge is None:
            return {"printed": False}
        codes = [
            visit.code for visit in desk.directory.visits() if folded(visit.visitor or "") == folded(visitor)
        ]
        badge = Badge(
            visitor,
            given.text("company"),
            given.text("host"),
            desk.directory.today(),
            code=next((code for code in codes if code), visitor),
            locale=locale,
        )
        try:
            _, printed = print_badge(badge, desk.badge)
        except BadgeError as error:
            raise Refusal("not_printed", str(error)) from error
        return {"printed": printed}
