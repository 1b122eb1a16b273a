"""Draws how loss and accuracy went over the epochs, and which epoch was chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fer_lightning.results.figures.layout import SMALL_SIZE, TEXT_SIZE, axes_at, heading, heading_height, write_heading
from fer_lightning.results.figures.scales import apart, epoch_ticks, worded
from fer_lightning.results.style import FAINT, GRID, INK, MUTED, PAD, TRAIN, VAL, shorten, styled, text_width

PLOT_WIDTH, PLOT_HEIGHT = 2.7, 2.1  # inches
ABOVE, BELOW = 0.46, 0.38  # inches for a panel's name with the chosen epoch, and for the scale of epochs
FRACTIONS = ("accuracy", "macro_f1", "balanced_accuracy", "ece", "recall")  # shown in percent
SPELLED = {"macro_f1": "macro-F1", "ece": "calibration error", "psnr": "PSNR (dB)", "ssim": "SSIM"}
DOTS = 15  # a curve of more points is a line alone


class Curve(NamedTuple):
    """One metric as logged: K epochs from 1, ascending, and K finite values."""

    label: str
    metric: str
    epochs: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]


class Panel(NamedTuple):
    """The curves that share a scale, with its ticks and the room that its labels take on either side."""

    name: str
    unit: str
    curves: list[Curve]
    limits: tuple[float, float]
    ticks: dict[float, str]
    left: float
    right: float


@styled
def learning_curves(
    epochs: Sequence[Mapping[str, float]], monitor: str, mode: str, best_epoch: int | None, subtitle: str = ""
) -> Figure:
    """Loss, accuracy and, if it is neither, the monitored metric, in training and validation, over epochs from 1.

    A value that is absent, NaN or infinite is left out, and the curve goes straight on to the next. The chosen epoch
    is a broken line with the value that it reached.

    Args:
        epochs: `epoch`, from 0, and what was logged in it, as `val/accuracy`, a fraction.
        monitor: the metric by which the epoch was chosen.
        mode: `max` or `min`, which of its values is best.
        best_epoch: the chosen epoch, from 0; None where none was.
        subtitle: a line of its own; what was trained.
    """
    logged = {_split(metric)[1] for row in epochs for metric in row}
    always = [name for name in ("loss", "accuracy") if name in logged or not epochs]
    names = list(dict.fromkeys([*always, _split(monitor)[1]]))
    panels = [_panel(epochs, name, monitor) for name in names]
    seen = [int(row["epoch"]) + 1 for row in epochs]
    chosen = None if best_epoch is None else best_epoch + 1
    shown = seen if chosen is None else [*seen, chosen]
    span = (min(shown, default=1), max(shown, default=1))

    width = 2 * PAD + sum(panel.left + PLOT_WIDTH + panel.right for panel in panels)
    details = _details(panels, monitor, mode, chosen, max(seen, default=0))
    lines = heading("Learning curves", subtitle, details, width - 2 * PAD)
    bottom = PAD + BELOW
    figure = Figure(figsize=(width, bottom + PLOT_HEIGHT + ABOVE + heading_height(lines) + PAD))
    write_heading(figure, lines)
    x = PAD
    for panel in panels:
        axes = axes_at(figure, x + panel.left, bottom, PLOT_WIDTH, PLOT_HEIGHT)
        _draw(axes, panel, span)
        if chosen is not None:
            _mark(axes, panel, chosen, monitor)
        x += panel.left + PLOT_WIDTH + panel.right
    return figure


def _split(metric: str) -> tuple[str, str]:
    stage, _, name = metric.partition("/")
    return (stage, name) if stage in ("train", "val") and name else ("", metric)


def _panel(epochs: Sequence[Mapping[str, float]], name: str, monitor: str) -> Panel:
    percent = name.split("/")[0] in FRACTIONS
    metrics = {"train": f"train/{name}", "val": f"val/{name}"} | ({name: name} if name == monitor else {})
    curves = []
    for label, metric in metrics.items():
        rows = sorted((row["epoch"] + 1, row[metric]) for row in epochs if math.isfinite(row.get(metric, math.nan)))
        if rows:
            at, values = np.array(rows, dtype=np.float64).T
            curves.append(Curve(shorten(label, 1.2, SMALL_SIZE), metric, at, values * (100 if percent else 1)))
    every = np.concatenate([curve.values for curve in curves]) if curves else np.zeros(1)
    low, high = float(every.min()), float(every.max())
    air = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    limits = (max(low - air, 0.0), min(high + air, 100.0)) if percent else (low - air, high + air)
    places = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(*limits)
    ticks = worded([float(tick) for tick in places if limits[0] <= tick <= limits[1]] if curves else [])
    left = max([text_width(text, SMALL_SIZE) for text in ticks.values()], default=0) + 0.08
    right = max([text_width(curve.label, SMALL_SIZE) for curve in curves], default=0) + 0.26
    return Panel(
        SPELLED.get(name, name.replace("_", " ")), " (%)" if percent else "", curves, limits, ticks, left, right
    )


def _draw(axes: Axes, panel: Panel, span: tuple[int, int]) -> None:
    first, last = span
    axes.set(xlim=(first, last) if first < last else (first - 1, first + 1), ylim=panel.limits)
    axes.set_xticks(ticks := epoch_ticks(first, last), [f"{tick:,}" for tick in ticks], fontsize=SMALL_SIZE)
    axes.set_yticks(list(panel.ticks), list(panel.ticks.values()), fontsize=SMALL_SIZE)
    axes.tick_params(axis="y", length=0, pad=4)
    axes.tick_params(axis="x", length=3, color=FAINT, pad=3)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    name = shorten(panel.name, PLOT_WIDTH - text_width(panel.unit, TEXT_SIZE), TEXT_SIZE) + panel.unit
    axes.text(0, 1 + 0.26 / PLOT_HEIGHT, name, transform=axes.transAxes, fontsize=TEXT_SIZE, color=INK)
    axes.text(
        0.5, -0.37 / PLOT_HEIGHT, "epoch", transform=axes.transAxes, ha="center", fontsize=SMALL_SIZE, color=MUTED
    )
    if not panel.curves:
        axes.text(0.5, 0.5, "nothing logged", transform=axes.transAxes, ha="center", fontsize=SMALL_SIZE, color=MUTED)
        return
    for curve in panel.curves:
        look = f"{'o' if len(curve.epochs) <= DOTS else ''}-"
        thick = 1.5 if len(curve.epochs) <= 100 else 1.0
        colour = _colour(curve)
        axes.plot(curve.epochs, curve.values, look, color=colour, linewidth=thick, markersize=3.2, clip_on=False)
    ends = [(curve.values[-1] - panel.limits[0]) / (panel.limits[1] - panel.limits[0]) for curve in panel.curves]
    x = axes.transAxes.inverted().transform(axes.transData.transform((last, panel.limits[0])))[0] + 0.08 / PLOT_WIDTH
    for curve, y in zip(panel.curves, apart(ends, 0.15 / PLOT_HEIGHT, top=1 - 0.06 / PLOT_HEIGHT), strict=True):
        axes.text(x, y, curve.label, transform=axes.transAxes, va="center", fontsize=SMALL_SIZE, color=_colour(curve))


def _mark(axes: Axes, panel: Panel, chosen: int, monitor: str) -> None:
    axes.axvline(chosen, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1, clip_on=False)
    ranked = sorted(panel.curves, key=lambda curve: (curve.metric == monitor, curve.label == "val"))
    text, colour = f"epoch {chosen:,}", MUTED
    if ranked and (value := _at(ranked[-1], chosen)) is not None:
        colour = _colour(ranked[-1])
        axes.plot(
            [chosen], [value], "o", color=colour, markersize=5.5, markeredgecolor="white", clip_on=False, zorder=4
        )
        text = f"epoch {chosen:,}: {_number(value)}{' %' if panel.unit else ''}"
    low, high = axes.get_xlim()
    wide = text_width(text, SMALL_SIZE)
    middle = float(
        np.clip((chosen - low) / (high - low) * PLOT_WIDTH, wide / 2, PLOT_WIDTH + panel.right - 0.1 - wide / 2)
    )
    axes.text(
        middle / PLOT_WIDTH,
        1 + 0.06 / PLOT_HEIGHT,
        text,
        transform=axes.transAxes,
        ha="center",
        fontsize=SMALL_SIZE,
        color=colour,
    )


def _details(panels: Sequence[Panel], monitor: str, mode: str, chosen: int | None, last: int) -> str:
    best = {"max": "highest", "min": "lowest"}[mode]
    if chosen is None:
        return f"{last:,} epoch{'s' * (last != 1)}, none chosen"
    found = [(panel.unit, _at(c, chosen)) for panel in panels for c in panel.curves if c.metric == monitor]
    reached = [f": {value:.2f} %" if unit else f": {value:.4g}" for unit, value in found if value is not None]
    return f"epoch {chosen:,} of {last:,}, chosen by the {best} {monitor}{''.join(reached)}"


def _at(curve: Curve, epoch: int) -> float | None:
    values = curve.values[curve.epochs == epoch]
    return float(values[-1]) if len(values) else None


def _colour(curve: Curve) -> str:
    return {"train": TRAIN, "val": VAL}.get(curve.label, INK)


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 0.1 else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
