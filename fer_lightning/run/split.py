"""Writes which image stood on which side, beside the result that it led to."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.whole import whole


def write_split(faces: FaceSet, sides: Mapping[str, Integers], path: Path) -> None:
    """A table of image, side, label and, where people are known, subject; an image on two sides has two rows.

    Args:
        faces: labelled by their data set.
        sides: stage -> rows.
        path: the CSV, written whole or not at all.
    """
    names = np.array([*faces.class_names, ""])
    with whole(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["image", "side", "label", *(["subject"] if faces.subject is not None else [])])
        for side, rows in sides.items():
            columns = [faces.ids[rows], [side] * len(rows), names[faces.label[rows]]]
            if faces.subject is not None:
                columns.append(faces.subject[rows])
            writer.writerows(zip(*columns, strict=True))
