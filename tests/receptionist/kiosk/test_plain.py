"""Text from strangers on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receptionist.kiosk.plain import plain


@given(st.text(alphabet=st.characters(), max_size=200), st.integers(1, 100))
def test_nothing_a_terminal_could_obey_is_left(text: str, limit: int) -> None:
    clean = plain(text, limit)
    assert len(clean) <= limit
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in clean)
    clean.encode()  # can be written


@given(st.text(alphabet=st.characters(exclude_categories=("C", "M", "Zl", "Zp")), max_size=80))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert plain(text, 100) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[link=https://x]a[/link] [@click=app.quit]b[/]", "[link=https://x]a[/link] [@click=app.quit]b[/]"),
        ("red \x1b[31mtext\x1b]0;title\x07", "red [31mtext]0;title"),
        ("{{7*7}} {0.__class__} %s", "{{7*7}} {0.__class__} %s"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\ud800b", "a\N{REPLACEMENT CHARACTER}b"),
        ("Zoë 王 🙂", "Zoë 王 🙂"),
        ("a" + "\u0301" * 50, "a" + "\u0301" * 4),
    ],
)
def test_hostile_text_becomes_letters(text: str, shown: str) -> None:
    assert plain(text, 100) == shown


def test_long_text_ends_in_an_ellipsis() -> None:
    assert plain("abcdefgh", 5) == "abcd…"


def test_line_ends_are_kept_where_a_body_has_lines() -> None:
    assert plain("one\ntwo\r\x1bthree", 100, lines=True) == "one\ntwo three"
