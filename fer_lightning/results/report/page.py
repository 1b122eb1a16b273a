"""Writes a report as one HTML page that needs nothing beside itself."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.colors import to_hex

from fer_lightning.atomic_write import atomic_write
from fer_lightning.control_characters import without_controls_in_lines
from fer_lightning.results.metric_names import format_value, label, unit
from fer_lightning.results.report import figures
from fer_lightning.results.report.caveats import footnotes
from fer_lightning.results.report.formatting import format_hours, format_score, to_texts
from fer_lightning.results.report.frame import report_frame
from fer_lightning.results.report.html_table import anchor, html_table
from fer_lightning.results.report.learning_curves import curves_of
from fer_lightning.results.report.missing_runs import missing_runs
from fer_lightning.results.report.model import FOLD, Report, Row, Run
from fer_lightning.results.report.paper_table import paper_tables
from fer_lightning.results.report.rows import Pooled, pool_counts
from fer_lightning.results.style import RATES, ink_on
from fer_lightning.results.summary import NONE

TEMPLATE = "page.html.j2"
HEAT_ROWS = 12
FEW = 12  # missing runs that stand open; more would push the figures out of sight
SOURCES = 8  # folders that are named one by one
NEAR = 3  # folders up from the page that a link may go; what lies further away hardly moves together with it


class Heat(NamedTuple):
    """A recall as a cell: its text, and its colours for the eye."""

    text: str
    ground: str
    ink: str


def write_page(report: Report, path: Path) -> None:
    """Writes the page whole or not at all; of a run whose metrics.csv is not there the learning curve is left out."""
    page = _environment().get_template(TEMPLATE).render(_content(report, path))
    with atomic_write(path) as scratch:
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
    counts = [pool_counts(row) for row in report.rows]
    curves = curves_of(report)
    known = [(row.name, found) for row, found in zip(report.rows, counts, strict=True) if found is not None]
    columns, lines = html_table(report)
    pictures = (figures.score_picture(report), figures.bar_picture(report), figures.curve_picture(curves))
    return {
        "report": report,
        "created": datetime.fromisoformat(report.created),
        "runs": sum(len(row.runs) for row in report.rows if not row.ensemble),
        "name": label(report.metric),
        "metric": label(report.metric) + unit(report.metric),
        "sources": _sources(report),
        "columns": columns,
        "lines": lines,
        "paper_tables": paper_tables(report),
        "footnotes": footnotes(report),
        "missing": missing_runs(report),
        "few": FEW,
        "pictures": [picture for picture in pictures if picture],
        "convergence": curves.convergence() if curves else pd.DataFrame(),
        "curve_notes": curves.notes() if curves else [],
        "heat": _heat(known[:HEAT_ROWS]),
        "heat_left_out": max(0, len(known) - HEAT_ROWS),
        **_costs(report),
        "details": [_detail(report, place, found, path) for place, found in enumerate(counts)],
        "confusion_rows": figures.CONFUSION_ROWS,
    }


def _sources(report: Report) -> list[str]:
    """Which runs the report is made from, a folder of runs each."""
    found = Counter((run.sweep, run.folder.parent) for row in report.rows if not row.ensemble for run in row.runs)
    lines = [
        f"{count:,} run{'s' * (count > 1)}{f' of the sweep {sweep}' if sweep else ''} in {parent}"
        for (sweep, parent), count in found.most_common()
    ]
    rest = sum(found.values()) - sum(count for _, count in found.most_common(SOURCES))
    further = len(found) - SOURCES
    return lines if further <= 0 else [*lines[:SOURCES], f"{rest:,} runs in {further:,} further folders"]


def _heat(rows: Iterable[tuple[str, Pooled]]) -> tuple[list[str], list[tuple[str, list[Heat]]]]:
    """The classes of all rows, in the order in which they come up, and for each row its name and recalls."""
    table = [(name, {c: recall for c, _, recall in counts.recalls()}) for name, counts in rows]
    classes = list(dict.fromkeys(c for _, recalls in table for c in recalls))
    return classes, [(name, [_heat_cell(recalls.get(c)) for c in classes]) for name, recalls in table]


def _heat_cell(recall: float | None) -> Heat:
    if recall is None:
        return Heat(NONE, "", "")
    ground = to_hex(RATES(recall))
    return Heat(f"{100 * recall:.1f}", ground, to_hex(ink_on(ground)))


def _costs(report: Report) -> dict[str, object]:
    """What the rows with timed runs took: texts per row, and the hours of all."""
    frame = report_frame(report)
    frame["name"] = [row.name for row in report.rows]
    timed = frame[frame["timed"] > 0]
    rates = [to_texts(timed[key], "{:,.0f}".format) for key in ("images_per_second", "test_images_per_second")]
    minutes = map(format_hours, 60 * timed["hours"] / timed["timed"])
    rows = zip(timed["name"], timed["timed"], map(format_hours, timed["hours"]), minutes, *rates, strict=True)
    return {"costs": list(rows), "hours": float(timed["hours"].sum())}


def _detail(report: Report, place: int, counts: Pooled | None, page: Path) -> dict[str, object]:
    """What there is to say of the row at a place: its runs with the commands that made them, counts and recalls."""
    row = report.rows[place]
    papers = [run.result.paper for run in row.runs if run.result.paper]
    recalls = counts.recalls() if counts else []
    drawn = counts is not None and place < figures.CONFUSION_ROWS
    return {
        "anchor": anchor(place),
        "name": row.name,
        "value": format_score(row.score, report.metric),
        "ensemble": row.ensemble,
        "paper": ", ".join(str(papers[0][key]) for key in ("title", "table") if papers[0].get(key)) if papers else "",
        "runs": [_run(run, row, report.metric, page) for run in row.runs],
        "commands": list(dict.fromkeys(run.command for run in row.runs if run.command)),
        "missing": len(row.missing_jobs) + len(row.missing_cells),
        "counts": counts,
        "confusion": figures.confusion_picture(row, counts) if counts is not None and drawn else None,
        "recalls": [(c, NONE if share is None else f"{100 * share:.1f} %", f"{n:,}") for c, n, share in recalls],
    }


def _run(run: Run, row: Row, metric: str, page: Path) -> dict[str, Any]:
    value = run.result.metrics.get(metric)
    fold = run.settings.get(FOLD) or (run.result.config.get("data") or {}).get("fold")
    text, link = (NONE, "") if row.ensemble else _place(run.folder, page)
    return {
        "fold": NONE if fold in (None, "") else str(fold),
        "seed": NONE if row.ensemble else str(run.result.seed),
        "value": NONE if value is None else format_value(value, metric),
        "folder": text,
        "link": link,
    }


def _place(folder: Path, page: Path) -> tuple[str, str]:
    """A folder, and a link to it where it lies near the page; "" elsewhere."""
    folder, start = folder.absolute(), page.parent.absolute()
    if folder.anchor != start.anchor:  # two drives
        return str(folder), ""
    relative = Path(os.path.relpath(folder, start))
    if relative.parts.count(os.pardir) > NEAR:
        return str(folder), ""
    return str(relative), f"./{quote(relative.as_posix())}/"
