"""Badges: every script that a font at hand has, printed by a command that is never a shell."""

from __future__ import annotations

import asyncio
import re
import sys
import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from receptionist import badge as badges
from receptionist.actions.desk import Desk, open_desk
from receptionist.actions.inprocess import InProcessActions
from receptionist.badge import Badge, BadgeError, fonts_for, make_pdf, print_badge
from receptionist.commands.badge import badge as badge_command
from receptionist.config import load_config
from receptionist.services import ServiceRunner
from receptionist.settings import BadgeSettings

NASTY = "Robert'); $(touch x) <b>{{7*7}}</b> \u202e\x07"
ADA = Badge("Ada Lovelace", "Analytical Engines", "Grace Hopper", date(2026, 3, 2), "ADA-1030")


def settings(folder: Path, *printer: str, font: Path | None = None) -> BadgeSettings:
    return BadgeSettings("The House", (86.0, 54.0), font, printer, folder / "badges")


def text_of(pdf: bytes) -> str:
    """What is written with the fonts built into PDF."""
    shown = b"".join(
        zlib.decompress(part) for part in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", pdf, re.S)
    )
    return "\n".join(part.decode("latin-1") for part in re.findall(rb"\((.*?)\) Tj", shown))


def test_a_badge_names_visitor_company_host_and_day(tmp_path: Path) -> None:
    pdf = make_pdf(ADA, settings(tmp_path))
    assert pdf.startswith(b"%PDF")
    assert text_of(pdf).splitlines() == [
        "The House",
        "Ada Lovelace",
        "Analytical Engines",
        "Host: Grace Hopper",
        "Visitor \xb7 2026-03-02",
    ]


def test_what_people_wrote_is_printed_as_text(tmp_path: Path) -> None:
    shown = text_of(make_pdf(replace(ADA, visitor="Bob <b>x</b> {{7*7}}", code=NASTY), settings(tmp_path)))
    assert "Bob <b>x</b> {{7*7}}" in shown


def test_a_name_too_long_for_the_badge_is_shortened(tmp_path: Path) -> None:
    shown = text_of(make_pdf(replace(ADA, visitor="Wolfeschlegelsteinhausen " * 8), settings(tmp_path)))
    assert shown.splitlines()[1].startswith("Wolfeschlegelsteinhausen")
    assert shown.splitlines()[1].endswith(".")


def test_umlauts_need_no_font() -> None:
    assert fonts_for("Zoë Müller, Århus") == ()


@pytest.mark.parametrize("text", ["李娜", "Łukasz 王小明"])
def test_other_scripts_take_the_fonts_of_the_system_or_say_which_letters_are_missing(
    tmp_path: Path, text: str
) -> None:
    if not has_letters(text):
        with pytest.raises(BadgeError, match=r"no font on this machine has the letters .* badge\.font"):
            fonts_for(text)
        return
    fonts = fonts_for(text)
    assert fonts
    assert make_pdf(replace(ADA, visitor=text, locale="zh"), settings(tmp_path)).startswith(b"%PDF")


def has_letters(text: str) -> bool:
    known = frozenset[int]().union(*(badges._letters(font) or () for font in badges._system_fonts()))
    return {ord(char) for char in text if char != " "} <= known


def test_without_any_font_the_missing_letters_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(badges, "_FONT_FOLDERS", ())
    with pytest.raises(BadgeError, match="has the letters 娜 李"):
        fonts_for("李娜")


def test_a_chosen_font_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "font.ttf"
    for content in (b"", b"no font", b"\x00\x01\x00\x00" + b"\xff" * 200):
        file.write_bytes(content)
        badges._letters.cache_clear()
        with pytest.raises(BadgeError, match="no TrueType"):
            make_pdf(ADA, settings(tmp_path, font=file))


def test_the_printer_gets_the_file_as_one_argument_and_no_shell(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; pathlib.Path(sys.argv[2]).write_bytes(pathlib.Path(sys.argv[1]).read_bytes())"
    )
    copy = tmp_path / "printed; $(touch x).pdf"
    print_to = settings(tmp_path, sys.executable, "-c", script, "{file}", str(copy))
    file, printed = print_badge(replace(ADA, visitor=NASTY), print_to)
    assert printed
    assert copy.read_bytes() == file.read_bytes()
    assert "Robert" not in file.name
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("printer", "words"),
    [
        (("/nowhere/lp", "{file}"), "cannot be run"),
        ((sys.executable, "-c", "import sys; sys.exit('no paper')", "{file}"), "no paper"),
        ((sys.executable, "-c", "import time; time.sleep(30)", "{file}"), "did not end within"),
    ],
    ids=["missing", "failing", "hanging"],
)
def test_a_printer_that_does_not_print_is_told_in_words(
    tmp_path: Path, printer: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(badges, "_PRINTER_S", 0.5 if "sleep" in printer[-2] else 20.0)
    with pytest.raises(BadgeError, match=words):
        print_badge(ADA, settings(tmp_path, *printer))


def served(desk: Desk, **params: object):  # type: ignore[no-untyped-def]
    return asyncio.run(ServiceRunner(InProcessActions(lambda: desk)).call("print_badge", params))


def test_the_dialogue_gets_a_badge_or_the_reason_why_not(tmp_path: Path) -> None:
    desk = open_desk(load_config(env={"MIRON_HOME": str(tmp_path)}))
    assert served(desk, visitor="Ada Lovelace", host="Grace Hopper").values == {"printed": False}
    assert len(list((tmp_path / "badges").glob("*.pdf"))) == 1
    broken = replace(desk, badge=settings(tmp_path, "/nowhere/lp", "{file}"))
    assert served(broken, visitor="Ada Lovelace").reason == "not_printed"


def test_the_command_writes_a_badge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRON_HOME", str(tmp_path))
    file = tmp_path / "ada.pdf"
    done = CliRunner().invoke(badge_command, ["Ada Lovelace", "--host", "Grace Hopper", "-o", str(file)])
    assert done.exit_code == 0, done.output
    assert "Host: Grace Hopper" in text_of(file.read_bytes())
    done = CliRunner().invoke(badge_command, ["Ada Lovelace"])
    assert done.exit_code == 0
    assert ".pdf" in done.output
    done = CliRunner().invoke(badge_command, ["  "])
    assert done.exit_code == 2
