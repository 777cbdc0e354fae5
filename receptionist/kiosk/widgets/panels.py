"""The contents of the small panels: screen card, developer panel, front-desk panel, microphone level."""

from __future__ import annotations

from textual.content import Content

from receptionist.kiosk.plain import plain
from receptionist.kiosk.ports import Card, Message
from receptionist.kiosk.texts import Texts

_LONGEST = 2000
_NEWEST = 10


def card_content(card: Card) -> Content:
    """Return a screen card: its title, then its body."""
    title = Content(plain(card.title, 200)).stylize("bold")
    return title + Content("\n" + plain(card.body, _LONGEST, lines=True)) if card.body else title


def developer_content(inner: tuple[str, ...], rules: tuple[str, ...], words: Texts) -> Content:
    """Return the newest inner speech and the rules in force."""
    thoughts = [Content("  " + plain(line, 200)) for line in inner[-_NEWEST:]]
    active = Content("  " + plain(", ".join(rules), _LONGEST))
    return _list(
        Content(words.inner).stylize("bold"), *thoughts, Content(words.rules).stylize("bold"), active
    )


def desk_content(messages: tuple[Message, ...], words: Texts) -> Content:
    """Return the newest messages that were sent."""
    if not messages:
        return Content(f"{words.messages}: {words.no_messages}")
    rows = [
        Content(plain(f"  {m.at} -> {m.to}: {m.text}" + (f" ({m.state})" if m.state else ""), 400))
        for m in messages[-_NEWEST:]
    ]
    return _list(Content(words.messages).stylize("bold"), *rows)


def meter(level: float | None, ascii_only: bool) -> str:
    """Return a microphone level of 0..1 as five bars, or nothing where nothing listens."""
    if level is None:
        return ""
    full, empty = ("#", "-") if ascii_only else ("▮", "▯")
    bars = max(0, min(5, round(level * 5)))
    return full * bars + empty * (5 - bars)


def _list(*rows: Content) -> Content:
    return Content("\n").join(rows)
