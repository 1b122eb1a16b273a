"""Reads grey images out of `<split>/<class>/<file>` folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.expressions import expression
from fer_lightning.errors import FerError

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


class FoundImage(NamedTuple):
    """An image file, the split folder that it stands in, and its class in the vocabulary's word."""

    path: Path
    split: str
    expression: str


def find_images(root: Path, splits: Sequence[str]) -> list[FoundImage]:
    """The image files of every class folder, sorted by path; other files and what is hidden are passed over.

    Raises:
        FerError: a class folder's name is no expression, or a split folder holds no image.
    """
    found: list[FoundImage] = []
    for split in splits:
        before = len(found)
        for folder in _visible(root / split):
            if not folder.is_dir():
                continue
            try:
                name = expression(folder.name)
            except FerError as fault:
                raise FerError(f"{folder}: {fault}") from fault
            files = [file for file in _visible(folder) if file.suffix.lower() in SUFFIXES and file.is_file()]
            found += [FoundImage(file, split, name) for file in files]
        if len(found) == before:
            raise FerError(f"{root / split}: no image in its class folders ({', '.join(sorted(SUFFIXES))})")
    return found


def _visible(folder: Path) -> list[Path]:
    # .ipynb_checkpoints, and the ._x.jpg that macOS writes beside x.jpg
    return sorted(item for item in folder.iterdir() if not item.name.startswith("."))


def read_grey(paths: Sequence[Path], size: int) -> npt.NDArray[np.uint8]:
    """(N, size, size) uint8 pixels of the files.

    Raises:
        FerError: naming the first file that is no image or has another size.
    """
    pixels = np.empty((len(paths), size, size), dtype=np.uint8)
    for row, path in zip(pixels, paths, strict=True):
        data = np.fromfile(path, dtype=np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
        if image is None:
            raise FerError(f"{path}: this is no image that OpenCV can read, or it is cut off")
        if image.shape != (size, size):
            raise FerError(f"{path}: {image.shape[1]}x{image.shape[0]} pixels, this data set has {size}x{size}")
        row[:] = image
    return pixels


def relative_ids(found: Sequence[FoundImage], root: Path) -> npt.NDArray[np.str_]:
    """A stable name for each file: its path below `root`."""
    return np.array([image.path.relative_to(root).as_posix() for image in found])
