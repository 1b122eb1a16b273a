"""Every curve of a face in face units: x to the right and y down from between the eyes, z towards the viewer."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.synthetic.action_units import Units, by_number
from fer_lightning.data.synthetic.curves import Points, cut_like, spline
from fer_lightning.data.synthetic.geometry_lower import folds, mouth, nose
from fer_lightning.data.synthetic.geometry_relief import relief
from fer_lightning.data.synthetic.geometry_upper import SIDES, ByNumber, brows, eyes, upper_wrinkles
from fer_lightning.data.synthetic.identity import Identity

Shapes = dict[str, Points]

# one unit is half the width of an average face, about 7 cm
_OUTLINE = (
    (0.0, -1.36),
    (0.55, -1.22),
    (0.88, -0.78),
    (0.99, -0.15),
    (0.97, 0.35),
    (0.85, 0.85),
    (0.58, 1.27),
    (0.24, 1.49),
)


def face_shapes(person: Identity, units: Units, gaze: tuple[float, float] = (0.0, 0.0)) -> Shapes:
    """Named curves (K, 3) of a person's face under action units (2, 14), 0..1."""
    au = by_number(units)
    flat: Shapes = brows(person, au) | eyes(person, au, gaze) | nose(person, au) | mouth(person, au)
    flat |= folds(person, au, flat) | upper_wrinkles(person, au) | relief(au)
    points = np.concatenate(list(flat.values()))
    shapes = cut_like(flat, np.column_stack([points, surface(points)]))
    for name in ("bridge", "tip", "base", "left_alar", "right_alar", "left_nostril", "right_nostril"):
        shapes[name][:, 2] += 0.02 + 0.3 * shapes[name][:, 1].clip(0.0, 0.6)
    shapes["bridge"][0, 2] -= 0.1
    return shapes | _head(person, au)


def surface(points: Points) -> Points:
    """How far the front of the head stands out at x, y: an ellipsoid."""
    x, y = points.T
    height: Points = 0.75 * np.sqrt(np.clip(1 - (x / 1.12) ** 2 - ((y - 0.25) / 2.1) ** 2, 0.05, 1))
    return height


def _head(person: Identity, au: ByNumber) -> Shapes:
    right = np.array(_OUTLINE)
    right[1:6, 0] *= person.face_width
    right[5:7, 0] *= person.jaw_width
    below = np.clip((right[:, 1] - 0.35) / 1.15, 0, 1)
    drop = 0.19 * float(np.mean(au[26])) - 0.025 * float(np.mean(au[17]))
    right[:, 1] *= np.where(below > 0, person.chin_length, 1.0)
    right[:, 1] += below * drop
    chin = np.array([[0.0, right[-1, 1] + 0.045]])
    left = right[:0:-1] * (-1, 1)
    outline = spline(np.concatenate([right, chin, left]), 5, closed=True)
    shapes = {"head": np.column_stack([outline, np.full(len(outline), 0.1)])}
    for _, sign, name in SIDES:
        x = sign * person.face_width
        ear = spline(
            [[x * 0.97, -0.08], [x * 1.10, -0.14], [x * 1.15, 0.05], [x * 1.08, 0.32], [x * 0.98, 0.42]], 4, closed=True
        )
        shapes[f"{name}_ear"] = np.column_stack([ear, np.full(len(ear), -0.12)])
    return shapes
