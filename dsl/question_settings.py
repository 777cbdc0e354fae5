"""A question with its defaults filled in: from the entry ``all`` of its owner, then from ``turn_taking``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dsl.binding import TURN_TAKING, Env
from dsl.tree import Name, QuestionDecl
from dsl.types import Type

REACTIONS: Final = ("silent", "not_understood", "noise", "help")
VOICE_STEPS: Final = ("voice", "voice", "keyboard", "keyboard")
BUTTON_STEPS: Final = ("voice", "voice", "buttons", "buttons")
WAITS: Final[Mapping[str, tuple[int, ...]]] = {
    "speech": (5_000,),
    "longest": (15_000,),
    "noise": (15_000,),
    "typing_starts": (10_000,),
    "typing": (60_000,),
    "button": (10_000,),
}
"""How long a question waits, in milliseconds, where neither it nor its defaults say."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A question with its defaults filled in."""

    decl: QuestionDecl
    prompt: tuple[str, ...]
    hint: tuple[str, ...]
    openers: Mapping[str, tuple[str, ...]]
    bridge: tuple[str, ...]
    steps: int
    by: tuple[str, ...]
    waits: Mapping[str, tuple[int, ...]]
    confirm: str
    skip: bool
    digress: bool | tuple[Name, ...]
    barge_in: bool

    def modality(self, step: int) -> str:
        """``voice``, ``keyboard`` or ``buttons`` at a step (1 …)."""
        return self.by[min(step, len(self.by)) - 1]

    def wait_ms(self, kind: str, step: int) -> int:
        """Milliseconds that a step waits for something (a key of ``waits``)."""
        times = self.waits[kind]
        return times[min(step, len(times)) - 1]

    def silence_ms(self, step: int) -> int:
        """Milliseconds of silence that a step waits for an answer to begin."""
        kind = {"voice": "speech", "keyboard": "typing_starts"}.get(self.modality(step), "button")
        return self.wait_ms(kind, step)

    def next_silent_step(self, step: int) -> int:
        """The step after noise: the next one that does without voice."""
        for later in range(step + 1, self.steps + 1):
            if self.modality(later) != "voice":
                return later
        return step + 1


def settings(env: Env, decl: QuestionDecl, kind: Type) -> Settings:
    """Fill in what the question leaves out, from the dialogue's ``all``, then from turn_taking's."""
    sources = [(decl, env)]
    for name in (env.prefix + "all", "all", f"{TURN_TAKING}.all"):
        if name in env.tables.questions and env.tables.questions[name] not in sources:
            sources.append(env.tables.questions[name])

    def texts(key: str) -> tuple[str, ...]:
        for source, where in sources:
            names = getattr(source, key)
            if names:
                return tuple(where.miron(name) for name in names)
        return ()

    def first(key: str, default: object) -> object:
        return next((value for source, _ in sources if (value := getattr(source, key)) is not None), default)

    buttons = bool(decl.checks or decl.offers or kind.kind in ("flag", "choice"))
    waits = dict(WAITS)
    for source, _ in reversed(sources):
        waits.update(source.waits)
    steps = first("steps", 4)
    assert isinstance(steps, int)
    return Settings(
        decl,
        texts("prompt"),
        texts("hint"),
        {key: texts(key) for key in REACTIONS},
        texts("bridge"),
        steps,
        first("by", BUTTON_STEPS if buttons else VOICE_STEPS),  # type: ignore[arg-type]
        waits,
        str(first("confirm", "unsure")),
        bool(first("skip", False)),
        first("digress", True),  # type: ignore[arg-type]
        bool(first("barge_in", True)),
    )


def runs(steps: int, ms: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """Neighbouring steps with the same wait: first step, last step, milliseconds.

    Args:
        steps: How many there are.
        ms: Milliseconds by step; a step may be missing.
    """
    first = 1
    for step in range(1, steps + 1):
        if step == steps or ms.get(step + 1) != ms.get(step):
            if step in ms:
                yield first, step, ms[step]
            first = step + 1
