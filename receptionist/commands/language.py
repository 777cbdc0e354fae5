"""``miron parse`` and ``miron say``: one sentence through the Mirons, either way."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from miron.model import Act, TrainedModel


LAYERS = {
    "template": "the template",
    "tolerant": "the template, with words misspelt or passed over,",
    "model": "the trained model",
}
"""What answered, for people."""


def _compiled(dialogue: Path | None) -> Compiled:
    from miron.source import ModelError
    from receptionist.dialogue import load_dialogue

    try:
        return load_dialogue(dialogue)
    except ModelError as fault:
        report_problems(fault.problems)
        fail("this dialogue has mistakes")


@click.command()
@click.argument("sentences", nargs=-1)
@click.option("--dialogue", type=PATH, help="Another dialogue than the receptionist's.")
@click.option("--expect", multiple=True, metavar="MIRON", help="As if this Miron were expected; repeatable.")
@click.option("--locale", help="Language to listen in first.")
@click.option("--known", multiple=True, metavar="TYPE=NAME", help="A name in the live lexicon; repeatable.")
@click.option("--why", is_flag=True, help="Say which layer answered, by which template and words.")
@click.option(
    "--trained/--no-trained", default=None, help="With the trained model or without; with it if it is there."
)
@click.option(
    "--jsonl", is_flag=True, help="One JSON object for each sentence (from standard input if none)."
)
def parse(
    sentences: tuple[str, ...],
    dialogue: Path | None,
    expect: tuple[str, ...],
    locale: str | None,
    known: tuple[str, ...],
    why: bool,
    trained: bool | None,
    jsonl: bool,
) -> None:
    """Show how SENTENCES are understood."""
    from dsl.language import MironLanguage
    from miron.model import Expectation

    compiled = _compiled(dialogue)
    names: dict[str, list[str]] = {}
    for pair in known:
        kind, equals, name = pair.partition("=")
        if not equals:
            fail(f"--known takes TYPE=NAME, such as person=Grace Hopper, not '{pair}'", 2)
        names.setdefault(kind, []).append(name)
    understander = MironLanguage(compiled, names, _trained(compiled, trained)).understander
    expectations = [Expectation(_known_miron(compiled, name)) for name in expect]
    for text in sentences or (line.rstrip("\n") for line in sys.stdin):
        acts = understander.understand(text, expectations, locale=locale)
        if jsonl:
            click.echo(json.dumps({"text": text, "acts": [_act(act) for act in acts]}, ensure_ascii=False))
        else:
            _show(text, acts, why)


def _trained(compiled: Compiled, wanted: bool | None) -> TrainedModel | None:
    from receptionist.trained import load_guesser, models_folder

    if wanted is False:
        return None
    found, missing = load_guesser(compiled, models_folder())
    if wanted and found is None:
        fail(f"there is no trained model for {', '.join(missing)}; make it with miron train")
    return found


def _known_miron(compiled: Compiled, name: str) -> str:
    names = [miron.name for miron in compiled.mirons]
    for candidate in (name, f"turn_taking.{name}", f"{name}/value"):
        if candidate in names:
            return candidate
    from miron.source import suggest

    near = suggest(name, names)
    fail(f"no Miron is called '{name}'" + (f"; did you mean '{near}'?" if near else ""), 2)


def _show(text: str, acts: list[Act], why: bool) -> None:
    if not acts:
        click.echo(f"{text!r}: not understood")
        return
    for act in acts[0].sequence:
        slots = ", ".join(f"{slot} = {filled.value!r}" for slot, filled in act.entities.items())
        click.echo(f"{text!r}: {act.miron} ({act.confidence:.2f}{', ' + slots if slots else ''})")
        if why:
            reason = act.reason
            click.echo(f"  by {LAYERS[reason.method]}{f' {reason.template!r}' if reason.template else ''}")
            if reason.expected:
                click.echo("  expected just now")
            if reason.span is not None:
                click.echo(f"  at {reason.span}")
            for slot, words in reason.slots:
                click.echo(f"  {slot}: {words!r}")
            if reason.skipped:
                click.echo(f"  passed over: {' '.join(reason.skipped)}")
            for said, taken in reason.corrected:
                click.echo(f"  {said!r} taken for {taken!r}")
    for act in acts[1:]:
        click.echo(
            f"  or {act.miron} ({act.confidence:.2f}{f', by {LAYERS[act.reason.method]}' if why else ''})"
        )


def _act(act: Act) -> dict[str, Any]:
    from engine.journal import encode

    entities = {slot: json.loads(encode(filled.value)) for slot, filled in act.entities.items()}
    return {
        "miron": act.miron,
        "confidence": round(act.confidence, 3),
        "entities": entities,
        "locale": act.locale,
        "method": act.reason.method,
        "template": act.reason.template,
        "also": [_act(other) for other in act.also],
    }


@click.command()
@click.argument("miron")
@click.argument("values", nargs=-1)
@click.option("--dialogue", type=PATH, help="Another dialogue than the receptionist's.")
@click.option("--locale", default="", help="Language to speak.")
@click.option("--all", "every", is_flag=True, help="Every variant that these values allow.")
def say(miron: str, values: tuple[str, ...], dialogue: Path | None, locale: str, every: bool) -> None:
    """Say what MIRON can say, with VALUES such as visit.host="Grace Hopper"."""
    from dsl.language import MironLanguage
    from miron.generate import NothingToSay

    compiled = _compiled(dialogue)
    name = _known_miron(compiled, miron)
    given: dict[str, Any] = {}
    for pair in values:
        slot, equals, value = pair.partition("=")
        if not equals:
            fail(f"a value is written SLOT=VALUE, such as visit.host=\"Grace Hopper\", not '{pair}'", 2)
        given[slot] = value
    generator = MironLanguage(compiled).generator
    counts: list[int] = []

    def choose(_name: str, count: int) -> int:
        counts.append(count)
        return len(said) % count

    said: list[str] = []
    try:
        while True:
            text = generator.say(name, given, locale=locale or compiled.locales[0], choose=choose).text
            said.append(text)
            if not every or len(said) >= min(max(counts, default=1), 1000):
                break
    except NothingToSay as fault:
        fail(str(fault))
    for text in dict.fromkeys(said):
        click.echo(text)
