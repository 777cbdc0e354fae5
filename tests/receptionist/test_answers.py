"""The answer page: one answer by a secret link, and nothing for anybody else."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receptionist.answers import page
from receptionist.answers.links import MOST_WORDS, AnswerLinks, one_line
from receptionist.answers.server import AnswerServer
from receptionist.directory import DirectoryError, Reply
from receptionist.directory.errors import Trouble
from receptionist.directory.store import Database
from receptionist.notify.message import Message
from receptionist.notify.outbox import Draft, Outbox

MARKUP = "<script>alert(1)</script> \"'&amp; {{7*7}} '); DROP TABLE messages; --"


@dataclass
class Answered:
    status: int
    text: str
    headers: dict[str, str]


class Desk:
    """A database, its outbox and a page on a free port."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 3, 2, 10, 0)
        self.file = folder / "d.sqlite3"
        self.database = Database(str(self.file))
        self.trouble: DirectoryError | None = None
        self.server = AnswerServer("127.0.0.1", 0, "http://reception.lan", self.links)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.outbox = Outbox(self.database, {}, lambda: self.now)

    def links(self) -> AnswerLinks:
        if self.trouble:
            raise self.trouble
        return AnswerLinks(self.database, self.url, timedelta(hours=2), lambda: self.now)

    def posted(
        self, *, visitor: str = "Ada Lovelace", locale: str = "en", reason: str = "arrived"
    ) -> Message:
        draft = Draft(
            "s", reason, "Grace Hopper", f"{visitor} is here.", "local", visitor=visitor, locale=locale
        )
        return self.outbox.post(draft)[0]

    def link(self, **message: str) -> str:
        link = self.links().issue(self.posted(**message))
        assert link is not None
        return link

    def ask(self, method: str, url: str, fields: dict[str, str] | None = None, **headers: str) -> Answered:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        body = urlencode(fields) if fields is not None else None
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if fields is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, urlsplit(url).path, body=body, headers=sent)
        response = connection.getresponse()
        answered = Answered(response.status, response.read().decode(), dict(response.getheaders()))
        connection.close()
        return answered

    def answer(self) -> tuple[Reply | None, str | None]:
        (message, *_) = self.outbox.messages()
        return message.answer, message.words


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.server.close()


def test_a_host_answers_by_the_link_of_the_message(desk: Desk) -> None:
    link = desk.link()
    shown = desk.ask("GET", link)
    assert shown.status == 200
    assert "Ada Lovelace is here." in shown.text
    assert desk.ask("GET", link).status == 200, "looking uses nothing up: mail programs look, too"
    assert desk.answer() == (None, None)
    assert desk.ask("POST", link, {"reply": "coming", "words": ""}).status == 200
    assert desk.answer() == (Reply.COMING, None)


@pytest.mark.parametrize(
    ("reply", "words", "answer"),
    [
        ("later", "", (Reply.LATER, None)),
        ("refused", "Another day, please", (Reply.REFUSED, "Another day, please")),
        ("words", "Have a coffee first", (Reply.LATER, "Have a coffee first")),
    ],
)
def test_every_answer_is_written_down_with_the_words_for_the_visitor(
    desk: Desk, reply: str, words: str, answer: tuple[Reply, str | None]
) -> None:
    desk.ask("POST", desk.link(), {"reply": reply, "words": words})
    assert desk.answer() == answer


def test_a_link_is_good_for_one_answer_also_for_the_other_links_of_the_message(desk: Desk) -> None:
    message = desk.posted()
    first, second = desk.links().issue(message), desk.links().issue(message)
    assert first
    assert second
    assert desk.ask("POST", first, {"reply": "coming"}).status == 200
    for link in (first, second):
        assert desk.ask("POST", link, {"reply": "refused"}).status == 404
        assert desk.ask("GET", link).status == 404
    assert desk.answer() == (Reply.COMING, None)


def test_of_many_answers_at_once_one_counts(desk: Desk) -> None:
    link = desk.link()
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(desk.ask("POST", link, {"reply": "later"}).status))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 404, 404, 404, 404, 404]


def test_used_expired_and_invented_links_cannot_be_told_apart(desk: Desk) -> None:
    used = desk.link()
    desk.ask("POST", used, {"reply": "coming"})
    expired = desk.links().issue(desk.posted(reason="delivery"))
    assert expired
    desk.now += timedelta(hours=3)
    invented = f"{desk.url}/a/{'A' * 43}"
    answers = [
        desk.ask(method, url, {"reply": "coming"} if method == "POST" else None)
        for url in (
            used,
            expired,
            invented,
            f"{desk.url}/a/x",
            f"{desk.url}/a/",
            f"{desk.url}/",
            f"{desk.url}/x",
        )
        for method in ("GET", "POST")
    ]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


def test_the_secret_is_not_in_the_database(desk: Desk) -> None:
    token = desk.link().rsplit("/", 1)[1]
    stored = b"".join(file.read_bytes() for file in desk.file.parent.iterdir())
    assert token.encode() not in stored


def test_messages_that_want_no_answer_get_no_link(desk: Desk) -> None:
    assert desk.links().issue(desk.posted(reason="message")) is None


def test_names_are_shown_as_they_are_and_never_markup(desk: Desk) -> None:
    shown = desk.ask("GET", desk.link(visitor=MARKUP)).text
    assert "<script" not in shown
    assert MARKUP in unescape(shown)


