"""The journal: one canonical line a fact, whatever happens to the disk."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.journal import JournalError, JournalWriter, Record, encode, parse, parse_all, read
from engine.mask import Masker, load_key
from engine.memory import normal
from engine.model import Entry, MironMeta, Ref
from engine.virtual import words
from tests.engine.scenes import Stage, call, hear, program, rule, say

HEAD = '{"seq":0,"t":0,"kind":"open","cause":null,"format":1}'
VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False, places=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_a_line_has_its_keys_in_order_no_spaces_and_always_a_cause() -> None:
    record = Record(3, 1500, "fire", 2, {"tick": 0, "rule": "héllo", "groups": [1], "consumed": None})
    assert record.line == '{"seq":3,"t":1500,"kind":"fire","cause":2,"tick":0,"rule":"héllo","groups":[1]}'
    assert Record(0, 0, "close", None).line == '{"seq":0,"t":0,"kind":"close","cause":null}'


@given(VALUE)
def test_encoding_is_json_that_reads_back_exactly(value: Any) -> None:
    value = normal(value)
    text = encode(value)
    assert "\n" not in text
    assert normal(json.loads(text, parse_float=Decimal)) == value


@given(st.dictionaries(st.sampled_from(["name", "text", "rule"]), VALUE))
def test_a_record_parses_back_from_its_line(data: dict[str, Any]) -> None:
    record = Record(1, 2, "note", 0, {name: value for name, value in data.items() if value is not None})
    assert parse(record.line).line == record.line


def test_a_torn_last_line_is_reported_and_left_out() -> None:
    journal = parse_all(f'{HEAD}\n{{"seq":1,"t":0,"ki'.encode())
    assert (len(journal.records), journal.torn, journal.broken) == (1, True, ())


def test_broken_lines_are_listed_by_number() -> None:
    deep = "[" * 100_000
    good = '{"seq":1,"t":0,"kind":"note","cause":0}'
    bad = [
        "nonsense",
        '{"seq":-1,"t":0,"kind":"note","cause":0}',
        '{"seq":1}',
        "3",
        deep,
        '{"seq":1,"t":NaN}',
    ]
    content = "\n".join([HEAD, *bad, "", good, ""])
    journal = parse_all(content.encode())
    assert journal.broken == (2, 3, 4, 5, 6, 7)
    assert [record.seq for record in journal.records] == [0, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "no journal"),
        (b'{"seq":0,"t":0,"kind":"fire","cause":null}\n', "not an 'open' line"),
        (b'{"seq":0,"t":0,"kind":"open","cause":null,"format":99}\n', "format 99 is not known"),
        (b'{"seq":0,"t":0,"kind":"open","cause":null}\n', "format None is not known"),
    ],
)
def test_what_is_no_journal_is_refused_with_a_sentence(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=message) as error:
        read(path)
    assert str(path) in str(error.value)


def test_a_missing_file_or_a_directory_is_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(JournalError):
            read(path)


def test_lines_are_on_disk_after_each_flush(tmp_path: Path) -> None:
    path = tmp_path / "log" / "a.jsonl"
    writer = JournalWriter(path, sync=True)
    writer(HEAD)
    assert writer.flush()
    assert path.read_text() == HEAD + "\n"
    writer.close()


def test_after_a_torn_line_writing_goes_on_in_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(HEAD + '\n{"seq":1,"t')
    writer = JournalWriter(path)
    writer('{"seq":1,"t":0,"kind":"note","cause":0}')
    writer.close()
    journal = read(path)
    assert [record.seq for record in journal.records] == [0, 1]
    assert journal.broken == (2,)


def test_a_full_disk_is_told_once_and_nothing_is_lost_when_it_has_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    path = tmp_path / "a.jsonl"
    writer = JournalWriter(path, told.append)
    writer(HEAD)
    writer.flush()
    room = [10]

    class Full:
        def __init__(self, file: Any) -> None:
            self.file = file

        def write(self, block: bytes) -> int:
            if not room:
                return int(self.file.write(block))
            piece, room[0] = block[: room[0]], 0
            if not piece:
                raise OSError(28, "No space left on device")
            return int(self.file.write(piece))

        def close(self) -> None:
            self.file.close()

    writer._file = Full(writer._file)  # type: ignore[assignment]
    for number in (1, 2):
        writer(f'{{"seq":{number},"t":0,"kind":"note","cause":0}}')
        assert not writer.flush()
    room.clear()
    assert writer.flush()
    writer.close()
    assert [message[:30] for message in told] == ["the session log cannot be writ", ""]
    assert [record.seq for record in read(path).records] == [0, 1, 2]


def test_a_directory_that_cannot_be_written_stops_no_session(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    told: list[str] = []
    writer = JournalWriter(blocked / "a.jsonl", told.append, keep=2)
    stage = Stage(program(rule("r", hear("x"))), manual=True)
    stage.session._journal = writer
    for _ in range(5):
        stage.hear("x")
    writer.close()
    assert len(told) == 1
    assert stage.fired() == ["r"] * 5
    assert writer.lost > 0


PRIVATE = program(
    rule(
        "note",
        hear("name"),
        acts=(call("find", params=(("who", Ref("visitor.name")),), get=(("host", "host"),)),),
    ),
    rule("talk", hear("talk"), acts=(say("hello"),)),
    more_entries={
        "visitor.name": Entry("visitor.name", "person", private=True, other=True),
        "host": Entry("host", "person", private=True),
    },
    mirons={"name": MironMeta("name", writes=(("who", "visitor.name"),))},
)


def test_private_values_and_words_do_not_reach_a_masked_journal() -> None:
    lines: list[str] = []
    stage = Stage(
        PRIVATE,
        services=lambda name, params: ("done", {"host": "Grace Testperson"}, 10),
        mask=Masker(PRIVATE, b"k" * 32),
    )
    stage.hear("name who=Zyxwvut")
    stage.run.settle()
    lines = stage.lines
    assert stage.session.value("visitor.name") == "Zyxwvut"
    assert not [line for line in lines if "Zyxwvut" in line or "Grace" in line or "Testperson" in line]
    told = [parse(line) for line in lines]
    heard = next(each.get("entities")["who"] for each in told if each.get("name") == "name")
    asked = next(each.get("entities")["who"] for each in told if each.kind == "act" and each.get("entities"))
    assert heard == asked == Masker(PRIVATE, b"k" * 32).pseudonym("Zyxwvut")


def test_pseudonyms_keep_equality_parts_and_shape() -> None:
    masker = Masker(PRIVATE, b"k" * 32)
    first, last = masker.pseudonym("Ada Lovelace").split()
    assert masker.pseudonym("Ada Byron").split()[0] == first
    assert masker.pseudonym("Lovelace") == last
    assert masker.pseudonym("+49 89-123").count("-") == 1
    assert "@" in masker.pseudonym("ada@example.org")
    assert Masker(PRIVATE, b"other key, 16 by").pseudonym("Ada") != first


def test_the_key_is_made_once_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = load_key(path)
    assert load_key(path) == key
    assert len(key) == 32
    assert os.stat(path).st_mode & 0o077 == 0
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match="too short"):
        load_key(path)


def test_speech_is_timed_in_words_and_chinese_in_pairs_of_characters() -> None:
    assert words("Hello, you two") == ["Hello,", "you", "two"]
    assert words("您好请稍等") == ["您好", "请稍", "等"]
    assert words("请 Ada 来") == ["请", "Ada", "来"]
