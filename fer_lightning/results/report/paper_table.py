"""A report's cells as the table of a paper: a line a row, and for each column our figure beside the paper's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from fer_lightning.results.report.keys import UNKNOWN, source
from fer_lightning.results.report.metrics import label, printed, unit
from fer_lightning.results.report.model import CELL, COLUMN, ROW, Report, Row
from fer_lightning.results.report.paper_order import in_paper_order
from fer_lightning.results.report.text import mean_and_spread

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

    def flat(self) -> list[list[str]]:
        """The table with one line for its head, as plain texts: `raw data, ours` and `raw data, paper`."""
        head = ["row", *(f"{column}, {part}" for column in self.columns for part in self.parts)]
        wide = len(self.parts)
        return [head, *([name, *(text for cell in cells for text in cell[:wide])] for name, cells in self.lines)]


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
    return Cell(mean_and_spread(row.score, metric), "" if row.reported is None else printed(row.reported, metric))
