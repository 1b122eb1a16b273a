"""Tests of two rows on the same images, and the correction for many of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft
from scipy.stats import binomtest

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
