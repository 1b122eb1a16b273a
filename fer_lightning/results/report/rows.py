"""Makes the rows of a report: runs that differ only in fold and seed are one row, with mean, spread and interval."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from fer_lightning.errors import FerError, choices
from fer_lightning.results.intervals import Interval, accuracy_interval
from fer_lightning.results.metric_names import is_fraction, low_is_good
from fer_lightning.results.report import caveats
from fer_lightning.results.report.keys import UNKNOWN, Values, check_keys, telling, varying
from fer_lightning.results.report.missing_runs import Occupied, Place, in_order, missing_cells
from fer_lightning.results.report.model import FOLD, LEVEL, SEED, Collected, MissingJob, Row, Run, Score
from fer_lightning.results.result import Result


def make_rows(
    collected: Collected, metric: str, by: Sequence[str] | None = None
) -> tuple[tuple[str, ...], tuple[Row, ...], tuple[str, ...]]:
    """The keys in which the rows differ, the rows from the best to the worst, and caveats.

    Without `by` the rows differ in the keys that vary among the runs and missing jobs, but for `data.fold`, `seed` and
    keys on which no figure depends (see `keys.is_quiet`); where every run names its cell in a paper's table, they are
    those cells. Of runs of one config the newest counts.

    Args:
        collected: at least one run.
        metric: what is averaged, such as `test/accuracy`.
        by: exactly the keys to tell rows apart by, groups or dotted keys of the config.

    Raises:
        FerError: no run has the metric, or knows a key of `by`.
    """
    _check_metric(metric, collected.runs)
    values = Values(collected)
    apart = varying(collected, values)
    keys = telling(collected, values) if by is None else check_keys(by, collected.runs)
    axes = [axis for axis in (FOLD, SEED) if axis not in keys]
    groups: dict[tuple[str, ...], tuple[list[Run], list[MissingJob]]] = defaultdict(lambda: ([], []))
    for run in collected.runs:
        groups[tuple(values.of(run, key) for key in keys)][0].append(run)
    for job in collected.missing_jobs:
        groups[tuple(values.of(job, key) for key in keys)][1].append(job)

    def place(one: Run | MissingJob) -> Place:
        return tuple(values.of(one, axis) for axis in axes)

    left_out, whole = 0, []
    for named, (runs, jobs) in groups.items():
        kept, repeats = caveats.without_repeats(runs, apart)
        left_out += repeats
        kept.sort(key=lambda run: (in_order((values.of(run, FOLD), values.of(run, SEED))), run.result.finished))
        whole.append((dict(zip(keys, named, strict=True)), tuple(kept), tuple(jobs)))
    covered = [_occupancy([*map(place, runs), *map(place, jobs)], runs) for _, runs, jobs in whole]
    lacking = missing_cells(covered, axes)
    rows = in_rank(
        [
            Row(key, runs, jobs, gaps, score(runs, metric), paper_value(runs, metric))
            for (key, runs, jobs), gaps in zip(whole, lacking, strict=True)
        ],
        metric,
    )
    notes = [
        *_repeat_note(left_out),
        *caveats.undefined(rows, metric),
        *caveats.mixtures(rows),
        *caveats.test_sets(rows),
    ]
    notes += [*caveats.losses_apart(rows, metric), *caveats.one_answer(rows)]
    return keys, rows, tuple(notes)


def in_rank(rows: Sequence[Row], metric: str) -> tuple[Row, ...]:
    """From the best to the worst; rows without a mean last, equal ones by name."""
    sign = 1 if low_is_good(metric) else -1
    return tuple(sorted(rows, key=lambda row: (row.score.mean is None, sign * (row.score.mean or 0), row.name)))


def _occupancy(places: Sequence[Place], runs: Sequence[Run]) -> Occupied:
    frame = frozenset((run.result.choices.get("data"), run.result.protocol) for run in runs) or None
    return Occupied(frame, frozenset(place for place in places if UNKNOWN not in place))


def _repeat_note(count: int) -> list[str]:
    if not count:
        return []
    runs = "1 run was" if count == 1 else f"{count} runs were"
    return [f"{runs} left out: of runs of one config, fold and seed included, the newest counts."]


def _check_metric(metric: str, runs: Sequence[Run]) -> None:
    known = dict.fromkeys(name for run in runs for name in run.result.metrics)
    if metric not in known:
        shown = [name for name in known if "/recall/" not in name]
        recalls = [name for name in known if name.startswith("test/recall/")]
        raise FerError(f"metric={metric}: no run has it; choose among {choices([*shown, *recalls], metric)}")


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


def paper_value(runs: Sequence[Run], metric: str) -> float | None:
    """What the paper says of this metric; None where no run names it, or runs name different figures."""
    papers = [run.result.paper for run in runs if run.result.paper]
    values = {paper.get("value") for paper in papers if paper.get("metric", ACCURACY) == metric}
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return numbers[0] if len(values) == len(numbers) == 1 else None


def _over_images(result: Result, metric: str) -> Interval | None:
    if ends := result.intervals.get(metric):
        return float(ends[0]), float(ends[1])
    return accuracy_interval(result.confusion_matrix) if metric == ACCURACY and result.confusion_matrix else None


class Pooled(NamedTuple):
    """The test counts of several runs, summed; an image that two runs tested counts twice.

    Attributes:
        class_names: C names.
        counts: (C, C) images, rows true.
        runs: how many runs were summed.
    """

    class_names: list[str]
    counts: npt.NDArray[np.int64]
    runs: int

    @property
    def right(self) -> int:
        """Images that were recognised."""
        return int(np.trace(self.counts))

    @property
    def images(self) -> int:
        """All of them."""
        return int(self.counts.sum())

    def recalls(self) -> list[tuple[str, int, float | None]]:
        """Class, its images, and the share of them that was recognised; None without images."""
        support = self.counts.sum(axis=1).tolist()
        hits = np.diag(self.counts).tolist()
        return [(c, n, k / n if n else None) for c, n, k in zip(self.class_names, support, hits, strict=True)]


def pool_counts(row: Row) -> Pooled | None:
    """The sum over a row's runs; None where no run has counts, or where the classes of two runs differ."""
    kept = [run.result for run in row.runs if run.result.confusion_matrix]
    if not kept or any(result.class_names != kept[0].class_names for result in kept):
        return None
    counts = np.array([result.confusion_matrix for result in kept], dtype=np.int64)
    return Pooled(kept[0].class_names, counts.sum(axis=0), len(kept))
