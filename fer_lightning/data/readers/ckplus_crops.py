"""Reads the crops of 48x48 pixels in which CK+ is passed on: CK+48 and ckextended.csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fer_lightning.data.cache import cached, content_hash
from fer_lightning.data.expressions import EXPRESSIONS, expression, relabel
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.readers.archives import open_text
from fer_lightning.data.readers.ckplus_names import shots
from fer_lightning.data.readers.frames import choose_frames
from fer_lightning.data.readers.photographs import Table
from fer_lightning.data.readers.pixel_csv import read_rows
from fer_lightning.errors import FerError

FOLDER = "CK+48"
TABLE = "ckextended.csv"
TABLES = tuple(f"{TABLE}{ending}" for ending in ("", ".xz", ".gz", ".zip"))
SIZE = 48
# how the table numbers its classes; its Kaggle page, and the counts there tell the classes apart
NUMBERED = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
USAGES = ("Training", "PublicTest", "PrivateTest")


def folder_table(folder: Path, how: str) -> Table:
    """The chosen frames of CK+48, which holds the last three of each labelled sequence.

    Raises:
        FerError: first frames are asked for, a folder is no expression, or a sequence stands in two.
    """
    if how == "first_and_last3":
        raise FerError(
            f"data.frames={how}: {folder} holds no first frames; choose data.frames=last3 or apex, "
            "or get CK+'s full sequences from its authors"
        )
    found = shots(folder)
    labels: dict[str, str] = {}
    for shot in found:
        label = _label(shot.path, folder)
        if labels.setdefault(shot.sequence, label) != label:
            raise FerError(f"{shot.path}: its sequence also stands under '{labels[shot.sequence]}'; keep one of them")
    taken, _ = choose_frames([shot.sequence for shot in found], [shot.number for shot in found], how)
    chosen = [found[row] for row in taken]
    return Table(
        paths=[shot.path for shot in chosen],
        labels=[labels[shot.sequence] for shot in chosen],
        class_names=EXPRESSIONS,
        subjects=[shot.subject for shot in chosen],
        sequences=[shot.sequence for shot in chosen],
        frames=[shot.number - 1 for shot in chosen],  # names count from 1
    )


def _label(path: Path, folder: Path) -> str:
    try:
        label = expression(path.relative_to(folder).parts[0])
    except FerError as fault:
        raise FerError(f"{path}: it stands in no folder of an expression: {fault}") from fault
    if label == "neutral":
        raise FerError(f"{path.parent}: {FOLDER} has no neutral images; move this folder away")
    return label


def read_table(path: Path, how: str, cache_dir: Path) -> FaceSet:
    """The rows of ckextended.csv, in its order; it knows neither people nor sequences.

    Raises:
        FerError: other frames than the default's are asked for, or a malformed row (with its line).
    """
    if how != "last3":
        raise FerError(
            f"data.frames={how}: {path} holds single images and no sequences; leave data.frames=last3, "
            "or get CK+'s full sequences from its authors"
        )
    return cached(cache_dir, "ckplus", content_hash("ckplus table", files=[path]), lambda: _parse(path))


def _parse(path: Path) -> FaceSet:
    with open_text(path, TABLE) as lines:
        rows = read_rows(lines, str(path), SIZE, len(NUMBERED), USAGES)
    ids = np.array([f"{row:03d}" for row in range(len(rows.pixels))])
    labels = relabel(rows.labels, NUMBERED, EXPRESSIONS)
    return FaceSet(rows.pixels, labels, EXPRESSIONS, ids, fingerprint="", split=rows.usage)
