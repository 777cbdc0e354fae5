"""Training sentences made up from the sentences of Mirons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from zlib import crc32

import numpy as np

from miron.generate import tidy
from miron.learn.examples import Example, SlotSpan
from miron.learn.typical import typical
from miron.locales import get
from miron.model import EntityType, Forms, Miron
from miron.needs import can_be_bare
from miron.render import Speaker, clock
from miron.template import SlotRef, Template, Text, count, expand, sample, slot_refs
from miron.words import Word, words_of

MOST = 60
"""Sentences of one Miron and locale."""

EACH = 8
"""Sentences of one template, where its variants and values give as many."""

_SYNONYMS = 20
_TRIES = 4
_VALUE = "\x00"  # stands for a value until the sentence is put together; no template can hold it


@dataclass(frozen=True, slots=True)
class Plain:
    """A text as the trained understanding reads it: the matcher's words, one space between them.

    So contractions, number words, accents and punctuation mean the same to both.

    Attributes:
        text: The words.
        words: With their places in the text as it was said.
    """

    text: str
    words: tuple[Word, ...]

    @classmethod
    def of(cls, said: str, locale: str) -> Plain:
        """Read a text as a language's matcher does."""
        return cls.of_words(words_of(said, locale))

    @classmethod
    def of_words(cls, words: Iterable[Word]) -> Plain:
        """From words as the matcher has them."""
        kept = tuple(words)
        return cls(" ".join(word.text for word in kept), kept)

    def here(self, start: int, end: int) -> tuple[int, int]:
        """From a place in the text as said to one in :attr:`text`; empty where no word begins in it."""
        at, first, last = 0, -1, -1
        for word in self.words:
            if start <= word.start < end:
                first = at if first < 0 else first
                last = at + len(word.text)
            at += len(word.text) + 1
        return (first, last) if first >= 0 else (0, 0)

    def there(self, start: int, end: int) -> tuple[int, int]:
        """The inverse of :meth:`here`."""
        at, found = 0, []
        for word in self.words:
            if at < end and at + len(word.text) > start:
                found.append(word)
            at += len(word.text) + 1
        return (found[0].start, found[-1].end) if found else (0, 0)


def plain_example(example: Example, locale: str) -> Example:
    """An example in the form in which the model is trained and asked."""
    plain = Plain.of(example.text, locale)
    spans = (SlotSpan(*plain.here(span.start, span.end), span.entity) for span in example.slots)
    return Example(plain.text, example.intent, tuple(span for span in spans if span.end > span.start))


def sample_mirons(
    mirons: Iterable[Miron],
    locale: str,
    types: Mapping[str, EntityType] | None = None,
    phrases: Mapping[str, Template] | None = None,
    *,
    seed: int = 0,
    most: int = MOST,
) -> list[Example]:
    """Sentences of each Miron in one language, slots filled with known or typical values.

    What one Miron gives depends on no other, but a sentence that two Mirons share is left out of both. A
    Miron that can be a bare value (``{visitor.name}``) gives nothing: what a bare value means, only the
    expectation tells, so it is left to the matcher.

    Args:
        phrases: Those of the locale.
        seed: Of every choice.
        most: Sentences of one Miron.
    """
    sampler = _Sampler(Speaker(locale, types or {}, phrases or {}), seed)
    found: dict[str, Example | None] = {}
    for miron in mirons:
        forms = miron.forms.get(locale)
        if miron.channel == "speech" and forms is not None:
            for example in sampler.sentences(miron, forms, most):
                known = found.setdefault(example.text, example)
                if known is not None and known.intent != example.intent:
                    found[example.text] = None
    return [example for example in found.values() if example is not None]


@dataclass(slots=True)
class _Sampler:
    speaker: Speaker
    seed: int

    def sentences(self, miron: Miron, forms: Forms, most: int) -> list[Example]:
        phrases = self.speaker.phrases
        templates = tuple(dict.fromkeys((*forms.both, *forms.heard)))
        if any(can_be_bare(template, phrases) for template in templates):
            return []
        rng = np.random.default_rng([self.seed, crc32(f"{self.speaker.locale} {miron.name}".encode())])
        each = max(EACH, most // max(1, len(templates)))
        found: dict[str, Example] = {}
        for template in templates:
            wanted = len(found) + each
            tries = (
                _TRIES * each
                if slot_refs(template, phrases)
                else min(_TRIES * each, 2 * count(template, phrases))
            )
            for _ in range(tries):
                example = self._sentence(miron, template, rng)
                if example is not None and example.text:
                    found.setdefault(example.text, example)
                if len(found) >= wanted:
                    break
        kept = list(found.values())
        if len(kept) > most:
            kept = [kept[index] for index in sorted(rng.permutation(len(kept))[:most].tolist())]
        return kept

    def _sentence(self, miron: Miron, template: Template, rng: np.random.Generator) -> Example | None:
        """One variant with values, or None where nothing is known that could fill a slot."""
        pieces: list[str] = []
        values: list[tuple[str, str]] = []
        for leaf in sample(template, lambda n: int(rng.random() * n), self.speaker.phrases):
            if isinstance(leaf, Text):
                pieces.append(leaf.text)
            elif isinstance(leaf, SlotRef):
                known = self._values(leaf, miron)
                if not known:
                    return None
                pieces.append(_VALUE)
                values.append((leaf.name, known[int(rng.random() * len(known))]))
        said, spans = "", []
        fill = iter(values)
        for piece in re.split(f"({_VALUE})", tidy("".join(pieces))):
            if piece == _VALUE:
                name, piece = next(fill)
                spans.append(SlotSpan(len(said), len(said) + len(piece), name))
            said += piece
        return plain_example(Example(said, miron.name, tuple(spans)), self.speaker.locale)

    def _values(self, ref: SlotRef, miron: Miron) -> tuple[str, ...]:
        """How the values of a slot are said."""
        slot = miron.slots.get(ref.name)
        name = ref.type or (slot.type if slot else "text")
        if name.startswith("list of "):
            name = name.removeprefix("list of ")
        entity = self.speaker.types.get(name)
        if entity is not None and entity.kind == "choice":
            return tuple(said for value in entity.values for said in self._synonyms(entity, value))
        if entity is not None and entity.kind == "record":
            return ()
        if name == "flag":
            data = get(self.speaker.locale)
            return (*data.yes, *data.no)
        values = typical(name, self.speaker.locale)
        said = [self.speaker.plain(value, name) for value in values]
        if name == "time":
            said += [clock(str(value), self.speaker.locale) for value in values]
        return tuple(said)

    def _synonyms(self, entity: EntityType, value: str) -> tuple[str, ...]:
        sentences = entity.values[value].get(self.speaker.locale, ())
        said = [
            " ".join("".join(leaf.text for leaf in leaves if isinstance(leaf, Text)).split())
            for sentence in sentences
            for leaves in islice(expand(sentence, self.speaker.phrases), _SYNONYMS)
        ]
        return tuple(said) or (value.replace("_", " "),)
