"""Writes a report's table as CSV, Markdown and LaTeX, by pandas; every text is escaped for its file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from fer_lightning.atomic_write import atomic_write
from fer_lightning.control_characters import without_controls
from fer_lightning.results.escaping import csv_cell, latex_text, markdown_text
from fer_lightning.results.metric_names import is_fraction, label
from fer_lightning.results.report.caveats import footnotes
from fer_lightning.results.report.formatting import format_table, is_bold
from fer_lightning.results.report.frame import flat, report_frame
from fer_lightning.results.report.missing_runs import missing_runs
from fer_lightning.results.report.model import Report
from fer_lightning.results.report.paper_table import paper_tables
from fer_lightning.results.summary import NONE

SHOWN = 8  # missing runs that are named below the LaTeX table; report.md names all
LONG = 12  # letters of a column's name that is broken in LaTeX
PAGE_ONLY = [
    "accuracy",
    "hours",
    "test_images_per_second",
    "timed",
]  # are not in the CSV file
TIMING = ["train_seconds_a_batch", "test_seconds_a_batch"]  # where the report asks for it


def write_csv(report: Report, path: Path) -> None:
    """Writes `report_frame` for other programs, whole or not at all.

    What is unknown is empty; text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    left_out = PAGE_ONLY if report.timing else [*PAGE_ONLY, *TIMING]
    table = _escaped(flat(report_frame(report).drop(columns=left_out)), csv_cell)
    with atomic_write(path) as scratch:
        table.to_csv(scratch, index=False, lineterminator="\n", encoding="utf-8")


def write_markdown(report: Report, path: Path) -> None:
    """Writes the table, how to read it, and everything that is missing with its command; whole or not at all."""
    with atomic_write(path) as scratch:
        scratch.write_text("\n".join(_markdown(report)) + "\n", encoding="utf-8")


def write_latex(report: Report, path: Path) -> None:
    r"""Writes one `table` environment, whole or not at all.

    It compiles in a document with `\usepackage{booktabs}`; names beyond Latin letters need XeLaTeX or LuaLaTeX, and a
    font that has them.
    """
    with atomic_write(path) as scratch:
        scratch.write_text("\n".join(_latex(report)) + "\n", encoding="utf-8")


def markdown_table(table: pd.DataFrame, text_columns: int, bold_row: int | None = None) -> list[str]:
    """The lines of a table of texts, without its index.

    Args:
        table: texts.
        text_columns: how many of the first columns are text, which starts at the left; figures end at the right.
        bold_row: place of the row in which these columns and the next one are bold.
    """
    texts = _escaped(table, markdown_text)
    _make_bold(texts, bold_row, text_columns, "**%s**")
    sides = ["left" if place < text_columns else "right" for place in range(texts.shape[1])]
    made: str = texts.to_markdown(index=False, disable_numparse=True, colalign=sides)
    return made.splitlines()


def _escaped(table: pd.DataFrame, escape: Callable[[str], object]) -> pd.DataFrame:
    # not DataFrame.map, which makes whole numbers with gaps into floats
    cells = [[escape(value) for value in row] for row in table.to_numpy(dtype=object)]
    return pd.DataFrame(cells, columns=[escape(name) for name in table.columns], dtype=object)


def _make_bold(cells: pd.DataFrame, row: int | None, text_columns: int, bold: str) -> None:
    """Of the row, what it is and the figure that is better."""
    if row is not None:
        strong = cells.iloc[row, : text_columns + 1]
        cells.iloc[row, : text_columns + 1] = [bold % text if text else "" for text in strong]


def _bold_row(report: Report) -> int | None:
    return next((place for place in range(len(report.rows)) if is_bold(report, place)), None)


