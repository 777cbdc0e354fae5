"""The variants of a template that can be said with the values present; counted and picked, not expanded."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from miron.template import (
    Alternative,
    Leaf,
    Node,
    Option,
    Permutation,
    Phrases,
    RuleRef,
    SlotRef,
    Text,
    nth_order,
)
from miron.template import Sequence as Row

Counts = dict[int, int]
"""Number of slots filled → number of variants."""


class Planner:
    """Counts and picks the variants that can be said, without writing them all out."""

    def __init__(self, said: Callable[[SlotRef], str | None], phrases: Phrases) -> None:
        self._said = said
        self._phrases = phrases
        self._known: dict[int, Counts] = {}
        self._rests: dict[int, list[Counts]] = {}

    def counts(self, node: Node) -> Counts:
        """How many variants of a node can be said, by the number of slots they fill."""
        known = self._known.get(id(node))
        if known is None:
            known = self._known[id(node)] = self._counted(node)
        return known

    def _counted(self, node: Node) -> Counts:
        match node:
            case SlotRef():
                return {1: 1} if self._said(node) is not None else {}
            case Row():
                return self._rest(node)[0]
            case Alternative():
                return _sum(self.counts(item) for item in node.items)
            case Option():
                return _sum((*(self.counts(item) for item in node.items), {0: 1}))
            case Permutation():
                ways = {0: 1}
                for number, item in enumerate(node.items, 1):
                    ways = _times(ways, {filled: many * number for filled, many in self.counts(item).items()})
                return ways
            case RuleRef():
                return self.counts(self._phrases[node.name].root)
            case _:
                return {0: 1}

    def _rest(self, row: Row) -> list[Counts]:
        """Counts of the items from each index on."""
        known = self._rests.get(id(row))
        if known is None:
            known = [{0: 1}]
            for item in reversed(row.items):
                known.append(_times(self.counts(item), known[-1]))
            known.reverse()
            self._rests[id(row)] = known
        return known

    def variant(self, node: Node, filled: int, index: int) -> list[Leaf]:
        """Variant number ``index`` of those that fill so many slots."""
        match node:
            case Row():
                return self._row(node.items, self._rest(node), filled, index)
            case Alternative() | Option():
                for item in node.items:
                    size = self.counts(item).get(filled, 0)
                    if index < size:
                        return self.variant(item, filled, index)
                    index -= size
                return []
            case Permutation():
                each = self.counts(node).get(filled, 0)
                orders = 1
                for number in range(2, len(node.items) + 1):
                    orders *= number
                order, index = divmod(index, max(1, each // orders))
                items: list[Node] = []
                for item in nth_order(node.items, order):
                    items += [Text(" "), item] if items else [item]
                rests: list[Counts] = [{0: 1}]
                for entry in reversed(items):
                    rests.append(_times(self.counts(entry), rests[-1]))
                return self._row(tuple(items), rests[::-1], filled, index)
            case RuleRef():
                return self.variant(self._phrases[node.name].root, filled, index)
            case _:
                return [node]

    def _row(self, items: tuple[Node, ...], rests: list[Counts], filled: int, index: int) -> list[Leaf]:
        leaves: list[Leaf] = []
        for position, item in enumerate(items):
            for mine, many in sorted(self.counts(item).items(), reverse=True):
                others = rests[position + 1].get(filled - mine, 0)
                if index < many * others:
                    own, index = divmod(index, others)
                    leaves += self.variant(item, mine, own)
                    filled -= mine
                    break
                index -= many * others
        return leaves


def _sum(parts: Iterable[Counts]) -> Counts:
    total: Counts = {}
    for counts in parts:
        for filled, many in counts.items():
            total[filled] = total.get(filled, 0) + many
    return total


def _times(left: Counts, right: Counts) -> Counts:
    total: Counts = {}
    for filled, many in left.items():
        for others, ways in right.items():
            total[filled + others] = total.get(filled + others, 0) + many * ways
    return total
