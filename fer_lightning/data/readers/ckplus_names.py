"""Where CK+'s folders lie, and what its file names say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fer_lightning.data.readers.named_images import named_images
from fer_lightning.errors import FerError

PATTERN = re.compile(r"(S[0-9]{3})_([0-9]{3})_([0-9]{8})")
EXAMPLE = "S005_001_00000011.png"


class Shot(NamedTuple):
    """One frame of a sequence."""

    path: Path
    subject: str
    sequence: str
    number: int


def shots(folder: Path) -> list[Shot]:
    """Every frame below `folder`, sorted by path.

    Raises:
        FerError: no image there, one that is not called like CK+'s, or one that stands there twice.
    """
    found = [
        Shot(path, subject, f"{subject}/{take}", int(number))
        for path, (subject, take, number) in named_images(folder, PATTERN, EXAMPLE)
    ]
    if not found:
        raise FerError(f"{folder}: no image called like {EXAMPLE} in it or in the folders below")
    return found


def place(root: Path, name: str) -> Path | None:
    """The folder or file `name` in `root` or in a folder one or two below, as archives unpack; None without one."""
    # unpacked into a folder of its own name, Landmarks.zip is Landmarks/Landmarks/
    candidates = (path for base in _bases(root) for path in (base / name / name, base / name))
    return next((path for path in candidates if path.exists()), None)


def _bases(root: Path) -> Iterator[Path]:
    yield root
    first = _folders(root)
    yield from first
    for folder in first:
        yield from _folders(folder)


def _folders(folder: Path) -> list[Path]:
    return sorted(item for item in folder.iterdir() if item.is_dir() and not item.name.startswith("."))
