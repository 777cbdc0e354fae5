"""The front desk's view: it follows the database, and what it does happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from textual.widgets import Button, DataTable, Static, TabbedContent

from receptionist.actions.desk import Desk, open_desk
from receptionist.commands.desk import desk as desk_command
from receptionist.config import load_config
from receptionist.desk import view as views
from receptionist.desk.app import DeskApp
from receptionist.desk.evacuation import as_pdf, as_text
from receptionist.desk.link import FrontDeskLink
from receptionist.desk.texts import TEXTS, texts_for
from receptionist.directory import Reply
from receptionist.directory.kiosks import END_SESSION, kiosks, order, report, take_orders
from receptionist.directory.records import Stay
from receptionist.notify import DeliveryError, Message, SendState
from receptionist.notify.outbox import Draft

NASTY = "[red]Robert[/]'); DROP TABLE \x1b[31m<b>x</b>"
NOW = datetime(2026, 3, 2, 10, 0)


@pytest.fixture
def clock() -> list[datetime]:
    return [NOW]


@pytest.fixture
def desk(tmp_path: Path, clock: list[datetime]) -> Desk:
    return open_desk(load_config(env={"MIRON_HOME": str(tmp_path)}), now=lambda: clock[0])


def told(desk: Desk, visitor: str, *, reason: str = "arrived", host: str = "Grace Hopper") -> Message:
    draft = Draft(f"{reason}/{visitor}/{host}", reason, host, f"{visitor} is here", "local", visitor=visitor)
    return desk.outbox.deliver(desk.outbox.post(draft)[0].id)


def shown(app: DeskApp, table: str) -> list[list[str]]:
    found = app.query_one(f"#{table}", DataTable)
    return [[str(cell) for cell in found.get_row_at(row)] for row in range(found.row_count)]


def played(
    desk: Desk,
    play: Callable[[DeskApp, Callable[[str], Awaitable[None]]], Awaitable[None]],
    locale: str = "en",
) -> None:
    async def run() -> None:
        app = DeskApp(lambda: desk, locale, refresh_s=3600)
        async with app.run_test(size=(80, 24)) as pilot:

            async def press(key: str) -> None:
                await pilot.press(key)
                await pilot.pause()

            await play(app, press)

    asyncio.run(run())


def test_who_waits_is_shown_until_taken_care_of_or_gone(desk: Desk, clock: list[datetime]) -> None:
    first = told(desk, "Ada Lovelace")
    clock[0] += timedelta(minutes=1)
    told(desk, "Bob Smith")
    told(desk, "Bob Smith", host="Jean Bartik")
    told(desk, "Carol", reason="message")
    seen = views.look(desk)
    assert [(m.visitor, m.recipient) for m in seen.waiting] == [
        ("Ada Lovelace", "Grace Hopper"),
        ("Bob Smith", "Jean Bartik"),
    ]
    desk.outbox.tick_off(first.id)
    desk.directory.check_in("Bob Smith", "Jean Bartik")
    assert len(views.look(desk).waiting) == 1
    clock[0] += timedelta(minutes=1)
    desk.directory.check_out("Bob Smith")
    assert views.look(desk).waiting == ()
    told(desk, "Ada Lovelace", reason="delivery")
    assert len(views.look(desk).waiting) == 1


def test_the_four_tables_show_the_database_and_names_as_they_are(desk: Desk) -> None:
    message = told(desk, NASTY)
    desk.outbox.answer(message.id, Reply.LATER, "Have a coffee [bold]first[/]")
    desk.directory.check_in(NASTY, "Grace Hopper", "ACME")

    async def play(app: DeskApp, press: Callable[[str], Awaitable[None]]) -> None:
        plain_name = NASTY.replace("\x1b", "")
        (row,) = shown(app, "waiting")
        assert row[1] == plain_name
        assert row[3] == "comes later: Have a coffee [bold]first[/]"
        assert shown(app, "inside")[0][1:] == [plain_name, "ACME", "Grace Hopper"]
        assert ["10:30", "Ada Lovelace", "Analytical Engines", "Grace Hopper", "expected"] in shown(
            app, "visits"
        )
        assert shown(app, "messages")[0][3].startswith(plain_name[:20])
        assert "No kiosk is running" in str(app.query_one("#kiosks", Static).render())

    played(desk, play)


def test_the_view_follows_while_kiosks_work(desk: Desk) -> None:
    async def play(app: DeskApp, press: Callable[[str], Awaitable[None]]) -> None:
        assert shown(app, "inside") == []
        desk.directory.check_in("Bob Smith", "Grace Hopper")
        await app.look_again()
        assert shown(app, "inside")[0][1] == "Bob Smith"

    played(desk, play)


def test_everything_fits_and_can_be_reached_at_80_by_24(desk: Desk) -> None:
    for number in range(40):
        desk.directory.check_in(f"Visitor {number}", "Grace Hopper")

    async def play(app: DeskApp, press: Callable[[str], Awaitable[None]]) -> None:
        buttons = list(app.query(Button))
        assert all(button.region.right <= 80 and button.region.bottom <= 24 for button in buttons)
        assert all(button.region.width >= 12 for button in buttons)
        app.query_one(TabbedContent).active = "tab-inside"
        await press("down")
        table = app.query_one("#inside", DataTable)
        assert table.row_count == 40
        assert table.region.height >= 14

    for locale in TEXTS:
        played(desk, play, locale)


def test_somebody_is_checked_out_after_a_second_press(desk: Desk) -> None:
    desk.directory.check_in("Ada Lovelace", "Grace Hopper")
    desk.directory.check_in("Bob Smith", "Grace Hopper")

    async def play(app: DeskApp, press: Callable[[str], Awaitable[None]]) -> None:
        await press("o")
        await press("o")
        assert len(desk.directory.who_is_in()) == 2, "nobody is selected on the first table"
        app.query_one(TabbedContent).active = "tab-inside"
        app.query_one("#inside", DataTable).move_cursor(row=1)
        await press("o")
        assert len(desk.directory.who_is_in()) == 2
        await press("o")
        assert [row[1] for row in shown(app, "inside")] == ["Ada Lovelace"]

    played(desk, play)
    assert [stay.visitor for stay in desk.directory.who_is_in()] == ["Ada Lovelace"]


def test_a_person_is_called_about_the_selected_visitor_each_time_it_is_wanted(
    desk: Desk, clock: list[datetime]
) -> None:
    told(desk, "Ada Lovelace")

    async def play(app: DeskApp, press: Callable[[str], Awaitable[None]]) -> None:
        await press("c")
        clock[0] += timedelta(seconds=5)
        await press("c")

    played(desk, play)
    calls = [message for message in desk.outbox.messages() if message.reason == "human"]
    assert [(call.visitor, call.state) for call in calls] == [("Ada Lovelace", SendState.SENT)] * 2


def test_done_takes_a_visitor_off_the_list(desk: Desk) -> None:
    told(desk, "Ada Lovelace")

    async def play(app: DeskApp, press: Callable[[str], Awaitable[None]]) -> None:
        await press("d")
        assert shown(app, "waiting") == []
        await press("d")

    played(desk, play)


def test_a_message_that_may_be_lost_is_sent_again_only_from_here(desk: Desk) -> None:
    class Broken:
        timeout_s = 5.0

        def send(self, message: Message) -> None:
            raise DeliveryError("no such address", retry=False)

        def delivered(self, message: Message) -> bool | None:
            return None

    channels = dict(desk.outbox.channels)
    desk.outbox.channels = {"local": Broken()}
    told(desk, "Ada Lovelace")

    async def play(app: DeskApp, press: Callable[[str], Awaitable[None]]) -> None:
        assert shown(app, "messages")[0][2] == "failed"
        desk.outbox.channels = channels
        app.query_one(TabbedContent).active = "tab-messages"
        await press("s")
        assert shown(app, "messages")[0][2] == "told"
        await press("s")

    played(desk, play)
    assert len(desk.outbox.messages()) == 1


def test_a_visit_at_a_kiosk_is_ended_by_an_order_given_once(desk: Desk, clock: list[datetime]) -> None:
    link = FrontDeskLink(lambda: desk, "north")
    assert link.exchange(None) is False

    async def play(app: DeskApp, press: Callable[[str], Awaitable[None]]) -> None:
        assert "north: idle" in str(app.query_one("#kiosks", Static).render())
        await press("e")
        await press("e")
        assert link.exchange(NOW) is False, "nobody was there"
        await app.look_again()
        assert "north: visitor since 10:00" in str(app.query_one("#kiosks", Static).render())
        await press("e")
        assert link.exchange(NOW) is False, "it is asked for twice"
        await press("e")
        assert link.exchange(NOW) is True
        assert link.exchange(NOW) is False

    played(desk, play)


def test_orders_for_an_earlier_visitor_and_silent_kiosks_do_not_count(
    desk: Desk, clock: list[datetime]
) -> None:
    database = desk.directory.database
    report(database, "north", NOW, NOW)
    order(database, "north", END_SESSION, NOW)
    order(database, "south", END_SESSION, NOW)
    assert take_orders(database, "north", NOW + timedelta(minutes=1)) == ()
    assert take_orders(database, "south", NOW) == (END_SESSION,)
    assert [kiosk.name for kiosk in kiosks(database, NOW)] == ["north"]
    clock[0] += timedelta(minutes=1)
    assert views.look(desk).kiosks == ()
    report(database, "west", None, NOW + timedelta(days=2))
    assert [kiosk.name for kiosk in kiosks(database, NOW)] == ["west"]


def test_a_database_that_goes_away_is_said_and_the_last_look_stays(desk: Desk, tmp_path: Path) -> None:
    desk.directory.check_in("Bob Smith", "Grace Hopper")
    file = tmp_path / "directory.sqlite3"

    async def play(app: DeskApp, press: Callable[[str], Awaitable[None]]) -> None:
        file.rename(tmp_path / "away")
        await app.look_again()
        trouble = app.query_one("#trouble", Static)
        assert trouble.has_class("shown")
        assert "directory.sqlite3" in str(trouble.render())
        assert shown(app, "inside")[0][1] == "Bob Smith"
        await press("c")
        (tmp_path / "away").rename(file)
        await app.look_again()
        assert not trouble.has_class("shown")

    played(desk, play)
    assert desk.outbox.messages() == ()


def test_every_language_has_every_word_and_state() -> None:
    for texts in TEXTS.values():
        assert texts.states.keys() == TEXTS["en"].states.keys()
        assert all(getattr(texts, name) for name in texts.__slots__)
    assert texts_for("de-AT") is TEXTS["de"]
    assert texts_for("fr") is TEXTS["en"]


def test_the_evacuation_list_names_everyone_with_a_box_to_tick() -> None:
    inside = [Stay("Zoë Müller", "ACME", "Grace Hopper", NOW), Stay("Bob\n\x1b[31m", None, None, NOW)]
    text = as_text(inside, NOW, TEXTS["en"])
    assert text.splitlines() == [
        "Evacuation list · 2026-03-02 10:00 · people: 2",
        "",
        "[ ] Zoë Müller (ACME), with Grace Hopper, 2026-03-02 10:00",
        "[ ] Bob [31m, 2026-03-02 10:00",
    ]
    many = [replace(inside[0], visitor=f"Visitor {number}") for number in range(200)]
    assert as_pdf(many, NOW, TEXTS["de"]).startswith(b"%PDF")


def test_the_command_prints_the_list_and_needs_a_terminal_for_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRON_HOME", str(tmp_path))
    open_desk(load_config()).directory.check_in("Bob Smith", "Grace Hopper")
    done = CliRunner().invoke(desk_command, ["--evacuation"])
    assert done.exit_code == 0
    assert "[ ] Bob Smith, with Grace Hopper" in done.output
    file = tmp_path / "list.pdf"
    assert CliRunner().invoke(desk_command, ["--evacuation", "--pdf", str(file)]).exit_code == 0
    assert file.read_bytes().startswith(b"%PDF")
    assert CliRunner().invoke(desk_command, ["--pdf", str(file)]).exit_code == 2
    refused = CliRunner().invoke(desk_command, [])
    assert refused.exit_code == 1
    assert "needs a terminal" in refused.output
