"""Reaching the host: who is told what, in which language, how; and what comes back to the visitor."""

from __future__ import annotations

import asyncio
import http.client
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from receptionist import backend as backends
from receptionist.actions.desk import Desk, open_desk
from receptionist.actions.inprocess import InProcessActions
from receptionist.answers.links import AnswerLinks
from receptionist.answers.serving import answer_page
from receptionist.backend import KioskBackend
from receptionist.config import load_config
from receptionist.desk import view as views
from receptionist.directory import Reply
from receptionist.kiosk.app import KioskApp
from receptionist.notify import Message, SendState
from receptionist.notify.outbox import Outbox
from receptionist.reception import open_reception
from receptionist.services import Result, ServiceRunner
from receptionist.settings import AnswerPage


class Post:
    """A channel that keeps what it is given."""

    timeout_s = 30.0

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, message: Message) -> None:
        self.sent.append(message)

    def delivered(self, message: Message) -> bool | None:
        return True


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def desk(tmp_path: Path, post: Post) -> Desk:
    opened = open_desk(load_config(env={"MIRON_HOME": str(tmp_path)}))
    opened.outbox.channels = {"local": post, "direct": post}
    return replace(opened, answer_within_s=0.0)


def call(desk: Desk, service: str, **params: object) -> Result:
    return asyncio.run(ServiceRunner(InProcessActions(lambda: desk)).call(service, params))


def test_a_deputy_is_told_for_whom_in_their_own_language(desk: Desk, post: Post) -> None:
    desk.directory.add_host("Emil Weber", locale="de")
    desk.directory.add_host("Li Wei", locale="zh-CN")
    for deputy in ("Emil Weber", "Li Wei", "Jean Bartik"):
        call(desk, "notify_host", host=deputy, visitor="Ada", instead_of="Grace Hopper")
    call(desk, "leave_message", host="Jean Bartik", visitor="Ada", text="Call me.", instead_of="Grace Hopper")
    assert [message.text for message in post.sent] == [
        "Ada ist am Empfang und möchte zu Grace Hopper. Sie vertreten Grace Hopper.",
        "Ada在前台，要找Grace Hopper，请您代为接待。",
        "Ada is at the front desk for Grace Hopper, and you stand in for Grace Hopper.",
        "Ada came to see Grace Hopper, for whom you stand in, and could not wait. Call me.",
    ]


def team(desk: Desk, **replies: Reply | None) -> None:
    desk.directory.add_host("Boss", team="Blue")
    for name, reply in replies.items():
        desk.directory.add_host(name, team="Blue", reachable=reply)


def test_of_a_team_the_first_who_can_come_is_named(desk: Desk, post: Post) -> None:
    team(desk, Ann=Reply.REFUSED, Bea=Reply.COMING, Cleo=Reply.LATER)
    told = call(desk, "notify_team", host="Boss", visitor="Ada")
    assert told.values == {"reply": "coming", "host": "Bea", "words": None, "unsure": False}
    assert {message.recipient for message in post.sent} == {"Ann", "Bea", "Cleo"}
    assert all("for Boss, who does not answer" in message.text for message in post.sent)


def test_a_team_without_an_answer_and_a_host_without_a_team(desk: Desk) -> None:
    team(desk, Ann=None)
    assert call(desk, "notify_team", host="Boss", visitor="Ada").values["reply"] == "no_answer"
    desk.directory.add_host("Hermit")
    assert call(desk, "notify_team", host="Hermit", visitor="Ada").reason == "not_found"


def test_a_host_with_an_address_of_their_own_is_reached_there(desk: Desk, post: Post) -> None:
    desk.directory.add_host("Zoe", channel="json://pager.lan/zoe", email="zoe@example.org")
    desk.directory.add_host("Yan", email="yan@example.org")
    call(desk, "notify_host", host="Zoe", visitor="Ada")
    call(desk, "notify_host", host="Yan", visitor="Ada")
    assert [(message.channel, message.address) for message in post.sent] == [
        ("direct", "json://pager.lan/zoe"),
        ("local", "yan@example.org"),
    ]


