"""Blocking work off the event loop, in threads that never keep the program from ending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")


async def in_daemon_thread(work: Callable[[], _Result]) -> _Result:
    """Run blocking work in a thread of its own and wait for its result.

    Cancelling the waiter abandons the thread: it goes on, but nobody waits for it, not even the
    interpreter's exit (pool threads would be joined there, so one hung driver would hang the kiosk).

    Raises:
        Exception: Whatever `work` raises.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[_Result] = loop.create_future()

    def settle(result: _Result | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]  # without an error there is a result

    def body() -> None:
        result: _Result | None = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as raised:
            error = raised
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            return  # the loop was closed meanwhile: nobody is left to tell

    threading.Thread(target=body, name="miron-service", daemon=True).start()
    return await answer
