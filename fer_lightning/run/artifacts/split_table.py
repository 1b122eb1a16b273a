"""split.csv: the images of each split with label and digest."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fer_lightning.atomic_write import atomic_write
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.image_digests import image_digests, to_hex

COLUMNS = ("image", "side", "label", "digest")  # and `subject`, if known
SPLIT_FILE = "split.csv"
CHUNK = 4096  # lines in memory at once


class SplitRow(NamedTuple):
    """An image in a split: its name in the data set, the stage, its label and its digest in hex."""

    image: str
    side: str
    label: str
    digest: str


def iter_split_rows(faces: FaceSet, sides: Mapping[str, Integers]) -> Iterator[SplitRow]:
    """Yields each image of each split, in order; an image in two splits occurs twice.

    Args:
        faces: labelled by their data set.
        sides: stage -> rows.
    """
    names, digests = np.array([*faces.class_names, ""]), image_digests(faces)
    for side, rows in sides.items():
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            columns = (faces.ids[part].tolist(), [side] * len(part), names[faces.label[part]].tolist())
            yield from map(SplitRow, *columns, to_hex(digests[part]))


def write_split(faces: FaceSet, sides: Mapping[str, Integers], path: Path) -> None:
    """Writes image, side, label, digest and, if known, subject of every image.

    Args:
        faces: labelled by their data set.
        sides: stage -> rows.
        path: of the CSV file, which is written atomically.
    """
    subject = None if faces.subject is None else np.concatenate([faces.subject[rows] for rows in sides.values()])
    with atomic_write(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*COLUMNS, *(["subject"] if subject is not None else [])])
        lines = iter_split_rows(faces, sides)
        writer.writerows(lines if subject is None else ((*line, who) for line, who in zip(lines, subject, strict=True)))


def read_split(path: Path) -> list[SplitRow]:
    """Reads the file of `write_split`; returns an empty list if it is missing or from a version without digests."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if not set(COLUMNS) <= set(reader.fieldnames or ()):
            return []
        return [SplitRow(*(line[column] for column in COLUMNS)) for line in reader]
