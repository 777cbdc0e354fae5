"""A study as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from receptionist.study.comparison import RESAMPLES, Comparison, Interval, compare
from receptionist.study.paradise import Regression, regress
from receptionist.study.protocol import Protocol
from receptionist.study.results import Results, questionnaires

LABELS: Final = {
    "success": "Task success",
    "values_right": "Attributes right",
    "turns": "Turns",
    "user_turns": "Turns of the visitor",
    "active_s": "Duration of the visit (s)",
    "duration_s": "Duration (s)",
    "no_input": "Silences",
    "not_understood": "Not understood",
    "repairs": "Repairs",
    "hand_overs": "Hand-overs",
    "word_error_rate": "Word error rate",
    "nlu_confidence_mean": "Confidence of understanding",
    "barge_ins": "Barge-ins",
    "help": "Calls for help",
}
SHOWN: Final = (
    "session",
    "participant",
    "condition",
    "task",
    "ending",
    "success",
    "turns",
    "active_s",
    "repairs",
)
MOST_SESSIONS: Final = 500
"""Of the table of sessions; the CSV has all."""


def measures_of(protocol: Protocol, results: Results) -> list[str]:
    """What is compared: the measures of the protocol that were measured, then all scales."""
    wanted = [*protocol.compare, *(results.scales or {})]
    return [name for name in dict.fromkeys(wanted) if any(_number(row.get(name)) for row in results.rows)]


def compared(protocol: Protocol, results: Results) -> Comparison:
    """The conditions of a study compared.

    Raises:
        ExtraMissing: SciPy is not installed.
    """
    return compare(
        results.rows,
        measures_of(protocol, results),
        [condition.name for condition in protocol.conditions],
        paired=protocol.within,
        seed=protocol.seed,
    )


def html_report(protocol: Protocol, results: Results) -> str:
    """The report.

    Raises:
        ExtraMissing: The extra ``study`` is not installed.
        QuestionnaireError: A questionnaire of the protocol is unknown.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from receptionist.study.plots import effects_plot, measures_plot

    names = [condition.name for condition in protocol.conditions]
    measures = measures_of(protocol, results)
    comparison = compared(protocol, results)
    titles = LABELS | dict(results.scales or {})

    def label(name: str) -> str:
        return titles.get(name, name.replace("_", " "))

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    told = [each for each in comparison.differences if each.effect is not None]
    return environment.get_template("report.html.j2").render(
        protocol=protocol,
        version=version("miron"),
        facts=_facts(protocol, results),
        notes=_notes(results),
        design=_design(protocol),
        conditions=_conditions(protocol, results),
        summaries=_summaries(comparison, measures, label),
        measures_image=_image(
            measures_plot(results.rows, comparison, measures, names, label, paired=protocol.within)
        ),
        differences=_differences(comparison, label),
        differences_caption=_caption(protocol),
        effect_name="d_z" if protocol.within else "Hedges’ g",
        effects_image=_image(effects_plot(told, label)) if told else "",
        scales=_scales(protocol, results),
        policies=_policies(protocol),
        kappas=[(name, _figure(value)) for name, value in (results.kappa or {}).items()],
        regression=_regression(protocol, results, label),
        session_columns=[LABELS.get(name, name) for name in SHOWN],
        sessions=[[_figure(row.get(name)) for name in SHOWN] for row in results.rows[:MOST_SESSIONS]],
        resamples=f"{RESAMPLES:,}",
    )


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and value == value


