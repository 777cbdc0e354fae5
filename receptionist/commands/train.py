"""``miron train``: understanding beyond the sentences written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from receptionist.commands.common import PATH, fail, report_problems

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from receptionist.trained import Trained

NICE = 15
"""How far a training beside the kiosk steps back, as Unix niceness."""


@click.command()
@click.argument("dialogue", required=False, type=PATH)
@click.option("--data", multiple=True, type=PATH, help="More sentences: Rasa NLU or Home Assistant YAML.")
@click.option("--locale", "locales", multiple=True, help="Only this language; repeatable.")
@click.option("--again", is_flag=True, help="Train also what is trained already.")
@click.option("--aside", is_flag=True, help="At low priority and without a word.")
def train(
    dialogue: Path | None, data: tuple[Path, ...], locales: tuple[str, ...], again: bool, aside: bool
) -> None:
    """Train the understanding of DIALOGUE on sentences made up from its Mirons; needs torch.

    Exit status: 0 trained, 1 it cannot be trained and says why, 2 wrong use.
    """
    from miron.source import ModelError
    from receptionist.dialogue import load_dialogue
    from receptionist.trained import trainable

    if aside and hasattr(os, "nice"):
        os.nice(NICE)
    try:
        compiled = load_dialogue(dialogue)
        known = trainable(compiled)
        for locale in locales:
            if locale not in known:
                fail(f"there is no language '{locale}' to train, only {', '.join(known) or 'none'}", 2)
        for locale in locales or known:
            made = _train(compiled, locale, data, again, aside)
            if not aside:
                _tell(made)
    except ModelError as fault:
        report_problems(fault.problems)
        fail("with these mistakes nothing can be trained")
    if not known:
        fail("there is too little to train on: no language has three Mirons that visitors may say")


def _train(compiled: Compiled, locale: str, data: tuple[Path, ...], again: bool, aside: bool) -> Trained:
    from miron.learn import TrainingError
    from receptionist.trained import models_folder, train_language

    extra, outside = _extra(compiled, locale, data)
    try:
        if aside or not sys.stderr.isatty():
            return train_language(
                compiled, locale, models_folder(), extra=extra, out_of_scope=outside, again=again
            )
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(f"Training {locale}", total=1.0)
            return train_language(
                compiled,
                locale,
                models_folder(),
                extra=extra,
                out_of_scope=outside,
                again=again,
                progress=lambda share: bar.update(task, completed=share),
            )
    except ImportError as fault:
        if fault.name != "torch":
            raise
        fail("training needs torch: pip install 'miron[train]'")
    except (TrainingError, OSError) as fault:
        fail(f"the understanding of '{locale}' cannot be trained: {fault}")


def _extra(compiled: Compiled, locale: str, data: tuple[Path, ...]):  # type: ignore[no-untyped-def]
    """The author's sentences in this language, and those that mean nothing here."""
    if not data:
        return [], []
    from dsl.training_data import read_training_data
    from miron.learn.sampling import Plain, plain_example
    from receptionist.trained import heard_mirons

    read = read_training_data(data, heard_mirons(compiled), locale, first=locale == compiled.locales[0])
    examples = [plain_example(example, locale) for example in read.examples]
    return examples, [Plain.of(text, locale).text for text in read.out_of_scope]


def _tell(made: Trained) -> None:
    took = f"trained in {made.seconds:.0f} s" if made.seconds else "trained before"
    extra = f" ({made.extra} of them yours)" if made.extra else ""
    click.echo(
        f"{made.locale}: {took} on {made.sentences} sentences{extra}; "
        f"of fresh ones {100 * made.accuracy:.1f} % understood, {100 * made.frames:.1f} % with all values; "
        f"{made.size / 1e6:.1f} MB, version {made.version}"
    )
