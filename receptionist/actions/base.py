"""The common part of all service actions: parameters from slots, results as slots, refusals with a reason."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

from receptionist.actions.desk import Desk, DeskSource, open_desk
from receptionist.actions.signatures import SIGNATURES
from receptionist.config import load_config
from receptionist.directory import DirectoryError, Visit
from receptionist.threads import in_daemon_thread

_server_desk_lock = threading.Lock()
_server_desk: DeskSource | None = None


class Refusal(Exception):
    """A service cannot do what was asked; `reason` is one word for the dialogue, `detail` is for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class Parameters:
    """The parameters of one call, taken from the tracker's slots and checked against the signature."""

    def __init__(self, service: str, slots: Mapping[str, Any], session: str) -> None:
        self.session = session
        self.service = service
        self._slots = slots

    def text(self, name: str) -> str | None:
        """A parameter as text without surrounding spaces; None when absent or empty."""
        value = self._slots.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise Refusal("bad_parameters", f"{self.service}: {name} is a text, not {type(value).__name__}")
        return value.strip() or None

    def needed(self, name: str) -> str:
        """A parameter that must be there."""
        value = self.text(name)
        if value is None:
            raise Refusal("bad_parameters", f"{self.service}: {name} is missing")
        return value

    def flag(self, name: str) -> bool:
        """A parameter that must be yes or no."""
        value = self._slots.get(name)
        if not isinstance(value, bool):
            raise Refusal("bad_parameters", f"{self.service}: {name} is yes or no")
        return value


class ServiceAction(Action, ABC):  # type: ignore[misc]  # rasa-sdk has no type information
    """A service as a Rasa action, usable in process and on an action server.

    On an action server (`python -m rasa_sdk --actions receptionist.actions`) it is created without
    arguments and opens the desk of the settings file.
    """

    service: ClassVar[str]

    def __init__(self, desk: Callable[[], Desk] | None = None) -> None:
        self._desk = desk or _desk_of_settings

    def name(self) -> str:
        """The service's name, as dialogues call it."""
        return self.service

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Serve one call.

        Raises:
            ActionExecutionRejection: It could not be served; the message is `REASON: detail`.
        """
        slots = tracker.current_slot_values()
        parameters = Parameters(self.service, slots, str(tracker.sender_id))
        try:
            values = await in_daemon_thread(lambda: self.serve(self._desk(), parameters))
        except Refusal as refusal:
            raise ActionExecutionRejection(self.service, str(refusal)) from refusal
        except DirectoryError as error:
            raise ActionExecutionRejection(self.service, f"directory_{error.kind}: {error}") from error
        unknown = values.keys() - SIGNATURES[self.service].gives.keys()
        if unknown:
            raise TypeError(f"{self.service} gives undeclared results: {sorted(unknown)}")
        return [SlotSet(key, value) for key, value in values.items()]

    @abstractmethod
    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """Do the work; may block.

        Raises:
            Refusal: The service cannot do what was asked.
            DirectoryError: The database failed.
        """


def visit_value(visit: Visit) -> dict[str, str | None]:
    """A visit as the dialogue sees it."""
    return {
        "visitor": visit.visitor,
        "company": visit.company,
        "host": visit.host,
        "at": visit.at.strftime("%H:%M") if visit.at else None,
    }


def _desk_of_settings() -> Desk:
    global _server_desk
    with _server_desk_lock:
        if _server_desk is None:
            _server_desk = DeskSource(lambda: open_desk(load_config()))
    return _server_desk()
