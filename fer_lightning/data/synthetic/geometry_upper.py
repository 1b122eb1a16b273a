"""Where brows and eyes lie, and how action units 1, 2, 4, 5, 6, 7 and 9 move them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fer_lightning.data.synthetic.curves import Points, spline
from fer_lightning.data.synthetic.identity import Identity

ByNumber = dict[int, npt.NDArray[np.float64]]
SIDES = ((0, -1.0, "left"), (1, 1.0, "right"))  # index of an intensity, sign of x, name: halves of the image


def brows(person: Identity, units: ByNumber) -> dict[str, Points]:
    """`<side>_brow`: five points from the inner to the outer end, in face units."""
    shapes = {}
    for i, sign, name in SIDES:
        inner, outer, frown, nose = units[1][i], units[2][i], units[4][i], units[9][i]
        frown_inner = frown * (1 - 0.75 * inner)  # AU 1 holds the inner ends up against AU 4
        x = np.array([0.17, 0.30, 0.45, 0.60, 0.74]) * person.eye_distance
        y = np.array([-0.235, -0.275, -0.30, -0.295, -0.235]) - 0.035 * person.brow_arch * np.array([0, 0.4, 1, 1, 0])
        y += person.brow_height + person.brow_slope * np.array([1, 0.5, 0, 0, -0.5])
        y -= inner * np.array([0.21, 0.15, 0.04, 0, 0])
        y -= outer * np.array([0.03, 0.10, 0.17, 0.19, 0.12])
        y += frown_inner * np.array([0.155, 0.12, 0.06, 0.0, -0.03]) + frown * inner * np.array(
            [0, 0.01, 0.04, 0.05, 0.05]
        )
        y += nose * np.array([0.09, 0.07, 0.05, 0.02, 0])
        x -= (frown + 0.4 * nose) * np.array([0.06, 0.05, 0.035, 0.015, 0])
        shapes[f"{name}_brow"] = np.stack([sign * x, y], axis=1)
    return shapes


def eyes(person: Identity, units: ByNumber, gaze: tuple[float, float] = (0.0, 0.0)) -> dict[str, Points]:
    """`<side>_upper_lid` and `_lower_lid` (inner to outer corner), `_crease`, `_bag` and the one point `_iris`."""
    shapes = {}
    for i, sign, name in SIDES:
        raised, cheek, tight, nose = units[5][i], units[6][i], units[7][i], units[9][i]
        brow = 0.5 * (units[1][i] + units[2][i])
        half = 0.225 * person.eye_size
        centre = 0.455 * person.eye_distance
        squint = 0.045 * tight + 0.035 * cheek + 0.045 * nose
        top = 0.118 * person.eye_opening * person.eye_size + 0.075 * raised - 0.8 * squint + 0.012 * brow
        low = 0.062 * person.eye_size + 0.018 * raised - 0.9 * squint
        t = np.linspace(-1, 1, 7)
        across = centre + half * t
        tilt = np.linspace(0.012, person.eye_tilt, 7)
        arch = (1 - np.abs(t) ** 2.3) ** 0.8
        upper = np.stack([sign * across, tilt - max(top, 0.03) * arch], axis=1)
        lower = np.stack([sign * across, tilt + max(low, 0.004) * arch], axis=1)
        shapes[f"{name}_upper_lid"] = upper
        shapes[f"{name}_lower_lid"] = lower
        shapes[f"{name}_crease"] = upper - np.outer(0.045 + 0.02 * arch * (1 - raised) + 0.03 * brow, (0, 1))
        shapes[f"{name}_bag"] = lower + np.outer(0.05 + 0.05 * arch - 0.02 * cheek, (0, 1))
        shapes[f"{name}_iris"] = np.array([[sign * centre + 0.06 * gaze[0], -0.018 + 0.03 * gaze[1]]])
    return shapes


def upper_wrinkles(person: Identity, units: ByNumber) -> dict[str, Points]:
    """Lines of the forehead (AU 1, 2), between the brows (4), beside the eyes (6) and on the nose's root (9)."""
    shapes = {}
    for row in range(3):
        x = np.linspace(-0.55, 0.55, 9)
        lift = 0.06 * float(np.mean(units[1])) * np.exp(-((x / 0.25) ** 2))
        lift += 0.05 * float(np.mean(units[2])) * np.abs(x / 0.5)
        shapes[f"forehead_{row}"] = np.stack([x, -0.55 - 0.13 * row - lift + 0.05 * np.abs(x)], axis=1)
    for _, sign, name in SIDES:
        beside = sign * 0.085
        shapes[f"{name}_frown"] = spline([[beside * 1.1, -0.40], [beside * 0.95, -0.30], [beside, -0.17]])
        outer = 0.455 * person.eye_distance + 0.26
        for row, (rise, reach) in enumerate(((-0.09, 0.13), (0.0, 0.16), (0.09, 0.14))):
            shapes[f"{name}_crow_{row}"] = np.array(
                [
                    [sign * outer, rise * 0.4],
                    [sign * (outer + reach / 2), rise * 0.8],
                    [sign * (outer + reach), rise * 1.5],
                ]
            )
        shapes[f"{name}_bunny"] = spline([[sign * 0.03, 0.05], [sign * 0.10, 0.10], [sign * 0.15, 0.20]])
        shapes[f"{name}_bunny_low"] = spline([[sign * 0.06, 0.15], [sign * 0.13, 0.20], [sign * 0.17, 0.28]])
    shapes["root"] = np.array([[-0.09, -0.02], [0.0, 0.0], [0.09, -0.02]])
    return shapes
