"""Tests whether the best row is better than each other one: on the test images of both, and over their runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from fer_lightning.results.report.answers import Answers, Numbers, Register, together
from fer_lightning.results.report.metrics import label
from fer_lightning.results.report.model import Comparison, Row, Run
from fer_lightning.results.report.over_runs import grouped, over_runs
from fer_lightning.results.report.paired import bootstrap, holm, mcnemar

TESTED = "test/accuracy"
MCNEMAR, BOOTSTRAP = "McNemar", "paired bootstrap"


class _Pair(NamedTuple):
    """Runs of the best row and of another one, of the same fold and seed, on the N images that both tested."""

    images: Numbers
    gained: Numbers  # (N,) how often the best row has the image right more often than the other
    times: Numbers  # (N,) how often the two were compared on it


def compare(rows: Sequence[Row], metric: str) -> tuple[Comparison, ...]:
    """The first row against each other row that has a score, by accuracy on the same images.

    Runs are paired by fold and seed. A row that has several runs of one fold and seed (a report `by` fewer keys than
    the runs differ in) pairs each of them with each of the other row; an ensemble, which has no seed, is paired with
    every run of its fold. Images are paired by name, and only those that both tested count.

    Where each image was compared once, the test is McNemar's; where images come again, over seeds or in folds whose
    test sets overlap, it is a bootstrap that draws whole images, since the answers to one image are not independent.
    The test on images asks whether other images of the same kind would show the same best row; it takes images as
    independent, which frames of one person are not. The test over runs (`over_runs`) asks whether other seeds and folds
    would. P-values are Holm-corrected over all tests of one kind. That the first row was chosen because it is first is
    met by testing it against every other one.

    Args:
        rows: by falling score.
        metric: of the report; of another one than `test/accuracy` no test on images is done, and the reason says so.
    """
    if not rows or rows[0].score.mean is None:
        return ()
    others = [place for place, row in enumerate(rows) if place and row.score.mean is not None]
    found = [replace(c, runs=over_runs(rows[0], rows[c.other], metric)) for c in _on_images(rows, others, metric)]
    corrected = iter(holm([comparison.runs.p for comparison in found if comparison.runs is not None]))
    return tuple(c if c.runs is None else replace(c, runs=replace(c.runs, p=next(corrected))) for c in found)


def _on_images(rows: Sequence[Row], others: Sequence[int], metric: str) -> list[Comparison]:
    if metric != TESTED:
        reason = f"the paired tests on images are of accuracy, not of {label(metric)}"
        return [replace(_untested(place, reason), needs_images=False) for place in others]
    best = _Best(rows[0])
    found = [best.against(rows[place], place) for place in others]
    values = iter(holm([comparison.p for comparison in found if comparison.p is not None]))
    return [replace(c, p=next(values)) if c.p is not None else c for c in found]


class _Best:
    """The best row, whose predictions are read once, as another row first asks for them."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self._register = Register()
        self._read: dict[Any, Answers | None] = {}

    def against(self, other: Row, place: int) -> Comparison:
        """An uncorrected test, or why there is none."""
        by_fold = self._row.ensemble or other.ensemble
        ours, theirs = grouped(self._row, by_fold), grouped(other, by_fold)
        shared = [key for key in ours if key in theirs]
        if not shared:
            return _untested(place, "they share no fold" if by_fold else "they share no fold and seed")
        pairs, lacking, relabelled = [], 0, set[int]()
        for key in shared:
            first = [self._kept(run) for run in ours[key]]
            second = [self._register.answers(run) for run in theirs[key]]
            lacking += first.count(None) + second.count(None)
            known = [[answers for answers in side if answers is not None] for side in (first, second)]
            if all(known):
                one, two = (together(side) for side in known)
                pairs.append(_paired(one, two))
                relabelled |= self._relabelled(one, two, pairs[-1].images)
        if not pairs:
            return _untested(place, f"{lacking} run{'s' if lacking > 1 else ''} kept no predictions")
        if relabelled:
            images = "1 image has" if len(relabelled) == 1 else f"{len(relabelled):,} images have"
            return _untested(place, f"{images} another true class there")
        return replace(_tested(place, pairs), lacking=lacking)

    def _kept(self, run: Run) -> Answers | None:
        if id(run) not in self._read:
            self._read[id(run)] = self._register.answers(run)
        return self._read[id(run)]

    def _relabelled(self, one: Answers, two: Answers, same: Numbers) -> set[int]:
        """The images that both tested and that are not among the `same`: their true classes differ."""
        if one.images is two.images:
            return set()
        named = self._register.renamed
        return set(np.setdiff1d(np.intersect1d(named(one.images), named(two.images)), named(same)).tolist())


def _paired(one: Answers, two: Answers) -> _Pair:
    if one.images is not two.images:
        images, first, second = np.intersect1d(one.images, two.images, assume_unique=True, return_indices=True)
        one, two = (Answers(images, side.right[rows], side.runs[rows]) for side, rows in ((one, first), (two, second)))
    # each run of the one side with each of the other
    return _Pair(one.images, two.runs * one.right - one.runs * two.right, one.runs * two.runs)


def _tested(place: int, pairs: Sequence[_Pair]) -> Comparison:
    images, position = np.unique(np.concatenate([pair.images for pair in pairs]), return_inverse=True)
    if not len(images):
        return _untested(place, "they tested different images")
    gained, times = (np.concatenate([getattr(pair, name) for pair in pairs]) for name in ("gained", "times"))
    difference = float(gained.sum() / times.sum())
    if len(images) == times.sum():
        test, p = MCNEMAR, mcnemar(int((gained > 0).sum()), int((gained < 0).sum()))
    else:
        test, p = BOOTSTRAP, bootstrap(np.bincount(position, gained).astype(np.int64))
    return Comparison(0, place, test, difference, p, len(images))


def _untested(place: int, reason: str) -> Comparison:
    return Comparison(0, place, "", None, None, 0, reason)
