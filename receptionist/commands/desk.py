"""``miron desk``: the front desk's view."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from receptionist.commands.common import PATH, fail


@click.command()
@click.option("--evacuation", is_flag=True, help="Print who is in the building, and end.")
@click.option("--pdf", type=PATH, metavar="FILE", help="With --evacuation: write a PDF instead.")
@click.option("--config", "config_file", type=PATH, help="The settings file.")
def desk(evacuation: bool, pdf: Path | None, config_file: Path | None) -> None:
    """Show who waits, who is in the building, today's visits and messages, while kiosks run.

    Exit status: 0 ended properly, 1 it cannot be shown and why, 2 wrong use.
    """
    from receptionist.actions.desk import DeskSource, open_desk
    from receptionist.badge import BadgeError
    from receptionist.config import ConfigError, load_config
    from receptionist.directory import DirectoryError

    if pdf is not None and not evacuation:
        raise click.UsageError("--pdf goes with --evacuation")
    try:
        config = load_config(config_file)
        source = DeskSource(lambda: open_desk(config))
        opened = source()
        if evacuation:
            from receptionist.desk.evacuation import as_pdf, as_text
            from receptionist.desk.texts import texts_for

            inside, texts = opened.directory.who_is_in(), texts_for(config.locale)
            if pdf is None:
                click.echo(as_text(inside, datetime.now(), texts), nl=False)
            else:
                pdf.write_bytes(as_pdf(inside, datetime.now(), texts, config.badge.font))
            return
    except ConfigError as fault:
        fail("\n".join(fault.problems))
    except (DirectoryError, BadgeError, OSError) as fault:
        fail(str(fault))
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        fail("the front desk's view needs a terminal; --evacuation prints without one")
    from receptionist.desk.app import DeskApp

    DeskApp(source, config.locale).run()
