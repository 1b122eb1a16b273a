"""Ways of evening out the light of a grey face."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from fer_lightning.data.faces import Pixels
from fer_lightning.data.preprocess.reflectance import dct, difference_of_gaussians, isotropic_diffusion
from fer_lightning.errors import FerError

__all__ = ["ILLUMINATIONS", "equalize", "equalize_eq12"]


def equalize(image: Pixels) -> Pixels:
    """Histogram equalisation of one (H, W) uint8 image, by OpenCV's formula. Paper A, section 3.1."""
    return np.asarray(cv2.equalizeHist(image), dtype=np.uint8)


def equalize_eq12(image: Pixels, low: int = 0, high: int = 255) -> Pixels:
    """Histogram equalisation as paper C writes it: INT[(high - low) * T(r) + low + 0.5]. Section II.C, eq. 10-12.

    T(r) is the share of pixels up to grey level r. OpenCV leaves an image's darkest level out of that count, so that
    its darkest pixels go to 0; here they do not. A constant image becomes `high` everywhere.

    Args:
        image: (H, W) uint8.
        low: e_min, a grey level. The paper gives neither end; the default is the full range.
        high: e_max, a grey level above `low`.

    Returns:
        (H, W) uint8 in low..high.

    Raises:
        FerError: `low` or `high` is no whole number in 0..255, or they are not in order.
    """
    for name, level in (("low", low), ("high", high)):
        if not (isinstance(level, int) and 0 <= level <= 255):
            raise FerError(f"preprocess.options.{name}={level}: choose a grey level, a whole number in 0..255")
    if low >= high:
        raise FerError(f"preprocess.options.low={low}: choose one below preprocess.options.high={high}")
    up_to = np.cumsum(np.bincount(image.ravel(), minlength=256))
    # in whole numbers, with both sides doubled: a half would hang on how a float was rounded
    levels = low + (2 * (high - low) * up_to + image.size) // (2 * image.size)
    return levels.astype(np.uint8)[image]


ILLUMINATIONS: dict[str, Callable[..., Pixels] | None] = {
    "none": None,
    "equalize": equalize,
    "equalize_eq12": equalize_eq12,
    "isotropic_diffusion": isotropic_diffusion,
    "dct": dct,
    "difference_of_gaussians": difference_of_gaussians,
}
"""Name -> function from a (H, W) uint8 image, and options by keyword, to an image of the same shape and type."""
