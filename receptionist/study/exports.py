"""Sessions for other tools: subtitles (SRT, WebVTT) and annotations for ELAN (docs/study.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.journal import Journal, Record
from engine.virtual import MS_PER_WORD, SHORTEST_MS, words

TIERS: Final = ("agent", "visitor", "rules", "body", "services")
_NOT_XML: Final = dict.fromkeys((*range(0, 9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "�")
_FINAL: Final = ("done", "failed", "cancelled", "timed_out")


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted.

    Attributes:
        tier: One of :data:`TIERS`.
        start: In ms of the session.
        end: In ms; later than the start.
        text: What it was.
    """

    tier: str
    start: int
    end: int
    text: str


def spans(journal: Journal) -> list[Span]:
    """What happened in a session, in the order of its beginning.

    Words of the visitor are known when they end; where they began is estimated from their number. What a tier
    holds does not overlap: an entry is cut where the next one begins.
    """
    texts: dict[int, str] = {}
    begun: dict[int, tuple[int, str]] = {}
    found: list[Span] = []
    for record in journal.records:
        data = record.data
        if record.kind == "act" and data.get("command") == "request" and data.get("text"):
            texts[int(data["act"])] = str(data["text"])
        elif record.kind == "percept" and data.get("source") == "self":
            found += _performed(record, texts, begun)
        elif record.kind == "percept" and data.get("source") == "other" and record.cause is None:
            found.append(_heard(record))
        elif record.kind == "fire" and "/" not in str(data.get("rule")):
            found.append(Span("rules", record.t, record.t + 1, str(data.get("rule"))))
    last = journal.records[-1].t
    found += [Span(tier, start, last, texts.get(act, "")) for act, (start, tier) in begun.items()]
    return _apart(found)


def _performed(record: Record, texts: dict[int, str], begun: dict[int, tuple[int, str]]) -> list[Span]:
    data = record.data
    act, phase = int(data.get("act") or 0), data.get("phase")
    tier = {"speech": "agent", "service": "services"}.get(str(data.get("channel")), "body")
    if phase == "started":
        begun[act] = (record.t, tier)
        texts.setdefault(act, str(data.get("name")))
    elif phase in _FINAL and act in begun:
        start, tier = begun.pop(act)
        said = str(data.get("text") or "") if phase == "cancelled" else ""
        text = said or texts.get(act, "")
        note = f" [{phase}]" if phase in ("failed", "timed_out") else " —" if phase == "cancelled" else ""
        return [Span(tier, start, record.t, text + note)]
    return []


def _heard(record: Record) -> Span:
    text = str(record.get("text") or f"[{record.get('name')}]")
    lasts = max(SHORTEST_MS, MS_PER_WORD * len(words(text))) if record.get("text") else SHORTEST_MS
    return Span("visitor", max(0, record.t - lasts), record.t, text)


def _apart(found: Iterable[Span]) -> list[Span]:
    """Spans of positive length that do not overlap within their tier."""
    result: list[Span] = []
    for tier in TIERS:
        own = sorted((span for span in found if span.tier == tier), key=lambda span: (span.start, span.end))
        free = 0
        for index, span in enumerate(own):
            start = max(span.start, free)
            following = own[index + 1].start if index + 1 < len(own) else None
            end = span.end if following is None else min(span.end, max(following, start + 1))
            free = max(end, start + 1)
            result.append(Span(tier, start, free, span.text))
    return sorted(result, key=lambda span: (span.start, TIERS.index(span.tier)))


def subtitles(journal: Journal, form: str) -> str:
    """What was said, as ``srt`` or ``vtt``."""
    said = [span for span in spans(journal) if span.tier in ("agent", "visitor")]
    point = "," if form == "srt" else "."
    blocks = ["WEBVTT"] if form == "vtt" else []
    for number, span in enumerate(said, 1):
        times = f"{_clock(span.start, point)} --> {_clock(span.end, point)}"
        blocks.append(f"{number}\n{times}\n{_spoken(span, form)}")
    return "\n\n".join(blocks) + "\n"


def _spoken(span: Span, form: str) -> str:
    """One line: a blank line would end the cue, and an arrow or markup in it would be read as such."""
    text = " ".join(span.text.translate(_NOT_XML).split()).replace("-->", "→")
    if form == "vtt":
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f"<v {span.tier.capitalize()}>{text}"
    return f"{span.tier.capitalize()}: {text.replace('<', '‹').replace('>', '›')}"


def _clock(ms: int, point: str) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"


def write_eaf(path: Path, journal: Journal, audio: Sequence[Path] = ()) -> None:
    """Write annotations for ELAN, a tier each for agent, visitor, rules, body and services.

    Args:
        path: The ``.eaf`` file.
        journal: As read.
        audio: Sound files of the session, linked.

    Raises:
        ImportError: The extra ``study`` is not installed.
        OSError: It cannot be written.
    """
    from pympi import Elan

    eaf = Elan.Eaf(author="miron")
    eaf.remove_tier("default")
    for sound in audio:
        eaf.add_linked_file(sound.resolve().as_uri(), relpath=sound.name, mimetype="audio/x-wav")
    for tier in TIERS:
        eaf.add_tier(tier)
    for span in spans(journal):
        eaf.add_annotation(span.tier, span.start, span.end, span.text.translate(_NOT_XML))
    # The library keeps a file of the same name as a copy; what is made anew needs none.
    path.unlink(missing_ok=True)
    eaf.to_file(str(path))
