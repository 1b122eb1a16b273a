"""Places images in a figure: each over its caption, and pairs side by side."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_lightning.results.figures.faces import LEADING
from fer_lightning.results.figures.layout import SMALL_SIZE, Line, axes_at, heading, heading_height, write_heading
from fer_lightning.results.style import DPI, FAINT, INK, MUTED, PAD, shorten

TWO_SIDE = 192 / DPI  # inches of a picture: faces of 32, 48, 64 and 96 pixels come to whole screen pixels
TOUCH, BETWEEN, BELOW = 6 / DPI, 33 / DPI, 15 / DPI  # inches inside a two, between twos, and from row to row
ACROSS = 2  # twos a row: a page that a phone shows without zooming
LEAST_WIDTH = 4.6  # inches, so that headings keep some length over a single two


def cell(figure: Figure, left: float, top: float, side: float, caption: Sequence[str] = ()) -> Axes:
    """Bare axes of `side` inches, at inches from the page's lower left corner, over lines that are cut to that width.

    The first line is the louder.
    """
    axes = axes_at(figure, left, top - side, side, side)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(color=FAINT, linewidth=0.5)
    across, up = figure.get_size_inches()
    for number, text in enumerate(caption):
        x, y = (left + side / 2) / across, (top - side - 0.05 - number * LEADING) / up
        line, colour = shorten(text, side, SMALL_SIZE), MUTED if number else INK
        figure.text(x, y, line, ha="center", va="top", fontsize=SMALL_SIZE, color=colour)
    return axes


def foot(lines: int) -> float:
    """Inches that a caption of so many lines takes below its picture."""
    return 0.05 + lines * LEADING


def twos(
    captions: Sequence[tuple[Sequence[str], Sequence[str]]], title: str, subtitle: str, details: str, below: float = 0.0
) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """A page of pictures in twos, with the axes of each, left and right.

    Args:
        captions: of N twos, the lines under the left picture and under the right one.
        title: a bold line.
        subtitle: a muted line below it.
        details: a line of figures below that.
        below: inches left free at the page's foot.
    """
    rows = -(-len(captions) // ACROSS)
    two = 2 * TWO_SIDE + TOUCH
    across = min(len(captions), ACROSS)
    width = max(2 * PAD + across * (two + BETWEEN) - BETWEEN, LEAST_WIDTH)
    lines: list[Line] = heading(title, subtitle, details, width - 2 * PAD)
    tall = TWO_SIDE + foot(max(len(side) for both in captions for side in both))
    head = PAD + heading_height(lines) + 0.08
    figure = Figure(figsize=(width, head + rows * (tall + BELOW) - BELOW + below + PAD))
    write_heading(figure, lines)
    top = figure.get_figheight() - head
    made = []
    for number, (left, right) in enumerate(captions):
        row, column = divmod(number, ACROSS)
        x, y = PAD + column * (two + BETWEEN), top - row * (tall + BELOW)
        made.append((cell(figure, x, y, TWO_SIDE, left), cell(figure, x + TWO_SIDE + TOUCH, y, TWO_SIDE, right)))
    return figure, made
