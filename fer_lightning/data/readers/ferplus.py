"""Reads FER+: FER2013's images with labels derived from the votes of ten people."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from fer_lightning.data.cache import content_hash
from fer_lightning.data.expressions import EXPRESSIONS, relabel
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.readers import fer2013
from fer_lightning.data.readers.checks import name_counts
from fer_lightning.data.readers.fer_votes import (
    ENDINGS,
    TABLE,
    THRESHOLD,
    check_mode,
    check_rows,
    find_votes,
    label,
    read_votes,
)
from fer_lightning.errors import FerError

log = logging.getLogger(__name__)

# mode -> split -> images of each class in the order of EXPRESSIONS, counted in the published file. The totals of
# `majority` are those that Barsoum et al. 2016 train and test on; paper B's Table 1 prints `share`'s for PrivateTest.
_ARGMAX = {
    "Training": (2467, 191, 652, 7528, 3515, 3562, 10309, 165),
    "PublicTest": (319, 34, 74, 899, 412, 456, 1335, 24),
    "PrivateTest": (325, 23, 93, 928, 444, 444, 1262, 27),
}
OFFICIAL_COUNTS = {
    "majority": {
        "Training": (2100, 119, 532, 7287, 3014, 3149, 8740, 119),
        "PublicTest": (287, 24, 62, 865, 351, 415, 1182, 13),
        "PrivateTest": (273, 18, 83, 893, 384, 396, 1090, 16),
    },
    "share": {
        "Training": (2054, 107, 510, 7335, 3048, 3173, 9031, 115),
        "PublicTest": (284, 23, 60, 872, 348, 417, 1207, 14),
        "PrivateTest": (271, 15, 78, 895, 384, 402, 1102, 13),
    },
    "argmax": _ARGMAX,
    "distribution": _ARGMAX,
    "multi": {
        "Training": (2327, 153, 598, 7492, 3399, 3486, 10071, 145),
        "PublicTest": (307, 30, 71, 893, 400, 446, 1307, 18),
        "PrivateTest": (302, 21, 90, 921, 434, 438, 1243, 23),
    },
}


def read(
    dir: str | Path,
    cache_dir: Path,
    label_mode: str = "majority",
    votes: str | None = None,
    multi_threshold: float = THRESHOLD,
) -> FaceSet:
    """Reads FER2013's images, labelled by the votes of FER+; images without a clear winner have the label -1.

    Source: Barsoum et al. 2016, "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
    Distribution". Ids and splits are FER2013's, classes are the whole vocabulary.

    Args:
        dir: FER2013's folder with its table, and fer2013new.csv (also .xz .gz .zip).
        cache_dir: folder of the cache.
        label_mode: how a label is derived from votes, one of `fer_votes.MODES`; see `fer_votes.label`.
        votes: path of the votes file, if it is not in `dir`.
        multi_threshold: share of the votes from which an expression counts, in the mode `multi`.

    Returns:
        The faces with the extras `votes` (N, 10) int64 in the file's order of columns, `label_mode` (N,), the same in
        every row, and, for `distribution` and `multi`, `target` (N, 8) float32 in the order of the classes, which
        sums to 1, or is zero for an image without a label.

    Raises:
        FerError: a file is absent or malformed, the votes don't fit FER2013 row by row, or an unknown mode.
    """
    check_mode(label_mode, multi_threshold)  # before minutes of parsing
    faces = fer2013.parse(dir, cache_dir)
    path = find_votes(Path(dir)) if votes is None else Path(votes)
    if path is None or not path.is_file():
        raise FerError(
            f"{path or dir}: no votes of FER+ here. Put {TABLE} (also {' '.join(ENDINGS[1:])}) beside FER2013's table; "
            "GitHub has it in microsoft/FERPlus. data.faces.votes=FILE names another place"
        )
    table = read_votes(path, fer2013.USAGES)
    check_rows(faces, table, path, fer2013.find_table(Path(dir)) or Path(dir))
    labels, target = label(table.votes, label_mode, multi_threshold)
    mode = label_mode if label_mode != "multi" or multi_threshold == THRESHOLD else f"multi at {multi_threshold}"
    own = relabel(faces.label, faces.class_names, EXPRESSIONS)
    extras = {"votes": table.votes, "label_mode": np.full(len(faces), mode), "fer2013": own}
    joined = replace(
        faces,
        label=labels,
        class_names=EXPRESSIONS,
        fingerprint=content_hash("ferplus", mode, faces.fingerprint, files=[path]),
        extras=extras if target is None else {**extras, "target": target},
    )
    _warn_unless_official(joined)
    return joined


def official_counts(faces: FaceSet) -> dict[str, dict[str, int]] | None:
    """Split -> class -> images of the published votes under these faces' mode; None for a threshold of one's own."""
    official = OFFICIAL_COUNTS.get(str(faces.extras["label_mode"][0]))
    return None if official is None else name_counts(EXPRESSIONS, official)


def _warn_unless_official(faces: FaceSet) -> None:
    official = official_counts(faces)
    if official is None:
        return
    found = {split: int((faces.label[faces.split == split] >= 0).sum()) for split in official}
    expected = {split: sum(counts.values()) for split, counts in official.items()}
    if found != expected:
        differing = ", ".join(f"{split} {found[split]:,} (published {expected[split]:,})" for split in official)
        mode = faces.extras["label_mode"][0]
        log.warning("data.label_mode=%s: images kept differ from the published files: %s", mode, differing)
