"""What the kiosk makes of the terminal at hand, and what it costs to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from receptionist.kiosk.avatar import Paint
from receptionist.kiosk.options import paint_for, unsuitable


@pytest.mark.parametrize(
    ("environ", "color_system", "paint"),
    [
        ({}, "truecolor", Paint.TRUE),
        ({"LANG": "de_DE.UTF-8"}, "256", Paint.INDEXED),
        ({"LC_ALL": "C"}, "standard", Paint.BASIC),
        ({}, None, Paint.LINES),
        ({"NO_COLOR": ""}, "truecolor", Paint.LINES),
        ({"LANG": "de_DE.ISO-8859-1@euro"}, "256", Paint.LINES),
        ({"LC_ALL": "en_US.utf8", "LANG": "de_DE.ISO-8859-1"}, "256", Paint.INDEXED),
    ],
)
def test_the_face_is_drawn_as_the_terminal_allows(
    environ: dict[str, str], color_system: str | None, paint: Paint
) -> None:
    assert paint_for(environ, color_system) is paint


def test_a_place_without_a_terminal_is_refused_with_the_reason() -> None:
    assert unsuitable({"TERM": "xterm"}, True, True) is None
    assert "--text" in (unsuitable({"TERM": "xterm"}, False, True) or "")
    assert "dumb" in (unsuitable({"TERM": "dumb"}, True, True) or "")
    assert unsuitable({"TEXTUAL_DRIVER": "web"}, False, False) is None


def test_the_ports_cost_nothing_to_import() -> None:
    code = (
        "import sys, receptionist.kiosk.ports\n"
        "print([m for m in ('textual', 'numpy', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
