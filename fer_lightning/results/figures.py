"""Draws a confusion matrix, and a page of faces; every length is measured in inches, so nothing overlaps or is cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from fer_lightning.results.style import (
    DPI,
    EMPTY,
    FAINT,
    INK,
    MUTED,
    PAD,
    RATES,
    ink_on,
    shorten,
    styled,
    text_width,
    wrap,
)

NAME_SIZE = 9.5  # points
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
    names = [shorten(str(name), LONGEST_NAME, NAME_SIZE) for name in class_names]
    rows = [f"{name} ({n:,})" for name, n in zip(names, support, strict=True)]

    side = float(np.clip(5.2 / size, 0.62, 1.15))
    widest = max(text_width(name, NAME_SIZE) for name in names)
    upright = max(widest, *(text_width(f"({n:,})", NAME_SIZE) for n in predicted)) <= side * 0.94
    columns = [f"{name}{chr(10) if upright else ' '}({n:,})" for name, n in zip(names, predicted, strict=True)]
    reach = 0.0 if upright else max(text_width(c, NAME_SIZE) for c in columns) * math.sqrt(0.5) + 0.1

    left = max(PAD + 0.28 + max(text_width(r, NAME_SIZE) for r in rows) + 0.08, PAD + reach - side / 2)
    bottom = PAD + 0.24 + (0.38 if upright else reach + 0.06)
    square = side * size
    width = max(left + square + 0.7 + PAD, 4.6)
    lines = [
        *((line, 12.5, "bold", INK) for line in wrap(title, width - 2 * PAD, 12.5, "bold")),
        *((line, 9.5, "normal", MUTED) for line in wrap(subtitle, width - 2 * PAD, 9.5)),
        *((line, 9.5, "normal", INK) for line in wrap(_summary(matrix), width - 2 * PAD, 9.5)),
    ]
    head = PAD + sum(points * 1.5 / 72 for _, points, _, _ in lines) + 0.08
    height = bottom + square + head
    figure = Figure(figsize=(width, height))
    _write_lines(figure, lines)

    axes = figure.add_axes((left / width, bottom / height, square / width, square / height))
    axes.set(xlim=(0, size), ylim=(size, 0))
    for i in range(size):
        for j in range(size):
            _cell(axes, i, j, int(matrix[i, j]), int(support[i]), side)
    axes.set_xticks(np.arange(size) + 0.5, columns, fontsize=NAME_SIZE, color=INK)
    axes.set_yticks(np.arange(size) + 0.5, rows, fontsize=NAME_SIZE, color=INK)
    if not upright:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0, pad=4)
    axes.spines[:].set_visible(False)
    figure.text((left + square / 2) / width, PAD / height, "predicted (images)", ha="center", va="bottom", color=MUTED)
    figure.text(
        PAD / width, (bottom + square / 2) / height, "true (images)", rotation=90, ha="left", va="center", color=MUTED
    )
    _scale(figure, ((left + square + 0.14) / width, bottom / height, 0.1 / width, square / height))
    return figure


@styled
def face_grid(
    images: npt.NDArray[np.uint8], captions: Sequence[str], title: str = "", columns: int | None = None
) -> Figure:
    """Faces side by side, left to right and down, each over its caption of at most two lines.

    Args:
        images: (N, H, W) grey or (N, H, W, 3) RGB, uint8; black is 0 and white 255 in every face.
        captions: N texts; a line break in one is kept.
        title: the first line; none when empty.
        columns: faces a row; a page wider than high when None.
    """
    total = len(images)
    if images.ndim not in (3, 4) or total == 0 or total != len(captions):
        raise ValueError(f"images of shape {images.shape} for {len(captions)} captions")
    across = min(total, columns or math.ceil(math.sqrt(total * 1.6)))
    down = math.ceil(total / across)
    gap, points, pixels = 0.12, 8.0, images.shape[2]
    # whole screen pixels for each pixel of a small face: no row of it looks thicker than the next
    wide = max(1, round(1.2 * DPI / pixels)) * pixels / DPI if pixels < 1.5 * DPI else 1.5
    tall = wide * images.shape[1] / images.shape[2]
    texts = [_caption(text, wide, points) for text in captions]
    foot = max(map(len, texts)) * points * 1.35 / 72 + 0.05
    width = max(2 * PAD + across * wide + (across - 1) * gap, 2.6)
    lines = [(line, 12.5, "bold", INK) for line in wrap(title, width - 2 * PAD, 12.5, "bold")]
    head = PAD + (len(lines) * 12.5 * 1.5 / 72 + 0.06 if lines else 0)
    height = head + down * (tall + foot) + (down - 1) * gap + PAD
    figure = Figure(figsize=(width, height))
    _write_lines(figure, lines)
    for index, (image, text) in enumerate(zip(images, texts, strict=True)):
        row, column = divmod(index, across)
        x, y = PAD + column * (wide + gap), height - head - row * (tall + foot + gap)
        axes = figure.add_axes((x / width, (y - tall) / height, wide / width, tall / height))
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="auto", aspect="auto")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(color=FAINT, linewidth=0.5)
        for k, line in enumerate(text):
            top = (y - tall - 0.05 - k * points * 1.35 / 72) / height
            figure.text((x + wide / 2) / width, top, line, ha="center", va="top", fontsize=points, color=INK)
    return figure


@styled
def save(figure: Figure, path: Path) -> None:
    """Writes the figure in the format of the suffix (`.png`, `.pdf`, `.svg`); the same figure gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    undated = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(path.suffix.lower())
    figure.savefig(path, dpi=DPI, metadata=undated)


def _summary(matrix: npt.NDArray[np.int64]) -> str:
    hits, total = np.diag(matrix), int(matrix.sum())
    either = matrix.sum(axis=0) + matrix.sum(axis=1)
    if total == 0:
        return "no images"
    macro_f1 = float(np.mean(2 * hits[either > 0] / either[either > 0]))
    return f"accuracy {100 * hits.sum() / total:.2f} % · macro-F1 {100 * macro_f1:.2f} % · N = {total:,}"


def _caption(text: str, width: float, points: float) -> list[str]:
    lines = [line for part in text.split("\n") for line in wrap(part, width, points)]
    return lines if len(lines) <= 2 else [lines[0], shorten(f"{lines[1]}…", width, points)]


def _write_lines(figure: Figure, lines: Sequence[tuple[str, float, str, str]]) -> None:
    width, height = figure.get_size_inches()
    y = height - PAD
    for text, points, weight, colour in lines:
        figure.text(PAD / width, y / height, text, va="top", fontsize=points, fontweight=weight, color=colour)
        y -= points * 1.5 / 72


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


def _scale(figure: Figure, place: tuple[float, float, float, float]) -> None:
    axes = figure.add_axes(place)
    steps = np.linspace(0, 100, 129)
    axes.pcolormesh([0, 1], steps, steps[:-1, None] + 0.4, cmap=RATES, vmin=0, vmax=100)
    axes.set_yticks([0, 50, 100], ["0", "50", "100"], fontsize=8)
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.tick_params(length=0, pad=3)
    axes.spines[:].set_visible(False)
    axes.text(5.0, 50, "% of the true class", rotation=270, ha="center", va="center", fontsize=8, color=MUTED)
