"""From what the session expects to what the recogniser listens for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from dsl.compiler import Compiled
from engine.session import Session
from miron.entities import Lexicon
from miron.locales import get
from miron.phrases import Phrases
from miron.wordgraph import WordGraph
from receptionist.buttons import Answers
from receptionist.speech.turns import Profile

_DIGITS = frozenset({"number", "phone", "code"})
_NAMES = frozenset({"person", "company", "text", "email"})


class Expectations:
    """Grammar and turn profile of a session at any moment; pure looks at it.

    Args:
        lexicon: The names known; read anew at each look.
    """

    def __init__(self, compiled: Compiled, session: Session, lexicon: Lexicon) -> None:
        self._session = session
        self.follow(compiled, lexicon)

    def follow(self, compiled: Compiled, lexicon: Lexicon) -> None:
        """Look at another version of the dialogue from now on."""
        self._answers = Answers(compiled, self._session)
        self._phrases = Phrases(compiled.mirons, compiled.types, compiled.phrases, lexicon)

    def grammar(self) -> WordGraph:
        """What may be said now in the session's language."""
        locale = self._session.locale
        names = dict.fromkeys(expected.miron for expected in self._session.expectations())
        question = self._answers.question()
        return self._phrases.graph(
            list(names),
            locale,
            alone=[question.type] if question is not None else [],
            known=spoken_values(locale),
        )

    def profile(self) -> Profile:
        """How long a pause the visitor may make now."""
        question = self._answers.question()
        if question is None:
            return Profile.FREE
        if question.kind == "fills" and question.type in _DIGITS:
            return Profile.DIGITS
        if question.kind == "fills" and question.type in _NAMES:
            return Profile.NAME
        return Profile.SHORT


@lru_cache(maxsize=8)
def spoken_values(locale: str) -> Mapping[str, Sequence[str]]:
    """What may be said for numbers, from the locale's number words, and in English for times of day."""
    words = {value: word for word, value in reversed(list(get(locale).numbers.items()))}
    numbers = [words[value] for value in sorted(words)]
    if locale != "en":
        return {"number": numbers}
    hours = [words[hour] for hour in range(1, 13)]
    minutes = [*(words[each] for each in (10, 15, 20, 30, 40, 50)), "oh five", "twenty five", "forty five"]
    times = [
        *hours,
        *(f"{hour} o'clock" for hour in hours),
        *(f"{hour} {minute}" for hour in hours for minute in minutes),
        *(f"{part} {hour}" for hour in hours for part in ("half past", "quarter past", "quarter to")),
        "noon",
    ]
    return {"number": numbers, "time": times}
