"""Reads grey images out of `<side>/<class>/<file>` folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.data.expressions import expression
from fer_lightning.data.images import SUFFIXES, decode_all
from fer_lightning.data.names import path_text, plain_text
from fer_lightning.data.preprocess.colour import to_grey
from fer_lightning.data.readers.image_search import find_images, tell_passed_over
from fer_lightning.data.readers.meaning import SIDES, SPLITS, sides
from fer_lightning.errors import FerError

DEPTH = 2  # of an image below its side's folder


class FoundImage(NamedTuple):
    """An image file, its side `train`, `val` or `test`, and its class in the vocabulary's word."""

    path: Path
    side: str
    expression: str


def side_folders(root: Path) -> dict[str, Path]:
    """The folders in `root` that are called as people call the sides train, val and test, by side in this order.

    Raises:
        FerError: two folders are the same side.
    """
    folders = [folder for folder in _folders(root) if folder.name.lower() in SPLITS] if root.is_dir() else []
    found: dict[str, Path] = {}
    for folder, side in zip(folders, sides([folder.name for folder in folders], None, str(root)), strict=True):
        if side in found:
            raise FerError(f"{root}: {found[side].name} and {folder.name} are both the {side} side; keep one of them")
        found[side] = folder
    return {side: found[side] for side in SIDES if side in found}


def class_images(folders: Mapping[str, Path], root: Path) -> list[FoundImage]:
    """The images of every class folder, side by side and sorted by path; the log counts and names the other files.

    Args:
        folders: of each side.
        root: the folder that holds them.

    Raises:
        FerError: a class folder's name is no expression, a side holds no image, or as of `find_images`.
    """
    found: list[FoundImage] = []
    passed_over: list[Path] = []
    for side, folder in folders.items():
        names = {item.name: _expression(item) for item in _folders(folder)}
        below = find_images(folder)
        own = [image for image in below.images if len(image.relative_to(folder).parts) == DEPTH]
        if not own:
            raise FerError(f"{folder}: no image in its class folders ({', '.join(sorted(SUFFIXES))})")
        found += [FoundImage(image, side, names[image.parent.name]) for image in own]
        passed_over += sorted({*below.images, *below.others} - set(own))
    tell_passed_over(passed_over, root, "no images at <side>/<class>/<file>")
    return found


def read_grey(paths: Sequence[Path], size: int, root: Path) -> npt.NDArray[np.uint8]:
    """(N, size, size) uint8 pixels of the files, which lie below `root`.

    Raises:
        FerError: naming the files that are no images, or the first that has another size.
    """
    pixels = np.empty((len(paths), size, size), dtype=np.uint8)
    for number, image in enumerate(decode_all(paths, root)):
        if image.shape[:2] != (size, size):
            height, width = image.shape[:2]
            raise FerError(f"{paths[number]}: {width}x{height} pixels, this data set has {size}x{size}")
        pixels[number] = to_grey(image) if image.ndim == 3 else image
    return pixels


def relative_ids(found: Sequence[FoundImage], root: Path) -> npt.NDArray[np.str_]:
    """A stable name for each file: its path below `root`."""
    return np.array([path_text(image.path, root) for image in found])


def _expression(folder: Path) -> str:
    try:
        return expression(plain_text(folder.name))
    except FerError as fault:
        raise FerError(f"{folder}: {fault}") from fault


def _folders(folder: Path) -> list[Path]:
    return sorted(item for item in folder.iterdir() if item.is_dir() and not item.name.startswith("."))
