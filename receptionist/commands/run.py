"""``miron run``: the receptionist."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from receptionist.reception import Reception
    from receptionist.scripted import Invented
    from receptionist.settings import SpeechSettings


TIMES = [f"%Y-%m-%d{between}%H:%M{seconds}" for between in ("T", " ") for seconds in ("", ":%S")]


@click.command()
@click.option("--text", is_flag=True, help="No screen: read visitors' lines from standard input.")
@click.option("--jsonl", is_flag=True, help="For programs: JSON objects from standard input, a line each.")
@click.option("--fixture", type=PATH, help="With --text or --jsonl: an invented desk, from a YAML file.")
@click.option(
    "--now",
    type=click.DateTime(TIMES),
    metavar="TIME",
    help="With --text or --jsonl: when it begins, at the desk, such as 2026-01-05T09:30.",
)
@click.option("--dialogue", type=PATH, help="Another dialogue than the receptionist's.")
@click.option("--config", "config_file", type=PATH, help="The settings file.")
@click.option("--journal", type=PATH, help="Where this session is recorded.")
@click.option("--locale", default="", help="Language to begin with, such as en.")
@click.option("--seed", type=int, help="Of every choice among sentences.")
@click.option("--body", is_flag=True, help="With --text: also print gestures, emotions and gaze.")
@click.option("--web", is_flag=True, help="Show the kiosk to browsers, at the address of the settings.")
@click.option("--mute", is_flag=True, help="Neither speak nor listen: the conversation is in writing.")
@click.option("--recording", type=PATH, help="A WAV file that plays the visitor in place of the microphone.")
@click.option("--locked", is_flag=True, help="Kiosk mode: no way out by keyboard or mouse.")
@click.option("--touch-keyboard", is_flag=True, help="Offer keys on the screen when typing is asked for.")
@click.option("--watch", is_flag=True, help="Take over changes of the dialogue's files between visits.")
@click.option("--developer", is_flag=True, help="F2 shows inner speech and the rules in force.")
def run(
    text: bool,
    jsonl: bool,
    fixture: Path | None,
    now: datetime | None,
    dialogue: Path | None,
    config_file: Path | None,
    journal: Path | None,
    locale: str,
    seed: int | None,
    body: bool,
    web: bool,
    mute: bool,
    recording: Path | None,
    locked: bool,
    touch_keyboard: bool,
    watch: bool,
    developer: bool,
) -> None:
    """Run the receptionist: the kiosk on this terminal, --text for lines, --jsonl for programs.

    Exit status: 0 ended properly (also by Ctrl-C), 1 it cannot start and says why, 2 wrong use.
    """
    if text and jsonl:
        raise click.UsageError("--text and --jsonl exclude each other")
    if watch and (jsonl or web):
        raise click.UsageError("--watch goes with the kiosk or --text")
    if (fixture or now) and not (text or jsonl):
        raise click.UsageError("--fixture and --now go with --text or --jsonl")

    def opened() -> tuple[Reception, Invented | None]:
        from receptionist.config import load_config
        from receptionist.reception import open_reception

        config = load_config(config_file)
        if fixture is None and now is None:
            return open_reception(config, dialogue=dialogue, journal=journal, locale=locale, seed=seed), None
        from receptionist.scripted import open_invented

        return open_invented(
            config, fixture, now, dialogue=dialogue, journal=journal, locale=locale, seed=seed
        )

    from receptionist.answers.serving import answer_page

    reception, invented = _or_say_why(opened)
    if locale and locale not in reception.compiled.locales:
        fail(f"this dialogue has no language '{locale}', only {', '.join(reception.compiled.locales)}", 2)
    services = invented.services if invented else None
    begin = invented.begin if invented else ()
    hosts = ExitStack()
    try:
        if invented is None:
            hosts.enter_context(answer_page(reception.config.answers, reception.desk, reception.troubles))
        if (text or jsonl) and invented is None:  # what is invented comes out the same on every machine
            reception.use_trained()
        if jsonl:
            from receptionist.jsonl import run_jsonl
            from receptionist.jsonl_input import read_inputs

            inputs = read_inputs(sys.stdin.buffer)
            run_jsonl(reception, inputs, sys.stdout, services=services, begin=begin)
        elif text:
            from receptionist.text_mode import run_text

            piped = not sys.stdin.isatty()
            if not piped:
                click.echo("Say something; Ctrl-D ends.", err=True)
            reloader = None
            if watch:
                from receptionist.reload import Reloader

                reloader = Reloader(reception)
            run_text(
                reception,
                sys.stdin,
                sys.stdout,
                services=services,
                begin=begin,
                echo=piped,
                body=body,
                reloader=reloader,
            )
        else:
            from receptionist.screen import run_screen

            speech = None if mute else replace(reception.config.speech, recording=recording)
            if web:
                _run_web(reception, speech, touch_keyboard=touch_keyboard, developer=developer)
                return
            run_screen(
                reception,
                speech=speech,
                locked=locked,
                touch_keyboard=touch_keyboard,
                developer=developer,
                watch=watch,
            )
    except KeyboardInterrupt:
        reception.session.close("interrupted")
        click.echo("", err=True)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; nothing is left to say
    finally:
        hosts.close()
        reception.close()


def _run_web(
    reception: Reception, speech: SpeechSettings | None, *, touch_keyboard: bool, developer: bool
) -> None:
    try:
        from receptionist.web.running import run_web
    except ImportError:
        fail("the browser needs more packages: pip install 'miron[web]'")
    options = {"--touch-keyboard": touch_keyboard, "--developer": developer}
    run_web(reception, speech, tuple(option for option, chosen in options.items() if chosen))


def _or_say_why(
    opened: Callable[[], tuple[Reception, Invented | None]],
) -> tuple[Reception, Invented | None]:
    """What is opened; else why not, on standard error."""
    from miron.source import ModelError
    from receptionist.config import ConfigError
    from receptionist.directory import DirectoryError

    try:
        return opened()
    except ConfigError as fault:
        fail("\n".join(fault.problems))
    except ModelError as fault:
        report_problems(fault.problems)
        fail("with these mistakes the receptionist does not start")
    except (DirectoryError, OSError, ValueError) as fault:
        fail(f"the receptionist cannot start: {fault}")
