"""Reads the wanted columns of a CSV file, and says of every row where it stands."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from fer_lightning.errors import FerError, choices


def csv_rows(lines: Iterable[str], name: str, columns: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Each row's place for messages and its cells in the order of `columns`; empty lines are passed over.

    Args:
        lines: the text, from an open file.
        name: what messages call the file.
        columns: which columns, by the names in the header; other columns may stand there as well.

    Raises:
        FerError: a column is missing or repeated, or a row has another length than the header, with its line.
    """
    reader = csv.reader(lines)
    try:
        header = [column.strip() for column in next(reader, [])]
        missing = [column for column in columns if column not in header]
        if missing:
            raise FerError(f"{name}, line 1: no column {choices(missing)}; the columns are {choices(header)[:200]}")
        repeated = [column for column in columns if header.count(column) > 1]
        if repeated:
            raise FerError(f"{name}, line 1: the column {repeated[0]} stands there twice; keep one")
        places = [header.index(column) for column in columns]
        for row in reader:
            where = f"{name}, line {reader.line_num}"
            if not row:
                continue
            if len(row) != len(header):
                raise FerError(f"{where}: {len(row)} cells for {len(header)} columns; is the file cut off here?")
            yield where, [row[place].strip() for place in places]
    except csv.Error as fault:  # a quote that is never closed swallows lines until the cell is too long
        raise FerError(
            f"{name}, line {reader.line_num}: this is no table of comma-separated values: {fault}"
        ) from fault
