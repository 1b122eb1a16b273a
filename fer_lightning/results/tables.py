"""Prints the closing table of a run, and writes its confusion matrix as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt
from rich import box
from rich.cells import cell_len
from rich.console import Console

from fer_lightning.results.escaping import csv_cell
from fer_lightning.results.printing import is_terminal, pair_line, print_lines, rich_text, table_lines, text_table
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
    overall, pairs = list(scores(result)), [*comparison(result), *times(result), *places(folder)]
    rows = [*overall, *recalls(result)]
    title, first = rich_text(heading(result), "bold"), max(cell_len(row.name) for row in pairs)
    accuracy = next((place for place, row in enumerate(rows) if row.name == "accuracy"), None)
    table = text_table(HEADER, rows, min_width=first, head_style="dim", bold_row=accuracy)
    if is_terminal(stream):
        table.box, table.rows[len(overall) - 1].end_section = box.SIMPLE_HEAD, True
        print_lines([title], stream)
        Console(file=stream).print(table)  # long names of classes are folded
        print_lines([pair_line(row.name, row.value, first, "dim") for row in pairs], stream)
    else:
        first = max([first, *(cell_len(row.name) for row in rows)])
        print_lines([title, *table_lines(table), *(pair_line(row.name, row.value, first) for row in pairs)], stream)


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
