"""Reads the small text files that hold a few numbers a line."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import NamedTuple

from fer_lightning.data.readers.archives import encoding_of
from fer_lightning.errors import FerError

LARGEST = 1_000_000  # bytes; the landmarks of a face are 68 lines
# float() would also take 1_0, nan and the digits of other scripts
NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")


class NumberLine(NamedTuple):
    """The numbers of a line, and where it stands for messages."""

    where: str
    values: tuple[float, ...]


def number_lines(path: Path, columns: int, rows: int | None = None) -> list[NumberLine]:
    """Every line that is not empty.

    Args:
        path: the file.
        columns: how many numbers a line has.
        rows: how many lines there are; None for one or more.

    Raises:
        FerError: with the file and line of the first thing that is not as it should be.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
        text = content.decode(encoding_of(content[:4])).rstrip()
    except (OSError, UnicodeDecodeError) as damage:
        raise FerError(f"{path}, line 1: this is no file of numbers ({str(damage)[:200]})") from damage
    if len(content) > LARGEST or not text.isascii():
        reason = f"more than {LARGEST:,} bytes" if len(content) > LARGEST else "letters of other scripts"
        raise FerError(f"{path}, line 1: this is no file of numbers ({reason})")
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
        found.append(NumberLine(where, tuple(_number(cell, where) for cell in cells)))
    if len(found) < (rows or 1):
        raise FerError(
            f"{path}, line {text.count(chr(10)) + 1}: the file ends here, with {len(found)} of {rows or 1} lines"
        )
    return found


def _number(cell: str, where: str) -> float:
    value = float(cell) if NUMBER.fullmatch(cell) else math.nan
    if not math.isfinite(value):
        raise FerError(f"{where}: '{cell[:20]}' is no number")
    return value


def whole_number(value: float, low: int, high: int, what: str, where: str) -> int:
    """`value` as an int.

    Raises:
        FerError: it has a fraction, or lies outside `low` to `high`.
    """
    if not low <= value <= high or not value.is_integer():
        raise FerError(f"{where}: {what} is {value:g}, it must be a whole number from {low} to {high}")
    return int(value)
