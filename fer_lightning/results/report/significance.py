"""Tests whether the best row is better than each other row: on the same test images, and over runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft
from scipy.stats import binomtest, t

from fer_lightning.results.metric_names import label, low_is_good
from fer_lightning.results.report.model import LEVEL, Comparison, Row, Run, RunTest
from fer_lightning.results.report.paired_predictions import ImageOutcomes, Numbers, Register, combine

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
        return [replace(_no_test(place, reason), needs_images=False) for place in others]
    best = _Best(rows[0])
    found = [best.against(rows[place], place) for place in others]
    values = iter(holm([comparison.p for comparison in found if comparison.p is not None]))
    return [replace(c, p=next(values)) if c.p is not None else c for c in found]


class _Best:
    """The best row, whose predictions are read once, as another row first asks for them."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self._register = Register()
        self._read: dict[Any, ImageOutcomes | None] = {}

    def against(self, other: Row, place: int) -> Comparison:
        """An uncorrected test, or the reason why there is none."""
        by_fold = self._row.ensemble or other.ensemble
        ours, theirs = group_runs(self._row, by_fold), group_runs(other, by_fold)
        shared = [key for key in ours if key in theirs]
        if not shared:
            return _no_test(place, "they share no fold" if by_fold else "they share no fold and seed")
        pairs, lacking, relabelled = [], 0, set[int]()
        for key in shared:
            first = [self._read_once(run) for run in ours[key]]
            second = [self._register.outcomes(run) for run in theirs[key]]
            lacking += first.count(None) + second.count(None)
            known = [[outcomes for outcomes in side if outcomes is not None] for side in (first, second)]
            if all(known):
                one, two = (combine(side) for side in known)
                pairs.append(_pair(one, two))
                relabelled |= self._other_labels(one, two, pairs[-1].images)
        if not pairs:
            return _no_test(place, f"{lacking} run{'s' if lacking > 1 else ''} kept no predictions")
        if relabelled:
            images = "1 image has" if len(relabelled) == 1 else f"{len(relabelled):,} images have"
            return _no_test(place, f"{images} another true class there")
        return replace(_test_pairs(place, pairs), lacking=lacking)

    def _read_once(self, run: Run) -> ImageOutcomes | None:
        if id(run) not in self._read:
            self._read[id(run)] = self._register.outcomes(run)
        return self._read[id(run)]

    def _other_labels(self, one: ImageOutcomes, two: ImageOutcomes, same: Numbers) -> set[int]:
        """The images that both tested and that are not among the `same`: their true classes differ."""
        if one.images is two.images:
            return set()
        named = self._register.numbers_by_name
        return set(np.setdiff1d(np.intersect1d(named(one.images), named(two.images)), named(same)).tolist())


def _pair(one: ImageOutcomes, two: ImageOutcomes) -> _Pair:
    if one.images is not two.images:
        images, first, second = np.intersect1d(one.images, two.images, assume_unique=True, return_indices=True)
        one, two = (
            ImageOutcomes(images, side.right[rows], side.runs[rows]) for side, rows in ((one, first), (two, second))
        )
    # each run of the one side with each of the other
    return _Pair(one.images, two.runs * one.right - one.runs * two.right, one.runs * two.runs)


def _test_pairs(place: int, pairs: Sequence[_Pair]) -> Comparison:
    images, position = np.unique(np.concatenate([pair.images for pair in pairs]), return_inverse=True)
    if not len(images):
        return _no_test(place, "they tested different images")
    gained, times = (np.concatenate([getattr(pair, name) for pair in pairs]) for name in ("gained", "times"))
    difference = float(gained.sum() / times.sum())
    if len(images) == times.sum():
        test, p = MCNEMAR, mcnemar(int((gained > 0).sum()), int((gained < 0).sum()))
    else:
        test, p = BOOTSTRAP, bootstrap(np.bincount(position, gained).astype(np.int64))
    return Comparison(0, place, test, difference, p, len(images))


def _no_test(place: int, reason: str) -> Comparison:
    return Comparison(0, place, "", None, None, 0, reason)


SMALLEST = 1e-9  # below it a p would be made of rounding errors of the convolution
FINEST = 2**22  # sums that the bootstrap tells apart; more only where a row has many runs of one fold and seed


