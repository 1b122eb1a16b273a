"""Prints a report: the columns that fit in a terminal, all of them in plain unwrapped lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import pandas as pd
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from fer_lightning.results.printing import is_terminal, print_lines, rich_text, table_lines, takes_unicode, text_table
from fer_lightning.results.report.caveats import footnotes
from fer_lightning.results.report.formatting import format_table, is_bold
from fer_lightning.results.report.frame import flat
from fer_lightning.results.report.missing_runs import missing_runs
from fer_lightning.results.report.model import Report
from fer_lightning.results.report.paper_table import paper_tables

SHOWN = 20  # missing runs that are listed; the files have all
# what a narrow terminal leaves out first
DISPENSABLE = ("images/s", "balanced accuracy", "macro-F1", "hours", "minus paper", "paper", "95 % interval")


def print_report(report: Report, places: Sequence[Path] = (), stream: TextIO | None = None) -> None:
    """Prints the table, how to read it, what is missing, and where the report lies.

    Args:
        report: the whole.
        places: the files that were written, the last one the page to open.
        stream: stdout when None.
    """
    stream = sys.stdout if stream is None else stream
    room = Console(file=stream).width if is_terminal(stream) else None
    texts = format_table(report).texts
    best = next((place for place in range(len(report.rows)) if is_bold(report, place)), None)
    left_out: list[str] = []
    for name in DISPENSABLE if room is not None else ():
        if _width(flat(texts)) <= (room or 0):
            break
        dropped = [column for column in texts.columns[1:] if column.startswith(name)]
        left_out += dropped
        texts = texts.drop(columns=dropped)
    lines = [rich_text(report.title, "bold"), *_lines(flat(texts), texts.index.nlevels, best)]
    for paper in paper_tables(report):
        if room is not None and _width(paper.flat()) > room:
            left_out.append(paper.caption)
        else:
            lines += [Text(), rich_text(paper.caption, "bold"), *_lines(paper.flat(), 1)]
    if left_out:
        lines.append(rich_text(f"No room here for {'; '.join(left_out)}: the files have them."))
    lines += [*map(rich_text, _below(report)), *(rich_text(f"{place.suffix[1:]:<5} {place}") for place in places)]
    print_lines(lines if takes_unicode(stream) else [Text(line.plain.replace("±", "+-")) for line in lines], stream)


def _lines(table: pd.DataFrame, text_columns: int, best: int | None = None) -> list[Text]:
    rows = table.itertuples(index=False, name=None)
    return table_lines(text_table(list(table.columns), rows, text_columns, head_style="dim", bold_row=best))


def _width(table: pd.DataFrame) -> int:
    """Of the printed table, in cells of a terminal."""
    columns = ([name, *table.iloc[:, place]] for place, name in enumerate(table.columns))
    return sum(max(map(cell_len, texts)) + 2 for texts in columns) - 2


def _below(report: Report) -> Iterator[str]:
    yield ""
    yield from footnotes(report)
    missing = missing_runs(report)
    if missing:
        yield ""
    for run in missing[:SHOWN]:
        yield f"missing: {run.name}: {run.reason}"
        if run.command:
            yield f"  {run.command}"
    if len(missing) > SHOWN:
        yield f"and {len(missing) - SHOWN:,} more, see the page"
    yield ""
