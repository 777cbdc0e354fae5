"""From what the other said to dialogue acts.

Exact reading first (a compiled automaton over all templates), then a tolerant one (misspelt and unknown
words), then the trained model where there is one. What the engine expects opens gated Mirons and raises the
others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp

from miron.automaton import Automaton
from miron.check import check_phrases
from miron.entities import EXACT, FREE, NAME, Found, Heard, Lexicon, NameRecogniser, Recogniser, recogniser
from miron.judge import coherent, confidence_of, reason_of
from miron.locales import get
from miron.model import (
    NOT_UNDERSTOOD,
    Act,
    EntityType,
    Expectation,
    Filled,
    Guess,
    Miron,
    Reason,
    TrainedModel,
)
from miron.needs import needed_slots
from miron.search import TOLERANT_WORDS, Reading, Search
from miron.template import Template, slot_refs
from miron.typos import Spelling
from miron.words import words_of

MAX_CHARACTERS = 20_000
MAX_WORDS = 2_000
"""Longer texts are nobody's utterance; they are not understood."""

SURE = 0.8
"""Confidence below which a value is unsure."""

TOLERATED = 0.6
"""Confidence below which a tolerant reading is no reading."""

TRUSTED = 0.6
"""Confidence below which a guess of the trained model is no understanding (docs/benchmarks-nlu.md)."""

_SETTLED = 0.9
"""An exact reading this good in the language spoken needs no look at other languages or the model."""

_BONUS = 0.3
"""Evidence that a fully expected Miron gains: less than a word."""

