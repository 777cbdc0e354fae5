"""The front desk's screen: four tables that follow the database, and five things to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Button, DataTable, Static, TabbedContent, TabPane

from receptionist.actions.desk import Desk
from receptionist.desk.texts import Texts, texts_for
from receptionist.desk.view import DeskView, call_human, end_session, look
from receptionist.directory.errors import DirectoryError
from receptionist.kiosk.plain import plain
from receptionist.notify.message import Message, SendState
from receptionist.threads import in_daemon_thread

REFRESH_S = 2.0
_TABLES = ("waiting", "inside", "visits", "messages")


class DeskApp(App[int]):
    """Shows the reception and acts on it.

    Args:
        desk: Gives the open desk; called for each look, may raise DirectoryError.
        locale: Language of the screen.
        refresh_s: How often it looks, in seconds.
    """

    CSS = """
    #kiosks { height: 1; padding: 0 1; background: $panel; }
    #trouble { height: auto; padding: 0 1; background: $error; color: $text; display: none; }
    #trouble.shown { display: block; }
    TabbedContent { height: 1fr; }
    TabPane { padding: 0; }
    DataTable { height: 1fr; }
    #buttons { height: 3; }
    #buttons Button { width: 1fr; min-width: 8; margin: 0; }
    """
    BINDINGS: ClassVar = [
        Binding("c", "do('call')", show=False),
        Binding("e", "do('end')", show=False),
        Binding("o", "do('check_out')", show=False),
        Binding("d", "do('done')", show=False),
        Binding("s", "do('again')", show=False),
        Binding("q", "quit", show=False),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, desk: Callable[[], Desk], locale: str = "en", refresh_s: float = REFRESH_S) -> None:
        super().__init__()
        self._desk = desk
        self._texts: Texts = texts_for(locale)
        self._refresh_s = refresh_s
        self._seen: DeskView | None = None
        self._asked: tuple[str, str] | None = None

    def compose(self) -> ComposeResult:
        """The screen."""
        texts = self._texts
        yield Static(id="kiosks", markup=False)
        yield Static(id="trouble", markup=False)
        with TabbedContent():
            for name in _TABLES:
                with TabPane(getattr(texts, name), id=f"tab-{name}"):
                    yield DataTable[Text](id=name, cursor_type="row")
        with Horizontal(id="buttons"):
            yield Button(f"{texts.call} c", id="call", variant="primary")
            yield Button(f"{texts.end} e", id="end")
            yield Button(f"{texts.check_out} o", id="check_out")
            yield Button(f"{texts.done} d", id="done")
            yield Button(f"{texts.again} s", id="again")

    async def on_mount(self) -> None:
        """Name the columns and begin to look."""
        texts = self._texts
        self.title = texts.title
        columns = {
            "waiting": (texts.since, texts.visitor, texts.to, texts.state, texts.company),
            "inside": (texts.since, texts.visitor, texts.company, texts.host),
            "visits": (texts.at, texts.visitor, texts.company, texts.host, texts.state),
            "messages": (texts.at, texts.to, texts.state, texts.text),
        }
        for name, labels in columns.items():
            self._table(name).add_columns(*labels)
        await self.look_again()
        self.set_interval(self._refresh_s, self.look_again)

    async def look_again(self) -> None:
        """Read the database and show what has changed; trouble is shown and the last look stays."""
        try:
            view = await in_daemon_thread(lambda: look(self._desk()))
        except DirectoryError as error:
            self._trouble(str(error))
            return
        self._trouble("")
        self._seen = view
        self._show(view)

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button does what its key does."""
        await self.action_do(event.button.id or "")

    async def action_do(self, what: str) -> None:
        """Do one of the five things to the selected row."""
        view = self._seen
        if view is None:
            return
        work = self._work(what, view)
        if work is None:
            self.bell()
            return
        target, act = work
        if what in ("end", "check_out") and self._asked != (what, target):
            self._asked = (what, target)
            self.notify(plain(f"{self._texts.sure}: {target}", 120), markup=False)
            return
        self._asked = None
        try:
            await in_daemon_thread(act)
        except DirectoryError as error:
            self._trouble(str(error))
            return
        await self.look_again()

    def _work(self, what: str, view: DeskView) -> tuple[str, Callable[[], object]] | None:
        """Whom an action is about and what it does; None if it makes no sense for the selected row."""
        name = (self.query_one(TabbedContent).active or "").removeprefix("tab-")
        row = self._table(name).cursor_row if name in _TABLES else -1
        selected = _at(getattr(view, name), row) if name in _TABLES else None
        message = selected if isinstance(selected, Message) else None
        match what:
            case "call":
                return "", lambda: call_human(self._desk(), message)
            case "end":
                busy = [kiosk for kiosk in view.kiosks if kiosk.visit_since is not None]
                return (busy[0].name, lambda: end_session(self._desk(), busy[0])) if busy else None
            case "check_out" if name == "inside" and selected is not None:
                stay = view.inside[row]
                return stay.visitor, lambda: self._desk().directory.check_out(stay.visitor, stay.company)
            case "done" if message is not None:
                return "", lambda: self._desk().outbox.tick_off(message.id)
            case "again" if message is not None and message.state in (SendState.FAILED, SendState.UNSURE):
                return "", lambda: self._send_again(message)
        return None

    def _send_again(self, message: Message) -> None:
        outbox = self._desk().outbox
        outbox.send_again(message.id)
        outbox.deliver(message.id)

    def _show(self, view: DeskView) -> None:
        texts = self._texts
        states = texts.states
        kiosks = [
            f"{kiosk.name}: {f'{texts.busy} {kiosk.visit_since:%H:%M}' if kiosk.visit_since else texts.idle}"
            for kiosk in view.kiosks
        ]
        counts = f"{texts.waiting} {len(view.waiting)} · {texts.inside} {len(view.inside)}"
        line = f"{view.at:%H:%M} · {counts} · {' · '.join(kiosks) or texts.no_kiosk}"
        self.query_one("#kiosks", Static).update(plain(line, 200))
        self._fill(
            "waiting",
            (
                (f"{m.created:%H:%M}", m.visitor or texts.nobody, m.recipient, _state(m, states), m.company)
                for m in view.waiting
            ),
        )
        self._fill(
            "inside",
            ((f"{stay.arrived:%H:%M}", stay.visitor, stay.company, stay.host) for stay in view.inside),
        )
        self._fill(
            "visits",
            (
                (f"{v.at:%H:%M}" if v.at else "", v.visitor, v.company, v.host, states[v.state.value])
                for v in view.visits
            ),
        )
        self._fill(
            "messages",
            ((f"{m.created:%H:%M}", m.recipient, _state(m, states), m.text) for m in view.messages),
        )

    def _fill(self, name: str, rows: Iterable[Sequence[str | None]]) -> None:
        table = self._table(name)
        cursor = table.cursor_row
        table.clear()
        for row in rows:
            # Cells are texts, never markup: names are whatever people said.
            table.add_row(*(Text(plain(cell or "", 60), no_wrap=True) for cell in row))
        if table.row_count:
            table.move_cursor(row=min(cursor, table.row_count - 1), scroll=False)

    def _trouble(self, text: str) -> None:
        line = self.query_one("#trouble", Static)
        line.update(plain(text, 300))
        line.set_class(bool(text), "shown")

    def _table(self, name: str) -> DataTable[Text]:
        return self.query_one(f"#{name}", DataTable)


def _state(message: Message, states: dict[str, str]) -> str:
    answer = states[message.answer.value] if message.answer else states[message.state.value]
    return f"{answer}: {message.words}" if message.words else answer


def _at(rows: Sequence[object], place: int) -> object | None:
    return rows[place] if 0 <= place < len(rows) else None
