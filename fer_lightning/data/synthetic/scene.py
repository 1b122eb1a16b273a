"""What every painter needs: the canvas, the projected curves, the person and a way to place further curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_lightning.data.synthetic.canvas import Canvas
from fer_lightning.data.synthetic.curves import Points
from fer_lightning.data.synthetic.geometry import Shapes, surface
from fer_lightning.data.synthetic.identity import Identity
from fer_lightning.data.synthetic.nuisance import Camera, Nuisance


@dataclass(frozen=True)
class Scene:
    """One face about to be painted.

    Attributes:
        canvas: where it is painted.
        shapes: curves by name, (K, 2) in cells of the canvas.
        units: intensities by action unit, left and right half of the image.
        detail: cells of the canvas a pixel of the image.
    """

    canvas: Canvas
    shapes: Shapes
    person: Identity
    units: dict[int, tuple[float, float]]
    view: Nuisance
    camera: Camera
    detail: int
    rng: np.random.Generator

    def place(self, points: npt.ArrayLike, depth: float | None = None) -> Points:
        """Cells (K, 2) of face-unit points (K, 2): on the face's front, or at one depth."""
        flat = np.asarray(points, dtype=np.float64)
        z = surface(flat) if depth is None else np.full(len(flat), depth)
        return cells(self.camera.project(np.column_stack([flat, z])), self.detail)


def cells(pixels: Points, detail: int) -> Points:
    """Pixel positions as cells of a canvas `detail` times as fine."""
    return (pixels + 0.5) * detail - 0.5
