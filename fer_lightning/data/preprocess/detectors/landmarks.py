"""A face from landmarks that a data set brings along."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fer_lightning.data.preprocess.detectors.face import Face
from fer_lightning.errors import FerError

POINTS = 68
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)  # as the image shows them


def from_landmarks(points: npt.NDArray[np.floating]) -> Face:
    """The box around the points, and the means of the six around each eye; score 1.

    Args:
        points: (68, 2) x, y in pixels, in the iBUG order, which CK+'s landmark files follow.

    Raises:
        FerError: points of another shape.
    """
    if points.shape != (POINTS, 2):
        raise FerError(
            f"landmarks of shape {points.shape}: the iBUG order has ({POINTS}, 2), x and y of {POINTS} points"
        )
    marks = points.astype(np.float64)
    (left, top), (right, bottom) = marks.min(axis=0).tolist(), marks.max(axis=0).tolist()
    eyes = np.stack([marks[LEFT_EYE].mean(axis=0), marks[RIGHT_EYE].mean(axis=0)])
    return Face((left, top, right - left, bottom - top), 1.0, eyes)
