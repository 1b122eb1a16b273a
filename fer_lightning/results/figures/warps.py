"""Draws what a spatial transformer shows to the net behind it: each face beside itself, warped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_lightning.results.figures.cells import twos
from fer_lightning.results.style import styled

TITLE = "Faces under the spatial transformer"
LINE = "#f2920c"  # bright on dark hair and on light skin, with the dark line below it
LEAST_AIR, MOST_AIR = 0.06, 0.5  # shares of the face's side that are drawn around it, where an outline may run


@styled
def warped_faces(
    faces: npt.NDArray[np.uint8],
    warped: npt.NDArray[np.uint8],
    corners: npt.NDArray[np.floating],
    names: Sequence[str],
    changes: Sequence[str],
    subtitle: str = "",
) -> Figure:
    """Every face with the outline of its warp, and beside it what lies inside the outline.

    Args:
        faces: (N, S, S) grey or (N, S, S, 3) RGB, uint8.
        warped: (N, S', S') or (N, S', S', 3), uint8.
        corners: (N, 4, 2) x and y of the warp's upper left, upper right, lower right and lower left corner, in pixels
            of the face from its upper left edge.
        names: N classes, or whatever else tells the faces apart.
        changes: N texts of what the warp does.
        subtitle: a muted line below the title; what was tested.
    """
    total, side = len(faces), faces.shape[1]
    lengths = [len(column) for column in (warped, corners, names, changes)]
    if not total or set(lengths) != {total}:
        raise ValueError(f"{total} faces; warped ones, corners, names and changes: {lengths}")
    moved = np.linalg.norm(corners - side * np.array([[0, 0], [1, 0], [1, 1], [0, 1]]), axis=2)
    details = (
        "The net sees what lies inside the outline, whose dot is its upper left corner. Corners moved by "
        f"{moved.mean():.1f} of {side} pixels on average, by {moved.max():.1f} at most."
    )
    captions = [((name,), (change,)) for name, change in zip(names, changes, strict=True)]
    figure, places = twos(captions, TITLE, subtitle, details)
    beyond = max(-corners.min(), corners.max() - side) / side
    air = side * float(np.clip(beyond + 0.03, LEAST_AIR, MOST_AIR))
    for (left, right), face, after, outline in zip(places, faces, warped, corners, strict=True):
        _outlined(left, face, outline, air)
        right.imshow(after, cmap="gray", vmin=0, vmax=255, aspect="auto")
    return figure


def _outlined(axes: Axes, face: npt.NDArray[np.uint8], corners: npt.NDArray[np.floating], air: float) -> None:
    side = face.shape[0]
    axes.imshow(face, cmap="gray", vmin=0, vmax=255, extent=(0, side, side, 0), aspect="auto")
    x, y = np.concatenate([corners, corners[:1]]).T
    for colour, wide in (("black", 2.4), (LINE, 1.2)):
        axes.plot(x, y, color=colour, linewidth=wide, solid_joinstyle="miter")
    axes.plot(x[:1], y[:1], "o", color=LINE, markersize=5, markeredgecolor="black", markeredgewidth=0.6)
    axes.set(xlim=(-air, side + air), ylim=(side + air, -air))
