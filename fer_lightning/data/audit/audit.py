"""Counts what is in a data set, and what the splits of a protocol share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fer_lightning.data.audit.example_pairs import ExamplePair, select_example_pairs
from fer_lightning.data.audit.overlap import find_overlaps
from fer_lightning.data.duplicates import SIDE, Booleans, Floats, copy_groups, thumbnail
from fer_lightning.data.expressions import relabel
from fer_lightning.data.faces import FaceSet, Integers, Strings

MAX_SIZES = 10  # image sizes that are counted separately
OTHER = "other"
ALL = "all"


@dataclass(frozen=True)
class Audit:
    """What an audit found, as plain data: `dataclasses.asdict` makes what JSON can hold.

    A near copy has a zero-mean correlation of at least 0.90 at 24x24 pixels, mirrored or not; exact copies are near
    copies. Blank images count as images.

    Attributes:
        counts: split -> class -> images.
        exact_copies: `train-val`, `train-test`, `val-test` -> images of the second split with a copy in the first;
            `within` -> images of the whole set that have a copy in it.
        near_copies: likewise.
        label_conflicts: groups of exact copies whose labels differ.
        blank: images whose pixels are all equal.
        shared_subjects: subjects in more than one split, sorted.
        sizes: `<width>x<height>` -> images, the ten most frequent; `other` for the rest.
        channels: `grey` and `colour` -> images.
        images: images of the whole set, in a split or not, labelled or not.
        subjects: number of known subjects; None if the data set has none.
        unlabelled: images without a label.
        pairs: copies to look at, chosen by `select_example_pairs`.
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
    pairs: tuple[ExamplePair, ...]


def audit(faces: FaceSet, sides: Mapping[str, Integers]) -> Audit:
    """Audits a data set for what inflates results: copies, shared subjects, blank images, conflicting labels.

    Args:
        faces: the faces before a model's preprocessing.
        sides: the rows of `train`, `val` and `test`; each may be empty, and rows may be in none.
    """
    looks = measure_images(faces)
    groups = copy_groups(faces)
    found = find_overlaps(sides, looks.thumbnails, groups)
    return Audit(
        counts={side: _count_classes(faces, rows) for side, rows in sides.items()},
        exact_copies={name: int(crossing.exact.sum()) for name, crossing in found.items()},
        near_copies={name: int(crossing.near.sum()) for name, crossing in found.items()},
        label_conflicts=_label_conflicts(groups, faces.label),
        blank=int(looks.blank.sum()),
        shared_subjects=_shared_subjects(faces, sides),
        sizes=count_sizes(looks),
        channels=count_channels(looks),
        images=len(faces),
        subjects=None if faces.subject is None else len(_subjects_of(faces, np.arange(len(faces)))),
        unlabelled=int((faces.label < 0).sum()),
        pairs=select_example_pairs(found, looks.thumbnails, groups, faces.label),
    )


def _count_classes(faces: FaceSet, rows: Integers) -> dict[str, int]:
    label = faces.label[rows]
    counts = np.bincount(label[label >= 0], minlength=len(faces.class_names)).tolist()
    return dict(zip(faces.class_names, counts, strict=True))


def _label_conflicts(groups: Integers, label: Integers) -> int:
    known = label >= 0
    meanings = np.unique(np.stack([groups[known], label[known]], axis=1), axis=0)[:, 0]  # a group once for each label
    return int((np.unique(meanings, return_counts=True)[1] > 1).sum())


def _subjects_of(faces: FaceSet, rows: Integers) -> set[str]:
    return set() if faces.subject is None else set(faces.subject[rows].tolist()) - {""}


def _shared_subjects(faces: FaceSet, sides: Mapping[str, Integers]) -> list[str]:
    seen = Counter(name for rows in sides.values() for name in _subjects_of(faces, rows))
    return sorted(name for name, times in seen.items() if times > 1)


class ImageStats(NamedTuple):
    """Statistics of N images.

    Attributes:
        thumbnails: (N, 576), as `duplicates.thumbnail` makes them.
        blank: (N,) whether all pixels of an image are equal.
        colour: (N,) whether an image has three channels.
        height: (N,) in pixels, of the image in its file if the data set knows it (the column `height`).
        width: (N,) likewise.
    """

    thumbnails: Floats
    blank: Booleans
    colour: Booleans
    height: Integers
    width: Integers


def measure_images(faces: FaceSet) -> ImageStats:
    """Measures the images of these faces in one pass, because decoding is slow."""
    count = len(faces)
    thumbs = np.empty((count, SIDE * SIDE), dtype=np.float32)
    blank, colour = np.empty((2, count), dtype=np.bool_)
    height, width = np.empty((2, count), dtype=np.int64)
    for row, image in enumerate(faces.pixels):
        thumbs[row] = thumbnail(image)
        blank[row] = (image == image[0, 0]).all()
        colour[row] = image.ndim == 3
        height[row], width[row] = image.shape[:2]
    known = faces.extras
    return ImageStats(thumbs, blank, colour, known.get("height", height), known.get("width", width))


def count_sizes(looks: ImageStats) -> dict[str, int]:
    """Images of each size, such as {"48x48": 35887}: width, height; the ten most frequent, and `other` for the rest."""
    pairs, counts = np.unique(np.stack([looks.width, looks.height], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    named: Strings = np.array([f"{width}x{height}" for width, height in pairs[order]])
    told = dict(zip(named[:MAX_SIZES].tolist(), counts[order][:MAX_SIZES].tolist(), strict=True))
    rest = int(counts[order][MAX_SIZES:].sum())
    return told | ({OTHER: rest} if rest else {})


def count_channels(looks: ImageStats) -> dict[str, int]:
    """Images with one channel and with three."""
    colour = int(looks.colour.sum())
    return {"grey": len(looks.colour) - colour, "colour": colour}


def count_agreement(
    labels_a: Integers, names_a: Sequence[str], labels_b: Integers, names_b: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Counts agreeing labels: (images with the same class name, images labelled twice), for `all` and per class.

    Args:
        labels_a: (N,) indices into `names_a`; -1 without a label.
        names_a: class names of the first labelling.
        labels_b: (N,) indices into `names_b`, of the same images in the same order; -1 without a label.
        names_b: class names of the second labelling; those that the first lacks never agree.
    """
    twice = (labels_a >= 0) & (labels_b >= 0)
    same = twice & (relabel(labels_b, names_b, names_a) == labels_a)
    shares = {ALL: (int(same.sum()), int(twice.sum()))}
    for number, name in enumerate(names_a):
        of_class = labels_a == number
        shares[name] = (int((same & of_class).sum()), int((twice & of_class).sum()))
    return shares
