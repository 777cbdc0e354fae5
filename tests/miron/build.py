"""Short ways to build Mirons for tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from miron.model import Forms, Miron, Slot
from miron.template import Template, parse

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties: a loaded machine is no reason to fail."""


def lines(text: str) -> tuple[Template, ...]:
    return tuple(parse(line.strip()) for line in text.strip().splitlines() if line.strip())


def slots(**types: str) -> dict[str, Slot]:
    """``visitor__name='person'`` is the memory entry ``visitor.name``."""
    named = {name.replace("__", "."): kind for name, kind in types.items()}
    return {name: Slot(name, kind, memory="." in name) for name, kind in named.items()}


def miron(
    name: str,
    text: str = "",
    *,
    locale: str = "en",
    gated: bool = False,
    said: str = "",
    heard: str = "",
    jinja: tuple[str, ...] = (),
    label: str | None = None,
    **types: str,
) -> Miron:
    forms = Forms(lines(text), lines(heard), lines(said), jinja, label)
    return Miron(name, forms={locale: forms}, slots=slots(**types), gated=gated)