def _markdown(report: Report) -> Iterator[str]:
    texts = format_table(report).texts
    yield f"# {markdown_text(report.title)}\n"
    yield from markdown_table(flat(texts), texts.index.nlevels, _bold_row(report))
    yield ""
    yield from (f"- {markdown_text(note)}" for note in footnotes(report))
    for table in paper_tables(report):
        yield f"\n## {markdown_text(table.caption)}\n"
        yield from markdown_table(table.flat(), 1)
    missing = missing_runs(report)
    if missing:
        yield "\n## Missing"
    for run in missing:
        yield f"\n- **{markdown_text(run.name)}**: {markdown_text(run.reason)}"
        if run.command:
            yield from _code(run.command)
    yield f"\nMade by fer-report, {report.created}."


def _code(command: str) -> Iterator[str]:
    """A block inside of a list's item; its fence is longer than any inside of the command."""
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in re.findall("`+", command)), default=0))
    yield ""
    for line in (f"{fence}sh", *map(without_controls, command.splitlines()), fence):
        yield f"  {line}"


def _latex(report: Report) -> Iterator[str]:
    texts = format_table(report).texts
    fixed, table = texts.index.nlevels, flat(texts)
    cells = table.astype(object)
    cells.iloc[:, :fixed] = cells.iloc[:, :fixed].map(latex_text)
    cells.iloc[:, fixed:] = cells.iloc[:, fixed:].map(_figure)
    _make_bold(cells, _bold_row(report), fixed, r"\textbf{%s}")
    head = [latex_text(name) if place < fixed else _stacked(name) for place, name in enumerate(table.columns)]
    sides = f"@{{}}{'l' * fixed}{'r' * (len(head) - fixed)}@{{}}"
    yield rf"% Made by fer-report, {report.created}. In the preamble: \usepackage{{booktabs}}"
    yield r"\begin{table}"
    yield r"\centering\footnotesize\setlength{\tabcolsep}{3pt}"
    yield rf"\caption{{{latex_text(_caption(report))}}}"
    yield cells.set_axis(head, axis=1).to_latex(index=False, escape=False, column_format=sides).rstrip()
    yield r"\par\medskip"
    yield r"\begin{minipage}{\linewidth}\footnotesize\raggedright"
    yield from (rf"{latex_text(note)}\par" for note in [*footnotes(report), *_missing(report)])
    yield r"\end{minipage}"
    yield r"\end{table}"


def _caption(report: Report) -> str:
    runs = sum(row.score.n for row in report.rows if not row.ensemble)
    percent = " in percent" if is_fraction(report.metric) else ""
    known = [comparison for comparison in report.comparisons if comparison.p is not None]
    tests = ", ".join(dict.fromkeys(comparison.test for comparison in known))
    sizes = sorted({comparison.images for comparison in known})
    images = " to ".join(f"{n:,}" for n in dict.fromkeys((*sizes[:1], *sizes[-1:])))
    tested = f" First row against the others: {tests}, Holm-corrected, on {images} images." if tests else ""
    return f"{report.title}: {label(report.metric)}{percent} of {runs:,} run{'s' * (runs != 1)}.{tested}"


def _stacked(name: str) -> str:
    """The name of a column of figures; a long one in two lines, for the figures are short."""
    first, blank, last = name.rpartition(" ")
    if not blank or len(name) < LONG:
        return latex_text(name)
    return rf"\shortstack[r]{{{latex_text(first)}\\ {latex_text(last)}}}"


def _figure(text: str) -> str:
    """A figure with a true minus and dashes between the ends of an interval."""
    if text == NONE:
        return "--"
    ends = [rf"$-${latex_text(end[1:])}" if re.match(r"-\d", end) else latex_text(end) for end in text.split(" - ")]
    return "--".join(ends)


def _missing(report: Report) -> Iterator[str]:
    missing = missing_runs(report)
    for run in missing[:SHOWN]:
        yield f"Missing: {run.name}: {run.reason}"
    if len(missing) > SHOWN:
        yield f"Missing: {len(missing) - SHOWN:,} more, see report.md"
