"""A report as one pandas frame: a line per row, and every figure with all its digits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Any

import pandas as pd

from fer_lightning.results.report.model import CELL, Comparison, Report, Row, Run

STAGES = {"train": "fit", "test": "test"}  # as result.json calls them in `timing`
BESIDE = ("accuracy", "macro_f1", "balanced_accuracy")  # of the test; stand beside the report's own metric
WHOLE = "runs"  # the name of the index of a report whose runs differ in nothing


def report_frame(report: Report) -> pd.DataFrame:
    """The rows in the order of the report; the index has a level per key, with values as the configs have them.

    Columns (objects; None where unknown):
        metric, mean, sd, n, low, high: of the report's metric, fractions in 0..1 (a loss is a loss); `low` and `high`
            end the 95 % interval.
        paper, difference: what the paper reports, and `mean` minus that.
        accuracy, macro_f1, balanced_accuracy: means over the runs.
        fit_seconds, test_seconds, hours: sums over the runs, hours of both; None where no run was timed.
        images_per_second, test_images_per_second: of fitting and of the test, means over the runs.
        timed: how many runs were timed.
        failed, unfinished, holes: jobs without a result, and missing cells of the grid of folds and seeds.
        p, test, images_compared, reason: of the first row against this one on images, Holm-corrected; `reason` says why
            there is no test.
        p_over_runs, pairs: of the first row against this one over pairs of runs of the same fold and seed.
        train_seconds_a_batch, test_seconds_a_batch: means over the runs.
    """
    tests = {comparison.other: comparison for comparison in report.comparisons}
    figures = [_figures(row, report.metric, tests.get(place)) for place, row in enumerate(report.rows)]
    names = [[row.key.get(key, "") for row in report.rows] for key in report.keys] or [
        [row.name for row in report.rows]
    ]
    index = pd.MultiIndex.from_arrays(
        [pd.Index(level, dtype=object) for level in names], names=[column_name(key) for key in report.keys] or [WHOLE]
    )
    return pd.DataFrame(figures, index=index, dtype=object)


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its index as the first columns."""
    return frame.reset_index(allow_duplicates=True)


def column_name(key: str) -> str:
    """A key as the head of a column: `row` for `paper.row`."""
    return key.removeprefix("paper.") if key in CELL else key


def batch_sizes(rows: Iterable[Row]) -> list[int]:
    """Images per step, over all devices, of the runs whose configs say it; each size once, rising."""
    return sorted({size for row in rows for run in row.runs if (size := _batch_size(run)) is not None})


def seconds_per_batch(row: Row, stage: str) -> float | None:
    """Of a batch in `train` or `test`, the mean over the row's runs; None where none was timed."""
    rates = [(_batch_size(run), run.result.timing.get(f"{STAGES[stage]}_images_per_second")) for run in row.runs]
    return _mean(size / rate if size and rate else None for size, rate in rates)


def _figures(row: Row, metric: str, test: Comparison | None) -> dict[str, Any]:
    score, results = row.score, [run.result for run in row.runs]
    failed = sum(job.state == "failed" for job in row.missing_jobs)
    known = score.mean is not None and row.reported is not None
    seconds = {stage: [result.timing.get(f"{stage}_seconds") for result in results] for stage in ("fit", "test")}
    rates = {stage: [result.timing.get(f"{stage}_images_per_second") for result in results] for stage in seconds}
    sums = {stage: _sum(values) for stage, values in seconds.items()}
    total = _sum(sums.values())
    return {
        "metric": metric,
        "mean": score.mean,
        "sd": score.sd,
        "n": score.n,
        **dict(zip(("low", "high"), score.interval or (None, None), strict=True)),
        "paper": row.reported,
        "difference": (score.mean or 0.0) - (row.reported or 0.0) if known else None,
        **{name: _mean(result.metrics.get(f"test/{name}") for result in results) for name in BESIDE},
        **{f"{stage}_seconds": value for stage, value in sums.items()},
        "hours": None if total is None else total / 3600,
        "images_per_second": _mean(rates["fit"]),
        "test_images_per_second": _mean(rates["test"]),
        "timed": sum(any(value is not None for value in pair) for pair in zip(*seconds.values(), strict=True)),
        "failed": failed,
        "unfinished": len(row.missing_jobs) - failed,
        "holes": len(row.missing_cells),
        "p": test.p if test else None,
        "test": test.test if test else "",
        "images_compared": test.images if test else None,
        "reason": test.reason if test else "",
        "p_over_runs": test.runs.p if test and test.runs else None,
        "pairs": test.runs.pairs if test and test.runs else None,
        **{f"{stage}_seconds_a_batch": seconds_per_batch(row, stage) for stage in STAGES},
    }


def _batch_size(run: Run) -> int | None:
    data = run.result.config.get("data")
    size = data.get("batch_size") if isinstance(data, Mapping) else None
    return size if isinstance(size, int) else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
