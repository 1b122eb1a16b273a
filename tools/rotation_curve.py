"""Draws the test accuracy of models over the angle by which faces are rotated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_lightning.results.figures.layout import SMALL_SIZE, TEXT_SIZE, axes_at, heading, heading_height, write_heading
from fer_lightning.results.figures.scales import apart
from fer_lightning.results.style import FAINT, GRID, INK, MUTED, PAD, TRAIN, VAL, shorten, styled, text_width

PLOT_WIDTH, PLOT_HEIGHT = 4.2, 2.8  # inches
ABOVE, BELOW, LEFT = 0.3, 0.42, 0.42  # inches for the name of the scale, the scale of angles and that of accuracy
LABEL_WIDTH = 2.2  # inches of a line's name at most
COLOURS = (VAL, TRAIN, "#3f7d4e", "#8a3a7b", MUTED, INK)
MARKERS, DASHES = "osD^vX", ("-", (0, (5, 2)), (0, (1.5, 1.5)))
LEADING = 0.15  # inches from one name to the next
BESIDE = 0.07  # inches between the intervals of two models at one angle, which would hide each other


class Point(NamedTuple):
    """What one test at one angle reached.

    Attributes:
        angle: degrees, 0 or more, to both sides.
        accuracy: a fraction in 0..1.
        low: lower end of its 95 % interval.
        high: upper end.
    """

    angle: float
    accuracy: float
    low: float
    high: float


class Line(NamedTuple):
    """The points of one model, by rising angle."""

    label: str
    points: Sequence[Point]


@styled
def draw_rotation_curve(lines: Sequence[Line], subtitle: str = "", details: str = "") -> Figure:
    """Test accuracy with its 95 % interval over the angle by which the images are turned, a line a model.

    Args:
        lines: at least one, each with at least one point; from the seventh on colours come again, with other dashes.
        subtitle: a line of its own; what was tested.
        details: a remark below it.
    """
    if not lines or not all(line.points for line in lines):
        raise ValueError("draw_rotation_curve takes at least one line, and no line without points")
    labels = [shorten(line.label, LABEL_WIDTH, SMALL_SIZE) for line in lines]
    right = max(text_width(label, SMALL_SIZE) for label in labels) + 0.24
    width = 2 * PAD + LEFT + PLOT_WIDTH + right
    heads = heading("Accuracy over the angle", subtitle, details, width - 2 * PAD)
    tall = max(PLOT_HEIGHT, LEADING * (len(lines) + 1))
    figure = Figure(figsize=(width, PAD + BELOW + tall + ABOVE + heading_height(heads) + PAD))
    write_heading(figure, heads)
    axes = axes_at(figure, PAD + LEFT, PAD + BELOW, PLOT_WIDTH, tall)
    angles = sorted({point.angle for line in lines for point in line.points})
    _frame(axes, angles, tall)
    for number, line in enumerate(lines):
        shift = BESIDE * (number - (len(lines) - 1) / 2) / PLOT_WIDTH * np.ptp(axes.get_xlim())
        _draw(axes, line, number, float(shift))
    # a line may end before the others do: its name stands at the height where it ends
    heights = apart([line.points[-1].accuracy for line in lines], LEADING / tall, top=1 - 0.06 / tall)
    for number, (label, y) in enumerate(zip(labels, heights, strict=True)):
        x = 1 + 0.14 / PLOT_WIDTH
        axes.text(x, y, label, transform=axes.transAxes, va="center", fontsize=SMALL_SIZE, color=_colour(number))
    return figure


def _frame(axes: Axes, angles: Sequence[float], tall: float) -> None:
    first, last = angles[0], angles[-1]
    air = 0.04 * (last - first) or 1
    axes.set(xlim=(first - air, last + air), ylim=(0, 100))
    axes.set_xticks(ticks := _ticks(angles, last - first + 2 * air), [f"{a:g}" for a in ticks], fontsize=SMALL_SIZE)
    axes.set_yticks(range(0, 101, 20), [str(tick) for tick in range(0, 101, 20)], fontsize=SMALL_SIZE)
    axes.tick_params(axis="y", length=0, pad=4)
    axes.tick_params(axis="x", length=3, color=FAINT, pad=3)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.text(0, 1 + 0.12 / tall, "test accuracy (%)", transform=axes.transAxes, fontsize=TEXT_SIZE, color=INK)
    name = "turned to either side by (degrees)"
    axes.text(0.5, -0.39 / tall, name, transform=axes.transAxes, ha="center", fontsize=SMALL_SIZE, color=MUTED)


def _ticks(angles: Sequence[float], span: float) -> list[float]:
    """The angles that were tested, but for those whose number would touch that of the one before."""
    shown: list[float] = []
    for angle in angles:
        wide = text_width(f"{angle:g}", SMALL_SIZE) + 0.12
        if not shown or (angle - shown[-1]) / span * PLOT_WIDTH >= wide:
            shown.append(angle)
    return shown


def _draw(axes: Axes, line: Line, number: int, shift: float) -> None:
    x = [point.angle + shift for point in line.points]
    y = [100 * point.accuracy for point in line.points]
    colour, dash = _colour(number), DASHES[number // len(COLOURS) % len(DASHES)]
    marker = MARKERS[number % len(MARKERS)]
    for point in line.points:
        ends = [100 * point.low, 100 * point.high]
        axes.plot([point.angle + shift] * 2, ends, color=colour, linewidth=1.2, alpha=0.55, solid_capstyle="butt")
    axes.plot(x, y, color=colour, linewidth=1.5, linestyle=dash, marker=marker, markersize=4.2, clip_on=False, zorder=3)


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]
