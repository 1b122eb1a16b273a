"""Brings an image to the size and the channels in which detectors find faces, and the faces back to the image."""

from __future__ import annotations

import cv2
import numpy as np

from fer_lightning.data.images import Pixels
from fer_lightning.data.preprocess.detectors.face import Detector, Face

# dlib looks for faces of 80 px and more, so one that fills FER2013's 48 px must grow; 240 is five times 48, where all
# three detectors find about as many of its faces as at any size, and leaves LFW's 250 px as they are
SHORTER_SIDE = 240


def search(image: Pixels, find: Detector) -> list[Face]:
    """What `find` finds in the image, enlarged by bilinear interpolation where its shorter side is below SHORTER_SIDE.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        find: takes the enlarged image.

    Returns:
        The faces in pixels of the image given, best score first; of equal scores, the one further left.
    """
    height, width = image.shape[:2]
    factor = max(1.0, SHORTER_SIDE / min(height, width))
    size = (round(width * factor), round(height * factor))
    larger = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR) if factor > 1 else image
    faces = find(np.ascontiguousarray(larger, dtype=np.uint8))
    faces = [_shrunk(face, size[0] / width, size[1] / height) for face in faces]
    # OpenCV's threads hand in their finds in any order
    return sorted(faces, key=lambda face: (-face.score, face.box))


def _shrunk(face: Face, across: float, down: float) -> Face:
    left, top, width, height = face.box
    factors = np.array([across, down])
    # the centre of the first pixel is half a pixel from the edge at which both images begin
    eyes = None if face.eyes is None else (face.eyes + 0.5) / factors - 0.5
    return Face((left / across, top / down, width / across, height / down), face.score, eyes)


def grey(image: Pixels) -> Pixels:
    """(H, W) uint8 of (H, W) or (H, W, 3) RGB."""
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def rgb(image: Pixels) -> Pixels:
    """(H, W, 3) uint8 of (H, W) or (H, W, 3) RGB."""
    return image if image.ndim == 3 else np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
