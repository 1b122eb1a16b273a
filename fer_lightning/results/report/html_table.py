"""The sortable table of a report's page: each cell with what it is sorted by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from fer_lightning.results.metric_names import low_is_good
from fer_lightning.results.report.formatting import format_table, is_bold
from fer_lightning.results.report.frame import flat
from fer_lightning.results.report.model import Report
from fer_lightning.results.summary import NONE

NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?")


class Column(NamedTuple):
    """A column of the table; `order` is how it is sorted in the file, as `aria-sort` says it."""

    name: str
    is_figure: bool
    numeric: bool
    order: str


class Cell(NamedTuple):
    """A text and what it is sorted by: a number, a word, or "" for what is missing."""

    text: str
    sort: str


class Line(NamedTuple):
    """A row of the table; `anchor` is where the page tells more of it."""

    anchor: str
    names: list[Cell]
    figures: list[Cell]
    bold: bool


def anchor(place: int) -> str:
    """The name of a row's section on the page."""
    return f"row-{place + 1}"


def html_table(report: Report) -> tuple[list[Column], list[Line]]:
    """The columns, of which the first figure is the report's metric by which the rows stand; and the rows."""
    texts, values = format_table(report)
    names, fixed = flat(texts), texts.index.nlevels
    falling = "ascending" if low_is_good(report.metric) else "descending"
    columns = [
        Column(name, k >= fixed, k >= fixed or _are_numbers(names.iloc[:, k]), falling if k == fixed else "none")
        for k, name in enumerate(names.columns)
    ]
    lines = []
    for place, (words, shown, sort) in enumerate(zip(texts.index, texts.to_numpy(), values.to_numpy(), strict=True)):
        name_cells = [Cell(word, _sort(word, column.numeric)) for word, column in zip(words, columns, strict=False)]
        figures = [Cell(text, "" if key is None else repr(key)) for text, key in zip(shown, sort, strict=True)]
        lines.append(Line(anchor(place), name_cells, figures, is_bold(report, place)))
    return columns, lines


def _are_numbers(texts: Iterable[str]) -> bool:
    return all(NUMBER.fullmatch(text) is not None for text in texts if text)


def _sort(text: str, numeric: bool) -> str:
    if not numeric:
        return "" if text == NONE else text
    found = NUMBER.match(text)
    return found.group().replace(",", "") if found else ""
