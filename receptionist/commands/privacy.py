"""``miron privacy``: how long personal data stays, and what a person can ask for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from engine.model import Program
    from receptionist.config import Config
    from receptionist.directory.directory import Directory

_CONFIG = click.option("--config", "config_file", type=PATH, help="The settings file.")
_DRY = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


@click.group()
def privacy() -> None:
    """Delete, erase or export personal data."""


@privacy.command()
@_DRY
@_CONFIG
def purge(dry_run: bool, config_file: Path | None) -> None:
    """Delete what is older than the settings allow; the kiosk does so at its start and daily.

    Exit status: 0 done, 1 it could not be done and why.
    """
    with _opened(config_file) as (config, directory):
        from receptionist.privacy import purge as purge_data

        if not dry_run:
            directory.forget_expired()
        counts = purge_data(config, directory.database, directory.today(), dry=dry_run)
    _report("would delete" if dry_run else "deleted", counts)


@privacy.command()
@click.argument("name")
@click.option("--host", is_flag=True, help="Also as a host of this house.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_DRY
@_CONFIG
def erase(name: str, host: bool, yes: bool, dry_run: bool, config_file: Path | None) -> None:
    """Erase the person called NAME from database, outbox, badges and journals.

    Exit status: 0 all is erased, 1 something had to be kept and why, or it could not be done.
    """
    _needs(name)
    with _opened(config_file) as (config, directory):
        from receptionist.privacy.person import erase_person

        program = _program(config)
        planned = erase_person(config, directory.database, program, name, host=host, dry=True)
        _report("would erase" if dry_run else "to erase", planned.counts)
        done = planned
        if not dry_run and any(planned.counts.values()):
            if not yes:
                click.confirm(f"Erase {name}?", abort=True, err=True)
            done = erase_person(config, directory.database, program, name, host=host)
            click.echo("erased")
    for sentence in done.kept:
        click.echo(f"miron: kept: {sentence}", err=True)
    sys.exit(1 if done.kept else 0)


@privacy.command()
@click.argument("name")
@click.option("-o", "--output", type=PATH, help="Write this file instead of standard output.")
@_CONFIG
def export(name: str, output: Path | None, config_file: Path | None) -> None:
    """Write all that is known about the person called NAME as JSON.

    Exit status: 0 done, 1 it could not be done and why.
    """
    _needs(name)
    with _opened(config_file) as (config, directory):
        from receptionist.privacy.person import export_person

        facts = export_person(config, directory.database, _program(config), name)
        text = json.dumps(facts, ensure_ascii=False, indent=2)
        if output is not None:
            output.touch(0o600)
            output.write_text(text + "\n", encoding="utf-8")
        else:
            click.echo(text)


def _needs(name: str) -> None:
    if not name.strip():
        fail("say whom: a name", 2)


@contextmanager
def _opened(config_file: Path | None) -> Iterator[tuple[Config, Directory]]:
    from receptionist.config import ConfigError, load_config
    from receptionist.directory import DirectoryError, open_directory

    try:
        config = load_config(config_file)
        yield config, open_directory(config.database, create=False, timeout_s=config.database_timeout_s)
    except ConfigError as fault:
        fail("\n".join(fault.problems))
    except (DirectoryError, OSError) as fault:
        fail(str(fault))


def _program(config: Config) -> Program:
    from miron.source import ModelError
    from receptionist.dialogue import load_dialogue

    try:
        return load_dialogue(config.dialogue).program
    except ModelError as fault:
        report_problems(fault.problems)
        fail("this dialogue has mistakes, so it cannot be said what is private in journals")


def _report(what: str, counts: Mapping[str, int]) -> None:
    shown = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    click.echo(f"{what}: {shown or 'nothing'}")
