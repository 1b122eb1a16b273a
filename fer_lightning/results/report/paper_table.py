"""A report's cells as the table of a paper: one line per row, and per column our figure beside the paper's."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

import pandas as pd

from fer_lightning.results.metric_names import format_paper_value, label, unit
from fer_lightning.results.report.formatting import format_score
from fer_lightning.results.report.keys import UNKNOWN, source
from fer_lightning.results.report.model import CELL, COLUMN, ROW, Report, Row

OURS, PAPER = "ours", "paper"


class Cell(NamedTuple):
    """One cell: our mean and spread, and what the paper prints; "" where there is none."""

    ours: str = ""
    paper: str = ""


class PaperTable(NamedTuple):
    """One table.

    Attributes:
        caption: whose table it is, and the metric with its unit.
        columns: as the paper calls them.
        lines: name of a row, and a cell for each column.
        reported: whether the paper has any figure of this metric.
    """

    caption: str
    columns: list[str]
    lines: list[tuple[str, list[Cell]]]
    reported: bool

    @property
    def parts(self) -> list[str]:
        """What each column is split into."""
        return [OURS, PAPER] if self.reported else [OURS]

    def flat(self) -> pd.DataFrame:
        """The table with one line for its head, as plain texts: `raw data, ours` and `raw data, paper`."""
        head = ["row", *(f"{column}, {part}" for column in self.columns for part in self.parts)]
        wide = len(self.parts)
        lines = [[name, *(text for cell in cells for text in cell[:wide])] for name, cells in self.lines]
        return pd.DataFrame(lines, columns=pd.Index(head, dtype=object), dtype=object)


def paper_tables(report: Report) -> list[PaperTable]:
    """A table for each one of a paper that has at least two cells here; none where rows of the report are no cells.

    A report whose rows differ in more than their cells has a table for each value of what they differ in.
    """
    if not {ROW, COLUMN} <= set(report.keys):
        return []
    apart = [key for key in report.keys if key not in (ROW, COLUMN)]
    tables: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in report.rows:
        if not row.ensemble and all(row.key[key] not in ("", UNKNOWN) for key in (ROW, COLUMN)):
            tables[tuple(row.key[key] for key in apart)].append(row)
    made = [_table(rows, report.metric, apart) for rows in tables.values() if len(rows) > 1]
    return sorted(made, key=lambda table: table.caption)


def order(rows: Sequence[Row], key: str) -> list[str]:
    """The values of a key in the order of the paper."""
    names: dict[str, list[tuple[float | None, float | None]]] = defaultdict(list)
    for row in rows:
        names[row.key[key]].append((row.score.mean, row.reported))
    return in_paper_order(names)


def _table(rows: Sequence[Row], metric: str, apart: Sequence[str]) -> PaperTable:
    columns = order(rows, COLUMN)
    cells = {(row.key[ROW], row.key[COLUMN]): _cell(row, metric) for row in rows}
    lines = [(name, [cells.get((name, column), Cell()) for column in columns]) for name in order(rows, ROW)]
    further = [f"{key}={rows[0].key[key]}" for key in apart if key not in CELL]
    caption = ", ".join([*filter(None, [source(run for row in rows for run in row.runs)]), *further])
    return PaperTable(
        f"{caption}: {label(metric)}{unit(metric)}", columns, lines, any(cell.paper for cell in cells.values())
    )


def _cell(row: Row, metric: str) -> Cell:
    return Cell(
        format_score(row.score, metric), "" if row.reported is None else format_paper_value(row.reported, metric)
    )


NUMBER = re.compile(r"\d+(?:\.\d+)?")

Figures = Sequence[tuple[float | None, float | None]]  # ours and the paper's, of each cell of a name


def in_paper_order(names: Mapping[str, Figures]) -> list[str]:
    """Names that differ in a number alone, by that number; others by what the paper reports, rising, then by ours.

    Nothing says in which order the paper prints its rows, and most tables rise to the system that they argue for.
    """
    if len({NUMBER.sub("", name) for name in names}) == 1:
        return sorted(names, key=lambda name: ([float(number) for number in NUMBER.findall(name)], name))
    ours, paper = ({name: _mean(pair[k] for pair in names[name]) for name in names} for k in (0, 1))
    places = {name: [(value[name] is None, value[name] or 0.0) for value in (paper, ours)] for name in names}
    return sorted(names, key=lambda name: (places[name], name))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
