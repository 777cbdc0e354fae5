"""The sections of a document: from nodes to declarations."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dsl import fields
from dsl.fields import Pair, Report
from dsl.names import MAX_GATE_MS, normal
from dsl.steps import arguments, read_steps
from dsl.tree import (
    FormsDecl,
    MemoryDecl,
    MironDecl,
    Name,
    Param,
    QuestionDecl,
    RuleDecl,
    ServiceDecl,
    Text,
    TypeDecl,
    UseDecl,
)
from dsl.yaml import Items, Node, Scalar
from dsl.yaml import Mapping as MapNode
from miron.source import Note, suggest

CHANNELS = ("speech", "gesture", "gaze", "emotion", "face", "screen", "button", "signal", "inner")
"""Channels a Miron can be on."""

FORM_KEYS = ("both", "heard", "said", "jinja", "label")
MIRON_KEYS = ("channel", "sets", "barge_in", "about")
RULE_KEYS = (
    *("when", "if", "unless", "follows", "do", "once", "cooldown", "again", "priority", "on_busy", "about"),
)
REACTIONS = ("speech", "longest", "noise", "typing_starts", "typing", "button")
"""What a question waits for; the keys of ``waits``."""

_TEXT_KEYS = ("prompt", "hint", "silent", "not_understood", "noise", "help", "bridge")
QUESTION_KEYS = (
    *("fills", "checks", "offers", *_TEXT_KEYS, "hear", "steps", "by"),
    *("waits", "confirm", "skip", "digress", "barge_in"),
)
_LOCALE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_RULE_HINTS = {
    "say": "what a rule does stands under 'do'",
    "think": "what a rule does stands under 'do'",
    "ask": "what a rule does stands under 'do'",
    "set": "what a rule does stands under 'do'",
    "call": "what a rule does stands under 'do'",
    "end": "what a rule does stands under 'do'",
    "then": "what a rule does stands under 'do'",
    "else": "there is no else; use decide, or a second rule",
}


@dataclass(slots=True)
class Scope:
    """What a section needs to know of its document and owner.

    Attributes:
        locale: Of texts without one.
        locales: Those of the owner.
        is_open: The owner lists no locales (a module for any dialogue): every locale is taken.
        file: What rules rank by: dialogues before modules, then the name of the file without its folder.
        position: Rules of this file so far.
    """

    report: Report
    locale: str
    locales: tuple[str, ...]
    file: str
    position: int = 0
    is_open: bool = False


def read_use(scope: Scope, key: Scalar, node: Node) -> UseDecl | None:
    """``INSTANCE: {module: M, parameter: value}``."""
    report = scope.report
    instance = fields.declared(report, key, "the name of an instance")
    if instance is None:
        return None
    module = instance
    given = (
        []
        if isinstance(node, Scalar) and node.empty
        else _pairs(report, node, "parameters", "{then: give_up}")
    )
    params = []
    for parameter, value in given:
        if parameter.text == "module":
            module = fields.name(report, value, "the name of a module") or module
            continue
        name, expr = fields.name(report, parameter), fields.value(report, value)
        if name is not None and expr is not None:
            params.append((name, expr))
    return UseDecl(instance, module, tuple(params))


def read_type(scope: Scope, key: Scalar, node: Node) -> TypeDecl | None:
    """``NAME: {values: …}``, ``{fields: …}`` or ``{live: yes}``."""
    report = scope.report
    name = fields.declared(report, key, "a type")
    example = "{values: {red: red, blue: (blue|navy)}}"
    given = fields.keys(report, node, ("values", "fields", "live"), "a type", example)
    if name is None:
        return None
    if len(given) != 1:
        report.error("bad-type", "a type has one of values, fields, live", key.span)
    values: dict[str, Mapping[str, tuple[Text, ...]]] = {}
    if "values" in given:
        values = _values(scope, given["values"][1])
    shape = []
    if "fields" in given:
        for field, kind in _pairs(report, given["fields"][1], "fields", "{visitor: person}"):
            part, type_ref = fields.name(report, field, "a field"), fields.type_ref(report, kind)
            if part is not None and type_ref is not None:
                shape.append((part, type_ref))
    live = bool("live" in given and fields.flag(report, given["live"][1]))
    return TypeDecl(name, values, tuple(shape), live)


def _values(scope: Scope, node: Node) -> dict[str, Mapping[str, tuple[Text, ...]]]:
    report = scope.report
    if isinstance(node, Items):
        listed = [item for item in node.items if isinstance(item, Scalar)]
        return {fields.choice_value(report, item.text, item.span).text: {} for item in listed}
    values: dict[str, Mapping[str, tuple[Text, ...]]] = {}
    for key, sentences in _pairs(report, node, "values", "{red: red, blue: (blue|navy)}"):
        name = fields.choice_value(report, key.text, key.span)
        if isinstance(sentences, Scalar) and sentences.empty:
            values[name.text] = {}
        else:
            values[name.text] = read_texts(scope, sentences, key.text)
    return values


def read_texts(scope: Scope, node: Node, key: str) -> dict[str, tuple[Text, ...]]:
    """Sentences, or a map of locales to sentences."""
    if not isinstance(node, MapNode):
        return {scope.locale: fields.sentences(scope.report, node, key)}
    if _is_sentence(node, scope.locales):
        fields.sentence_map(scope.report, node, key)
        return {}
    found = {}
    for locale, value in node.pairs:
        if known_locale(scope, locale, ()):
            found[locale.text] = fields.sentences(scope.report, value, locale.text)
    return found


def _is_sentence(node: MapNode, known: tuple[str, ...]) -> bool:
    """YAML made this map of a sentence: ``{visitor.name} is here``, ``Note: …``, ``{en: Hello, Ada}``."""
    for key, value in node.pairs:
        if key.text in known:
            continue
        if (isinstance(value, Scalar) and value.empty) or key.empty or not re.fullmatch(r"[\w-]+", key.text):
            return True
    return False


def is_locale(text: str) -> bool:
    """Whether a text looks like a locale: ``en``, ``pt-BR``."""
    return _LOCALE.fullmatch(text) is not None


def with_locale(first: MironDecl, second: MironDecl) -> MironDecl | None:
    """A Miron with the texts of a second declaration that brings further locales and nothing else.

    None if both give the same locale, or different keys: then the name is taken.
    """
    bare = MironDecl(first.name, second.forms)
    if second != bare or not second.forms or set(first.forms) & set(second.forms):
        return None
    return dataclasses.replace(first, forms={**first.forms, **second.forms})


def with_type_locale(first: TypeDecl, second: TypeDecl) -> TypeDecl | None:
    """A choice type with the sentences of further locales; None if the second is no mere translation."""
    if second.fields or second.live or not second.values or not set(second.values) <= set(first.values):
        return None
    values = dict(first.values)
    for value, texts in second.values.items():
        if not texts or set(values[value]) & set(texts):
            return None
        values[value] = {**values[value], **texts}
    return dataclasses.replace(first, values=values)


def known_locale(scope: Scope, key: Scalar, others: tuple[str, ...]) -> bool:
    """Whether a key is a locale of the owner; if not, it is reported."""
    if key.text in scope.locales:
        return True
    listed = ", ".join(scope.locales)
    if is_locale(key.text) and suggest(key.text, others) is None:
        if scope.is_open:
            return True
        message = f"the locale '{key.text}' is not listed in locales ({listed})"
        scope.report.error("unknown-locale", message, key.span, suggest(key.text, scope.locales))
    else:
        fields.unknown_key(scope.report, key, (*others, *scope.locales), "sentences")
    return False


def read_memory(scope: Scope, key: Scalar, node: Node) -> MemoryDecl | None:
    """``NAME: type``, or ``NAME: {type, default, private, lasts, about}``."""
    report = scope.report
    name = fields.declared(report, key, "a memory entry")
    if not isinstance(node, MapNode):
        kind = fields.type_ref(report, node)
        return MemoryDecl(name, kind) if name is not None and kind is not None else None
    given = fields.keys(
        report, node, ("type", "default", "private", "lasts", "about"), "a memory entry", "person"
    )
    if "type" not in given:
        report.error("missing-key", f"'{key.text}' has no type", key.span)
        return None
    kind = fields.type_ref(report, given["type"][1])
    if name is None or kind is None:
        return None
    return MemoryDecl(
        name,
        kind,
        default=_optional(given, "default", lambda value: fields.value(report, value)),
        private=_optional(given, "private", lambda value: fields.flag(report, value)),
        kiosk=_optional(given, "lasts", lambda value: fields.word(report, value, ("visit", "kiosk"), "lasts"))
        == "kiosk",
        about=_about(report, given),
    )


def read_params(scope: Scope, node: Node, is_memory: bool) -> tuple[Param, ...]:
    """``{name: type}`` or ``{name: {type, default}}``.

    Args:
        is_memory: They can be named in conditions (those of modules), so no word of the grammar will do.
    """
    read_name = fields.declared if is_memory else fields.name
    report = scope.report
    found = []
    if isinstance(node, Scalar) and node.empty:
        return ()
    for key, value in _pairs(report, node, "parameters", "{whom: person}"):
        name = read_name(report, key, "a parameter")
        kind_node, default = value, None
        if isinstance(value, MapNode):
            given = fields.keys(
                report, value, ("type", "default", "about"), "a parameter", "{type: flag, default: no}"
            )
            if "type" not in given:
                report.error("missing-key", f"'{key.text}' has no type", key.span)
                continue
            kind_node = given["type"][1]
            default = _optional(given, "default", lambda found: fields.value(report, found))
        kind = fields.type_ref(report, kind_node, optional=True)
        if name is not None and kind is not None:
            found.append(Param(name, kind, default))
    return tuple(found)


def read_service(scope: Scope, key: Scalar, node: Node) -> ServiceDecl | None:
    """``NAME: {takes, gives, timeout, outward}``."""
    report = scope.report
    name = fields.declared(report, key, "a service")
    example = "{takes: {whom: person}, timeout: 30s}"
    given = fields.keys(report, node, ("takes", "gives", "timeout", "outward", "about"), "a service", example)
    if name is None:
        return None
    return ServiceDecl(
        name,
        takes=read_params(scope, given["takes"][1], is_memory=False) if "takes" in given else (),
        gives=read_params(scope, given["gives"][1], is_memory=False) if "gives" in given else (),
        timeout_ms=_or(_optional(given, "timeout", lambda value: fields.duration(report, value)), 10_000),
        outward=bool(_optional(given, "outward", lambda value: fields.flag(report, value))),
    )


def read_miron(scope: Scope, key: Scalar, node: Node) -> MironDecl | None:
    """``NAME: sentences``, or a map of locales and keys."""
    report = scope.report
    name = fields.declared(report, key, "a Miron")
    if name is None:
        return None
    if not isinstance(node, MapNode):
        return MironDecl(name, {scope.locale: FormsDecl(both=fields.sentences(report, node, key.text))})
    known = (*MIRON_KEYS, *FORM_KEYS)
    if _is_sentence(node, (*scope.locales, *known)):
        fields.sentence_map(report, node, key.text)
        return MironDecl(name, {scope.locale: FormsDecl()})
    forms: dict[str, FormsDecl] = {}
    given: dict[str, Pair] = {}
    direct: dict[str, Pair] = {}
    for part, value in node.pairs:
        if part.text in MIRON_KEYS:
            given[part.text] = (part, value)
        elif part.text in FORM_KEYS:
            direct[part.text] = (part, value)
        elif known_locale(scope, part, known):
            forms[part.text] = _forms(scope, part.text, value)
    if direct:
        if scope.locale in forms:
            report.error("name-twice", f"the sentences for '{scope.locale}' are given twice", node.span)
        forms[scope.locale] = _form(report, direct)
    return MironDecl(
        name,
        forms,
        channel=_or(
            _optional(given, "channel", lambda value: fields.word(report, value, CHANNELS, "a channel")),
            "speech",
        ),
        sets=_optional(
            given, "sets", lambda value: arguments(report, value, "a map of memory to constants", "{x: yes}")
        )
        or (),
        barge_in=_or(
            _optional(given, "barge_in", lambda value: _barge_in(report, value)),
            "yes",
        ),
        about=_about(report, given),
    )


def _barge_in(report: Report, node: Node) -> str | None:
    if isinstance(node, Scalar) and node.text == "any_sound":
        return "any_sound"
    if isinstance(node, Scalar) and node.text in ("true", "on", "false", "off"):
        return "yes" if fields.flag(report, node) else "no"
    return fields.word(report, node, ("yes", "no", "any_sound"), "barge_in")


def _forms(scope: Scope, locale: str, node: Node) -> FormsDecl:
    if not isinstance(node, MapNode):
        return FormsDecl(both=fields.sentences(scope.report, node, locale))
    if _is_sentence(node, FORM_KEYS):
        fields.sentence_map(scope.report, node, locale)
        return FormsDecl()
    return _form(scope.report, fields.keys(scope.report, node, FORM_KEYS, "sentences", "{heard: …, said: …}"))


def _form(report: Report, given: Mapping[str, Pair]) -> FormsDecl:
    found: dict[str, Any] = {}
    for key, (_, value) in given.items():
        if key == "label":
            found[key] = fields.line(report, value, "the words of a button")
        else:
            found[key] = fields.sentences(report, value, key)
    return FormsDecl(**found)


def read_phrase(scope: Scope, key: Scalar, node: Node) -> tuple[Name, Mapping[str, tuple[Text, ...]]] | None:
    """``NAME: sentences`` or ``NAME: {LOCALE: sentences}``."""
    name = fields.name(scope.report, key, "a phrase")
    return (name, read_texts(scope, node, key.text)) if name is not None else None


def read_question(scope: Scope, key: Scalar, node: Node) -> QuestionDecl | None:
    """A question; the entry ``all`` holds defaults for every question."""
    report = scope.report
    name = fields.declared(report, key, "a question")
    given = fields.keys(
        report, node, QUESTION_KEYS, "a question", "{fills: visitor.name, prompt: who_are_you}"
    )
    if name is None:
        return None
    found: dict[str, Any] = {}
    for part, (_, value) in given.items():
        found[part] = _question_key(report, part, value)
    if name.text != "all" and "." not in name.text:
        _question_kind(report, key, given, node.pairs if isinstance(node, MapNode) else [])
    return QuestionDecl(name, **{part: value for part, value in found.items() if value is not None})


def _question_kind(report: Report, key: Scalar, given: Mapping[str, Pair], parts: list[Pair]) -> None:
    kinds = [part for part in ("fills", "checks", "offers") if part in given]
    if not kinds:
        message = f"the question '{key.text}' has none of fills, checks, offers"
        report.error("question-kind", message, key.span)
    elif "checks" in kinds and len(kinds) > 1:
        message = (
            f"'checks' stands alone; '{kinds[0] if kinds[0] != 'checks' else kinds[1]}' does not go with it"
        )
        report.error("question-kind", message, given["checks"][0].span)
    elif kinds == ["offers"]:
        message = "'offers' needs 'fills': where should the chosen one go?"
        report.error("offers-without-fills", message, given["offers"][0].span)
    if "prompt" not in given and not any(suggest(part.text, ("prompt",)) for part, _ in parts):
        report.error("missing-key", f"the question '{key.text}' has no prompt", key.span)


def _question_key(report: Report, key: str, value: Node) -> Any:
    if key in ("fills", "checks", "offers"):
        return fields.name(report, value, "a memory entry")
    if key in _TEXT_KEYS:
        return fields.names(report, value, "the name of a Miron")
    if key == "hear":
        return fields.names(report, value, "the name of a Miron")
    if key == "steps":
        return fields.integer(report, value, 1, 20)
    if key == "by":
        nodes = value.items if isinstance(value, Items) else [value]
        found = (fields.word(report, node, ("voice", "keyboard", "buttons"), "a modality") for node in nodes)
        return tuple(word for word in found if word is not None)
    if key == "waits":
        given = fields.keys(report, value, REACTIONS, "waits", "{speech: 5s, noise: 15s}")
        return {reaction: fields.duration_list(report, node) for reaction, (_, node) in given.items()}
    if key == "confirm":
        return _confirm(report, value)
    if key == "digress":
        return _digress(report, value)
    return fields.flag(report, value)


def _confirm(report: Report, node: Node) -> str | None:
    text = node.text if isinstance(node, Scalar) else ""
    if text in ("false", "off"):
        return "no"
    return fields.word(report, node, ("unsure", "always", "no"), "confirm")


def _digress(report: Report, node: Node) -> bool | tuple[Name, ...] | None:
    if isinstance(node, Items):
        return fields.names(report, node, "the name of a rule")
    return fields.flag(report, node)


def _belongs_deeper(key: Scalar, node: Node) -> bool:
    """Whether a key of a rule, or of its steps, has slipped out to where rules are named."""
    is_rule = isinstance(node, MapNode) and any(inner.text in RULE_KEYS for inner, _ in node.pairs)
    return key.text in (*RULE_KEYS, *_RULE_HINTS) and not is_rule


def read_rule(scope: Scope, key: Scalar, node: Node) -> RuleDecl | None:
    """A rule."""
    report = scope.report
    if _belongs_deeper(key, node):
        message = f"'{key.text}' stands where a rule's name is expected: it belongs to a rule, further in"
        report.error("wrong-depth", message, key.span)
        return None
    name = fields.declared(report, key, "a rule")
    given = fields.keys(
        report, node, RULE_KEYS, "a rule", "{when: hear hello, do: {say: greeting}}", _RULE_HINTS
    )
    position, scope.position = scope.position, scope.position + 1
    if name is None:
        return None
    texts: dict[str, str] = {}
    when: list[Any] = []
    if "when" in given:
        nodes = given["when"][1]
        items = nodes.items if isinstance(nodes, Items) else [nodes]
        if isinstance(nodes, Items) and not items:
            report.error("nothing-given", "'when' is an empty list", nodes.span)
        when = [found for item in items if (found := fields.expression(report, item)) is not None]
        texts["when"] = " or ".join(item.text for item in items if isinstance(item, Scalar))
    masks = {}
    for part in ("if", "unless"):
        if part in given:
            value = given[part][1]
            if isinstance(value, Items):
                message = f"only 'when' takes a list; write '{part}: a and b', or 'a or b'"
                report.error("wrong-shape", message, value.span)
                continue
            masks[part] = fields.expression(report, value)
            texts[part] = value.text if isinstance(value, Scalar) else ""
    return RuleDecl(
        name,
        key.span,
        when=tuple(when),
        if_=masks.get("if"),
        unless=masks.get("unless"),
        follows=_follows(report, given["follows"][1]) if "follows" in given else (),
        do=read_steps(report, given["do"][1]) if "do" in given else (),
        once=bool(_optional(given, "once", lambda value: fields.flag(report, value))),
        cooldown=_optional(given, "cooldown", lambda value: _cooldown(report, value)),
        restart=_optional(
            given, "again", lambda value: fields.word(report, value, ("ignore", "restart"), "again")
        )
        == "restart",
        priority=_or(
            _optional(given, "priority", lambda value: fields.integer(report, value, -1000, 1000)), 0
        ),
        on_busy=_or(
            _optional(
                given,
                "on_busy",
                lambda value: fields.word(report, value, ("wait", "drop", "interrupt"), "on_busy"),
            ),
            "wait",
        ),
        about=_about(report, given),
        position=position,
        file=scope.file,
        texts=texts,
    )


def _cooldown(report: Report, node: Node) -> int | Name | None:
    found = fields.duration_or_name(report, node, least=0)
    if isinstance(found, int) and found > MAX_GATE_MS:
        message = f"the longest cooldown is {MAX_GATE_MS}ms (4.6h)"
        report.error("duration-too-long", message, node.span, notes=[Note("longer ones take a timer")])
    return found


def _follows(report: Report, node: Node) -> tuple[tuple[Name, ...], ...]:
    """``R``, ``[R, S]`` (either) or ``R and S`` (both)."""
    found = []
    for item in node.items if isinstance(node, Items) else [node]:
        text = fields.scalar(report, item, "the name of a rule", "welcome")
        if text is None:
            continue
        joined, offset = [], 0
        for part in re.split(r"(\s+and\s+)", text.text):
            if part.strip() != "and":
                joined.append(
                    fields.checked_name(report, normal(part), text.place(offset, offset + len(part)))
                )
            offset += len(part)
        found.append(tuple(joined))
    return tuple(found)


def _optional(given: Mapping[str, Pair], key: str, read: Callable[[Node], Any]) -> Any:
    return read(given[key][1]) if key in given else None


def _or(found: Any, default: Any) -> Any:
    return default if found is None else found


def _about(report: Report, given: Mapping[str, Pair]) -> str:
    found = _optional(
        given, "about", lambda value: fields.scalar(report, value, "a remark", "what it is for")
    )
    return found.text.strip() if found else ""


def _pairs(report: Report, node: Node, what: str, example: str) -> list[Pair]:
    return fields.pairs(report, node, f"a map of {what}", example)
