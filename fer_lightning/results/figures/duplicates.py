"""Draws pairs of images that are exact or near duplicates of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from fer_lightning.results.figures.layout import (
    SMALL_SIZE,
    TEXT_SIZE,
    Line,
    axes_at,
    heading,
    heading_height,
    line_height,
    write_heading,
)
from fer_lightning.results.style import DPI, FAINT, INK, MUTED, PAD, end_lines, shorten, styled, wrap

TITLE = "Copies"
SIDE = 144 / DPI  # inches of a picture: three screen pixels for each of 48
TOUCH, GAP = 0.05, 0.3  # inches inside a pair and between pairs
ACROSS = 4  # pairs a row
LEADING = SMALL_SIZE * 1.35 / 72
FOOT = 4 * LEADING + 0.05  # inches that the text below a pair takes
WARNING = "#b3261e"  # 6.5 to 1 on white
UNLABELLED = "no label"
LEAST_WIDTH = 5.2  # inches, so that headings keep some length over a single pair


class Copies(NamedTuple):
    """A pair.

    Attributes:
        images: two of (H, W) grey or (H, W, 3) RGB, uint8, of any sizes.
        ids: of both; of one that two lines cannot hold the end is shown.
        labels: of both, "" where there is none.
        correlation: of both, -1 to 1, after a mirrored one was turned.
        mirrored: whether one is the other's mirror image.
        exact: whether all pixels are the same.
        sides: where they stand, such as `train-test`: the first on the first of these.
    """

    images: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
    ids: tuple[str, str]
    labels: tuple[str, str]
    correlation: float
    mirrored: bool
    exact: bool
    sides: str

    @property
    def differ(self) -> bool:
        """Whether both are labelled, and not the same."""
        return "" not in self.labels and self.labels[0] != self.labels[1]


@styled
def copies_page(pairs: Sequence[Copies], subtitle: str = "", details: Mapping[str, str] | None = None) -> Figure:
    """Pairs side by side, those of one crossing under a heading of their own; labels that differ in red.

    Args:
        pairs: at least one, those of the same `sides` next to each other.
        subtitle: a muted line below the title; which data.
        details: `sides` -> a line of figures below their heading.
    """
    sections = [(sides, list(found)) for sides, found in groupby(pairs, lambda pair: pair.sides)]
    across = min(ACROSS, max(len(found) for _, found in sections))
    pair_width = 2 * SIDE + TOUCH
    width = max(2 * PAD + across * pair_width + (across - 1) * GAP, LEAST_WIDTH)
    lines = heading(TITLE, subtitle, "", width - 2 * PAD)
    heads = [_head(sides, (details or {}).get(sides, ""), width - 2 * PAD) for sides, _ in sections]
    deep = [-(-len(found) // across) * (SIDE + FOOT + GAP / 2) for _, found in sections]
    tops = sum(heading_height(head) + 0.08 + GAP / 2 for head in heads)
    height = PAD + heading_height(lines) + tops + sum(deep) + PAD
    figure = Figure(figsize=(width, height))
    write_heading(figure, lines)
    y = height - PAD - heading_height(lines)
    for (_, found), head, depth in zip(sections, heads, deep, strict=True):
        y -= GAP / 2
        for text, points, weight, colour in head:
            figure.text(PAD / width, y / height, text, va="top", fontsize=points, fontweight=weight, color=colour)
            y -= line_height(points)
        y -= 0.08
        for number, pair in enumerate(found):
            row, column = divmod(number, across)
            _draw(figure, pair, PAD + column * (pair_width + GAP), y - row * (SIDE + FOOT + GAP / 2))
        y -= depth
    return figure


def _head(sides: str, details: str, width: float) -> list[Line]:
    first, _, second = sides.partition("-")
    name = f"Left in {first}, right in {second}" if second else "Anywhere in the set"
    lines = [Line(name, TEXT_SIZE, "bold", INK)]
    return lines + [Line(text, SMALL_SIZE, "normal", MUTED) for text in wrap(details, width, SMALL_SIZE)]


def _draw(figure: Figure, pair: Copies, left: float, top: float) -> None:
    width, height = figure.get_size_inches()

    def write(text: str, middle: float, line: int, colour: str) -> None:
        y = top - SIDE - 0.05 - line * LEADING
        figure.text(middle / width, y / height, text, ha="center", va="top", fontsize=SMALL_SIZE, color=colour)

    for place, (image, name, label) in enumerate(zip(pair.images, pair.ids, pair.labels, strict=True)):
        x = left + place * (SIDE + TOUCH)
        axes = axes_at(figure, x, top - SIDE, SIDE, SIDE)
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="auto")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(color=FAINT, linewidth=0.5)
        write(shorten(label or UNLABELLED, SIDE, SMALL_SIZE), x + SIDE / 2, 0, WARNING if pair.differ else INK)
        for line, text in enumerate(end_lines(name, SIDE - TOUCH, SMALL_SIZE), start=1):
            write(text, x + SIDE / 2, line, MUTED)
    lines = 1 + max(len(end_lines(name, SIDE - TOUCH, SMALL_SIZE)) for name in pair.ids)
    write(_likeness(pair), left + SIDE + TOUCH / 2, lines, WARNING if pair.differ else MUTED)


def _likeness(pair: Copies) -> str:
    # no near copy should look like an exact one for its rounding
    near = f"near {pair.correlation:.3f}" if pair.correlation < 0.9995 else "near, above 0.999"
    words = "exact" if pair.exact else near
    words += ", mirrored" if pair.mirrored else ""
    return f"{words}, labels differ" if pair.differ else words
