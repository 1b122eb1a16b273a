"""Reads a manifest: a CSV file with one line per image of a data set."""

from __future__ import annotations

import csv
import os.path
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from fer_lightning.data.names import plain_text
from fer_lightning.data.readers.archives import open_text
from fer_lightning.data.readers.text_tables import read_csv_rows
from fer_lightning.errors import FerError, choices

REQUIRED = ("path", "label")
EXTRAS = ("pose", "illumination", "mesh")
OPTIONAL = ("subject", "sequence", "frame", "split", *EXTRAS)


class ImageEntry(NamedTuple):
    """One image, and what a line of a manifest or its path says about it.

    `where` is its source, for messages; `says` is column -> text, "" or absent if unknown.
    """

    path: Path
    where: str
    says: Mapping[str, str]


def read_manifest(path: Path) -> list[ImageEntry]:
    """Reads an entry per line, in the order of the file; paths of images are relative to the manifest's folder.

    Raises:
        FerError: with file and line of the first fault: an unknown, repeated or missing column, a line of another
            length, an image that does not exist or occurs twice.
    """
    if not path.is_file():
        reason = "this is a folder" if path.is_dir() else "there is no such file"
        raise FerError(f"{path}: {reason}; a manifest is a CSV file with the columns {', '.join(REQUIRED)}")
    with open_text(path, path.name) as lines:
        header = _read_header(path, lines)
    with open_text(path, path.name) as lines:
        return _read_entries(path, header, lines)


def _read_entries(path: Path, header: list[str], lines: Iterable[str]) -> list[ImageEntry]:
    entries: list[ImageEntry] = []
    first_seen: dict[str, str] = {}
    for where, row in read_csv_rows(lines, str(path), header):
        says = dict(zip(header, row, strict=True))
        name = says.pop("path")
        says = {column: plain_text(cell) for column, cell in says.items()}
        image = _find_image(path.parent, name, where)
        before = first_seen.setdefault(os.path.normpath(image), where)
        if before != where:
            raise FerError(f"{where}: {name} stands in {before.rsplit(', ')[-1]} already; each image counts once")
        entries.append(ImageEntry(image, where, says))
    if not entries:
        raise FerError(f"{path}: there is no image under the header")
    return entries


def _read_header(path: Path, lines: Iterable[str]) -> list[str]:
    """The names of the columns, all of them known."""
    known = (*REQUIRED, *OPTIONAL)
    try:
        header = [name.strip() for name in next(csv.reader(lines), [])]
    except csv.Error as fault:
        raise FerError(f"{path}, line 1: this is not a table of comma-separated values: {fault}") from fault
    if missing := [name for name in REQUIRED if name not in header]:
        shown = choices(header)[:200]
        raise FerError(f"{path}, line 1: no column {choices(missing)}; the columns, parted by commas, are {shown}")
    for number, name in enumerate(header):
        if name not in known:
            raise FerError(f"{path}, line 1: unknown column '{name[:30]}'; choose among {choices(known, name[:30])}")
        if name in header[:number]:
            raise FerError(f"{path}, line 1: the column {name} occurs twice")
    return header


def _find_image(folder: Path, name: str, where: str) -> Path:
    if not name:
        raise FerError(f"{where}: the path is empty")
    if Path(name).is_absolute():
        raise FerError(f"{where}: {name[:200]} is absolute; write it relative to the manifest's folder {folder}")
    if Path(os.path.normpath(name)).parts[:1] == (os.pardir,):
        raise FerError(
            f"{where}: {name[:200]} leads out of the manifest's folder {folder}; put the manifest into a folder that "
            "holds all images, and write their paths from there"
        )
    try:
        there = (folder / name).is_file()
    except OSError:  # a name too long for the file system
        there = False
    if not there:
        slashes = "; write / between folders" if "\\" in name else ""
        raise FerError(f"{where}: there is no file {name[:200]} in {folder}{slashes}")
    return folder / name
