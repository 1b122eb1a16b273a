"""Where nose, mouth and cheek folds lie, and how action units 6 to 26 move them."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.synthetic.curves import Points, ellipse, spline
from fer_lightning.data.synthetic.geometry_upper import SIDES, ByNumber
from fer_lightning.data.synthetic.identity import Identity


def nose(person: Identity, units: ByNumber) -> dict[str, Points]:
    """`bridge` (4 points down to the tip), `base` (5 points, left to right), `<side>_alar` and `<side>_nostril`."""
    length, width = person.nose_length, 0.20 * person.nose_width
    wrinkle = units[9]
    lift = 0.06 * wrinkle
    flare = width * (1 + 0.12 * wrinkle + 0.06 * units[12])
    middle = float(lift.mean())
    tip = 0.60 * length - middle
    shapes = {
        "bridge": np.stack([np.zeros(4), np.linspace(0.0, tip - 0.03, 4)], axis=1),
        "tip": ellipse(0.0, tip - 0.03, 0.085, 0.07),
        "base": np.array(
            [
                [-flare[0], 0.63 * length - lift[0]],
                [-0.5 * flare[0], 0.68 * length - lift[0]],
                [0.0, 0.71 * length - middle],
                [0.5 * flare[1], 0.68 * length - lift[1]],
                [flare[1], 0.63 * length - lift[1]],
            ]
        ),
    }
    for i, sign, name in SIDES:
        x, y = sign * flare[i], 0.60 * length - lift[i]
        shapes[f"{name}_alar"] = spline(
            [[x * 0.75, y - 0.10], [x * 1.05, y - 0.03], [x, y + 0.06], [x * 0.6, y + 0.085]]
        )
        shapes[f"{name}_nostril"] = spline(
            [[x * 0.3, y + 0.08], [x * 0.55, y + 0.045], [x * 0.75, y + 0.075], [x * 0.5, y + 0.095]], 3, closed=True
        )
        shapes[f"{name}_flank"] = np.array(
            [
                [sign * 0.06, 0.02],
                [sign * 0.14, 0.0],
                [sign * 0.17, 0.35],
                [x * 1.05, y],
                [x * 0.6, y],
                [sign * 0.07, 0.3],
            ]
        )
    return shapes


def mouth(person: Identity, units: ByNumber) -> dict[str, Points]:
    """Four curves from left to right corner, 13 points each: `lip_top`, `inner_top`, `inner_low`, `lip_low`."""
    middle = {number: float(side.mean()) for number, side in units.items()}
    smile, depress, chin, stretch, tight = (units[n] for n in (12, 15, 17, 20, 23))
    drop, part = middle[26], middle[25]
    rest = 1.00 + person.mouth_height
    half = 0.37 * person.mouth_width + 0.125 * smile + 0.15 * stretch - 0.05 * tight - 0.09 * drop * (1 - stretch)
    half += 0.02 * depress
    corner = rest + person.mouth_curve - 0.175 * smile + 0.15 * depress + 0.03 * stretch + 0.05 * drop + 0.02 * chin
    line = rest - 0.075 * middle[9] - 0.06 * middle[17] + 0.015 * middle[12] * (1 - part)
    line -= part * (0.02 + 0.03 * middle[12]) + 0.05 * drop
    gap = 0.07 * part * (1 + 0.9 * middle[12]) + 0.33 * drop + 0.06 * middle[20] * max(part, drop)
    t = np.linspace(-1, 1, 13)
    right = t > 0
    x = t * np.where(right, half[1], half[0])
    # a stretched mouth is flat in the middle, a smiling one is a bow
    power = 2.0 + 2.5 * middle[20] + 0.6 * drop
    ends = np.where(right, corner[1], corner[0])
    bow = np.abs(t) ** power
    opening = (1 - np.abs(t) ** (2.2 + 2 * middle[20])) ** 0.75
    centre = line * (1 - bow) + ends * bow
    top = centre
    low = centre + gap * opening
    thin = (1 - 0.6 * middle[23]) * (1 - 0.3 * middle[12]) * (1 - 0.25 * middle[20])
    cupid = 1 - 0.18 * np.exp(-((t / 0.12) ** 2)) - 0.1 * np.abs(t)
    upper = 0.115 * person.upper_lip * thin * (1 - 0.2 * middle[9]) * (1 - t**2) ** 0.75 * cupid
    lower = 0.15 * person.lower_lip * thin * (1 - 0.35 * middle[17]) * (1 - t**2) ** 0.7
    return {
        "lip_top": np.stack([x, top - upper], axis=1),
        "inner_top": np.stack([x, top], axis=1),
        "inner_low": np.stack([x, low], axis=1),
        "lip_low": np.stack([x, low + lower], axis=1),
    }


def folds(person: Identity, units: ByNumber, shapes: dict[str, Points]) -> dict[str, Points]:
    """`<side>_fold` from the nose round the mouth's corner, `_cheek`, `_pouch` below a corner, and `chin_line`."""
    made = {}
    for i, sign, name in SIDES:
        base = shapes["base"][0 if i == 0 else -1]
        corner = shapes["inner_top"][0 if i == 0 else -1]
        bulge = units[12][i] + 0.5 * units[9][i] + 0.6 * units[20][i]
        out = sign * (0.07 + 0.05 * bulge)
        middle = (base + corner) / 2 + (sign * (0.05 + 0.05 * bulge), -0.03)
        made[f"{name}_fold"] = spline(
            [
                base + (sign * 0.03, -0.04 - 0.04 * units[9][i]),
                middle,
                corner + (out, -0.02),
                corner + (out * 0.9, 0.13),
            ]
        )
        made[f"{name}_pouch"] = spline(
            [corner + (sign * 0.01, 0.0), corner + (sign * 0.05, 0.06), corner + (sign * 0.05, 0.15)]
        )
        made[f"{name}_dimple"] = corner + np.array([[sign * 0.03, -0.05], [sign * 0.06, 0.0], [sign * 0.045, 0.06]])
    low = shapes["lip_low"][6, 1]
    boss = float(np.mean(units[17]))
    made["chin_line"] = np.array(
        [[-0.17, low + 0.08 + 0.03 * boss], [0.0, low + 0.05], [0.17, low + 0.08 + 0.03 * boss]]
    )
    made["chin_boss"] = ellipse(0.0, low + 0.20, 0.17, 0.11)
    spots = ((-0.09, -0.02), (0.0, 0.02), (0.09, -0.02), (-0.045, 0.07), (0.05, 0.07))
    made |= {f"chin_{k}": ellipse(x, low + 0.20 + y, 0.028, 0.022, 8) for k, (x, y) in enumerate(spots)}
    return made
