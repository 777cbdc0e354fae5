"""``miron run``: the receptionist."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from receptionist.commands.common import PATH, fail, report_problems


@click.command()
@click.option("--text", is_flag=True, help="No screen: read visitors' lines from standard input.")
@click.option("--dialogue", type=PATH, help="Another dialogue than the receptionist's.")
@click.option("--config", "config_file", type=PATH, help="The settings file.")
@click.option("--journal", type=PATH, help="Where this session is recorded.")
@click.option("--locale", default="", help="Language to begin with, such as en.")
@click.option("--seed", type=int, help="Of every choice among sentences.")
@click.option("--body", is_flag=True, help="With --text: also print gestures, emotions and gaze.")
@click.option("--locked", is_flag=True, help="Kiosk mode: no way out by keyboard or mouse.")
@click.option("--touch-keyboard", is_flag=True, help="Offer keys on the screen when typing is asked for.")
@click.option("--developer", is_flag=True, help="F2 shows inner speech and the rules in force.")
def run(
    text: bool,
    dialogue: Path | None,
    config_file: Path | None,
    journal: Path | None,
    locale: str,
    seed: int | None,
    body: bool,
    locked: bool,
    touch_keyboard: bool,
    developer: bool,
) -> None:
    """Run the receptionist: the kiosk on this terminal, or --text for lines.

    Exit status: 0 ended properly (also by Ctrl-C), 1 it cannot start and says why, 2 wrong use.
    """
    from miron.source import ModelError
    from receptionist.config import ConfigError, load_config
    from receptionist.reception import open_reception

    try:
        config = load_config(config_file)
        reception = open_reception(config, dialogue=dialogue, journal=journal, locale=locale, seed=seed)
    except ConfigError as fault:
        fail("\n".join(fault.problems))
    except ModelError as fault:
        report_problems(fault.problems)
        fail("this dialogue has mistakes, so the receptionist does not start")
    except (OSError, ValueError) as fault:
        fail(f"the receptionist cannot start: {fault}")
    if locale and locale not in reception.compiled.locales:
        fail(f"this dialogue has no language '{locale}', only {', '.join(reception.compiled.locales)}", 2)
    try:
        if text:
            from receptionist.text_mode import run_text

            piped = not sys.stdin.isatty()
            if not piped:
                click.echo("Say something; Ctrl-D ends.", err=True)
            run_text(reception, sys.stdin, sys.stdout, echo=piped, body=body)
        else:
            from receptionist.screen import run_screen

            run_screen(reception, locked=locked, touch_keyboard=touch_keyboard, developer=developer)
    except KeyboardInterrupt:
        reception.session.close("interrupted")
        click.echo("", err=True)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; nothing is left to say
    finally:
        reception.close()
