"""The curves and the 68 landmarks of a face, in face units.

x points to the right, y down from between the eyes, z towards the viewer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fer_lightning.data.synthetic.action_units import Units, by_number
from fer_lightning.data.synthetic.curves import Points, cut_like, ellipse, spline
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
ByNumber = dict[int, npt.NDArray[np.float64]]
SIDES = ((0, -1.0, "left"), (1, 1.0, "right"))  # index of an intensity, sign of x, name: halves of the image
_PARTS = (
    ("jaw", 17), ("left_brow", 5), ("right_brow", 5), ("nose_bridge", 4), ("nose_base", 5),
    ("left_eye", 6), ("right_eye", 6), ("mouth_outer", 12), ("mouth_inner", 8),
)  # fmt: skip
# the counts and the order of the 300-W (iBUG) mark-up, so that tools written for it can read ours
LANDMARK_NAMES = tuple(f"{part}_{i}" for part, count in _PARTS for i in range(count))


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


def relief(units: ByNumber) -> dict[str, Points]:
    """Outlines by name; AU 6 and 12 raise and round the cheeks."""
    made = {"forehead": ellipse(0, -0.62, 0.45, 0.22)}
    for i, sign, name in SIDES:
        smile = 0.6 * float(units[6][i]) + 0.6 * float(units[12][i])
        made |= {
            f"{name}_socket": ellipse(sign * 0.43, -0.05, 0.30, 0.17),
            f"{name}_hollow": ellipse(sign * 0.70, 0.85, 0.15, 0.34),
            f"{name}_temple": ellipse(sign * 0.93, -0.3, 0.12, 0.5),
            f"{name}_cheek": ellipse(sign * 0.56, 0.45 - 0.11 * smile, 0.19 + 0.03 * smile, 0.14),
            f"{name}_under_cheek": ellipse(sign * 0.56, 0.66 - 0.11 * smile, 0.19, 0.10),
        }
    return made


def landmarks(shapes: Shapes) -> Points:
    """(68, D) points by `LANDMARK_NAMES`; outlines of eyes and mouth run clockwise from their left corner."""
    head = shapes["head"]
    lowest = 40  # the outline has 80 points: 0 is the crown, 40 the chin
    jaw = head[np.rint(np.linspace(lowest + 25, lowest - 25, 17)).astype(int)]
    left_up, left_low = shapes["left_upper_lid"][::-1], shapes["left_lower_lid"][::-1]
    right_up, right_low = shapes["right_upper_lid"], shapes["right_lower_lid"]
    top, low = shapes["lip_top"], shapes["lip_low"]
    inner_top, inner_low = shapes["inner_top"], shapes["inner_low"]
    return np.concatenate(
        [
            jaw,
            shapes["left_brow"][::-1],
            shapes["right_brow"],
            shapes["bridge"],
            shapes["base"],
            left_up[[0, 2, 4, 6]],
            left_low[[4, 2]],
            right_up[[0, 2, 4, 6]],
            right_low[[4, 2]],
            top[[0, 2, 4, 6, 8, 10, 12]],
            low[[10, 8, 6, 4, 2]],
            inner_top[[1, 3, 6, 9, 11]],
            inner_low[[9, 6, 3]],
        ]
    )
