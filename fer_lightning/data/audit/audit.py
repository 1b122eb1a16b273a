"""Counts what is in a data set and what the sides of a protocol share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fer_lightning.data.audit.crossings import crossings
from fer_lightning.data.audit.looks import channels, look, sizes
from fer_lightning.data.audit.pairs import Pair, telling_pairs
from fer_lightning.data.copies import copy_groups
from fer_lightning.data.faces import FaceSet, Integers


@dataclass(frozen=True)
class Audit:
    """What an audit found, as plain data: `dataclasses.asdict` makes what JSON can hold.

    A near copy has a zero-mean correlation of at least 0.90 at 24x24 pixels, mirrored or not; exact copies are near
    copies. Blank images count as images.

    Attributes:
        counts: side -> class -> images.
        exact_copies: `train-val`, `train-test`, `val-test` -> images of the second side that have a copy in the first;
            `within` -> images of the whole set that have a copy in it.
        near_copies: likewise.
        label_conflicts: groups of exact copies whose labels differ.
        blank: images whose pixels are all equal.
        shared_subjects: people who stand on more than one side, sorted.
        sizes: `<width>x<height>` -> images, the ten most frequent; `other` for the rest.
        channels: `grey` and `colour` -> images.
        images: of the whole set, in a side or not, labelled or not.
        subjects: people known by name; None where the data set knows none.
        unlabelled: images without a label.
        pairs: copies to look at, as `telling_pairs` chooses them.
    """

    counts: dict[str, dict[str, int]]
    exact_copies: dict[str, int]
    near_copies: dict[str, int]
    label_conflicts: int
    blank: int
    shared_subjects: list[str]
    sizes: dict[str, int]
    channels: dict[str, int]
    images: int
    subjects: int | None
    unlabelled: int
    pairs: tuple[Pair, ...]


def audit(faces: FaceSet, sides: Mapping[str, Integers]) -> Audit:
    """Looks for what makes a result too good: copies, people on two sides, blank images, labels that disagree.

    Args:
        faces: as read, before a model's preprocessing.
        sides: the rows of `train`, `val` and `test`; each may be empty, and rows may stand in none.
    """
    looks = look(faces)
    groups = copy_groups(faces)
    found = crossings(sides, looks.thumbnails, groups)
    return Audit(
        counts={side: _of_each_class(faces, rows) for side, rows in sides.items()},
        exact_copies={name: int(crossing.exact.sum()) for name, crossing in found.items()},
        near_copies={name: int(crossing.near.sum()) for name, crossing in found.items()},
        label_conflicts=_label_conflicts(groups, faces.label),
        blank=int(looks.blank.sum()),
        shared_subjects=_shared_subjects(faces, sides),
        sizes=sizes(looks),
        channels=channels(looks),
        images=len(faces),
        subjects=None if faces.subject is None else len(_people(faces, np.arange(len(faces)))),
        unlabelled=int((faces.label < 0).sum()),
        pairs=telling_pairs(found, looks.thumbnails, groups, faces.label),
    )


def _of_each_class(faces: FaceSet, rows: Integers) -> dict[str, int]:
    label = faces.label[rows]
    counts = np.bincount(label[label >= 0], minlength=len(faces.class_names)).tolist()
    return dict(zip(faces.class_names, counts, strict=True))


def _label_conflicts(groups: Integers, label: Integers) -> int:
    known = label >= 0
    meanings = np.unique(np.stack([groups[known], label[known]], axis=1), axis=0)[:, 0]  # a group once for each label
    return int((np.unique(meanings, return_counts=True)[1] > 1).sum())


def _people(faces: FaceSet, rows: Integers) -> set[str]:
    return set() if faces.subject is None else set(faces.subject[rows].tolist()) - {""}


def _shared_subjects(faces: FaceSet, sides: Mapping[str, Integers]) -> list[str]:
    seen = Counter(name for rows in sides.values() for name in _people(faces, rows))
    return sorted(name for name, times in seen.items() if times > 1)
