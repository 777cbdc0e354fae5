"""The session behind the kiosk's screen: inputs become events, commands become a view."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial

from engine.agent import Agent
from engine.events import Assert, Command, Heard, Mark, Phase, Pressed, Report, Signal
from engine.journal import Record
from engine.virtual import MS_PER_WORD, said_until
from receptionist.buttons import Answers
from receptionist.desk.link import FrontDeskLink
from receptionist.directory.errors import DirectoryError
from receptionist.kiosk import ports
from receptionist.kiosk.expression import GESTURE_MS, Emotion, Gaze, Gesture, Utterance, known
from receptionist.reception import Reception
from receptionist.reload import Reloader
from receptionist.settings import SpeechSettings
from receptionist.speech.clip import Clip
from receptionist.speech.conversation import Conversation
from receptionist.speech.expectations import Expectations
from receptionist.threads import in_daemon_thread

_LOG = logging.getLogger(__name__)
LINGER_S = 6.0
"""How long the goodbye stays on the screen after a visit, in seconds."""
MAINTENANCE_S = 60.0
FRONT_DESK_S = 2.0
"""How often the front desk's orders are looked for, in seconds."""
RELOAD_S = 0.5
"""How often a dialogue that is watched is looked at, in seconds."""
MAX_INNER = 40
LOCALE_NAMES = {"en": "English", "de": "Deutsch", "zh": "中文"}


class _Body:
    """Gestures take their time on the avatar."""

    async def start(self, command: Command, report: Callable[[Report], None]) -> None:
        gesture = known(Gesture, command.name)
        await asyncio.sleep(GESTURE_MS.get(gesture, 500) / 1000 if gesture else 0)

    def stop(self, command: Command) -> None:
        """A new gesture replaces the old one on the face by itself."""


class _Desk:
    """Service acts go to the services of the desk."""

    def __init__(self, reception: Reception, visit: Callable[[], str], done: Callable[[], None]) -> None:
        self._reception, self._visit, self._done = reception, visit, done

    async def start(self, command: Command, report: Callable[[Report], None]) -> None:
        result = await self._reception.services.call(
            command.name, command.params, session=self._visit(), timeout_s=60.0
        )
        if result.status == "done":
            report(Report(command.act, Phase.DONE, values=result.values))
        else:
            _LOG.warning("%s failed: %s %s", command.name, result.reason, result.detail)
            report(Report(command.act, Phase.FAILED, reason=f"{result.reason}: {result.detail}"[:200]))
        self._done()

    def stop(self, command: Command) -> None:
        """What a service has begun is not undone; its answer will be ignored."""


