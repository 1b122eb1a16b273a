"""Paints eyes and brows."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.synthetic.canvas import Toned
from fer_lightning.data.synthetic.curves import ellipse, spline
from fer_lightning.data.synthetic.geometry_upper import SIDES
from fer_lightning.data.synthetic.scene import Scene

_LASHES = np.linspace(0.03, 0.055, 19)
_BROW = np.interp(np.linspace(0, 1, 17), (0, 0.1, 0.45, 1), (0.07, 0.115, 0.11, 0.03))


def paint_eyes(scene: Scene) -> None:
    """White, iris, pupil, catchlight, lids, lashes, crease and the bag below."""
    canvas, shapes, person = scene.canvas, scene.shapes, scene.person
    radius = 0.112 * person.eye_size * canvas.unit
    openings, sharp = [], list[Toned]()
    pieces, soft = list[Toned](), list[Toned]()
    for i, _, name in SIDES:
        upper, lower = spline(shapes[f"{name}_upper_lid"], 3), spline(shapes[f"{name}_lower_lid"], 3)
        openings.append(np.concatenate([upper, lower[::-1]]))
        crease, bag = (spline(shapes[f"{name}_{part}"], 2) for part in ("crease", "bag"))
        shadow, lashes, rim, fold, pouch = canvas.bands(
            [upper, upper, lower, crease, bag], [0.10, _LASHES, 0.022, 0.03, 0.035]
        )
        x, y = shapes[f"{name}_iris"][0].tolist()
        spark = (x - 0.035 * canvas.unit, y - 0.04 * canvas.unit)
        pieces += [
            (shadow, 0.4 + 0.15 * person.skin),  # the lid's shadow on the white
            (ellipse(x, y, radius, radius), person.iris * 0.55),
            (ellipse(x, y, radius * 0.8, radius * 0.8, 16), person.iris),
            (ellipse(x, y, radius * 0.42, radius * 0.42, 12), 0.02),
            (ellipse(*spark, radius * 0.2, radius * 0.2, 8), 0.95),
        ]
        sharp += [(lashes, -0.8), (rim, -0.35)]
        soft += [(fold, -0.30), (pouch, -0.08 - 0.12 * person.age - 0.28 * scene.units[6][i])]
    canvas.shade(soft, soft=0.014)
    canvas.collage(openings, 0.62 + 0.25 * person.skin, pieces)
    canvas.shade(sharp)


def paint_brows(scene: Scene) -> None:
    """Two tapered brows with a soft edge, darker than the skin."""
    canvas, person = scene.canvas, scene.person
    tone = min(person.skin * person.brow, 0.4 + 0.2 * person.hair)
    lines = [spline(scene.shapes[f"{name}_brow"], 4) for _, _, name in SIDES]
    width = _BROW * person.brow_width
    canvas.fill([canvas.band(line, width) for line in lines], tone, 0.55, soft=0.025)
    canvas.fill([canvas.band(line, 0.75 * width) for line in lines], tone, 0.75, soft=0.01)
