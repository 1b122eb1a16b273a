"""Paints an occluder over a part of the face, small enough that the expression still shows."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.synthetic.curves import Points, ellipse, spline
from fer_lightning.data.synthetic.scene import Scene


def paint_occluder(scene: Scene) -> None:
    """A hand on the cheek, a bar, sunglasses, a scarf under the mouth or a patch at the border."""
    along, across = scene.view.occluder_at
    sign = 1.0 if across > 0.5 else -1.0
    match scene.view.occluder:
        case "hand":
            _hand(scene, sign, 0.7 + 0.5 * along)
        case "bar":
            x = sign * (0.55 + 0.5 * along)
            line = scene.place([(x - 0.1, -1.9), (x + 0.1, 2.4)], 1.0)
            scene.canvas.fill([scene.canvas.band(line, 0.18)], across, soft=0.01)
        case "sunglasses":
            lenses = [scene.place(ellipse(side * 0.46, 0.03, 0.30, 0.22)) for side in (-1.0, 1.0)]
            bar = scene.canvas.band(scene.place([(-1.0, -0.08), (0.0, -0.06), (1.0, -0.08)]), 0.05)
            scene.canvas.fill([*lenses, bar], 0.05, 0.9, soft=0.01)
        case "scarf":
            edge = scene.shapes["lip_low"][6, 1] + 0.16 * scene.canvas.unit
            x = scene.shapes["lip_low"][6, 0]
            width, height = 1.7 * scene.canvas.unit, 1.6 * scene.canvas.unit
            wave = [
                (-width, -0.3 * height),
                (-width / 2, -0.05 * height),
                (0, 0),
                (width / 2, -0.05 * height),
                (width, -0.3 * height),
            ]
            top = spline(np.array(wave) + (x, edge), 4)
            scene.canvas.fill([np.concatenate([top, top[::-1] + (0, height)])], along, soft=0.015)
        case "patch":
            x, y = sign * (0.75 + 0.25 * along), -0.5 + 1.9 * across
            scene.canvas.fill([scene.place(_square(x, y, 0.28), 1.0)], along, soft=0.01)


def _square(x: float, y: float, half: float) -> Points:
    return np.array([(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)])


def _hand(scene: Scene, sign: float, height: float) -> None:
    canvas, tone = scene.canvas, scene.person.skin * 0.92
    palm = scene.place(ellipse(sign * 1.15, height + 0.55, 0.38, 0.5), 0.8)
    fingers = []
    for k in range(4):
        x, y = sign * (1.35 - 0.17 * k), height + 0.3
        tip = (x - sign * 0.07, height - 0.3 + 0.06 * abs(k - 1))
        fingers.append(canvas.band(spline(scene.place([(x, y), tip], 0.85), 8), 0.17))
    canvas.shade([(part + (0, 0.05 * canvas.unit), -0.3) for part in (palm, *fingers)], soft=0.05)
    canvas.fill([palm, *fingers], tone, soft=0.012)
    canvas.shade([(canvas.band(finger[:9], 0.03), -0.35) for finger in fingers], soft=0.012)
