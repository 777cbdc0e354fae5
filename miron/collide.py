"""Self-intelligibility: is every sentence of a Miron heard as that Miron, with the values put in?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from miron.generate import tidy
from miron.model import EntityType, Expectation, Miron, Value
from miron.render import Speaker
from miron.source import Span
from miron.template import Leaf, SlotRef, Template, Text, count, sample
from miron.understand import Understander

SAMPLES = 500
"""Sentences tried of one Miron in one locale."""

_EXAMPLES: Mapping[str, tuple[Value, ...]] = {
    "flag": (True, False),
    "text": ("a grey umbrella", "something else"),
    "number": (7, 42, Decimal("2.5")),
    "ordinal": (3, 21),
    "date": ("2026-11-23", "2027-02-01"),
    "time": ("10:30", "14:45"),
    "duration": (600_000, 5_400_000),
    "phone": ("030123456", "+4930123456"),
    "email": ("ada@example.org", "g.hopper@example.com"),
    "code": ("ADA1030", "K7M4Q2"),
    "person": ("Ada Lovelace", "Grace Hopper"),
    "company": ("Acme", "Example Corporation"),
}


@dataclass(frozen=True, slots=True)
class Collision:
    """A sentence that is not heard as it was meant.

    Attributes:
        heard_as: The Miron it is heard as; ``not_understood``; or ``miron`` itself, with other values.
        span: Place of the template.
    """

    miron: str
    locale: str
    sentence: str
    heard_as: str
    values: Mapping[str, Value]
    heard_values: Mapping[str, Value]
    span: Span | None = None


def collisions(
    understander: Understander,
    mirons: Iterable[Miron],
    types: Mapping[str, EntityType] | None = None,
    phrases: Mapping[str, Mapping[str, Template]] | None = None,
    locales: Sequence[str] = ("en",),
    samples: int = SAMPLES,
) -> list[Collision]:
    """One collision for each Miron, locale and what it is taken for, in the order given.

    Args:
        understander: That of the same Mirons.
        samples: At most so many sentences of one Miron and locale, spread evenly over all variants.
    """
    found: dict[tuple[str, str, str], Collision] = {}
    for miron in mirons:
        for locale in locales:
            speaker = Speaker(locale, types or {}, (phrases or {}).get(locale, {}))
            for sentence, values, span in _sentences(miron, speaker, understander, samples):
                expected = [Expectation(miron.name)] if miron.gated else []
                act = understander.best(sentence, expected, locale=locale)
                heard = {name: filled.value for name, filled in act.entities.items()}
                if (act.miron, heard, act.also) != (miron.name, values, ()):
                    collision = Collision(miron.name, locale, sentence, act.miron, values, heard, span)
                    found.setdefault((miron.name, locale, act.miron), collision)
    return list(found.values())


def _sentences(
    miron: Miron, speaker: Speaker, understander: Understander, samples: int
) -> Iterator[tuple[str, dict[str, Value], Span | None]]:
    forms = miron.forms.get(speaker.locale)
    templates = (*forms.both, *forms.heard) if forms and miron.channel == "speech" else ()
    for template in templates:
        total = count(template, speaker.phrases)
        wanted = min(total, max(1, samples // len(templates)))
        for number in range(wanted):
            index = number * total // wanted
            leaves = sample(template, lambda _, index=index: index, speaker.phrases)  # type: ignore[misc]
            values: dict[str, Value] = {}
            text = tidy("".join(_said(leaf, miron, speaker, understander, number, values) for leaf in leaves))
            if text and all(value is not None for value in values.values()):
                yield text, values, template.origin


def _said(
    leaf: Leaf,
    miron: Miron,
    speaker: Speaker,
    understander: Understander,
    number: int,
    values: dict[str, Value],
) -> str:
    if isinstance(leaf, Text):
        return leaf.text
    if not isinstance(leaf, SlotRef):
        return ""
    slot = miron.slots.get(leaf.name)
    type_name = leaf.type or (slot.type if slot else "text")
    examples = _examples(type_name, speaker, understander)
    if not examples:
        return ""
    value = values.setdefault(leaf.name, examples[(number + len(values)) % len(examples)])
    return speaker.filtered(value, type_name, tuple(name for name in leaf.filters if name == "clock"))


def _examples(type_name: str, speaker: Speaker, understander: Understander) -> tuple[Value, ...]:
    """Values to try; none for a type nothing is known of."""
    entity = speaker.types.get(type_name)
    if entity is not None and entity.kind == "choice":
        return tuple(entity.values)
    known = understander.lexicon.values(type_name)
    if known:
        return known[:5]
    if type_name.startswith("list of "):
        return (list(_examples(type_name.removeprefix("list of "), speaker, understander)[:2]),)
    return _EXAMPLES.get(type_name, ())
