"""Draws the score of each row of a report: mean, interval, single runs, and the paper's figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from fer_lightning.results.figures.layout import SMALL_SIZE, TEXT_SIZE, axes_at, heading, heading_height, write_heading
from fer_lightning.results.figures.scales import worded
from fer_lightning.results.metric_names import axis, is_fraction, label
from fer_lightning.results.style import INK, MUTED, PAD, TRAIN, VAL, styled, text_width, wrap

PLOT_WIDTH = 4.2  # inches: a phone shows the page almost in full size
NAME, BAND, AIR = 0.2, 0.2, 0.12  # inches: a line of a name, the strip below it, and what separates two rows
BELOW = 0.36  # inches for the scale
FURTHEST = 1.5  # an interval may reach this many times the spread of all scores beyond them; a longer one is cut off
GROUND, ONE_RUN = "#f1f3f6", "#8fb0d3"  # a run is lighter than the interval and darker than the ground


class Scored(NamedTuple):
    """What there is to draw of a row; fractions in 0..1 where the metric is one.

    Attributes:
        name: of the row.
        text: its score as the table prints it.
        mean: of its runs; None where no run has the metric.
        interval: its 95 % interval; None where it is unknown.
        runs: each run's value.
        paper: what the paper reports; None where that is unknown.
    """

    name: str
    text: str
    mean: float | None
    interval: tuple[float, float] | None = None
    runs: Sequence[float] = ()
    paper: float | None = None


class Dot(NamedTuple):
    """A row as drawn; numbers in the scale's unit.

    Attributes:
        names: the lines of its name.
        value: its score in words.
        mean: of its runs.
        ends: of the interval.
        runs: each alone; empty for a single one.
        paper: what the paper says.
        bold: whether it is better than all others by more than chance.
    """

    names: list[str]
    value: str
    mean: float
    ends: tuple[float, float] | None
    runs: list[float]
    paper: float | None
    bold: bool


@styled
def score_dots(rows: Sequence[Scored], metric: str, best: int | None = None, subtitle: str = "") -> Figure:
    """A dot and a line for each row, in the order given: the mean and its 95 % interval.

    Args:
        rows: at least one, each with a mean.
        metric: what was scored.
        best: place of the row that stands in bold.
        subtitle: a line of its own; which rows are shown.
    """
    if not rows or any(row.mean is None for row in rows):
        raise ValueError("score_dots takes at least one row, and none without a mean")
    dots = [_dot(row, metric, place == best) for place, row in enumerate(rows)]
    heights = [NAME * len(dot.names) + BAND + AIR for dot in dots]
    lines = heading(f"{_capital(label(metric))} of each row", subtitle, _details(dots), PLOT_WIDTH)
    figure = Figure(
        figsize=(PLOT_WIDTH + 2 * PAD, PAD + heading_height(lines) + 0.06 + sum(heights) + BELOW + PAD),
    )
    write_heading(figure, lines)
    axes = axes_at(figure, PAD, PAD + BELOW, PLOT_WIDTH, sum(heights))
    limits = _limits(dots, is_fraction(metric))
    axes.set(xlim=limits, ylim=(sum(heights), 0))  # a unit down is an inch
    ticks = _ticks(limits)
    top = 0.0
    for dot, height in zip(dots, heights, strict=True):
        _draw(axes, dot, top, limits, list(ticks))
        top += height
    axes.set_xticks(list(ticks), list(ticks.values()), fontsize=SMALL_SIZE)
    axes.set_yticks([])
    axes.tick_params(length=0, pad=2)
    axes.spines[:].set_visible(False)
    name = axis(metric)
    figure.text(0.5, PAD / figure.get_figheight(), name, ha="center", va="bottom", fontsize=SMALL_SIZE, color=MUTED)
    return figure


def _dot(row: Scored, metric: str, bold: bool) -> Dot:
    scale = 100 if is_fraction(metric) else 1
    room = PLOT_WIDTH - text_width(row.text, TEXT_SIZE, "bold") - 0.2
    return Dot(
        names=wrap(row.name, room, TEXT_SIZE, "bold" if bold else "normal"),
        value=row.text,
        mean=scale * (row.mean or 0.0),
        ends=None if row.interval is None else (scale * row.interval[0], scale * row.interval[1]),
        runs=[scale * value for value in row.runs] if len(row.runs) > 1 else [],
        paper=None if row.paper is None else scale * row.paper,
        bold=bold,
    )


def _details(dots: Sequence[Dot]) -> str:
    parts = {
        "dot: mean": True,
        "line: 95 % interval": any(dot.ends for dot in dots),
        "strokes: runs": any(dot.runs for dot in dots),
        "triangle: paper": any(dot.paper is not None for dot in dots),
    }
    return " · ".join(part for part, there in parts.items() if there)


def _limits(dots: Sequence[Dot], percent: bool) -> tuple[float, float]:
    """The span of all scores with as much of the intervals as leaves the scores apart."""
    scores = [v for dot in dots for v in (dot.mean, *dot.runs, dot.paper) if v is not None]
    ends = [end for dot in dots for end in dot.ends or ()]
    low, high = min(scores), max(scores)
    reach = max(FURTHEST * (high - low), 5.0 if percent else 0.1 * abs(high))
    low, high = max(min([low, *ends]), low - reach), min(max([high, *ends]), high + reach)
    air = 0.06 * (high - low) or 1.0
    return (max(low - air, 0.0), min(high + air, 100.0)) if percent else (low - air, high + air)


def _ticks(limits: tuple[float, float]) -> dict[float, str]:
    places = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(*limits)
    air = 0.03 * (limits[1] - limits[0])  # a number at the very edge would leave the figure
    return worded([float(tick) for tick in places if limits[0] + air <= tick <= limits[1] - air])


def _draw(axes: Axes, dot: Dot, top: float, limits: tuple[float, float], ticks: Sequence[float]) -> None:
    low, high = limits
    weight = "bold" if dot.bold else "normal"
    for line, name in enumerate(dot.names):
        y = top + NAME * (line + 0.5)
        axes.text(low, y, name, va="center", fontsize=TEXT_SIZE, fontweight=weight, color=INK)
    axes.text(high, top + NAME / 2, dot.value, ha="right", va="center", fontsize=TEXT_SIZE, fontweight=weight)
    upper, lower = top + NAME * len(dot.names), top + NAME * len(dot.names) + BAND
    middle = (upper + lower) / 2
    axes.add_patch(Rectangle((low, upper), high - low, BAND, facecolor=GROUND, linewidth=0))
    axes.vlines(ticks, upper, lower, color="white", linewidth=1.2)
    if dot.ends:
        shown = [max(dot.ends[0], low), min(dot.ends[1], high)]
        axes.plot(shown, [middle] * 2, color=VAL, linewidth=1.6, solid_capstyle="butt", zorder=3)
        for edge, beyond, mark in ((low, dot.ends[0] < low, "<"), (high, dot.ends[1] > high, ">")):
            if beyond:  # the interval goes on
                axes.plot([edge], [middle], mark, color=VAL, markersize=5, clip_on=False, zorder=4)
    axes.vlines(dot.runs, upper + 0.03, lower - 0.03, color=ONE_RUN, linewidth=1.1, zorder=2)
    if dot.paper is not None:
        # under the dot, which would hide it where both agree
        axes.plot([dot.paper], [lower], "^", color=TRAIN, markersize=7, markeredgecolor="white", clip_on=False)
    axes.plot([dot.mean], [middle], "o", color=VAL, markersize=6, markeredgecolor="white", clip_on=False, zorder=6)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
