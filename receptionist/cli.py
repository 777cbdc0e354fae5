"""The command ``miron``: each verb is a few lines over a public function, loaded when it is called."""

from __future__ import annotations

import importlib
import sys

import click

VERBS = {
    "run": ("receptionist.commands.run", "run"),
    "check": ("receptionist.commands.author", "check"),
    "test": ("receptionist.commands.author", "test"),
    "graph": ("receptionist.commands.graph", "graph"),
    "diff": ("receptionist.commands.diff", "diff"),
    "train": ("receptionist.commands.train", "train"),
    "parse": ("receptionist.commands.language", "parse"),
    "say": ("receptionist.commands.language", "say"),
    "serve": ("receptionist.commands.serve", "serve"),
    "replay": ("receptionist.commands.replay", "replay"),
    "why": ("receptionist.commands.sessions", "why"),
    "study": ("receptionist.commands.study", "study"),
    "desk": ("receptionist.commands.desk", "desk"),
    "badge": ("receptionist.commands.badge", "badge"),
    "privacy": ("receptionist.commands.privacy", "privacy"),
    "hosts": ("receptionist.commands.lists", "hosts"),
    "visits": ("receptionist.commands.lists", "visits"),
    "new": ("receptionist.commands.new", "new"),
    "import": ("receptionist.commands.imports", "imports"),
    "schema": ("receptionist.commands.schema", "schema"),
    "doctor": ("receptionist.commands.machine", "doctor"),
}
"""Verb → module and name of its command."""

INNER = {"screen": ("receptionist.commands.screen", "screen")}
"""Verbs that other verbs start, and nobody else."""

HELP = {
    "run": "Run the receptionist: the kiosk, or --text for lines.",
    "check": "Check dialogues for mistakes.",
    "test": "Run the tests written beside a dialogue.",
    "graph": "Show a dialogue as a graph, take edits of it back.",
    "diff": "Say what two dialogues differ in, and what shows it.",
    "train": "Train understanding beyond the sentences written.",
    "parse": "Show how a sentence is understood, and why.",
    "say": "Say what a Miron can say.",
    "serve": "Serve the agent to clients of Rasa.",
    "replay": "Re-run recorded sessions and compare.",
    "why": "Say why a rule fired, or did not.",
    "study": "User studies: plan, measure, compare, report.",
    "desk": "The front desk's view: who waits, who is inside.",
    "badge": "Make a visitor's badge.",
    "privacy": "Delete, erase or export personal data.",
    "hosts": "Import, list or add hosts.",
    "visits": "Import, list or add visits.",
    "new": "Begin a receptionist, or a dialogue, of your own.",
    "import": "Carry dialogues of other systems over.",
    "schema": "Print the JSON Schema of dialogues, for editors.",
    "doctor": "Say what this machine has and what follows.",
}


class Verbs(click.Group):
    """Loads a verb's module only when the verb is used, so that ``miron --help`` is immediate."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order of a day's work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command."""
        found = VERBS.get(cmd_name) or INNER.get(cmd_name)
        if found is None:
            return None
        module, name = found
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with one line each, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(HELP.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click, with the nearest verb for a mistyped one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as fault:
            from miron.source import suggest

            near = suggest(args[0], list(VERBS))
            if near is None:
                raise
            raise click.UsageError(f"{fault.message} Did you mean '{near}'?", ctx) from None


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="miron")
def miron() -> None:
    """A dialogue and behaviour engine, and the virtual receptionist built on it."""


def main() -> None:
    """Entry point of the console command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    miron(prog_name="miron")
