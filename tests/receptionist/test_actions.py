"""Services: the same rasa-sdk actions in process and on an action server; always an answer in time."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from receptionist.actions.desk import Desk, DeskSource, open_desk
from receptionist.actions.inprocess import InProcessActions
from receptionist.actions.signatures import SIGNATURES
from receptionist.config import load_config
from receptionist.directory import Reply, open_directory
from receptionist.directory.seed import fill, read_file
from receptionist.notify import DeliveryError, Message, SendState
from receptionist.services import Result, ServiceFailure, ServiceRunner


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("seeded")
    return Path(open_desk(load_config(env={"MIRON_HOME": str(home)})).directory.database.name)


@pytest.fixture
def desk(tmp_path: Path, seeded: Path) -> Desk:
    shutil.copy(seeded, tmp_path)
    return open_desk(load_config(env={"MIRON_HOME": str(tmp_path)}))


@pytest.fixture
def call(desk: Desk) -> Callable[..., Result]:
    runner = ServiceRunner(InProcessActions(lambda: desk))
    return lambda service, /, **params: asyncio.run(runner.call(service, params))


def calling(desk: Desk, service: str, /, **params: object) -> Result:
    return asyncio.run(ServiceRunner(InProcessActions(lambda: desk)).call(service, params))


def sent(desk: Desk) -> list[Message]:
    return [message for message in desk.outbox.messages() if message.state is SendState.SENT]


def test_an_expected_visitor_is_found_announced_and_checked_in_and_out(
    desk: Desk, call: Callable[..., Result]
) -> None:
    found = call("find_visits", name="ada lovelace", host="Grace Hopper")
    visit = {
        "visitor": "Ada Lovelace",
        "company": "Analytical Engines",
        "host": "Grace Hopper",
        "at": "10:30",
    }
    assert found == Result("done", {"found": [visit], "sure": True})
    told = call("notify_host", host="Grace Hopper", visitor="Ada Lovelace", company="Analytical Engines")
    assert told.values == {"reply": "coming", "words": None, "unsure": False, "repeated": False}
    assert [message.text for message in sent(desk)] == [
        "Ada Lovelace (Analytical Engines) is at the front desk for you."
    ]
    assert call("check_in", visitor="Ada Lovelace", host="Grace Hopper").values == {"expected": True}
    assert call("who_is_in").values["count"] == 1
    assert call("check_out", visitor="Ada Lovelace").values == {"found": True, "host": "Grace Hopper"}
    assert call("who_is_in").values == {"people": [], "count": 0}


def test_results_are_plain_json(call: Callable[..., Result]) -> None:
    for name, params in (
        ("find_visits", {"host": "Will May"}),
        ("notify_host", {"host": "Emma Fischer", "visitor": "Bob"}),
        ("who_is_in", {}),
    ):
        values = call(name, **params).values
        assert json.loads(json.dumps(values)) == values
        assert all(type(value) in (str, bool, int, list, type(None)) for value in values.values())


def test_a_visit_that_names_nobody_gives_nulls(call: Callable[..., Result]) -> None:
    (visit,) = call("find_visits", company="Blue Harbour Catering").values["found"]
    assert visit["visitor"] is None


def test_a_host_is_told_once_about_a_visit_and_again_only_about_the_next(
    desk: Desk, call: Callable[..., Result]
) -> None:
    call("notify_host", host="Grace Hopper", visitor="Ada Lovelace")
    again = call("notify_host", host="Hopper", visitor="ADA LOVELACE", company="Analytical Engines")
    assert again.values["repeated"]
    assert again.values["reply"] == "coming"
    assert len(sent(desk)) == 1
    call("check_in", visitor="Ada Lovelace", host="Grace Hopper")
    call("check_out", visitor="Ada Lovelace")
    assert not call("notify_host", host="Grace Hopper", visitor="Ada Lovelace").values["repeated"]
    assert len(sent(desk)) == 2


def test_another_reason_visitor_or_host_is_another_message(desk: Desk, call: Callable[..., Result]) -> None:
    call("notify_host", host="Grace Hopper", visitor="Ada Lovelace")
    call("notify_host", host="Grace Hopper", visitor="Ada Lovelace", reason="delivery")
    call("notify_host", host="Grace Hopper", visitor="Charles Babbage")
    call("notify_host", host="Jean Bartik", visitor="Ada Lovelace")
    assert len(sent(desk)) == 4


def test_visitors_who_give_no_name_are_told_apart_by_their_session(desk: Desk) -> None:
    runner = ServiceRunner(InProcessActions(lambda: desk))
    for session in ("one", "two", "two"):
        asyncio.run(runner.call("notify_host", {"host": "Grace Hopper"}, session=session))
    assert len(sent(desk)) == 2


def test_a_restarted_kiosk_does_not_tell_the_host_again(tmp_path: Path) -> None:
    config = load_config(env={"MIRON_HOME": str(tmp_path)})
    for _ in range(2):
        calling(open_desk(config), "notify_host", host="Grace Hopper", visitor="Ada Lovelace")
    assert len(config.outbox_file.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("host", "reply"),
    [
        ("Grace Hopper", "coming"),
        ("Emma Fischer", "later"),
        ("Will May", "no_answer"),
        ("Siobhán O'Brien", "refused"),
    ],
)
def test_demo_hosts_answer_as_they_are_set(call: Callable[..., Result], host: str, reply: str) -> None:
    assert call("host_reply", host=host).values == {"reply": "no_answer", "words": None}
    assert call("notify_host", host=host, visitor="Bob Smith").values["reply"] == reply
    assert call("host_reply", host=host, visitor="Bob Smith").values == {"reply": reply, "words": None}


def test_a_real_hosts_answer_is_waited_for_and_its_absence_ends_the_wait(desk: Desk) -> None:
    desk.directory.add_host("Rosalind Franklin")

    def answer(_: float) -> None:
        (message,) = desk.outbox.messages()
        desk.outbox.answer(message.id, Reply.LATER)

    answered = calling(replace(desk, pause=answer), "notify_host", host="Rosalind Franklin", visitor="Bob")
    assert answered.values["reply"] == "later"
    impatient = replace(desk, answer_within_s=0.05)
    silent = calling(impatient, "notify_host", host="Rosalind Franklin", visitor="Jim")
    assert silent.values["reply"] == "no_answer"


class Channel:
    timeout_s = 5.0

    def __init__(self, error: Exception) -> None:
        self.error = error

    def send(self, message: Message) -> None:
        raise self.error

    def delivered(self, message: Message) -> bool | None:
        return None


def test_a_message_that_did_not_go_out_fails_and_one_that_may_have_is_unsure(desk: Desk) -> None:
    desk = replace(desk, answer_within_s=0.05)
    desk.outbox.channels = {"local": Channel(DeliveryError("no such number", retry=False))}
    failed = calling(desk, "notify_host", host="Grace Hopper", visitor="Bob")
    assert (failed.reason, failed.detail) == ("not_sent", "no such number")
    desk.outbox.channels = {"local": Channel(DeliveryError("line busy", retry=True))}
    assert calling(desk, "leave_message", host="Grace Hopper", visitor="Bob").reason == "not_sent"
    desk.outbox.channels = {"local": Channel(TimeoutError("no answer from the gateway"))}
    assert calling(desk, "notify_host", host="Jean Bartik", visitor="Bob").values["unsure"]


def test_hosts_deputies_codes_and_places(call: Callable[..., Result]) -> None:
    assert call("find_hosts", name="Fischer").values == {
        "hosts": ["Emma Fischer", "Jonas Fischer"],
        "sure": False,
    }
    assert call("deputy_of", host="Jürgen Müller").values == {"deputy": "Emma Fischer"}
    assert call("deputy_of", host="Will May").reason == "not_found"
    assert call("find_code", code="pn-1400").values["found"][0]["visitor"] == "Priya Nair"
    assert call("find_code", code="0").values == {"found": []}
    assert call("ask_way", place="the Cafeteria", locale="de-AT").values["known_as"] == "cafeteria"
    assert "ersten Stock" in call("ask_way", place="cafeteria", locale="de-AT").values["directions"]
    assert call("ask_way", place="cafetera").status == "done"
    assert call("ask_way", place="the moon").reason == "not_found"


def test_consent_messages_and_calls_for_a_person(desk: Desk, call: Callable[..., Result]) -> None:
    assert call("remember_visitor", visitor="Ada Lovelace", agreed=False).status == "done"
    assert desk.directory.consent("Ada Lovelace", "remember") is False
    assert call("leave_message", host="Will May", visitor="Ada Lovelace", text="{who} [b]").status == "done"
    assert call("call_human", text="lost a bag").status == "done"
    assert [(message.recipient, message.text) for message in sent(desk)] == [
        ("Front desk", "Please come to the front desk: A visitor needs a person. lost a bag"),
        ("Will May", "Ada Lovelace came to see you and could not wait. {who} [b]"),
    ]


@pytest.mark.parametrize(
    ("name", "params", "reason"),
    [
        ("find_hosts", {}, "bad_parameters"),
        ("find_hosts", {"name": None}, "bad_parameters"),
        ("find_hosts", {"name": "  "}, "bad_parameters"),
        ("find_hosts", {"name": 7}, "bad_parameters"),
        ("find_hosts", {"nmae": "x"}, "bad_parameters"),
        ("remember_visitor", {"visitor": "Ada", "agreed": "yes"}, "bad_parameters"),
        ("notify_host", {"host": "Grace Hopper", "reason": "fun"}, "bad_parameters"),
        ("notify_host", {"host": "Nobody Atall"}, "not_found"),
        ("notify_host", {"host": "Fischer"}, "not_found"),
        ("no_such_service", {}, "unknown_service"),
    ],
)
def test_a_call_that_cannot_be_served_fails_with_a_reason(
    desk: Desk, name: str, params: dict[str, object], reason: str
) -> None:
    result = calling(desk, name, **params)
    assert (result.status, result.reason, result.values) == ("failed", reason, {})
    assert result.detail


def test_a_database_that_goes_away_in_mid_visit_fails_in_words_and_comes_back(
    desk: Desk, call: Callable[..., Result], tmp_path: Path
) -> None:
    path = Path(desk.directory.database.name)
    assert call("find_visits", name="Ada Lovelace").status == "done"
    path.rename(tmp_path / "away")
    gone = call("find_visits", name="Ada Lovelace")
    assert gone.reason == "directory_missing"
    assert str(path) in gone.detail
    (tmp_path / "away").rename(path)
    assert call("find_visits", name="Ada Lovelace").status == "done"


def test_a_desk_that_cannot_be_opened_fails_each_call_until_it_can(desk: Desk, tmp_path: Path) -> None:
    blocked = [True]

    def opening() -> Desk:
        if blocked:
            return open_desk(load_config(written(tmp_path, '[directory]\ndatabase = "/dev/null/x"\n')))
        return desk

    runner = ServiceRunner(InProcessActions(DeskSource(opening)))
    wrong = asyncio.run(runner.warm())
    assert wrong is not None
    assert "/dev/null/x" in wrong
    assert asyncio.run(runner.call("who_is_in", {})).reason == "directory_missing"
    blocked.clear()
    assert asyncio.run(runner.warm()) is None
    assert asyncio.run(runner.call("who_is_in", {})).status == "done"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "other.toml"
    file.write_text(text)
    return file


class FakeActions:
    def __init__(self, behaviour: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> None:
        self.behaviour = behaviour

    def warm(self) -> None:
        raise RuntimeError("no such library")

    async def run(self, name: str, params: Mapping[str, Any], session: str) -> dict[str, Any]:
        return await self.behaviour()


def test_a_service_that_hangs_is_left_and_too_many_of_them_are_busy() -> None:
    async def scenario() -> tuple[list[Result], Result]:
        async def hang() -> dict[str, Any]:
            await asyncio.sleep(60)
            return {}

        runner = ServiceRunner(FakeActions(hang))
        hanging = [runner.call("x", {}, timeout_s=0.05) for _ in range(16)]
        return await asyncio.gather(*hanging), await runner.call("x", {}, timeout_s=0.05)

    hanging, next_one = asyncio.run(scenario())
    assert {result.reason for result in hanging} == {"timed_out"}
    assert next_one.reason == "busy"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ServiceFailure("closed", "after hours"), "closed"),
        (ZeroDivisionError(), "fault"),
        (ValueError("x"), "fault"),
    ],
)
def test_no_exception_of_a_service_reaches_the_dialogue(error: Exception, reason: str) -> None:
    async def fail() -> dict[str, Any]:
        raise error

    assert asyncio.run(ServiceRunner(FakeActions(fail)).call("x", {})).reason == reason


def test_warming_up_never_raises() -> None:
    async def unused() -> dict[str, Any]:
        return {}

    assert asyncio.run(ServiceRunner(FakeActions(unused)).warm()) == "no such library"


def test_a_blocking_service_does_not_hold_up_the_event_loop(desk: Desk) -> None:
    release = threading.Event()
    desk.directory.add_host("Rosalind Franklin")

    def pause(_: float) -> None:
        release.wait(5)

    slow = replace(desk, pause=pause, answer_within_s=5.0)

    async def scenario() -> tuple[Result, int]:
        runner = ServiceRunner(InProcessActions(lambda: slow))
        await runner.warm()
        waiting = asyncio.create_task(runner.call("notify_host", {"host": "Rosalind Franklin"}))
        ticks = 0
        while ticks < 20:
            await asyncio.sleep(0.005)
            ticks += 1
        assert not waiting.done()
        (message,) = slow.outbox.messages()
        slow.outbox.answer(message.id, Reply.COMING)
        release.set()
        return await waiting, ticks

    result, ticks = asyncio.run(scenario())
    assert result.values["reply"] == "coming"
    assert ticks == 20


def test_a_hung_service_does_not_keep_the_program_from_ending() -> None:
    code = """
