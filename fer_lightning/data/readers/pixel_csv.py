"""Reads faces out of the challenge's CSV: a label, the pixels as one string of numbers, and a split a row."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.data.readers.csv_rows import csv_rows
from fer_lightning.errors import FerError, choices

COLUMNS = ("emotion", "pixels", "Usage")


class PixelRows(NamedTuple):
    """(N, size, size) uint8, (N,) label numbers, (N,) split names."""

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    usage: npt.NDArray[np.str_]


def read_rows(lines: Iterable[str], name: str, size: int, num_labels: int, usages: Sequence[str]) -> PixelRows:
    """Every row of the file, in its order.

    Args:
        lines: the text, from an open file.
        name: what error messages call the file.
        size: side of the square images, in pixels.
        num_labels: labels are 0 to `num_labels - 1`.
        usages: the split names that may occur.

    Raises:
        FerError: with the file and line of the first cell that is not as it should be.
    """
    pixels, labels, usage = [], [], []
    for where, (label, image, split) in csv_rows(lines, name, COLUMNS):
        labels.append(_label(label, num_labels, where))
        pixels.append(_image(image, size, where))
        if split not in usages:
            raise FerError(f"{where}: Usage is '{split[:20]}', it must be one of {choices(usages, split[:20])}")
        usage.append(split)
    if not pixels:
        raise FerError(f"{name}: there is no image under the header")
    return PixelRows(np.stack(pixels), np.array(labels, dtype=np.int64), np.array(usage))


def _label(text: str, num_labels: int, where: str) -> int:
    if text not in map(str, range(num_labels)):
        raise FerError(f"{where}: emotion is '{text[:20]}', it must be a number from 0 to {num_labels - 1}")
    return int(text)


def _image(text: str, size: int, where: str) -> npt.NDArray[np.uint8]:
    if not text:
        raise FerError(f"{where}: the pixels are empty")
    try:
        values = np.loadtxt(io.StringIO(text), dtype=np.int16, comments=None, ndmin=1)
    except (ValueError, OverflowError) as fault:
        raise FerError(f"{where}: the pixels hold something else than whole numbers: {fault}") from fault
    if values.size != size * size:
        raise FerError(f"{where}: {values.size} pixels, an image of {size}x{size} has {size * size}")
    if values.min() < 0 or values.max() > 255:
        raise FerError(f"{where}: a pixel is {values.min()} or {values.max()}, the range is 0 to 255")
    return values.astype(np.uint8).reshape(size, size)
