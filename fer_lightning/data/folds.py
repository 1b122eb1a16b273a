"""Assigns images to folds that keep each subject, and all copies of an image, in one fold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fer_lightning.data.duplicates import copy_groups
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.errors import FerError

UNIT = 2**52  # shares are integers, because sums of floats differ between machines
CLOSED = np.iinfo(np.int64).max
VALIDATION_PARTS = 10  # one of ten parts validates


def group_inseparable(faces: FaceSet) -> Integers:
    """(N,) group numbers: images of one subject, exact copies, and images that are connected by these share a group.

    An image whose subject is "" shows an unknown person, and is linked to others by copies only. Groups are numbered
    from 0: first those with known subjects in the sorted order of names, whatever the order of the rows; then the
    others in the order of the rows.
    """
    copies = copy_groups(faces)
    if faces.subject is None:
        return copies
    names, person = np.unique(faces.subject, return_inverse=True)
    unknown = np.flatnonzero(faces.subject == "")
    person[unknown] = len(names) + np.arange(len(unknown))
    people = len(names) + len(unknown)
    nodes = people + len(faces)
    # a graph whose nodes are the subjects and the groups of copies, with an edge per image
    ties = coo_array((np.ones(len(faces)), (person, people + copies)), shape=(nodes, nodes))
    part = connected_components(ties, directed=False)[1]
    # groups are numbered after their first subject, because SciPy guarantees no order
    leader = np.unique(part, return_index=True)[1][part]
    return np.unique(leader[person], return_inverse=True)[1].astype(np.int64)


def assign_folds(groups: Integers, labels: Integers, k: int, seed: int, even: bool = False) -> Integers:
    """Assigns each image (N,) to a fold, 0 to k-1: groups are kept together, classes are balanced.

    Groups are assigned one by one, the largest first and equal ones in random order, to the fold that has the least of
    their classes (as shares of each class) and among those to the smallest fold. The result depends on the numbers of
    the groups, not on the order of the rows; the arithmetic is in integers, so that it is the same on every machine.

    Args:
        groups: (N,) number of the group of each image.
        labels: (N,) class of each image; any integers.
        k: number of folds.
        seed: seed of the order among equal groups.
        even: the numbers of groups per fold differ by one at most; without it only images and classes are balanced.

    Raises:
        FerError: there are fewer groups than folds.
    """
    group = np.unique(groups, return_inverse=True)[1]
    classes, label = np.unique(labels, return_inverse=True)
    sizes = np.bincount(group)
    if len(sizes) < k:
        raise FerError(
            f"only {len(sizes)} groups of images (people, copies) can be kept apart, too few for {k} parts: "
            "take more images, or data.protocol=kfold with a smaller data.num_folds"
        )
    counts = np.zeros((len(sizes), len(classes)), dtype=np.int64)
    np.add.at(counts, (group, label), 1)
    weights = UNIT // counts.sum(axis=0) ** 2
    # RandomState, because NumPy guarantees that its stream never changes
    shuffled = np.random.RandomState(seed).permutation(len(sizes))
    home = np.empty(len(sizes), dtype=np.int64)
    filled = np.zeros((k, len(classes)), dtype=np.int64)
    images = np.zeros(k, dtype=np.int64)
    held = np.zeros(k, dtype=np.int64)
    for number in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        crowding = filled @ (counts[number] * weights)
        if even:
            crowding[_full_folds(held, len(sizes))] = CLOSED
        home[number] = np.lexsort((images, crowding))[0]
        filled[home[number]] += counts[number]
        images[home[number]] += sizes[number]
        held[home[number]] += 1
    return home[group]


def _full_folds(held: Integers, groups: int) -> npt.NDArray[np.bool_]:
    """(k,) which folds can take no further group; `held` (k,) counts those that they have, of `groups` in all."""
    # the remainder of the division by k says how many folds get one more group
    least, more = divmod(groups, len(held))
    return held >= least + (np.count_nonzero(held > least) < more)


def stratified_sample(labels: Integers, size: int, seed: int) -> Integers:
    """Draws `size` images so that each class keeps its share (largest remainders round up); sorted positions."""
    classes, label, counts = np.unique(labels, return_inverse=True, return_counts=True)
    quota = counts * size / len(labels)
    take = np.floor(quota).astype(np.int64)
    take[np.argsort(take - quota, kind="stable")[: size - take.sum()]] += 1
    random = np.random.RandomState(seed)
    parts = [random.permutation(np.flatnonzero(label == number))[: take[number]] for number in range(len(classes))]
    return np.sort(np.concatenate(parts))


def cut_validation(train: Integers, groups: Integers, labels: Integers, seed: int) -> tuple[Integers, Integers]:
    """Divides training rows into those that train and a stratified tenth that validates, with groups kept together.

    With fewer than ten groups one of them validates.

    Args:
        train: (N,) sorted rows.
        groups: (N,) number of the group (subject, copies) of each row.
        labels: (N,) class of each row.
        seed: seed of the order among equal groups.

    Raises:
        FerError: the rows are a single group.
    """
    number = len(np.unique(groups))
    if number < 2:
        raise FerError(
            "data.protocol: the training images are one person or copies of one image, so that none can validate; "
            "take more images, or data.protocol=kfold_images"
        )
    home = assign_folds(groups, labels, min(VALIDATION_PARTS, number), seed)
    return train[home > 0], train[home == 0]