def _figure(value: Any) -> str:
    """A number with three figures that count; a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, float):
        text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
        return text.replace("-", "−").replace("e−0", " · 10^−")
    return str(value)


def _interval(interval: Interval) -> str:
    return "–" if interval is None else f"[{_figure(interval[0])}, {_figure(interval[1])}]"


def _image(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _facts(protocol: Protocol, results: Results) -> list[tuple[str, str]]:
    people = {row["participant"] for row in results.rows}
    ended = [row for row in results.rows if row.get("success") is not None]
    facts = [
        (str(len(people)), "participants"),
        (str(len(results.rows)), "sessions"),
        (str(len(protocol.conditions)), "conditions"),
    ]
    if ended:
        facts.append((f"{sum(row['success'] for row in ended)} of {len(ended)}", "with success"))
    return facts


def _notes(results: Results) -> list[str]:
    notes = list(results.troubles)
    if results.missing:
        notes.append(
            f"{len(results.missing)} planned sessions were not recorded: {', '.join(results.missing)}."
        )
    return notes


def _design(protocol: Protocol) -> str:
    how = {
        "latin": "in orders of a balanced Latin square",
        "all": "in all orders in turn",
        "random": "in random order",
        "fixed": "in the same order",
    }[protocol.order]
    if protocol.within:
        return f"Within participants: everybody met every condition, {how} (seed {protocol.seed})."
    blocks = f"dealt out in random blocks (seed {protocol.seed})"
    return f"Between participants: everybody met one condition, {blocks}."


def _conditions(protocol: Protocol, results: Results) -> list[dict[str, Any]]:
    return [
        {
            "name": condition.name,
            "about": condition.about,
            "participants": len({row["participant"] for row in own}),
            "sessions": len(own),
        }
        for condition in protocol.conditions
        for own in [[row for row in results.rows if row["condition"] == condition.name]]
    ]


def _summaries(comparison: Comparison, measures: Sequence[str], label: Any) -> list[dict[str, Any]]:
    return [
        {
            "label": label(measure),
            "cells": [
                {
                    "mean": f"{_figure(each.mean)} {_interval(each.interval)}",
                    "sd": _figure(each.sd),
                    "median": _figure(each.median),
                }
                for each in comparison.summaries
                if each.measure == measure
            ],
        }
        for measure in measures
    ]


def _differences(comparison: Comparison, label: Any) -> list[dict[str, Any]]:
    return [
        {
            "label": label(each.measure),
            "first": each.first,
            "second": each.second,
            "n": each.n,
            "difference": _figure(each.difference),
            "interval": _interval(each.interval),
            "effect": _figure(each.effect),
            "effect_interval": _interval(each.effect_interval),
        }
        for each in comparison.differences
    ]


def _caption(protocol: Protocol) -> str:
    if protocol.within:
        return (
            "Participants compared with themselves; n are those who met both. The effect size d_z is the "
            "mean difference over the standard deviation of the differences."
        )
    return (
        "Participants of different conditions compared. Hedges’ g is the difference over the pooled "
        "standard deviation, corrected for small samples."
    )


def _scales(protocol: Protocol, results: Results) -> list[dict[str, Any]]:
    return [
        {
            "title": scale.title,
            "questionnaire": questionnaire.title,
            "source": questionnaire.source,
            "count": len(scale.items),
            "alpha": _figure((results.reliability or {}).get(scale.name)),
        }
        for questionnaire in questionnaires(protocol)
        for scale in questionnaire.scales
    ]


def _policies(protocol: Protocol) -> Iterable[str]:
    for each in questionnaires(protocol):
        policy = protocol.missing or each.missing
        what = {
            "none": "a scale with an answer missing has no score",
            "middle": "the middle of the scale stands for a missing answer",
            "mean": f"the mean of those given stands for a missing answer, if {each.answered:.0%} are there",
        }[policy]
        yield f"{each.title}: {what}."


def _regression(protocol: Protocol, results: Results, label: Any) -> dict[str, Any] | None:
    if not protocol.satisfaction:
        return None
    found: Regression = regress(results.rows, protocol.satisfaction)
    return {
        "satisfaction": label(found.satisfaction),
        "n": found.n,
        "weights": [(label(name), _figure(weight)) for name, weight in found.weights.items()],
        "r_squared": "" if found.r_squared is None else _figure(found.r_squared),
        "adjusted": _figure(found.adjusted),
        "warnings": found.warnings,
    }
