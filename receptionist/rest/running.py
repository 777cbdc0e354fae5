"""``miron serve``: the agent for clients of Rasa, until it is told to end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from receptionist.answers.serving import answer_page
from receptionist.dialogue import load_dialogue
from receptionist.reception import Reception, open_reception
from receptionist.rest.parsing import parse
from receptionist.rest.server import RestServer
from receptionist.rest.sessions import Senders
from receptionist.scripted import Invented, open_invented
from receptionist.settings import Listening
from receptionist.text_mode import NAMES_WAIT_S

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from receptionist.config import Config


@dataclass(frozen=True, slots=True)
class Served:
    """An agent that opens a session for each sender.

    Attributes:
        compiled: The dialogue, read once.
        first: A session that is never begun: its language answers what a text means, its desk is everyone's.
    """

    config: Config
    compiled: Compiled
    first: Reception
    fixture: Path | None
    locale: str
    seed: int | None

    def open(self) -> tuple[Reception, Invented]:
        """A session for a new sender; with a fixture each has a desk of its own."""
        if self.fixture is not None:
            return open_invented(
                self.config,
                self.fixture,
                None,
                compiled=self.compiled,
                locale=self.locale,
                seed=self.seed,
            )
        reception = open_reception(
            self.config, compiled=self.compiled, locale=self.locale, seed=self.seed, desk=self.first.desk
        )
        reception.language.listen_with(self.first.language.trained)
        return reception, Invented()


def open_served(
    config: Config, dialogue: Path | None, fixture: Path | None, locale: str, seed: int | None
) -> Served:
    """Read the dialogue and the fixture.

    Raises:
        ModelError: They have mistakes.
        DirectoryError: What the fixture says of hosts and visits does not have the right shape.
        ValueError: The dialogue does not have the language.
    """
    compiled = load_dialogue(dialogue or config.dialogue)
    if locale and locale not in compiled.locales:
        raise ValueError(f"this dialogue has no language '{locale}', only {', '.join(compiled.locales)}")
    if fixture is not None:
        first, _ = open_invented(config, fixture, None, compiled=compiled, locale=locale, seed=seed)
    else:
        first = open_reception(config, compiled=compiled, locale=locale, seed=seed)
        first.use_trained()
    return Served(config, compiled, first, fixture, locale, seed)


def run_served(served: Served, where: Listening, token: str) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        OSError: The address cannot be listened at.
    """
    asyncio.run(_serve(served, where, token))


async def _serve(served: Served, where: Listening, token: str) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    first = served.first
    server = RestServer(
        Senders(served.open, _tell),
        understanding(first),
        _tell,
        host=where.host,
        port=where.port,
        token=token,
    )
    with answer_page(served.config.answers, first.desk, first.troubles):
        try:
            address = await server.open()
            for trouble in first.troubles:
                _tell(trouble)
            click.echo(f"Clients of Rasa reach the agent at {address} (Ctrl-C ends it).")
            await ended.wait()
        finally:
            await server.close()
            first.close()


def understanding(reception: Reception) -> Callable[[str], dict[str, object]]:
    """Understands texts with the names in the directory."""
    reception.learn_names_aside()

    def understood(text: str) -> dict[str, object]:
        reception.await_names(NAMES_WAIT_S)
        return parse(reception.language, text, datetime.now())

    return understood


def _tell(trouble: str) -> None:
    if trouble:
        click.echo(f"miron: {trouble}", err=True)
