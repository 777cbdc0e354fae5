"""The tutorial, followed word for word in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BLOCK = re.compile(r"^```(yaml|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_tutorial_can_be_followed_word_for_word(tmp_path: Path) -> None:
    tools, folder = tmp_path / "bin", tmp_path / "empty"
    tools.mkdir()
    folder.mkdir()
    program = tools / "miron"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m receptionist "$@"\n')
    program.chmod(0o755)
    environ = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "MIRON_HOME": str(tmp_path / "home"),
        "LC_ALL": "C.UTF-8",
    }
    commands = 0
    for kind, text in BLOCK.findall((ROOT / "docs/tutorial.md").read_text(encoding="utf-8")):
        if kind == "yaml":
            name = re.match(r"# (\S+)\n", text)
            assert name, "a file begins with its name"
            (folder / name[1]).write_text(text, encoding="utf-8")
            continue
        for line, shown in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
            done = subprocess.run(
                line,
                shell=True,
                cwd=folder,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert done.stdout + done.stderr == shown, line
            commands += 1
    assert commands >= 8