@pytest.mark.parametrize(
    ("locale", "button"), [("en", "I am coming"), ("de-AT", "Ich komme"), ("zh", "我马上来")]
)
def test_the_page_speaks_the_language_of_the_host(desk: Desk, locale: str, button: str) -> None:
    link = desk.link(locale=locale)
    shown = desk.ask("GET", link).text
    assert button in shown
    assert f'lang="{locale[:2]}"' in shown
    assert desk.ask("POST", link, {"reply": "coming"}).status == 200


def test_without_a_message_the_page_speaks_the_language_of_the_browser(desk: Desk) -> None:
    gone = desk.ask("GET", f"{desk.url}/a/x", Accept_Language="fr;q=0.9, de-CH;q=0.8")
    assert "gilt nicht" in gone.text


def test_every_language_has_every_text() -> None:
    assert len({frozenset(texts) for texts in page._TEXTS.values()}) == 1
    assert tuple(page._TEXTS) == page.LOCALES


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
    ],
    ids=["another host", "a form elsewhere", "a form without origin", "across sites"],
)
def test_requests_from_elsewhere_change_nothing(desk: Desk, headers: dict[str, str]) -> None:
    assert desk.ask("POST", desk.link(), {"reply": "coming"}, **headers).status == 403
    assert desk.answer() == (None, None)


def test_the_name_the_page_is_reached_by_is_its_own(desk: Desk) -> None:
    own = {"Host": "reception.lan", "Origin": "http://reception.lan", "Sec_Fetch_Site": "same-origin"}
    assert desk.ask("POST", desk.link(), {"reply": "coming"}, **own).status == 200


@pytest.mark.parametrize(
    "fields", [{}, {"reply": "fired"}, {"reply": "words", "words": "   "}, {"words": "hello"}]
)
def test_a_form_that_says_nothing_uses_nothing_up(desk: Desk, fields: dict[str, str]) -> None:
    link = desk.link()
    assert desk.ask("POST", link, fields).status == 400
    assert desk.ask("GET", link).status == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /a/%s HTTP/1.1\r\nHost: %s\r\n\r\n", b"400"),
        (b"POST /a/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 99999\r\n\r\n", b"400"),
        (b"POST /a/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: -1\r\n\r\n", b"400"),
        (
            b"POST /a/%s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nab",
            b"400",
        ),
        (b"PUT /a/%s HTTP/1.1\r\nHost: %s\r\n\r\n", b"501"),
        (b"\xff\xfe %s %s\r\n\r\n", b"cannot be answered"),
        (b"GET /a/%s\x00%%ff HTTP/1.1\r\nHost: %s\r\n\r\n", b"404"),
        (b"GET /" + b"a" * 70_000 + b"%s HTTP/1.1\r\nHost: %s\r\n\r\n", b"414"),
    ],
    ids=["no length", "too long", "negative", "no form", "put", "no http", "bytes in the path", "long path"],
)
def test_requests_that_are_none_are_refused(desk: Desk, head: bytes, status: bytes) -> None:
    token = desk.link().rsplit("/", 1)[1].encode()
    with socket.create_connection(("127.0.0.1", desk.server.port), timeout=10) as raw:
        raw.sendall(head % (token, f"127.0.0.1:{desk.server.port}".encode()))
        raw.shutdown(socket.SHUT_WR)
        assert status in b"".join(iter(lambda: raw.recv(4096), b""))
    assert desk.ask("GET", desk.link(visitor="next")).status == 200


def test_pages_load_run_frame_and_keep_nothing(desk: Desk) -> None:
    headers = desk.ask("GET", desk.link()).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Server"] == "Miron"
    assert desk.ask("HEAD", desk.link()).text == ""


def test_a_database_that_goes_away_and_comes_back_costs_no_answer(desk: Desk) -> None:
    link = desk.link()
    desk.file.rename(desk.file.with_name("away"))
    for method, fields in (("GET", None), ("POST", {"reply": "coming"})):
        assert desk.ask(method, link, fields).status == 503
    desk.trouble = DirectoryError(Trouble.UNAVAILABLE, "the server is away")
    assert desk.ask("GET", link).status == 503
    desk.trouble = None
    desk.file.with_name("away").rename(desk.file)
    assert desk.ask("POST", link, {"reply": "coming"}).status == 200
    assert desk.answer() == (Reply.COMING, None)


@given(st.text())
def test_words_become_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= MOST_WORDS
    assert one_line(line) == line


@given(st.text())
def test_whatever_the_message_says_the_page_has_the_same_elements(text: str) -> None:
    now = datetime(2026, 3, 2)
    from receptionist.notify import SendState

    def shown(words: str) -> list[str]:
        message = Message(
            1, "s", 1, "arrived", "Grace", None, "c", None, None, words, SendState.SENT, 1, now, now, now
        )
        return re.findall(r"<[^>]*>", page.question(message, "en"))

    assert shown(text) == shown("")


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_a_browser_shows_the_page_under_its_own_policy(desk: Desk, tmp_path: Path) -> None:
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    shown = subprocess.run(
        [
            "chromium",
            *flags,
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            desk.link(visitor=MARKUP),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "I am coming" in shown.stdout
    assert "alert(1)&lt;/script&gt;" in shown.stdout
    assert "Refused to apply" not in shown.stderr
