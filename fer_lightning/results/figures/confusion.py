"""Draws a confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from fer_lightning.results.confusion_scores import accuracy, macro_f1
from fer_lightning.results.figures.layout import TEXT_SIZE, axes_at, heading, heading_height, write_heading
from fer_lightning.results.style import EMPTY, FAINT, INK, MUTED, PAD, RATES, ink_on, shorten, styled, text_width

LONGEST_NAME = 2.4  # inches


@styled
def confusion_matrix(
    counts: npt.ArrayLike, class_names: Sequence[str], title: str = "Confusion matrix", subtitle: str = ""
) -> Figure:
    """Rows true, columns predicted; a cell holds its share of the row in percent and, below, its images.

    Accuracy, macro-F1 and the number of images stand under the title. Macro-F1 averages over the classes that
    occur, true or predicted. A class without images gets a hatched row.

    Args:
        counts: (C, C) images, rows true.
        class_names: C names; longer ones than fit are cut with an ellipsis.
        title: the first line.
        subtitle: a line of its own above the figures; what was tested.
    """
    matrix = np.asarray(counts, dtype=np.int64)
    size = len(class_names)
    if matrix.shape != (size, size) or size == 0:
        raise ValueError(f"counts of shape {matrix.shape} for {size} class names")
    support, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    names = [shorten(str(name), LONGEST_NAME, TEXT_SIZE) for name in class_names]
    rows = [f"{name} ({n:,})" for name, n in zip(names, support, strict=True)]

    side = float(np.clip(5.2 / size, 0.62, 1.15))
    widest = max(text_width(name, TEXT_SIZE) for name in names)
    upright = max(widest, *(text_width(f"({n:,})", TEXT_SIZE) for n in predicted)) <= side * 0.94
    columns = [f"{name}{chr(10) if upright else ' '}({n:,})" for name, n in zip(names, predicted, strict=True)]
    reach = 0.0 if upright else max(text_width(c, TEXT_SIZE) for c in columns) * math.sqrt(0.5) + 0.1

    left = max(PAD + 0.28 + max(text_width(r, TEXT_SIZE) for r in rows) + 0.08, PAD + reach - side / 2)
    bottom = PAD + 0.24 + (0.38 if upright else reach + 0.06)
    square = side * size
    width = max(left + square + 0.7 + PAD, 4.6)
    lines = heading(title, subtitle, _summary(matrix), width - 2 * PAD)
    head = PAD + heading_height(lines) + 0.08
    height = bottom + square + head
    figure = Figure(figsize=(width, height))
    write_heading(figure, lines)

    axes = axes_at(figure, left, bottom, square, square)
    axes.set(xlim=(0, size), ylim=(size, 0))
    for i in range(size):
        for j in range(size):
            _cell(axes, i, j, int(matrix[i, j]), int(support[i]), side)
    axes.set_xticks(np.arange(size) + 0.5, columns, fontsize=TEXT_SIZE, color=INK)
    axes.set_yticks(np.arange(size) + 0.5, rows, fontsize=TEXT_SIZE, color=INK)
    if not upright:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0, pad=4)
    axes.spines[:].set_visible(False)
    figure.text((left + square / 2) / width, PAD / height, "predicted (images)", ha="center", va="bottom", color=MUTED)
    figure.text(
        PAD / width, (bottom + square / 2) / height, "true (images)", rotation=90, ha="left", va="center", color=MUTED
    )
    _scale(axes_at(figure, left + square + 0.14, bottom, 0.1, square))
    return figure


def _summary(matrix: npt.NDArray[np.int64]) -> str:
    if not matrix.any():
        return "no images"
    scores = f"accuracy {100 * accuracy(matrix):.2f} % · macro-F1 {100 * macro_f1(matrix):.2f} %"
    return f"{scores} · N = {matrix.sum():,}"


def _cell(axes: Axes, row: int, column: int, count: int, support: int, side: float) -> None:
    corner, x, y = (column + 0.02, row + 0.02), column + 0.5, row + 0.5
    if support == 0:
        axes.add_patch(Rectangle(corner, 0.96, 0.96, facecolor=EMPTY, edgecolor="white", hatch="////", linewidth=0))
        axes.text(x, y, "\N{EN DASH}", ha="center", va="center", color=MUTED, fontsize=11)
        return
    colour = RATES(count / support)
    ink = ink_on(colour) if count else FAINT
    axes.add_patch(Rectangle(corner, 0.96, 0.96, facecolor=colour, linewidth=0))
    large, small = np.clip([15.5 * side, 10.0 * side], [9.5, 7.0], [15, 9.5])
    rate = f"{100 * count / support:.1f}" if count else "0"
    # one block of two lines, centred in the cell whatever its size
    up, down = 0.62 * small / 72 / side, 0.62 * large / 72 / side
    axes.text(x, y - up, rate, ha="center", va="center", color=ink, fontsize=large, fontweight="bold")
    axes.text(x, y + down, f"{count:,}", ha="center", va="center", color=ink, fontsize=small)


def _scale(axes: Axes) -> None:
    steps = np.linspace(0, 100, 129)
    axes.pcolormesh([0, 1], steps, steps[:-1, None] + 0.4, cmap=RATES, vmin=0, vmax=100)
    axes.set_yticks([0, 50, 100], ["0", "50", "100"], fontsize=8)
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.tick_params(length=0, pad=3)
    axes.spines[:].set_visible(False)
    axes.text(5.0, 50, "% of the true class", rotation=270, ha="center", va="center", fontsize=8, color=MUTED)
