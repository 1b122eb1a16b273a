"""Draws bars in groups: what each reached, its interval, and what a paper reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
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
from fer_lightning.results.figures.scales import worded
from fer_lightning.results.style import FAINT, GRID, INK, MUTED, PAD, ink_on, styled, text_width, wrap

WIDTH, TALL = 4.2, 2.1  # inches: a phone shows it almost in full size; of the plot of a line of groups
SWATCH, SQUARE = 0.2, 0.13  # inches before a name of the legend, of its square
ABOVE, LABEL = 0.3, 0.15  # inches for the name of the scale, of a line of a group's name
GAP, THIN, WIDE, NARROW = 0.22, 0.17, 0.46, 0.8  # inches: between groups, of a bar at least and at most, of a group
# dark to light in steps that grey print and every kind of colour vision keep apart; a second round is hatched
FILLS, HATCHES = ("#113f72", "#b25f08", "#7fb2dd", "#f2dca0"), (None, "////")
MOST = len(FILLS) * len(HATCHES)


class Bar(NamedTuple):
    """One bar, in the scale's unit.

    Attributes:
        value: where it ends; it begins at 0.
        text: the value in words.
        ends: of its interval.
        paper: what a paper reports.
    """

    value: float
    text: str
    ends: tuple[float, float] | None = None
    paper: float | None = None


class Group(NamedTuple):
    """Bars that stand together under a label; None where one is missing."""

    label: str
    bars: Sequence[Bar | None]


@styled
def grouped_bars(
    groups: Sequence[Group], names: Sequence[str], title: str, subtitle: str, scale: str, top: float | None
) -> Figure:
    """Bars in groups, of more groups than fit beside each other in several lines; the legend stands below.

    Args:
        groups: at least one; each has a bar, or None, for each name, and all together at least one bar.
        names: one to eight: what the bars of a group are.
        title: in bold.
        subtitle: a line of its own; what is shown.
        scale: the name of the scale.
        top: where the scale ends; None takes it from the bars.
    """
    known = [bar for group in groups for bar in group.bars if bar is not None]
    if not known or not 0 < len(names) <= MOST or any(len(group.bars) != len(names) for group in groups):
        raise ValueError(f"grouped_bars takes 1 to {MOST} names, and groups of as many bars, one of them not None")
    ends = [v for bar in known for v in (bar.value, bar.paper, *(bar.ends or ())) if v is not None]
    top = 1.06 * max(ends) if top is None else top
    ticks = worded([float(t) for t in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top) if 0 <= t <= top])
    left = max(text_width(text, SMALL_SIZE) for text in ticks.values()) + 0.08
    lines = _lines(groups, len(names), WIDTH - left)
    pitch = (WIDTH - left) / len(lines[0])
    labels = [[wrap(group.label, pitch - 0.08, SMALL_SIZE) for group in line] for line in lines]
    heights = [LABEL * max(map(len, of)) + 0.1 for of in labels]
    legend = [wrap(name, WIDTH - SWATCH - 0.1, TEXT_SIZE) for name in names]
    head = heading(title, subtitle, _details(known), WIDTH)
    below = PAD + legend_height(legend) + 0.06
    height = below + sum(heights) + len(lines) * (TALL + ABOVE) + heading_height(head) + PAD
    figure = Figure(figsize=(WIDTH + 2 * PAD, height))
    write_heading(figure, head)
    y = height - PAD - heading_height(head)
    for line, of, foot in zip(lines, labels, heights, strict=True):
        y -= ABOVE + TALL
        axes = axes_at(figure, PAD + left, y, WIDTH - left, TALL)
        _frame(axes, top, ticks, scale, WIDTH - left)
        for place, (group, label) in enumerate(zip(line, of, strict=True)):
            _draw(axes, group, pitch, pitch * (place + 0.5), top)
            for number, text in enumerate(label):
                at = -(0.05 + LABEL * (number + 0.5)) / TALL * top
                axes.text(pitch * (place + 0.5), at, text, ha="center", va="center", fontsize=SMALL_SIZE, color=INK)
        y -= foot
    write_legend(figure, legend, WIDTH, SWATCH, lambda axes, k, y: _box(axes, (0, y - SQUARE / 2), SQUARE, SQUARE, k))
    return figure


def _lines(groups: Sequence[Group], bars: int, room: float) -> list[Sequence[Group]]:
    """The groups in lines of about equally many; each line but the last has as many as the first."""
    most = max(1, int(room / max(bars * THIN + GAP, NARROW)))
    each = math.ceil(len(groups) / math.ceil(len(groups) / most))
    return [groups[k : k + each] for k in range(0, len(groups), each)]


def _details(bars: Sequence[Bar]) -> str:
    parts = {
        "line: 95 % interval": any(bar.ends for bar in bars),
        "hollow diamond: paper": any(bar.paper is not None for bar in bars),
    }
    return " · ".join(part for part, there in parts.items() if there)


def _frame(axes: Axes, top: float, ticks: dict[float, str], scale: str, across: float) -> None:
    axes.set(xlim=(0, across), ylim=(0, top))  # a unit to the right is an inch
    axes.set_xticks([])
    axes.set_yticks(list(ticks), list(ticks.values()), fontsize=SMALL_SIZE)
    axes.tick_params(axis="y", length=0, pad=4)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.text(0, 1 + 0.13 / TALL, scale, transform=axes.transAxes, fontsize=SMALL_SIZE, color=MUTED)


def _draw(axes: Axes, group: Group, pitch: float, middle: float, top: float) -> None:
    wide = min((pitch - GAP) / len(group.bars), WIDE)
    for number, bar in enumerate(group.bars):
        if bar is None:
            continue
        x = middle + wide * (number - (len(group.bars) - 1) / 2)
        _box(axes, (x - 0.47 * wide, 0), 0.94 * wide, bar.value, number)
        _write(axes, bar, x, wide, _fill(number), top)
        if bar.ends:
            for colour, width in (("white", 3.2), (INK, 1.3)):  # seen on a dark bar as on the ground
                axes.plot(
                    [x, x], bar.ends, color=colour, linewidth=width, solid_capstyle="butt", zorder=3, clip_on=False
                )
        if bar.paper is not None:
            mark: dict[str, Any] = {"markersize": 6.5, "markeredgewidth": 1.2, "markeredgecolor": INK}
            axes.plot([x], [bar.paper], "D", markerfacecolor="white", **mark, zorder=4, clip_on=False)


def _write(axes: Axes, bar: Bar, x: float, wide: float, fill: str, top: float) -> None:
    """The value at the foot of its bar, upright where it is too wide for it, and not at all where nothing has room."""
    long, high = text_width(bar.text, SMALL_SIZE) + 0.06, SMALL_SIZE * 1.3 / 72
    level = long <= 0.94 * wide
    lowest = min(v for v in (bar.value, bar.paper, *(bar.ends or ())) if v is not None)
    if lowest / top * TALL < (high if level else long) + 0.12:
        return
    ground = {"facecolor": fill, "edgecolor": "none", "pad": 0.6}
    look: dict[str, Any] = {
        "fontsize": SMALL_SIZE,
        "color": ink_on(fill),
        "bbox": ground,
        "ha": "center",
        "va": "bottom",
    }
    axes.text(x, 0.06 / TALL * top, bar.text, rotation=0 if level else 90, **look)


def _box(axes: Axes, corner: tuple[float, float], wide: float, high: float, number: int) -> None:
    fill, hatch = _fill(number), HATCHES[number // len(FILLS)]
    look: dict[str, Any] = {"clip_on": False}
    # hatches take the colour of the edge
    axes.add_patch(
        Rectangle(corner, wide, high, facecolor=fill, edgecolor=ink_on(fill), hatch=hatch, linewidth=0, **look)
    )
    axes.add_patch(Rectangle(corner, wide, high, fill=False, edgecolor=INK, linewidth=0.6, **look))


def _fill(number: int) -> str:
    return FILLS[number % len(FILLS)]
