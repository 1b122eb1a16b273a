"""Draws super-resolution examples: the low-resolution input, bicubic, the net's output and the original."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from fer_lightning.results.figures.cells import cell, foot
from fer_lightning.results.figures.layout import Line, heading, heading_height, write_heading
from fer_lightning.results.style import DPI, PAD, styled

TITLE = "Faces before and after super-resolution"
SIDE = 144 / DPI  # inches of a picture: faces of 24, 36, 48, 72 and 96 pixels come to whole screen pixels
GAP, BELOW = 6 / DPI, 12 / DPI  # inches between pictures, and from row to row


@styled
def enlarged_faces(
    versions: Sequence[tuple[str, npt.NDArray[np.uint8]]], names: Sequence[str], subtitle: str = "", details: str = ""
) -> Figure:
    """One row per face: its versions side by side, the original last; below each its PSNR to the original.

    Args:
        versions: name and images, (N, S, S) grey or (N, S, S, 3) RGB, uint8; S may differ. The last is the original.
        names: N classes, or whatever else tells the faces apart.
        subtitle: a muted line below the title; what was tested.
        details: a line of figures below that.
    """
    original = versions[-1][1]
    total = len(original)
    if not total or any(len(images) != total for _, images in versions) or len(names) != total:
        raise ValueError(f"{total} faces, {[len(images) for _, images in versions]} versions, {len(names)} names")
    width = 2 * PAD + len(versions) * (SIDE + GAP) - GAP
    lines: list[Line] = heading(TITLE, subtitle, details, width - 2 * PAD)
    tall = SIDE + foot(2)
    head = PAD + heading_height(lines) + 0.08
    figure = Figure(figsize=(width, head + total * (tall + BELOW) - BELOW + PAD))
    write_heading(figure, lines)
    for row in range(total):
        top = figure.get_figheight() - head - row * (tall + BELOW)
        for column, (version, images) in enumerate(versions):
            side = images.shape[1]
            last = column == len(versions) - 1
            near = names[row] if last else _nearness(images[row], original[row]) or f"{side} x {side} pixels"
            axes = cell(figure, PAD + column * (SIDE + GAP), top, SIDE, (version, near))
            axes.imshow(images[row], cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect="auto")
    return figure


def _nearness(image: npt.NDArray[np.uint8], original: npt.NDArray[np.uint8]) -> str:
    """The peak signal-to-noise ratio of a version of the same size; nothing of another size."""
    if image.shape != original.shape:
        return ""
    error = float(np.square(image.astype(np.float64) - original).mean())
    return f"{10 * np.log10(255**2 / error):.1f} dB" if error else "the same"
