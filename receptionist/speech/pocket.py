"""English recognition with PocketSphinx, whose package brings its model along.

Two decoders hear every utterance: one is bound to what is expected now and is then nearly always right, but
makes an expected sentence of anything; the other knows general English. What was expected is believed if it
is a whole sentence and near enough to the general words; else those go on to the understanding. (PocketSphinx
itself gives no confidence that could be used.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rapidfuzz import fuzz

from miron.wordgraph import WordGraph
from receptionist.speech.clip import Samples
from receptionist.speech.ports import SpeechUnavailable, Transcript, Word

BELIEVED = 40.0
"""Likeness, 0 … 100, of both decoders' words from which the expected sentence is believed."""

_FRAME_MS = 10


class PocketSphinx:
    """See :class:`receptionist.speech.ports.Recogniser`.

    Args:
        pronounce: Words → their phonemes in ARPAbet, for names that the dictionary lacks.

    Raises:
        SpeechUnavailable: The package is not installed.
    """

    name = "pocketsphinx"
    rate = 16_000

    def __init__(self, pronounce: Callable[[str], str] | None = None) -> None:
        try:
            from pocketsphinx import Decoder
        except ImportError:
            raise SpeechUnavailable("pocketsphinx is not installed (extra: speech)") from None
        quiet = {"loglevel": "FATAL", "samprate": float(self.rate)}
        self._general: Any = Decoder(**quiet)
        self._bound: Any = Decoder(lm=None, **quiet)
        self._pronounce = pronounce
        self._grammar = WordGraph()
        self._said: set[str] = set()
        self._open = False
        self._sayable = WordGraph()
        self._bind = False

    def expect(self, grammar: WordGraph) -> None:
        """Set what is expected; words that nobody can pronounce are left out with their sentences."""
        if grammar == self._grammar:
            return
        self._grammar = grammar
        sayable = grammar.keep(self._knows)
        if sayable:
            states, steps = sayable.transitions()
            # One end: where a sentence may stop, a step without a word leads there.
            paths: list[tuple[Any, ...]] = [(origin, to, 1.0, word) for origin, to, word in steps]
            paths += [(final, states, 1.0) for final in sorted(sayable.finals)]
            self._bound.add_fsg("expected", self._bound.create_fsg("expected", 0, states, paths))
            self._bound.activate_search("expected")
        self._sayable = sayable
        self._bind = bool(sayable)

    def begin(self) -> None:
        """An utterance begins."""
        self._open = True
        self._general.start_utt()
        if self._bind:
            self._bound.start_utt()

    def feed(self, samples: Samples) -> str:
        """Take samples; returns the words so far."""
        data = samples.tobytes()
        if not data or not self._open:
            return ""
        self._general.process_raw(data, False, False)
        if self._bind:
            self._bound.process_raw(data, False, False)
        return _text(self._bound if self._bind else self._general)

    def end(self) -> Transcript:
        """The words of the utterance; without words, an empty transcript."""
        if not self._open:
            return Transcript("")
        self._open = False
        self._general.end_utt()
        general = _text(self._general)
        if self._bind:
            self._bound.end_utt()
            expected = _text(self._bound)
            if self._sayable.accepts(expected) and fuzz.ratio(expected, general) >= BELIEVED:
                return Transcript(expected, _words(self._bound), expected=True)
        return Transcript(general, _words(self._general))

    def _knows(self, word: str) -> bool:
        if word in self._said or self._bound.lookup_word(word) is not None:
            return True
        phonemes = self._pronounce(word) if self._pronounce is not None else ""
        if not phonemes:
            return False
        self._bound.add_word(word, phonemes, False)  # the search that follows takes it up
        self._said.add(word)
        return True


def _text(decoder: Any) -> str:
    found = decoder.hyp()
    return str(found.hypstr) if found is not None else ""


def _words(decoder: Any) -> tuple[Word, ...]:
    found = decoder.seg()
    return tuple(
        Word(each.word.partition("(")[0], each.start_frame * _FRAME_MS, (each.end_frame + 1) * _FRAME_MS)
        for each in (found or ())
        if not each.word.startswith(("<", "["))
    )