def mcnemar(first: int, second: int) -> float:
    """The exact two-sided p of McNemar's test: chance alone splits the images on which two models differ in halves.

    Args:
        first: images that the first model alone has right.
        second: images that the second model alone has right.

    McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 1947; the binomial is exact where its chi-square is an approximation.
    """
    return float(binomtest(first, first + second).pvalue) if first + second else 1.0


def bootstrap(differences: npt.NDArray[np.int64]) -> float:
    """The two-sided p of a paired bootstrap: twice the chance that resampled images turn the sign of the sum.

    Images are drawn with replacement, as many as there are. The sum of N such draws is N times the convolution of the
    distribution of one, so its chances are computed where others draw some thousand samples: no seed, and no smallest p
    that the correction for hundreds of rows could not pass. A bootstrap is too sure of a few images, so p is
    never below that of a sign test in which all images speak for one side.

    Args:
        differences: (N,) of each image, how often the first is right more often than the second, at least one image.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 13 and 15.
    """
    decided = int(np.count_nonzero(differences))
    if not decided:
        return 1.0
    images = len(differences)
    step = max(int(np.gcd.reduce(differences)), -(-images * int(np.ptp(differences)) // FINEST))
    values, counts = np.unique(np.rint(differences / step).astype(np.int64), return_counts=True)
    low, span = int(values[0]), int(np.ptp(values))
    sums = images * span + 1
    size = next_fast_len(sums, real=True)
    one = np.zeros(size)
    one[values - low] = counts / images
    chances = irfft(rfft(one) ** images, size)[:sums].clip(0)
    zero = -images * low  # where the sum of the differences is 0
    below, above = chances[: max(zero + 1, 0)].sum(), chances[max(zero, 0) :].sum()
    return float(min(1.0, max(2 * min(below, above), 2.0 ** (1 - decided), SMALLEST)))


def holm(values: Sequence[float]) -> list[float]:
    """The p-values, corrected so that one false finding among all of them has the chance that a single one had.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 1979.
    """
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    raised = np.maximum.accumulate(np.asarray(values, dtype=np.float64)[order] * factors)
    corrected = np.empty(len(values))
    corrected[order] = np.minimum(raised, 1.0)
    return [float(value) for value in corrected]


Groups = dict[Any, list[Run]]  # (fold, seed), or the fold alone -> the runs of one row


def group_runs(row: Row, by_fold: bool) -> Groups:
    """The runs of a row by fold and seed, or by fold alone."""
    groups: Groups = defaultdict(list)
    for run in row.runs:
        groups[run.fold if by_fold else (run.fold, run.result.seed)].append(run)
    return dict(groups)


def over_runs(best: Row, other: Row, metric: str) -> RunTest | None:
    """Student's paired t test of the metric over the folds and seeds that both rows ran; uncorrected.

    Runs of one row that share fold and seed count as their mean. Rows with an ensemble, which has no seed, are paired
    by fold. None where fewer than two pairs have the metric: one seed shows no difference between two methods.

    Runs of k-fold protocols share training images, so that p may be too small there (Dietterich 1998).
    """
    by_fold = best.ensemble or other.ensemble
    ours, theirs = (_means(group_runs(row, by_fold), metric) for row in (best, other))
    gains = np.array([ours[key] - theirs[key] for key in ours if key in theirs])
    if len(gains) < 2:
        return None
    mean, error = float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains)))
    half = float(t.ppf(1 - LEVEL / 2, len(gains) - 1)) * error
    favours = mean < 0 if low_is_good(metric) else mean > 0
    return RunTest(len(gains), mean, (mean - half, mean + half), _two_sided(mean, error, len(gains)), favours)


def _means(groups: Groups, metric: str) -> dict[Any, float]:
    known = {key: _known_values(runs, metric) for key, runs in groups.items()}
    return {key: fmean(values) for key, values in known.items() if values}


def _known_values(runs: Sequence[Run], metric: str) -> list[float]:
    found = (run.result.metrics.get(metric) for run in runs)
    return [float(value) for value in found if value is not None]


def _two_sided(mean: float, error: float, pairs: int) -> float:
    if error == 0.0:  # the same gain in every pair
        return 1.0 if mean == 0.0 else 0.0
    return float(2 * t.sf(abs(mean / error), pairs - 1))
