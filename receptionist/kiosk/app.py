"""The kiosk's screen as a Textual application: shows views, reports what the visitor does."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.driver import Driver
from textual.widgets import Button, Input, Static

from receptionist.kiosk.avatar import Emotion, FaceState, Paint, frame
from receptionist.kiosk.options import KioskOptions, paint_for
from receptionist.kiosk.plain import plain
from receptionist.kiosk.ports import Backend, Face, Level, Phase, View, Who
from receptionist.kiosk.subtitles import heard
from receptionist.kiosk.texts import Texts, texts
from receptionist.kiosk.widgets.choices import Choices
from receptionist.kiosk.widgets.entry import Entry
from receptionist.kiosk.widgets.face import FaceView
from receptionist.kiosk.widgets.panels import card_content, desk_content, developer_content, meter
from receptionist.kiosk.widgets.touch_keys import BACKSPACE, ENTER, TouchKeys
from receptionist.kiosk.widgets.transcript import Transcript

_log = logging.getLogger(__name__)

_NOTICE_MS = 5000  # how long the screen's own notices stay
_TREMBLE_MS = 400  # a second touch of the same button within this is not meant
_TOUCH_MS = 1000  # touches of an idle screen are reported at most this often
_WAITING = 64  # inputs kept for a session that is slow to take them


class _Language(Button, can_focus=True):
    def __init__(self, code: str, name: str, chosen: bool) -> None:
        super().__init__(Content(plain(name, 20) or "?"), classes="language chosen" if chosen else "language")
        self.styles.line_pad = 0  # padding wider than the button makes Textual divide by zero
        self.code = code


class KioskApp(App[int]):
    """One screen of the receptionist, a client of one session backend.

    Ends with 0 when it was told to, when the visitor leaves it (not in kiosk mode), or when the views end.

    Args:
        backend: The session. The caller closes it.
        options: How the kiosk is set up.
    """

    CSS_PATH = "kiosk.tcss"
    TITLE = "Miron"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    AUTO_FOCUS = "#entry"
    # Not ClassVar: the base class declares these as plain attributes.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-normal"), (34, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", show=False, priority=True),
        Binding("escape", "clear", show=False),
        Binding("up,left", "app.focus_previous", show=False),
        Binding("down,right", "app.focus_next", show=False),
        Binding("pageup", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(1)", show=False),
        Binding("f2", "panel('developer')", show=False),
        Binding("f3", "panel('desk')", show=False),
    ]

    def __init__(self, backend: Backend, options: KioskOptions | None = None) -> None:
        self._options = options or KioskOptions()
        environ = dict(os.environ)  # the base class takes NO_COLOR out of the environment
        super().__init__(ansi_color=True if "NO_COLOR" in environ else None)
        self._backend = backend
        self._paint = self._options.paint or paint_for(environ, self.console.color_system)
        self._view = View()
        self._face = FaceState()
        self._own_notice: tuple[str, int] | None = None  # text, when it goes
        self._panel = ""
        self._typing = False
        self._last_touch = -_TOUCH_MS
        self._last_press = ("", -_TREMBLE_MS)
        self._languages: tuple[object, ...] = ()
        self._entry = Entry(id="entry")
        self._picture = FaceView(id="face")
        self._card = Static(id="card", markup=False)
        self._transcript = Transcript(id="transcript")
        self._side_panel = Static(id="panel", markup=False)
        self._invitation = Static(id="attract", markup=False)
        self._choices = Choices(id="choices")
        self._keys = TouchKeys(id="keys")
        self._notices = Static(id="notices", markup=False)
        self._heading = Static(id="title", markup=False)
        self._language_bar = Horizontal(id="languages")
        self._inputs: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(_WAITING)

    def compose(self) -> ComposeResult:
        """Lay the screen out, in the order in which Tab goes through it."""
        yield self._entry
        with Horizontal(id="stage"):
            yield self._picture
            with Vertical(id="side"):
                yield self._card
                yield self._transcript
                yield self._side_panel
        yield self._invitation
        yield self._choices
        yield self._keys
        yield self._notices
        with Horizontal(id="head"):
            yield self._heading
            yield self._language_bar

    def on_mount(self) -> None:
        """Begin to show views, to hand on inputs and to move."""
        self.screen.set_class(self._paint is Paint.LINES, "lines")
        self._show(self._view)
        self.run_worker(self._watch(), name="views", exit_on_error=False)
        self.run_worker(self._hand_on(), name="inputs", exit_on_error=False)
        self.set_interval(1 / max(1, min(30, self._options.fps)), self.tick)

    def get_driver_class(self) -> type[Driver]:
        """Return the driver; the one for Linux terminals in its steadier form."""
        found = super().get_driver_class()
        if found.__name__ != "LinuxDriver":
            return found
        from receptionist.kiosk.driver import SteadyDriver

        return SteadyDriver

    @property
    def locked(self) -> bool:
        """Whether this is kiosk mode."""
        return self._options.locked

    async def _watch(self) -> None:
        try:
            async for view in self._backend.views():
                self._show(view)
        except Exception:
            _log.exception("the session failed")
            self._show(View(phase=Phase.FAILED, locale=self._view.locale, face=Face(emotion=Emotion.SAD)))
        else:
            self.exit(0)

    async def _hand_on(self) -> None:
        while True:
            act = await self._inputs.get()
            try:
                await act()
            except Exception:
                _log.exception("the session did not take an input")
                self._tell(self._texts.trouble)

    def _send(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            self._inputs.put_nowait(act)
        except asyncio.QueueFull:
            _log.warning("the session is too slow: an input was dropped")
            self._tell(self._texts.trouble)

    @property
    def _texts(self) -> Texts:
        return texts(self._view.locale)

    @property
    def _standing(self) -> bool:
        """Whether the screen is there; timers and views may still come while it is being torn down."""
        parts = (
            self._entry, self._picture, self._card, self._transcript, self._side_panel, self._invitation,
            self._choices, self._keys, self._notices, self._heading, self._language_bar,
        )  # fmt: skip
        return all(part.is_attached for part in parts)

    def _now_ms(self) -> int:
        return int(self._options.clock() * 1000)

    def _show(self, view: View) -> None:
        if not self._standing:
            return
        before, self._view = self._view, view
        self._face = self._face.follow(
            self._now_ms(),
            emotion=view.face.emotion,
            gaze=view.face.gaze,
            gesture=view.face.gesture,
            gesture_seq=view.face.gesture_seq,
            utterance=view.face.utterance,
        )
        if view.phase is not before.phase:
            self._last_touch = self._now_ms() - _TOUCH_MS
            if view.phase is Phase.IDLE:
                self._forget()
        visit = view.phase is Phase.VISIT
        self.screen.set_class(not visit, "idle")
        self.screen.set_class(view.phase is Phase.FAILED, "failed")
        self._show_heading()
        self._show_words()
        self._show_panel()
        self._show_choices()
        self._keys.display = self._options.touch_keyboard and visit and view.prompt.keyboard
        self._keys.show(view.locale)
        self.tick()

    def _forget(self) -> None:
        """Leave nothing of a visitor on the screen."""
        with self.prevent(Input.Changed):
            self._entry.clear()
        self._typing = False
        self._panel = ""
        self._own_notice = None

    def _show_heading(self) -> None:
        view = self._view
        level = meter(view.microphone, self._paint is Paint.LINES)
        title = plain(view.title, 80) or self.TITLE
        self._heading.update(Content(f"{title}  {level}" if level else title))
        offer = (view.locale, view.locales)
        if offer == self._languages:
            return
        self._languages = offer
        self._language_bar.remove_children()
        if len(view.locales) > 1:
            self._language_bar.mount_all(
                _Language(code, name, code == view.locale) for code, name in view.locales
            )

    def _show_words(self) -> None:
        view, words = self._view, self._texts
        visit = view.phase is Phase.VISIT
        # Without colour the letters themselves must tell who speaks.
        prefixes = {Who.OTHER: "> "} if self._paint is Paint.LINES else {}
        self._transcript.show(view.lines if visit else (), prefixes)
        self._card.display = visit and view.card is not None
        self._card.update(card_content(view.card) if visit and view.card is not None else Content())
        self._entry.placeholder = plain(view.prompt.text, 80) or words.type_here
        if view.phase is Phase.FAILED:
            invitation = words.failed
        else:
            codes = dict.fromkeys((view.locale, *(code for code, _ in view.locales)))
            invitation = "\n".join(dict.fromkeys(texts(code).attract for code in codes))
        self._invitation.update(Content(invitation))

    def _show_panel(self) -> None:
        view = self._view
        self._side_panel.display = bool(self._panel)
        self.screen.set_class(bool(self._panel), "asked")
        if self._panel == "desk":
            self._side_panel.update(desk_content(view.messages, self._texts))
        elif self._panel:
            idle = view.phase is Phase.IDLE
            self._side_panel.update(developer_content(() if idle else view.inner, view.rules, self._texts))
        else:
            self._side_panel.update(Content())

    def _show_choices(self) -> None:
        buttons = self._view.buttons if self._view.phase is Phase.VISIT else ()
        if self._choices.show(buttons, self.size.width) and not isinstance(self.focused, Entry):
            self._entry.focus()

    def _tell(self, text: str) -> None:
        self._own_notice = (text, self._now_ms() + _NOTICE_MS)
        self.tick()

    def tick(self) -> None:
        """Show what the present moment looks like: face, subtitles, notices. Does nothing twice."""
        if not self._picture.is_attached:
            return
        now = self._now_ms()
        self._picture.show(
            frame(self._face, now, self._picture.size.width, self._picture.size.height, self._paint)
        )
        if self._view.phase is Phase.VISIT:
            self._transcript.follow(heard(self._view.lines, self._face, now))
        if self._own_notice is not None and now >= self._own_notice[1]:
            self._own_notice = None
        self._show_notices()

    def _show_notices(self) -> None:
        shown = [plain(notice.text, 200) for notice in self._view.notices]
        if self._own_notice is not None:
            shown.append(self._own_notice[0])
        text = " | ".join(shown)
        if self._notices.display != bool(text) or str(self._notices.content) != text:
            self._notices.display = bool(text)
            self._notices.update(Content(text))
        self._notices.set_class(any(n.level is Level.ERROR for n in self._view.notices), "error")

    def on_resize(self) -> None:
        """Fit buttons and face to a new size."""
        if not self._standing:
            return
        self._show_choices()
        self.call_after_refresh(self.tick)

    def on_click(self, event: events.Click) -> None:
        """Notice that somebody touched the screen itself."""
        self._touch()
        self._entry.focus()

    def on_key(self, event: events.Key) -> None:
        """Notice that somebody pressed a key that does nothing else."""
        self._touch()

    def _touch(self) -> None:
        now = self._now_ms()
        if self._view.phase is Phase.IDLE and now - self._last_touch >= _TOUCH_MS:
            self._last_touch = now
            self._send(self._backend.touch)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell when the visitor begins and ends typing."""
        typing = bool(event.value)
        if typing == self._typing:
            return
        self._typing = typing
        if typing:
            self._touch()
        self._send(lambda: self._backend.typing(typing))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand on a finished line."""
        text = event.value.strip()
        self._entry.clear()
        self._keys.restart()
        if text:
            self._send(lambda: self._backend.send_text(text))
        else:
            self._touch()

    def on_entry_cut(self) -> None:
        """Say that text was too long."""
        self._tell(self._texts.too_long)

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """Hand on a touched answer."""
        now = self._now_ms()
        self._entry.focus()
        if self._last_press[0] == event.id and now - self._last_press[1] < _TREMBLE_MS:
            return
        self._last_press = (event.id, now)
        self._send(lambda: self._backend.press(event.id))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Switch the language."""
        if isinstance(event.button, _Language):
            code = event.button.code
            self._send(lambda: self._backend.language(code))
            self._entry.focus()

    def on_touch_keys_typed(self, event: TouchKeys.Typed) -> None:
        """Type on the input line what was touched on the keyboard."""
        if event.key == BACKSPACE:
            self._entry.action_delete_left()
        elif event.key == ENTER:
            self.call_next(self._entry.action_submit)
        else:
            self._entry.insert_text_at_cursor(event.key)
        self._entry.focus()

    async def action_quit(self) -> None:
        """End the application, unless in kiosk mode."""
        if not self.locked:
            self.exit(0)

    def action_clear(self) -> None:
        """Empty the input line."""
        self._entry.clear()

    def action_scroll(self, pages: int) -> None:
        """Look at older or newer lines."""
        if pages < 0:
            self._transcript.scroll_page_up(animate=False)
        else:
            self._transcript.scroll_page_down(animate=False)

    def action_panel(self, name: str) -> None:
        """Open or close the developer or the front-desk panel, where this kiosk has it."""
        if self.locked or (name == "developer" and not self._options.developer):
            return
        self._panel = "" if self._panel == name else name
        self._show_panel()
