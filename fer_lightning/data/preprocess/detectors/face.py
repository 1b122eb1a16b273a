"""What a detector says of a face: where it is, how sure that is, and where its eyes are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.data.images import Pixels

Points = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]


class Face(NamedTuple):
    """One face in an image of (H, W) pixels.

    Attributes:
        box: left, top, width, height in pixels, between the edges of pixels: (0, 0, W, H) is the whole image. It may
            reach beyond the image where the face does.
        score: the detector's own measure, larger is surer; not comparable between detectors.
        eyes: (2, 2) x, y of the eye centres in pixels, where (0, 0) is the centre of the first pixel; first the eye
            on the left of an upright face as the image shows it. None when unknown.
    """

    box: Box
    score: float
    eyes: Points | None


Detector = Callable[[Pixels], list[Face]]
"""(H, W) grey or (H, W, 3) RGB uint8 -> its faces, best score first; the same image gives the same faces. Not for two
threads at once."""
