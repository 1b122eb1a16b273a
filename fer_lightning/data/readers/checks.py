"""Checks that a data set's folder is there, and that it holds as many images as its publishers count."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_lightning.data.faces import FaceSet
from fer_lightning.errors import FerError

log = logging.getLogger(__name__)

LISTED = 4  # differing counts that a warning lists
WHOLE = "all"  # in place of a split's name, for a data set that is counted as a whole

Counts = Mapping[str, Sequence[int]]
DIR_KEY = "data.faces.dir"  # the override that names a data set's folder; mixes have two others


def count_images(faces: FaceSet) -> dict[str, list[int]]:
    """Counts labelled images per published split (or `all`) and class, in the order of `class_names`."""
    if faces.split is None:
        return {WHOLE: _count_classes(faces, np.ones(len(faces), dtype=bool))}
    return {str(split): _count_classes(faces, faces.split == split) for split in np.unique(faces.split)}


def _count_classes(faces: FaceSet, chosen: npt.NDArray[np.bool_]) -> list[int]:
    labels = faces.label[chosen & (faces.label >= 0)]
    return [int(number) for number in np.bincount(labels, minlength=len(faces.class_names))]


def name_counts(class_names: Sequence[str], official: Counts) -> dict[str, dict[str, int]]:
    """The published counts as split or `all` -> class name -> images, as `official_counts` of a reader returns them."""
    return {split: dict(zip(class_names, numbers, strict=True)) for split, numbers in official.items()}


def warn_unless_official(faces: FaceSet, official: Counts) -> None:
    """Logs one warning with the first counts that differ from the published ones, and the number of the others.

    Args:
        faces: the faces that were read.
        official: published split -> images per class, in the order of `class_names`; or `all` -> those of the whole
            data set, whether or not it has splits.
    """
    found = count_images(replace(faces, split=None) if WHOLE in official else faces)
    differing = [
        f"{split}/{name} {found.get(split, [0] * len(expected))[number]} (published {expected[number]})"
        for split, expected in official.items()
        for number, name in enumerate(faces.class_names)
        if found.get(split, [0] * len(expected))[number] != expected[number]
    ]
    if differing:
        more = f" and {len(differing) - LISTED} more" if len(differing) > LISTED else ""
        log.warning("image counts differ from the published ones: %s%s", ", ".join(differing[:LISTED]), more)


def find_official_counts(read: Callable[..., FaceSet], faces: FaceSet) -> dict[str, dict[str, int]] | None:
    """Published split or `all` -> class -> images, for the reader `read`; None if nothing is published.

    Args:
        read: a reader, possibly a `functools.partial`; its attribute `official_counts` is called, or that of its
            module.
        faces: the faces that it read.
    """
    while isinstance(read, partial):
        read = read.func
    official = getattr(read, "official_counts", None) or getattr(sys.modules[read.__module__], "official_counts", None)
    return None if official is None else official(faces)


def check_not_file(root: Path, key: str = DIR_KEY) -> None:
    """Raises FerError if `root`, the folder of a data set, is a file."""
    if root.is_file():
        raise FerError(f"{root}: this is a file; {key} names the folder that holds it, here {root.parent}")


def describe_location(name: str, key: str = DIR_KEY) -> str:
    """Says where the data set `name` belongs, and which override names another folder."""
    return f"FER_DATA=DIR makes it DIR/{name}/; {key}=DIR names the place itself"
