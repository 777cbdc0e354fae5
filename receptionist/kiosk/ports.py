"""The line between the kiosk's screen and the session behind it.

The screen is a client: it shows the newest `View` and reports what the visitor does through `Backend`. A view
is whole, not a change, so that a screen that connects late, reloads or drops a view is right again with the
next one. All text in a view is data and is shown literally.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from receptionist.kiosk.expression import Emotion, Gaze, Gesture, Utterance


class Phase(StrEnum):
    """What the desk is doing as a whole."""

    IDLE = "idle"  # nobody here: the avatar sleeps, the attract screen shows, no personal data
    VISIT = "visit"
    FAILED = "failed"  # cannot serve at the moment: a static page sends people to a human


class Who(StrEnum):
    """Whose words a transcript line holds."""

    SELF = "self"  # the receptionist
    OTHER = "other"  # the visitor
    NOTE = "note"  # the machine about the conversation, e.g. "visit ended"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript.

    Attributes:
        id: Unique and rising within a visit.
        who: Whose words.
        text: The words.
        spoken: How many characters have been said; the rest is shown as unsaid (a cut keeps it so).
            None means all, or, while this line is the face's utterance, as far as its time has come.
    """

    id: int
    who: Who
    text: str
    spoken: int | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """One answer that the session expects now, offered for touch.

    Attributes:
        id: What `Backend.press` receives; any text.
        label: What is written on it, in the view's locale.
        strong: Whether it is the likely answer and drawn so.
    """

    id: str
    label: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """How the input line presents itself.

    Attributes:
        text: The hint inside the empty line, e.g. "Your name"; empty means the locale's "Type here".
        keyboard: Whether typing is the modality asked for now (shows the on-screen keyboard where enabled).
    """

    text: str = ""
    keyboard: bool = False


@dataclass(frozen=True, slots=True)
class Face:
    """What the avatar shows.

    Attributes:
        emotion: Shown until it changes.
        gaze: Where it looks.
        gesture: The newest gesture, or None.
        gesture_seq: Grows with every gesture begun, so that a repeated one is played again. A gesture
            plays once, from the moment its number is first seen, for `GESTURE_MS`.
        utterance: What is being said now, or None when silent. It plays from the moment its ``seq`` is
            first seen.
    """

    emotion: Emotion = Emotion.NEUTRAL
    gaze: Gaze = Gaze.VISITOR
    gesture: Gesture | None = None
    gesture_seq: int = 0
    utterance: Utterance | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """What ``show`` put on the screen beside the avatar: a title and a plain-text body."""

    title: str
    body: str = ""


class Level(StrEnum):
    """How much a notice matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice:
    """A short status line of the machine, e.g. "no sound: text mode"; shown as long as it is in the view."""

    text: str
    level: Level = Level.INFO


@dataclass(frozen=True, slots=True)
class Message:
    """One message that was sent to somebody in the house, for the front-desk panel.

    Attributes:
        at: Local time as text, e.g. "10:31".
        to: The receiver's name.
        text: The message.
        state: How it stands, e.g. "delivered", "no answer".
    """

    at: str
    to: str
    text: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """Everything the screen shows at one moment.

    Attributes:
        phase: Idle, in a visit, or out of order. In `Phase.IDLE` the screen shows no lines, card, buttons
            or inner speech, whatever the view holds.
        locale: Language of the visit, e.g. "en", "de", "zh".
        locales: Languages on offer, as ``(code, name in that language)``; fewer than two hides the switch.
        title: Name of the place, shown in the heading.
        lines: The visit's transcript, oldest first.
        buttons: Expected answers, most likely first.
        prompt: The input line.
        face: The avatar.
        card: Screen card, or None.
        notices: Status lines, newest last.
        inner: Inner speech, oldest first; seen only in the developer panel.
        rules: Names of the rules in force; seen only in the developer panel.
        messages: Messages sent, oldest first; seen only in the front-desk panel.
        microphone: Level in 0..1, or None where nothing listens.
    """

    phase: Phase = Phase.IDLE
    locale: str = "en"
    locales: tuple[tuple[str, str], ...] = ()
    title: str = ""
    lines: tuple[Line, ...] = ()
    buttons: tuple[Button, ...] = ()
    prompt: Prompt = field(default_factory=Prompt)
    face: Face = field(default_factory=Face)
    card: Card | None = None
    notices: tuple[Notice, ...] = ()
    inner: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    microphone: float | None = None


class Backend(Protocol):
    """A session as the screen sees it.

    The screen calls the methods from its event loop, one at a time and in the order in which things happened.
    A method returns when the session has taken the input, not when it has answered; the answer comes as
    views. An exception from a method is logged and shown as a notice; the screen goes on.
    """

    def views(self) -> AsyncIterator[View]:
        """Yield the current view at once, then the newest after every change.

        May skip views that were overtaken. Its normal end closes the screen; an exception shows the failed
        page. Called once by each screen.
        """
        ...

    async def send_text(self, text: str) -> None:
        """Take what the visitor typed: one line, not blank, no control characters, up to `MAX_TEXT`."""
        ...

    async def press(self, button_id: str) -> None:
        """Take a touched button of the newest view; an id that is not expected any more is to be ignored."""
        ...

    async def typing(self, started: bool) -> None:
        """Take notice that the visitor began to type (True), or emptied or sent the line (False)."""
        ...

    async def touch(self) -> None:
        """Take notice of a touch or key while idle: somebody is there.

        Not called for touches that do something.
        """
        ...

    async def language(self, locale: str) -> None:
        """Switch to one of the view's locales."""
        ...

    async def close(self) -> None:
        """End the session because the screen is going away. Called once, also after errors."""
        ...


MAX_TEXT = 2000
"""Longest line, in characters, that the screen hands on; what goes beyond is cut, with a notice."""
