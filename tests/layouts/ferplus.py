"""Writes votes beside a drawn FER2013 table as FER+ does: fer2013new.csv, row by row."""

from __future__ import annotations

import csv
from pathlib import Path

COLUMNS = (
    *("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"),
    *("unknown", "NF"),
)
# FER2013's number of a class -> the column of FER+. Not the reader's own order: a wrong one would agree with itself
PLACE = {0: 4, 1: 5, 2: 6, 3: 1, 4: 3, 5: 2, 6: 0}
CONTEMPT, UNKNOWN, NOT_A_FACE = 7, 8, 9
CYCLE = 40  # what people say of an image goes by its row, and begins anew after so many
CONTEMPTUOUS = (3, 23, 38, 39)  # rows of each split of a drawn table, for FER2013's own labels have no contempt


def write_ferplus(folder: Path) -> Path:
    """Writes fer2013new.csv for the rows of `folder`/fer2013.csv: mostly seven of ten votes for the table's label.

    Among forty rows there are four of contempt, two ties, one that is unknown, one that is no face and one on which
    people disagree.

    Args:
        folder: with the plain table that `write_fer2013` drew.

    Returns:
        The file.
    """
    with (folder / "fer2013.csv").open(newline="", encoding="utf-8") as table:
        rows = [(int(row["emotion"]), row["Usage"]) for row in csv.DictReader(table)]
    path = folder / "fer2013new.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["Usage", "Image name", *COLUMNS])
        for number, (emotion, usage) in enumerate(rows):
            # an image that is no face has no name in the published file
            votes = _votes(PLACE[emotion], number % CYCLE)
            name = "" if votes[NOT_A_FACE] == 10 else f"fer{number:07d}.png"
            writer.writerow([usage, name, *votes])
    return path


def _votes(own: int, case: int) -> list[int]:
    """Ten votes: `own` is the column of the table's label."""
    second, third = (own + 1) % CONTEMPT, (own + 2) % CONTEMPT
    given = {own: 7, second: 2, UNKNOWN: 1}
    if case in CONTEMPTUOUS:
        given = {CONTEMPT: 8, own: 2}
    elif case in (5, 25):
        given = {own: 5, second: 5}
    elif case == 6:
        given = {UNKNOWN: 6, own: 4}
    elif case == 12:
        given = {NOT_A_FACE: 10}
    elif case == 15:
        given = {own: 4, second: 3, third: 3}
    return [given.get(column, 0) for column in range(len(COLUMNS))]
