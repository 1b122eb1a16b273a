"""Rotates every image of a data set by an angle in both directions, which doubles the set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import content_hash
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.image_digests import COLUMN, image_digests
from fer_lightning.data.images import Images, Pixels
from fer_lightning.errors import FerError


def rotate_both_ways(faces: FaceSet, degrees: float) -> FaceSet:
    """Rotates each image by plus and by minus `degrees` about its centre; its border is replicated, 0 changes nothing.

    Paper A, section 4 rotates JAFFE "at a certain angle" and counts 426 images: read as each of the 213 with either
    sign. Positive angles are counter-clockwise. Both rotations of an image count as copies of one image, so that
    protocols which keep copies together do not separate them; landmarks are rotated as well.

    Raises:
        FerError: an angle outside 0..180.
    """
    check_rotation(degrees)
    if degrees == 0:
        return faces
    rows = np.repeat(np.arange(len(faces), dtype=np.int64), 2)
    angles = np.tile([degrees, -degrees], len(faces))
    both = faces.take(rows, content_hash("turned", degrees, faces.fingerprint))
    ids = np.array([f"{name}{angle:+g}" for name, angle in zip(both.ids, angles, strict=True)])
    extras = {**both.extras, COLUMN: image_digests(faces)[rows]}
    pixels = _RotatedImages(both.pixels, angles)
    if "landmarks" in extras:
        extras["landmarks"] = np.stack(
            [
                cv2.transform(marks[None], _rotation_matrix(pixels.images[row].shape, angles[row]))[0]
                for row, marks in enumerate(extras["landmarks"].astype(np.float64))
            ]
        )
    return replace(both, pixels=pixels, ids=ids, extras=extras)


def check_rotation(degrees: float) -> None:
    """Raises FerError for an angle outside 0..180."""
    if not 0 <= degrees <= 180:
        raise FerError(f"data.rotate={degrees}: choose 0 to 180 degrees; each image is turned to both sides")


class _RotatedImages(Sequence[Pixels]):
    def __init__(self, images: Images, angles: npt.NDArray[np.float64]) -> None:
        self.images = images
        self.angles = angles

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> Pixels:  # type: ignore[override]
        return rotate(self.images[row], float(self.angles[row]))


def rotate(image: Pixels, degrees: float) -> Pixels:
    """Rotates the image counter-clockwise about its centre, in its own size, bilinearly, with its border replicated."""
    size = (image.shape[1], image.shape[0])
    matrix = _rotation_matrix(image.shape, degrees)
    return np.asarray(cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)


def _rotation_matrix(shape: Sequence[int], degrees: float) -> npt.NDArray[np.float64]:
    middle = ((shape[1] - 1) / 2, (shape[0] - 1) / 2)
    return np.asarray(cv2.getRotationMatrix2D(middle, degrees, 1.0), dtype=np.float64)
