"""Reads FER2013 in every layout in which people have it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fer_lightning.data.cache import cached, content_hash
from fer_lightning.data.expressions import relabel
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.readers.absent import DIR_KEY, belongs, refuse_file
from fer_lightning.data.readers.archives import open_text
from fer_lightning.data.readers.class_folders import (
    FoundImage,
    class_images,
    read_grey,
    relative_ids,
    side_folders,
)
from fer_lightning.data.readers.counts import named, warn_unless_official
from fer_lightning.data.readers.fer_votes import with_majority
from fer_lightning.data.readers.pixel_csv import read_rows
from fer_lightning.errors import FerError

CLASS_NAMES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
USAGES = ("Training", "PublicTest", "PrivateTest")
SIZE = 48
# Goodfellow et al. 2013; images of each class, in the order of CLASS_NAMES.
OFFICIAL_COUNTS = {
    "Training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "PublicTest": (467, 56, 496, 895, 653, 415, 607),
    "PrivateTest": (491, 55, 528, 879, 594, 416, 626),
}
# Archive or file -> the CSV inside it; the first that exists is read.
TABLES = {
    **{f"fer2013.csv{ending}": "fer2013.csv" for ending in ("", ".xz", ".gz", ".zip")},
    "fer2013.tar.gz": "fer2013.csv",
    **{f"icml_face_data.csv{ending}": "icml_face_data.csv" for ending in ("", ".xz", ".gz", ".zip")},
}
FOLDERS = 2  # part of the cache's key: raise it when the same class folders give other pixels or splits
SIDE_USAGES = {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}


def read(dir: str | Path, cache_dir: Path) -> FaceSet:
    """FER2013's images of 48x48 grey pixels with their seven labels and published split.

    Source: Goodfellow et al. 2013, "Challenges in representation learning". Ids are row numbers of the table, or
    paths below `dir`. The split column is Training, PublicTest or PrivateTest. Where folders are three sides, they say
    it; where they are two, names of files say it that begin with a split's name, and other files know no PublicTest.
    Where FER+'s fer2013new.csv lies beside the table and fits, the extra column `ferplus` (N,) int64 is its majority
    label: an index into the whole vocabulary, -1 without one.

    Args:
        dir: where the files are: a table (fer2013.csv, icml_face_data.csv; also .xz .gz .zip), fer2013.tar.gz, or
            the folders train/<class>/, test/<class>/ and, as you like, validation/<class>/, also in the other usual
            spellings.
        cache_dir: where the parsed pixels are kept.

    Raises:
        FerError: nothing readable there, or a malformed file (with its line).
    """
    faces = parsed(dir, cache_dir)
    warn_unless_official(faces, OFFICIAL_COUNTS)
    return with_majority(faces, Path(dir), USAGES, table_path(Path(dir)) or Path(dir))


def table_path(folder: Path) -> Path | None:
    """The table that is read of this folder, packed or not; None where there is none."""
    return next((folder / name for name in TABLES if (folder / name).is_file()), None)


def parsed(dir: str | Path, cache_dir: Path, key: str = DIR_KEY) -> FaceSet:
    """What `read` gives, without a look at counts or at FER+; arguments and errors as there.

    `key` is the override that names `dir`, for messages.
    """
    root = Path(dir)
    refuse_file(root, key)
    table = table_path(root)
    if table is not None:
        path = table
        return cached(cache_dir, "fer2013", content_hash("fer2013 table", files=[path]), lambda: _from_table(path))
    folders = side_folders(root)
    if {"train", "test"} <= set(folders):
        found = class_images(folders, root)
        ids = relative_ids(found, root)
        content = content_hash("fer2013 folders", FOLDERS, ids.tolist(), files=[image.path for image in found])
        return cached(cache_dir, "fer2013", content, lambda: _from_folders(found, root, "val" in folders))
    raise FerError(
        f"{root}: no FER2013 here. Put one of these in: {', '.join(TABLES)}, or the folders train/<class>/*.jpg, "
        "test/<class>/*.jpg and, as you like, validation/<class>/*.jpg. Kaggle has it as 'Challenges in Representation "
        f"Learning: Facial Expression Recognition Challenge'. {belongs('fer2013', key)}"
    )


def official_counts(faces: FaceSet) -> dict[str, dict[str, int]]:
    """Published split -> class -> images."""
    return named(faces.class_names, OFFICIAL_COUNTS)


def _from_table(path: Path) -> FaceSet:
    with open_text(path, TABLES[path.name]) as lines:
        rows = read_rows(lines, str(path), SIZE, len(CLASS_NAMES), USAGES)
    ids = np.array([f"{row:05d}" for row in range(len(rows.pixels))])
    return FaceSet(rows.pixels, rows.labels, CLASS_NAMES, ids, fingerprint="", split=rows.usage)


def _from_folders(found: list[FoundImage], root: Path, all_sides: bool) -> FaceSet:
    names = sorted({image.expression for image in found})
    numbers = np.array([names.index(image.expression) for image in found], dtype=np.int64)
    labels = relabel(numbers, names, CLASS_NAMES)
    if (labels < 0).any():
        stranger = found[int(np.argmin(labels))]
        raise FerError(f"{stranger.path.parent}: FER2013 has no class '{stranger.expression}'")
    split = np.array([SIDE_USAGES[image.side] if all_sides else _usage(image) for image in found])
    pixels = read_grey([image.path for image in found], SIZE, root)
    return FaceSet(pixels, labels, CLASS_NAMES, relative_ids(found, root), fingerprint="", split=split)


def _usage(image: FoundImage) -> str:
    prefix = image.path.name.split("_")[0]
    if prefix in USAGES:
        return prefix
    return SIDE_USAGES[image.side]
