"""A session in real time: an asyncio loop around it, effectors beside it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from engine.acts import STOPPING_MS
from engine.clock import Clock, WallClock
from engine.events import Command, Event, Phase, Report, Signal
from engine.session import Session

HEARTBEAT_S: Final = 1.0
"""The clock is read at least this often, so that a suspend is noticed."""

NEEDS_EFFECTOR: Final = frozenset({"speech", "service"})
"""Channels whose acts fail without an effector; on the others they are done at once."""

Reporter = Callable[[Report], None]
"""Hands a report back; may be called from any thread."""


class Effector(Protocol):
    """Performs the acts of one or more channels."""

    def start(self, command: Command, report: Reporter) -> Awaitable[None]:
        """Perform an act.

        ``started`` is reported by the agent. Returning without a final report means done, an exception means
        failed. After :meth:`stop` it should soon report ``cancelled`` with what was said; if it does not, it
        is cancelled after 500 ms.
        """
        ...

    def stop(self, command: Command) -> None:
        """Break the act off, or take away what it shows."""
        ...


class Agent:
    """Runs a session on a clock, with effectors per channel.

    Args:
        session: Not yet opened, or restored from a snapshot.
        effectors: Channel → effector.
        clock: Session time; None: the wall clock.
        watch: Sees every command, also the end of a visit (a screen, a monitor).
        trouble: Receives a sentence when something went wrong that the session survived.
    """

    def __init__(
        self,
        session: Session,
        effectors: Mapping[str, Effector],
        clock: Clock | None = None,
        *,
        watch: Callable[[Command], None] | None = None,
        trouble: Callable[[str], None] | None = None,
        inbox_limit: int = 4096,
    ) -> None:
        self.session = session
        self._effectors = dict(effectors)
        self._clock: Clock = clock or WallClock(start_ms=session.t)
        self._watch = watch or (lambda _command: None)
        self._trouble = trouble or (lambda _message: None)
        self._limit = inbox_limit
        self._inbox: deque[tuple[int, Event]] = deque()
        self._lock = threading.Lock()
        self._wake: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = ""
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._reported: dict[int, bool] = {}

    def offer(self, event: Event) -> bool:
        """Deliver an event, stamped now; callable from any thread.

        Returns:
            False if it is refused because too many wait. Reports are never refused.
        """
        with self._lock:
            if len(self._inbox) >= self._limit and not isinstance(event, Report):
                return False
            self._inbox.append((self._clock.now(), event))
        self._notify()
        return True

    def stop(self, reason: str = "stopped") -> None:
        """End :meth:`run` soon; callable from any thread."""
        self._stopped = reason or "stopped"
        self._notify()

    def _notify(self) -> None:
        loop, wake = self._loop, self._wake
        if loop is not None and wake is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(wake.set)

    async def run(self) -> None:
        """Open the session and serve until :meth:`stop`; no event and no effector ends it."""
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        try:
            if not self.session.opened:
                self.session.open()
            while not self._stopped:
                self._step()
                await self._pause(self._wake)
        finally:
            self.session.close(self._stopped or "cancelled")
            await self._shut_down()
            self._loop = self._wake = None

    def _step(self) -> None:
        """One round: what is due goes through the session, its commands to the effectors."""
        with self._lock:
            now = self._clock.now()
            lost = self._clock.take_lost()
            if lost:
                self._inbox.append((now, Signal("resumed", {"lost_ms": lost})))
            while self._inbox:
                at, event = self._inbox[0]
                if not self.session.offer(event, at):
                    break
                self._inbox.popleft()
        try:
            self.session.run(now)
        except Exception as error:  # whatever went wrong, the next visitor must be served
            self._trouble(f"an event could not be handled: {type(error).__name__}: {error}")
            self.session.recover(error)
        for command in self.session.take_commands():
            self._perform(command)

    async def _pause(self, wake: asyncio.Event) -> None:
        """Until something is offered, due, or a heartbeat has passed."""
        due = self.session.next_due()
        seconds = HEARTBEAT_S
        if due is not None:
            seconds = min(seconds, max(0.0, (due - self._clock.now()) / 1000))
        if self._inbox:
            seconds = 0.0
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), seconds)
        wake.clear()
        await asyncio.sleep(0)

    def _perform(self, command: Command) -> None:
        try:
            self._watch(command)
        except Exception as error:  # a screen that fails must not stop the voice
            self._trouble(f"watching a command failed: {type(error).__name__}: {error}")
        if command.kind == "start":
            self._start(command)
        elif command.kind == "stop":
            self._stop(command)

    def _start(self, command: Command) -> None:
        effector = self._effectors.get(command.channel)
        self.offer(Report(command.act, Phase.STARTED))
        if effector is None:
            if command.channel in NEEDS_EFFECTOR:
                reason = f"nothing here can do {command.channel}"
                self.offer(Report(command.act, Phase.FAILED, reason=reason))
            else:
                self.offer(Report(command.act, Phase.DONE))
            return
        self._reported[command.act] = False
        name = f"{command.channel} {command.act} {command.name}"
        task = asyncio.get_running_loop().create_task(self._act(effector, command), name=name)
        self._tasks[command.act] = task
        task.add_done_callback(lambda _task: self._forget(command.act))

    def _forget(self, act: int) -> None:
        self._tasks.pop(act, None)
        self._reported.pop(act, None)

    async def _act(self, effector: Effector, command: Command) -> None:
        def report(event: Report) -> None:
            if event.phase.final:
                if self._reported.get(event.act, event.act != command.act):
                    return
                self._reported[event.act] = True
            self.offer(event)

        try:
            await effector.start(command, report)
        except asyncio.CancelledError:
            report(Report(command.act, Phase.CANCELLED))
            raise
        except Exception as error:  # an effector's trouble is a failed act
            self._trouble(f"{command.channel} failed: {type(error).__name__}: {error}")
            report(Report(command.act, Phase.FAILED, reason=f"{type(error).__name__}: {error}"[:200]))
        else:
            report(Report(command.act, Phase.DONE))

    def _stop(self, command: Command) -> None:
        effector = self._effectors.get(command.channel)
        if effector is None:
            return
        try:
            effector.stop(command)
        except Exception as error:  # then the 500 ms decide
            self._trouble(f"stopping {command.channel} failed: {type(error).__name__}: {error}")
        task = self._tasks.get(command.act)
        if task is not None:
            asyncio.get_running_loop().call_later(STOPPING_MS / 1000, task.cancel)

    async def _shut_down(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2 * STOPPING_MS / 1000)
