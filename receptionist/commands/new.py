"""``miron new``: a receptionist, or a dialogue, of one's own to begin with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import click

from receptionist.commands.common import PATH, fail

HOSTS = """\
id,name,also,email,phone,channel,team,deputy,locale
1,Grace Hopper,Amazing Grace,grace.hopper@example.org,+1 555 0100,,Compilers,Jean Bartik,en
2,Jean Bartik,,jean.bartik@example.org,,,Compilers,,en
3,Jürgen Müller,,juergen.mueller@example.org,,,Facilities,Jean Bartik,de
4,李娜,Li Na,li.na@example.org,,,Research,Grace Hopper,zh
"""

OVERRIDES = """\
# Changes to the receptionist that comes with Miron. What stands here under a name of its dialogue replaces
# the keys it gives (of a Miron: the languages it gives), what is new is added; its own files stay as they
# are. `miron check overrides.yaml` and `miron test overrides.yaml` look at both together.
dialogue: receptionist

mirons:
  # A sentence of ours instead of theirs.
  goodbye: Goodbye, and thank you for your visit!
  # A question of our visitors, and our answer.
  ask_parking:
    en:
      heard: |
        where (can|do) I park
        [is there] parking
      label: Parking
  parking_is: Visitors park on level two; the front desk validates your ticket.

rules:
  # A rule of ours beside theirs.
  parking: {when: hear ask_parking, do: {say: parking_is, gesture: nod}}

tests:
  parking is explained:
    - user: where can I park
    - bot: parking_is
"""

CHANGED = 'dialogue = "overrides.yaml"       # the receptionist that comes along, with your changes'

DIALOGUE = """\
# A dialogue to begin with: `miron check {name}.yaml`, `miron test {name}.yaml`,
# `miron run --text --dialogue {name}.yaml`.
dialogue: {name}
about: Greets visitors by name.
endings: [greeted, gone]
use:
  turn_taking: {{}}       # what happens when nothing, or nothing understandable, is answered

memory:
  visitor.name: person

mirons:
  hello: |
    (hello|hi|good morning)[ there]
  welcome: Hello! Welcome.
  what_is_your_name: What is your name, please?
  nice_to_meet_you: Nice to meet you, {{visitor.name.first}}!

questions:
  ask_name:
    fills: visitor.name
    prompt: what_is_your_name

rules:
  greet:
    when: hear hello
    do:
      - {{say: welcome, gesture: wave, feel: happy}}
      - {{ask: ask_name, failed: {{end: gone}}, cancelled: {{end: gone}}}}
      - {{say: nice_to_meet_you, gesture: nod}}
      - {{end: greeted}}

tests:
  a visitor is greeted by name:
    - user: hello
    - bot: welcome
    - asks: ask_name
    - user: Ada Lovelace
    - bot: nice_to_meet_you
    - end: greeted
"""


@click.group()
def new() -> None:
    """Begin a receptionist, or a dialogue, of your own.

    Exit status: 0 written, 1 something stands there already or cannot be written, 2 wrong use.
    """


@new.command()
@click.argument("folder", type=PATH, default=Path("receptionist"), metavar="[DIR]")
def receptionist(folder: Path) -> None:
    """Begin a receptionist in DIR: settings, a list of hosts, and changes to the dialogue."""
    from receptionist.config import TEMPLATE

    settings, found = re.subn(r"^# dialogue = .*$", CHANGED, TEMPLATE, flags=re.MULTILINE)
    assert found == 1
    _write(folder, {"config.toml": settings, "hosts.csv": HOSTS, "overrides.yaml": OVERRIDES})
    config = folder / "config.toml"
    click.echo(f"""{folder} holds
  config.toml     every setting with its default and unit, as comments
  hosts.csv       who receives visitors; next: miron hosts import {folder / "hosts.csv"} --config {config}
  overrides.yaml  your changes to the dialogue; next: miron test {folder / "overrides.yaml"}
and is run by: miron run --config {config}""")


@new.command()
@click.argument("name")
@click.argument("folder", type=PATH, default=Path("."), metavar="[DIR]")
def dialogue(name: str, folder: Path) -> None:
    """Begin a dialogue NAME in DIR: one question, and a test of it."""
    from dsl.names import name_fault

    fault = name_fault(name)
    if fault:
        raise click.UsageError(f"'{name}' cannot be the name of a dialogue: {fault}")
    _write(folder, {f"{name}.yaml": DIALOGUE.format(name=name)})
    click.echo(f"{folder / f'{name}.yaml'} is written; next: miron test {folder / f'{name}.yaml'}")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write new files; if one of them stands there already, none is written."""
    for name in files:
        if (folder / name).exists():
            fail(f"{folder / name} stands there already; nothing was written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with (folder / name).open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
    except OSError as error:
        fail(f"{folder} cannot be written: {error.strerror or error}")
