"""Home Assistant's sentences (hassil) and their tests as training data."""

from __future__ import annotations

from dsl.training_data import Data, Names, entries, fields, texts
from dsl.yaml import Items, Mapping, Node, Scalar
from miron.check import phrase_problems
from miron.learn.examples import Example, SlotSpan
from miron.learn.sampling import sample_mirons
from miron.model import EntityType, Forms, Miron, Slot
from miron.source import ModelError, Span
from miron.template import Template, parse, slot_refs


def read_hassil(keys: dict[str, Node], names: Names, locale: str, data: Data) -> None:
    """What stands under ``intents:`` (with ``lists`` and ``expansion_rules``) and under ``tests:``."""
    for test in entries(keys.get("tests"), data, "'tests'"):
        _test(test, names, data)
    intents = keys.get("intents")
    if intents is None:
        return
    if not isinstance(intents, Mapping):
        data.report("expected-map", "'intents' has a key for each intent", intents.span)
        return
    types = _lists(keys.get("lists"), locale, data)
    phrases = _phrases(keys.get("expansion_rules"), data)
    for name, body in intents.pairs:
        miron = names.intent(name, data)
        if miron is None or not isinstance(body, Mapping):
            continue
        for entry in entries(fields(body).get("data"), data, "'data'"):
            mine = fields(entry)
            local = {**phrases, **_phrases(mine.get("expansion_rules"), data)}
            said = [
                template
                for text, span in texts(mine.get("sentences"), data, "'sentences'")
                if (template := _parsed(text, span, data)) is not None
            ]
            problems = phrase_problems(said, local)
            data.problems += problems
            if not problems:
                _sampled(miron, said, types, local, names, locale, data)


def _sampled(
    miron: str,
    templates: list[Template],
    types: dict[str, EntityType],
    phrases: dict[str, Template],
    names: Names,
    locale: str,
    data: Data,
) -> None:
    """Sentences made up from the templates; list names and slot names become slots of the Miron."""
    refs = [ref for template in templates for ref in slot_refs(template, phrases)]
    slots = {ref.name: Slot(ref.name, ref.type or ref.name) for ref in refs}
    made_of = Miron(miron or "outside", forms={locale: Forms(heard=tuple(templates))}, slots=slots)
    for example in sample_mirons([made_of], locale, types, phrases):
        if not miron:
            data.out_of_scope.append(example.text)
            continue
        found = [(span, names.slot(miron, span.entity)) for span in example.slots]
        kept = tuple(SlotSpan(span.start, span.end, slot) for span, slot in found if slot is not None)
        data.examples.append(Example(example.text, miron, kept))


def _parsed(text: str, span: Span, data: Data) -> Template | None:
    try:
        return parse(" ".join(text.split()), span=span)
    except ModelError as fault:
        data.problems += fault.problems
        return None


def _phrases(node: Node | None, data: Data) -> dict[str, Template]:
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        data.report("expected-map", "'expansion_rules' has a key for each rule", node.span)
        return {}
    found: dict[str, Template] = {}
    for name, value in node.pairs:
        for text, span in texts(value, data, "rules"):
            template = _parsed(text, span, data)
            if template is not None:
                found[name.text] = template
    return found


def _lists(node: Node | None, locale: str, data: Data) -> dict[str, EntityType]:
    """Lists of values as choices; ranges and wildcards as numbers and texts."""
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        data.report("expected-map", "'lists' has a key for each list", node.span)
        return {}
    found: dict[str, EntityType] = {}
    for name, body in node.pairs:
        keys = fields(body) if isinstance(body, Mapping) else {}
        if "values" in keys:
            values = _values(keys["values"], data)
            found[name.text] = EntityType(
                name.text, "choice", values={said: {locale: (heard,)} for said, heard in values}
            )
        elif "range" in keys:
            found[name.text] = _range(name.text, keys["range"])
        elif "wildcard" not in keys:
            data.report("bad-list", "a list has 'values', a 'range' or is a 'wildcard'", name.span)
    return found


def _range(name: str, node: Node) -> EntityType:
    """Numbers of a range: some of them, as digits."""
    keys = fields(node) if isinstance(node, Mapping) else {}
    low, high = (
        int(bound.text) if isinstance(bound, Scalar) and bound.text.lstrip("-").isdecimal() else default
        for bound, default in ((keys.get("from"), 0), (keys.get("to"), 100))
    )
    chosen = sorted({low + (high - low) * step // 10 for step in range(11)})
    return EntityType(name, "choice", values={str(number): {} for number in chosen})


def _values(node: Node, data: Data) -> list[tuple[str, Template]]:
    found: list[tuple[str, Template]] = []
    for item in node.items if isinstance(node, Items) else []:
        heard = fields(item).get("in") if isinstance(item, Mapping) else item
        if not isinstance(heard, Scalar):
            data.report("bad-value", "a value is a text, or has 'in' and 'out'", item.span)
            continue
        template = _parsed(heard.text, heard.span, data)
        if template is not None:
            found.append((heard.text, template))
    return found


def _test(test: Mapping, names: Names, data: Data) -> None:
    """Sentences of a test; a value of the expected slots that is in the sentence is that slot."""
    keys = fields(test)
    intent = keys.get("intent")
    facts = fields(intent) if isinstance(intent, Mapping) else {}
    name = facts.get("name")
    if not isinstance(name, Scalar):
        data.report("no-intent", "a test has an 'intent' with a 'name'", test.span)
        return
    miron = names.intent(name, data)
    wanted = facts.get("slots")
    values = (
        [(key.text, value.text) for key, value in wanted.pairs if isinstance(value, Scalar)]
        if isinstance(wanted, Mapping)
        else []
    )
    for text, _ in texts(keys.get("sentences"), data, "'sentences'"):
        if miron == "":
            data.out_of_scope.append(text)
        elif miron is not None:
            spans = []
            for entity, value in values:
                slot, at = names.slot(miron, entity), text.casefold().find(value.casefold())
                if slot is not None and at >= 0 and len(text.casefold()) == len(text):
                    spans.append(SlotSpan(at, at + len(value), slot))
            data.examples.append(Example(text, miron, tuple(sorted(spans, key=lambda span: span.start))))
