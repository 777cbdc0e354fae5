"""The agent behind Rasa's REST channel and HTTP API, as a client of Rasa sees it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.compiler import Compiled
from engine.journal import read as read_journal
from receptionist.cli import miron as command_line
from receptionist.config import load_config
from receptionist.dialogue import load_dialogue
from receptionist.rest.payload import read_payload, write_payload

aiohttp = pytest.importorskip("aiohttp", reason="needs the extra web")

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "jsonl.md"
DESK, FIXTURE, *_ = re.findall(r"^```\w*\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
WEBHOOK, PARSE = "/webhooks/rest/webhook", "/model/parse"
Json = Any


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "desk.yaml").write_text(DESK, "utf-8")
    (tmp_path / "fixture.yaml").write_text(FIXTURE, "utf-8")
    return tmp_path


@dataclass
class Client:
    """A client of a server in this process; ``now`` is the server's clock, ``told`` what it complained of."""

    http: Any
    address: str
    senders: Any
    now: float = 0.0
    told: list[str] = field(default_factory=list)

    async def post(self, path: str, body: object, **headers: str) -> tuple[int, Json]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(self.address + path, data=data, headers=headers) as response:
            return response.status, await response.json()

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(self.address + path, headers=headers) as response:
            return response.status, await response.text()

    async def say(self, text: str, sender: str = "ada") -> list[Json]:
        status, messages = await self.post(WEBHOOK, {"sender": sender, "message": text})
        assert status == 200, messages
        return messages

    async def parse(self, text: str) -> Json:
        status, found = await self.post(PARSE, {"text": text})
        assert status == 200, found
        return found


@asynccontextmanager
async def served(desk: Path, **options: Any) -> AsyncIterator[Client]:
    from receptionist.rest.running import open_served, understanding
    from receptionist.rest.server import RestServer
    from receptionist.rest.sessions import Senders

    config = load_config(env={"MIRON_HOME": str(desk / "home")})
    opened = open_served(config, desk / "desk.yaml", desk / "fixture.yaml", "", 0)
    told: list[str] = []
    token, opening = options.pop("token", ""), options.pop("opening", opened.open)
    senders = Senders(opening, told.append, clock=lambda: client.now, **options)
    server = RestServer(senders, understanding(opened.first), told.append, port=0, token=token)
    address = await server.open()
    async with aiohttp.ClientSession() as http:
        client = Client(http, address, senders, told=told)
        try:
            yield client
        finally:
            await server.close()


