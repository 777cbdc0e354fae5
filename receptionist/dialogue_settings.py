"""The organisation's settings of a dialogue: `[settings]` of the settings file becomes memory.

A dialogue declares what may be set as memory entries `settings.NAME` that last with the kiosk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dsl.fixtures import SETTINGS, typed
from dsl.tree import Text
from dsl.types import Type
from engine.events import Assert
from miron.source import ModelError, Problem, Span, suggest

if TYPE_CHECKING:
    from dsl.compiler import Compiled
    from receptionist.config import Config
    from receptionist.settings import Setting


def settings_events(config: Config, compiled: Compiled) -> Sequence[Assert]:
    """What the settings file sets, as events for the beginning of a session.

    Raises:
        ModelError: The dialogue has no such setting, or the value is not of its type; all are listed.
    """
    known = {
        name.removeprefix(SETTINGS): name for name in compiled.env.tables.entries if name.startswith(SETTINGS)
    }
    problems: list[Problem] = []
    events = []
    for name, setting in config.settings.items():
        span = Span(str(config.file), setting.line, setting.column, setting.line, setting.column + len(name))
        if name not in known:
            said = f"known are {', '.join(sorted(known))}" if known else "it has none"
            message = f"the dialogue has no setting '{name}'; {said}"
            problems.append(Problem("unknown-setting", message, span, suggestion=suggest(name, tuple(known))))
            continue
        kind = compiled.env.tables.entries[known[name]][1]
        try:
            events.append(Assert(known[name], _value(setting, kind, span)))
        except ValueError as error:
            problems.append(Problem("bad-value", f"settings.{name} is {error}", span))
        except ModelError as fault:
            problems += fault.problems
    if problems:
        raise ModelError(problems)
    return events


def _value(setting: Setting, kind: Type, span: Span) -> Any:
    """A value of TOML as one of the dialogue's memory."""
    value = setting.value
    if kind.kind == "list" and kind.element is not None and isinstance(value, list):
        return [_scalar(item, kind.element, span) for item in value]
    return _scalar(value, kind, span)


def _scalar(value: Any, kind: Type, span: Span) -> Any:
    if kind.kind == "flag":
        if not isinstance(value, bool):
            raise ValueError(f"true or false, not {value!r}")
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"of type {kind.name}, not {value!r}")
    if kind.kind in ("number", "ordinal") and isinstance(value, str):
        raise ValueError(f"a number, not {value!r}")
    if kind.choices and value not in kind.choices:
        raise ValueError(f"one of {', '.join(kind.choices)}, not {value!r}")
    return typed(Text(str(value), span), kind)
