"""Reads LFW, photographs of people by name without expression labels."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.names import plain_text
from fer_lightning.data.readers.checks import DIR_KEY, check_not_file, describe_location
from fer_lightning.data.readers.image_files import ImageTable, build_face_set, list_images
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

VARIANTS = ("lfw", "lfw-deepfunneled", "lfw_funneled")
NUMBERED = re.compile(r"(?P<name>.+)_\d{4}\.jpg")
# Huang et al. 2007
IMAGES = 13233
PEOPLE = 5749


def read(dir: str | Path, cache_dir: Path, key: str = DIR_KEY) -> FaceSet:
    """Reads LFW's colour photographs of 250x250 pixels; `subject` is the person's name, and no image has a label.

    Source: Huang et al. 2007, "Labeled Faces in the Wild". The class names are the whole vocabulary. Ids are
    <Name>/<Name>_0001.jpg, the same in every variant.

    Args:
        dir: a folder of <Name>/<Name>_0001.jpg, or one that holds it as lfw, lfw-deepfunneled or lfw_funneled, also
            nested twice as some archives unpack.
        cache_dir: folder of the cache.
        key: the override that names `dir`, for messages.

    Raises:
        FerError: no LFW found, or several variants; a file that is not an image or has a name of another form.
    """
    root = _find_root(Path(dir), key)
    files = list_images(root)
    strangers = [file for file in files if not _is_photograph(file, root)]
    if strangers:
        raise FerError(
            f"{strangers[0]}: LFW's images are <Name>/<Name>_0001.jpg below {root} ({len(strangers)} others here); "
            "take it away, or read it as data=folder"
        )
    people = [plain_text(file.parent.name) for file in files]
    table = ImageTable(files, labels=[""] * len(files), class_names=EXPRESSIONS, subjects=people)
    faces = build_face_set("lfw", table, root, cache_dir)
    found = len(np.unique(people))
    if (len(files), found) != (IMAGES, PEOPLE):
        log.warning(
            "LFW: %s images of %s people (published %s of %s)", *(f"{n:,}" for n in (len(files), found, IMAGES, PEOPLE))
        )
    return faces


def official_counts(faces: FaceSet) -> None:
    """None: LFW's publishers count images and people, not expressions."""


def _find_root(folder: Path, key: str) -> Path:
    """The folder that holds one folder per person."""
    check_not_file(folder, key)
    nested = [folder / name for name in VARIANTS]
    found = [
        place
        for place in (folder, *nested, *(outer / outer.name for outer in nested))
        if place.is_dir() and any(_is_photograph(file, place) for file in place.glob("*/*_[0-9][0-9][0-9][0-9].jpg"))
    ]
    if not found:
        raise FerError(
            f"{folder}: no LFW here. Put in one of the folders {choices(VARIANTS)} with <Name>/<Name>_0001.jpg in it. "
            f"{describe_location('lfw', key)}"
        )
    if len(found) > 1:
        raise FerError(f"{folder}: several LFW here; choose one as {key}: {choices(found)}")
    return found[0]


def _is_photograph(file: Path, root: Path) -> bool:
    match = NUMBERED.fullmatch(file.name)
    return match is not None and match["name"] == file.parent.name and file.parent.parent == root
