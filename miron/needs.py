"""What every variant of a sentence has: slots that are always filled, and whether it has words of its own."""

from __future__ import annotations

from miron.template import (
    Alternative,
    Node,
    Option,
    Permutation,
    Phrases,
    RuleRef,
    SlotRef,
    Template,
    Text,
    slot_refs,
)
from miron.template import Sequence as Row

_Needs = tuple[frozenset[str], bool]


def needed_slots(template: Template, phrases: Phrases) -> frozenset[str]:
    """Names of the slots that no variant is without. Phrases may not stand within themselves."""
    return _needs(template.root, phrases, {})[0]


def can_be_bare(template: Template, phrases: Phrases) -> bool:
    """Whether some variant has values but no word of its own, as ``{visit.host}[ please]`` has."""
    return bool(slot_refs(template, phrases)) and not _needs(template.root, phrases, {})[1]


def _needs(node: Node, phrases: Phrases, known: dict[str, _Needs]) -> _Needs:
    """Slots in all variants, and whether all variants have a word."""
    match node:
        case SlotRef():
            return frozenset((node.name,)), False
        case Text():
            return frozenset(), any(char.isalnum() for char in node.text)
        case Option():
            return frozenset(), False
        case Alternative():
            parts = [_needs(item, phrases, known) for item in node.items]
            return frozenset.intersection(*(slots for slots, _ in parts)), all(worded for _, worded in parts)
        case RuleRef() if node.name in phrases:
            if node.name not in known:
                known[node.name] = _needs(phrases[node.name].root, phrases, known)
            return known[node.name]
        case Row() | Permutation():
            parts = [_needs(item, phrases, known) for item in node.items]
            return frozenset[str]().union(*(slots for slots, _ in parts)), any(worded for _, worded in parts)
        case _:
            return frozenset(), False
