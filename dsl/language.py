"""The Mirons of a compiled dialogue as the session's language: words to acts, acts to words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from dsl.compiler import Compiled
from engine.events import Expected, HeardValue
from engine.events import Mark as ActMark
from engine.language import NOT_UNDERSTOOD, Choose, Said, Understood
from engine.model import Json
from miron.generate import Generator
from miron.model import Act, Expectation, Filled, TrainedModel
from miron.parts import part
from miron.understand import Understander

CONFIDENCE_LIMIT = 0.8
"""A value heard below this is unsure."""


class MironLanguage:
    """Implements :class:`engine.language.Language`.

    Args:
        compiled: The dialogue.
        lexicons: Values of live types (and known persons and companies) by type; see :meth:`update`.
        trained: Trained understanding; see :meth:`listen_with`.
    """

    def __init__(
        self,
        compiled: Compiled,
        lexicons: Mapping[str, Iterable[str]] | None = None,
        trained: TrainedModel | None = None,
    ) -> None:
        self.compiled = compiled
        heard = [miron for miron in compiled.mirons if miron.name in compiled.heard]
        self.understander = Understander(heard, compiled.types, compiled.phrases, compiled.locales, trained)
        self._known: set[str] = set()
        self.know(lexicons or {})

    @cached_property
    def _spoken(self) -> frozenset[str]:
        return frozenset(miron.name for miron in self.compiled.mirons if miron.forms)

    @cached_property
    def generator(self) -> Generator:
        """The saying half, made when something is said first."""
        compiled = self.compiled
        return Generator(compiled.mirons, compiled.types, compiled.phrases, compiled.locales)

    def update(self, type_name: str, values: Iterable[str]) -> None:
        """Replace the live lexicon of a type while running."""
        self._known.add(type_name)
        self.understander.update(type_name, values)

    def know(self, lexicons: Mapping[str, Iterable[str]]) -> None:
        """Replace all live lexicons; those not given are empty from now on."""
        for name in sorted({*self._known, *lexicons}):
            self.update(name, lexicons.get(name, ()))

    @property
    def trained(self) -> TrainedModel | None:
        """The trained understanding in use."""
        return self.understander.model

    def listen_with(self, trained: TrainedModel | None) -> None:
        """Use another trained understanding from the next utterance on; callable from any thread."""
        self.understander.model = trained

    def understand(
        self, text: str, expected: Sequence[Expected], *, locale: str, t_wall: datetime, typed: bool = False
    ) -> Understood:
        """The best act, with the further acts of the same words."""
        expectations = tuple(
            Expectation(name, weight=1.0 if state else 0.5)
            for name, state in {item.miron: item.state for item in reversed(expected)}.items()
        )
        acts = self.understander.understand(text, expectations, locale, t_wall, typed=typed)
        if not acts:
            return Understood(NOT_UNDERSTOOD, confidence=0.0, locale=locale)
        best = acts[0]
        return _understood(best, best.locale or locale, tuple(_understood(act, "") for act in best.also))

    def say(self, parts: Sequence[tuple[str, Mapping[str, Json]]], *, locale: str, choose: Choose) -> Said:
        """The sentences of the parts, one after another."""
        texts: list[str] = []
        variants: list[int] = []
        marks: list[ActMark] = []
        for name, values in parts:
            if name not in self._spoken:
                continue  # gestures, signals and the like have no sentences
            utterance = self.generator.say(name, values, locale=locale, choose=choose)
            words_before = sum(len(text.split()) for text in texts)
            for offset, channel, miron in utterance.marks:
                marks.append(ActMark(words_before + len(utterance.text[:offset].split()), channel, miron))
            texts.append(utterance.text)
            variants.append(utterance.variant)
        joint = "" if locale.startswith("zh") else " "
        return Said(joint.join(text for text in texts if text), tuple(variants), tuple(marks))

    def part(self, value: Json, name: str) -> Json:
        """``first`` or ``last`` of a person."""
        return part("person", value, name) if isinstance(value, str) else None


def _understood(act: Act, locale: str, also: tuple[Understood, ...] = ()) -> Understood:
    entities = {slot: _heard(filled) for slot, filled in act.entities.items()}
    return Understood(act.miron, entities, act.confidence, locale, _reason(act), also)


def _heard(filled: Filled) -> HeardValue:
    sure = filled.sure and filled.confidence >= CONFIDENCE_LIMIT
    return HeardValue(filled.value, filled.text, sure, filled.confidence)


def _reason(act: Act) -> str:
    if act.reason.method == "model":
        return f"trained model {act.reason.model}"
    return f"{act.reason.method}: {act.reason.template}" if act.reason.template else act.reason.method
