"""Finds pictures that are the same to the last pixel."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.image_digests import image_digests


def copy_groups(faces: FaceSet) -> Integers:
    """(N,) numbers from 0 in the order of the rows: the same pictures share one, all others have their own.

    The column `digest`, where there is one, says which are the same; else size and pixels do.
    """
    _, first, group = np.unique(image_digests(faces), return_index=True, return_inverse=True)
    numbers = np.empty(len(first), dtype=np.int64)
    numbers[np.argsort(first)] = np.arange(len(first))  # unique sorts by digest; here by the first row of each
    return numbers[group]


def with_copy(groups: Integers, first: Integers, second: Integers) -> int:
    """How many images of the index array `second` have a copy among those of `first`."""
    return int(np.isin(groups[second], groups[first]).sum())
