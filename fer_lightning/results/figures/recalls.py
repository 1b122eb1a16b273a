"""Draws how much of each class was recognised, and what the rest was taken for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_lightning.results.confusion_scores import accuracy, balanced_accuracy
from fer_lightning.results.figures.layout import SMALL_SIZE, TEXT_SIZE, axes_at, heading, heading_height, write_heading
from fer_lightning.results.intervals import Interval, recall_intervals
from fer_lightning.results.style import GRID, INK, MUTED, PAD, TINT, VAL, shorten, styled, text_width

ROW, PLOT_WIDTH = 0.34, 2.9  # inches
ABOVE, BELOW = 0.36, 0.40  # inches over the rows, for the columns' names and the mean's, and under them, for the scale
LONGEST_NAME = 2.0  # inches
COLUMN_GAP = 0.22  # inches


class Row(NamedTuple):
    """One class; `recall` and `interval` are None, and the texts empty, where it has no images."""

    name: str
    images: int
    recall: float | None
    interval: Interval | None
    mistaken: str


@styled
def recall_bars(counts: npt.ArrayLike, class_names: Sequence[str], subtitle: str = "") -> Figure:
    """One row per class: recall with the 95 % Wilson interval, images, and the most frequent wrong class.

    The broken line is the balanced accuracy, the mean recall of the classes that have images.

    Args:
        counts: (C, C) images, rows true.
        class_names: C names, in the order of the rows; longer ones than fit are cut with an ellipsis.
        subtitle: a line of its own; what was tested.
    """
    matrix = np.asarray(counts, dtype=np.int64)
    size = len(class_names)
    if matrix.shape != (size, size) or size == 0:
        raise ValueError(f"counts of shape {matrix.shape} for {size} class names")
    rows = _rows(matrix, [shorten(str(name), LONGEST_NAME, TEXT_SIZE) for name in class_names])
    balanced = 100 * balanced_accuracy(matrix) if matrix.any() else None

    columns = {
        "recall": [f"{100 * row.recall:.1f} %" if row.recall is not None else "" for row in rows],
        "images": [f"{row.images:,}" for row in rows],
        "most often taken for": [row.mistaken for row in rows],
    }
    widths = [max(text_width(text, SMALL_SIZE) for text in [name, *texts]) for name, texts in columns.items()]
    left = PAD + max(text_width(row.name, TEXT_SIZE) for row in rows) + 0.12
    width = left + PLOT_WIDTH + sum(COLUMN_GAP + wide for wide in widths) + PAD
    tall = ROW * size
    lines = heading("Recall of each class", subtitle, _details(matrix, balanced), width - 2 * PAD)
    bottom = PAD + BELOW
    figure = Figure(figsize=(width, bottom + tall + ABOVE + heading_height(lines) + PAD))
    write_heading(figure, lines)

    axes = axes_at(figure, left, bottom, PLOT_WIDTH, tall)
    axes.set(xlim=(0, 100), ylim=(size, 0))
    _scale(axes, tall)
    for place, row in enumerate(rows):
        _draw(axes, place + 0.5, row)
    if balanced is not None:
        _mean(axes, balanced, tall)
    x = PLOT_WIDTH
    for (name, texts), wide in zip(columns.items(), widths, strict=True):
        # numbers end under each other, words begin there
        x, side = (x + COLUMN_GAP, "left") if name == "most often taken for" else (x + COLUMN_GAP + wide, "right")
        _write(axes, x / PLOT_WIDTH, 1 + 0.09 / tall, name, side, MUTED)
        for place, text in enumerate(texts):
            _write(axes, x / PLOT_WIDTH, 1 - (place + 0.5) / size, text, side, INK if side == "right" else MUTED)
    return figure


def _rows(matrix: npt.NDArray[np.int64], names: Sequence[str]) -> list[Row]:
    rows = []
    for i, (name, interval) in enumerate(zip(names, recall_intervals(matrix), strict=True)):
        images, others = int(matrix[i].sum()), np.where(np.arange(len(names)) == i, 0, matrix[i])
        if not images:
            rows.append(Row(name, 0, None, None, ""))
            continue
        most = int(others.argmax())
        mistaken = f"{100 * others[most] / images:.1f} % as {names[most]}" if others[most] else "never mistaken"
        rows.append(Row(name, images, int(matrix[i, i]) / images, interval, mistaken))
    return rows


def _details(matrix: npt.NDArray[np.int64], balanced: float | None) -> str:
    if balanced is None:
        return "no images"
    return f"balanced accuracy {balanced:.2f} % · accuracy {100 * accuracy(matrix):.2f} % · N = {matrix.sum():,}"


def _scale(axes: Axes, tall: float) -> None:
    axes.set_xticks(range(0, 101, 20), [str(tick) for tick in range(0, 101, 20)], fontsize=SMALL_SIZE)
    axes.set_yticks([])
    axes.tick_params(length=0, pad=4)
    axes.spines[["right", "top", "left"]].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.text(0.5, -0.40 / tall, "recall (%)", transform=axes.transAxes, ha="center", color=MUTED)


def _draw(axes: Axes, y: float, row: Row) -> None:
    name = -0.1 / PLOT_WIDTH * 100
    axes.text(name, y, row.name, ha="right", va="center", fontsize=TEXT_SIZE, color=INK)
    if row.recall is None or row.interval is None:
        axes.text(1, y, "no images", va="center", fontsize=SMALL_SIZE, color=MUTED)
        return
    x = 100 * row.recall
    axes.barh(y, x, 0.62, color=TINT, linewidth=0)
    axes.plot([100 * end for end in row.interval], [y, y], color=VAL, linewidth=1.4, solid_capstyle="butt", zorder=3)
    axes.plot(
        [x], [y], "o", color=VAL, markersize=4.5, markeredgecolor="white", markeredgewidth=0.8, clip_on=False, zorder=4
    )


def _mean(axes: Axes, balanced: float, tall: float) -> None:
    axes.axvline(balanced, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), clip_on=False, zorder=2)
    text = f"balanced accuracy {balanced:.1f} %"
    half = text_width(text, SMALL_SIZE) / 2
    x = float(np.clip(balanced / 100 * PLOT_WIDTH, half, PLOT_WIDTH - half))
    _write(axes, x / PLOT_WIDTH, 1 + 0.09 / tall, text, "center", MUTED)


def _write(axes: Axes, x: float, y: float, text: str, side: str, colour: str) -> None:
    up = "baseline" if y > 1 else "center"
    axes.text(x, y, text, transform=axes.transAxes, ha=side, va=up, fontsize=SMALL_SIZE, color=colour)
