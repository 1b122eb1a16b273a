"""The sentences below a report's table: how to read its figures, which test was done, what a reader must know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from fer_lightning.results.report import timing
from fer_lightning.results.report.keys import source
from fer_lightning.results.report.metrics import difference, is_fraction, label, points
from fer_lightning.results.report.model import COLUMN, FOLD, LEVEL, ROW, SEED, Comparison, Report

SHOWN = 8  # tests that are spelled out, from the highest p down: what keeps the best from being bold comes first
NAMED = 3  # rows without a test that are named


def footnotes(report: Report) -> list[str]:
    """One sentence or two each; the notes of the report last."""
    return [*cells_and_figures(report), *_tests(report), *report.notes]


def cells_and_figures(report: Report) -> list[str]:
    """What the rows are, where they are cells of a paper's table, and how to read their figures."""
    return [*_cells(report), *_figures(report), *timing.told(report)]


def _cells(report: Report) -> Iterator[str]:
    named = [key.removeprefix("paper.") for key in (ROW, COLUMN) if key in report.keys]
    if named and (paper := source(run for row in report.rows for run in row.runs)):
        verb = "are those" if len(named) > 1 else "is that"
        yield f"{' and '.join(named).capitalize()} {verb} of the paper: {paper}."


def _figures(report: Report) -> Iterator[str]:
    several = any(row.score.sd is not None for row in report.rows)
    percent = ", in percent" if is_fraction(report.metric) else ""
    averaged = " and ".join(key for key in (FOLD, SEED) if key not in report.keys)
    if several:
        yield (
            f"{label(report.metric)}: mean ± standard deviation (number of runs){percent}; "
            f"{f'runs that differ in {averaged} alone are' if averaged else 'all runs of a row are'} averaged."
        )
        yield (
            "95 % interval: Student's t over the runs of a row. Runs share training images, so it may be too narrow; "
            "of a single run it is Wilson's over its test images."
        )
    else:
        yield f"{label(report.metric)}: of a single run each{percent}."
        if any(row.score.interval for row in report.rows):
            yield "95 % interval: Wilson's over the test images."


def _tests(report: Report) -> Iterator[str]:
    if not report.comparisons:
        return
    best = report.rows[report.comparisons[0].best].name
    if report.best_is_supported:
        yield f"In bold: {best}, better than every other row at p < {LEVEL} in all paired tests (Holm-corrected)."
    elif any(comparison.runs is None for comparison in report.comparisons):
        yield f"No row is bold: {best} and every other row would have to share at least two seeds or folds."
    elif any(comparison.p is None and comparison.needs_images for comparison in report.comparisons):
        yield f"No row is bold: {best} could not be tested against every other row."
    else:
        yield f"No row is bold: paired tests do not show that {best} is better than every other row at p < {LEVEL}."
    yield from _untested(report, best)
    tested = sorted((c for c in report.comparisons if c.p is not None or c.runs), key=lambda c: -_highest(c))
    for comparison in tested[:SHOWN]:
        yield f"{best} against {report.rows[comparison.other].name}: {_said(comparison, report.metric)}."
    if further := tested[SHOWN:]:
        yield f"{best} against {len(further)} further rows: {_p(_highest(further[0])).replace('=', '<=')}."


def _highest(comparison: Comparison) -> float:
    return max(comparison.p or 0.0, comparison.runs.p if comparison.runs else 0.0)


def _untested(report: Report, best: str) -> Iterator[str]:
    """Rows that the best was not tested against, those of one reason together."""
    names: dict[str, list[str]] = defaultdict(list)
    for comparison in report.comparisons:
        if comparison.p is None:
            names[comparison.reason].append(report.rows[comparison.other].name)
    for reason, others in names.items():
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        yield f"{best} against {'; '.join(others[:NAMED])}{more}: no test, {reason}."


def _said(comparison: Comparison, metric: str) -> str:
    said = []
    if comparison.p is not None:
        said.append(
            f"{100 * (comparison.difference or 0):+.1f} points on {comparison.images:,} images, "
            f"{comparison.test}, {_p(comparison.p)}{_skipped(comparison.lacking)}"
        )
    if (test := comparison.runs) is not None:
        low, gain, high = (difference(value, metric) for value in (test.interval[0], test.difference, test.interval[1]))
        gain += points(metric).replace(",", "")
        said.append(f"{gain} ({low} to {high}) over {test.pairs} pairs of runs, paired t, {_p(test.p)}")
    return "; ".join(said)


def _skipped(runs: int) -> str:
    return f"; without {runs} run{'s' if runs > 1 else ''} that kept no predictions" if runs else ""


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
