"""The words of a report's table, the same for every way of writing it down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from statistics import fmean

from fer_lightning.results.report import timing
from fer_lightning.results.report.footnotes import footnotes
from fer_lightning.results.report.metrics import difference, figure, label, points, unit
from fer_lightning.results.report.missing import losses
from fer_lightning.results.report.model import CELL, Report, Row, Score
from fer_lightning.results.summary import NONE

__all__ = ["bold", "cells", "footnotes", "header", "losses", "worded"]

BESIDE = ("test/accuracy", "test/macro_f1", "test/balanced_accuracy")  # shown beside the report's own metric
WHOLE = "runs"  # the first column of a report whose runs differ in nothing


def header(report: Report) -> list[str]:
    """The names of the columns: what the rows differ in, then figures; a column without a figure is left out."""
    return [name for name, _ in _columns(report)]


def cells(report: Report) -> list[list[str]]:
    """One list a row of the report, in its order, a text for each column of `header`."""
    return [list(row) for row in zip(*(column for _, column in _columns(report)), strict=True)]


def worded(key: str) -> str:
    """A key as the head of a column: `row` for `paper.row`."""
    return key.removeprefix("paper.") if key in CELL else key


def keys(report: Report) -> int:
    """How many of the first columns say what a row is; figures follow."""
    return max(1, len(report.keys))


def bold(report: Report, place: int) -> bool:
    """Whether the row at this place is better than every other one by more than chance."""
    return report.best_is_supported and report.comparisons[0].best == place


def mean_and_spread(score: Score, metric: str) -> str:
    """`71.3 ± 0.8 (3)`, of a single run `71.3 (1)`; a dash where no run has the metric."""
    if score.mean is None:
        return NONE
    spread = "" if score.sd is None else f" ± {figure(score.sd, metric)}"
    return f"{figure(score.mean, metric)}{spread} ({score.n})"


def span(score: Score, metric: str) -> str:
    """`70.1 - 72.5`; nothing where no interval is known."""
    return "" if score.interval is None else " - ".join(figure(end, metric) for end in score.interval)


def _columns(report: Report) -> list[tuple[str, list[str]]]:
    rows, metric = report.rows, report.metric
    columns = [(worded(key), [row.key.get(key, "") for row in rows]) for key in report.keys]
    if not columns:
        columns = [(WHOLE, [row.name for row in rows])]
    figures = [
        (f"{label(metric)}{unit(metric)}", [mean_and_spread(row.score, metric) for row in rows]),
        ("95 % interval", [span(row.score, metric) for row in rows]),
        (f"paper{unit(metric)}", ["" if row.reported is None else figure(row.reported, metric) for row in rows]),
        (f"minus paper{points(metric)}", [_difference(row, metric) for row in rows]),
        *((f"{label(m)}{unit(m)}", [_mean(row, m) for row in rows]) for m in BESIDE if m != metric),
        ("hours", [_hours(row) for row in rows]),
        ("images/s", [_rate(row) for row in rows]),
        *timing.columns(report),
        ("missing", [_missing(row) for row in rows]),
    ]
    return [*columns, *((name, column) for name, column in figures if any(column))]


def _difference(row: Row, metric: str) -> str:
    if row.reported is None or row.score.mean is None:
        return ""
    return difference(row.score.mean - row.reported, metric)


def _mean(row: Row, metric: str) -> str:
    values = _known(run.result.metrics.get(metric) for run in row.runs)
    return figure(fmean(values), metric) if values else ""


def _hours(row: Row) -> str:
    """Of fitting and testing, all runs together."""
    seconds = _known(run.result.timing.get(f"{stage}_seconds") for run in row.runs for stage in ("fit", "test"))
    hours = sum(seconds) / 3600
    return "" if not seconds else f"{hours:,.1f}" if hours >= 1 else f"{hours:.2g}"


def _rate(row: Row) -> str:
    rates = _known(run.result.timing.get("fit_images_per_second") for run in row.runs)
    return f"{fmean(rates):,.0f}" if rates else ""


def _missing(row: Row) -> str:
    counts = [f"{count} {state}" for state, count in sorted(Counter(lost.state for lost in row.lost).items())]
    holes = len(row.holes)
    return ", ".join([*counts, *([f"{holes} hole{'s' if holes > 1 else ''}"] if holes else [])])


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
