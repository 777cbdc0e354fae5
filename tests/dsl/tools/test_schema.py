"""The schema that editors complete with takes every dialogue there is, and refuses what has no place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from dsl.schema import dialogue_schema
from receptionist.cli import miron

ROOT = Path(__file__).parents[3]
FILES = sorted(
    path
    for folder in ("assets/dialogues", "assets/modules", "tests/dsl/good", "tests/dsl/dialogues")
    for path in (ROOT / folder).rglob("*.yaml")
)
VALIDATOR = jsonschema.Draft202012Validator(dialogue_schema())


def as_editors_see(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): as_editors_see(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_editors_see(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def faults(text: str) -> list[str]:
    return [
        f"{error.json_path}: {error.message[:200]}"
        for document in yaml.load_all(text, Loader=yaml.CSafeLoader)
        if document is not None
        for error in VALIDATOR.iter_errors(as_editors_see(document))
    ]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(dialogue_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_dialogue_fits(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "mirons: {a: b}",
        "dialogue: x\nrule: {}",
        "dialogue: x\nmodule: y",
        "dialogue: x\nrules: {a: {wen: hear b}}",
        "dialogue: x\nrules: {a: {on_busy: shout}}",
        "dialogue: x\nrules: {a: {do: {sya: b}}}",
        "dialogue: x\nrules: {a: {do: [{do: {failed: {saay: b}}}]}}",
        "dialogue: x\nquestions: {a: {fill: b}}",
        "dialogue: x\nquestions: {a: {by: [hands]}}",
        "dialogue: x\nquestions: {a: {waits: {spech: 5s}}}",
        "dialogue: x\nmemory: {a: {default: 3}}",
        "dialogue: x\nmirons: {a: {en: {sayd: b}}}",
        "dialogue: x\nmirons: {a: {channel: smell, en: b}}",
        "dialogue: x\ntests: {a: [{usr: b}]}",
        "dialogue: x\nservices: {a: {timeout: 5}}",
        "- a",
    ],
)
def test_what_has_no_place_is_refused(text: str) -> None:
    assert faults(text)


def test_the_command_prints_it() -> None:
    found = CliRunner().invoke(miron, ["schema"])
    assert json.loads(found.stdout) == dialogue_schema()
