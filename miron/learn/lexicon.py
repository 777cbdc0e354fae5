"""Word classes: a small hand-written thesaurus, read from ``words_*.txt``."""

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files

_ENDINGS = (
    ("ies", "y"), ("ied", "y"), ("es", ""), ("es", "e"), ("s", ""), ("ing", ""), ("ing", "e"),
    ("ed", ""), ("ed", "e"), ("er", ""), ("er", "e"), ("est", ""), ("ly", ""),
)  # fmt: skip


@cache
def _classes() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda f: f.name):
        if file.name.startswith("words_") and file.name.endswith(".txt"):
            for line in file.read_text(encoding="utf-8").splitlines():
                name, colon, words = line.partition(":")
                if colon and not line.startswith("#"):
                    for word in words.split():
                        found.setdefault(word, []).append(name)
    return {word: tuple(dict.fromkeys(names)) for word, names in found.items()}


def _stems(word: str) -> Iterator[str]:
    yield word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            yield stem + instead
            if stem[-1] == stem[-2] and not instead:
                yield stem[:-1]


@lru_cache(maxsize=8192)
def classes(word: str) -> tuple[str, ...]:
    """The classes of a folded word: ``booked`` is in ``act.buy`` and ``book``; digits are a class."""
    if word.isdigit():
        return (f"digits{min(len(word), 5)}",)
    known = _classes()
    for stem in _stems(word):
        if stem in known:
            return known[stem]
    return ("digits.mixed",) if any(c.isdigit() for c in word) else ()
