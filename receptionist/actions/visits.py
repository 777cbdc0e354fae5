"""Services about visits: who is expected, who comes, who goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from receptionist.actions.base import Parameters, ServiceAction, visit_value
from receptionist.actions.desk import Desk
from receptionist.directory.names import whole_name


class FindVisits(ServiceAction):
    """Today's visits that meet what is known."""

    service = "find_visits"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        search = desk.directory.find_visits(
            name=given.text("name"),
            first=given.text("first"),
            last=given.text("last"),
            company=given.text("company"),
            host=given.text("host"),
        )
        return {"found": [visit_value(visit) for visit in search.visits], "sure": search.exact}


class FindCode(ServiceAction):
    """Today's visit with an invitation code."""

    service = "find_code"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        visit = desk.directory.visit_by_code(given.needed("code"))
        return {"found": [visit_value(visit)] if visit else []}


class WholeName(ServiceAction):
    """A first and a last name as one name."""

    service = "whole_name"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        return {"name": whole_name(given.needed("first"), given.needed("last"))}


class CheckIn(ServiceAction):
    """Writes down an arrival."""

    service = "check_in"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        _, expected = desk.directory.check_in(
            given.needed("visitor"), given.text("host"), given.text("company")
        )
        return {"expected": expected}


class CheckOut(ServiceAction):
    """Writes down a departure."""

    service = "check_out"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        stay = desk.directory.check_out(given.needed("visitor"), given.text("company"))
        return {"found": stay is not None, "host": stay.host if stay else None}


class WhoIsIn(ServiceAction):
    """Everyone in the building."""

    service = "who_is_in"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        people = [
            {
                "visitor": stay.visitor,
                "company": stay.company,
                "host": stay.host,
                "at": stay.arrived.strftime("%H:%M"),
            }
            for stay in desk.directory.who_is_in()
        ]
        return {"people": people, "count": len(people)}


class RememberVisitor(ServiceAction):
    """Writes down consent, given or declined."""

    service = "remember_visitor"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        desk.directory.record_consent(given.needed("visitor"), "remember", given.flag("agreed"))
        return {}
