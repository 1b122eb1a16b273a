"""Ways of evening out the light of a grey face."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from fer_lightning.data.faces import Pixels


def equalize(image: Pixels) -> Pixels:
    """Histogram equalisation of one (H, W) uint8 image, by OpenCV's formula. Paper A, section 3.1."""
    return np.asarray(cv2.equalizeHist(image), dtype=np.uint8)


ILLUMINATIONS: dict[str, Callable[[Pixels], Pixels] | None] = {"none": None, "equalize": equalize}
