"""The pictures of a report's page: how many rows each shows, and what it says to those who cannot see it."""

from __future__ import annotations

from fer_lightning.results.figures.confusion import confusion_matrix
from fer_lightning.results.report.bar_groups import draw_bars
from fer_lightning.results.report.curves import Curves
from fer_lightning.results.report.metrics import label
from fer_lightning.results.report.model import Report, Row
from fer_lightning.results.report.pictures import Picture, picture
from fer_lightning.results.report.pooled import Pooled
from fer_lightning.results.report.score_figure import score_dots
from fer_lightning.results.report.text import bold, mean_and_spread

SCORE_ROWS = 24
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


def curves(found: Curves | None) -> Picture | None:
    """How the runs of the rows went; None where no run kept its figures."""
    return None if found is None else picture(found.draw(), f"{found.title}. At the end: {found.ends()}")


def confusion(row: Row, counts: Pooled) -> Picture:
    """The pooled counts of a row."""
    runs = f"{counts.runs} runs, their counts summed" if counts.runs > 1 else "1 run"
    drawn = confusion_matrix(counts.counts, counts.class_names, subtitle=f"{row.name}; {runs}")
    said = f"{counts.right:,} of {counts.images:,} images right; the recalls are in the table below"
    return picture(drawn, f"confusion matrix of {row.name}: {said}")


def _first(shown: int, known: int) -> str:
    return "" if shown == known else f"the first {shown} of {known:,} rows"
