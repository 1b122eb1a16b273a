"""Faces by a Haar cascade, eyes by another."""

from __future__ import annotations

from fer_lightning.data.images import Pixels
from fer_lightning.data.preprocess.detectors.cascade import Cascade
from fer_lightning.data.preprocess.detectors.eyes import Eyes
from fer_lightning.data.preprocess.detectors.face import Face
from fer_lightning.data.preprocess.detectors.scale import grey, search


class Haar:
    """Paper C takes a Haar cascade but names no file; `frontalface_default` is OpenCV's default by name.

    The score is the weight of the cascade's last stage.
    """

    def __init__(self) -> None:
        self._faces = Cascade("frontalface_default")
        self._eyes = Eyes()

    def __call__(self, image: Pixels) -> list[Face]:
        """Faces in (H, W) or (H, W, 3) uint8, best score first."""
        return search(image, self._find)

    def _find(self, image: Pixels) -> list[Face]:
        shades = grey(image)
        return [Face(box, score, self._eyes(shades, box)) for score, box in self._faces(shades)]
