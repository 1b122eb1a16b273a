"""Writes a report as CSV, for other programs: one line a row, figures with all their digits."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

from fer_lightning.results.csv_cells import csv_cell
from fer_lightning.results.report.model import Comparison, Report, Row
from fer_lightning.results.report.text import WHOLE, worded
from fer_lightning.results.report.timing import STAGES, seconds
from fer_lightning.whole import whole

FIGURES = (
    *("metric", "mean", "sd", "n", "low", "high", "paper", "difference", "macro_f1", "balanced_accuracy"),
    *("fit_seconds", "test_seconds", "images_per_second", "failed", "unfinished", "holes"),
    *("p", "test", "images_compared", "reason", "p_over_runs", "pairs"),
)
TIMING = tuple(f"{stage}_seconds_a_batch" for stage in STAGES)  # where the report asks for it


def write(report: Report, path: Path) -> None:
    """Writes the rows in the order of the report, whole or not at all.

    The first columns are the report's keys, with values as the configs have them. Metrics are fractions in 0..1 (a
    loss is a loss); `low` and `high` end the 95 % interval; `difference` is `mean` minus `paper`; `fit_seconds` and
    `test_seconds` are sums over the runs, `images_per_second` of fitting their mean. `p`, Holm-corrected, is that of
    the first row against this one on images, and `reason` says why there is none; `p_over_runs` is that over `pairs`
    pairs of runs of the same fold and seed. What is unknown is empty; text that a spreadsheet would take for a formula
    begins with an apostrophe.
    """
    tests = {comparison.other: comparison for comparison in report.comparisons}
    with whole(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        named = map(worded, report.keys) if report.keys else (WHOLE,)
        table.writerow([*map(csv_cell, named), *FIGURES, *TIMING * report.timing])
        for place, row in enumerate(report.rows):
            names = [row.key.get(key, "") for key in report.keys] or [row.name]
            timed = [seconds(row, stage) for stage in STAGES] if report.timing else []
            table.writerow(map(csv_cell, [*names, *_figures(row, report.metric, tests.get(place)), *timed]))


def _figures(row: Row, metric: str, test: Comparison | None) -> list[object]:
    score, results = row.score, [run.result for run in row.runs]
    low, high = score.interval or (None, None)
    difference = None if score.mean is None or row.reported is None else score.mean - row.reported
    failed = sum(lost.state == "failed" for lost in row.lost)
    return [
        *(metric, score.mean, score.sd, score.n, low, high, row.reported, difference),
        *(
            _mean(result.metrics.get(f"test/{name}") for result in results)
            for name in ("macro_f1", "balanced_accuracy")
        ),
        *(_sum(r.timing.get(f"{stage}_seconds") for r in results) for stage in ("fit", "test")),
        _mean(r.timing.get("fit_images_per_second") for r in results),
        *(failed, len(row.lost) - failed, len(row.holes)),
        *((None, "", None, "") if test is None else (test.p, test.test, test.images, test.reason)),
        *((None, None) if test is None or test.runs is None else (test.runs.p, test.runs.pairs)),
    ]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
