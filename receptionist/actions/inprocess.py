"""Running actions inside this process, by rasa-sdk's own executor."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from receptionist.actions.desk import Desk, DeskSource, open_desk
from receptionist.actions.protocol import action_call, values_of
from receptionist.services import Actions, ServiceFailure, ServiceRunner
from receptionist.threads import in_daemon_thread

if TYPE_CHECKING:
    from rasa_sdk.executor import ActionExecutor

    from receptionist.actions.base import ServiceAction
    from receptionist.config import Config


def local_services(
    config: Config, now: Callable[[], datetime] = datetime.now, desk: DeskSource | None = None
) -> tuple[ServiceRunner, DeskSource]:
    """The services of a desk (None: the one that the settings describe), and that desk.

    They run in this process, or on the action servers that the settings name.
    Nothing is opened or loaded yet: `ServiceRunner.warm` does that off the event loop, else the first call.
    """
    desk = desk or DeskSource(lambda: open_desk(config, now))
    actions: Actions = InProcessActions(desk)
    if config.services.default or any(config.services.at.values()):
        from receptionist.actions.remote import RoutedActions

        actions = RoutedActions(actions, config.services)
    return ServiceRunner(actions), desk


class InProcessActions:
    """Drives the actions of this package, and any that an organisation registers, without a server.

    rasa-sdk is imported by the first call or by `warm`, whichever comes first. Each call has a thread and an
    event loop of its own, so an action that blocks holds up nothing else.
    """

    def __init__(self, desk: Callable[[], Desk], packages: tuple[str, ...] = ()) -> None:
        """Prepare the driver.

        Args:
            desk: Gives the open desk; called at each use.
            packages: Importable packages with further `Action` classes.
        """
        self._desk = desk
        self._packages = packages
        self._lock = threading.Lock()
        self._executor: ActionExecutor | None = None

    def warm(self) -> None:
        """Import rasa-sdk and the actions, and open the desk; blocks for about a second the first time.

        Raises:
            DirectoryError: The desk cannot be opened now; later calls try again.
        """
        try:
            self._desk()
        finally:
            self._ready()

    async def run(self, name: str, params: Mapping[str, Any], session: str) -> dict[str, Any]:
        """Run one action; see `receptionist.services.Actions`."""
        return await in_daemon_thread(lambda: asyncio.run(self._run(name, params, session)))

    async def _run(self, name: str, params: Mapping[str, Any], session: str) -> dict[str, Any]:
        executor = self._ready()
        from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

        try:
            result = await executor.run(action_call(name, params, session))
        except ActionExecutionRejection as rejection:
            reason, _, detail = str(rejection.message).partition(": ")
            raise ServiceFailure(reason, detail) from rejection
        except ActionNotFoundException:
            raise ServiceFailure("unknown_service", f"there is no service {name!r}") from None
        return values_of(result.events if result else ())

    def _ready(self) -> ActionExecutor:
        with self._lock:
            if self._executor is None:
                self._executor = self._registered()
            return self._executor

    def _registered(self) -> ActionExecutor:
        from rasa_sdk.executor import ActionExecutor

        executor = ActionExecutor()
        for package in self._packages:
            executor.register_package(package)
        for action in service_actions(self._desk).values():
            executor.register_action(action)
        return executor


def service_actions(desk: Callable[[], Desk]) -> dict[str, ServiceAction]:
    """The actions of this package by service; imports rasa-sdk."""
    from receptionist.actions import badges, hosts, places, visits
    from receptionist.actions.base import ServiceAction

    return {
        value.service: value(desk)
        for module in (visits, hosts, places, badges)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, ServiceAction) and hasattr(value, "service")
    }
