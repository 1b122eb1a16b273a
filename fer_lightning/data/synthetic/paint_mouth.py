"""Paints nose and mouth."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.synthetic.canvas import Toned
from fer_lightning.data.synthetic.curves import ellipse, spline, taper
from fer_lightning.data.synthetic.geometry_upper import SIDES
from fer_lightning.data.synthetic.scene import Scene


def paint_nose(scene: Scene) -> None:
    """Flanks in shadow, a lit bridge and tip, wings and nostrils."""
    canvas, shapes, view = scene.canvas, scene.shapes, scene.view
    wide: list[Toned] = [(canvas.band(shapes["bridge"], 0.10), 0.10), (shapes["tip"], 0.13)]
    fine: list[Toned] = [(canvas.band(shapes["base"][1:4] + (0, 0.03 * canvas.unit), 0.07), -0.22)]
    for i, sign, name in SIDES:
        away = 0.14 * view.light_strength if sign * view.light[0] < 0 else 0.0
        wide.append((shapes[f"{name}_flank"], -0.10 - away - 0.06 * scene.units[9][i]))
        wing = shapes[f"{name}_alar"]
        fine += [(canvas.band(wing, 0.045 * taper(len(wing))), -0.38), (shapes[f"{name}_nostril"], -0.7)]
    canvas.shade(wide, soft=0.038)
    canvas.shade(fine, soft=0.013)


def paint_mouth(scene: Scene) -> None:
    """Mouth cavity with teeth and tongue where it is open, both lips and the line between them."""
    canvas, shapes, person = scene.canvas, scene.shapes, scene.person
    lip_top, inner_top, inner_low, lip_low = (
        spline(shapes[name], 2) for name in ("lip_top", "inner_top", "inner_low", "lip_low")
    )
    middle = len(inner_top) // 2
    gap = float(np.hypot(*(inner_low[middle] - inner_top[middle]))) / canvas.unit
    tone = person.skin * person.lip
    canvas.fill([np.concatenate([lip_top, inner_low[::-1]])], tone * 0.82, soft=0.014)
    canvas.fill([np.concatenate([inner_top, lip_low[::-1]])], tone, soft=0.014)
    if gap > 0.02:
        # upper teeth show in a smile or a grimace, less in a jaw that only drops
        shown = min(1.0, (0.13 - 0.07 * min(1.0, max(0.0, (gap - 0.14) / 0.15))) / gap)
        edge = inner_top + (inner_low - inner_top) * shown * 0.85
        tongue = inner_low + (inner_top - inner_low) * 0.3
        pieces: list[Toned] = [(np.concatenate([inner_top, edge[::-1]])[3:-3], 0.88)]
        if gap > 0.16:
            pieces.insert(0, (np.concatenate([tongue[5:-5], inner_low[5:-5][::-1]]), 0.15 + 0.15 * person.skin))
        canvas.collage([np.concatenate([inner_top, inner_low[::-1]])], 0.05, pieces)
        line: Toned = (canvas.band(inner_top, 0.02), -0.45)
    else:
        line = (canvas.band(inner_top, 0.04 * taper(len(inner_top), 0.6, 0.6)), -0.75)
    ends = [(float(x), float(y)) for x, y in inner_top[[0, -1]]]
    corners = [ellipse(x, y, 0.04 * canvas.unit, 0.035 * canvas.unit, 10) for x, y in ends]
    shine = canvas.band(0.35 * inner_low[8:-8] + 0.65 * lip_low[8:-8], 0.045)
    below = canvas.band(shapes["chin_line"], 0.06)
    canvas.shade([line], soft=0.006)
    soft = [(shine, 0.22), (below, -0.22 - 0.15 * sum(scene.units[17]) / 2), *((c, -0.4) for c in corners)]
    canvas.shade(soft, soft=0.02)
