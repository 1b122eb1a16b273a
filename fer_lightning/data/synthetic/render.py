"""Draws one face from explicit parameters: identity, action units and nuisances."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.synthetic.action_units import Units, by_number
from fer_lightning.data.synthetic.canvas import Canvas
from fer_lightning.data.synthetic.curves import cut_like
from fer_lightning.data.synthetic.geometry import face_shapes, landmarks
from fer_lightning.data.synthetic.identity import Identity
from fer_lightning.data.synthetic.nuisance import Nuisance, camera
from fer_lightning.data.synthetic.paint import (
    Scene,
    background,
    cells,
    light,
    paint_brows,
    paint_eyes,
    paint_folds,
    paint_head,
    paint_mouth,
    paint_neck,
    paint_nose,
    paint_occluder,
)
from fer_lightning.data.synthetic.paint_hair import paint_beard, paint_glasses, paint_hair, paint_hair_behind

_PAINTERS = (
    paint_hair_behind, paint_neck, paint_head, paint_nose, paint_beard, paint_eyes, paint_mouth, paint_folds,
    paint_brows, paint_glasses, paint_hair, light, paint_occluder,
)  # fmt: skip


class Drawing(NamedTuple):
    """One face: `pixels` uint8 (size, size) grey, and where its 68 `landmarks` lie, float64 (68, 2) x, y in pixels."""

    pixels: npt.NDArray[np.uint8]
    landmarks: npt.NDArray[np.float64]


def draw(person: Identity, units: Units, view: Nuisance, size: int = 48) -> Drawing:
    """The face of a person under action units (2, 14), 0..1, as the view shows it, `size` pixels wide and high.

    The same arguments give the same picture; at another size the same face in finer or coarser pixels, with other
    noise.
    """
    rng = np.random.default_rng(view.seed)
    shapes = face_shapes(person, units, view.gaze)
    marks = landmarks(shapes)
    shown = camera(view, size, marks)
    detail = max(2, -(-144 // size))  # cells per pixel: thin lines of a small image need more
    placed = cut_like(shapes, cells(shown.project(np.concatenate(list(shapes.values()))), detail))
    canvas = Canvas(background(view, size * detail, rng), shown.unit * detail)
    strengths = {number: (float(left), float(right)) for number, (left, right) in by_number(units).items()}
    scene = Scene(canvas, placed, person, strengths, view, shown, detail, rng)
    for paint in _PAINTERS:
        paint(scene)
    return Drawing(_photograph(canvas.tone, view, size, rng), shown.project(marks))


def _photograph(
    tone: npt.NDArray[np.float32], view: Nuisance, size: int, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    small = cv2.resize(tone, (size, size), interpolation=cv2.INTER_AREA)
    if view.blur * size > 0.15:
        small = cv2.GaussianBlur(small, (0, 0), view.blur * size)
    small = (small - np.float32(0.45)) * np.float32(view.contrast) + np.float32(0.45 + view.brightness)
    if view.noise > 0:
        small = small + rng.normal(0, view.noise, size=small.shape).astype(np.float32)
    pixels: npt.NDArray[np.uint8] = (np.clip(small, 0, 1) * 255).round().astype(np.uint8)
    return pixels
