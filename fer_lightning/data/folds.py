"""Assigns images to folds that keep each subject, and all copies of an image, in one fold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fer_lightning.data.duplicates import copy_groups
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.errors import FerError

UNIT = 2**52  # whole numbers stand for shares, for sums of floats differ between machines
CLOSED = np.iinfo(np.int64).max
VALIDATION_PARTS = 10  # one of ten parts validates


def group_inseparable(faces: FaceSet) -> Integers:
    """(N,) numbers: two images share one if they show one person, are exact copies, or hang together by such links.

    An image whose subject is "" shows somebody unknown, and is tied to others by copies only. Numbers count from 0:
    first the people in the sorted order of their names, whatever the order of the rows; then images of nobody known,
    in the order of the rows.
    """
    copies = copy_groups(faces)
    if faces.subject is None:
        return copies
    names, person = np.unique(faces.subject, return_inverse=True)
    unknown = np.flatnonzero(faces.subject == "")
    person[unknown] = len(names) + np.arange(len(unknown))
    people = len(names) + len(unknown)
    nodes = people + len(faces)
    # a graph whose nodes are the people and the copy groups; every image ties one to the other
    ties = coo_array((np.ones(len(faces)), (person, people + copies)), shape=(nodes, nodes))
    part = connected_components(ties, directed=False)[1]
    # parts are numbered after their first person, for SciPy promises no order
    leader = np.unique(part, return_index=True)[1][part]
    return np.unique(leader[person], return_inverse=True)[1].astype(np.int64)


def assign_folds(groups: Integers, labels: Integers, k: int, seed: int, even: bool = False) -> Integers:
    """(N,) fold of each image, 0 to k-1: groups stay whole, classes are spread evenly.

    Groups go one by one, the largest first and equal ones in random order, to the fold that has the least of their
    classes (counted as shares of each class) and among those to the smallest fold. The numbers of the groups decide
    and never the order of the rows; the arithmetic is whole-numbered, so that every machine deals alike.

    Args:
        groups: (N,) number of the group that each image belongs to.
        labels: (N,) class of each image; any integers.
        k: number of folds.
        seed: of the order among equal groups.
        even: the folds' numbers of groups differ by one at most; without it only images and classes are balanced.

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
    # RandomState, because its stream is the one that NumPy promises never to change
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
    """(k,) which folds may take no further group; `held` (k,) counts theirs of all the `groups` so far."""
    # a division over k folds leaves a remainder, and only so many folds get one more
    least, more = divmod(groups, len(held))
    return held >= least + (np.count_nonzero(held > least) < more)


def stratified_sample(labels: Integers, size: int, seed: int) -> Integers:
    """Sorted positions of `size` images drawn so that each class keeps its share (largest remainders round up)."""
    classes, label, counts = np.unique(labels, return_inverse=True, return_counts=True)
    quota = counts * size / len(labels)
    take = np.floor(quota).astype(np.int64)
    take[np.argsort(take - quota, kind="stable")[: size - take.sum()]] += 1
    random = np.random.RandomState(seed)
    parts = [random.permutation(np.flatnonzero(label == number))[: take[number]] for number in range(len(classes))]
    return np.sort(np.concatenate(parts))


def cut_validation(train: Integers, groups: Integers, labels: Integers, seed: int) -> tuple[Integers, Integers]:
    """The rows that train and those that validate: a stratified tenth in whole groups, one group of fewer than ten.

    Args:
        train: (N,) sorted rows that would train.
        groups: (N,) number of the group (people, copies) of each of them.
        labels: (N,) class of each of them.
        seed: of the order among equal groups.

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
