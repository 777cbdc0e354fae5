"""The layers: receptionist → dsl → engine → miron, a pure core, and nothing heavy loaded too early."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("miron", "engine", "dsl", "receptionist")
"""From the bottom to the top; a layer knows only those below it."""

HEAVY = ("torch", "rasa_sdk", "sanic", "textual", "rich", "sqlalchemy", "numpy", "jinja2", "rapidfuzz")

IMPURE = ("random", "secrets", "time", "socket", "subprocess", "threading", "asyncio", "tempfile", "urllib")
IMPURE_ON_PURPOSE = {
    "engine.clock": {"time", "threading"},  # the one place where a clock is read
    "engine.agent": {"asyncio", "threading"},  # the loop in real time, around the pure session
    "miron.learn.encoder": {"tempfile"},  # likewise
    "miron.learn.model": {"tempfile"},  # a trained model is written whole or not at all
}


@cache
def modules(layer: str) -> tuple[tuple[str, ast.Module], ...]:
    found = []
    for path in sorted((ROOT / layer).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append((name, ast.parse(path.read_text(encoding="utf-8"), str(path))))
    return tuple(found)


def imported(tree: ast.Module) -> set[str]:
    """Names of all modules imported anywhere in a file, also inside functions and for type checking."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            names.add(str(node.module))
    return names


def top(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_layers_below_it(layer: str) -> None:
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    offences = {name: top(imported(tree)) & above for name, tree in modules(layer)}
    assert offences, f"no module in {layer}"
    assert {name: found for name, found in offences.items() if found} == {}


def test_the_network_knows_numbers_and_names_but_no_language() -> None:
    """The engine meets the language layer only through the protocol of engine.language."""
    offences = [name for name, tree in modules("engine") if "miron" in top(imported(tree))]
    assert offences == []


def test_tests_and_benchmarks_are_imported_by_no_package() -> None:
    offences = [
        name
        for layer in LAYERS
        for name, tree in modules(layer)
        if top(imported(tree)) & {"tests", "benchmarks"}
    ]
    assert offences == []


def test_chance_clocks_and_the_outside_world_stay_out_of_the_core() -> None:
    """What a session decides depends on nothing but its dialogue and its journal."""
    offences = {
        name: found
        for layer in ("miron", "engine", "dsl")
        for name, tree in modules(layer)
        if (found := (top(imported(tree)) & set(IMPURE)) - IMPURE_ON_PURPOSE.get(name, set()))
    }
    assert offences == {}


@pytest.mark.parametrize("call", ["now", "today", "utcnow"])
def test_the_core_never_asks_for_the_date(call: str) -> None:
    offences = [
        f"{name}:{node.lineno}"
        for layer in ("miron", "engine", "dsl")
        for name, tree in modules(layer)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == call
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id.lower() in ("datetime", "date")
    ]
    assert offences == []


def loaded_by(code: str) -> set[str]:
    """Packages in memory after running code in a fresh interpreter."""
    report = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True, timeout=60, cwd=ROOT
    )
    return top(set(json.loads(done.stdout.splitlines()[-1])))


def test_the_command_line_starts_without_anything_heavy() -> None:
    loaded = loaded_by(
        "from click.testing import CliRunner\n"
        "from receptionist.cli import miron\n"
        "assert CliRunner().invoke(miron, ['--help']).exit_code == 0"
    )
    assert loaded & set(HEAVY) == set()


def test_every_command_shows_its_help_without_anything_heavy() -> None:
    loaded = loaded_by(
        "from click.testing import CliRunner\n"
        "from receptionist.cli import VERBS, miron\n"
        "for verb in VERBS:\n"
        "    assert CliRunner().invoke(miron, [verb, '--help']).exit_code == 0, verb"
    )
    assert loaded & set(HEAVY) == set()


def test_a_dialogue_is_read_and_compiled_without_screen_database_or_training() -> None:
    loaded = loaded_by("from receptionist.dialogue import load_dialogue\nload_dialogue()")
    assert loaded & {"torch", "textual", "sqlalchemy", "rasa_sdk", "numpy"} == set()


def test_a_reception_without_screen_needs_neither_textual_nor_torch(tmp_path: Path) -> None:
    loaded = loaded_by(
        "import io, os\n"
        f"os.environ['MIRON_HOME'] = {str(tmp_path)!r}\n"
        "from receptionist.config import load_config\n"
        "from receptionist.reception import open_reception\n"
        "from receptionist.text_mode import run_text\n"
        "reception = open_reception(load_config(None))\n"
        "run_text(reception, ['hello'], io.StringIO(), echo=True)\n"
        "reception.close()"
    )
    assert loaded & {"textual", "torch"} == set()
    assert "sqlalchemy" in loaded
