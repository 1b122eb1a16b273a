"""Finds the images below a folder, for every reader, and says what else lies there."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from fer_lightning.data.images import SUFFIXES, is_image
from fer_lightning.data.names import path_text, plain_text
from fer_lightning.errors import FerError

log = logging.getLogger(__name__)

SHOWN = 5  # files that the line about those passed over names


class Found(NamedTuple):
    """The files below a folder, each list sorted by path: images, and what no reader of images reads."""

    images: list[Path]
    others: list[Path]


def image_files(folder: Path) -> list[Path]:
    """Every image below `folder`, sorted by path; the log counts and names the other files.

    Raises:
        FerError: as of `find_images`.
    """
    found = find_images(folder)
    tell_passed_over(found.others, folder)
    return found.images


def find_images(folder: Path) -> Found:
    """Every file below `folder`: images by their ending or, with another one or none, by their content.

    What is hidden is passed over. Links to other folders are followed.

    Raises:
        FerError: an image's name at a folder, a link to nowhere, or something that is no regular file; a folder that
            two paths lead to, for its images would count twice.
    """
    found = Found([], [])
    visited = {folder.resolve(): folder}
    waiting = _listed(folder)
    while waiting:
        item = waiting.pop()
        named = item.suffix.lower() in SUFFIXES
        if item.is_dir():
            if named:
                raise FerError(f"{item}: a folder, where its name says an image; rename or remove it")
            _visit(item, visited)
            waiting += _listed(item)
        elif item.is_file():
            (found.images if named or is_image(item) else found.others).append(item)
        elif not named:
            found.others.append(item)
        elif item.is_symlink() and not item.exists():
            raise FerError(f"{item}: this link leads to {item.readlink()}, which is not there")
        else:
            raise FerError(f"{item}: a pipe, socket or device, where its name says an image; remove it")
    return found


def tell_passed_over(files: Sequence[Path], root: Path, why: str = "no images that can be read") -> None:
    """Logs one line with the number of these files below `root` and the names of the first; none for no file."""
    if files:
        names = ", ".join(path_text(file, root) for file in files[:SHOWN])
        more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
        number = f"{len(files)} file{'s' * (len(files) > 1)}"
        log.warning("%s: %s passed over, %s: %s%s", plain_text(str(root)), number, why, names, more)


def refuse_repeated(names: Mapping[Path, str]) -> None:
    """Raises FerError where two files have the same name of an image, in capitals or not."""
    first: dict[str, Path] = {}
    for path, name in names.items():
        other = first.setdefault(name.upper(), path)
        if other != path:
            raise FerError(f"{path}: the same image as {other}; remove one of them")


def _listed(folder: Path) -> list[Path]:
    """What lies in the folder and is not hidden, the last one first."""
    # .ipynb_checkpoints, and the ._x.jpg that macOS writes beside x.jpg
    return sorted((item for item in folder.iterdir() if not item.name.startswith(".")), reverse=True)


def _visit(folder: Path, visited: dict[Path, Path]) -> None:
    place = folder.resolve()
    before = visited.setdefault(place, folder)
    if before in folder.parents:
        raise FerError(f"{folder}: this link leads back to {place}, a folder above it; remove it")
    if before != folder:
        raise FerError(f"{folder}: the same folder as {before}, and its images would count twice; remove the link")
