"""One session for each sender of messages, each on a virtual clock of its own; their number is bounded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypedDict

from dsl.visitor import leave
from engine.events import Heard, Pressed
from engine.journal import Record
from engine.virtual import VirtualRun
from receptionist.buttons import Answers
from receptionist.reception import Reception
from receptionist.rest.payload import read_payload, write_payload
from receptionist.scripted import Invented
from receptionist.text_mode import NAMES_WAIT_S, cleaned, real_services
from receptionist.threads import in_daemon_thread

MOST_SENDERS: Final = 50
"""So many conversations at once; each takes about 10 MB."""
MOST_WAITING: Final = 8
"""So many messages of one sender may wait for their turn."""
IDLE_S: Final = 1800.0
"""A sender who is silent for so long has left."""
ANEW: Final = ("/restart", "/session_start")
"""Messages of Rasa's that begin a conversation anew."""

Opening = Callable[[], tuple[Reception, Invented]]
"""Opens the session of a new sender."""


class Message(TypedDict, total=False):
    """What the agent answers, as Rasa's REST channel has it."""

    recipient_id: str
    text: str
    buttons: list[dict[str, str]]


class Crowded(Exception):
    """Everybody is busy; try again later."""


class Conversation:
    """One sender's session: a message in, what the agent says out.

    Args:
        reception: Not yet opened.
        invented: What its services answer and what is so before the first message.
        sender: Who it is; the recipient of all answers.
    """

    def __init__(self, reception: Reception, invented: Invented, sender: str) -> None:
        self.reception, self._sender = reception, sender
        self._said: list[Message] = []
        self._answers = Answers(reception.compiled, reception.session)
        self._virtual = VirtualRun(reception.session, invented.services or real_services(reception))
        reception.session.observe(self._observe)
        reception.learn_names_aside()
        self._virtual.open()
        for event in invented.begin:
            self._virtual.offer(event)
        self._virtual.settle()

    def hear(self, text: str) -> list[Message]:
        """Take a message and let time pass until the agent waits again.

        Args:
            text: Words, or a button's payload.

        Returns:
            What was said since the last message; the buttons of the moment are at the last.
        """
        text = cleaned(text)
        if text and text not in ANEW:
            self.reception.await_names(NAMES_WAIT_S)
            named = read_payload(text, self.reception.compiled)
            self._virtual.offer(Pressed(named.miron, named.entities) if named else Heard(text, via="key"))
            self._virtual.settle()
        said, self._said = self._said, []
        buttons = [
            {"title": answer.label, "payload": write_payload(answer.miron, answer.entities)}
            for answer in self._answers.all()
        ]
        if said and buttons:
            said[-1]["buttons"] = buttons
        return said

    def leave(self) -> None:
        """End as when a visitor walks away."""
        leave(self._virtual, self.reception.compiled.env)
        self.close("the sender has left")

    def close(self, reason: str) -> None:
        """End at once."""
        self.reception.session.close(reason)
        self.reception.close()

    def _observe(self, record: Record) -> None:
        act = record.act
        if record.kind != "act" or record.get("command") != "start" or act is None:
            return
        if record.get("channel") == "speech" and act.text:
            self._said.append({"recipient_id": self._sender, "text": act.text})


@dataclass(slots=True, eq=False)
class _Place:
    turn: asyncio.Lock
    last: float
    waiting: int = 0
    conversation: Conversation | None = None


class Senders:
    """The conversations of all senders; used within one event loop.

    Args:
        opening: Opens a session; called in a thread.
        tell: Gets what went wrong and was survived, a sentence each.
        most: How many senders at once; the one silent for longest makes room.
        idle_s: How long a silent sender is waited for.
        clock: Seconds that pass.
    """

    def __init__(
        self,
        opening: Opening,
        tell: Callable[[str], None],
        *,
        most: int = MOST_SENDERS,
        idle_s: float = IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._opening, self._tell = opening, tell
        self._most, self._idle_s, self._clock = most, idle_s, clock
        self._places: dict[str, _Place] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._opens = asyncio.Lock()

    @property
    def known(self) -> list[str]:
        """Those who are in a conversation."""
        return list(self._places)

    async def hear(self, sender: str, text: str) -> list[Message]:
        """A sender's message; the messages of one sender are taken in their order.

        Returns:
            The answers.

        Raises:
            Crowded: Too many messages or senders wait.
            Exception: What broke the conversation; it is over, and the next message begins another.
        """
        self.sweep()
        place = self._place(sender)
        if place.waiting >= MOST_WAITING:
            raise Crowded("too many messages of this sender are waiting")
        place.waiting += 1
        try:
            async with place.turn:
                return await self._turn(place, sender, text)
        except Exception:
            if self._places.get(sender) is place:
                del self._places[sender]
            if place.conversation is not None:
                place.conversation.reception.close()
            raise
        finally:
            place.waiting -= 1
            place.last = self._clock()

    async def _turn(self, place: _Place, sender: str, text: str) -> list[Message]:
        if text.strip() in ANEW and place.conversation is not None:
            former, place.conversation = place.conversation, None
            await in_daemon_thread(former.leave)
        if place.conversation is None:
            async with self._opens:  # two sessions of one second find different names for their journals
                place.conversation = await in_daemon_thread(lambda: Conversation(*self._opening(), sender))
        conversation = place.conversation
        said = await in_daemon_thread(lambda: conversation.hear(text))
        self._report(conversation)
        return said

    def sweep(self) -> None:
        """Senders who have been silent for too long leave."""
        limit = self._clock() - self._idle_s
        for sender, place in list(self._places.items()):
            if not place.waiting and place.last <= limit:
                self._dismiss(sender)

    async def close(self) -> None:
        """End all conversations that nobody waits for."""
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=2)
        for place in self._places.values():
            if place.conversation is not None and not place.waiting:
                place.conversation.close("the server ends")
        self._places.clear()

    def _place(self, sender: str) -> _Place:
        if sender not in self._places:
            if len(self._places) >= self._most:
                silent = [name for name, place in self._places.items() if not place.waiting]
                if not silent:
                    raise Crowded("too many senders are waiting")
                self._dismiss(min(silent, key=lambda name: self._places[name].last))
            self._places[sender] = _Place(asyncio.Lock(), self._clock())
        return self._places[sender]

    def _dismiss(self, sender: str) -> None:
        conversation = self._places.pop(sender).conversation
        if conversation is not None:
            task = asyncio.create_task(self._leave(conversation))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _leave(self, conversation: Conversation) -> None:
        try:
            await in_daemon_thread(conversation.leave)
        except Exception as error:
            self._tell(f"a conversation could not be ended properly: {type(error).__name__}: {error}")
        self._report(conversation)

    def _report(self, conversation: Conversation) -> None:
        troubles = conversation.reception.troubles
        while troubles:
            self._tell(troubles.pop(0))
