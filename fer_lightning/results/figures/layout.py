"""Layout of a figure: its heading, axes placed in inches, its legend, and how it is saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_lightning.results.style import DPI, INK, MUTED, PAD, styled, wrap

TEXT_SIZE = 9.5  # points: names and lines
SMALL_SIZE = 8.0  # points: scales and remarks
LEADING = 0.19  # inches from one line of a legend to the next


class Line(NamedTuple):
    """One line of text as it will stand."""

    text: str
    points: float
    weight: str
    colour: str


def heading(title: str, subtitle: str, details: str, width: float) -> list[Line]:
    """A bold title, a muted line of what was tested and one of figures, wrapped into `width` inches."""
    return [
        *(Line(text, 12.5, "bold", INK) for text in wrap(title, width, 12.5, "bold")),
        *(Line(text, TEXT_SIZE, "normal", MUTED) for text in wrap(subtitle, width, TEXT_SIZE)),
        *(Line(text, TEXT_SIZE, "normal", INK) for text in wrap(details, width, TEXT_SIZE)),
    ]


def line_height(points: float) -> float:
    """Inches from one line of a heading to the next."""
    return points * 1.5 / 72


def heading_height(lines: Sequence[Line]) -> float:
    """Inches that the lines take."""
    return sum(line_height(line.points) for line in lines)


def write_heading(figure: Figure, lines: Sequence[Line]) -> None:
    """Writes the lines into the page's upper left corner."""
    width, height = figure.get_size_inches()
    y = height - PAD
    for text, points, weight, colour in lines:
        figure.text(PAD / width, y / height, text, va="top", fontsize=points, fontweight=weight, color=colour)
        y -= line_height(points)


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place given in inches from the page's lower left corner."""
    across, up = figure.get_size_inches()
    return figure.add_axes((left / across, bottom / up, width / across, height / up))


def legend_height(names: Sequence[Sequence[str]]) -> float:
    """Inches that a legend takes whose names have these lines."""
    return LEADING * sum(map(len, names))


def write_legend(
    figure: Figure,
    names: Sequence[Sequence[str]],
    width: float,
    indent: float,
    mark: Callable[[Axes, int, float], None],
) -> None:
    """Writes a legend into the page's lower left corner.

    Args:
        figure: the page.
        names: each in its lines.
        width: inches of the legend.
        indent: inches before a name, for its mark.
        mark: draws that of the name of this number, at this height, on axes of inches.
    """
    tall = legend_height(names)
    axes = axes_at(figure, PAD, PAD, width, tall)
    axes.set(xlim=(0, width), ylim=(tall, 0))
    axes.axis("off")
    y = LEADING / 2
    for number, words in enumerate(names):
        mark(axes, number, y)
        for text in words:
            axes.text(indent, y, text, va="center", fontsize=TEXT_SIZE, color=INK)
            y += LEADING


@styled
def save(figure: Figure, path: Path) -> None:
    """Writes the figure in the format of the suffix (`.png`, `.pdf`, `.svg`); the same figure gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    undated = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(path.suffix.lower())
    figure.savefig(path, dpi=DPI, metadata=undated)
