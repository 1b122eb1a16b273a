"""The texts of a report's table, the same for every way of writing it down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import pandas as pd

from fer_lightning.results.metric_names import format_difference, format_value, label, points, unit
from fer_lightning.results.report.frame import BESIDE, STAGES, batch_sizes, report_frame, seconds_per_batch
from fer_lightning.results.report.model import Report, Row, Score
from fer_lightning.results.summary import NONE


class Printed(NamedTuple):
    """A report's table in two frames of the same shape, with an index level per key as in `report_frame`.

    Attributes:
        texts: what is shown; a column that is empty throughout is left out.
        values: what the cells are sorted by: figures with all their digits, None where there is none.
    """

    texts: pd.DataFrame
    values: pd.DataFrame


def format_table(report: Report) -> Printed:
    """The table of a report: the first column is its metric, the last one what is missing."""
    frame = report_frame(report)
    columns = {name: (texts, values) for name, texts, values in _columns(report, frame) if any(texts)}
    texts, values = (
        pd.DataFrame({name: pair[k] for name, pair in columns.items()}, frame.index, dtype=object) for k in (0, 1)
    )
    return Printed(texts, values)


def is_bold(report: Report, place: int) -> bool:
    """Whether the row at this place is better than every other one by more than chance."""
    return report.best_is_supported and report.comparisons[0].best == place


def format_score(score: Score, metric: str) -> str:
    """`71.3 ± 0.8 (3)`, of a single run `71.3 (1)`; a dash where no run has the metric."""
    if score.mean is None:
        return NONE
    spread = "" if score.sd is None else f" ± {format_value(score.sd, metric)}"
    return f"{format_value(score.mean, metric)}{spread} ({score.n})"


def format_interval(score: Score, metric: str) -> str:
    """`70.1 - 72.5`; nothing where no interval is known."""
    return "" if score.interval is None else " - ".join(format_value(end, metric) for end in score.interval)


def format_hours(value: float) -> str:
    """A duration in hours or minutes: one decimal, or two digits below one."""
    return f"{value:,.1f}" if value >= 1 else f"{value:.2g}"


def to_texts(values: Sequence[Any], write: Callable[[Any], str]) -> list[str]:
    """The values as texts; "" for None."""
    return ["" if value is None else write(value) for value in values]


def batch_columns(report: Report) -> list[tuple[str, list[str], list[Any]]]:
    """Name, texts and values of the columns of `timing=true`: seconds per batch, and its size where rows differ."""
    if not report.timing:
        return []
    sizes = [batch_sizes([row]) for row in report.rows]
    listed = [" or ".join(f"{size:,}" for size in of) for of in sizes]
    seconds = {stage: [seconds_per_batch(row, stage) for row in report.rows] for stage in STAGES}
    return [
        *[("images a batch", listed, [of[0] if of else None for of in sizes])] * (len(batch_sizes(report.rows)) > 1),
        *((f"{stage}, s a batch", to_texts(values, _three_digits), values) for stage, values in seconds.items()),
    ]


def _columns(report: Report, frame: pd.DataFrame) -> list[tuple[str, list[str], list[Any]]]:
    """Name, texts and values of each column of figures."""
    rows, metric = report.rows, report.metric
    missing = [len(row.missing_jobs) + len(row.missing_cells) or None for row in rows]

    def column(name: str, key: str, write: Callable[[Any], str]) -> tuple[str, list[str], list[Any]]:
        return name, to_texts(frame[key], write), list(frame[key])

    return [
        (f"{label(metric)}{unit(metric)}", [format_score(row.score, metric) for row in rows], list(frame["mean"])),
        ("95 % interval", [format_interval(row.score, metric) for row in rows], list(frame["low"])),
        column(f"paper{unit(metric)}", "paper", partial(format_value, metric=metric)),
        column(f"minus paper{points(metric)}", "difference", partial(format_difference, metric=metric)),
        *(
            column(f"{label(of)}{unit(of)}", name, partial(format_value, metric=of))
            for name in BESIDE
            if (of := f"test/{name}") != metric
        ),
        column("hours", "hours", format_hours),
        column("images/s", "images_per_second", "{:,.0f}".format),
        *batch_columns(report),
        ("missing", [_missing(row) for row in rows], missing),
    ]


def _missing(row: Row) -> str:
    counts = [f"{count} {state}" for state, count in sorted(Counter(job.state for job in row.missing_jobs).items())]
    holes = len(row.missing_cells)
    return ", ".join([*counts, *[f"{holes} hole{'s' * (holes > 1)}"] * bool(holes)])


def _three_digits(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
