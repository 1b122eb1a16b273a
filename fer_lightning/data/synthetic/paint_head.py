"""Paints what the face lies on: background, neck, ears, the shaded head."""

from __future__ import annotations

import cv2
import numpy as np

from fer_lightning.data.synthetic.canvas import Plane, Toned
from fer_lightning.data.synthetic.geometry_upper import SIDES
from fer_lightning.data.synthetic.nuisance import Nuisance
from fer_lightning.data.synthetic.scene import Scene


def background(view: Nuisance, side: int, rng: np.random.Generator) -> Plane:
    """Two tones blended across the image, with blurred blobs of a room behind."""
    first, second = view.background
    ramp = np.linspace(0, 1, side, dtype=np.float32)
    slant = float(rng.uniform(0, 1))
    rough = rng.normal(0, 0.12, size=(5, 5)).astype(np.float32)
    blobs = cv2.resize(rough, (side, side), interpolation=cv2.INTER_CUBIC)
    plane = first + (second - first) * (slant * ramp[None, :] + (1 - slant) * ramp[:, None]) + blobs
    return np.asarray(plane.clip(0, 1), dtype=np.float32)


def paint_neck(scene: Scene) -> None:
    """Neck and clothes."""
    canvas, person = scene.canvas, scene.person
    neck = scene.place([(-0.58, 0.9), (0.58, 0.9), (0.62, 1.7), (0.75, 2.6), (-0.75, 2.6), (-0.62, 1.7)], -0.3)
    canvas.fill([neck], person.skin * 0.72, soft=0.02)
    cloth = [(-0.6, 1.85), (0.0, 2.05), (0.6, 1.85), (2.2, 2.25), (2.2, 3.2), (-2.2, 3.2), (-2.2, 2.25)]
    canvas.fill([scene.place(cloth, -0.3)], person.cloth, soft=0.02)


def paint_head(scene: Scene) -> None:
    """Ears, the head's outline, and the soft relief of sockets, cheeks, temples and chin."""
    canvas, shapes, person = scene.canvas, scene.shapes, scene.person
    ears = [shapes["left_ear"], shapes["right_ear"]]
    canvas.fill(ears, person.skin * 0.9, soft=0.01)
    canvas.shade([((ear - ear.mean(axis=0)) * 0.5 + ear.mean(axis=0), -0.3) for ear in ears], soft=0.03)
    jaw = shapes["head"][25:56]
    centre = jaw.mean(axis=0)
    canvas.shade([((jaw - centre) * (0.75, 1.0) + centre + (0, 0.1 * canvas.unit), -0.3)], soft=0.06)
    canvas.fill([shapes["head"]], person.skin, soft=0.01)
    hills: list[Toned] = [(shapes["forehead"], 0.08), (shapes["chin_boss"], 0.10)]
    for i, _, name in SIDES:
        smile = 0.6 * scene.units[6][i] + 0.6 * scene.units[12][i]
        hills += [
            (shapes[f"{name}_socket"], -0.17),
            (shapes[f"{name}_hollow"], -0.10),
            (shapes[f"{name}_temple"], -0.12),
            (shapes[f"{name}_cheek"], 0.07 + 0.13 * smile),
            (shapes[f"{name}_under_cheek"], -0.10 * smile),
        ]
    canvas.shade(hills, soft=0.08)


def light(scene: Scene) -> None:
    """Lights the picture as if the head were an egg, from where the view's light comes."""
    canvas, view = scene.canvas, scene.view
    side = len(canvas.tone)
    x0, y0 = scene.place([(0.0, 0.15)], 0.0)[0]
    grid = np.arange(side, dtype=np.float32)
    u = ((grid - np.float32(x0)) / np.float32(1.25 * canvas.unit))[None, :]
    v = ((grid - np.float32(y0)) / np.float32(1.75 * canvas.unit))[:, None]
    front = np.sqrt(np.maximum(1 - u * u - v * v, 0.0))
    lx, ly = view.light
    toward = np.float32(lx) * u + np.float32(ly) * v + np.float32(0.6) * front
    canvas.tone *= 1 + np.float32(view.light_strength) * (np.clip(toward, -0.7, 1.0) - np.float32(0.55))
