"""Reads CK+ in every layout in which people have it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.readers.absent import belongs, refuse_file
from fer_lightning.data.readers.ckplus_crops import FOLDER, TABLES, folder_table, read_table
from fer_lightning.data.readers.ckplus_names import place
from fer_lightning.data.readers.ckplus_sequences import IMAGES, sequences_table
from fer_lightning.data.readers.counts import WHOLE, named, warn_unless_official
from fer_lightning.data.readers.frames import LAST
from fer_lightning.data.readers.photographs import photographs
from fer_lightning.errors import FerError, choices

CLASS_NAMES = EXPRESSIONS
FRAMES = ("apex", "last3", "first_and_last3")
# Lucey et al. 2010: labelled sequences of each class, in the order of CLASS_NAMES; no sequence is labelled neutral
OFFICIAL_SEQUENCES = (45, 59, 25, 69, 28, 83, 0, 18)
# ckextended.csv, as its Kaggle page counts it: each labelled peak, and the first frame of all 593 sequences
OFFICIAL_TABLE = (45, 59, 25, 69, 28, 83, 593, 18)


def read(dir: str | Path, cache_dir: Path, frames: str = "last3") -> FaceSet:
    """CK+'s labelled faces: photographs of 640x490 or 640x480 pixels, or crops of 48x48.

    Source: Lucey et al. 2010, "The Extended Cohn-Kanade dataset". A label is that of the sequence's peak; only labelled
    sequences are read. The first layout that is there is read, also out of folders into which archives unpack:

    - `cohn-kanade-images/` with `Emotion/`, and `FACS/` and `Landmarks/` if there. Frames count from 0, the neutral
      face. Extras: `landmarks` (N, 68, 2) float32 x, y in pixels, if every image has them; `facs` (N,) the action units
      at the sequence's peak as "1:3 2:2 25:0" (number:intensity 1..5, 0 where it was not coded), "" for neutral images.
    - `CK+48/<expression>/`: the last three frames as crops.
    - `ckextended.csv`: crops without subject or sequence; its Usage is the split column.

    Args:
        dir: where the files are.
        cache_dir: where parsed pixels, and what was found out about photographs, are kept.
        frames: `apex` the last frame of a sequence, `last3` the last three, `first_and_last3` those and the first as
            neutral.

    Raises:
        FerError: nothing readable there, frames that the layout does not have, or a malformed file (with its line).
    """
    if frames not in FRAMES:
        raise FerError(f"data.frames={frames}: a label of CK+ is of the peak; choose among {choices(FRAMES, frames)}")
    root = Path(dir)
    refuse_file(root)
    name, path = _layout(root)
    if path is None:
        raise FerError(
            f"{root}: no CK+ here. Put one of these in: the folders {IMAGES}/ and Emotion/ (with FACS/ and Landmarks/ "
            f"if you have them), {FOLDER}/<expression>/*.png, or {', '.join(TABLES)}. Its authors at the University of "
            f"Pittsburgh give CK+ to those who sign their agreement (jeffcohn.net/Resources). {belongs('ckplus')}"
        )
    if name in TABLES:
        faces = read_table(path, frames, cache_dir)
    else:
        table = folder_table(path, frames) if name == FOLDER else sequences_table(path, root, frames)
        faces = photographs("ckplus", table, root, cache_dir)
    warn_unless_official(faces, _published(faces))
    return faces


def held_classes(dir: str | Path, frames: str) -> tuple[str, ...]:
    """The classes that the layout in `dir` holds, without a look into its files; all eight where there is none."""
    name, path = _layout(Path(dir))
    if path is None or name in TABLES or (name == IMAGES and frames == "first_and_last3"):
        return CLASS_NAMES
    return tuple(known for known in CLASS_NAMES if known != "neutral")


def official_counts(faces: FaceSet) -> dict[str, dict[str, int]]:
    """`all` -> class -> images, as published for the layout and the frames that these faces of `read` come from."""
    return named(faces.class_names, _published(faces))


def _layout(root: Path) -> tuple[str, Path | None]:
    """The name of the first layout that is there, and where."""
    if root.is_dir():
        for name in (IMAGES, FOLDER, *TABLES):
            found = root if root.name == name == FOLDER else place(root, name)
            if found is not None and (found.is_file() if name in TABLES else found.is_dir()):
                return name, found
    return "", None


def _published(faces: FaceSet) -> Mapping[str, tuple[int, ...]]:
    if faces.sequence is None:
        return {WHOLE: OFFICIAL_TABLE}
    neutral = CLASS_NAMES.index("neutral")
    shown = faces.sequence[faces.label != neutral]
    each = 1 if len(np.unique(shown)) == len(shown) else LAST
    numbers = [each * number for number in OFFICIAL_SEQUENCES]
    if (faces.label == neutral).any():
        numbers[neutral] = sum(OFFICIAL_SEQUENCES)
    return {WHOLE: tuple(numbers)}
