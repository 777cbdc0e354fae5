"""How good a reading is, and why it was made."""

from __future__ import annotations

from collections.abc import Sequence

from miron.entities import NAME, Heard
from miron.locales import get
from miron.model import Reason
from miron.search import KINDS, Edge, Reading
from miron.template import Template
from miron.words import NO_BREAK


def coherent(reading: Reading, heard: Heard) -> bool:
    """Whether it is no mere row of values: what stands beside a bare value must be set off from it."""
    later: Reading | None = None
    current: Reading | None = reading
    while current is not None:
        if later is not None and not (_literal(current) and _literal(later)):
            place = later.edges[0].start
            joined = heard.words[place].text in get(heard.locale).joiners
            if heard.words[place].gap == NO_BREAK and not joined:
                return False
        later, current = current, current.before
    return True


def _literal(reading: Reading) -> bool:
    return any(edge.kind in ("word", "typo") for edge in reading.edges)


def confidence_of(edges: Sequence[Edge]) -> float:
    """How sure a reading is: falls with every word that was guessed, passed over or missing."""
    sizes = dict.fromkeys(KINDS, 0)
    open_words = 0
    shortest_typo = 99
    for kind, start, end, word, _, found, _ in edges:
        sizes[kind] += max(1, end - start)
        if found is not None and found.weight <= NAME:
            open_words += end - start
        if kind == "typo":
            shortest_typo = min(shortest_typo, len(word))
    firm = sizes["word"] + sizes["slot"] - open_words
    unknown, typos = sizes["unknown"], sizes["typo"]
    # What was guessed must lean on what was heard, and an open value leaves nothing to lean on.
    if unknown and (firm <= 2 * unknown or (open_words and (unknown > 1 or sizes["word"] < 3))):
        return 0.0
    if typos > 1 + firm // 3 or (typos and not firm and shortest_typo < 4) or sizes["dropped"] > firm:
        return 0.0
    matched = firm + open_words + typos
    guessed, passed = typos + sizes["dropped"], sizes["opener"] + sizes["filler"]
    confidence: float = 0.99 * 0.95**guessed * 0.995**passed
    if not firm and typos:
        confidence *= 0.85  # nothing but the misspelt word itself speaks for it
    coverage: float = (matched / (matched + unknown)) ** 1.5
    return round(confidence * coverage, 3)


def reason_of(reading: Reading, template: Template, heard: Heard, expected: bool) -> Reason:
    """The template that matched, and what became of each word."""

    literal: list[str] = []
    slots: list[tuple[str, str]] = []
    ignored: list[str] = []
    corrected: list[tuple[str, str]] = []
    tolerant = False
    for kind, start, end, word, slot, _, _ in reading.edges:
        tolerant = tolerant or kind in ("typo", "unknown", "dropped")
        if kind == "dropped":
            continue
        said = heard.said(start, end)
        if kind in ("word", "typo"):
            literal.append(said)
        if kind == "typo":
            corrected.append((said, word))
        elif kind in ("filler", "opener", "unknown"):
            ignored.append(said)
        elif slot is not None:
            slots.append((slot[0], said))
    return Reason(
        "tolerant" if tolerant else "template",
        template.text,
        template.origin,
        tuple(literal),
        tuple(slots),
        tuple(ignored),
        tuple(corrected),
        expected,
    )
