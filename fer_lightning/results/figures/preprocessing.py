"""Draws faces after each preprocessing step: one row per face, one column per step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from fer_lightning.results.figures.layout import SMALL_SIZE, TEXT_SIZE, axes_at, heading, heading_height, write_heading
from fer_lightning.results.style import DPI, INK, MUTED, PAD, end_lines, shorten, styled, wrap

Image = npt.NDArray[np.uint8]

SIDE = 192 / DPI  # inches of a cell: faces of 32, 48, 64 and 96 pixels come to whole screen pixels
GAP = 15 / DPI  # inches between cells
NAME_WIDTH = 165 / DPI  # inches for the names of the faces, on the left
NAME_LINES, REMARK_LINES = 3, 2  # lines of a column's heading at most: what was done, and in which size it is
NAME_LEADING, LEADING = TEXT_SIZE * 1.35 / 72, SMALL_SIZE * 1.35 / 72  # inches from one line to the next


class Step(NamedTuple):
    """What one step made.

    Attributes:
        name: what was done, in the words of the config.
        images: (H, W) grey or (H, W, 3) RGB uint8, one per face; sizes may differ.
    """

    name: str
    images: Sequence[Image]


@styled
def step_rows(
    steps: Sequence[Step],
    names: Sequence[str],
    ids: Sequence[str],
    title: str = "Preparation, step by step",
    subtitle: str = "",
) -> Figure:
    """Every face as each step left it, all as large on the page, their size in pixels said above.

    A column that is the one before it, pixel for pixel, says so: a step that does nothing is then not searched for.

    Args:
        steps: in order, each with the same N faces, N at least 1.
        names: N classes, or whatever else tells the faces apart.
        ids: N names of the images; of one that two lines cannot hold the end is shown.
        title: the first line.
        subtitle: a muted line below the title; what was prepared.
    """
    total = len(names)
    lengths = {len(step.images) for step in steps} | {len(ids)}
    if not total or lengths != {total}:
        raise ValueError(f"{total} names for columns of {sorted(lengths)} images and ids")
    # the words of the config have no place to break: difference_of_gaussians is wider than a face
    heads = [wrap(step.name.replace("_", " "), SIDE, TEXT_SIZE) for step in steps]
    heads = [[*head[: NAME_LINES - 1], " ".join(head[NAME_LINES - 1 :])] if head[1:] else head for head in heads]
    details = max(map(len, heads)) * NAME_LEADING
    remarks = [wrap(_remark(steps, number), SIDE, SMALL_SIZE)[:REMARK_LINES] for number in range(len(steps))]
    room = details + max(map(len, remarks)) * LEADING + 0.06
    width = 2 * PAD + NAME_WIDTH + len(steps) * (SIDE + GAP) - GAP
    lines = heading(title, subtitle, "", width - 2 * PAD)
    table = total * (SIDE + GAP) - GAP
    figure = Figure(figsize=(width, PAD + table + room + 0.1 + heading_height(lines) + PAD))
    write_heading(figure, lines)
    for row in range(total):
        # from the page's foot, where its height in whole screen pixels changes nothing
        bottom = PAD + (total - 1 - row) * (SIDE + GAP)
        _write(figure, [str(names[row])], PAD, bottom + SIDE / 2 + NAME_LEADING, NAME_WIDTH - GAP, TEXT_SIZE, INK)
        end = end_lines(str(ids[row]), NAME_WIDTH - GAP, SMALL_SIZE)
        _write(figure, end, PAD, bottom + SIDE / 2 - 0.02, NAME_WIDTH - GAP, SMALL_SIZE, MUTED)
        for column, step in enumerate(steps):
            _show(figure, step.images[row], PAD + NAME_WIDTH + column * (SIDE + GAP), bottom)
    for column, (head, remark) in enumerate(zip(heads, remarks, strict=True)):
        left, top = PAD + NAME_WIDTH + column * (SIDE + GAP), PAD + table + room
        _write(figure, head, left, top, SIDE, TEXT_SIZE, INK)
        _write(figure, remark, left, top - details, SIDE, SMALL_SIZE, MUTED)
    return figure


def _remark(steps: Sequence[Step], number: int) -> str:
    """`48x48`, `51x51 to 60x60`, and whether the step changed anything."""
    images = steps[number].images
    sizes = sorted({image.shape[:2] for image in images}, key=lambda size: size[0] * size[1])
    ends = [f"{width}x{height}" for height, width in (sizes[0], sizes[-1])]
    size = ends[0] if len(sizes) == 1 else f"{ends[0]} to {ends[1]}"
    same = number > 0 and all(np.array_equal(a, b) for a, b in zip(images, steps[number - 1].images, strict=True))
    return f"{size}, unchanged" if same else size


def _show(figure: Figure, image: Image, left: float, bottom: float) -> None:
    height, width = image.shape[:2]
    tall, wide = (SIDE * side / max(height, width) for side in (height, width))
    axes = axes_at(figure, left + (SIDE - wide) / 2, bottom + (SIDE - tall) / 2, wide, tall)
    # pixels stay pixels where they are enlarged; of a large photograph, each second line alone would be another picture
    how = "nearest" if max(height, width) <= SIDE * DPI else "antialiased"
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation=how, aspect="auto")
    axes.set_axis_off()


def _write(
    figure: Figure, lines: Sequence[str], left: float, top: float, width: float, points: float, colour: str
) -> None:
    across, up = figure.get_size_inches()
    for number, line in enumerate(lines):
        text, y = shorten(line, width, points), top - number * points * 1.35 / 72
        figure.text(left / across, y / up, text, va="top", fontsize=points, color=colour)
