"""Faces by dlib's histograms of oriented gradients, eyes by a Haar cascade."""

from __future__ import annotations

from fer_lightning.data.images import Pixels
from fer_lightning.data.preprocess.detectors.eyes import Eyes
from fer_lightning.data.preprocess.detectors.face import Face
from fer_lightning.data.preprocess.detectors.packages import load
from fer_lightning.data.preprocess.detectors.scale import grey, search


class Hog:
    """dlib's frontal face detector, the "Dlib" of paper E; its smallest face has about 80 px.

    The score is the distance from the decision boundary, in dlib's units; boxes often leave out the forehead.

    Raises:
        FerError: dlib is not installed.
    """

    def __init__(self) -> None:
        self._detector = load("hog", "dlib").get_frontal_face_detector()
        self._eyes = Eyes()

    def __call__(self, image: Pixels) -> list[Face]:
        """Faces in (H, W) or (H, W, 3) uint8, best score first."""
        return search(image, self._find)

    def _find(self, image: Pixels) -> list[Face]:
        boxes, scores, _ = self._detector.run(image, 0, 0.0)
        shades = grey(image)
        faces = []
        for found, score in zip(boxes, scores, strict=True):
            box = (float(found.left()), float(found.top()), float(found.width()), float(found.height()))
            faces.append(Face(box, float(score), self._eyes(shades, box)))
        return faces
