"""Draws which regions of a face a net needs: each face beside a heat map over it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fer_lightning.results.figures.cells import twos
from fer_lightning.results.figures.layout import SMALL_SIZE, axes_at
from fer_lightning.results.style import FAINT, MUTED, PAD, TRAIN, VAL, styled

TITLE = "Which region matters"
BAR, UNDER = 0.14, 0.42  # inches: the colour bar, and its numbers and name below it
ABOVE = 0.14  # inches from the last caption to the bar
MEAN = "mean of all"
PALE = 0.55  # of the way to white: a face that lies under colours

# transparent where nothing changes, so that the face stays in sight there
LOSS = LinearSegmentedColormap.from_list(
    "loss",
    [(0, (*to_rgb(VAL), 0.9)), (0.5, (*to_rgb(VAL), 0.0)), (0.5, (*to_rgb(TRAIN), 0.0)), (1, (*to_rgb(TRAIN), 0.9))],
)


@styled
def importance_maps(
    faces: npt.NDArray[np.uint8],
    drops: npt.NDArray[np.floating],
    captions: Sequence[tuple[tuple[str, str], str]],
    subtitle: str = "",
    how: str = "",
) -> Figure:
    """Every face, and beside it what blanking costs, on one scale for all; last the mean over the faces.

    Args:
        faces: (N, H, W) grey or (N, H, W, 3) RGB, uint8.
        drops: (N, H, W) in -1..1, the probability that is lost where the face is blanked there.
        captions: of each face two lines under it, and one under its map.
        subtitle: a muted line below the title; what was tested.
        how: a line below that; how it was blanked.
    """
    total = len(faces)
    if not total or len(captions) != total or drops.shape != faces.shape[:3]:
        raise ValueError(f"faces of shape {faces.shape}, drops {drops.shape} and {len(captions)} captions")
    points = 100 * np.concatenate([drops, drops.mean(axis=0, keepdims=True)])
    pictures = [*faces, faces.mean(axis=0).round().astype(np.uint8)]
    of_mean = "1 face" if total == 1 else f"{total} faces"
    lines = [*((left, (right,)) for left, right in captions), ((MEAN, of_mean), ("mean of the maps",))]
    figure, places = twos(lines, TITLE, subtitle, how, ABOVE + BAR + UNDER)
    # less than a point is no finding, and would be drawn as one
    end = max(1.0, float(np.abs(points).max()))
    for (left, right), picture, drop in zip(places, pictures, points, strict=True):
        left.imshow(picture, cmap="gray", vmin=0, vmax=255, aspect="auto")
        pale = picture + PALE * (255.0 - picture)
        right.imshow(pale.round().astype(np.uint8), cmap="gray", vmin=0, vmax=255, aspect="auto")
        right.imshow(drop, cmap=LOSS, vmin=-end, vmax=end, aspect="auto")
    _bar(figure, end)
    return figure


def _bar(figure: Figure, end: float) -> None:
    width, height = figure.get_size_inches()
    axes = axes_at(figure, PAD + 0.2, PAD + UNDER, width - 2 * PAD - 0.4, BAR)
    axes.imshow(np.linspace(-end, end, 401)[None], cmap=LOSS, norm=Normalize(-end, end), extent=(-end, end, 0, 1))
    ticks = [tick for tick in MaxNLocator(8, steps=[1, 2, 5, 10]).tick_values(-end, end) if abs(tick) <= end]
    axes.set(aspect="auto", yticks=[], xticks=ticks, xticklabels=[f"{tick:+g}" if tick else "0" for tick in ticks])
    axes.spines[:].set(color=FAINT, linewidth=0.5)
    axes.tick_params(labelsize=SMALL_SIZE, length=2, color=FAINT)
    text = "percentage points of the true class lost (+) or won (-) by blanking"
    figure.text(0.5, PAD / height, text, ha="center", va="bottom", fontsize=SMALL_SIZE, color=MUTED)
