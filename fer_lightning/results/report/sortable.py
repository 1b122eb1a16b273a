"""The sortable table of a report's page: each cell with what it is sorted by."""

from __future__ import annotations

import re
from typing import NamedTuple

from fer_lightning.results.report.metrics import low_is_good
from fer_lightning.results.report.model import Report
from fer_lightning.results.report.text import bold, cells, header, keys
from fer_lightning.results.summary import NONE

NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?")
MISSING = "missing"  # the column that counts jobs and holes


class Column(NamedTuple):
    """A column of the sortable table; `order` is how it is sorted in the file, as `aria-sort` says it."""

    name: str
    numeric: bool
    order: str


class Cell(NamedTuple):
    """A text and what it is sorted by: a number, a word, or "" for what is missing."""

    text: str
    sort: str


class Line(NamedTuple):
    """A row of the sortable table; `anchor` is where the page tells more of it."""

    anchor: str
    names: list[Cell]
    figures: list[Cell]
    bold: bool


def anchor(place: int) -> str:
    """The name of a row's section on the page."""
    return f"row-{place + 1}"


def columns(report: Report) -> list[Column]:
    """The columns of `header`; the first figure is the report's metric, by which the rows stand."""
    names, texts = header(report), list(zip(*cells(report), strict=True))
    fixed, falling = keys(report), "ascending" if low_is_good(report.metric) else "descending"
    return [
        Column(
            name,
            k >= fixed or all(_is_number(text) for text in texts[k] if text),
            falling if k == fixed else "none",
        )
        for k, name in enumerate(names)
    ]


def lines(report: Report) -> list[Line]:
    """The rows of the sortable table, in the report's order."""
    fixed, known = keys(report), columns(report)
    made = []
    for place, (row, texts) in enumerate(zip(report.rows, cells(report), strict=True)):
        row_cells = [Cell(text, _sort(text, column)) for text, column in zip(texts, known, strict=True)]
        # the figure as printed is rounded, and rows may differ below that
        row_cells[fixed] = Cell(texts[fixed], "" if row.score.mean is None else repr(row.score.mean))
        if known[-1].name == MISSING:
            absent = len(row.lost) + len(row.holes)
            row_cells[-1] = Cell(texts[-1], str(absent) if absent else "")
        made.append(Line(anchor(place), row_cells[:fixed], row_cells[fixed:], bold(report, place)))
    return made


def _is_number(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None


def _sort(text: str, column: Column) -> str:
    if not column.numeric:
        return "" if text == NONE else text
    found = NUMBER.match(text)
    return found.group().replace(",", "") if found else ""
