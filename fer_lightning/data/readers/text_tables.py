"""Reads text files of values: CSV columns, CSV files of pixels, and small files of numbers."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.data.readers.archives import detect_encoding
from fer_lightning.errors import FerError, choices

COLUMNS = ("emotion", "pixels", "Usage")
MAX_BYTES = 1_000_000  # of a file of numbers; the landmarks of a face are 68 lines
# float() would also accept 1_0, nan and the digits of other scripts
NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")


def read_csv_rows(lines: Iterable[str], name: str, columns: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yields the place of each row, for messages, and its cells in the order of `columns`; empty lines are skipped.

    Args:
        lines: the lines of the file.
        name: name of the file in messages.
        columns: names of the wanted columns in the header; other columns are ignored.

    Raises:
        FerError: a column is missing or repeated, or a row and the header differ in length; with the line.
    """
    reader = csv.reader(lines)
    try:
        header = [column.strip() for column in next(reader, [])]
        missing = [column for column in columns if column not in header]
        if missing:
            raise FerError(f"{name}, line 1: no column {choices(missing)}; the columns are {choices(header)[:200]}")
        repeated = [column for column in columns if header.count(column) > 1]
        if repeated:
            raise FerError(f"{name}, line 1: the column {repeated[0]} occurs twice; keep one")
        places = [header.index(column) for column in columns]
        for row in reader:
            where = f"{name}, line {reader.line_num}"
            if not row:
                continue
            if len(row) != len(header):
                raise FerError(f"{where}: {len(row)} cells for {len(header)} columns; is the file cut off here?")
            yield where, [row[place].strip() for place in places]
    except csv.Error as fault:  # without its closing quote a cell continues over lines until it is too long
        raise FerError(
            f"{name}, line {reader.line_num}: this is not a table of comma-separated values: {fault}"
        ) from fault


class PixelRows(NamedTuple):
    """(N, size, size) uint8, (N,) label numbers, (N,) split names."""

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    usage: npt.NDArray[np.str_]


def read_pixel_rows(lines: Iterable[str], name: str, size: int, num_labels: int, usages: Sequence[str]) -> PixelRows:
    """Reads every row of a CSV file with the columns emotion, pixels and Usage, in the order of the file.

    Args:
        lines: the lines of the file.
        name: name of the file in messages.
        size: side of the square images, in pixels.
        num_labels: labels are 0 to `num_labels - 1`.
        usages: the split names that may occur.

    Raises:
        FerError: with the file and line of the first invalid cell.
    """
    pixels, labels, usage = [], [], []
    for where, (label, image, split) in read_csv_rows(lines, name, COLUMNS):
        labels.append(_parse_label(label, num_labels, where))
        pixels.append(_parse_pixels(image, size, where))
        if split not in usages:
            raise FerError(f"{where}: Usage is '{split[:20]}', it must be one of {choices(usages, split[:20])}")
        usage.append(split)
    if not pixels:
        raise FerError(f"{name}: there is no image under the header")
    return PixelRows(np.stack(pixels), np.array(labels, dtype=np.int64), np.array(usage))


def _parse_label(text: str, num_labels: int, where: str) -> int:
    if text not in map(str, range(num_labels)):
        raise FerError(f"{where}: emotion is '{text[:20]}', it must be a number from 0 to {num_labels - 1}")
    return int(text)


def _parse_pixels(text: str, size: int, where: str) -> npt.NDArray[np.uint8]:
    if not text:
        raise FerError(f"{where}: the pixels are empty")
    try:
        values = np.loadtxt(io.StringIO(text), dtype=np.int16, comments=None, ndmin=1)
    except (ValueError, OverflowError) as fault:
        raise FerError(f"{where}: the pixels hold something else than whole numbers: {fault}") from fault
    if values.size != size * size:
        raise FerError(f"{where}: {values.size} pixels, an image of {size}x{size} has {size * size}")
    if values.min() < 0 or values.max() > 255:
        raise FerError(f"{where}: a pixel is {values.min()} or {values.max()}, the range is 0 to 255")
    return values.astype(np.uint8).reshape(size, size)


class NumberLine(NamedTuple):
    """The numbers of a line, and the place of the line for messages."""

    where: str
    values: tuple[float, ...]


def read_number_lines(path: Path, columns: int, rows: int | None = None) -> list[NumberLine]:
    """Reads a text file of numbers; empty lines are skipped.

    Args:
        path: path of the file.
        columns: numbers per line.
        rows: number of lines; None for one or more.

    Raises:
        FerError: with the file and line of the first fault.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        text = content.decode(detect_encoding(content[:4])).rstrip()
    except (OSError, UnicodeDecodeError) as damage:
        raise FerError(f"{path}, line 1: this is not a file of numbers ({str(damage)[:200]})") from damage
    if len(content) > MAX_BYTES or not text.isascii():
        reason = f"more than {MAX_BYTES:,} bytes" if len(content) > MAX_BYTES else "letters of other scripts"
        raise FerError(f"{path}, line 1: this is not a file of numbers ({reason})")
    found: list[NumberLine] = []
    for place, line in enumerate(text.split("\n"), start=1):
        where = f"{path}, line {place}"
        cells = line.split()
        if not cells:
            continue
        if len(cells) != columns:
            raise FerError(f"{where}: {len(cells)} numbers, a line of this file has {columns}")
        if len(found) == rows:
            raise FerError(f"{where}: too many lines, this file has {rows}")
        found.append(NumberLine(where, tuple(_parse_number(cell, where) for cell in cells)))
    if len(found) < (rows or 1):
        raise FerError(
            f"{path}, line {text.count(chr(10)) + 1}: the file ends here, with {len(found)} of {rows or 1} lines"
        )
    return found


def _parse_number(cell: str, where: str) -> float:
    value = float(cell) if NUMBER.fullmatch(cell) else math.nan
    if not math.isfinite(value):
        raise FerError(f"{where}: '{cell[:20]}' is not a number")
    return value


def parse_whole_number(value: float, low: int, high: int, what: str, where: str) -> int:
    """Converts `value` to an int.

    Raises:
        FerError: the value is not a whole number from `low` to `high`.
    """
    if not low <= value <= high or not value.is_integer():
        raise FerError(f"{where}: {what} is {value:g}, it must be a whole number from {low} to {high}")
    return int(value)
