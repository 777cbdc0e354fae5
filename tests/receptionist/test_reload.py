"""A dialogue edited while it runs: sound versions are used between visits, others are told and not used."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from receptionist.backend import KioskBackend
from receptionist.config import load_config
from receptionist.kiosk.ports import Who
from receptionist.reception import Reception, open_reception
from receptionist.reload import Reloader
from receptionist.text_mode import run_text

HALL = """\
dialogue: hall
endings: [done]
memory: {count: {type: number, default: 0, lasts: kiosk}, code: {type: text, private: yes}}
mirons: {hello: hello, bye: bye, welcome: Welcome!, come: Come in., farewell: "Farewell, number {count}."}
rules:
  greet: {when: hear hello, do: {say: welcome, set: {count: count + 1}}}
  part: {when: hear bye, do: [{say: farewell}, {end: done}]}
"""
CHANGED = HALL.replace("Welcome!", "Good day!")


@pytest.fixture
def hall(tmp_path: Path) -> Path:
    path = tmp_path / "hall.yaml"
    path.write_text(HALL)
    return path


@pytest.fixture
def reception(hall: Path, tmp_path: Path) -> Iterator[Reception]:
    config = load_config(env={"MIRON_HOME": str(tmp_path / "home")})
    opened = open_reception(config, dialogue=hall, seed=1, journal=tmp_path / "j.jsonl")
    yield opened
    opened.close()


def write(path: Path, text: str) -> None:
    """Save, with a time that differs even where clocks are coarse."""
    path.write_text(text)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000 * (1 + len(text))))


def talked(reception: Reception, *parts: str | Callable[[], None]) -> list[str]:
    """A conversation in writing; what is callable happens between two lines."""
    out = io.StringIO()

    def lines() -> Iterator[str]:
        for part in parts:
            if callable(part):
                part()
            else:
                yield part

    run_text(reception, lines(), out, echo=False, reloader=Reloader(reception))
    return out.getvalue().splitlines()


def test_a_changed_dialogue_is_used_by_the_next_visit_and_keeps_what_lasts(
    reception: Reception, hall: Path, tmp_path: Path
) -> None:
    assert talked(
        reception,
        *("hello", lambda: write(hall, CHANGED), "hello", "bye", "hello", "bye"),
    ) == [
        *("miron: Welcome!", "miron: Welcome!", "miron: Farewell, number 2.", "-- visit ended: done --"),
        *("(the changed dialogue is used)", "miron: Good day!", "miron: Farewell, number 3."),
        "-- visit ended: done --",
    ]
    assert (tmp_path / "j.jsonl").read_text().count('"kind":"reload"') == 1


def test_a_broken_file_keeps_the_running_version_and_is_told_once(reception: Reception, hall: Path) -> None:
    shown = talked(
        reception,
        *(lambda: write(hall, HALL.replace("hear hello", "hear helo")), "hello", "hello", "bye"),
        *(lambda: write(hall, CHANGED), "hello"),
    )
    assert shown == [
        "(The changed dialogue is not used: hall.yaml:6: there is no Miron 'helo')",
        *("miron: Welcome!", "miron: Welcome!", "miron: Farewell, number 2.", "-- visit ended: done --"),
        *("(the changed dialogue is used)", "miron: Good day!"),
    ]


@pytest.mark.parametrize("text", ["", "\t", "dialogue: hall\nrules: [", "dialogue: hall\x00", "a: *b"])
def test_no_file_ends_the_run(reception: Reception, hall: Path, text: str) -> None:
    shown = talked(reception, lambda: write(hall, text), "hello")
    assert shown[0].startswith("(The changed dialogue is not used: ")
    assert shown[1:] == ["miron: Welcome!"]


def test_a_file_renamed_or_deleted_while_it_runs_is_told(reception: Reception, hall: Path) -> None:
    shown = talked(
        reception, lambda: hall.rename(hall.with_suffix(".bak")), "hello", lambda: write(hall, HALL), "bye"
    )
    assert shown[0].startswith("(The changed dialogue is not used: hall.yaml:1: cannot be read")
    assert shown[1:3] == ["miron: Welcome!", "miron: Farewell, number 1."]


def test_only_formatting_that_changes_is_no_news(reception: Reception, hall: Path) -> None:
    assert talked(reception, lambda: write(hall, HALL), "hello") == ["miron: Welcome!"]


def test_names_and_privacy_follow_the_new_version(reception: Reception, hall: Path) -> None:
    write(hall, HALL.replace("count: {type", "word: {type: text, private: yes}, count: {type"))
    reloader = Reloader(reception)
    write(hall, CHANGED.replace("count: {type", "word: {type: text, private: yes}, count: {type"))
    reloader.look(settled=True)
    assert reloader.switch()
    assert reception.compiled.program.entries["word"].private
    assert reception.session.program is reception.compiled.program
    assert reception.session.language is reception.language


def test_while_files_are_being_saved_nothing_is_read(reception: Reception, hall: Path) -> None:
    reloader = Reloader(reception)
    for number in range(100):
        write(hall, HALL.replace("Welcome!", "Hi" + "!" * number))
        reloader.look()
        assert not reloader.switch()
    reloader.look()
    assert reloader.switch()
    assert not reloader.switch()


def test_a_folder_is_watched_with_files_that_come_and_go(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "a.yaml").write_text(HALL)
    config = load_config(env={"MIRON_HOME": str(tmp_path / "home")})
    reception = open_reception(config, dialogue=folder, seed=1)
    reloader = Reloader(reception)
    (folder / "b.yaml").write_text(
        "dialogue: hall\nmirons: {so: so}\nrules: {c: {when: hear so, do: {say: come}}}\n"
    )
    reloader.look(settled=True)
    assert reloader.switch()
    assert "c" in reception.compiled.rules
    (folder / "b.yaml").unlink()
    reloader.look(settled=True)
    assert reloader.switch()
    assert "c" not in reception.compiled.rules
    shutil.rmtree(folder)
    reloader.look(settled=True)
    assert reloader.notice
    reception.close()


async def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not holds():
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def test_the_kiosk_shows_the_error_and_then_speaks_the_new_version(reception: Reception, hall: Path) -> None:
    backend = KioskBackend(reception, ms_per_word=2, reloader=Reloader(reception))

    def said() -> list[str]:
        return [line.text for line in backend.view().lines if line.who is Who.SELF]

    async def work() -> None:
        backend.start()
        await backend.send_text("hello")
        await until(lambda: said() == ["Welcome!"])
        write(hall, "dialogue: hall\nrules: {greet: {do: {sya: welcome}}}\n")
        await until(lambda: any("'sya'" in notice.text for notice in backend.view().notices))
        write(hall, CHANGED)
        await until(lambda: not any("is not used" in notice.text for notice in backend.view().notices))
        assert reception.compiled.tree.sources[str(hall)] == HALL  # a visit is going on
        await backend.send_text("bye")
        await until(lambda: reception.compiled.tree.sources[str(hall)] == CHANGED)
        await backend.send_text("hello")
        await until(lambda: said()[-1:] == ["Good day!"])
        await backend.close()

    asyncio.run(work())
