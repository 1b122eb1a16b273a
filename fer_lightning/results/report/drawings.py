"""The pictures of a report's page: how many rows each shows, and what it says to those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

from fer_lightning.results.figures.confusion import confusion_matrix
from fer_lightning.results.report.bar_groups import draw_bars
from fer_lightning.results.report.curves_figure import Bundle, curve_bundles
from fer_lightning.results.report.history import History, history
from fer_lightning.results.report.metrics import figure, label
from fer_lightning.results.report.model import Report, Row
from fer_lightning.results.report.pictures import Picture, picture
from fer_lightning.results.report.pooled import Pooled
from fer_lightning.results.report.score_figure import score_dots
from fer_lightning.results.report.text import bold, mean_and_spread

SCORE_ROWS = 24
CURVE_ROWS, CURVE_RUNS = 8, 24  # a row of more runs shows the first of them
CONFUSION_ROWS = 12


def scores(report: Report) -> Picture | None:
    """Each row's score with its interval; None where no row has one."""
    scored = [(place, row) for place, row in enumerate(report.rows) if row.score.mean is not None]
    if not scored:
        return None
    shown = scored[:SCORE_ROWS]
    best = next((k for k, (place, _) in enumerate(shown) if bold(report, place)), None)
    rows = [row for _, row in shown]
    said = "; ".join(f"{row.name}: {mean_and_spread(row.score, report.metric)}" for row in rows)
    drawn = score_dots(rows, report.metric, best, _first(len(rows), len(scored)))
    return picture(drawn, f"{label(report.metric)} of each row with its 95 % interval. {said}")


def bars(report: Report) -> Picture | None:
    """The bars of the report's keys for them; None where it has none."""
    drawn = draw_bars(report)
    return None if drawn is None else picture(drawn.figure, drawn.alt)


def curves(report: Report) -> Picture | None:
    """The validation of the rows' runs over epochs; None where no run kept its figures."""
    wanted = f"val/{report.metric.partition('/')[2]}"
    for metric in dict.fromkeys((wanted, "val/accuracy")):  # not every metric of a test is one of validation
        bundles = _bundles(report.rows, metric)
        if bundles:
            break
    else:
        return None
    more = any(len(row.runs) > CURVE_RUNS for row in report.rows)
    several = len(report.rows) > len(bundles)
    told = f"{len(bundles)} of {len(report.rows):,} rows" * several
    told += f"{', ' * several}of each row at most {CURVE_RUNS} runs" * more
    said = "; ".join(f"{bundle.name}: {_ends(bundle.curves, metric)}" for bundle in bundles)
    return picture(curve_bundles(bundles, metric, told), f"{label(metric)} over the epochs. At the end: {said}")


def confusion(row: Row, counts: Pooled) -> Picture:
    """The pooled counts of a row."""
    runs = f"{counts.runs} runs, their counts summed" if counts.runs > 1 else "1 run"
    drawn = confusion_matrix(counts.counts, counts.class_names, subtitle=f"{row.name}; {runs}")
    said = f"{counts.right:,} of {counts.images:,} images right; the recalls are in the table below"
    return picture(drawn, f"confusion matrix of {row.name}: {said}")


def _bundles(rows: Sequence[Row], metric: str) -> list[Bundle]:
    bundles: list[Bundle] = []
    for row in rows:
        found = [history(run, metric) for run in row.runs[:CURVE_RUNS]]
        if known := [curve for curve in found if curve is not None]:
            bundles.append(Bundle(row.name, known))
        if len(bundles) == CURVE_ROWS:
            break
    return bundles


def _ends(found: Sequence[History], metric: str) -> str:
    last = [curve.values[-1] for curve in found]
    low, high = figure(min(last), metric), figure(max(last), metric)
    return low if low == high else f"{low} to {high}"


def _first(shown: int, known: int) -> str:
    return "" if shown == known else f"the first {shown} of {known:,} rows"
