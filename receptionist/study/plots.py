"""Plots of a study as SVG, made with Matplotlib (extra ``study``)."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from receptionist.study.comparison import Comparison, Difference, ExtraMissing, by_participant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Told apart by people who see colours differently too (Okabe and Ito 2008)."""
_GREY: Final = "#6b6b6b"
_COLUMNS: Final = 3


def measures_plot(
    rows: Sequence[Mapping[str, Any]],
    comparison: Comparison,
    measures: Sequence[str],
    conditions: Sequence[str],
    label: Callable[[str], str],
    *,
    paired: bool,
) -> str:
    """Each measure by condition: a dot for each participant, mean and interval beside.

    Lines join the dots of one participant where the design is paired.
    """
    figure = _figure(10, 2.6 * ((len(measures) + _COLUMNS - 1) // _COLUMNS))
    height = (len(measures) + _COLUMNS - 1) // _COLUMNS
    for place, measure in enumerate(measures, 1):
        axes = figure.add_subplot(height, _COLUMNS, place)
        values = {name: by_participant(rows, measure, name) for name in conditions}
        _people(axes, values, conditions, paired)
        for index, name in enumerate(conditions):
            summary = next(s for s in comparison.summaries if (s.measure, s.condition) == (measure, name))
            _mean(axes, index + 0.22, summary.mean, summary.interval, COLOURS[index % len(COLOURS)])
        axes.set_title(label(measure), fontsize=10, loc="left")
        axes.set_xticks(range(len(conditions)), conditions)
        axes.set_xlim(-0.5, len(conditions) - 0.5)
        _plain(axes)
    return _svg(figure)


def effects_plot(differences: Sequence[Difference], label: Callable[[str], str]) -> str:
    """Effect sizes with their intervals, one line each."""
    figure = _figure(8, 0.8 + 0.34 * len(differences))
    axes = figure.add_subplot(1, 1, 1)
    for line, each in enumerate(reversed(differences)):
        if each.effect is None:
            continue
        if each.effect_interval:
            axes.plot(each.effect_interval, [line, line], color=COLOURS[0], linewidth=1.6)
        axes.plot([each.effect], [line], "o", color=COLOURS[0], markersize=6)
    axes.axvline(0, color=_GREY, linewidth=0.8)
    names = [f"{label(each.measure)}: {each.second} − {each.first}" for each in reversed(differences)]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlabel("effect size (standard deviations) with 95 % interval")
    _plain(axes)
    return _svg(figure)


def _people(
    axes: Axes, values: Mapping[str, Mapping[str, float]], conditions: Sequence[str], paired: bool
) -> None:
    if paired:
        for who in sorted({who for those in values.values() for who in those}):
            points = [(x, values[name][who]) for x, name in enumerate(conditions) if who in values[name]]
            axes.plot(*zip(*points, strict=True), color=_GREY, linewidth=0.7, alpha=0.45)
    for index, name in enumerate(conditions):
        those = list(values[name].values())
        axes.plot(
            [index] * len(those),
            those,
            "o",
            color=COLOURS[index % len(COLOURS)],
            alpha=0.45,
            markersize=5,
            markeredgewidth=0,
        )


def _mean(
    axes: Axes, x: float, value: float | None, interval: tuple[float, float] | None, colour: str
) -> None:
    if value is None:
        return
    if interval:
        axes.plot([x, x], interval, color=colour, linewidth=2)
    axes.plot([x], [value], "D", color=colour, markersize=6)


def _plain(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=9, length=3)


def _figure(width: float, height: float) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ExtraMissing("a report needs Matplotlib: pip install 'miron[study]'") from None
    return Figure(figsize=(width, height), layout="constrained")


def _svg(figure: Figure) -> str:
    import matplotlib

    out = io.StringIO()
    # Letters as paths: it looks the same everywhere. A fixed salt and no date: the same study, the same file.
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "miron"}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
