"""A metric over the runs of a row, with its interval, and what the paper reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from scipy.stats import t

from fer_lightning.results.intervals import Interval, accuracy_interval
from fer_lightning.results.report.metrics import is_fraction
from fer_lightning.results.report.model import LEVEL, Run, Score
from fer_lightning.results.result import Result

ACCURACY = "test/accuracy"


def score(runs: Sequence[Run], metric: str) -> Score:
    """Mean, standard deviation and 95 % interval of the runs in which the metric is defined."""
    known = [run.result for run in runs if run.result.metrics.get(metric) is not None]
    values = [float(result.metrics[metric] or 0) for result in known]
    if not values:
        return Score(None, None, 0, None)
    mean = fmean(values)
    if len(values) == 1:
        return Score(mean, None, 1, _over_images(known[0], metric))
    sd = stdev(values)
    half = float(t.ppf(1 - LEVEL / 2, len(values) - 1)) * sd / math.sqrt(len(values))
    low, high = mean - half, mean + half
    if is_fraction(metric):  # of two runs it can reach beyond
        low, high = max(low, 0.0), min(high, 1.0)
    return Score(mean, sd, len(values), (low, high))


def reported(runs: Sequence[Run], metric: str) -> float | None:
    """What the paper says of this metric; None where no run names it, or runs name different figures."""
    papers = [run.result.paper for run in runs if run.result.paper]
    values = {paper.get("value") for paper in papers if paper.get("metric", ACCURACY) == metric}
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return numbers[0] if len(values) == len(numbers) == 1 else None


def _over_images(result: Result, metric: str) -> Interval | None:
    if ends := result.intervals.get(metric):
        return float(ends[0]), float(ends[1])
    return accuracy_interval(result.confusion_matrix) if metric == ACCURACY and result.confusion_matrix else None
