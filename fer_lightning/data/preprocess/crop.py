"""Rotates an image until the eyes are level, and crops the face."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.images import Pixels
from fer_lightning.data.preprocess.detectors import Box, Face, Points
from fer_lightning.errors import FerError

Matrix = npt.NDArray[np.float64]


def crop_face(image: Pixels, face: Face | None, *, crop: bool, align: bool, margin: float) -> Pixels:
    """Crops the face of an image; beyond the image its border is replicated.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        face: the detected face; None leaves the image unchanged.
        crop: crop a square around the box with the longer side of the box; false keeps the image's size.
        align: first rotate the image about the midpoint of the eyes, bilinearly, until the line between them is level.
            Paper A, section 5.1. The box keeps its size and its centre rotates. Without known eyes nothing rotates.
        margin: share of the box's width and height that is added on each side, 0 or more.

    Returns:
        (S, S) or (H, W), with the channels of the image; contiguous.

    Raises:
        FerError: a negative margin.
    """
    if not 0 <= margin < math.inf:
        raise FerError(f"data.locate.margin={margin}: choose 0 or more, a share of the face's box added on each side")
    if face is None:
        return np.ascontiguousarray(image)
    turn = _eye_rotation(face.eyes) if align and face.eyes is not None else None
    height, width = image.shape[:2]
    left, top = 0, 0
    if crop:
        left, top, width = _crop_square(face.box, margin, turn)
        height = width
    if turn is None:
        rows, columns = np.arange(top, top + height), np.arange(left, left + width)
        inside = np.ix_(rows.clip(0, image.shape[0] - 1), columns.clip(0, image.shape[1] - 1))
        return np.ascontiguousarray(image[inside])
    # one warp rotates and crops: corners that a rotation within the image's frame would lose are kept
    turn[:, 2] -= left, top
    turned = cv2.warpAffine(
        np.ascontiguousarray(image), turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, dtype=np.uint8)


def _eye_rotation(eyes: Points) -> Matrix | None:
    """(2, 3) rotation about the midpoint of the eyes that makes the line between them level; None if it is level."""
    across, down = (eyes[1] - eyes[0]).tolist()
    if down == 0 and across >= 0:
        return None
    x, y = eyes.mean(axis=0).tolist()
    # y grows downwards, and a positive angle of OpenCV is counter-clockwise
    return np.asarray(cv2.getRotationMatrix2D((x, y), math.degrees(math.atan2(down, across)), 1.0), dtype=np.float64)


def _crop_square(box: Box, margin: float, turn: Matrix | None) -> tuple[int, int, int]:
    """Left, top and side of the square in whole pixels, centred on the box after the rotation."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    if turn is not None:
        # the rotation maps pixel centres, which lie half a pixel from the edges in which a box is measured
        x, y = (turn @ (x - 0.5, y - 0.5, 1.0) + 0.5).tolist()
    side = max(box[2], box[3]) * (1 + 2 * margin)
    return math.floor(x - side / 2 + 0.5), math.floor(y - side / 2 + 0.5), max(1, math.floor(side + 0.5))
