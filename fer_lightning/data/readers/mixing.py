"""Draws numbers of images of several kinds from a pool that is cut into a training and a test side first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fer_lightning.data.faces import Integers, Strings
from fer_lightning.errors import FerError


class Mix(NamedTuple):
    """What is drawn from a pool of N images.

    Attributes:
        test_side: (N,) whether an image, drawn or not, belongs to the test side.
        train: sorted rows of the pool; those of a kind that is too small come several times.
        test: sorted rows of the pool, each once.
    """

    test_side: npt.NDArray[np.bool_]
    train: Integers
    test: Integers


def mix(kinds: Integers, groups: Integers, wanted: Integers, names: Sequence[str], test_images: int, seed: int) -> Mix:
    """`wanted` images of each kind, `test_images` of them on the test side.

    The pool is cut first, groups whole, so that neither a copy nor a person crosses. Then each side draws without
    replacement. A kind with fewer images than wanted tests with its share of the images that there are, each once, and
    trains with all others and as many repetitions, drawn with replacement, as it lacks.

    Args:
        kinds: (N,) 0 to K-1.
        groups: (N,) from 0 without gaps; images of one group stay on one side.
        wanted: (K,) images of each kind, on both sides together.
        names: (K,) of the kinds, for messages.
        test_images: on the test side, over all kinds.
        seed: of the cut and the draws.

    Raises:
        FerError: a kind has too few images, or the test side cannot have so many.
    """
    random = np.random.RandomState(seed)
    available = np.bincount(kinds, minlength=len(wanted))
    for name, number in zip(names, available, strict=True):
        if number < 2:
            raise FerError(f"data.faces: {number} images of {name}, and one must train and one must test")
    test = spread(available, wanted, test_images)
    # a kind's whole pool is cut in the proportion of what is drawn, so that both sides have enough
    quota = np.where(available < wanted, test, np.round(available * test / wanted)).astype(np.int64)
    test_side = _cut(kinds, groups, quota, random)
    rows: dict[bool, list[Integers]] = {True: [], False: []}
    for kind, name in enumerate(names):
        for side, number in ((True, test[kind]), (False, wanted[kind] - test[kind])):
            have = np.flatnonzero((kinds == kind) & (test_side == side))
            repeats = not side and available[kind] < wanted[kind]
            if not len(have) or (len(have) < number and not repeats):
                raise FerError(
                    f"data.faces: copies and people stay whole, and so the {'test' if side else 'training'} side has "
                    f"{len(have)} images of {name}, {number} are wanted; choose another data.faces.seed or test_images"
                )
            rows[side].append(_draw(have, int(number), random))
    return Mix(test_side, np.sort(np.concatenate(rows[False])), np.sort(np.concatenate(rows[True])))


def spread(available: Integers, wanted: Integers, test_images: int) -> Integers:
    """(K,) test images of each kind; paper C is silent on it.

    A kind with fewer images than wanted tests with the mix's share of those that there are, so that no test image is a
    repetition. The other kinds take what is left in proportion to `wanted`, the largest remainders rounded up.

    Raises:
        FerError: no such spread leaves every kind an image on each side.
    """
    small = available < wanted
    share = test_images / wanted.sum()
    test = np.zeros(len(wanted), dtype=np.int64)
    test[small] = np.clip(np.round(available[small] * share), 1, available[small] - 1)
    left = test_images - int(test.sum())
    quota = wanted[~small] * (left / max(1, int(wanted[~small].sum())))
    part = np.floor(quota).astype(np.int64)
    part[np.argsort(part - quota, kind="stable")[: left - int(part.sum())]] += 1
    test[~small] = part
    if test.sum() != test_images or (test < 1).any() or (test >= wanted).any():
        raise FerError(
            f"data.faces.test_images={test_images} of {wanted.sum()} images cannot be spread so that every class and "
            "LFW train and test; choose another number, or a smaller data.faces.per_class"
        )
    return test


def _cut(kinds: Integers, groups: Integers, quota: Integers, random: np.random.RandomState) -> npt.NDArray[np.bool_]:
    """(N,) whether each image tests: groups in random order, each for which there is still room in all its kinds."""
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
    room = quota.tolist()
    test_side = np.zeros(len(kinds), dtype=np.bool_)
    for number in random.permutation(len(members)):
        counts = Counter(kinds[members[number]].tolist())
        if all(count <= room[kind] for kind, count in counts.items()):
            test_side[members[number]] = True
            for kind, count in counts.items():
                room[kind] -= count
    return test_side


def _draw(rows: Integers, number: int, random: np.random.RandomState) -> Integers:
    if number <= len(rows):
        return random.permutation(rows)[:number]
    return np.concatenate([rows, rows[random.randint(len(rows), size=number - len(rows))]])


def tied(first: Strings, second: Strings) -> Strings:
    """(N,) one name for all rows that hang together by the name that they have in `first` (N,) or in `second` (N,)."""
    names, number = np.unique(np.concatenate([first, second]), return_inverse=True)
    one, two = number[: len(first)], number[len(first) :]
    ties = coo_array((np.ones(len(first)), (one, two)), shape=(len(names), len(names)))
    group = connected_components(ties, directed=False)[1]
    leaders = names[np.unique(group, return_index=True)[1]]
    return np.asarray(leaders[group[one]])
