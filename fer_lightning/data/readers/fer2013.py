"""Reads FER2013 in every layout in which it is distributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import cache_faces, content_hash
from fer_lightning.data.expressions import expression, relabel
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.images import SUFFIXES, decode_all
from fer_lightning.data.names import path_text, plain_text
from fer_lightning.data.preprocess.colour import to_grey
from fer_lightning.data.readers.archives import open_text
from fer_lightning.data.readers.checks import (
    DIR_KEY,
    check_not_file,
    describe_location,
    name_counts,
    warn_unless_official,
)
from fer_lightning.data.readers.fer_votes import with_majority
from fer_lightning.data.readers.image_files import find_images, list_subfolders, log_skipped
from fer_lightning.data.readers.label_mapping import SPLIT_NAMES, SPLIT_SPELLINGS, map_splits
from fer_lightning.data.readers.text_tables import read_pixel_rows
from fer_lightning.errors import FerError

CLASS_NAMES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
USAGES = ("Training", "PublicTest", "PrivateTest")
SIZE = 48
# Goodfellow et al. 2013: images per class, in the order of CLASS_NAMES
OFFICIAL_COUNTS = {
    "Training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "PublicTest": (467, 56, 496, 895, 653, 415, 607),
    "PrivateTest": (491, 55, 528, 879, 594, 416, 626),
}
# archive or file -> the CSV file inside it; the first that exists is read
TABLES = {
    **{f"fer2013.csv{ending}": "fer2013.csv" for ending in ("", ".xz", ".gz", ".zip")},
    "fer2013.tar.gz": "fer2013.csv",
    **{f"icml_face_data.csv{ending}": "icml_face_data.csv" for ending in ("", ".xz", ".gz", ".zip")},
}
FOLDERS = 2  # part of the cache key: increase it when the same class folders give other pixels or splits
SIDE_USAGES = {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}
DEPTH = 2  # path components of an image below the folder of its split


def read(dir: str | Path, cache_dir: Path) -> FaceSet:
    """Reads FER2013's grey images of 48x48 pixels with their seven labels and the published split.

    Source: Goodfellow et al. 2013, "Challenges in representation learning". Ids are row numbers of the table, or
    paths below `dir`. The split column is Training, PublicTest or PrivateTest. Three folders name the split; of two
    folders, file names that begin with a split's name do, and other files have no PublicTest. If FER+'s fer2013new.csv
    is beside the table and fits, the extra column `ferplus` (N,) int64 is its majority label: an index into the whole
    vocabulary, -1 without one.

    Args:
        dir: folder of a table (fer2013.csv, icml_face_data.csv; also .xz .gz .zip), of fer2013.tar.gz, or of the
            folders train/<class>/, test/<class>/ and optionally validation/<class>/, also in other usual spellings.
        cache_dir: folder of the cache.

    Raises:
        FerError: no layout found, or a malformed file (with its line).
    """
    faces = parse(dir, cache_dir)
    warn_unless_official(faces, OFFICIAL_COUNTS)
    return with_majority(faces, Path(dir), USAGES, find_table(Path(dir)) or Path(dir))


def find_table(folder: Path) -> Path | None:
    """The table in this folder, compressed or not; None if there is none."""
    return next((folder / name for name in TABLES if (folder / name).is_file()), None)


def parse(dir: str | Path, cache_dir: Path, key: str = DIR_KEY) -> FaceSet:
    """Reads FER2013 as `read` does, without checking counts and without FER+.

    `key` is the override that names `dir`, for messages.
    """
    root = Path(dir)
    check_not_file(root, key)
    table = find_table(root)
    if table is not None:
        path = table
        return cache_faces(cache_dir, "fer2013", content_hash("fer2013 table", files=[path]), lambda: _read_table(path))
    folders = find_split_folders(root)
    if {"train", "test"} <= set(folders):
        found = list_class_images(folders, root)
        ids = make_ids(found, root)
        content = content_hash("fer2013 folders", FOLDERS, ids.tolist(), files=[image.path for image in found])
        return cache_faces(cache_dir, "fer2013", content, lambda: _read_folders(found, root, "val" in folders))
    raise FerError(
        f"{root}: no FER2013 here. Put one of these in: {', '.join(TABLES)}, or the folders train/<class>/*.jpg, "
        "test/<class>/*.jpg and, as you like, validation/<class>/*.jpg. Kaggle has it as 'Challenges in Representation "
        f"Learning: Facial Expression Recognition Challenge'. {describe_location('fer2013', key)}"
    )


def official_counts(faces: FaceSet) -> dict[str, dict[str, int]]:
    """Published split -> class -> images."""
    return name_counts(faces.class_names, OFFICIAL_COUNTS)


def _read_table(path: Path) -> FaceSet:
    with open_text(path, TABLES[path.name]) as lines:
        rows = read_pixel_rows(lines, str(path), SIZE, len(CLASS_NAMES), USAGES)
    ids = np.array([f"{row:05d}" for row in range(len(rows.pixels))])
    return FaceSet(rows.pixels, rows.labels, CLASS_NAMES, ids, fingerprint="", split=rows.usage)


def _read_folders(found: list[ClassImage], root: Path, all_sides: bool) -> FaceSet:
    names = sorted({image.expression for image in found})
    numbers = np.array([names.index(image.expression) for image in found], dtype=np.int64)
    labels = relabel(numbers, names, CLASS_NAMES)
    if (labels < 0).any():
        stranger = found[int(np.argmin(labels))]
        raise FerError(f"{stranger.path.parent}: FER2013 has no class '{stranger.expression}'")
    split = np.array([SIDE_USAGES[image.side] if all_sides else _usage(image) for image in found])
    pixels = read_grey([image.path for image in found], SIZE, root)
    return FaceSet(pixels, labels, CLASS_NAMES, make_ids(found, root), fingerprint="", split=split)


def _usage(image: ClassImage) -> str:
    prefix = image.path.name.split("_")[0]
    if prefix in USAGES:
        return prefix
    return SIDE_USAGES[image.side]


class ClassImage(NamedTuple):
    """An image file, its split `train`, `val` or `test`, and its expression in the vocabulary."""

    path: Path
    side: str
    expression: str


def find_split_folders(root: Path) -> dict[str, Path]:
    """The folders in `root` with the usual names of the splits train, val and test, by split in this order.

    Raises:
        FerError: two folders are the same split.
    """
    folders = (
        [folder for folder in list_subfolders(root) if folder.name.lower() in SPLIT_SPELLINGS] if root.is_dir() else []
    )
    found: dict[str, Path] = {}
    for folder, side in zip(folders, map_splits([folder.name for folder in folders], None, str(root)), strict=True):
        if side in found:
            raise FerError(f"{root}: {found[side].name} and {folder.name} are both the {side} split; keep one of them")
        found[side] = folder
    return {side: found[side] for side in SPLIT_NAMES if side in found}


def list_class_images(folders: Mapping[str, Path], root: Path) -> list[ClassImage]:
    """Lists the images of every class folder, by split and path, and logs the number and first names of other files.

    Args:
        folders: folder of each split.
        root: the folder that holds them.

    Raises:
        FerError: a class folder's name is not an expression, a split has no image, or as in `find_images`.
    """
    found: list[ClassImage] = []
    passed_over: list[Path] = []
    for side, folder in folders.items():
        names = {item.name: _folder_expression(item) for item in list_subfolders(folder)}
        below = find_images(folder)
        own = [image for image in below.images if len(image.relative_to(folder).parts) == DEPTH]
        if not own:
            raise FerError(f"{folder}: no image in its class folders ({', '.join(sorted(SUFFIXES))})")
        found += [ClassImage(image, side, names[image.parent.name]) for image in own]
        passed_over += sorted({*below.images, *below.others} - set(own))
    log_skipped(passed_over, root, "no images at <side>/<class>/<file>")
    return found


def read_grey(paths: Sequence[Path], size: int, root: Path) -> npt.NDArray[np.uint8]:
    """Reads the files below `root` as (N, size, size) uint8 pixels.

    Raises:
        FerError: naming the files that are not images, or the first of another size.
    """
    pixels = np.empty((len(paths), size, size), dtype=np.uint8)
    for number, image in enumerate(decode_all(paths, root)):
        if image.shape[:2] != (size, size):
            height, width = image.shape[:2]
            raise FerError(f"{paths[number]}: {width}x{height} pixels, this data set has {size}x{size}")
        pixels[number] = to_grey(image) if image.ndim == 3 else image
    return pixels


def make_ids(found: Sequence[ClassImage], root: Path) -> npt.NDArray[np.str_]:
    """The path of each file below `root`, a name that does not depend on where the data are."""
    return np.array([path_text(image.path, root) for image in found])


def _folder_expression(folder: Path) -> str:
    try:
        return expression(plain_text(folder.name))
    except FerError as fault:
        raise FerError(f"{folder}: {fault}") from fault
