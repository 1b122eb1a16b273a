"""Finds the images of one split that have a copy in another, exact or near."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fer_lightning.data.duplicates import Booleans, Floats, find_closest, has_copy, has_copy_within, has_near_copy
from fer_lightning.data.faces import Integers

SPLIT_PAIRS = (("train", "val"), ("train", "test"), ("val", "test"))
WITHIN = "within"


@dataclass(frozen=True)
class Overlap:
    """The copies that images of a second split have in a first, or those within a whole set.

    Attributes:
        name: `<first>-<second>`, or `within`.
        first: (M,) sorted rows that are searched for copies.
        second: (Q,) sorted rows whose copies are searched.
        closest: (Q,) the most similar row of `first`; of exact copies the first. -1 without one.
        correlation: (Q,) correlation with it.
        exact: (Q,) whether there is an exact copy.
        near: (Q,) whether there is a near copy; exact copies count.
    """

    name: str
    first: Integers
    second: Integers
    closest: Integers
    correlation: Floats
    exact: Booleans
    near: Booleans


def find_overlaps(sides: Mapping[str, Integers], thumbs: Floats, groups: Integers) -> dict[str, Overlap]:
    """Finds every overlap by name: train-val, train-test, val-test, within.

    Args:
        sides: the rows of train, val and test; any of them may be empty.
        thumbs: (N, 576) thumbnails of the whole set.
        groups: (N,) groups of `copy_groups`.
    """
    found = [_find_overlap(f"{a}-{b}", np.sort(sides[a]), np.sort(sides[b]), thumbs, groups) for a, b in SPLIT_PAIRS]
    return {crossing.name: crossing for crossing in [*found, _find_within(thumbs, groups)]}


def _find_overlap(name: str, first: Integers, second: Integers, thumbs: Floats, groups: Integers) -> Overlap:
    found = find_closest(thumbs[second], thumbs[first])
    exact = has_copy(groups[second], groups[first])
    rows = _first_copies(found.other, groups[first], first)
    return Overlap(name, first, second, rows, found.correlation, exact, has_near_copy(found, exact))


def _find_within(thumbs: Floats, groups: Integers) -> Overlap:
    found = find_closest(thumbs, thumbs, same=True)
    exact = has_copy_within(groups)
    every = np.arange(len(groups), dtype=np.int64)
    rows = _first_copies(found.other, groups, every)
    return Overlap(WITHIN, every, every, rows, found.correlation, exact, has_near_copy(found, exact))


def _first_copies(index: Integers, groups: Integers, rows: Integers) -> Integers:
    """The rows of `index`, each replaced by the first of its exact copies, among which rounding would choose."""
    if not len(rows):
        return index
    _, first, place = np.unique(groups, return_index=True, return_inverse=True)
    return np.where(index < 0, -1, rows[first[place[index]]])
