"""The list of everyone in the building, for the worst case: plain text, or a PDF to tick off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from receptionist.badge import fonts_for
from receptionist.desk.texts import Texts
from receptionist.directory.records import Stay
from receptionist.kiosk.plain import plain


def as_text(inside: Sequence[Stay], at: datetime, texts: Texts) -> str:
    """The list with a box to tick off for each person."""
    lines = [f"{texts.evacuation} · {at:%Y-%m-%d %H:%M} · {texts.people}: {len(inside)}", ""]
    lines += [f"[ ] {row}" for row in _rows(inside, texts)]
    return "\n".join(lines) + "\n"


def as_pdf(inside: Sequence[Stay], at: datetime, texts: Texts, font: Path | None = None) -> bytes:
    """The same on A4 paper.

    Raises:
        BadgeError: No font at hand has all letters of the names.
    """
    from fpdf import FPDF

    title = f"{texts.evacuation} - {at:%Y-%m-%d %H:%M} - {texts.people}: {len(inside)}"
    rows = _rows(inside, texts)
    pdf = FPDF(format="A4")
    fonts = fonts_for(title + "".join(rows), font)
    for number, file in enumerate(fonts):
        pdf.add_font(f"list{number}", fname=file)
    pdf.set_fallback_fonts([f"list{number}" for number in range(1, len(fonts))], exact_match=False)
    family = "list0" if fonts else "helvetica"
    pdf.add_page()
    pdf.set_font(family, size=14)
    pdf.multi_cell(0, 9, title, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(family, size=11)
    for row in rows:
        x, y = pdf.get_x(), pdf.get_y()
        if y + 8 > pdf.page_break_trigger:
            pdf.add_page()
            x, y = pdf.get_x(), pdf.get_y()
        pdf.rect(x, y + 1.5, 4, 4)
        pdf.set_x(x + 7)
        pdf.multi_cell(0, 7, row, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _rows(inside: Sequence[Stay], texts: Texts) -> list[str]:
    return [
        plain(
            f"{stay.visitor}"
            + (f" ({stay.company})" if stay.company else "")
            + (f", {texts.with_host} {stay.host}" if stay.host else "")
            + f", {stay.arrived:%Y-%m-%d %H:%M}",
            400,
        )
        for stay in inside
    ]
