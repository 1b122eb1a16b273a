"""Selects frames of sequences that run from the neutral face to the apex."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from fer_lightning.data.faces import Integers
from fer_lightning.errors import FerError, choices

FRAMES = ("apex", "last3", "first_and_last3", "all")
LAST = 3


def choose_frames(sequences: Sequence[str], frames: Sequence[int], how: str) -> tuple[Integers, Integers]:
    """Selects frames, and says which of them show the neutral face at the beginning of a sequence.

    Args:
        sequences: (N,) name of the sequence of each image.
        frames: (N,) position in the sequence; any increasing numbers.
        how: `apex` (the last frame), `last3` (the last three), `first_and_last3` (those, and the first as neutral) or
            `all`.

    Returns:
        The selected rows, sorted; and those among them that are a first frame to be labelled neutral. A sequence of
        three frames or fewer has no neutral frame: its frames are the last three, and the apex is never neutral.

    Raises:
        FerError: `how` is unknown.
    """
    if how not in FRAMES:
        raise FerError(f"data.frames={how}: choose among {choices(FRAMES, how)}")
    if how == "all":
        return np.arange(len(frames), dtype=np.int64), np.empty(0, dtype=np.int64)
    names = np.unique(np.asarray(sequences), return_inverse=True)[1]
    order = np.lexsort((np.asarray(frames), names))
    bounds = np.flatnonzero(np.diff(names[order], prepend=-1, append=-1))
    taken: list[int] = []
    neutral: list[int] = []
    for start, end in pairwise(bounds.tolist()):
        rows = order[start:end].tolist()
        taken += rows[-1:] if how == "apex" else rows[-LAST:]
        if how == "first_and_last3" and len(rows) > LAST:
            taken.append(rows[0])
            neutral.append(rows[0])
    return np.array(sorted(taken), dtype=np.int64), np.array(sorted(neutral), dtype=np.int64)
