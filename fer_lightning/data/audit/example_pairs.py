"""Chooses the pairs of copies that a reader should look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.data.audit.overlap import WITHIN, Overlap
from fer_lightning.data.duplicates import SIDE, Floats
from fer_lightning.data.faces import Integers

MOST = 24  # pairs in all
EACH = 8  # pairs per overlap
ORDER = ("train-test", "val-test", "train-val", WITHIN)
CONFLICT, EXACT, NEAR = range(3)

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ExamplePair:
    """Two images that are copies of each other.

    Attributes:
        first_row: row in the split that is named first.
        second_row: row in the split that is named second.
        correlation: of their thumbnails, or of one with the other's mirror image where that is higher; 1 when exact.
        mirrored: whether the mirror image is the one that is more alike.
        exact: whether the pixels are the same.
        sides: `train-test`, `val-test`, `train-val`, or `within` if both are anywhere in the set.
    """

    first_row: int
    second_row: int
    correlation: float
    mirrored: bool
    exact: bool
    sides: str


class _Candidate(NamedTuple):
    kind: int
    rank: int  # unique per kind, so that pairs themselves are never compared
    pair: ExamplePair


def select_example_pairs(
    crossings: Mapping[str, Overlap], thumbs: Floats, groups: Integers, labels: Integers
) -> tuple[ExamplePair, ...]:
    """Selects at most 24 pairs, at most eight per overlap: train-test, val-test, train-val, then the whole set.

    The eight places of an overlap are given in turn to four kinds of pairs: exact copies with different labels, other
    exact copies, near copies from the highest correlation down, and near copies from the lowest up, which show what
    0.90 means. The pairs are in that order, near copies by decreasing correlation. No image, nor any exact copy of it,
    is shown twice as an exact copy or twice as a near copy.

    Args:
        crossings: the result of `find_overlaps`.
        thumbs: (N, 576) thumbnails of the whole set.
        groups: (N,) groups of `copy_groups`.
        labels: (N,) -1 without a label.
    """
    shown: dict[bool, set[int]] = {True: set(), False: set()}
    pairs: list[ExamplePair] = []
    for name in ORDER:
        pairs += _choose_pairs(
            _exact_candidates(crossings[name], groups, labels), _near_candidates(crossings[name], thumbs), groups, shown
        )
    return tuple(pairs[:MOST])


def _choose_pairs(
    exact: list[_Candidate], near: list[_Candidate], groups: Integers, shown: dict[bool, set[int]]
) -> list[ExamplePair]:
    """Chooses the pairs of one overlap, and adds their groups of copies to `shown` (exact or not -> groups)."""
    kinds = [*([found for found in exact if found.kind == kind] for kind in (CONFLICT, EXACT)), near, near[::-1]]
    chosen: list[_Candidate] = []
    for candidate in chain.from_iterable(zip_longest(*kinds)):
        if candidate is None or len(chosen) == EACH:
            continue
        both = {int(groups[candidate.pair.first_row]), int(groups[candidate.pair.second_row])}
        if not both & shown[candidate.pair.exact]:
            chosen.append(candidate)
            shown[candidate.pair.exact] |= both
    return [candidate.pair for candidate in sorted(chosen)]


def _exact_candidates(crossing: Overlap, groups: Integers, labels: Integers) -> list[_Candidate]:
    """One pair per group of copies that is in both splits, with different labels if there are such."""
    wanted = np.unique(groups[crossing.second[crossing.exact]])
    found: list[_Candidate] = []
    members = zip(_members(crossing.first, groups, wanted), _members(crossing.second, groups, wanted), strict=True)
    for first, second in members:
        known = second[labels[second] >= 0]
        others = ((row, known[labels[known] != labels[row]]) for row in first if labels[row] >= 0)
        kind, row, other = next(((CONFLICT, row, rows) for row, rows in others if len(rows)), (EXACT, first[0], second))
        other = other[other != row]  # an image that is in both splits is not a pair
        if len(other):
            pair = ExamplePair(int(row), int(other[0]), 1.0, mirrored=False, exact=True, sides=crossing.name)
            found.append(_Candidate(kind, len(found), pair))
    return found


def _members(rows: Integers, groups: Integers, wanted: Integers) -> list[Integers]:
    """The rows, still sorted, of each wanted group."""
    kept = rows[np.isin(groups[rows], wanted)]
    order = np.argsort(groups[kept], kind="stable")
    return np.split(kept[order], np.searchsorted(groups[kept][order], wanted))[1:]  # nothing comes before the first


def _near_candidates(crossing: Overlap, thumbs: Floats) -> list[_Candidate]:
    """Each image that has a near copy but no exact one, with the most similar image; by decreasing correlation."""
    only = crossing.near & ~crossing.exact
    first, second = crossing.closest[only], crossing.second[only]
    if crossing.name == WITHIN:
        first, second = np.minimum(first, second), np.maximum(first, second)  # the pair occurs from both of its images
    straight, turned = _correlations(thumbs[first], thumbs[second])
    # rounded, because the last bit differs between machines
    highest = np.minimum(np.maximum(straight, turned), 1).round(5)
    mirrored = turned > straight
    return [
        _Candidate(
            kind=NEAR,
            rank=rank,
            pair=ExamplePair(
                int(first[at]), int(second[at]), float(highest[at]), bool(mirrored[at]), False, crossing.name
            ),
        )
        for rank, at in enumerate(np.argsort(-highest, kind="stable"))
    ]


def _correlations(first: Floats, second: Floats) -> tuple[Doubles, Doubles]:
    """(P,) each, of P pairs of thumbnails (P, 576): straight, and with the second mirrored."""
    one, two = (thumbs.reshape(-1, SIDE, SIDE) for thumbs in (first, second))
    straight, turned = (np.einsum("pij,pij->p", one, view, dtype=np.float64) for view in (two, two[:, :, ::-1]))
    return straight, turned