def talk(desk: Path, script: Callable[[Client], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        async with served(desk, **options) as client:
            await script(client)

    asyncio.run(run())


def texts(messages: list[Json]) -> list[str]:
    return [message["text"] for message in messages]


def endings(desk: Path) -> list[str]:
    """How visits ended in the journals of all senders."""
    return [
        str(record.get("name"))
        for path in sorted((desk / "home" / "journal").glob("*.jsonl"))
        for record in read_journal(path).records
        if record.kind == "act" and record.get("channel") == "visit"
    ]


def test_a_conversation_goes_as_over_rasas_rest_channel(desk: Path) -> None:
    async def script(client: Client) -> None:
        messages = await client.say("hello")
        assert texts(messages) == ["Welcome!", "Who are you, please?"]
        assert {message["recipient_id"] for message in messages} == {"ada"}
        assert "buttons" not in messages[0]
        assert {"title": "Repeat", "payload": "/turn_taking.repeat"} in messages[-1]["buttons"]
        assert texts(await client.say("Ada Lovelace")) == ["Ada Lovelace, I have told Grace Hopper."]

    talk(desk, script)


def test_a_button_is_pressed_by_sending_its_payload(desk: Path) -> None:
    async def script(client: Client) -> None:
        await client.say("/hello")
        assert texts(await client.say("/turn_taking.repeat")) == ["Who are you, please?"]
        told = await client.say('/ask_name/value{"visitor.name": "Ada Lovelace", "visitor.secret": 1}')
        assert texts(told) == ["Ada Lovelace, I have told Grace Hopper."]

    talk(desk, script)


def test_senders_do_not_hear_each_other_and_each_has_a_journal(desk: Path) -> None:
    async def script(client: Client) -> None:
        await asyncio.gather(*(client.say("hello", name) for name in ("ada", "bob", "cleo")))
        assert texts(await client.say("Bob Ross", "bob")) == ["Bob Ross, I have told Grace Hopper."]
        assert texts(await client.say("Ada Lovelace")) == ["Ada Lovelace, I have told Grace Hopper."]

    talk(desk, script)
    assert len(list((desk / "home" / "journal").iterdir())) == 3


def test_messages_sent_at_once_are_taken_one_after_another(desk: Path) -> None:
    async def script(client: Client) -> None:
        first, second = await asyncio.gather(client.say("hello"), client.say("/turn_taking.repeat"))
        assert sorted((texts(first), texts(second))) == [
            ["Welcome!", "Who are you, please?"],
            ["Who are you, please?"],
        ]

    talk(desk, script)


def test_the_sender_silent_for_longest_makes_room_and_leaves_as_a_visitor_does(desk: Path) -> None:
    async def script(client: Client) -> None:
        for client.now, name in enumerate(("ada", "bob")):
            await client.say("hello", name)
        client.now = 5
        await client.say("/turn_taking.repeat", "ada")
        await client.say("hello", "cleo")
        assert client.senders.known == ["ada", "cleo"]
        assert texts(await client.say("hello", "ada")) != ["Welcome!", "Who are you, please?"]

    talk(desk, script, most=2)
    assert endings(desk) == ["gone"]


def test_a_sender_silent_for_too_long_has_left(desk: Path) -> None:
    async def script(client: Client) -> None:
        await client.say("hello")
        client.now = 59
        await client.say("/turn_taking.repeat")
        client.now = 119
        assert texts(await client.say("hello")) == ["Welcome!", "Who are you, please?"]

    talk(desk, script, idle_s=60)
    assert endings(desk) == ["gone"]


def test_restart_begins_anew(desk: Path) -> None:
    async def script(client: Client) -> None:
        await client.say("hello")
        assert await client.say("/restart") == []
        assert texts(await client.say("hello")) == ["Welcome!", "Who are you, please?"]

    talk(desk, script)
    assert endings(desk) == ["gone"]


def test_a_conversation_that_breaks_is_told_without_its_inside_and_begins_anew(desk: Path) -> None:
    def opening() -> Any:
        raise RuntimeError("secret")

    async def script(client: Client) -> None:
        status, body = await client.post(WEBHOOK, {"sender": "ada", "message": "hello"})
        assert (status, body["status"], "secret" in str(body)) == (500, "failure", False)
        assert client.told == [f"{WEBHOOK} failed: RuntimeError: secret"]
        assert client.senders.known == []

    talk(desk, script, opening=opening)


def test_parse_answers_as_rasa_does(desk: Path) -> None:
    (desk / "desk.yaml").write_text(
        DESK.replace("  hello: {", "  name_self: {heard: 'my name is {visitor.name}'}\n  hello: {"), "utf-8"
    )

    async def script(client: Client) -> None:
        found = await client.parse("my name is Ada Lovelace")
        assert found["text"] == "my name is Ada Lovelace"
        assert found["intent"]["name"] == "name_self"
        assert 0.5 < found["intent"]["confidence"] <= 1
        assert found["intent_ranking"][0] == found["intent"]
        (entity,) = found["entities"]
        assert (entity["entity"], entity["start"], entity["end"]) == ("visitor.name", 11, 23)
        assert entity["value"] == "Ada Lovelace"
        assert 0 < entity["confidence_entity"] <= 1
        payload = await client.parse('/name_self{"visitor.name": "Ada"}')
        assert payload["intent"] == {"name": "name_self", "confidence": 1.0}
        assert payload["entities"][0]["value"] == "Ada"
        nothing = await client.parse("colourless green ideas")
        assert nothing["intent"] == {"name": "nlu_fallback", "confidence": 0.0}
        assert nothing["entities"] == []

    talk(desk, script)


def test_version_health_and_stream(desk: Path) -> None:
    async def script(client: Client) -> None:
        assert re.fullmatch(r"Hello from Miron: \d\S+", (await client.get("/"))[1])
        assert json.loads((await client.get("/webhooks/rest/"))[1]) == {"status": "ok"}
        body = json.dumps({"message": "hello"})
        async with client.http.post(f"{client.address}{WEBHOOK}?stream=true", data=body) as response:
            lines = [json.loads(line) for line in (await response.text()).splitlines()]
        assert texts(lines) == ["Welcome!", "Who are you, please?"]
        assert lines[0]["recipient_id"] == "default"

    talk(desk, script)


BAD: list[tuple[str, object, int]] = [
    (WEBHOOK, b"{", 400),
    (WEBHOOK, b"\xff\xfe", 400),
    (WEBHOOK, b"[" * 50_000, 400),
    (WEBHOOK, [], 400),
    (WEBHOOK, {"sender": "ada"}, 400),
    (WEBHOOK, {"sender": ["ada"], "message": "hello"}, 400),
    (WEBHOOK, {"sender": "a" * 300, "message": "hello"}, 400),
    (WEBHOOK, {"sender": " ", "message": "hello"}, 400),
    (WEBHOOK, {"sender": "ada", "message": 7}, 400),
    (WEBHOOK, {"sender": "ada", "message": "a" * 2_001}, 400),
    (WEBHOOK, {"sender": "ada", "message": "a" * 70_000}, 413),
    (PARSE, {"txt": "hello"}, 400),
    (PARSE, b"", 400),
    ("/model/train", {}, 404),
    ("/", {}, 405),
]


def test_bad_requests_are_refused_in_rasas_shape(desk: Path) -> None:
    async def script(client: Client) -> None:
        for path, body, expected in BAD:
            status, answer = await client.post(path, body)
            assert (status, answer["status"], answer["code"]) == (expected, "failure", expected), body
            assert answer["message"]
        assert client.senders.known == []
        assert client.told == []

    talk(desk, script)


def test_odd_words_are_heard_as_words(desk: Path) -> None:
    async def script(client: Client) -> None:
        await client.say("hello")
        for text in ("\ud800\x00\x1b[31m", "", "/", "/nobody{}", '/ask_name/value{"', "{{ 7 * 7 }}", "../.."):
            assert all("49" not in text for text in texts(await client.say(text, "ada")))
        assert await client.say('/ask_name/value{"visitor.name": {"a": [1]}}') is not None
        assert await client.say('/ask_name/value{"visitor.name": 1e999}') is not None

    talk(desk, script)


def test_foreign_pages_and_names_are_refused(desk: Path) -> None:
    async def script(client: Client) -> None:
        message = {"sender": "ada", "message": "hello"}
        assert (await client.post(WEBHOOK, message, Origin="https://example.org"))[0] == 403
        assert (await client.post(WEBHOOK, message, Host="example.org"))[0] == 403
        assert (await client.post(WEBHOOK, message, Origin="http://[", Host="["))[0] in (400, 403)
        assert (await client.post(WEBHOOK, message, Origin=client.address))[0] == 200

    talk(desk, script)


def test_with_a_token_only_those_who_show_it_are_answered(desk: Path) -> None:
    async def script(client: Client) -> None:
        for path, body in ((WEBHOOK, {"message": "hello"}), (PARSE, {"text": "hello"})):
            assert (await client.post(path, body))[0] == 401
            assert (await client.post(f"{path}?token=wrong", body))[0] == 401
            assert (await client.post(f"{path}?token=s%C3%A9same", body))[0] == 200
        assert (await client.get("/"))[0] == 200

    talk(desk, script, token="sésame")


def test_too_many_messages_of_one_sender_are_refused_not_kept(desk: Path) -> None:
    async def script(client: Client) -> None:
        message = {"sender": "ada", "message": "hello"}
        answers = await asyncio.gather(*(client.post(WEBHOOK, message) for _ in range(30)))
        assert {status for status, _ in answers} == {200, 429}

    talk(desk, script)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    path = tmp_path_factory.mktemp("desk") / "desk.yaml"
    path.write_text(DESK, "utf-8")
    return load_dialogue(path)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["C"]), min_size=1))
