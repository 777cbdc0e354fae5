"""Rasa NLU training data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Map

from dsl.training_data import Data, Names, bullets, entries, fields, texts
from dsl.yaml import Items, Mapping, Node, Scalar
from miron.learn.examples import Example, SlotSpan
from miron.source import Span

_MARKED = re.compile(r"\[([^\[\]]*)\](?:\(([^()]*)\)|(\{[^{}]*\}))")

MOST_VALUES = 200
"""Values of one lookup or synonym that are tried in sentences."""


def read_rasa(nlu: Node, names: Names, data: Data) -> None:
    """The entries of ``nlu:``; intents, synonyms and lookups become examples, regexes are not used."""
    begin = len(data.examples)
    values: dict[str, list[str]] = {}
    synonyms: dict[str, list[str]] = {}
    for entry in entries(nlu, data, "'nlu'"):
        keys = fields(entry)
        kind = next((kind for kind in ("intent", "synonym", "lookup", "regex") if kind in keys), None)
        name = keys.get(kind or "")
        if kind is None or not isinstance(name, Scalar):
            data.report(
                "unknown-entry", "an entry of 'nlu' is an intent, synonym, lookup or regex", entry.span
            )
            continue
        lines = _examples(keys.get("examples"), entry, data)
        if kind == "intent":
            _intent(name, lines, names, data)
        elif kind == "lookup":
            values.setdefault(name.text, []).extend(text for text, _ in lines[:MOST_VALUES])
        elif kind == "synonym":
            synonyms.setdefault(name.text.casefold(), []).extend(text for text, _ in lines[:MOST_VALUES])
    data.examples += _swapped(data.examples[begin:], values, synonyms, names)


def _examples(node: Node | None, entry: Mapping, data: Data) -> list[tuple[str, Span]]:
    if isinstance(node, Scalar):
        return bullets(node)
    if isinstance(node, Items):
        found: list[tuple[str, Span]] = []
        for item in node.items:
            text = fields(item).get("text") if isinstance(item, Mapping) else item
            found += [(said.strip(), span) for said, span in texts(text, data, "'examples'")]
        return found
    data.report("no-examples", "there are no 'examples' here", entry.span)
    return []


def _intent(name: Scalar, lines: list[tuple[str, Span]], names: Names, data: Data) -> None:
    miron = names.intent(name, data)
    if miron is None:
        return
    for line, span in lines:
        text, slots = _unmarked(line, span, miron, names, data)
        if miron:
            data.examples.append(Example(text, miron, slots))
        else:
            data.out_of_scope.append(text)


def _unmarked(
    line: str, span: Span, miron: str, names: Names, data: Data
) -> tuple[str, tuple[SlotSpan, ...]]:
    """A sentence without its marks, and the slots that they were."""
    text, slots, at = "", [], 0
    for match in _MARKED.finditer(line):
        text += line[at : match.start()]
        words, at = match[1], match.end()
        entity = _entity(match, span, data)
        if miron and entity is not None:
            slot = names.slot(miron, entity)
            if slot is None:
                message = f"'{miron}' holds no '{entity}'"
                data.report("unknown-entity", message, span.within(match.start(), match.end()))
            elif words.strip():
                slots.append(SlotSpan(len(text), len(text) + len(words), slot))
        text += words
    return text + line[at:], tuple(slots)


def _entity(match: re.Match[str], span: Span, data: Data) -> str | None:
    if match[3] is None:
        return match[2].partition(":")[0].strip()
    try:
        facts = json.loads(match[3])
        return str(facts["entity"])
    except (ValueError, KeyError, TypeError):
        place = span.within(match.start(3), match.end(3))
        data.report("bad-entity", 'an entity is written {"entity": "NAME"}, as JSON', place)
        return None


def _swapped(
    examples: list[Example], values: Map[str, list[str]], synonyms: Map[str, list[str]], names: Names
) -> list[Example]:
    """Each value of a lookup, and each synonym, once in the place of a value of its kind."""
    found: list[Example] = []
    places = [(example, span) for example in examples for span in example.slots]
    for entity, known in values.items():
        fitting = [(e, s) for e, s in places if names.slot(e.intent, entity) == s.entity]
        found += [
            _put(*fitting[number % len(fitting)], value) for number, value in enumerate(known) if fitting
        ]
    for value, others in synonyms.items():
        fitting = [(e, s) for e, s in places if e.text[s.start : s.end].casefold() == value]
        found += [
            _put(*fitting[number % len(fitting)], other) for number, other in enumerate(others) if fitting
        ]
    return found


def _put(example: Example, span: SlotSpan, value: str) -> Example:
    from miron.learn.augment import replace

    return replace(example, span.start, span.end, value)