_PRIMING = 1.0
"""What a fully expected Miron gains in the trained model, in log odds."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    miron: Miron
    template: Template


class Understander:
    """Understands utterances in the terms of a set of Mirons.

    Args:
        mirons: Those of the channel ``speech`` are understood.
        types: Declared entity types by name; built-in ones need no entry.
        phrases: Locale → phrase name → template.
        locales: Languages listened to; the first is the usual one.
        model: Trained understanding; asked only where the templates give no clear answer.
        lexicon: Live values; may be shared with whoever updates it.

    Raises:
        ModelError: A phrase is missing or stands within itself, or a template is too large.
    """

    def __init__(
        self,
        mirons: Iterable[Miron],
        types: Mapping[str, EntityType] | None = None,
        phrases: Mapping[str, Mapping[str, Template]] | None = None,
        locales: Sequence[str] = ("en",),
        model: TrainedModel | None = None,
        lexicon: Lexicon | None = None,
    ) -> None:
        self.lexicon = lexicon or Lexicon()
        self.model = model
        self._mirons = {miron.name: miron for miron in mirons if miron.channel == "speech"}
        self._types = dict(types or {})
        self._phrases = dict(phrases or {})
        self._locales = tuple(locales) or ("en",)
        for locale in self._locales:
            check_phrases(self._heard_templates(locale), self._phrases.get(locale, {}))
        self._ears: dict[str, _Ear] = {}
        self._recognisers: dict[str, Recogniser | None] = {}
        for miron in self._mirons.values():
            for slot in miron.slots.values():
                self._recogniser(slot.type)

    def update(self, type_name: str, values: Iterable[str]) -> None:
        """Replaces the live values of a type (``person``, ``company``, a type declared ``live``)."""
        self.lexicon.update(type_name, values)

    def understand(
        self,
        text: str,
        expectations: Sequence[Expectation] = (),
        locale: str | None = None,
        now: datetime | None = None,
        *,
        typed: bool = False,
    ) -> list[Act]:
        """What an utterance may mean, best first; at most one act (with what it says :attr:`Act.also`) a
        Miron and locale. Never raises, on any text.

        Args:
            expectations: Mirons that could be reacted to now; gated Mirons are understood only if they are
                here.
            locale: The language spoken so far; the others are listened to as well.
            now: For words that depend on today (``tomorrow``).
            typed: The text was typed: spelling is meant, names are sure.

        Returns:
            An empty list when nothing was understood.
        """
        if len(text) > MAX_CHARACTERS:
            return []
        weights: dict[str, float] = {}
        for expectation in expectations:
            weights[expectation.miron] = max(weights.get(expectation.miron, 0.0), expectation.weight)
        order = self._order(locale)
        acts: list[Act] = []
        for tried in order:
            found = self._own(self._ear(tried).read(text, weights, now, typed, tolerant=False), order[0])
            settled = found and found[0].confidence >= _SETTLED and not _guessed_only(found[0])
            if settled and tried == order[0]:
                return found
            acts = _merged(acts, found)
        if not acts:
            for tried in order:
                found = self._ear(tried).read(text, weights, now, typed, tolerant=True)
                acts = _merged(acts, self._own(found, order[0]))
        if self.model is not None and (not acts or acts[0].reason.method != "template"):
            acts = _joined(acts, self._guessed(text, order, weights, now, typed))
        return acts

    def _own(self, acts: list[Act], spoken: str) -> list[Act]:
        """Without unknown names that are everyday words of another language, most of them in the language
        spoken so far, half of them in others: *where can I park* is nobody's name in German.
        """
        return [act for act in acts if not (_guessed_only(act) and self._is_foreign(act, spoken))]

    def _is_foreign(self, act: Act, spoken: str) -> bool:
        everyday = [get(other).common for other in self._locales if other != act.locale]
        for part in act.sequence:
            words = [
                word.text for filled in part.entities.values() for word in words_of(filled.text, act.locale)
            ]
            foreign = max((sum(word in common for word in words) for common in everyday), default=0)
            if len(words) > 1 and 2 * foreign >= len(words) + (act.locale == spoken):
                return True
        return False

    def best(
        self,
        text: str,
        expectations: Sequence[Expectation] = (),
        locale: str | None = None,
        now: datetime | None = None,
        *,
        typed: bool = False,
    ) -> Act:
        """The first of :meth:`understand`, or an act named ``not_understood`` with confidence 0."""
        acts = self.understand(text, expectations, locale, now, typed=typed)
        return acts[0] if acts else Act(NOT_UNDERSTOOD, {}, 0.0, locale or self._locales[0], text=text)

    def _order(self, locale: str | None) -> list[str]:
        """The languages to listen to, the one spoken so far first (``en`` where only ``en-GB`` was asked)."""
        base = (locale or "").replace("_", "-").split("-")[0]
        preferred = [known for known in (locale, base) if known in self._locales]
        return list(dict.fromkeys((*(known for known in preferred if known), *self._locales)))

    def _heard_templates(self, locale: str) -> list[Template]:
        return [
            template
            for miron in self._mirons.values()
            if (forms := miron.forms.get(locale)) is not None
            for template in (*forms.both, *forms.heard)
        ]

    def _recogniser(self, type_name: str) -> Recogniser | None:
        if type_name not in self._recognisers:
            self._recognisers[type_name] = recogniser(type_name, self._types, self.lexicon, self._phrases)
        return self._recognisers[type_name]

    def _ear(self, locale: str) -> _Ear:
        ear = self._ears.get(locale)
        if ear is None:
            phrases = self._phrases.get(locale, {})
            ear = self._ears[locale] = _Ear(locale, phrases, self._recognisers, self._recogniser)
            for miron in self._mirons.values():
                forms = miron.forms.get(locale)
                if forms is not None:
                    for template in dict.fromkeys((*forms.both, *forms.heard)):
                        ear.add(miron, template)
        return ear

    def _guessed(
        self,
        text: str,
        locales: Sequence[str],
        weights: Mapping[str, float],
        now: datetime | None,
        typed: bool,
    ) -> list[Act]:
        """What the trained model makes of an utterance, with the values of its spans.

        A guess counts only with a value for every slot that all sentences of its Miron have.
        """
        model = self.model
        if model is None:
            return []
        allowed = [name for name, miron in self._mirons.items() if not miron.gated or name in weights]
        acts = []
        for guess in model.guess(text, locales, allowed, self.lexicon):
            miron = self._mirons.get(guess.miron)
            if miron is None or (miron.gated and miron.name not in weights):
                continue
            confidence = _primed(guess.confidence, weights.get(miron.name, 0.0))
            if confidence < TRUSTED:
                continue
            ear = self._ear(guess.locale or locales[0])
            entities = ear.values(text, miron, guess, now, typed)
            if not ear.needed(miron) <= entities.keys():
                continue
            said = tuple((name, filled.text) for name, filled in entities.items())
            reason = Reason("model", slots=said, expected=miron.name in weights, model=model.version)
            acts.append(Act(miron.name, entities, confidence, ear.locale, reason, text))
        return acts


class _Ear:
    """The sentences of one locale."""

    def __init__(
        self,
        locale: str,
        phrases: Mapping[str, Template],
        recognisers: Mapping[str, Recogniser | None],
        recogniser_of: Callable[[str], Recogniser | None],
    ) -> None:
        self.locale = locale
        self._phrases = phrases
        self._recognisers = recognisers
        self._recogniser_of = recogniser_of
        self._automaton = Automaton(locale, phrases)
        self._sentences: list[_Sentence] = []
        self._needed: dict[str, frozenset[str]] = {}
        self._spelling: Spelling | None = None

    def add(self, miron: Miron, template: Template) -> None:
        """One more sentence; not understood if it holds a slot that the Miron does not declare."""
        types = {slot.name: slot.type for slot in miron.slots.values()}
        for ref in slot_refs(template, self._phrases):
            if ref.name not in types and not ref.type:
                return
            self._recogniser_of(ref.type or types[ref.name])
        needed = needed_slots(template, self._phrases)
        self._needed[miron.name] = self._needed.get(miron.name, needed) & needed
        self._automaton.add(template, len(self._sentences), types)
        self._sentences.append(_Sentence(miron, template))

    def read(
        self,
        text: str,
        weights: Mapping[str, float],
        now: datetime | None,
        typed: bool,
        *,
        tolerant: bool,
    ) -> list[Act]:
        """Acts for every reading of an utterance, best first."""
        words = words_of(text, self.locale)
        if not words or len(words) > (TOLERANT_WORDS if tolerant else MAX_WORDS):
            return []

        def usable(sentence: int) -> float | None:
            miron = self._sentences[sentence].miron
            weight = weights.get(miron.name)
            if weight is None:
                return None if miron.gated else 0.0
            return _BONUS * weight

        heard = Heard(text, words, self.locale, now, typed, tolerant)
        near = self._near if tolerant else None
        search = Search(self._automaton, heard, self._recognisers, usable, near)
        acts: list[Act] = []
        seen: set[str] = set()
        for end in search.run():
            name = self._sentences[end.sentence].miron.name
            reading = None if name in seen else search.reading(end)
            if reading is None or not coherent(reading, heard):
                continue
            act = self._act(reading, heard, weights)
            if not tolerant or all(part.confidence >= TOLERATED for part in act.sequence):
                seen.add(name)
                acts.append(act)
        return acts

    def needed(self, miron: Miron) -> frozenset[str]:
        """The slots without which nobody can say a Miron."""
        return self._needed.get(miron.name, frozenset())

    def values(
        self, text: str, miron: Miron, guess: Guess, now: datetime | None, typed: bool
    ) -> dict[str, Filled]:
        """The values of the spans that a trained model marked."""
        words = words_of(text, self.locale)
        heard = Heard(text, words, self.locale, now, typed, tolerant=True)
        filled: dict[str, Filled] = {}
        for name, start, end in guess.spans:
            slot = miron.slots.get(name)
            inside = [index for index, word in enumerate(words) if word.start >= start and word.end <= end]
            if slot is None or not inside:
                continue
            first, after = inside[0], inside[-1] + 1
            recognise = self._recogniser_of(slot.type)
            readings = recognise(heard, first) if recognise else []
            best = next((reading for reading in readings if reading.end == after), None)
            if best is None and (slot.type == "text" or (slot.type == "company" and after - first > 1)):
                best = Found(after, " ".join(text[start:end].split()), FREE)
            elif best is None:
                best = max(
                    (reading for reading in readings if reading.end < after),
                    key=lambda reading: reading.end,
                    default=None,
                )
            if best is not None:
                filled[name] = self._filled(best, (name, slot.type), heard, first)
        return filled

    def _near(self, word: str) -> list[str]:
        if self._spelling is None:
            self._spelling = Spelling(self._automaton.vocabulary)
        return self._spelling.near(word)

    def _act(self, reading: Reading, heard: Heard, weights: Mapping[str, float]) -> Act:
        """The act of a reading; the sentences before it come first."""
        chain: list[Reading] = []
        current: Reading | None = reading
        while current is not None:
            chain.append(current)
            current = current.before
        first, *others = [self._single(part, heard, weights) for part in reversed(chain)]
        return replace(first, also=tuple(others)) if others else first

    def _single(self, reading: Reading, heard: Heard, weights: Mapping[str, float]) -> Act:
        sentence = self._sentences[reading.sentence]
        entities: dict[str, Filled] = {}
        for edge in reading.edges:
            if edge.slot is not None and edge.found is not None:
                entities[edge.slot[0]] = self._filled(edge.found, edge.slot, heard, edge.start)
        said = heard.said(reading.edges[0].start, reading.edges[-1].end)
        reason = reason_of(reading, sentence.template, heard, sentence.miron.name in weights)
        return Act(sentence.miron.name, entities, confidence_of(reading.edges), self.locale, reason, said)

    def _filled(self, found: Found, slot: tuple[str, str], heard: Heard, start: int) -> Filled:
        recognise = self._recogniser_of(slot[1])
        settled = recognise.settle(found, heard, start) if isinstance(recognise, NameRecogniser) else found
        confidence = settled.confidence * (0.9 if settled.weight < EXACT and settled.weight <= NAME else 1.0)
        return Filled(
            settled.value,
            heard.said(start, found.end),
            heard.words[start].start,
            heard.words[found.end - 1].end,
            round(confidence, 3),
            settled.sure and confidence >= SURE,
            settled.rivals,
        )


def _primed(confidence: float, weight: float) -> float:
    """A confidence with what the expectation adds to its odds; never certainty."""
    share = min(0.999, max(0.001, confidence))
    return round(min(0.99, 1 / (1 + (1 - share) / share * exp(-_PRIMING * weight))), 3)


def _merged(known: list[Act], more: list[Act]) -> list[Act]:
    """Readings of two languages: each keeps its order; the language with the better best one comes first.

    Words that mean something in one language are no name in another.
    """
    if known and more and _merit(more[0]) > _merit(known[0]):
        return more + known
    return known + more


def _merit(act: Act) -> tuple[bool, float]:
    return not _guessed_only(act), act.confidence


def _guessed_only(act: Act) -> bool:
    """Whether some sentence is nothing but a name that nobody knows."""
    return any(
        not part.reason.literal and any(filled.confidence < 1.0 for filled in part.entities.values())
        for part in act.sequence
    )


def _joined(templates: list[Act], model: list[Act]) -> list[Act]:
    """Tolerant readings and guesses: for each Miron the more confident one, best first."""
    best = {(act.miron, act.locale): act for act in templates}
    for act in model:
        known = best.get((act.miron, act.locale))
        if known is None or known.confidence < act.confidence:
            best[act.miron, act.locale] = act
    return sorted(best.values(), key=lambda act: -act.confidence)
