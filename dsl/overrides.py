"""Changes to a dialogue that somebody else ships: its texts and rules, without touching its files.

A file of changes is a dialogue of the same name. What it declares under a known name replaces the keys it
gives (of a Miron: the languages it gives); what is new is added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from dsl.compiler import merged
from dsl.reader import read
from dsl.tree import MironDecl, Owner, Tree
from miron.source import ModelError, Problem

D = TypeVar("D")


def read_over(base: Path, changes: Path) -> Tree:
    """Read a dialogue with changes to it.

    Args:
        base: File or folder of the dialogue.
        changes: File or folder of the changes.

    Raises:
        ModelError: One of them cannot be read, or they are not of one dialogue.
    """
    ours, theirs = read(base), read(changes)
    if ours.dialogue is None or theirs.dialogue is None or ours.dialogue.name != theirs.dialogue.name:
        name = ours.dialogue.name.text if ours.dialogue else base.name
        span = theirs.dialogue.name.span if theirs.dialogue else None
        message = f"changes to '{name}' begin with 'dialogue: {name}'"
        raise ModelError([Problem("wrong-dialogue", message, span)])
    return Tree(
        _changed(ours.dialogue, theirs.dialogue),
        {**ours.modules, **theirs.modules},
        {**ours.sources, **theirs.sources},
        hashlib.sha256(f"{ours.hash}\n{theirs.hash}".encode()).hexdigest(),
    )


def _changed(base: Owner, changes: Owner) -> Owner:
    known = {use.instance.text for use in changes.use}
    tests = {test.name.text: test for test in (*base.tests, *changes.tests)}
    return replace(
        base,
        endings=tuple(dict.fromkeys((*(base.endings or ()), *(changes.endings or ())))) or None,
        use=(*(use for use in base.use if use.instance.text not in known), *changes.use),
        types={**base.types, **changes.types},
        memory={**base.memory, **changes.memory},
        services={**base.services, **changes.services},
        mirons=_over(base.mirons, changes.mirons, _miron),
        phrases={**base.phrases, **changes.phrases},
        questions=_over(base.questions, changes.questions, merged),
        rules=_over(base.rules, changes.rules, merged),
        tests=tuple(tests.values()),
        never=(*base.never, *changes.never),
        given={**(base.given or {}), **(changes.given or {})} or None,
    )


def _over(base: Mapping[str, D], changes: Mapping[str, D], merge: Callable[[D, D], D]) -> dict[str, D]:
    return {
        **base,
        **{name: merge(base[name], new) if name in base else new for name, new in changes.items()},
    }


def _miron(base: MironDecl, new: MironDecl) -> MironDecl:
    return replace(base, forms={**base.forms, **new.forms}, sets=new.sets or base.sets)