class KioskBackend:
    """Implements :class:`receptionist.kiosk.ports.Backend` over a running agent.

    Args:
        title: Name of the place.
        ms_per_word: Pace of speech where there is no sound.
        sound: Voice and ears; None: the conversation is in writing.
        reloader: Watches the dialogue's files; None: they are read once.
    """

    def __init__(
        self,
        reception: Reception,
        title: str = "",
        ms_per_word: int = MS_PER_WORD,
        sound: SpeechSettings | None = None,
        reloader: Reloader | None = None,
    ) -> None:
        self.reception = reception
        self._reloader = reloader
        self.title = title
        session = reception.session
        self._expectations = Expectations(
            reception.compiled, session, reception.language.understander.lexicon
        )
        self._speech = Conversation(
            sound,
            self._expectations,
            locales=reception.compiled.locales,
            locale=lambda: session.locale,
            other=reception.compiled.env.other,
            offer=lambda event: self.agent.offer(event),
            begun=self._utter,
            changed=self._refresh,
            ms_per_word=ms_per_word,
        )
        self.agent = Agent(
            session,
            {
                "speech": self._speech,
                "gesture": _Body(),
                "service": _Desk(reception, self._visit, self._served),
            },
            watch=self._watch,
            trouble=self._trouble,
        )
        session.observe(self._observe)
        self._answers = Answers(reception.compiled, session)
        self._watchers: set[asyncio.Event] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: list[ports.Line] = []
        self._line_id = 0
        self._said: dict[int, int] = {}
        self._face = ports.Face(emotion=Emotion.ASLEEP)
        self._card: ports.Card | None = None
        self._inner: list[str] = []
        self._messages: tuple[ports.Message, ...] = ()
        self._notices: list[ports.Notice] = []
        self._lingering = False
        self._visits = 0
        self._closing = asyncio.Event()

    def start(self) -> None:
        """Begin to serve; call it inside the event loop."""
        self._spawn(self.agent.run(), "session")
        self._spawn(self._prepare(), "prepare")
        self._spawn(self._follow_front_desk(), "front desk")
        if self._reloader is not None:
            self._spawn(self._follow_dialogue(self._reloader), "dialogue")
        self._spawn(self._speech.run(self._closing), "speech")

    async def views(self) -> AsyncIterator[ports.View]:
        """The present view, and a new one after every change, until :meth:`close`."""
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            while not self._closing.is_set():
                changed.clear()
                yield self.view()
                await changed.wait()
        finally:
            self._watchers.discard(changed)

    async def send_text(self, text: str) -> None:
        """What the visitor typed is heard."""
        self._begin()
        self.agent.offer(Heard(text, via="key"))

    async def press(self, button_id: str) -> None:
        """A button is the same as hearing its Miron."""
        answer = self._answers.find(button_id)
        if answer is not None:
            self._begin()
            self._say(ports.Who.OTHER, answer.label)
            self.agent.offer(Pressed(answer.miron, answer.entities))

    async def typing(self, started: bool) -> None:
        """While somebody types, silence is no silence."""
        self._assert("typing", started)

    async def touch(self) -> None:
        """Somebody is there."""
        self._begin()
        self.agent.offer(Signal("touched"))

    async def language(self, locale: str) -> None:
        """Go on in another language."""
        self.agent.offer(Signal(f"language_{locale}"))

    async def close(self) -> None:
        """End the session."""
        if self._closing.is_set():
            return
        self._closing.set()
        self.agent.stop("screen closed")
        self._show_again()
        done, late = await asyncio.wait(self._tasks, timeout=3.0) if self._tasks else (set(), set())
        for task in late:
            task.cancel()
        for task in done:
            if not task.cancelled() and task.exception() is not None:
                _LOG.error("%s failed", task.get_name(), exc_info=task.exception())

    # The session's side

    def _visit(self) -> str:
        return f"kiosk-{self.reception.session.program.name}-{self._visits}"

    def _assert(self, flag: str, value: bool) -> None:
        other = self.reception.compiled.env.other
        self.agent.offer(Assert(f"{other}.{flag}", value))

    def _begin(self) -> None:
        """A new visitor takes a clean screen, even while the last goodbye still stands on it."""
        if self._lingering:
            self._tidy()

    def _watch(self, command: Command) -> None:
        if command.kind == "end":
            self._visits += 1
            self._lingering = True
            loop = asyncio.get_running_loop()
            visit = self._visits
            loop.call_later(LINGER_S, lambda: self._tidy() if self._visits == visit else None)
        elif command.kind == "start":
            self._show(command)
        elif command.kind == "stop" and command.channel == "screen":
            self._card = None
        self._refresh()

    def _show(self, command: Command) -> None:
        face = self._face
        match command.channel:
            case "speech":
                self._said[command.act] = self._say(ports.Who.SELF, command.text)
            case "emotion":
                self._face = _with(face, emotion=known(Emotion, command.name) or face.emotion)
            case "gaze":
                self._face = _with(face, gaze=known(Gaze, command.name) or face.gaze)
            case "gesture":
                self._gesture(command.name)
            case "screen":
                self._card = ports.Card(command.text or command.name)

    def _utter(self, command: Command, clip: Clip | None) -> None:
        """An utterance becomes audible: the mouth moves with it, and the body at its words."""
        estimate = self._speech.duration_ms(command.text)
        utterance = Utterance(
            command.act,
            command.text,
            self._said.get(command.act),
            clip.duration_ms if clip else estimate,
            clip.visemes if clip else (),
            clip.words if clip else (),
        )
        self._face = _with(self._face, utterance=utterance)
        loop = asyncio.get_running_loop()
        for mark in command.marks:
            begin = len(said_until(command.text, mark.word))
            share = estimate * begin / max(1, len(command.text))
            at = next((ms for ms, first, _ in clip.words if first >= begin), share) if clip else share
            loop.call_later(at / 1000, self._move, command.act, mark)
        self._refresh()

    def _move(self, act: int, mark: Mark) -> None:
        """What the body does at a word, if that word is still being said."""
        utterance = self._face.utterance
        if utterance is None or utterance.seq != act:
            return
        match mark.channel:
            case "gesture":
                self._gesture(mark.name)
            case "emotion":
                self._face = _with(self._face, emotion=known(Emotion, mark.name) or self._face.emotion)
            case "gaze":
                self._face = _with(self._face, gaze=known(Gaze, mark.name) or self._face.gaze)
        self._refresh()

    def _gesture(self, name: str) -> None:
        gesture = known(Gesture, name)
        if gesture is not None:
            self._face = _with(self._face, gesture=gesture, gesture_seq=self._face.gesture_seq + 1)

    def _observe(self, record: Record) -> None:
        match record.kind:
            case "percept" if record.get("source") == "other" and record.get("text"):
                if self._face.emotion is Emotion.ASLEEP:
                    self._face = _with(self._face, emotion=Emotion.LISTENING)
                self._say(ports.Who.OTHER, str(record.get("text")))
            case "percept" if record.get("source") == "inner":
                self._inner.append(str(record.get("text") or record.get("name")))
                del self._inner[:-MAX_INNER]
            case "percept" if record.get("source") == "self" and record.get("act") in self._said:
                if record.get("phase") in ("done", "cancelled", "failed", "timed_out"):
                    self._spoken(record)
        self._refresh()

    def _spoken(self, record: Record) -> None:
        """The utterance is over: what was not said any more stays marked as unsaid."""
        line_id = self._said.pop(int(record.get("act")))
        said = record.get("text")
        cut = record.get("phase") == "cancelled" and said is not None
        self._lines = [
            ports.Line(line.id, line.who, line.text, len(said)) if cut and line.id == line_id else line
            for line in self._lines
        ]
        if self._face.utterance is not None and self._face.utterance.line == line_id:
            self._face = _with(self._face, utterance=None)

    def _say(self, who: ports.Who, text: str) -> int:
        self._line_id += 1
        self._lines.append(ports.Line(self._line_id, who, text))
        self._refresh()
        return self._line_id

    def _tidy(self) -> None:
        """Nothing of one visitor is left for the next."""
        self._lingering = False
        self._lines, self._said, self._inner, self._card = [], {}, [], None
        self._line_id = 0
        self._face = ports.Face(emotion=Emotion.ASLEEP)
        self._refresh()

    def _trouble(self, message: str) -> None:
        _LOG.error("%s", message)
        self._notice(message)

    def _notice(self, text: str) -> None:
        if all(notice.text != text for notice in self._notices):
            self._notices.append(ports.Notice(text, ports.Level.WARNING))
            del self._notices[:-3]
            self._refresh()

    # Work beside the session

    def _spawn(self, work, name: str) -> None:  # type: ignore[no-untyped-def]
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)

    async def _prepare(self) -> None:
        """Names for the understander, services made quick; then the desk's housekeeping every minute."""
        while not self._closing.is_set():
            trouble = await in_daemon_thread(self.reception.learn_names)
            if trouble is None:
                trouble = await self.reception.services.warm()
                with contextlib.suppress(Exception):  # what is wrong comes up again when it is needed
                    await in_daemon_thread(lambda: self.reception.desk().maintain())
                await self._read_messages()
            if trouble is not None:
                self._notice(trouble)
            for message in self.reception.troubles:
                self._notice(message)
            self.reception.troubles.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), MAINTENANCE_S)

    async def _follow_front_desk(self) -> None:
        """Tell the front desk what goes on here, and do what it wants."""
        link = FrontDeskLink(self.reception.desk)
        since: datetime | None = None
        while not self._closing.is_set():
            there = self.reception.session.visit_open
            since = (since or datetime.now()) if there else None
            with contextlib.suppress(DirectoryError):  # the front desk sees that the kiosk is silent
                end = await in_daemon_thread(partial(link.exchange, since))
                if end and self.reception.session.visit_open:
                    self._assert("present", True)
                    self.agent.offer(Signal("left"))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), FRONT_DESK_S)

    async def _follow_dialogue(self, reloader: Reloader) -> None:
        """Take a changed dialogue over as soon as nobody is being served."""
        while not self._closing.is_set():
            notice = reloader.notice
            await in_daemon_thread(reloader.look)
            if reloader.switch():
                reception = self.reception
                self._answers = Answers(reception.compiled, reception.session)
                self._expectations.follow(reception.compiled, reception.language.understander.lexicon)
                self._refresh()
            elif notice != reloader.notice:
                self._refresh()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), RELOAD_S)

    def _served(self) -> None:
        if not self._closing.is_set():
            self._spawn(self._read_messages(), "messages")

    async def _read_messages(self) -> None:
        def read() -> tuple[ports.Message, ...]:
            found = self.reception.desk().outbox.messages(20)
            return tuple(
                ports.Message(
                    at=_clock(message.created),
                    to=message.recipient,
                    text=message.text,
                    state=message.answer.value if message.answer else message.state.value,
                )
                for message in reversed(found)
            )

        with contextlib.suppress(Exception):  # the panel stays as it was; the services say what is wrong
            self._messages = await in_daemon_thread(read)
            self._refresh()

    # The view

    def _refresh(self) -> None:
        self._show_again()
        self._speech.refresh()

    def _show_again(self) -> None:
        for changed in self._watchers:
            changed.set()

    def view(self) -> ports.View:
        """What the screen should show at this moment."""
        session = self.reception.session
        there = session.visit_open or self._lingering
        locales = self.reception.compiled.locales
        return ports.View(
            phase=ports.Phase.VISIT if there else ports.Phase.IDLE,
            locale=session.locale,
            locales=tuple((code, LOCALE_NAMES.get(code, code)) for code in locales),
            title=self.title,
            lines=tuple(self._lines),
            buttons=self._answers.buttons() if session.visit_open else (),
            prompt=self._answers.prompt() if session.visit_open else ports.Prompt(),
            face=self._face if there else ports.Face(emotion=Emotion.ASLEEP),
            card=self._card,
            notices=self._all_notices(),
            inner=tuple(self._inner),
            rules=session.active(),
            messages=self._messages,
            microphone=self._speech.level,
        )

    def _all_notices(self) -> tuple[ports.Notice, ...]:
        sound = (ports.Notice(self._speech.notice),) if self._speech.notice else ()
        broken = self._reloader.notice if self._reloader is not None else ""
        return (*sound, *((ports.Notice(broken, ports.Level.WARNING),) if broken else ()), *self._notices)


def _with(face: ports.Face, **changes: object) -> ports.Face:
    from dataclasses import replace

    return replace(face, **changes)  # type: ignore[arg-type]


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M}"
