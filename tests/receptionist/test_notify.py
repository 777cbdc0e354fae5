"""The outbox: at most once, across crashes, processes and threads."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from receptionist.directory import DirectoryError, Reply, open_directory
from receptionist.directory.store import Database
from receptionist.notify import Channel, DeliveryError, LocalChannel, Message, SendState, compose
from receptionist.notify.outbox import Draft, Outbox

DRAFT = Draft(
    subject="arrived/1", reason="arrived", recipient="Grace Hopper", text="Ada is here.", channel="test"
)


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 10, 0)

    def __call__(self) -> datetime:
        return self.at


class ProgramDied(BaseException):
    """Stands for the process ending between two statements."""


class FakeChannel:
    """Does what its script says, one entry for each sending; then delivers."""

    timeout_s = 5.0

    def __init__(self, *script: BaseException, knows: bool | None = None) -> None:
        self.sent: list[str] = []
        self.knows = knows
        self._script = list(script)

    def send(self, message: Message) -> None:
        if self._script:
            raise self._script.pop(0)
        self.sent.append(message.key)

    def delivered(self, message: Message) -> bool | None:
        return self.knows


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(str(tmp_path / "d.sqlite3"))


def outbox(database: Database, clock: Clock, channel: Channel) -> Outbox:
    return Outbox(database, {"test": channel}, clock)


def test_a_message_is_sent_once_however_often_it_is_asked_for(database: Database, clock: Clock) -> None:
    channel = FakeChannel()
    box = outbox(database, clock, channel)
    first, new = box.post(DRAFT)
    assert new
    assert box.deliver(first.id).state is SendState.SENT
    again, new = box.post(DRAFT)
    assert not new
    assert box.deliver(again.id).state is SendState.SENT
    box.deliver_due()
    assert channel.sent == ["arrived/1#1"]


def test_an_earlier_message_stands_only_as_long_as_it_counts(database: Database, clock: Clock) -> None:
    box = outbox(database, clock, FakeChannel())
    box.post(DRAFT)
    clock.at += timedelta(minutes=29)
    assert not box.post(DRAFT, counts_for=timedelta(minutes=30))[1]
    clock.at += timedelta(minutes=1)
    message, new = box.post(DRAFT, counts_for=timedelta(minutes=30))
    assert new
    assert message.key == "arrived/1#2"


def test_what_was_only_written_down_before_a_crash_is_sent_after_it(database: Database, clock: Clock) -> None:
    outbox(database, clock, FakeChannel()).post(DRAFT)
    channel = FakeChannel()
    assert [m.state for m in outbox(database, clock, channel).deliver_due()] == [SendState.SENT]
    assert channel.sent == ["arrived/1#1"]


@pytest.mark.parametrize(
    ("knows", "state", "sent_again"),
    [(None, SendState.UNSURE, 0), (True, SendState.SENT, 0), (False, SendState.SENT, 1)],
)
def test_after_a_crash_in_mid_sending_only_what_certainly_did_not_go_out_is_repeated(
    database: Database, clock: Clock, knows: bool | None, state: SendState, sent_again: int
) -> None:
    box = outbox(database, clock, FakeChannel(ProgramDied()))
    message, _ = box.post(DRAFT)
    with pytest.raises(ProgramDied):
        box.deliver(message.id)

    channel = FakeChannel(knows=knows)
    restarted = outbox(database, clock, channel)
    restarted.deliver_due()
    assert restarted.message(message.id).state is SendState.SENDING, "the other sender may still be at work"
    clock.at += timedelta(seconds=6)
    restarted.deliver_due()
    assert restarted.message(message.id).state is state
    assert len(channel.sent) == sent_again
    restarted.deliver_due()
    assert len(channel.sent) == sent_again


def test_an_unsure_message_is_repeated_only_by_a_person(database: Database, clock: Clock) -> None:
    channel = FakeChannel(RuntimeError("connection reset"))
    box = outbox(database, clock, channel)
    message, _ = box.post(DRAFT)
    unsure = box.deliver(message.id)
    assert unsure.state is SendState.UNSURE
    assert unsure.detail == "RuntimeError: connection reset"
    box.post(DRAFT)
    clock.at += timedelta(days=1)
    assert box.deliver_due() == ()
    box.send_again(message.id)
    box.deliver_due()
    assert channel.sent == ["arrived/1#1"]


def test_a_passing_failure_is_tried_again_with_growing_pauses_and_then_given_up(
    database: Database, clock: Clock
) -> None:
    box = outbox(database, clock, FakeChannel(*[DeliveryError("server down", retry=True)] * 100))
    message, _ = box.post(DRAFT)
    started, times = clock.at, []
    while message.state not in (SendState.FAILED, SendState.SENT):
        message = box.deliver(message.id)
        times.append((clock.at - started).total_seconds())
        clock.at = max(clock.at, message.due)
    assert message.state is SendState.FAILED
    assert message.detail == "server down"
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert pauses == [2, 4, 8, 16, 32]


def test_before_its_time_a_message_is_not_tried_again(database: Database, clock: Clock) -> None:
    channel = FakeChannel(DeliveryError("busy", retry=True))
    box = outbox(database, clock, channel)
    message, _ = box.post(DRAFT)
    box.deliver(message.id)
    assert box.deliver(message.id).state is SendState.QUEUED
    assert channel.sent == []


def test_a_failed_message_is_sent_when_it_is_wanted_anew(database: Database, clock: Clock) -> None:
    channel = FakeChannel(DeliveryError("no such address", retry=False))
    box = outbox(database, clock, channel)
    message, _ = box.post(DRAFT)
    assert box.deliver(message.id).state is SendState.FAILED
    again, _ = box.post(DRAFT)
    assert again.id == message.id
    assert box.deliver(again.id).state is SendState.SENT


def test_an_unknown_channel_fails_in_words(database: Database, clock: Clock) -> None:
    box = Outbox(database, {}, clock)
    message, _ = box.post(DRAFT)
    assert box.deliver(message.id).detail == "there is no channel 'test'"


def test_threads_sending_the_same_message_send_it_once(database: Database, clock: Clock) -> None:
    channel = FakeChannel()
    boxes = [outbox(database, clock, channel) for _ in range(8)]

    def notify(box: Outbox) -> None:
        message, _ = box.post(DRAFT)
        box.deliver(message.id)

    threads = [threading.Thread(target=notify, args=(box,)) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert channel.sent == ["arrived/1#1"]


def test_two_kiosks_on_one_database_notify_once(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from receptionist.directory.store import Database
from receptionist.notify import LocalChannel
from receptionist.notify.outbox import Draft, Outbox
box = Outbox(Database(sys.argv[1], timeout_s=10), {"local": LocalChannel(Path(sys.argv[2]))})
for number in range(10):
    message, _ = box.post(Draft(f"arrived/{number}", "arrived", "Grace Hopper", "Ada is here.", "local"))
    box.deliver(message.id)
"""
    database, file = str(tmp_path / "d.sqlite3"), tmp_path / "outbox.jsonl"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    kiosks = [subprocess.Popen([sys.executable, "-c", code, database, str(file)], env=env) for _ in range(2)]
    assert [kiosk.wait(timeout=60) for kiosk in kiosks] == [0, 0]
    keys = [json.loads(line)["key"] for line in file.read_text().splitlines()]
    assert sorted(keys) == sorted(f"arrived/{number}#1" for number in range(10))


