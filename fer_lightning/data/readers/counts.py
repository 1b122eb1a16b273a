"""Compares how many images a reader found with how many the data set's publishers count."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np

from fer_lightning.data.faces import FaceSet

log = logging.getLogger(__name__)

LISTED = 4  # differing counts that a warning spells out

Counts = Mapping[str, Sequence[int]]


def count(faces: FaceSet) -> dict[str, list[int]]:
    """Images of each class (in the order of `class_names`) in each published split."""
    assert faces.split is not None
    return {
        str(split): np.bincount(faces.label[faces.split == split], minlength=len(faces.class_names)).tolist()
        for split in np.unique(faces.split)
    }


def warn_unless_official(faces: FaceSet, official: Counts) -> None:
    """Logs one warning that lists the first counts which differ from the published ones, and how many more do."""
    found = count(faces)
    differing = [
        f"{split}/{name} {found.get(split, [0] * len(expected))[number]} (published {expected[number]})"
        for split, expected in official.items()
        for number, name in enumerate(faces.class_names)
        if found.get(split, [0] * len(expected))[number] != expected[number]
    ]
    if differing:
        more = f" and {len(differing) - LISTED} more" if len(differing) > LISTED else ""
        log.warning("image counts differ from the published ones: %s%s", ", ".join(differing[:LISTED]), more)
