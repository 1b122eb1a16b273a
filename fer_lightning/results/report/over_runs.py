"""Tests whether a row is better than another one over training runs: paired by fold and seed, whatever the metric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np
from scipy.stats import t

from fer_lightning.results.report.metrics import low_is_good
from fer_lightning.results.report.model import LEVEL, Row, Run, RunTest

Groups = dict[Any, list[Run]]  # (fold, seed), or the fold alone -> the runs of one row


def grouped(row: Row, by_fold: bool) -> Groups:
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
    ours, theirs = (_means(grouped(row, by_fold), metric) for row in (best, other))
    gains = np.array([ours[key] - theirs[key] for key in ours if key in theirs])
    if len(gains) < 2:
        return None
    mean, error = float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains)))
    half = float(t.ppf(1 - LEVEL / 2, len(gains) - 1)) * error
    favours = mean < 0 if low_is_good(metric) else mean > 0
    return RunTest(len(gains), mean, (mean - half, mean + half), _two_sided(mean, error, len(gains)), favours)


def _means(groups: Groups, metric: str) -> dict[Any, float]:
    known = {key: _known(runs, metric) for key, runs in groups.items()}
    return {key: fmean(values) for key, values in known.items() if values}


def _known(runs: Sequence[Run], metric: str) -> list[float]:
    found = (run.result.metrics.get(metric) for run in runs)
    return [float(value) for value in found if value is not None]


def _two_sided(mean: float, error: float, pairs: int) -> float:
    if error == 0.0:  # the same gain in every pair
        return 1.0 if mean == 0.0 else 0.0
    return float(2 * t.sf(abs(mean / error), pairs - 1))
