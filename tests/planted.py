"""A small FER2013 in which every copy is known, with FER+ votes beside it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from tests.layouts.ferplus import COLUMNS, PLACE

HAPPINESS = COLUMNS.index("happiness")
CLASSES = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def write_planted(folder: Path) -> Path:
    """Writes 40 images of noise, no two alike but for those planted, and gives `folder` back.

    Rows 0 to 27 train, 28 to 33 validate, 34 to 39 test; classes come in turn from the first on, on each side.
    Row 34 is row 0. Row 35 (disgust) is row 2 (fear). Row 28 is row 7 mirrored, row 36 row 29 mirrored. Row 21 is
    row 14, of the same side and class. Row 27 is blank. FER+ agrees with every label but the first: row 0 is happy.
    """
    pixels = np.random.default_rng(0).integers(0, 256, (40, 48, 48), dtype=np.uint8)
    pixels[34], pixels[35], pixels[21] = pixels[0], pixels[2], pixels[14]
    pixels[28], pixels[36] = pixels[7][:, ::-1], pixels[29][:, ::-1]
    pixels[27] = 9
    sides = ["Training"] * 28 + ["PublicTest"] * 6 + ["PrivateTest"] * 6
    labels = [row % 7 for row in range(28)] + [*range(6), *range(6)]
    folder.mkdir(parents=True)
    with (folder / "fer2013.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["emotion", "pixels", "Usage"])
        for label, image, side in zip(labels, pixels, sides, strict=True):
            writer.writerow([label, " ".join(map(str, image.ravel().tolist())), side])
    with (folder / "fer2013new.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Usage", "Image name", *COLUMNS])
        for row, (label, side) in enumerate(zip(labels, sides, strict=True)):
            column = PLACE[label] if row else HAPPINESS
            writer.writerow([side, f"fer{row:07d}.png", *(10 * (place == column) for place in range(len(COLUMNS)))])
    return folder
