"""Trained models as the understander asks them: one model a language."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from miron.entities import Lexicon
from miron.learn.model import Model
from miron.learn.sampling import Plain
from miron.learn.typical import typical
from miron.model import Guess
from miron.words import Word, words_of

LEAST = 0.05
"""Confidence below which a guess is not worth mentioning."""

_RIVALS = 3
_STAND_INS = 8


@dataclass(frozen=True, slots=True)
class Guesser:
    """Implements :class:`miron.model.TrainedModel`.

    Attributes:
        models: Locale → the model trained on the sentences of that language.
        version: What tells these models from others, for journals.
    """

    models: Mapping[str, Model]
    version: str = ""

    def guess(
        self,
        text: str,
        locales: Sequence[str],
        allowed: Collection[str] | None = None,
        lexicon: Lexicon | None = None,
    ) -> list[Guess]:
        """Guesses of all languages, best first; the best of each language has spans, its rivals have none.

        What is out of scope gets no guess. In doubt between two languages the first one is preferred. The
        models never met the live values, so values they did meet stand in for them.
        """
        found: list[Guess] = []
        for locale in locales:
            model = self.models.get(locale)
            if model is not None:
                words: Sequence[Word] = words_of(text, locale)
                if lexicon is not None:
                    words = known_replaced(words, lexicon, locale)
                found += _guesses(model, Plain.of_words(words), locale, allowed)
        return sorted(found, key=lambda guess: -guess.confidence)


def known_replaced(words: Sequence[Word], lexicon: Lexicon, locale: str) -> list[Word]:
    """The words with values that the models met in place of live ones, at the places of these."""
    out: list[Word] = []
    at = count = 0
    while at < len(words):
        end, kind = max(
            (
                (end, kind)
                for kind in lexicon.types
                for end, _ in lexicon.names(kind, locale).exact.at(words, at)
            ),
            default=(at, ""),
        )
        if end == at:
            out.append(words[at])
            at += 1
            continue
        stand_in = words_of(str(typical(kind, locale)[count % _STAND_INS]), locale)
        first, last = words[at], words[end - 1]
        out += [
            word._replace(start=first.start if index == 0 else last.start, end=last.end)
            for index, word in enumerate(stand_in)
        ]
        at, count = end, count + 1
    return out


def _guesses(model: Model, plain: Plain, locale: str, allowed: Collection[str] | None) -> list[Guess]:
    parsed = model.parse(plain.text, allowed)
    if parsed.intent is None or parsed.confidence < LEAST:
        return []
    spans = tuple((span.entity, *plain.there(span.start, span.end)) for span in parsed.spans)
    best = Guess(parsed.intent, parsed.confidence, spans, locale)
    share = parsed.ranking[0][1]
    rivals = [
        Guess(intent, parsed.confidence * other / share, (), locale)
        for intent, other in parsed.ranking[1 : 1 + _RIVALS]
        if parsed.confidence * other / share >= LEAST
    ]
    return [best, *rivals]
