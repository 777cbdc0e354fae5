"""``miron serve``: the agent for clients of Rasa."""

from __future__ import annotations

from pathlib import Path

import click

from receptionist.commands.common import PATH, fail, report_problems


@click.command()
@click.option(
    "--listen",
    default="127.0.0.1:5005",
    show_default=True,
    metavar="ADDRESS:PORT",
    help="Where to listen; port 0 lets the system choose.",
)
@click.option(
    "--token", default="", envvar="MIRON_TOKEN", help="What callers must show as ?token=; also MIRON_TOKEN."
)
@click.option("--fixture", type=PATH, help="An invented desk for each sender, from a YAML file.")
@click.option("--dialogue", type=PATH, help="Another dialogue than the receptionist's.")
@click.option("--config", "config_file", type=PATH, help="The settings file.")
@click.option("--locale", default="", help="Language to begin with, such as en.")
@click.option("--seed", type=int, help="Of every choice among sentences.")
def serve(
    listen: str,
    token: str,
    fixture: Path | None,
    dialogue: Path | None,
    config_file: Path | None,
    locale: str,
    seed: int | None,
) -> None:
    """Serve the agent as Rasa does: its REST channel, and /model/parse.

    Exit status: 0 ended by a signal, 1 it cannot start and says why, 2 wrong use.
    """
    from miron.source import ModelError
    from receptionist.config import ConfigError, load_config
    from receptionist.directory import DirectoryError
    from receptionist.settings import listening
    from receptionist.web.origins import LOOPBACK

    where = listening(listen)
    if where is None:
        fail(f"--listen is ADDRESS:PORT such as 127.0.0.1:5005, not '{listen}'", 2)
    try:
        from receptionist.rest.running import open_served, run_served
    except ModuleNotFoundError as missing:
        if missing.name != "aiohttp":
            raise
        fail("serving needs more packages: pip install 'miron[web]'")
    try:
        served = open_served(load_config(config_file), dialogue, fixture, locale, seed)
    except ConfigError as fault:
        fail("\n".join(fault.problems))
    except ModelError as fault:
        report_problems(fault.problems)
        fail("with these mistakes the receptionist does not start")
    except (DirectoryError, OSError, ValueError) as fault:
        fail(f"the receptionist cannot start: {fault}")
    if where.host not in LOOPBACK and not token:
        click.echo(
            f"miron: whoever reaches {listen} can talk to the agent; --token would ask for a secret", err=True
        )
    try:
        run_served(served, where, token)
    except OSError as error:
        fail(f"cannot listen at {listen}: {error.strerror or error}")
