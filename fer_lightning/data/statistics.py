"""Pixel statistics of the training images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fer_lightning.data.dataset import to_tensor
from fer_lightning.data.faces import Integers, Pixels

CHUNK = 256  # images in memory at once; bincount makes eight bytes of each pixel


def channel_statistics(pixels: Pixels, rows: Integers, channels: int) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel over the images `rows`, on pixels scaled to 0..1.

    Args:
        pixels: (N, H, W) grey or (N, H, W, 3) RGB.
        rows: (M,) rows of the images.
        channels: channels of the net; statistics of grey images repeat.
    """
    own = 1 if pixels.ndim == 3 else pixels.shape[-1]
    # 256 counts hold every pixel exactly, where sums of floats would depend on their order
    counts = np.zeros((own, 256), dtype=np.int64)
    for start in range(0, len(rows), CHUNK):
        part = pixels[rows[start : start + CHUNK]].reshape(-1, own)
        counts += [np.bincount(part[:, channel], minlength=256) for channel in range(own)]
    values = np.arange(256) / 255
    mean = [float(np.average(values, weights=c)) for c in counts]
    std = [float(np.sqrt(np.average((values - m) ** 2, weights=c))) for m, c in zip(mean, counts, strict=True)]
    repeat = channels // own
    return mean * repeat, [max(value, 1 / 255) for value in std] * repeat


def mean_image(pixels: Pixels, rows: Integers, size: int, channels: int, whole: bool) -> npt.NDArray[np.float32]:
    """(channels, size, size) mean of the images `rows` as a net's input, on pixels scaled to 0..1.

    Paper D, section 3 subtracts it. Other arguments as in `to_tensor`.
    """
    total = np.zeros((channels, size, size), dtype=np.int64)  # exact, whatever the order
    for start in range(0, len(rows), CHUNK):
        part = to_tensor(pixels[rows[start : start + CHUNK]], size, channels, whole)
        total += part.numpy().sum(axis=0, dtype=np.int64)
    return (total / (255 * len(rows))).astype(np.float32)
