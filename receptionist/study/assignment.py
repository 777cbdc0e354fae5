"""Who meets which condition when: counterbalanced orders, from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import factorial
from pathlib import Path
from typing import Final, TypeVar

from engine.chance import Chance
from receptionist.study.protocol import ASSIGNMENT, NAME, Protocol
from receptionist.study.tables import TableError, csv_text, read_csv

COLUMNS: Final = ("session", "participant", "position", "condition", "task")
MAX_ALL: Final = 6
"""Conditions up to which all orders are a sensible wish (720 of them)."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Planned:
    """One session of the plan.

    Attributes:
        session: Its name; the journal is ``sessions/NAME.jsonl``.
        participant: A pseudonym.
        position: Which session of the participant it is, from 1.
        condition: Name of it.
        task: Name of it; empty without tasks.
    """

    session: str
    participant: str
    position: int
    condition: str
    task: str


def balanced_latin_square(count: int) -> list[list[int]]:
    """Orders in which each number stands equally often at each place, and follows each other equally often.

    Williams, Experimental designs balanced for the estimation of residual effects of treatments, Australian
    Journal of Scientific Research 2 (1949): ``count`` orders if it is even, twice as many if it is odd.
    """
    first = [0]
    for step in range(1, count):
        first.append((step + 1) // 2 if step % 2 else count - step // 2)
    rows = [[(start + each) % count for each in first] for start in range(count)]
    return rows + [row[::-1] for row in rows] if count % 2 and count > 1 else rows


def orders(protocol: Protocol) -> list[list[int]]:
    """The orders of conditions that participants take in turn; ``random`` has one for each of them.

    Raises:
        ValueError: There are too many for ``all``.
    """
    count = len(protocol.conditions)
    match protocol.order:
        case "fixed":
            return [list(range(count))]
        case "latin":
            return balanced_latin_square(count)
        case "all":
            if count > MAX_ALL:
                raise ValueError(f'{count} conditions have {factorial(count):,} orders; take order = "latin"')
            return [list(order) for order in permutations(range(count))]
    chance = Chance(protocol.seed)
    return [_shuffled(list(range(count)), chance, f"order {who}") for who in protocol.participants]


def assign(protocol: Protocol) -> list[Planned]:
    """Plan all sessions; the same protocol gives the same plan.

    Within participants, orders are dealt out in turn, shuffled within each round of all of them, so that
    neighbours in time do not share a scheme. Between, conditions are dealt out in the same way. Tasks go
    round so that each meets each condition.

    Raises:
        ValueError: See :func:`orders`.
    """
    chance = Chance(protocol.seed)
    plan: list[Planned] = []
    dealt = orders(protocol) if protocol.within else [[each] for each in range(len(protocol.conditions))]
    given = protocol.within and protocol.order in ("random", "fixed")
    queue: list[list[int]] = []
    for index, participant in enumerate(protocol.participants):
        if not queue:
            queue = list(dealt) if given else _shuffled(list(dealt), chance, "round")
        order = queue.pop(0)
        turns = [each for each in order for _ in range(protocol.sessions)]
        for position, number in enumerate(turns, 1):
            task = ""
            if protocol.tasks:
                task = protocol.tasks[(index // len(dealt) + position - 1) % len(protocol.tasks)].name
            name = f"{participant}-{position}"
            plan.append(Planned(name, participant, position, protocol.conditions[number].name, task))
    return plan


def unbalanced(protocol: Protocol) -> str:
    """Why the plan is not balanced, in a sentence; empty if it is."""
    if protocol.order in ("random", "fixed") and protocol.within:
        return ""
    dealt = len(orders(protocol)) if protocol.within else len(protocol.conditions)
    rest = len(protocol.participants) % dealt
    if not rest:
        return ""
    what = "orders of conditions" if protocol.within else "conditions"
    return (
        f"{len(protocol.participants)} participants do not share out evenly among {dealt} {what}: "
        f"with {dealt - rest} more they would"
    )


def _shuffled(items: list[T], chance: Chance, about: str) -> list[T]:
    """Fisher and Yates."""
    for last in range(len(items) - 1, 0, -1):
        other = chance.below(about, last + 1)
        items[last], items[other] = items[other], items[last]
    return items


def as_csv(plan: Sequence[Planned]) -> str:
    """The plan as ``assignment.csv`` holds it."""
    return csv_text(COLUMNS, ([getattr(each, name) for name in COLUMNS] for each in plan))


def read_assignment(protocol: Protocol) -> list[Planned]:
    """Read ``assignment.csv``, as it was written or changed by hand.

    Raises:
        TableError: It cannot be read, or says what the protocol does not know; all mistakes are told.
    """
    path: Path = protocol.folder / ASSIGNMENT
    conditions = {condition.name for condition in protocol.conditions}
    plan, wrong = [], []
    seen: set[str] = set()
    for line, row in read_csv(path, COLUMNS[:4]):
        given = [row.get(name, "") for name in COLUMNS]
        session, participant, position, condition, task = given
        if not NAME.fullmatch(session) or session in seen:
            wrong.append(f"{path}:{line}: {session!r} is no name of a session, or stands there twice")
        elif condition not in conditions:
            wrong.append(f"{path}:{line}: there is no condition {condition!r}")
        elif task and protocol.task(task) is None:
            wrong.append(f"{path}:{line}: there is no task {task!r}")
        elif not participant or not position.isdecimal():
            wrong.append(f"{path}:{line}: participant or position is missing")
        else:
            plan.append(Planned(session, participant, int(position), condition, task))
        seen.add(session)
    if wrong:
        raise TableError("\n".join(wrong))
    return plan
