"""Draws the learning curves of a report: one thin line per run, one colour per row."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fer_lightning.results.figures.layout import (
    SMALL_SIZE,
    TEXT_SIZE,
    axes_at,
    heading,
    heading_height,
    legend_height,
    write_heading,
    write_legend,
)
from fer_lightning.results.figures.scales import epoch_ticks, worded
from fer_lightning.results.metric_names import is_fraction, label
from fer_lightning.results.style import FAINT, GRID, MUTED, PAD, TRAIN, VAL, styled, text_width, wrap

WIDTH, PLOT_HEIGHT = 4.2, 2.9  # inches: the page's inner width, scale included
BELOW, STROKE = 0.42, 0.34  # inches for the scale, before a name of the legend
COLOURS = (VAL, TRAIN, "#3f7d4e", "#8a3a7b", "#2492b4", "#b99415", "#c4473a", MUTED)
DASHES = ("-", (0, (4, 1.5)))  # of the first four and the last four: colours alone do not tell eight rows apart


EPOCHS, ITERATIONS = OVER = ("epochs", "iterations")  # what a curve goes over


class History(NamedTuple):
    """A metric over K epochs from 1, ascending; K finite values.

    Attributes:
        epochs: whole numbers.
        values: as logged, at the end of each epoch.
        iterations: steps of the optimizer until then, from 1; none where the file does not say.
    """

    epochs: Sequence[int]
    values: Sequence[float]
    iterations: Sequence[float] = ()

    def at(self, over: str) -> Sequence[float]:
        """Where the values stand, in `epochs` or `iterations`."""
        return self.iterations if over == ITERATIONS else self.epochs


class Bundle(NamedTuple):
    """The curves of one row."""

    name: str
    curves: Sequence[History]


def mean(curves: Sequence[History]) -> History:
    """Of several runs, over the epochs that each of them has; of iterations, which folds differ in, the mean too."""
    shared = sorted(set.intersection(*(set(curve.epochs) for curve in curves)))
    values = [dict(zip(curve.epochs, curve.values, strict=True)) for curve in curves]
    counted = all(curve.iterations for curve in curves)
    steps = [dict(zip(curve.epochs, curve.iterations, strict=True)) for curve in curves] if counted else []
    return History(
        shared,
        [fmean(of[epoch] for of in values) for epoch in shared],
        [fmean(of[epoch] for of in steps) for epoch in shared] if counted else (),
    )


@styled
def curve_bundles(bundles: Sequence[Bundle], metric: str, subtitle: str = "", over: str = EPOCHS) -> Figure:
    """A metric over epochs or iterations from 1: one thin line per run, and a thick one for the mean of a row.

    The mean is there where it has every run. The legend stands below, so that names may be long.

    Args:
        bundles: one to eight, each with at least one curve.
        metric: what the curves show.
        subtitle: a line of its own; which rows and runs are shown.
        over: `epochs` or `iterations`, which every curve must have.
    """
    if not 0 < len(bundles) <= len(COLOURS) or not all(bundle.curves for bundle in bundles):
        raise ValueError(f"curve_bundles takes 1 to {len(COLOURS)} bundles, and none without curves")
    scale = 100 if is_fraction(metric) else 1
    legend = [wrap(bundle.name, WIDTH - STROKE - 0.1, TEXT_SIZE) for bundle in bundles]
    details = f"{label(metric)}{' (%)' if scale == 100 else ''} over {over}; thin: a run, thick: mean of a row"
    lines = heading("Learning curves", subtitle, details, WIDTH)
    bottom = PAD + legend_height(legend) + 0.12 + BELOW
    figure = Figure(figsize=(WIDTH + 2 * PAD, bottom + PLOT_HEIGHT + 0.12 + heading_height(lines) + PAD))
    write_heading(figure, lines)
    axes = _frame(figure, bottom, [curve for bundle in bundles for curve in bundle.curves], scale, over)
    for number, bundle in enumerate(bundles):
        if len(bundle.curves) > 1:
            for curve in bundle.curves:
                _draw(axes, curve, scale, number, over, linewidth=0.7, alpha=0.4)
        _draw(axes, mean(bundle.curves), scale, number, over, linewidth=1.7, zorder=3)
    write_legend(figure, legend, WIDTH, STROKE, _stroke)
    return figure


def _frame(figure: Figure, bottom: float, curves: Sequence[History], scale: int, over: str) -> Axes:
    values = [scale * value for curve in curves for value in curve.values]
    air = 0.06 * (max(values) - min(values)) or 1.0
    low, high = min(values) - air, max(values) + air
    if scale == 100:
        low, high = max(low, 0.0), min(high, 100.0)
    places = MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    ticks = worded([float(tick) for tick in places if low <= tick <= high])
    left = max(text_width(text, SMALL_SIZE) for text in ticks.values()) + 0.08
    first, last = (int(end(at for curve in curves for at in curve.at(over))) for end in (min, max))
    across = WIDTH - left - 0.06
    axes = axes_at(figure, PAD + left, bottom, across, PLOT_HEIGHT)
    axes.set(xlim=(first, last) if first < last else (first - 1, first + 1), ylim=(low, high))
    axes.set_xticks(at := epoch_ticks(first, last), [f"{tick:,}" for tick in at], fontsize=SMALL_SIZE)
    axes.set_yticks(list(ticks), list(ticks.values()), fontsize=SMALL_SIZE)
    axes.tick_params(axis="y", length=0, pad=4)
    axes.tick_params(axis="x", length=3, color=FAINT, pad=3)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    width, height = figure.get_size_inches()
    middle, below = (PAD + left + across / 2) / width, (bottom - BELOW) / height
    figure.text(middle, below, over.removesuffix("s"), ha="center", va="bottom", fontsize=SMALL_SIZE, color=MUTED)
    return axes


def _draw(axes: Axes, curve: History, scale: int, number: int, over: str, **look: Any) -> None:
    mark = "o" if len(curve.epochs) == 1 else ""  # a line of one point is nothing
    values = [scale * value for value in curve.values]
    axes.plot(curve.at(over), values, marker=mark, markersize=4, clip_on=False, **_colour(number), **look)


def _colour(number: int) -> dict[str, Any]:
    return {"color": COLOURS[number], "linestyle": DASHES[number * len(DASHES) // len(COLOURS)]}


def _stroke(axes: Axes, number: int, y: float) -> None:
    axes.plot([0, STROKE - 0.08], [y, y], **_colour(number), linewidth=1.8)
