"""Why what a test expected did not happen: the rules that would have done it, and what each lacked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dsl.compiler import NEVER
from dsl.play import Application, Play, Stage
from dsl.tree import TestDecl
from engine.model import Rule

if TYPE_CHECKING:
    from engine.explain import Explanation

MOST_RULES: Final = 3
MOST_MOMENTS: Final = 12
"""How many events after the last input are looked at."""
EVENTS: Final = ("percept", "timer", "memory")


def reasons(
    stage: Stage, test: TestDecl, application: Application | None, seed: int, wanted: str
) -> list[str]:
    """Lines for people; none if no rule could have done it.

    Args:
        wanted: The Miron, question, service, thought or ending that was missed, as the program calls it.
    """
    doers = [rule for rule in stage.compiled.program.rules if wanted and _does(rule, wanted)]
    if not doers:
        return []
    from engine.explain import ExplainError, explain
    from engine.journal import Journal, parse

    lines: list[str] = []
    play = Play(stage, test, application, seed, lines.append)
    play.run()
    journal = Journal(tuple(map(parse, lines)))
    moments = [record.seq for record in journal.records if record.seq >= play.since and record.kind in EVENTS]
    found: list[Explanation] = []
    for rule in doers[: 2 * MOST_RULES]:
        seen = []
        for at in moments[:MOST_MOMENTS]:
            try:
                seen.append(explain(journal, stage.program, play.language, at, rule.name))
            except ExplainError:
                continue
        if seen:
            found.append(min(seen, key=_missing))
    nearest = sorted(found, key=_missing)[:MOST_RULES]
    return [f"  why not {wanted}:", *(f"    {line}" for line in _told(nearest))] if nearest else []


def _does(rule: Rule, wanted: str) -> bool:
    effects = rule.effects
    if rule.name.startswith(NEVER):
        return False
    if wanted in (effects.end, *(think.name for think in effects.thinks)):
        return True
    for act in effects.acts:
        said = (act.name, *(name for part in act.parts for name in part.mirons))
        if wanted in ((act.question,) if act.question else said):
            return True
    return False


def _missing(explanation: Explanation) -> int:
    if explanation.fired:
        return 0
    return 1 + min((len(group.inputs) - group.met for group in explanation.groups), default=0)


def _told(explanations: Iterable[Explanation]) -> Iterable[str]:
    for each in explanations:
        yield f"{each.rule} ({each.origin}) {each.verdict}"
