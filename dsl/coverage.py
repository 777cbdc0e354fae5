"""What the tests of a dialogue have run, by rule and by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dsl.library import standard
from dsl.testing import Played
from miron.source import Span


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much was run. The standard modules do not count.

    Attributes:
        rules: How many rules there are; ``missed_rules`` those that never fired, with their places.
        lines: How many lines hold steps; ``missed_lines`` those (file, line) with a step never begun.
    """

    rules: int
    missed_rules: tuple[tuple[str, Span], ...]
    lines: int
    missed_lines: tuple[tuple[str, int], ...]

    def report(self) -> Iterator[str]:
        """For people: two shares, then what is missing."""
        yield _share("rules that fired", self.rules, len(self.missed_rules))
        for name, span in self.missed_rules:
            yield f"  never fired: {name} ({span.source}:{span.line})"
        yield _share("lines with steps that were done", self.lines, len(self.missed_lines))
        for source, numbers in _by_file(self.missed_lines):
            yield f"  never done: {source}:{','.join(numbers)}"


def coverage(played: Played) -> Coverage:
    """What all tests of a dialogue together have run."""
    fired = frozenset[str]().union(*(outcome.fired for outcome in played.outcomes))
    shipped = {str(standard().path(name)) for name in standard().names}
    rules = {name: decl.span for name, decl in played.rules.items() if decl.span.source not in shipped}
    steps: dict[Span, bool] = {}
    for unit, span in played.steps.items():
        if span.source not in shipped:
            steps[span] = steps.get(span, False) or unit in fired
    lines = {(span.source, span.line) for span in steps}
    missed = {(span.source, span.line) for span, done in steps.items() if not done}
    return Coverage(
        len(rules),
        tuple((name, span) for name, span in rules.items() if name not in fired),
        len(lines),
        tuple(sorted(missed)),
    )


def _share(what: str, total: int, missed: int) -> str:
    return f"{what}: {total - missed} of {total} ({100 * (total - missed) / max(1, total):.0f} %)"


def _by_file(lines: Iterable[tuple[str, int]]) -> Iterator[tuple[str, list[str]]]:
    """Line numbers by file, neighbours put together: ``3-5``."""
    runs: dict[str, list[list[int]]] = {}
    for source, line in lines:
        of_file = runs.setdefault(source, [])
        if of_file and of_file[-1][-1] == line - 1:
            of_file[-1].append(line)
        else:
            of_file.append([line])
    for source, found in runs.items():
        yield source, [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in found]
