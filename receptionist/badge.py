"""Visitors' badges: a PDF with name, company, host, date and a QR code, printed by a configured command."""

from __future__ import annotations

import hashlib
import logging
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from receptionist.directory.names import folded

if TYPE_CHECKING:
    from fpdf import FPDF

    from receptionist.settings import BadgeSettings

_PRINTER_S = 20.0
_FONT_FOLDERS = (
    "~/.local/share/fonts",
    "~/.fonts",
    "/usr/local/share/fonts",
    "/usr/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
)
_PREFERRED = (
    "dejavusans",
    "liberationsans",
    "notosanscjk",
    "sourcehansans",
    "droidsansfallback",
    "wqy",
    "noto",
)
_OTHER_STYLES = ("bold", "italic", "oblique", "mono", "serif", "light", "condensed", "symbol")
_LABELS = {
    "en": ("Visitor", "Host"),
    "de": ("Besuch", "bei"),
    "zh": ("访客", "接待人"),
}


class BadgeError(Exception):
    """A badge cannot be made or printed; the message says why."""


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands on a badge.

    Attributes:
        code: What the QR code says; the visitor's check-out or door code, never more than that.
    """

    visitor: str
    company: str | None
    host: str | None
    day: date
    code: str
    locale: str = "en"

    @property
    def file_name(self) -> str:
        """Name of its file, by day and person without naming them; a second badge replaces the first."""
        return f"{self.day:%Y-%m-%d}-{person_mark(self.visitor)}.pdf"


def person_mark(visitor: str) -> str:
    """How the files of a visitor are recognised."""
    return hashlib.sha256(folded(visitor).encode()).hexdigest()[:16]


def make_pdf(badge: Badge, settings: BadgeSettings) -> bytes:
    """The badge as a PDF page of the size of the settings.

    Raises:
        BadgeError: No font at hand has all letters of it.
    """
    import segno
    from fpdf import FPDF

    width, height = settings.size_mm
    visitor_word, host_word = _LABELS.get(badge.locale.split("-")[0], _LABELS["en"])
    lines = [
        (_printable(badge.visitor), 18.0),
        (_printable(badge.company or ""), 12.0),
        (f"{host_word}: {_printable(badge.host)}" if badge.host else "", 11.0),
        (f"{visitor_word} · {badge.day:%Y-%m-%d}", 9.0),
    ]
    organisation = _printable(settings.organisation)
    pdf = FPDF(unit="mm", format=(width, height))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.add_page()
    family = _use_font(pdf, organisation + "".join(text for text, _ in lines), settings.font)
    edge = min(width, height) * 0.08
    side = min(height * 0.42, width * 0.28)
    y = edge
    if organisation:
        y = _line(pdf, family, organisation, 10.0, edge, y, width - 2 * edge) + edge / 3
    for place, (text, size) in enumerate(lines):
        room = width - 2 * edge - (side + edge / 2 if place else 0.0)
        if text:
            y = _line(pdf, family, text, size, edge, y, room)
    _draw_code(
        pdf, segno.make(badge.code, error="m", micro=False).matrix, width - edge - side, height - edge, side
    )
    return bytes(pdf.output())


def print_badge(badge: Badge, settings: BadgeSettings) -> tuple[Path, bool]:
    """Make a badge's file and give it to the configured printer.

    Returns:
        The file, and whether it was printed (no when no printer is configured).

    Raises:
        BadgeError: It cannot be made, written or printed.
    """
    content = make_pdf(badge, settings)
    file = settings.folder / badge.file_name
    try:
        settings.folder.mkdir(parents=True, exist_ok=True)
        file.touch(0o600)
        file.write_bytes(content)
    except OSError as error:
        raise BadgeError(f"{file} cannot be written: {error.strerror}") from error
    if not settings.printer:
        return file, False
    command = [part.replace("{file}", str(file)) for part in settings.printer]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PRINTER_S, check=False
        )
    except OSError as error:
        raise BadgeError(f"{command[0]!r} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        raise BadgeError(
            f"{command[0]!r} did not end within {_PRINTER_S:g} s; the badge may be printed"
        ) from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise BadgeError(
            f"{command[0]!r} failed ({done.returncode}): {said[-1] if said else 'it says nothing'}"
        )
    return file, True


def fonts_for(text: str, chosen: Path | None = None) -> tuple[Path, ...]:
    """Fonts that together have every letter of a text, those that come first used first.

    Args:
        text: What is to be printed.
        chosen: The font of the settings; it is used for the letters it has.

    Returns:
        None at all when the fonts built into PDF suffice (Latin-1).

    Raises:
        BadgeError: No font at hand has them.
    """
    missing = {ord(char) for char in text if not char.isspace()}
    fonts: list[Path] = []
    if chosen is not None:
        letters = _letters(chosen)
        if letters is None:
            raise BadgeError(f"{chosen} is no TrueType or OpenType font that can be read")
        fonts.append(chosen)
        missing -= letters
    elif all(char < 256 for char in missing):
        return ()
    for font in _system_fonts() if missing else ():
        letters = _letters(font) or frozenset()
        if letters & missing:
            fonts.append(font)
            missing -= letters
        if not missing:
            break
    if missing:
        shown = " ".join(chr(char) for char in sorted(missing)[:8])
        raise BadgeError(
            f"no font on this machine has the letters {shown}; install one (for Chinese, such as"
            " fonts-droid-fallback), or name one as badge.font in the settings"
        )
    return tuple(fonts)


def _use_font(pdf: FPDF, text: str, chosen: Path | None) -> str:
    fonts = fonts_for(text, chosen)
    if not fonts:
        return "helvetica"
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells about every table it drops
    for number, font in enumerate(fonts):
        pdf.add_font(f"badge{number}", fname=font)
    pdf.set_fallback_fonts([f"badge{number}" for number in range(1, len(fonts))], exact_match=False)
    return "badge0"


def _line(pdf: FPDF, family: str, text: str, size: float, x: float, y: float, room: float) -> float:
    """Write one line, smaller or shortened if it is too long; where the next one begins."""
    pdf.set_font(family, size=size)
    while pdf.get_string_width(text) > room and size > 7:
        size -= 0.5
        pdf.set_font(family, size=size)
    while pdf.get_string_width(text) > room and len(text) > 1:
        text = text[:-2].rstrip() + "."
    step = size * 0.3528 * 1.3
    pdf.set_xy(x, y)
    pdf.cell(room, step, text)
    return y + step


def _draw_code(pdf: FPDF, matrix: tuple[bytearray, ...], left: float, bottom: float, side: float) -> None:
    cell = side / len(matrix)
    pdf.set_fill_color(0)
    for row, line in enumerate(matrix):
        for column, dark in enumerate(line):
            if dark:
                x, y = left + column * cell, bottom - side + row * cell
                pdf.rect(x, y, cell, cell, style="F")


def _printable(text: str | None) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text or "").split())


@cache
def _letters(font: Path) -> frozenset[int] | None:
    from fontTools.ttLib import TTFont

    try:
        with font.open("rb") as file, TTFont(file, fontNumber=0, lazy=True) as opened:
            return frozenset(opened.getBestCmap() or ())
    except Exception:  # a file can be broken in any way
        return None


def _system_fonts() -> Iterator[Path]:
    """Fonts of the system, those that are known to be good first."""
    found = [
        file
        for folder in _FONT_FOLDERS
        for file in sorted(Path(folder).expanduser().glob("**/*.[ot]t[fc]"))
        if not any(style in file.stem.lower() for style in _OTHER_STYLES)
    ]

    def rank(file: Path) -> int:
        stem = file.stem.lower().replace("-", "").replace("_", "")
        return next((i for i, name in enumerate(_PREFERRED) if stem.startswith(name)), len(_PREFERRED))

    yield from sorted(found, key=rank)