def test_what_a_button_sends_is_what_it_means(compiled: Compiled, name: str) -> None:
    found = read_payload(write_payload("ask_name/value", {"visitor.name": name}), compiled)
    assert found is not None
    assert (found.miron, dict(found.entities)) == ("ask_name/value", {"visitor.name": name.strip()})


@settings(max_examples=300, deadline=None)
@given(st.text().map(lambda text: "/hello" + text))
def test_any_message_is_a_payload_or_words(compiled: Compiled, text: str) -> None:
    found = read_payload(text, compiled)
    assert found is None or found.miron in compiled.heard


@pytest.fixture
def process(desk: Path) -> Iterator[subprocess.Popen[str]]:
    options = ["--listen", "127.0.0.1:0", "--dialogue", "desk.yaml", "--fixture", "fixture.yaml"]
    started = subprocess.Popen(
        [sys.executable, "-m", "receptionist", "serve", *options],
        cwd=desk,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "MIRON_HOME": str(desk / "home"), "MIRON_TOKEN": "secret"},
    )
    yield started
    started.kill()
    started.communicate()


def test_the_command_serves_until_it_is_told_to_end(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found
    body = json.dumps({"sender": "ada", "message": "hello"}).encode()
    headers = {"Content-Type": "application/json"}
    request = Request(f"{found[0]}{WEBHOOK}?token=secret", body, headers)
    with urlopen(request, timeout=60) as response:
        assert texts(json.load(response)) == ["Welcome!", "Who are you, please?"]
    process.send_signal(signal.SIGTERM)
    _, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, "")


def refused(desk: Path, *args: str) -> tuple[int, str]:
    result = CliRunner(env={"MIRON_HOME": str(desk / "home")}).invoke(command_line, ["serve", *args])
    assert isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stderr


def test_what_cannot_be_served_is_said(desk: Path) -> None:
    (desk / "wrong.yaml").write_text("dialogue: desk\nrules: {a: {when: hear nothing_known}}\n", "utf-8")
    assert refused(desk, "--listen", "here")[0] == 2
    assert refused(desk, "--dialogue", str(desk / "wrong.yaml"))[0] == 1
    status, message = refused(desk, "--dialogue", str(desk / "desk.yaml"), "--locale", "xx")
    assert (status, "no language 'xx'" in message) == (1, True)
    status, message = refused(desk, "--listen", "192.0.2.1:5005", "--dialogue", str(desk / "desk.yaml"))
    assert (status, "cannot listen at 192.0.2.1:5005" in message) == (1, True)


def test_without_aiohttp_the_extra_is_named(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    for name in [name for name in sys.modules if name.startswith("receptionist.rest")]:
        monkeypatch.delitem(sys.modules, name)
    status, message = refused(desk)
    assert (status, "pip install 'miron[web]'" in message) == (1, True)
