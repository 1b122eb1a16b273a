"""Draws faces side by side, each over its caption."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from fer_lightning.results.figures.layout import SMALL_SIZE, axes_at, heading, heading_height, write_heading
from fer_lightning.results.style import DPI, FAINT, INK, MUTED, PAD, shorten, styled, wrap

GAP = 0.12  # inches between faces
LEADING = SMALL_SIZE * 1.35 / 72  # inches from one line of a caption to the next


@styled
def face_grid(
    images: npt.NDArray[np.uint8],
    captions: Sequence[str],
    title: str = "",
    columns: int | None = None,
    subtitle: str = "",
    details: str = "",
    notes: Sequence[str] = (),
) -> Figure:
    """Faces side by side, left to right and down, each over its caption of at most two lines.

    Args:
        images: (N, H, W) grey or (N, H, W, 3) RGB, uint8; black is 0 and white 255 in every face.
        captions: N texts; a line break in one is kept.
        title: the first line; none when empty.
        columns: faces a row; a page wider than high when None.
        subtitle: a muted line below the title; what was shown.
        details: a line of figures below that.
        notes: N muted texts of one line below the captions, or none; of a longer one the end is kept.
    """
    total = len(images)
    if images.ndim not in (3, 4) or total == 0 or total != len(captions) or len(notes) not in (0, total):
        raise ValueError(f"images of shape {images.shape} for {len(captions)} captions and {len(notes)} notes")
    across = min(total, columns or math.ceil(math.sqrt(total * 1.6)))
    down = math.ceil(total / across)
    wide = face_width(images.shape[2])
    tall = wide * images.shape[1] / images.shape[2]
    texts = [_caption(text, wide) for text in captions]
    ends = [_end(note, wide) for note in notes]
    caption_lines = max(map(len, texts))
    foot = (caption_lines + bool(ends)) * LEADING + 0.05
    width = max(2 * PAD + across * wide + (across - 1) * GAP, 2.6)
    lines = heading(title, subtitle, details, width - 2 * PAD)
    head = PAD + (heading_height(lines) + 0.06 if lines else 0)
    height = head + down * (tall + foot) + (down - 1) * GAP + PAD
    figure = Figure(figsize=(width, height))
    write_heading(figure, lines)
    for index, (image, text) in enumerate(zip(images, texts, strict=True)):
        row, column = divmod(index, across)
        x, y = PAD + column * (wide + GAP), height - head - row * (tall + foot + GAP)
        axes = axes_at(figure, x, y - tall, wide, tall)
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="auto", aspect="auto")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(color=FAINT, linewidth=0.5)
        colours = [*[INK] * len(text), MUTED]
        for k, line in enumerate([*text, *ends[index : index + 1]]):
            top = (y - tall - 0.05 - k * LEADING) / height
            figure.text((x + wide / 2) / width, top, line, ha="center", va="top", fontsize=SMALL_SIZE, color=colours[k])
    return figure


def face_width(pixels: int) -> float:
    """Inches that a face of so many pixels a row takes in a grid."""
    # whole screen pixels for each pixel of a small face: no row of it looks thicker than the next
    return max(1, round(1.2 * DPI / pixels)) * pixels / DPI if pixels < 1.5 * DPI else 1.5


def _caption(text: str, width: float) -> list[str]:
    lines = [line for part in text.split("\n") for line in wrap(part, width, SMALL_SIZE)]
    return lines if len(lines) <= 2 else [lines[0], shorten(f"{lines[1]}…", width, SMALL_SIZE)]


def _end(text: str, width: float) -> str:
    # paths differ at their end
    return shorten(text[::-1], width, SMALL_SIZE)[::-1]
