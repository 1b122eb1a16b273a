"""Looks for the two eyes in the box of a face."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.images import Pixels
from fer_lightning.data.preprocess.detectors.cascade import Cascade
from fer_lightning.data.preprocess.detectors.face import Box, Points

# the cascade's window reaches from the brow to the cheek: in the upper half it finds a fifth fewer eyes than in here
UPPER = 0.6
SMALLEST = 1 / 8  # width of that window, as a share of the face's


class Eyes:
    """Haar cascade for eyes; no paper names one, and OpenCV's `eye` finds more than its `eye_tree_eyeglasses`."""

    def __init__(self) -> None:
        self._cascade = Cascade("eye")

    def __call__(self, grey: Pixels, box: Box) -> Points | None:
        """(2, 2) x, y of the eye centres, in pixels of the (H, W) image; None unless each half of the face has one."""
        left, top, width, height = box
        found = [self._best(grey, (left + half * width / 2, top, width / 2, UPPER * height)) for half in (0, 1)]
        eyes = [eye for eye in found if eye is not None]
        return np.array(eyes) if len(eyes) == 2 else None

    def _best(self, grey: Pixels, part: Box) -> tuple[float, float] | None:
        x, y = max(0, round(part[0])), max(0, round(part[1]))
        region = grey[y : max(0, round(part[1] + part[3])), x : max(0, round(part[0] + part[2]))]
        finds = self._cascade(region, max(1, round(2 * part[2] * SMALLEST))) if region.size else []
        if not finds:
            return None
        _, (left, top, width, height) = max(finds)
        return x + left + width / 2 - 0.5, y + top + height / 2 - 0.5