def test_a_killed_kiosk_repeats_nothing(tmp_path: Path) -> None:
    """The process ends at once, without any clean-up, after the line is written and before it is recorded."""
    code = """
import os, sys
from pathlib import Path
from receptionist.directory.store import Database
from receptionist.notify import LocalChannel
from receptionist.notify.outbox import Draft, Outbox
class DiesAfterwards(LocalChannel):
    def send(self, message):
        super().send(message)
        os._exit(9)
box = Outbox(Database(sys.argv[1]), {"local": DiesAfterwards(Path(sys.argv[2]))})
message, _ = box.post(Draft("arrived/1", "arrived", "Grace Hopper", "Ada is here.", "local"))
box.deliver(message.id)
"""
    database, file = tmp_path / "d.sqlite3", tmp_path / "outbox.jsonl"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", code, database, file], env=env, check=False).returncode == 9
    later = datetime.now() + timedelta(minutes=1)
    box = Outbox(Database(str(database)), {"local": LocalChannel(file)}, lambda: later)
    box.deliver_due()
    (message,) = box.messages()
    assert message.state is SendState.SENT
    assert len(file.read_text().splitlines()) == 1


def test_the_word_of_whoever_settled_a_message_meanwhile_stands(database: Database, clock: Clock) -> None:
    class Slow(FakeChannel):
        def send(self, message: Message) -> None:
            clock.at += timedelta(seconds=10)
            outbox(database, clock, FakeChannel(knows=None)).recover()

    box = outbox(database, clock, Slow())
    message, _ = box.post(DRAFT)
    assert box.deliver(message.id).state is SendState.UNSURE


