"""Grey conversion and saturation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.faces import Pixels
from fer_lightning.errors import FerError

ITU_R_601 = (0.299, 0.587, 0.114)  # weights of R, G and B in OpenCV's conversion


def check_weights(weights: Sequence[float]) -> None:
    """Raises FerError unless there are three weights, none negative, whose sum is 1 within 0.01."""
    right = (
        isinstance(weights, Sequence)
        and len(weights) == 3
        and all(isinstance(weight, int | float) and weight >= 0 for weight in weights)
        and abs(sum(weights) - 1) <= 0.01
    )
    if not right:
        raise FerError(
            f"preprocess.grey={weights}: choose null (OpenCV's weights), or three weights of R, G and B, "
            "none negative, whose sum is 1"
        )


def to_grey(image: Pixels, weights: Sequence[float] | None = None) -> Pixels:
    """Converts colour to grey by a weighted sum of R, G and B.

    Args:
        image: (H, W, 3) RGB uint8.
        weights: weights of R, G and B; null takes OpenCV's conversion (ITU-R 601). Paper D, section 3: 0.213, 0.715,
            0.072.

    Returns:
        (H, W) uint8, rounded to the nearest grey level.

    Raises:
        FerError: the weights are not three, one is negative, or their sum is not 1 within 0.01.
    """
    if weights is None:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    check_weights(weights)
    return _levels(_weighted_sum(image, weights))


def saturate(image: Pixels, amount: float, weights: Sequence[float] | None = None) -> Pixels:
    """Scales the saturation of an image by `amount`, with the usual colour matrix. Paper D, section 3, step 3.

    With inv = 1 - amount, each of R, G and B becomes inv * grey + amount * itself. Paper D prints the products of the
    weights with inv alone, and no amount. Where the sum of the weights is 1, the grey of a pixel by these weights stays
    the same, unless a channel is clipped.

    Args:
        image: (H, W, 3) RGB uint8; a grey (H, W) image is returned unchanged.
        amount: 1 changes nothing, 0 gives the grey image in three channels, more than 1 increases saturation.
        weights: weights of R, G and B in grey; null takes those of ITU-R 601.

    Returns:
        uint8 of the same shape, clipped to 0..255 and rounded to the nearest level.

    Raises:
        FerError: the amount is negative or not finite, or `to_grey` refuses the weights.
    """
    if not 0 <= amount < math.inf:
        raise FerError(f"preprocess.saturation={amount}: choose 0 (grey) or more; 1 changes nothing")
    if weights is not None:
        check_weights(weights)
    if image.ndim == 2:
        return image
    grey = _weighted_sum(image, ITU_R_601 if weights is None else weights)
    return _levels((1 - amount) * grey[..., None] + amount * image)


def _weighted_sum(image: Pixels, weights: Sequence[float]) -> npt.NDArray[np.float64]:
    red, green, blue = (weight * image[..., channel].astype(np.float64) for channel, weight in enumerate(weights))
    return np.asarray(red + green + blue, dtype=np.float64)


def _levels(values: npt.NDArray[np.float64]) -> Pixels:
    return np.rint(values).clip(0, 255).astype(np.uint8)
