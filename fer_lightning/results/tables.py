"""Prints the closing table of a run, and writes its confusion matrix as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fer_lightning.results.csv_cells import csv_cell
from fer_lightning.results.printing import padded, rich_text, takes_unicode, write_plain
from fer_lightning.results.result import Result
from fer_lightning.results.summary import Row, comparison, heading, places, recalls, scores, times

HEADER = Row("test", "value", "95 % interval", "images")


def closing_table(result: Result, folder: Path, stream: TextIO | None = None) -> None:
    """Prints what the run reached: a table in a terminal, plain unwrapped lines elsewhere.

    Args:
        result: the finished run.
        folder: its folder; the paths in the table start with it as given.
        stream: stdout when None.
    """
    stream = sys.stdout if stream is None else stream
    measured = [list(scores(result)), list(recalls(result))]
    told = [list(comparison(result)), list(times(result)), list(places(folder))]
    if stream.isatty() and takes_unicode(stream):
        _print_rich(heading(result), measured, told, Console(file=stream))
        return
    write_plain(_plain_lines(heading(result), measured, told), stream)


def write_confusion_csv(counts: npt.ArrayLike, class_names: Sequence[str], path: Path) -> None:
    """Writes the counts (C, C), rows true, under a header of the predicted classes; names are quoted where needed."""
    matrix = np.asarray(counts, dtype=np.int64)
    if matrix.shape != (len(class_names), len(class_names)):
        raise ValueError(f"counts of shape {matrix.shape} for {len(class_names)} class names")
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        names = list(map(csv_cell, class_names))
        writer.writerow(["true\\predicted", *names])
        writer.writerows([name, *row] for name, row in zip(names, matrix.tolist(), strict=True))


def _plain_lines(title: str, measured: Sequence[list[Row]], told: Sequence[list[Row]]) -> Iterable[str]:
    figures = [row for group in measured for row in group]
    pairs = [row for group in told for row in group]
    first = max(cell_len(row.name) for row in [*figures, *pairs])
    widths = [max(cell_len(row[k]) for row in [HEADER, *figures]) for k in (1, 2, 3)]
    yield title
    for row in [HEADER, *figures]:
        cells = [padded(row.name, first), *(f"{cell:>{w}}" for cell, w in zip(row[1:], widths, strict=True))]
        yield "  ".join(cells).rstrip()
    for row in pairs:
        yield f"{padded(row.name, first)}  {row.value}"


def _print_rich(title: str, measured: Sequence[list[Row]], told: Sequence[list[Row]], console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    pairs = [row for group in told for row in group]
    first = max(cell_len(row.name) for row in pairs)
    for k, name in enumerate(HEADER):
        table.add_column(name, justify="right" if k else "left", overflow="fold", min_width=0 if k else first)
    for group in measured:
        for row in group:
            style = "bold green" if row.name == "accuracy" else ""
            table.add_row(*map(rich_text, row), style=style, end_section=row is group[-1])
    console.print(rich_text(title, "bold"))
    console.print(table)
    for row in pairs:
        # soft_wrap leaves a long path in one piece, so that it can be copied
        line = Text.assemble((padded(row.name, first), "dim"), "  ", rich_text(row.value))
        console.print(line, soft_wrap=True, highlight=False)
