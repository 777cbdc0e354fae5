"""``miron badge``: a visitor's badge as PDF, or on paper."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from receptionist.commands.common import PATH, fail


@click.command()
@click.argument("visitor")
@click.option("--company", help="Where the visitor comes from.")
@click.option("--host", help="Whom the visitor sees.")
@click.option("--code", help="What the QR code says; without it, the visitor's name.")
@click.option("--locale", help="Language of the labels; without it, that of the settings.")
@click.option("-o", "--output", type=PATH, help="Write this file, and print nothing.")
@click.option("--config", "config_file", type=PATH, help="The settings file.")
def badge(
    visitor: str,
    company: str | None,
    host: str | None,
    code: str | None,
    locale: str | None,
    output: Path | None,
    config_file: Path | None,
) -> None:
    """Make VISITOR's badge; it is printed if the settings say how.

    Exit status: 0 done, 1 it could not be made or printed and why, 2 wrong use.
    """
    from receptionist.badge import Badge, BadgeError, make_pdf, print_badge
    from receptionist.config import ConfigError, load_config

    if not visitor.strip():
        fail("a badge needs a name", 2)
    try:
        config = load_config(config_file)
        wanted = Badge(visitor, company, host, date.today(), code or visitor, locale or config.locale)
        if output is not None:
            output.write_bytes(make_pdf(wanted, config.badge))
            return
        file, printed = print_badge(wanted, config.badge)
    except ConfigError as fault:
        fail("\n".join(fault.problems))
    except (BadgeError, OSError) as fault:
        fail(str(fault))
    click.echo(f"printed; the file is {file}" if printed else str(file))
