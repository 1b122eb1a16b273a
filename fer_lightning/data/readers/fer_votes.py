"""Reads the votes of FER+ for each image of FER2013, derives labels from them and joins the two by row."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import content_hash
from fer_lightning.data.expressions import EXPRESSIONS, expression, relabel
from fer_lightning.data.faces import FaceSet, Integers, Strings
from fer_lightning.data.readers.archives import open_text
from fer_lightning.data.readers.text_tables import read_csv_rows
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

TABLE = "fer2013new.csv"
ENDINGS = ("", ".xz", ".gz", ".zip")
COLUMNS = (
    *("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"),
    *("unknown", "NF"),  # not a face
)
NAMED = 8  # the columns before `unknown` are expressions
TAGGERS = 10  # people who labelled each image; one of the published rows has nine votes
CELLS = {str(votes): votes for votes in range(TAGGERS + 1)}

# Labels of FER2013 and FER+ agree for two thirds of the images of every block of this many rows, and for 18 % of rows
# that do not belong together; the bound is ten or more standard deviations of a block away from both
BLOCK = 500
SMALLEST_BLOCK = 100  # the agreement of fewer rows is too uncertain
LEAST_AGREEMENT = 0.4

MODES = ("majority", "share", "argmax", "distribution", "multi")
THRESHOLD = 0.3  # of `multi`, as in the code that Barsoum et al. published with FER+
# column of the file -> number in the vocabulary
CLASS = np.array([EXPRESSIONS.index(expression(column)) for column in COLUMNS[:NAMED]], dtype=np.int64)


class Votes(NamedTuple):
    """(N, 10) int64 votes in the order of COLUMNS, and (N,) the split that each row belongs to."""

    votes: Integers
    usage: Strings


def find_votes(folder: Path) -> Path | None:
    """The votes file in this folder, compressed or not; None if there is none."""
    return next((folder / f"{TABLE}{end}" for end in ENDINGS if (folder / f"{TABLE}{end}").is_file()), None)


def read_votes(path: Path, usages: Sequence[str]) -> Votes:
    """Reads every row of fer2013new.csv, in its order.

    Args:
        path: path of the file; also .xz .gz .zip.
        usages: the splits that may occur.

    Raises:
        FerError: with the file and line of the first invalid cell or row.
    """
    votes, usage = [], []
    with open_text(path, TABLE) as lines:
        for where, (split, *cells) in read_csv_rows(lines, str(path), ("Usage", *COLUMNS)):
            if split not in usages:
                raise FerError(f"{where}: Usage is '{split[:20]}', it must be one of {choices(usages, split[:20])}")
            for column, cell in zip(COLUMNS, cells, strict=True):
                if cell not in CELLS:
                    raise FerError(f"{where}: {column} is '{cell[:20]}', it must be a whole number from 0 to {TAGGERS}")
            votes.append([CELLS[cell] for cell in cells])
            if not 0 < sum(votes[-1]) <= TAGGERS:
                raise FerError(f"{where}: {sum(votes[-1])} votes in all, an image has 1 to {TAGGERS}")
            usage.append(split)
    if not votes:
        raise FerError(f"{path}: there is no row under the header")
    return Votes(np.array(votes, dtype=np.int64), np.array(usage))


def check_mode(mode: str, threshold: float = THRESHOLD) -> None:
    """Raises FerError unless the mode is one of MODES and the threshold is above 0 and at most 1."""
    if mode not in MODES:
        raise FerError(f"data.label_mode={mode}: choose among {choices(MODES, mode)}")
    if not 0 < threshold <= 1:
        raise FerError(f"data.faces.multi_threshold={threshold}: choose a share of the votes, above 0 and up to 1")


def label(votes: Integers, mode: str, threshold: float = THRESHOLD) -> tuple[Integers, npt.NDArray[np.float32] | None]:
    """The label of each image, and its target where that is more than the label.

    Of equal counts the first column of the file wins. An image on which `unknown` or `NF` wins is dropped.

    - `majority`: single votes count as none, and the winner needs more than half of the rest; the set of Barsoum et
      al. 2016, "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label Distribution".
    - `share`: the winner needs at least half of all votes: paper B's set (Table 1), which has 2 images of 25,373 less.
    - `argmax`: the winner needs nothing more.
    - `distribution`: the images of `argmax`; the target is each expression's share of the votes for expressions.
    - `multi`: single votes count as none, every column with at least `threshold` of the rest is right, and those
      columns together need more than half of the rest; the target is shared equally by the expressions among them.

    Args:
        votes: (N, 10) in the order of COLUMNS.
        mode: one of MODES.
        threshold: of `multi`; 0.3 is that of the code published with FER+.

    Returns:
        (N,) index into EXPRESSIONS, -1 where the image is dropped; (N, 8) targets in the order of EXPRESSIONS that
        sum to 1, zeros where it is dropped, or None where the label is all.

    Raises:
        FerError: an unknown mode, or a threshold that is no share.
    """
    check_mode(mode, threshold)
    counted = np.where(votes == 1, 0, votes) if mode in ("majority", "multi") else votes
    winner, most, total = counted.argmax(axis=1), counted.max(axis=1), counted.sum(axis=1)
    # rounded up in whole votes, for 0.3 times ten is more than 3 in binary
    right = (counted > 0) & (counted >= np.ceil(np.round(threshold * total, 9))[:, None])
    enough = {
        "majority": 2 * most > total,
        "share": 2 * most >= total,
        "multi": 2 * (counted * right).sum(axis=1) > total,
    }.get(mode, most > 0)
    kept = enough & (winner < NAMED)
    labels = np.full(len(votes), -1, dtype=np.int64)
    labels[kept] = CLASS[winner[kept]]
    if mode not in ("distribution", "multi"):
        return labels, None
    weights = (right if mode == "multi" else votes)[kept, :NAMED].astype(np.float64)
    targets = np.zeros((len(votes), NAMED), dtype=np.float32)
    targets[np.ix_(kept, CLASS)] = weights / weights.sum(axis=1, keepdims=True)
    return labels, targets


def check_rows(faces: FaceSet, table: Votes, path: Path, images: Path) -> None:
    """Raises FerError unless row i of the votes can be image i of FER2013: names in the file are not unique.

    Args:
        faces: FER2013's, as `images` holds them.
        table: the votes.
        path: of the votes, for messages.
        images: of FER2013's table, for messages.
    """
    if any("/" in name for name in faces.ids[:1]):  # ids of a table are numbers
        raise FerError(
            f"{path}: its rows follow fer2013.csv, and FER2013 lies here as folders, which keep no order; "
            "put fer2013.csv or icml_face_data.csv (also packed) in their place"
        )
    assert faces.split is not None
    if len(table.usage) != len(faces):
        raise FerError(
            f"{path}: {len(table.usage)} rows of votes for {len(faces)} images; take both files as they were published"
        )
    other = np.flatnonzero(table.usage != faces.split)
    if len(other):
        row = other[0]
        raise FerError(
            f"{path}: row {row} (counted from 0) is {table.usage[row]} there and {faces.split[row]} in FER2013, and so "
            f"differ {len(other)} rows; both files must be in the order in which they were published"
        )
    _check_agreement(faces, table, path, images)


def _check_agreement(faces: FaceSet, table: Votes, path: Path, images: Path) -> None:
    """Refuses votes of other images: of each block of rows some two thirds of the labels agree where both fit."""
    own = relabel(faces.label, faces.class_names, EXPRESSIONS)
    votes = label(table.votes, "argmax")[0]
    rows = np.flatnonzero((own >= 0) & (votes >= 0))
    same = own[rows] == votes[rows]
    for start in range(0, len(rows), BLOCK):
        block = same[start : start + BLOCK]
        if len(block) >= SMALLEST_BLOCK and block.mean() < LEAST_AGREEMENT:
            raise FerError(
                f"{path} does not fit {images} row by row: their labels agree in {same.mean():.0%} of {len(rows):,} "
                f"rows, and in {block.mean():.0%} of the {len(block)} from row {rows[start]} (counted from 0) on; rows "
                "that belong together agree in two thirds. Take both files in the order in which they were published"
            )


def with_majority(faces: FaceSet, folder: Path, usages: Sequence[str], images: Path) -> FaceSet:
    """FER2013's faces with a further column `ferplus`: the FER+ majority label, -1 where there is none.

    The faces as they are where no votes lie beside them, or, with a warning, where the votes don't fit. `images` is
    the path of FER2013's table, for messages.
    """
    path = find_votes(folder)
    if path is None:
        return faces
    try:
        table = read_votes(path, usages)
        check_rows(faces, table, path, images)
    except FerError as reason:
        log.warning("no FER+ labels beside FER2013's own: %s", reason)
        return faces
    key = content_hash("with ferplus", faces.fingerprint, files=[path])
    return replace(faces, fingerprint=key, extras={**faces.extras, "ferplus": label(table.votes, "majority")[0]})
