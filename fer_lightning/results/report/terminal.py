"""Prints a report: the columns that fit in a terminal, all of them in plain unwrapped lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console

from fer_lightning.control_characters import without_controls
from fer_lightning.results.printing import padded, rich_text, takes_unicode, write_plain
from fer_lightning.results.report.model import Report
from fer_lightning.results.report.paper_table import paper_tables
from fer_lightning.results.report.text import bold, cells, footnotes, header, keys, losses

SHOWN = 20  # missing runs that are listed; the files have all
GAP = 2  # blanks between columns
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
    rows = [[without_controls(cell) for cell in row] for row in [header(report), *cells(report)]]
    columns = [list(column) for column in zip(*rows, strict=True)]
    tables = [
        [table.caption, *_aligned([list(column) for column in zip(*table.flat(), strict=True)], 1)]
        for table in paper_tables(report)
    ]
    below = [*_told(report), *(f"{place.suffix[1:]:<5} {place}" for place in places)]
    if not (stream.isatty() and takes_unicode(stream)):
        above = [report.title, *_aligned(columns, keys(report)), *(line for table in tables for line in ("", *table))]
        lines = [*above, *below]
        write_plain(lines if takes_unicode(stream) else [line.replace("±", "+-") for line in lines], stream)
        return
    console = Console(file=stream)
    shown, left_out = _fitting(columns, keys(report) + 1, console.width)
    console.print(rich_text(report.title, "bold"))
    for place, line in enumerate(_aligned(shown, keys(report)), start=-1):
        style = "dim" if place < 0 else "bold green" if bold(report, place) else ""
        console.print(rich_text(line, style), soft_wrap=True)
    for caption, *lines in tables:
        if max(map(cell_len, lines)) > console.width:
            left_out.append(caption)
            continue
        console.print()
        console.print(rich_text(caption, "bold"), soft_wrap=True)
        for line in lines:
            console.print(rich_text(line), soft_wrap=True)
    told = [f"No room here for {'; '.join(left_out)}: the files have them."] if left_out else []
    for line in [*told, *below]:
        # soft_wrap leaves paths and commands in one piece, so that they can be copied
        console.print(rich_text(line), soft_wrap=True, highlight=False)


def _told(report: Report) -> Iterator[str]:
    yield ""
    yield from footnotes(report)
    missing = losses(report)
    if missing:
        yield ""
    for name, reason, command in missing[:SHOWN]:
        yield f"missing: {name}: {reason}"
        if command:
            yield f"  {command}"
    if len(missing) > SHOWN:
        yield f"and {len(missing) - SHOWN:,} more, see the page"
    yield ""


def _fitting(columns: Sequence[list[str]], kept: int, room: int) -> tuple[list[list[str]], list[str]]:
    """The first `kept` columns and those others that fit into so many cells, and the names of the rest."""
    shown, left_out = list(columns[kept:]), []
    for name in DISPENSABLE:
        if sum(max(map(cell_len, column)) + GAP for column in [*columns[:kept], *shown]) - GAP <= room:
            break
        left_out += [column[0] for column in shown if column[0].startswith(name)]
        shown = [column for column in shown if not column[0].startswith(name)]
    return [*columns[:kept], *shown], left_out


def _aligned(columns: Sequence[list[str]], keys: int) -> Iterator[str]:
    """A line a row: keys to the left of their columns, figures to the right."""
    widths = [max(map(cell_len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        pairs = list(zip(row, widths, strict=True))
        left = [padded(cell, width) for cell, width in pairs[:keys]]
        right = [" " * (width - cell_len(cell)) + cell for cell, width in pairs[keys:]]
        yield (" " * GAP).join([*left, *right]).rstrip()
