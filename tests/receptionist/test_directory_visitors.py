"""Consent and remembered visitors."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from receptionist.directory import open_directory
from receptionist.directory.directory import Directory

START = datetime(2026, 1, 5, 9, 0)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(clock: Clock) -> Directory:
    return open_directory("sqlite://", now=clock)


def test_nobody_is_remembered_without_consent(directory: Directory) -> None:
    assert not directory.remember("Ada Lovelace", company="Engines")
    directory.record_consent("Ada Lovelace", "remember", False)
    assert not directory.remember("Ada Lovelace", company="Engines")
    assert directory.known_visitor("Ada Lovelace") is None


def test_who_agreed_is_known_the_next_time_however_the_name_is_written(directory: Directory) -> None:
    directory.record_consent("Jürgen O'Brien", "remember", True)
    assert directory.remember("Jürgen O'Brien", company="Engines", locale="de", host="Grace Hopper")
    for written in ("jürgen o’brien", "O'Brien Jürgen", "JÜRGEN OBRIEN"):
        known = directory.known_visitor(written)
        assert known is not None, written
        assert (known.company, known.locale, known.last_host) == ("Engines", "de", "Grace Hopper")


@pytest.mark.parametrize("part", ["Ada", "Lovelace", "", "Ada L", "%", "_da Lovelace"])
def test_a_part_of_a_name_reveals_nobody(directory: Directory, part: str) -> None:
    directory.record_consent("Ada Lovelace", "remember", True)
    directory.remember("Ada Lovelace")
    assert directory.known_visitor(part) is None


def test_what_is_not_said_again_stays(directory: Directory, clock: Clock) -> None:
    directory.record_consent("Ada Lovelace", "remember", True)
    directory.remember("Ada Lovelace", company="Engines", locale="en", host="Grace Hopper")
    clock.time += timedelta(days=3)
    directory.remember("Ada Lovelace", host="Alan Turing")
    known = directory.known_visitor("Ada Lovelace")
    assert known is not None
    assert (known.company, known.last_host, known.last_seen) == ("Engines", "Alan Turing", clock.time)


def test_memory_ends_by_itself(directory: Directory, clock: Clock) -> None:
    expires = START + timedelta(days=90)
    directory.record_consent("Ada Lovelace", "remember", True, expires=expires)
    directory.remember("Ada Lovelace", expires=expires)
    clock.time = expires
    assert directory.known_visitor("Ada Lovelace") is None
    assert directory.consent("Ada Lovelace", "remember") is None
    assert not directory.remember("Ada Lovelace")
    assert directory.forget_expired() == 2
    assert directory.forget_expired() == 0


def test_who_takes_consent_back_is_forgotten_at_once(directory: Directory) -> None:
    directory.record_consent("Ada Lovelace", "remember", True)
    directory.remember("Ada Lovelace")
    directory.record_consent("ada lovelace", "remember", False)
    assert directory.known_visitor("Ada Lovelace") is None
    assert directory.consent("Ada Lovelace", "remember") is False


def test_consent_to_one_purpose_is_none_to_another(directory: Directory) -> None:
    directory.record_consent("Ada Lovelace", "house_rules", True)
    assert directory.consent("Ada Lovelace", "remember") is None
    assert not directory.remember("Ada Lovelace")


def test_forgetting_tells_whether_there_was_something_to_forget(directory: Directory) -> None:
    directory.record_consent("Ada Lovelace", "remember", True)
    directory.remember("Ada Lovelace")
    assert directory.forget_visitor("Lovelace Ada")
    assert not directory.forget_visitor("Ada Lovelace")


def test_invitation_codes_are_found_by_their_letters_and_made_without_look_alikes(
    directory: Directory,
) -> None:
    today = directory.today()
    ada = directory.add_visit("Grace Hopper", today, visitor="Ada Lovelace")
    codes = {directory.issue_code(directory.add_visit("Grace Hopper", today).id) for _ in range(50)}
    assert len(codes) == 50
    assert not set("".join(codes)) & set("01IOL")
    code = directory.issue_code(ada.id)
    assert directory.issue_code(ada.id) == code, "a code that was given out stays"
    for said in (code.lower(), f" {code[:3]} - {code[3:]} "):
        found = directory.visit_by_code(said)
        assert found is not None
        assert found.visitor == "Ada Lovelace"
    assert directory.visit_by_code(code, today + timedelta(days=1)) is None
    assert directory.visit_by_code("") is None
    assert directory.visit_by_code(" - ") is None
    with pytest.raises(KeyError):
        directory.issue_code(10_000)
