"""The sequences of a drawn set, as data sets of sequences number and label them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fer_lightning.data.faces import FaceSet

SHORTEST = 4  # frames of a labelled sequence: the neutral one and three more
UNLABELLED = 5  # every fifth sequence stays without a label, as in CK+ 266 of 593 do


class Recording(NamedTuple):
    """One sequence: `S003`, `002`, its rows in time, and what it rises to; None where nobody labelled it."""

    subject: str
    take: str
    rows: list[int]
    label: str | None


def recordings(faces: FaceSet) -> list[Recording]:
    """Every sequence, subject by subject; labelled are those that begin neutral, but for every fifth."""
    assert faces.subject is not None
    assert faces.sequence is not None
    assert faces.frame is not None
    found: list[Recording] = []
    takes: dict[str, int] = {}
    for name in dict.fromkeys(faces.sequence.tolist()):
        rows = np.flatnonzero(faces.sequence == name)
        rows = rows[np.argsort(faces.frame[rows])].tolist()
        subject = str(faces.subject[rows[0]])
        takes[subject] = takes.get(subject, 0) + 1
        first, last = (faces.class_names[faces.label[row]] for row in (rows[0], rows[-1]))
        rises = len(rows) >= SHORTEST and first == "neutral" and last != "neutral"
        label = last if rises and len(found) % UNLABELLED != UNLABELLED - 1 else None
        found.append(Recording(subject, f"{takes[subject]:03d}", rows, label))
    return found