def test_a_host_with_a_channel_that_nobody_set_up_is_not_told_and_that_is_said(desk: Desk) -> None:
    desk.directory.add_host("Zoe", channel="pigeons")
    assert call(desk, "notify_host", host="Zoe", visitor="Ada").reason == "not_sent"


def test_a_service_that_hangs_keeps_nobody_else_waiting(desk: Desk) -> None:
    over = threading.Event()

    class Hanging(Post):
        def send(self, message: Message) -> None:
            over.wait(30)

    desk.outbox.channels = {"local": Hanging()}
    runner = ServiceRunner(InProcessActions(lambda: desk))

    async def kiosk() -> tuple[Result, Result]:
        await runner.call("who_is_in", {})
        telling = asyncio.create_task(runner.call("notify_host", {"host": "Jean Bartik"}, timeout_s=1.0))
        await asyncio.sleep(0)
        found = await runner.call("find_hosts", {"name": "Grace Hopper"})
        return found, await telling

    found, told = asyncio.run(kiosk())
    over.set()
    assert found.status == "done"
    assert told.reason == "timed_out"
    (message,) = desk.outbox.messages()
    assert message.state in (SendState.SENDING, SendState.SENT)


def test_what_the_host_answers_on_the_page_is_what_the_dialogue_hears(desk: Desk, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    links = AnswerLinks(desk.directory.database, url, timedelta(hours=1))
    troubles: list[str] = []

    class Answering(Post):
        def send(self, message: Message) -> None:
            assert message.link
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            form = urlencode({"reply": "later", "words": "Have a <b>coffee</b>\nfirst"})
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", urlsplit(message.link).path, form, headers)
            assert connection.getresponse().read()
            connection.close()

    outbox = Outbox(desk.directory.database, {"local": Answering()}, link=links.issue)
    with_page = replace(desk, links=links, outbox=outbox, answer_within_s=20.0)
    page = AnswerPage("127.0.0.1", port, url)
    with answer_page(page, lambda: with_page, troubles):
        told = call(with_page, "notify_host", host="Will May", visitor="Ada")
        assert told.values["reply"] == "later"
        assert told.values["words"] == "Have a <b>coffee</b> first"
        with answer_page(page, lambda: with_page, troubles):
            pass
    assert len(troubles) == 1
    assert str(port) in troubles[0]


async def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not holds():
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def test_the_front_desk_ends_a_visit_and_the_idle_screen_names_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "FRONT_DESK_S", 0.05)
    monkeypatch.setattr(backends, "LINGER_S", 0.1)
    reception = open_reception(load_config(env={"MIRON_HOME": str(tmp_path)}), seed=1)
    assert reception.learn_names() is None
    backend = KioskBackend(reception, title="Test desk", ms_per_word=2)

    async def visit() -> None:
        app = KioskApp(backend)
        async with app.run_test(size=(100, 30)) as pilot:
            backend.start()
            await backend.send_text("I am Ada Lovelace")
            await until(lambda: bool(views.look(reception.desk()).kiosks))
            await until(lambda: any(k.visit_since for k in views.look(reception.desk()).kiosks))
            desk = reception.desk()
            (kiosk,) = views.look(desk).kiosks
            views.end_session(desk, kiosk)
            await until(lambda: not reception.session.visit_open)
            await until(lambda: backend.view().lines == ())
            await until(lambda: all(k.visit_since is None for k in views.look(desk).kiosks))
            await pilot.pause()
            names = {part for host in desk.directory.hosts() for part in host.name.split()} | {
                "Ada",
                "Lovelace",
            }
            shown = re.sub(r"<style.*?</style>", "", app.export_screenshot(), flags=re.DOTALL)
            words = set(re.findall(r"\w+", " ".join(re.findall(r">([^<]+)<", shown))))
            assert words & names == set()
        await backend.close()

    asyncio.run(visit())
    reception.close()
