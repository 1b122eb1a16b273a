"""A Haar cascade as OpenCV ships it: Viola and Jones, CVPR 2001."""

from __future__ import annotations

from pathlib import Path

import cv2
import cv2.data
import numpy as np

from fer_lightning.data.images import Pixels
from fer_lightning.data.preprocess.detectors.face import Box

# OpenCV's own defaults; 5 neighbours lose a tenth of FER2013's faces
STEP = 1.1  # between two sizes of the window
NEIGHBOURS = 3  # overlapping finds that make one


class Cascade:
    """Finds one kind of thing in a grey image.

    Args:
        name: of OpenCV's file, between `haarcascade_` and `.xml`.
    """

    def __init__(self, name: str) -> None:
        file = Path(cv2.data.haarcascades) / f"haarcascade_{name}.xml"
        self._classifier = cv2.CascadeClassifier(str(file))

    def __call__(self, grey: Pixels, smallest: int = 0) -> list[tuple[float, Box]]:
        """The last stage's weight and the box of each find of at least `smallest` pixels in (H, W) uint8."""
        boxes, _, weights = self._classifier.detectMultiScale3(
            grey, STEP, NEIGHBOURS, minSize=(smallest, smallest), outputRejectLevels=True
        )
        finds = zip(np.asarray(weights).ravel(), np.reshape(boxes, (-1, 4)), strict=True)
        return [(float(weight), (float(x), float(y), float(w), float(h))) for weight, (x, y, w, h) in finds]
