"""``miron doctor``: what this machine has, and what follows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from receptionist.commands.common import PATH, fail

if TYPE_CHECKING:
    from receptionist.config import Config

SIGNS = {"ok": ("green", "ok"), "missing": ("yellow", "missing"), "broken": ("red", "broken")}


@click.command()
@click.option("--config", "config_file", type=PATH, help="The settings file.")
@click.option("--audio", is_flag=True, help="Speak, record some seconds, play them back, show the levels.")
def doctor(config_file: Path | None, audio: bool) -> None:
    """Say what this machine has (sound, recognisers, voices, database) and what follows.

    Exit status: 0 the receptionist can run, 1 something it needs is broken.
    """
    from receptionist.config import ConfigError, load_config
    from receptionist.doctor import examine

    try:
        config = load_config(config_file)
        if audio:
            sys.exit(0 if _try_sound(config) else 1)
        rows = examine(config)
    except ConfigError as fault:
        fail("\n".join(fault.problems))
    width = max(len(row.name) for row in rows)
    for row in rows:
        colour, word = SIGNS.get(row.state.value, ("", row.state.value))
        click.echo(f"{click.style(f'{word:8}', fg=colour or None)} {row.name:{width}}  {row.detail}")
        if row.follows:
            click.echo(f"{'':9}{'':{width}}  → {row.follows}")
    sys.exit(1 if any(row.state.value == "broken" for row in rows) else 0)


def _try_sound(config: Config) -> bool:
    from receptionist.speech.trial import try_sound

    def meter(line: str) -> None:
        if sys.stdout.isatty():
            click.echo(f"\r{line}", nl=False)

    def tell(line: str) -> None:
        click.echo(f"\r{line:60}" if sys.stdout.isatty() else line)

    return try_sound(config.speech, config.locale, tell, meter)
