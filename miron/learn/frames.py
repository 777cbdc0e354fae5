"""Which entities go with which intent, and how much a new combination tells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log

from miron.learn.examples import Example
from miron.learn.recall import Labels

_OUTSIDE_UNSEEN = (
    0.5  # how often something out of scope gets a combination of intent and entities not seen before
)


def _key(intent: str, entities: Iterable[str]) -> str:
    return " ".join([intent, *sorted(set(entities))])


@dataclass(frozen=True)
class Frames:
    """How often each intent came with each set of entities: ``intent entity entity …`` → count."""

    counts: Mapping[str, int]

    @classmethod
    def fit(cls, examples: Iterable[Example]) -> "Frames":
        """Count them."""
        counts: dict[str, int] = {}
        for e in examples:
            key = _key(e.intent, (s.entity for s in e.slots))
            counts[key] = counts.get(key, 0) + 1
        return cls(counts)

    @cached_property
    def unseen(self) -> float:
        """Share of sentences understood rightly that have a combination not seen before.

        As many as were seen once (Good and Turing), and as many again where a slot is missed.
        """
        once = sum(n == 1 for n in self.counts.values())
        return min(_OUTSIDE_UNSEEN, 2 * (once + 0.5) / (sum(self.counts.values()) + 1))

    def odds(self, intent: str, labels: Labels) -> float:
        """What the combination adds to the log odds of having understood: much where a new one is rare."""
        if _key(intent, (entity for _, _, entity in labels)) in self.counts:
            return log((1 - self.unseen) / (1 - _OUTSIDE_UNSEEN))
        return log(self.unseen / _OUTSIDE_UNSEEN)
