"""The JSON Schema of dialogue files, for completion and marks in editors.

An editor's YAML reader sees other scalars than ours (``yes`` may be a flag there, ``12`` a number), so where
a scalar stands, any scalar is allowed. The schema knows where which keys and fixed words stand; what names
mean only ``miron check`` knows.
"""

from __future__ import annotations

from typing import Any

from dsl.sections import CHANNELS, FORM_KEYS, MIRON_KEYS, QUESTION_KEYS, REACTIONS, RULE_KEYS
from dsl.steps import HANDLERS, STEP_KEYS
from dsl.testlines import LINE_KEYS

Schema = dict[str, Any]

SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
_FLAG: Schema = {"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no", "on", "off"]}]}
_DURATION: Schema = {"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|min|h)|[^\d\s].*)$"}
_WORDS = {
    "again": ("ignore", "restart"),
    "on_busy": ("wait", "drop", "interrupt"),
    "channel": CHANNELS,
    "lasts": ("visit", "kiosk"),
    "confirm": ("unsure", "always", "no"),
}
_ABOUT: dict[str, str] = {
    "when": "What triggers the rule: a condition with an event, or a list of alternatives.",
    "if": "A condition of tests, looked at in the moment in which 'when' holds.",
    "unless": "A condition of tests that lets the occasion pass.",
    "follows": "The rule that must be active, a list of alternatives, or 'a and b'.",
    "do": "A step, or a list of steps, one after another.",
    "once": "At most once a visit.",
    "cooldown": "Not again before this time has passed.",
    "again": "What happens if it fires while it is running.",
    "priority": "Higher ones come first.",
    "on_busy": "What happens if the channel is taken.",
    "fills": "The memory entry that the answer fills.",
    "checks": "The memory entry whose proposed value is verified.",
    "offers": "The list to choose from.",
    "prompt": "The Miron that asks, or a list by step.",
    "say": "A Miron, {M: {entity: value}}, or a list that is one utterance.",
    "ask": "A question, or a list of them.",
    "call": "A service or module with its parameters.",
    "get": "Memory entry: result.",
    "think": "An inner Miron, or a rule that fires.",
    "set": "A flag, or {memory: value}.",
    "decide": "Steps with 'if'; the first that holds is taken.",
    "end": "Ends the visit.",
}


