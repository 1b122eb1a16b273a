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
    """The images of a second side, seen from a first; or those of a whole set, each seen from all others.

    Attributes:
        name: `<first>-<second>`, or `within`.
        first: (M,) sorted rows among which copies are sought.
        second: (Q,) sorted rows for which they are sought.
        closest: (Q,) the row of `first` that is most alike; of exact copies the first. -1 where there is none.
        correlation: (Q,) with it.
        exact: (Q,) whether there is an exact copy.
        near: (Q,) whether there is a near copy; exact ones are such.
    """

    name: str
    first: Integers
    second: Integers
    closest: Integers
    correlation: Floats
    exact: Booleans
    near: Booleans


def find_overlaps(sides: Mapping[str, Integers], thumbs: Floats, groups: Integers) -> dict[str, Overlap]:
    """Every crossing by its name: train-val, train-test, val-test, within.

    Args:
        sides: the rows of train, val and test, any of them perhaps empty.
        thumbs: (N, 576) thumbnails of the whole set.
        groups: (N,) the numbers of `copy_groups`.
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
    """The rows that `index` means, each exchanged for the first of its exact copies: rounding chooses among these."""
    if not len(rows):
        return index
    _, first, place = np.unique(groups, return_index=True, return_inverse=True)
    return np.where(index < 0, -1, rows[first[place[index]]])
