"""Results as documents show them, in Markdown: the paper's table and every row's figures; no clock, path or command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from fer_lightning.errors import FerError
from fer_lightning.results.confusion_scores import FROM_COUNTS, matrix_scores
from fer_lightning.results.escaping import markdown_text
from fer_lightning.results.metric_names import format_difference, format_paper_value, format_value, label, points, unit
from fer_lightning.results.report.caveats import cells_and_figures
from fer_lightning.results.report.formatting import batch_columns, format_interval, format_score
from fer_lightning.results.report.frame import WHOLE, column_name
from fer_lightning.results.report.learning_curves import Curves
from fer_lightning.results.report.model import ROW, Report, Row
from fer_lightning.results.report.paper_table import order, paper_tables
from fer_lightning.results.report.rows import pool_counts, score
from fer_lightning.results.report.write_tables import markdown_table
from fer_lightning.results.summary import NONE
from tools.rotation import BOTH_SIDES, Tested

POOLED = ("pooled", "mean per-class rate", "macro-F1")
ACCURACY, MACRO_F1, PER_CLASS = FROM_COUNTS
OF_IMAGES = ("test/psnr", "test/psnr_bicubic", "test/ssim", "test/ssim_bicubic")  # of nets that enlarge them


def report_tables(report: Report) -> list[str]:
    """The lines: the paper's table where the rows are its cells, all rows, and how to read them.

    A paper that says only "recognition rate" may mean the share of all images or the mean over the classes, so both
    stand here: of all test images of a row, whichever run tested them.

    Raises:
        FerError: a result is broken.
    """
    if lost := [str(lost.folder) for row in report.rows for lost in row.missing_jobs]:
        raise FerError(f"no whole result in {', '.join(lost)}: keep it again from the run, or remove it")
    lines: list[str] = []
    for table in paper_tables(report):
        lines += [f"**{markdown_text(table.caption)}**", "", *markdown_table(table.flat(), 1), ""]
    columns = _columns(report, _in_order(report))
    told = [*cells_and_figures(report), *_pooled_told(columns), *_holes(report), *report.notes]
    sentences = " ".join(markdown_text(sentence[:1].upper() + sentence[1:]) for sentence in told)
    rows = markdown_table(pd.DataFrame(dict(columns), dtype=object), max(1, len(report.keys)))
    return [*lines, *rows, "", sentences]


def curves_table(curves: Curves) -> list[str]:
    """The lines above a picture of curves: what it shows, where each row has converged, and how to read that."""
    name = curves.title
    lines = [f"**{markdown_text(name[:1].upper() + name[1:] + unit(curves.metric))}**", ""]
    if not (table := curves.convergence()).empty:
        lines += [*markdown_table(table, 1), ""]
    return [*lines, *[markdown_text(" ".join(curves.notes())), ""] * bool(curves.notes())][:-1]


def rotation_table(tests: Sequence[Tested]) -> list[str]:
    """The lines of a table over the angle, a column a model, each accuracy with its interval.

    Args:
        tests: at least one, as `rotation.collect` has them.
    """
    models = list(dict.fromkeys(test.model for test in tests))
    angles = sorted({test.point.angle for test in tests})
    texts = []
    for angle in angles:
        found = {test.model: test for test in tests if test.point.angle == angle}
        images = " or ".join(f"{n:,}" for n in sorted({test.images for test in found.values()}))
        texts.append([f"{angle:g}°", images, *(_accuracy(found.get(model)) for model in models)])
    told = f"Accuracy in percent with its 95 % interval, tested on {tests[0].data}; {BOTH_SIDES}."
    table = pd.DataFrame(texts, columns=["angle", "images", *models], dtype=object)
    return [*markdown_table(table, 0), "", markdown_text(told)]


def _in_order(report: Report) -> list[Row]:
    """Cells as the paper's table has them, other rows from the best to the worst."""
    if ROW not in report.keys:
        return list(report.rows)
    orders = {key: order(report.rows, key) for key in report.keys}
    return sorted(report.rows, key=lambda row: [orders[key].index(row.key[key]) for key in report.keys])


def _columns(report: Report, rows: Sequence[Row]) -> list[tuple[str, list[str]]]:
    metric = report.metric
    named = [(column_name(key), [row.key[key] for row in rows]) for key in report.keys]
    counts = [pool_counts(row) for row in rows]
    scores = [{} if found is None else matrix_scores(found.counts, found.class_names) for found in counts]
    several = any(row.score.n > 1 for row in rows)
    figures = [
        (f"{label(metric)}{unit(metric)}", [format_score(row.score, metric) for row in rows]),
        ("95 % interval", [format_interval(row.score, metric) for row in rows]),
        *(
            (f"{name}{unit(key)}", ["" if (v := of.get(key)) is None else format_value(v, key) for of in scores])
            for name, key in zip(POOLED, (ACCURACY, PER_CLASS, MACRO_F1), strict=True)
            if several or key != ACCURACY
        ),
        (
            f"paper{unit(metric)}",
            ["" if row.reported is None else format_paper_value(row.reported, metric) for row in rows],
        ),
        (f"minus paper{points(metric)}", [_minus(row, metric) for row in rows]),
        *((f"{label(key)}{unit(key)}", [_beside(row, key) for row in rows]) for key in OF_IMAGES if key != metric),
        ("test images", ["" if found is None else f"{found.images:,}" for found in counts]),
        *((name, texts) for name, texts, _ in batch_columns(replace(report, rows=tuple(rows)))),
    ]
    return [*(named or [(WHOLE, [row.name for row in rows])]), *(column for column in figures if any(column[1]))]


def _pooled_told(columns: Sequence[tuple[str, list[str]]]) -> list[str]:
    heads = {name.partition(",")[0] for name, _ in columns}
    there = [name for name in POOLED if name in heads]
    if not there:
        return []
    mean = "Mean per-class rate: the mean of the classes' recalls. "
    if POOLED[0] not in there:
        return [mean.strip()]
    return [f"{mean}It, macro-F1 and the pooled accuracy are of the test images of all runs of a row together."]


def _holes(report: Report) -> list[str]:
    return [f"Missing: {row.name}: {'; '.join(row.missing_cells)}." for row in report.rows if row.missing_cells]


def _beside(row: Row, metric: str) -> str:
    found = score(row.runs, metric)
    return "" if found.mean is None else format_score(found, metric)


def _minus(row: Row, metric: str) -> str:
    known = row.reported is not None and row.score.mean is not None
    return format_difference((row.score.mean or 0) - (row.reported or 0), metric) if known else ""


def _accuracy(test: Tested | None) -> str:
    if test is None:
        return NONE
    _, accuracy, low, high = test.point
    return f"{100 * accuracy:.1f} ({100 * low:.1f} - {100 * high:.1f})"