def test_a_database_lost_after_sending_leaves_the_message_to_be_settled(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "d.sqlite3"

    class Losing(FakeChannel):
        def send(self, message: Message) -> None:
            super().send(message)
            path.rename(tmp_path / "away")

    channel = Losing(knows=True)
    box = outbox(Database(str(path)), clock, channel)
    message, _ = box.post(DRAFT)
    with pytest.raises(DirectoryError):
        box.deliver(message.id)
    (tmp_path / "away").rename(path)
    clock.at += timedelta(seconds=6)
    box.deliver_due()
    assert box.message(message.id).state is SendState.SENT
    assert len(channel.sent) == 1


def test_answers_are_kept_with_the_message(database: Database, clock: Clock) -> None:
    box = outbox(database, clock, FakeChannel())
    message, _ = box.post(DRAFT)
    box.answer(message.id, Reply.COMING)
    latest = box.latest_to("Grace Hopper")
    assert latest is not None
    assert latest.answer is Reply.COMING
    assert box.latest_to("Grace Hopper", "Somebody Else") is None
    assert [m.key for m in box.messages()] == ["arrived/1#1"]


def test_an_unknown_message_is_a_key_error(database: Database, clock: Clock) -> None:
    with pytest.raises(KeyError):
        outbox(database, clock, FakeChannel()).message(7)


def local_message(tmp_path: Path, text: str = "Ada is here.") -> Message:
    box = Outbox(open_directory(str(tmp_path / "d")).database, {})
    return box.post(Draft("arrived/1", "arrived", "Grace Hopper", text, "local"))[0]


def test_the_local_channel_writes_one_line_that_people_can_read(tmp_path: Path) -> None:
    message = local_message(tmp_path, 'Zoë "Z"\n{evil} ist da 你好')
    channel = LocalChannel(tmp_path / "folder" / "outbox.jsonl")
    assert channel.delivered(message) is False
    channel.send(message)
    assert channel.delivered(message) is True
    (line,) = channel.file.read_text(encoding="utf-8").splitlines()
    assert "Zoë" in line
    assert json.loads(line)["text"] == message.text


def test_a_line_torn_by_a_crash_spoils_no_other(tmp_path: Path) -> None:
    message = local_message(tmp_path)
    channel = LocalChannel(tmp_path / "outbox.jsonl")
    channel.file.write_text('{"at": "2026-03-02T10:00:00", "key": "arrived/1#1"')
    assert channel.delivered(message) is False
    channel.send(message)
    lines = channel.file.read_text().splitlines()
    assert len(lines) == 2
    assert json.loads(lines[1])["key"] == "arrived/1#1"


def test_a_file_that_cannot_be_written_is_a_failure_to_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "outbox.jsonl").mkdir()
    with pytest.raises(DeliveryError) as failure:
        LocalChannel(tmp_path / "outbox.jsonl").send(local_message(tmp_path))
    assert failure.value.retry


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_a_failure_to_be_tried_again(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError) as failure:
        LocalChannel(Path("/dev/full")).send(local_message(tmp_path))
    assert failure.value.retry


@pytest.mark.parametrize(
    ("visitor", "company", "sentence"),
    [
        ("Ada Lovelace", "Engines", "Ada Lovelace (Engines) is at the front desk for you."),
        ("Ada Lovelace", None, "Ada Lovelace is at the front desk for you."),
        (None, "Engines", "A visitor from Engines is at the front desk for you."),
        (None, None, "A visitor is at the front desk for you."),
        ("{company}", "{visitor}", "{company} ({visitor}) is at the front desk for you."),
        ("{0.__class__}", "%s", "{0.__class__} (%s) is at the front desk for you."),
    ],
)
def test_messages_name_who_is_there_and_take_names_as_plain_text(
    visitor: str | None, company: str | None, sentence: str
) -> None:
    assert compose("arrived", "en", visitor=visitor, company=company, text=None) == sentence


def test_messages_follow_the_language_and_fall_back_to_english() -> None:
    said = {
        locale: compose("human", locale, visitor="Ada", company=None, text="{who}")
        for locale in ("en", "de-AT", "zh", "fr")
    }
    assert "Empfang" in said["de-AT"]
    assert "前台" in said["zh"]
    assert said["fr"] == said["en"]
    assert all(sentence.endswith("{who}") for sentence in said.values())


def test_the_table_holds_names_exactly_as_they_were_given(database: Database, clock: Clock) -> None:
    nasty = "'); DELETE FROM messages; --"
    box = outbox(database, clock, FakeChannel())
    box.post(Draft(nasty, "arrived", nasty, nasty, "test", visitor=nasty))
    with sqlite3.connect(database.name) as raw:
        assert raw.execute("SELECT subject, recipient, visitor FROM messages").fetchall() == [(nasty,) * 3]
    raw.close()
