"""``miron doctor``: what this machine has, and what follows."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from receptionist.commands.common import PATH, fail

SIGNS = {"ok": ("green", "ok"), "missing": ("yellow", "missing"), "broken": ("red", "broken")}


@click.command()
@click.option("--config", "config_file", type=PATH, help="The settings file.")
def doctor(config_file: Path | None) -> None:
    """Say what this machine has (sound, recognisers, voices, database) and what follows.

    Exit status: 0 the receptionist can run, 1 something it needs is broken.
    """
    from receptionist.config import ConfigError, load_config
    from receptionist.doctor import examine

    try:
        rows = examine(load_config(config_file))
    except ConfigError as fault:
        fail("\n".join(fault.problems))
    width = max(len(row.name) for row in rows)
    for row in rows:
        colour, word = SIGNS.get(row.state.value, ("", row.state.value))
        click.echo(f"{click.style(f'{word:8}', fg=colour or None)} {row.name:{width}}  {row.detail}")
        if row.follows:
            click.echo(f"{'':9}{'':{width}}  → {row.follows}")
    sys.exit(1 if any(row.state.value == "broken" for row in rows) else 0)
