"""Splits a FaceSet into folds that keep each person, and all copies of an image, in one fold."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fer_lightning.data.copies import copy_groups
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.errors import FerError


def inseparable(faces: FaceSet) -> Integers:
    """(N,) numbers: two images share one if they show one person, are exact copies, or hang together by such links."""
    copies = copy_groups(faces.pixels)
    if faces.subject is None:
        return copies
    subjects = np.unique(faces.subject, return_inverse=True)[1]
    # a graph whose nodes are the subjects and the copy groups; every image ties one to the other
    nodes = int(subjects.max()) + int(copies.max()) + 2
    ties = coo_array((np.ones(len(faces)), (subjects, copies + subjects.max() + 1)), shape=(nodes, nodes))
    return np.asarray(connected_components(ties, directed=False)[1][subjects], dtype=np.int64)


def folds(groups: Integers, labels: Integers, k: int, seed: int) -> Integers:
    """(N,) fold of each image, 0 to k-1: groups stay whole, classes are spread evenly.

    Groups go one by one, the largest first and equal ones in random order, to the fold that has the least of their
    classes (counted as shares of each class) and among those to the smallest fold.

    Args:
        groups: (N,) number of the group that each image belongs to.
        labels: (N,) class of each image; any integers.
        k: number of folds.
        seed: of the order among equal groups.

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
    shares = counts / counts.sum(axis=0)
    # RandomState, because its stream is the one that NumPy promises never to change
    shuffled = np.random.RandomState(seed).permutation(len(sizes))
    home = np.empty(len(sizes), dtype=np.int64)
    filled = np.zeros((k, len(classes)))
    images = np.zeros(k, dtype=np.int64)
    for number in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        crowding = np.round(filled @ shares[number], 12)  # equal sums must tie, whatever their order of addition
        home[number] = np.lexsort((images, crowding))[0]
        filled[home[number]] += shares[number]
        images[home[number]] += sizes[number]
    return home[group]


def stratified_part(labels: Integers, size: int, seed: int) -> Integers:
    """Sorted positions of `size` images drawn so that each class keeps its share (largest remainders round up)."""
    classes, label, counts = np.unique(labels, return_inverse=True, return_counts=True)
    quota = counts * size / len(labels)
    take = np.floor(quota).astype(np.int64)
    take[np.argsort(take - quota, kind="stable")[: size - take.sum()]] += 1
    random = np.random.RandomState(seed)
    parts = [random.permutation(np.flatnonzero(label == number))[: take[number]] for number in range(len(classes))]
    return np.sort(np.concatenate(parts))
