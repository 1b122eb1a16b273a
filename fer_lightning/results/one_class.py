"""Finds out whether a model gives every image the same answer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def only_answer(counts: npt.ArrayLike) -> int | None:
    """The class that was predicted for every image; None where there are several, or no image.

    Args:
        counts: (C, C) images, rows true, columns predicted.
    """
    matrix = np.asarray(counts)
    predicted = np.flatnonzero(matrix.sum(axis=0)) if matrix.size else np.empty(0)
    return int(predicted[0]) if len(predicted) == 1 else None
