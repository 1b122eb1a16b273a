"""The 68 named points of a face: jaw, brows, nose, eyes and mouth, each from left to right of the image."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.synthetic.curves import Points
from fer_lightning.data.synthetic.geometry import Shapes

_PARTS = (
    ("jaw", 17), ("left_brow", 5), ("right_brow", 5), ("nose_bridge", 4), ("nose_base", 5),
    ("left_eye", 6), ("right_eye", 6), ("mouth_outer", 12), ("mouth_inner", 8),
)  # fmt: skip

# the counts and the order of the 300-W (iBUG) mark-up, so that tools written for it can read ours
LANDMARK_NAMES = tuple(f"{part}_{i}" for part, count in _PARTS for i in range(count))


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
