"""What the page of a report says in words beside its table: where it comes from, recalls, cost, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from matplotlib.colors import to_hex

from fer_lightning.results.report.model import Report, Row
from fer_lightning.results.report.pooled import Pooled
from fer_lightning.results.report.text import losses
from fer_lightning.results.style import RATES, ink_on
from fer_lightning.results.summary import NONE

SOURCES = 8  # folders that are named one by one


class Heat(NamedTuple):
    """A recall as a cell: its text, and its colours for the eye."""

    text: str
    ground: str
    ink: str


class Cost(NamedTuple):
    """What a row took."""

    name: str
    runs: int
    hours: str
    minutes: str
    fit_rate: str
    test_rate: str


class Loss(NamedTuple):
    """A job without a result, or a hole: the last line of why, the whole log that is known, and the way out."""

    name: str
    why: str
    log: str
    command: str


def sources(report: Report) -> list[str]:
    """Which runs the report is made from, a folder of runs each."""
    found = Counter((run.sweep, run.folder.parent) for row in report.rows if not row.ensemble for run in row.runs)
    lines = [
        f"{count:,} run{'s' * (count > 1)}{f' of the sweep {sweep}' if sweep else ''} in {parent}"
        for (sweep, parent), count in found.most_common()
    ]
    rest = sum(found.values()) - sum(count for _, count in found.most_common(SOURCES))
    further = len(found) - SOURCES
    return lines if further <= 0 else [*lines[:SOURCES], f"{rest:,} runs in {further:,} further folders"]


def heat(rows: Iterable[tuple[str, Pooled]]) -> tuple[list[str], list[tuple[str, list[Heat]]]]:
    """The classes of all rows, in the order in which they come up, and for each row its name and recalls."""
    table = [(name, {c: recall for c, _, recall in counts.recalls()}) for name, counts in rows]
    classes = list(dict.fromkeys(c for _, recalls in table for c in recalls))
    return classes, [(name, [_heat(recalls.get(c)) for c in classes]) for name, recalls in table]


def costs(report: Report) -> list[Cost]:
    """Hours of fitting and testing, and images a second, of the rows whose runs were timed."""
    return [cost for row in report.rows if not row.ensemble and (cost := _cost(row)) is not None]


def total_hours(report: Report) -> float:
    """Of all runs of the report."""
    return sum(sum(_seconds(row)) for row in report.rows if not row.ensemble) / 3600


def lost(report: Report) -> list[Loss]:
    """Everything that is missing, in the order of the rows."""
    logs = [log for row in report.rows for log in [*(job.reason.strip() for job in row.lost), *("" for _ in row.holes)]]
    return [
        Loss(name, why, log if "\n" in log else "", command)
        for (name, why, command), log in zip(losses(report), logs, strict=True)
    ]


def _heat(recall: float | None) -> Heat:
    if recall is None:
        return Heat(NONE, "", "")
    ground = to_hex(RATES(recall))
    return Heat(f"{100 * recall:.1f}", ground, to_hex(ink_on(ground)))


def _seconds(row: Row) -> list[float]:
    """Of each run that was timed, fitting and testing together."""
    times = [[run.result.timing.get(f"{stage}_seconds") for stage in ("fit", "test")] for run in row.runs]
    return [sum(t for t in of if t is not None) for of in times if any(t is not None for t in of)]


def _cost(row: Row) -> Cost | None:
    seconds = _seconds(row)
    if not seconds:
        return None
    hours = sum(seconds) / 3600
    fit, test = (
        _rate([run.result.timing.get(f"{stage}_images_per_second") for run in row.runs]) for stage in ("fit", "test")
    )
    return Cost(row.name, len(seconds), _short(hours), _short(fmean(seconds) / 60), fit, test)


def _short(value: float) -> str:
    return f"{value:,.1f}" if value >= 1 else f"{value:.2g}"


def _rate(rates: Sequence[float | None]) -> str:
    known = [rate for rate in rates if rate is not None]
    return f"{fmean(known):,.0f}" if known else ""