import asyncio, time
from receptionist.services import ServiceRunner
from receptionist.threads import in_daemon_thread
class Hanging:
    def warm(self): ...
    async def run(self, name, params, session):
        return await in_daemon_thread(lambda: time.sleep(60) or {})
print(asyncio.run(ServiceRunner(Hanging()).call("x", {}, timeout_s=0.1)).reason)
"""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env=environment(),
    )
    assert done.stdout == "timed_out\n"
    assert done.stderr == ""
    assert time.monotonic() - started < 20


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **more}


def test_every_declared_service_is_served_and_every_served_one_declared(desk: Desk) -> None:
    actions = InProcessActions(lambda: desk)
    actions.warm()
    names = {action.name for action in actions._ready().list_actions()}
    assert names == set(SIGNATURES)


def test_the_same_actions_serve_on_a_rasa_action_server(tmp_path: Path) -> None:
    """As `python -m rasa_sdk --actions receptionist.actions` registers them: by package, no arguments."""
    code = """
import asyncio, json
from rasa_sdk.executor import ActionExecutor
from receptionist.actions.protocol import action_call
executor = ActionExecutor()
executor.register_package("receptionist.actions")
result = asyncio.run(executor.run(action_call("find_visits", {"name": "Ada Lovelace"}, "one")))
print(json.dumps([event["value"] for event in result.events if event["name"] == "sure"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(MIRON_HOME=str(tmp_path)),
    )
    assert (done.stdout, done.returncode) == ("[true]\n", 0), done.stderr


def test_naming_the_services_loads_neither_rasa_nor_the_database_library() -> None:
    code = (
        "import sys, receptionist.services, receptionist.actions.inprocess, receptionist.doctor\n"
        "sys.exit(any(name in sys.modules for name in ('rasa_sdk', 'sqlalchemy', 'torch', 'textual')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment()).returncode == 0


def test_every_service_is_documented_with_its_parameters_and_results() -> None:
    page = (Path(__file__).parents[2] / "docs" / "directory.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert set(rows) == set(SIGNATURES)
    for name, signature in SIGNATURES.items():
        takes = [key + "?" * kind.endswith("?") for key, kind in signature.takes.items()]
        assert rows[name].split("|")[2].strip(" `") == " ".join(takes)
        assert all(f"`{key}`" in rows[name].split("|")[3] for key in signature.gives)
        assert ("outward" in rows[name]) == signature.outward


def test_the_documented_fixture_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "directory.md").read_text(encoding="utf-8")
    file = tmp_path / "fixture.yaml"
    file.write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    directory = open_directory("sqlite://")
    fill(directory, read_file(file))
    assert [visit.visitor for visit in directory.find_visits(host="Amazing Grace").visits] == ["Ada Lovelace"]
