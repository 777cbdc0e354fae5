"""``miron schema``: the JSON Schema of dialogues, for editors."""

from __future__ import annotations

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of dialogue files, for completion in editors.

    Exit status: 0.
    """
    from dsl.schema import dialogue_schema

    click.echo(json.dumps(dialogue_schema(), ensure_ascii=False, indent=1))
