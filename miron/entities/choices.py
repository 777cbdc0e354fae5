"""Values with sentences of their own: choices with synonyms, flags, live lists, and lists of values."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from miron.entities.found import EXACT, Found, Heard, Recogniser
from miron.entities.lexicon import Lexicon, PhraseIndex
from miron.locales import get
from miron.model import EntityType
from miron.template import Template, Text, expand
from miron.words import words_of

MAX_SYNONYMS = 256
"""Expansions that are read of one value's sentence."""


class ChoiceRecogniser:
    """Finds the named values of a choice by their sentences in the locale, else by their names."""

    def __init__(self, entity: EntityType, phrases: Mapping[str, Mapping[str, Template]]) -> None:
        self._entity = entity
        self._phrases = phrases
        self._indexes: dict[str, PhraseIndex] = {}

    def __call__(self, heard: Heard, start: int) -> list[Found]:
        """Every value that stands at a word."""
        return [Found(end, value, EXACT) for end, value in self._index(heard.locale).at(heard.words, start)]

    def _index(self, locale: str) -> PhraseIndex:
        index = self._indexes.get(locale)
        if index is None:
            index = self._indexes[locale] = PhraseIndex()
            for value, sentences in self._entity.values.items():
                for said in self._said(value, sentences.get(locale, ()), locale):
                    index.add(tuple(word.text for word in words_of(said, locale)), value)
        return index

    def _said(self, value: str, sentences: tuple[Template, ...], locale: str) -> list[str]:
        if not sentences:
            return [value.replace("_", " ")]
        phrases = self._phrases.get(locale, {})
        return [
            "".join(leaf.text for leaf in leaves if isinstance(leaf, Text))
            for sentence in sentences
            for leaves in islice(expand(sentence, phrases), MAX_SYNONYMS)
        ]


class LiveRecogniser:
    """Finds values that the application supplies while running."""

    def __init__(self, type_name: str, lexicon: Lexicon) -> None:
        self._type = type_name
        self._lexicon = lexicon

    def __call__(self, heard: Heard, start: int) -> list[Found]:
        """Every known value that stands at a word; in a tolerant search also those that are only alike."""
        names = self._lexicon.names(self._type, heard.locale)
        found = [Found(end, value, EXACT) for end, value in names.exact.at(heard.words, start)]
        if found or not heard.tolerant:
            return found
        for end in range(min(start + 4, len(heard.words)), start, -1):
            folded = " ".join(word.text for word in heard.words[start:end])
            near = names.near(folded) if len(folded) > 3 else []
            if near:
                rivals = tuple(other.value for other in near[1:] if other.likeness >= near[0].likeness - 8)
                confidence = near[0].likeness / 100 * (0.7 if rivals else 0.85)
                found.append(Found(end, near[0].value, 0.6, confidence, confidence >= 0.8, rivals))
        return found


def flag(heard: Heard, start: int) -> list[Found]:
    """Yes or no."""
    data = get(heard.locale)
    found = []
    for value, groups in ((True, data.yes), (False, data.no)):
        for group in groups:
            words = [word.text for word in words_of(group, heard.locale)]
            end = start + len(words)
            if [word.text for word in heard.words[start:end]] == words:
                found.append(Found(end, value, EXACT))
    return found


class ListRecogniser:
    """Finds several values of one type, joined by commas or *and*."""

    def __init__(self, element: Recogniser) -> None:
        self._element = element

    def __call__(self, heard: Heard, start: int) -> list[Found]:
        """The longest list that begins at a word, and its beginnings."""
        found: list[Found] = []
        values: list[object] = []
        at = start
        while at < len(heard.words) and len(values) < 20:
            readings = self._element(heard, at)
            if not readings:
                break
            best = max(readings, key=lambda reading: (reading.weight, reading.end))
            values, at = [*values, best.value], best.end
            found.append(Found(at, list(values), best.weight, best.confidence, best.sure, best.rivals))
            joined = at < len(heard.words) and heard.words[at].text in ("and", "und", "和")
            if not joined and not (at < len(heard.words) and heard.words[at].gap):
                break
            at += joined
        return found
