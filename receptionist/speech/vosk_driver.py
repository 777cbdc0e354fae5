"""Recognition with Vosk, in any language there is a model for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from miron.wordgraph import WordGraph
from receptionist.speech.clip import Samples
from receptionist.speech.ports import SpeechUnavailable, Transcript, Word, confidence_of

MOST_PHRASES = 5000
"""A longer list would take noticeable time at every change of what is expected."""


class Vosk:
    """See :class:`receptionist.speech.ports.Recogniser`.

    Args:
        model_path: Folder of the model; without one the library would try to fetch a model itself.

    Raises:
        SpeechUnavailable: The package or the model is not there, or the model cannot be read.
    """

    name = "vosk"
    rate = 16_000

    def __init__(self, model_path: Path) -> None:
        if not model_path.is_dir():
            raise SpeechUnavailable(f"there is no Vosk model in {model_path}")
        try:
            import vosk
        except (ImportError, OSError) as error:
            raise SpeechUnavailable(f"vosk cannot be used (extra: speech): {error}") from None
        vosk.SetLogLevel(-1)
        try:
            model = vosk.Model(model_path=str(model_path))
        except Exception as error:  # the library raises Exception itself
            raise SpeechUnavailable(f"the Vosk model in {model_path} cannot be read: {error}") from None
        # A model with a fixed graph takes no grammar; asking it for one ends the process with some versions.
        self._flexible = any(model_path.rglob("Gr.fst"))
        self._free: Any = vosk.KaldiRecognizer(model, self.rate)
        self._free.SetWords(True)
        self._bound: Any = None
        if self._flexible:
            self._bound = vosk.KaldiRecognizer(model, self.rate, json.dumps(["[unk]"]))
            self._bound.SetWords(True)
        self._grammar = WordGraph()
        self._active: Any = self._free
        self._finished: list[dict[str, Any]] = []

    def expect(self, grammar: WordGraph) -> None:
        """Set what is expected; a model with a fixed graph hears freely, as with an empty grammar."""
        if grammar == self._grammar:
            return
        self._grammar = grammar
        phrases = grammar.sentences(MOST_PHRASES)
        if self._bound is None or not phrases:
            self._active = self._free
            return
        # Not ASCII: the library does not decode escapes.
        self._bound.SetGrammar(json.dumps([*phrases, "[unk]"], ensure_ascii=False))
        self._active = self._bound

    def begin(self) -> None:
        """An utterance begins."""
        self._finished = []
        self._active.Reset()

    def feed(self, samples: Samples) -> str:
        """Take samples; returns the words so far."""
        if self._active.AcceptWaveform(samples.tobytes()):
            self._finished.append(json.loads(self._active.Result()))
            partial = ""
        else:
            partial = json.loads(self._active.PartialResult()).get("partial", "")
        return " ".join(filter(None, (*(each.get("text", "") for each in self._finished), partial)))

    def end(self) -> Transcript:
        """The words of the utterance with their confidence; without words, an empty transcript."""
        self._finished.append(json.loads(self._active.FinalResult()))
        found = [each for result in self._finished for each in result.get("result", ())]
        start = found[0]["start"] if found else 0.0
        words = tuple(
            Word(
                each["word"],
                int(1000 * (each["start"] - start)),
                int(1000 * (each["end"] - start)),
                min(1.0, float(each["conf"])),
            )
            for each in found
            if each["word"] != "[unk]"
        )
        text = " ".join(word.text for word in words)
        return Transcript(text, words, confidence_of(words), expected=self._active is self._bound)