def dialogue_schema() -> Schema:
    """The schema of one document of a dialogue file (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A dialogue or module of Miron",
        "type": "object",
        "oneOf": [{"required": ["dialogue"]}, {"required": ["module"]}],
        "properties": _document(),
        "additionalProperties": False,
        "$defs": _definitions(),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _map(values: Schema) -> Schema:
    """A section: names to values; nothing after the colon is an empty one."""
    return {"anyOf": [{"type": "object", "additionalProperties": values}, {"type": "null"}]}


def _some(item: Schema) -> Schema:
    """One, or a list."""
    return {"anyOf": [item, {"type": "array", "items": item}]}


def _object(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    described = {
        key: {**value, "description": _ABOUT[key]} if key in _ABOUT else value
        for key, value in properties.items()
    }
    return {
        "type": "object",
        "properties": described,
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }


def _document() -> dict[str, Schema]:
    return {
        "dialogue": {"type": "string", "description": "Begins a document of this dialogue."},
        "module": {"type": "string", "description": "Begins a document of this module."},
        "locale": {**SCALAR, "description": "The language of the sentences in this document."},
        "about": SCALAR,
        "language": SCALAR,
        "locales": _some(SCALAR),
        "other": SCALAR,
        "endings": _some(SCALAR),
        "thought": _ref("sentences"),
        "takes": _ref("parameters"),
        "gives": _ref("parameters"),
        "do": _some(_ref("step")),
        "use": _map({"anyOf": [_map(SCALAR), {"type": "null"}]}),
        "types": _map(_ref("type")),
        "memory": _map(_ref("memory")),
        "services": _map(_ref("service")),
        "mirons": _map(_ref("miron")),
        "phrases": _map(_ref("sentences")),
        "questions": _map(_ref("question")),
        "rules": _map(_ref("rule")),
        "tests": _map({"type": "array", "items": _ref("line")}),
        "never": _some(SCALAR),
        "given": {"type": "object"},
    }


def _definitions() -> dict[str, Schema]:
    return {
        "use": {
            "anyOf": [SCALAR, {"type": "object", "maxProperties": 1, "additionalProperties": _map(SCALAR)}]
        },
        "texts": _some(SCALAR),
        "sentences": {"anyOf": [_ref("texts"), {"type": "object", "additionalProperties": _ref("texts")}]},
        "parameters": _map(
            {"anyOf": [SCALAR, _object({"type": SCALAR, "default": SCALAR, "about": SCALAR}, ("type",))]}
        ),
        "type": _object(
            {
                "values": {"anyOf": [_map(_ref("sentences")), {"type": "array", "items": SCALAR}]},
                "fields": _map(SCALAR),
                "live": _FLAG,
            }
        ),
        "memory": {"anyOf": [SCALAR, _memory()]},
        "service": _object(
            {
                "takes": _ref("parameters"),
                "gives": _ref("parameters"),
                "timeout": _DURATION,
                "outward": _FLAG,
                "about": SCALAR,
            }
        ),
        "miron": {"anyOf": [_ref("texts"), _miron()]},
        "question": _question(),
        "rule": _rule(),
        "step": _step(),
        "line": _object({key: {} for key in LINE_KEYS}),
    }


def _memory() -> Schema:
    return _object(
        {
            "type": SCALAR,
            "default": SCALAR,
            "private": _FLAG,
            "lasts": {"enum": list(_WORDS["lasts"])},
            "about": SCALAR,
        },
        ("type",),
    )


def _miron() -> Schema:
    keys: dict[str, Schema] = {
        "channel": {"enum": list(_WORDS["channel"])},
        "sets": _map(SCALAR),
        "barge_in": {"anyOf": [_FLAG, {"const": "any_sound"}]},
        "about": SCALAR,
    }
    assert set(keys) == set(MIRON_KEYS)
    forms = {key: _ref("texts") for key in FORM_KEYS}
    locales = {"anyOf": [_ref("texts"), _object(forms)]}
    return {
        "type": "object",
        "properties": {**keys, **forms},
        "patternProperties": {"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$": locales},
        "additionalProperties": False,
    }


def _question() -> Schema:
    special: dict[str, Schema] = {
        **dict.fromkeys(("fills", "checks", "offers", "steps"), SCALAR),
        "by": _some({"enum": ["voice", "keyboard", "buttons"]}),
        "waits": _object({key: _some(_DURATION) for key in REACTIONS}),
        "confirm": {"anyOf": [_FLAG, {"enum": list(_WORDS["confirm"])}]},
        "skip": _FLAG,
        "digress": {"anyOf": [_FLAG, {"type": "array", "items": SCALAR}]},
        "barge_in": _FLAG,
    }
    return _object({key: special.get(key, _some(SCALAR)) for key in QUESTION_KEYS})


def _rule() -> Schema:
    special: dict[str, Schema] = {
        "when": _some(SCALAR),
        "follows": _some(SCALAR),
        "do": _some(_ref("step")),
        "once": _FLAG,
        "cooldown": _DURATION,
        "again": {"enum": list(_WORDS["again"])},
        "on_busy": {"enum": list(_WORDS["on_busy"])},
    }
    return _object({key: special.get(key, SCALAR) for key in RULE_KEYS})


def _step() -> Schema:
    steps = _some(_ref("step"))
    special: dict[str, Schema] = {
        **{key: _some(_ref("use")) for key in ("say", "ask")},
        **{key: _ref("use") for key in ("gesture", "feel", "look", "show", "call", "think")},
        **{key: _map(SCALAR) for key in ("get", "timer", "can", "return")},
        "set": {"anyOf": [SCALAR, _map(SCALAR)]},
        **{key: _some(SCALAR) for key in ("forget", "stop", "leave")},
        "wait": {"anyOf": [_DURATION, _object({"for": SCALAR, "at_most": _DURATION})]},
        "decide": {"type": "array", "items": _ref("step")},
        "do": steps,
        **dict.fromkeys(HANDLERS, steps),
    }
    return _object({key: special.get(key, SCALAR) for key in STEP_KEYS})
