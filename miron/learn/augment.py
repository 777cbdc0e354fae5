"""Variations of a sentence that mean the same: other slot values, a slip of the finger, fillers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from miron.learn.examples import Example, SlotSpan

_BEFORE = (
    "please", "could you", "could you please", "can you", "can you please", "would you",
    "would you please", "hey", "hi", "hello", "ok", "okay", "so", "um", "uh", "er", "well", "now",
    "kindly", "i want you to", "i would like you to", "i'd like you to", "i need you to",
    "would you mind", "just", "alright", "bitte", "also", "äh", "könntest du", "请", "麻烦",
)  # fmt: skip
_AFTER = (
    "please", "thanks", "thank you", "for me", "right now", "now", "will you", "would you", "if you can",
    "please thanks", "ok", "if possible", "when you can", "thank you very much", "if you don't mind",
    "bitte", "danke", "谢谢",
)  # fmt: skip
_INSIDE = ("um", "uh", "please", "er", "you know", "like", "äh")
_BESIDE = {
    a: b
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for a, b in zip(row, row[1:] + row[-2], strict=True)
}


@dataclass(slots=True)
class Varier:
    """Makes variations.

    Attributes:
        values: texts a slot may hold, by entity.
        rng: where chance comes from.
        swap, typo, filler: how likely each change is.
    """

    values: Mapping[str, Sequence[str]]
    rng: np.random.Generator
    swap: float = 0.4
    typo: float = 0.15
    filler: float = 0.15

    def vary(self, example: Example) -> Example:
        """A variation of the example (often the example itself)."""
        swap, typo, filler = self.rng.random(3)
        if swap < self.swap and example.slots:
            example = self._swapped(example)
        if typo < self.typo:
            example = misspell(example, self.rng)
        if filler < self.filler:
            example = with_filler(example, self.rng)
        return example

    def _swapped(self, example: Example) -> Example:
        for span in sorted(example.slots, key=lambda s: -s.start):
            values = self.values.get(span.entity, ())
            if values and self.rng.random() < 0.7:
                example = replace(example, span.start, span.end, values[int(self.rng.integers(len(values)))])
        return example


def replace(example: Example, start: int, end: int, text: str) -> Example:
    """Put `text` in the place start to end, moving the slots; the place is inside one slot or outside all."""
    shift = len(text) - (end - start)

    def moved(s: SlotSpan) -> SlotSpan:
        if s.end <= start and not (s.end == start == end and s.start == s.end):
            return s
        if s.start >= end:
            return SlotSpan(s.start + shift, s.end + shift, s.entity)
        return SlotSpan(s.start, s.end + shift, s.entity)

    return Example(
        example.text[:start] + text + example.text[end:],
        example.intent,
        tuple(moved(s) for s in example.slots),
    )


def misspell(example: Example, rng: np.random.Generator) -> Example:
    """Swap, drop, double or mistype one letter of one longer word."""
    text = example.text
    places = [i for i in range(1, len(text) - 1) if text[i - 1 : i + 2].isalpha()]
    if not places:
        return example
    i = places[int(rng.integers(len(places)))]
    kind, letter = int(rng.integers(4)), text[i]
    if kind == 0:
        return replace(example, i, i + 1, "")
    if kind == 1:
        return replace(example, i, i + 1, letter * 2)
    if kind == 2:
        return replace(example, i, i + 1, _BESIDE.get(letter, "e"))
    if any(s.start == i + 1 or s.end == i + 1 for s in example.slots):
        return example
    swapped = text[:i] + text[i + 1] + letter + text[i + 2 :]
    return Example(swapped, example.intent, example.slots)


def with_filler(example: Example, rng: np.random.Generator) -> Example:
    """Say it politely or hesitantly, not inside a slot."""
    kind = rng.random()
    if kind < 0.75:
        words = _BEFORE[int(rng.integers(len(_BEFORE)))]
        example = replace(example, 0, 0, words + " ")
    if kind > 0.5:
        example = replace(
            example, len(example.text), len(example.text), " " + _AFTER[int(rng.integers(len(_AFTER)))]
        )
    if rng.random() < 0.15:
        free = [
            i
            for i, c in enumerate(example.text)
            if c == " " and not any(s.start <= i < s.end for s in example.slots)
        ]
        if free:
            i = free[int(rng.integers(len(free)))]
            example = replace(example, i, i, " " + _INSIDE[int(rng.integers(len(_INSIDE)))])
    return example
