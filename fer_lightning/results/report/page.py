"""Writes a report as one HTML page that needs nothing beside itself."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fer_lightning.control_characters import without_controls_in_lines
from fer_lightning.results.report import drawings, sections, sortable
from fer_lightning.results.report.curves import curves_of
from fer_lightning.results.report.metrics import label, unit
from fer_lightning.results.report.model import Report
from fer_lightning.results.report.paper_table import paper_tables
from fer_lightning.results.report.pooled import pooled
from fer_lightning.results.report.row_details import detail
from fer_lightning.results.report.text import footnotes, keys
from fer_lightning.whole import whole

TEMPLATE = "page.html.j2"
HEAT_ROWS = 12
FEW = 12  # losses that stand open; more would push the figures out of sight


def write_page(report: Report, path: Path) -> None:
    """Writes the page whole or not at all; of a run whose metrics.csv is not there the learning curve is left out."""
    page = _environment().get_template(TEMPLATE).render(_content(report, path))
    with whole(path) as scratch:
        scratch.write_text(page, encoding="utf-8")


def _environment() -> Environment:
    # everything is escaped: names of classes, jobs and folders are whatever a user calls them
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: without_controls_in_lines(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _content(report: Report, path: Path) -> dict[str, object]:
    counts = [pooled(row) for row in report.rows]
    confusions = {
        place: drawings.confusion(row, found)
        for place, (row, found) in enumerate(zip(report.rows, counts, strict=True))
        if found is not None and place < drawings.CONFUSION_ROWS
    }
    curves = curves_of(report)
    known = [(row.name, found) for row, found in zip(report.rows, counts, strict=True) if found is not None]
    return {
        "report": report,
        "created": datetime.fromisoformat(report.created),
        "runs": sum(len(row.runs) for row in report.rows if not row.ensemble),
        "name": label(report.metric),
        "metric": label(report.metric) + unit(report.metric),
        "sources": sections.sources(report),
        "columns": sortable.columns(report),
        "fixed": keys(report),
        "lines": sortable.lines(report),
        "paper_tables": paper_tables(report),
        "footnotes": footnotes(report),
        "lost": sections.lost(report),
        "few": FEW,
        "pictures": [
            picture for picture in (drawings.scores(report), drawings.bars(report), drawings.curves(curves)) if picture
        ],
        "converged": curves.converged() if curves else [],
        "curves_told": curves.told() if curves else [],
        "heat": sections.heat(known[:HEAT_ROWS]),
        "heat_left_out": max(0, len(known) - HEAT_ROWS),
        "costs": sections.costs(report),
        "hours": sections.total_hours(report),
        "details": [detail(report, k, counts[k], confusions.get(k), path) for k in range(len(report.rows))],
        "confusion_rows": drawings.CONFUSION_ROWS,
    }
