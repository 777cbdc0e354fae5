"""The documents say what is true: every command is described, and every command described exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from receptionist.cli import HELP, VERBS, miron

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ADDRESS = re.compile(r"^[a-z]+:")
MAKE_TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def command(verb: str) -> click.Command:
    found = miron.get_command(click.Context(miron), verb)
    assert found is not None
    return found


def parameters(verb: str) -> list[click.Parameter]:
    """Those of the command and, if it is a group, of its commands."""
    found = command(verb)
    parts = found.commands.values() if isinstance(found, click.Group) else ()
    return [parameter for each in (found, *parts) for parameter in each.params]


def options(verb: str) -> set[str]:
    return {
        name
        for parameter in parameters(verb)
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


def section(verb: str) -> str:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert f"miron {verb}" in sections, f"docs/cli.md has no section 'miron {verb}'"
    return sections[f"miron {verb}"]


def calls() -> list[tuple[str, list[str]]]:
    """Every ``miron …`` in code of the documents, as (place, words)."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
        lines += CODE.findall(BLOCK.sub("", text))
        lines += [line.strip() for line in BLOCK.sub("", text).splitlines() if line.startswith("    ")]
        for line in lines:
            match = re.match(r"(?:\$ )?(?:\.venv/bin/)?miron (?P<rest>\S.*)$", line)
            if match:
                found.append((f"{document.relative_to(ROOT)}: {line}", match["rest"].split()))
    return found


def test_every_command_has_a_line_in_the_list_of_commands() -> None:
    assert list(HELP) == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_stands_in_the_readme_and_in_the_reference(verb: str) -> None:
    assert f"`miron {verb}`" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert section(verb).strip()


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_is_described_and_every_described_option_exists(verb: str) -> None:
    described = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*|-[a-z])(?![\w-])", section(verb)))
    offered = options(verb) - {"--help", "-h"}
    assert offered - described == set()
    assert described - offered - set().union(*(options(other) for other in VERBS)) == set()


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_and_option_helps(verb: str) -> None:
    assert command(verb).help
    missing = [
        parameter.name
        for parameter in parameters(verb)
        if isinstance(parameter, click.Option) and not parameter.help and not parameter.show_default
    ]
    assert missing == []


def test_commands_shown_in_the_documents_exist() -> None:
    shown = calls()
    assert len(shown) > 10
    for place, words in shown:
        verb = words[0]
        if verb.startswith("-") or verb == "VERB":
            continue
        assert verb in VERBS, place
        used = {word.partition("=")[0].strip("[]") for word in words if word.lstrip("[").startswith("-")}
        assert used - options(verb) - {"--help"} == set(), place


def test_make_targets_named_in_the_documents_exist() -> None:
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`|^\$ |^ {4})make(?: PYTHON=\S+)? ([a-z]+)", text, re.MULTILINE))
        assert named - MAKE_TARGETS == set(), document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_named_files_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link for link in LINK.findall(BLOCK.sub("", text)) if not ADDRESS.match(link)]
    assert [link for link in links if not (document.parent / link).exists()] == []
    named = re.findall(r"`((?:miron|engine|dsl|receptionist|assets|tests|docs)/[\w./-]+)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_map_of_documents_is_complete() -> None:
    mapped = set(LINK.findall((ROOT / "docs" / "README.md").read_text(encoding="utf-8")))
    present = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert present - mapped == set()


def test_the_session_in_the_readme_is_what_happens(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (session,) = [block for block in BLOCK.findall(readme) if block.startswith("$ cat visitors.txt")]
    _, visitors, run = re.split(r"^\$ ", session, flags=re.MULTILINE)
    heard = visitors.partition("\n")[2]
    line, _, shown = run.partition("\n")
    assert line.startswith("miron ")
    assert line.endswith(" < visitors.txt")
    done = subprocess.run(
        [sys.executable, "-m", "receptionist", *line.removesuffix(" < visitors.txt").split()[1:]],
        cwd=ROOT,
        env={"PATH": "", "MIRON_HOME": str(tmp_path)},
        input=heard,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert (done.stdout, done.stderr, done.returncode) == (shown, "", 0)
